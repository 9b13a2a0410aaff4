"""One name of one level in one epoch: what a cell of a table, a list to choose from and a stored record need.

The accepted text is the catalogue's name in any of its writings (``spelling``). A name of the other epoch or a former
name is a ``Problem`` that says what became of it, with the successor as suggestion if there is only one; whole
addresses are read by ``reading``. A suggestion is never more than one letter away and lies under the same parent.

A *parent code* names any place above: for a commune of 3level its district or its province.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from idapp.rules.folding import tidy
from idapp.rules.places.catalogue import Catalogue, Home, Place, catalogue_on
from idapp.rules.places.finding import WORDS, Finding, values_of
from idapp.rules.places.meanings import Address
from idapp.rules.places.reading import read
from idapp.rules.places.spelling import LEVELS
from idapp.rules.problem import Problem, raise_again


def find(
    epoch: str,
    level: str,
    text: str,
    parent_code: str | None = None,
    day: date | None = None,
) -> Place:
    """The place meant by a text, looked for below ``parent_code`` (None: anywhere), with the names of ``day``.

    Raises ``Problem`` on the field ``level``: ``unknown_place``, ``ambiguous_place``, ``not_within``; ``former_place``
    for a name of the other epoch that leads to one place, ``choose_place`` for one that leads to several.

    >>> find("3level", "district", "H. thu thua", "80")
    Place(code='804', name='Huyện Thủ Thừa', parent='80')
    >>> find("3level", "district", "Huyện Thủ Thừa", "82")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Huyện Thủ Thừa không thuộc Tỉnh Tiền Giang: hãy chọn lại quận/huyện trong danh sách.
    """
    place = _find(catalogue_on(day), epoch, level, tidy(text), parent_code or "")
    if isinstance(place, Problem):
        raise_again(place)
    return place


def children(
    epoch: str,
    level: str,
    parent_code: str | None = None,
    day: date | None = None,
) -> tuple[Place, ...]:
    """Every place of a level, or those below a place, in the catalogue's order.

    >>> len(children("3level", "commune", "804")), children("3level", "commune", "318")
    (12, ())
    """
    return catalogue_on(day).list_of(epoch).children(level, parent_code or "")


def by_code(
    epoch: str,
    code: str | None,
    day: date | None = None,
) -> Place | None:
    """The place of a code, with the name of the day.

    >>> by_code("2level", "80").name, by_code("3level", "80").name
    ('Tỉnh Tây Ninh', 'Tỉnh Long An')
    >>> by_code("2level", "24", date(2026, 9, 19)).name, by_code("2level", "24", date(2026, 9, 20)).name
    ('Tỉnh Bắc Ninh', 'Thành phố Bắc Ninh')
    """
    return catalogue_on(day).list_of(epoch).codes.get(code or "")


def home_of(
    epoch: str,
    province: str,
    district: str,
    commune: str,
    day: date | None = None,
) -> Home:
    """What the three texts mean: each read inside the place above it, None as soon as that is not known."""
    return _home_of(catalogue_on(day), epoch, province, district, commune)


def home_in(
    catalogue: Catalogue,
    epoch: str,
    texts: Sequence[str],
) -> Home:
    """The same in other lists than those in use."""
    province, district, commune = texts
    return _home_of(catalogue, epoch, province, district, commune)


def above_code(
    epoch: str,
    level: str,
    province_code: str | None,
    district_code: str | None,
) -> str | None:
    """The parent code inside which a residence of this level is read; None if it is not known."""
    if level == "province":
        return ""
    if level == "district" or epoch == "2level":
        return province_code
    return district_code


def is_asked(epoch: str, level: str, district_code: str | None) -> bool:
    """No district is asked in 2level, no commune in the five island districts (Bạch Long Vĩ, Cồn Cỏ, Hoàng Sa, ...).

    >>> is_asked("2level", "district", None), is_asked("3level", "commune", "318")
    (False, False)
    """
    if level == "district":
        return epoch != "2level"
    if level == "province" or not district_code:
        return True
    return bool(children(epoch, "commune", district_code))


def old_to_new(code: str) -> list[tuple[str, bool]]:
    """Places of 2level that a province, commune or island district of 3level went to; True marks the default, which
    comes first.

    Several if it was split; [] if unknown. Only for display and sending: what the family's paper says stays stored.

    >>> old_to_new("80"), old_to_new("00007")
    ([('80', True)], [('00008', True), ('00025', False)])
    """
    return list(catalogue_on().went_to.get(code, ()))


def new_to_old(code: str) -> list[str]:
    """Places of 3level that gave a province or commune of 2level people or land, by their codes.

    >>> [by_code("3level", code).name for code in new_to_old("80")]
    ['Tỉnh Tây Ninh', 'Tỉnh Long An']
    """
    return list(catalogue_on().came_from.get(code, ()))


# --- finding ---


@lru_cache(maxsize=4096)  # a school's families live in few places
def _home_of(
    catalogue: Catalogue,
    epoch: str,
    province: str,
    district: str,
    commune: str,
) -> Home:
    first = _known(catalogue, epoch, "province", province, "")
    above = above_code(epoch, "district", first and first.code, None)
    second = _known(catalogue, epoch, "district", district, above)
    above = above_code(epoch, "commune", first and first.code, second and second.code)
    return Home(first, second, _known(catalogue, epoch, "commune", commune, above))


def _known(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    text: str,
    parent_code: str | None,
) -> Place | None:
    if not text or parent_code is None or (level == "district" and epoch == "2level"):
        return None
    places = catalogue.list_of(epoch).index(level, parent_code).matches(tidy(text))
    if len(places) != 1:
        return None
    return places[0]


@lru_cache(maxsize=16384)
def _find(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    text: str,
    parent_code: str,
) -> Place | Problem:
    places = catalogue.list_of(epoch).index(level, parent_code).matches(text)
    if len(places) == 1:
        return places[0]
    if places:
        return _ambiguous(level, text, places)
    problem = _of_other_epoch(catalogue, epoch, level, text, parent_code)
    if problem is None:
        problem = _unknown(catalogue, epoch, level, text, parent_code)
    return problem


def _ambiguous(
    level: str,
    text: str,
    places: tuple[Place, ...],
) -> Problem:
    names = dict.fromkeys(place.name for place in places[:3])
    message = f"“{text}” có thể là {' hay '.join(names)}: hãy chọn đúng tên ghi trên giấy tờ."
    suggestion = ""
    if len(places) == 2:
        suggestion = places[0].name
    return Problem(level, "ambiguous_place", message, suggestion)


def _of_other_epoch(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    text: str,
    parent_code: str,
) -> Problem | None:
    """What became of a name that is none of this epoch, or of a whole address in one cell."""
    if level == "district" and epoch == "2level":
        return None
    finding = _read_below(catalogue, epoch, level, text, parent_code)
    if finding.kind == "choice" and finding.problem:
        return replace(finding.problem, field=level)
    if not finding.is_certain or finding.home is None:
        return None
    place = finding.home[LEVELS.index(level)]
    if place is None:
        return None
    became = "trong danh mục ba cấp là"
    if epoch == "2level":
        became = "nay thuộc"
    message = f"{finding.meant} {became} {place.name}: hãy chọn {place.name}."
    suggestion = ""
    if parent_code in ("", *_codes_of(finding.home)):
        suggestion = place.name
    return Problem(level, "former_place", message, suggestion)


def _codes_of(home: Home) -> list[str]:
    return [place.code for place in home if place]


def _read_below(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    text: str,
    parent_code: str,
) -> Finding:
    """The text read as an address inside the place above it."""
    address = Address(text)
    if parent_code:
        places = catalogue.list_of(epoch)
        parent = places.codes.get(parent_code)
        if parent is None:
            return Finding("unknown")
        above = values_of(places.home(parent))
        address = Address(**{**above, level: text})
    return read(catalogue, address, epoch)


def _unknown(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    text: str,
    parent_code: str,
) -> Problem:
    above = by_code(epoch, parent_code)
    if above and text in _names(catalogue, epoch, level):
        message = f"{text} không thuộc {above.name}: hãy chọn lại {WORDS[level]} trong danh sách."
        return Problem(level, "not_within", message)
    near = _offered_names(catalogue, epoch, level, text, parent_code)
    inside = "trong danh mục"
    if above:
        inside = f"trong {above.name}"
    message = f"Không có “{text}” {inside}: hãy chọn {WORDS[level]} trong danh sách."
    if near:
        message += f" Có phải là {' hay '.join(near[:3])}?"
    suggestion = ""
    if len(near) == 1:
        suggestion = near[0]
    return Problem(level, "unknown_place", message, suggestion)


def _offered_names(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    text: str,
    parent_code: str,
) -> list[str]:
    """Names within one letter, and what names of the other epoch within one letter became."""
    offers = _read_below(catalogue, epoch, level, text, parent_code).candidates
    places = [offer.home[LEVELS.index(level)] for offer in offers]
    return list(dict.fromkeys(place.name for place in places if place))


@lru_cache(maxsize=8)
def _names(catalogue: Catalogue, epoch: str, level: str) -> frozenset[str]:
    return frozenset(place.name for place in catalogue.list_of(epoch).children(level, ""))
