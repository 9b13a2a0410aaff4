"""Lists to choose from while a name is typed."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from idapp.rules.folding import tidy
from idapp.rules.places.catalogue import REFORM, Catalogue, Place, PlaceList, catalogue_on
from idapp.rules.places.meanings import Meaning
from idapp.rules.places.outcomes import Candidate, candidates_of
from idapp.rules.places.spelling import bare_name, exact_key, folded_key, full_name


class OtherName(NamedTuple):
    """A name of the other epoch, or a former one, and where it leads: for type-ahead.

    >>> name = search_other_names("2level", "commune", "phú đông", "01")[0]
    >>> name.label, [candidate.label() for candidate in name.candidates]
    ('Xã Phú Đông, Huyện Ba Vì', ['Xã Cổ Đô, Thành phố Hà Nội'])
    >>> name.whole
    'Xã Phú Đông, Huyện Ba Vì, Thành phố Hà Nội'
    """

    label: str
    whole: str
    candidates: tuple[Candidate, ...]


def search(
    epoch: str,
    level: str,
    query: str,
    parent_code: str | None = None,
    limit: int = 12,
    day: date | None = None,
) -> list[Place]:
    """Places for type-ahead: every word begins a word of the name, or of another name the place is known by. Names that
    start with the query come first, of these the ones with the same diacritics; then by the alphabet.

    >>> [place.name for place in search("3level", "district", "thu", "80")]
    ['Huyện Thủ Thừa']
    """
    if level != "province" and not parent_code:
        return []
    wanted = full_name(level, tidy(query))
    places = catalogue_on(day).list_of(epoch)
    hits = []
    for place in places.children(level, parent_code or ""):
        if _fits(wanted, [place.name, *places.other_names(place)]):
            hits.append((_rank(wanted, level, place.name), place))
    return [place for _, place in sorted(hits)[:limit]]


def search_other_names(
    epoch: str,
    level: str,
    query: str,
    parent_code: str | None = None,
    limit: int = 12,
    day: date | None = None,
) -> list[OtherName]:
    """Names of the other epoch and former names that fit a query as in ``search``, with what they lead to in ``epoch``.
    Only names that lead elsewhere than to the place of the same name. ``parent_code`` as there, a province or district
    of ``epoch``. On a ``day`` before the reform nobody has names of after it."""
    if epoch == "3level" and day is not None and day < REFORM:
        return []
    wanted = full_name(level, tidy(query))
    if not wanted or (level != "province" and not parent_code):
        return []
    catalogue = catalogue_on(day)
    ranked = []
    for name, other in _other_names(catalogue, epoch, level, wanted, parent_code or ""):
        ranked.append((_rank(wanted, level, name), other))
    best = sorted(_best(ranked), key=lambda pair: pair[0])
    return [other for _, other in best[:limit]]


def search_former_communes(query: str, limit: int = 6, day: date | None = None) -> list[OtherName]:
    """Communes of before with exactly this name anywhere in the country, and where they lead in two levels.

    For whoever types a former commune before, or without, its province.

    >>> [name.whole for name in search_former_communes("Xã Phú Đông")][0]
    'Xã Phú Đông, Huyện Ba Vì, Thành phố Hà Nội'
    """
    wanted = full_name("commune", tidy(query))
    if not wanted:
        return []
    catalogue = catalogue_on(day)
    old = catalogue.list_of("3level")
    names = []
    for place in old.index("commune", "").matches(wanted)[:limit]:
        home = old.home(place)
        if home.province is None:
            continue
        meaning = Meaning("3level", home.province, home.district, home.commune)
        candidates = candidates_of(catalogue, meaning, "2level")
        if candidates:
            names.append(OtherName(meaning.label(), meaning.label(), tuple(candidates)))
    return names


_Ranked = tuple[tuple[bool, bool, list[str]], OtherName]


def _best(names: list[_Ranked]) -> list[_Ranked]:
    """Those that begin as it was typed, if there are any: the old names of a province are many."""
    least = min((rank[:2] for rank, _ in names), default=(True, True))
    return [ranked for ranked in names if ranked[0][:2] == least]


def _other_names(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    wanted: str,
    parent_code: str,
) -> Iterator[tuple[str, OtherName]]:
    """The names that fit, each alone and with its label and candidates."""
    for meaning in _other_meanings(catalogue, epoch, level, parent_code):
        name = meaning.deepest.name
        if not _fits(wanted, [name]):
            continue
        candidates = _candidates_below(catalogue, meaning, epoch, parent_code)
        if not candidates or _is_its_own_name(catalogue.list_of(epoch), name, candidates):
            continue
        whole = meaning.label()
        label = whole
        if level != "province":  # who types below a province knows which
            label = meaning.local_label()
        yield name, OtherName(label, whole, candidates)


def _candidates_below(
    catalogue: Catalogue,
    meaning: Meaning,
    epoch: str,
    parent_code: str,
) -> tuple[Candidate, ...]:
    """Where a meaning leads below a place of ``epoch``; "" is the country."""
    candidates = candidates_of(catalogue, meaning, epoch)
    if parent_code:
        candidates = [place for place in candidates if parent_code in place.codes()]
    return tuple(candidates)


def _fits(wanted: str, names: list[str]) -> bool:
    """Does every word of the query begin a word of one of the names?"""
    keys = folded_key(wanted).split()
    return any(_all_begin(keys, folded_key(name).split()) for name in names)


def _all_begin(keys: list[str], words: list[str]) -> bool:
    return all(any(word.startswith(key) for word in words) for key in keys)


def _rank(
    wanted: str,
    level: str,
    name: str,
) -> tuple[bool, bool, list[str]]:
    """Sorts names that begin with the query first (False before True), numbers as numbers."""
    bare = bare_name(level, name)
    names = (bare, name)
    accented = any(exact_key(writing).startswith(exact_key(wanted)) for writing in names)
    starts = any(folded_key(writing).startswith(folded_key(wanted)) for writing in names)
    words = map(_sortable, folded_key(bare).split())
    return (not starts, not accented, list(words))


def _sortable(word: str) -> str:
    """
    >>> _sortable("6"), _sortable("an")
    ('006', 'an')
    """
    if word.isdecimal():
        return word.zfill(3)
    return word


def _is_its_own_name(
    places: PlaceList,
    name: str,
    candidates: tuple[Candidate, ...],
) -> bool:
    """Whether a name leads only to a place that is found by that name anyhow."""
    place = candidates[0].place
    return len(candidates) == 1 and name in (place.name, *places.other_names(place))


def _other_meanings(
    catalogue: Catalogue,
    epoch: str,
    level: str,
    parent_code: str,
) -> Iterator[Meaning]:
    """The names of a level that are not of ``epoch``, where the land of a place of ``epoch`` lay or lies."""
    old = catalogue.list_of("3level")
    if level == "province":
        for former in catalogue.former_names("province", ""):
            yield Meaning("3level", former, None, None)
    if epoch == "2level":
        codes = [""]
        if parent_code:
            codes = catalogue.came_from.get(parent_code, [])
        for code in codes:
            yield from _places_as_meanings(old, "3level", level, code)
            yield from _former_as_meanings(catalogue, level, code)
    elif parent_code in old.codes:
        province = old.province_of(old.codes[parent_code])
        yield from _former_as_meanings(catalogue, level, province.code)
        for code, _ in catalogue.went_to[province.code]:
            yield from _places_as_meanings(catalogue.list_of("2level"), "2level", level, code)


def _places_as_meanings(
    places: PlaceList,
    epoch: str,
    level: str,
    parent_code: str,
) -> Iterator[Meaning]:
    """The places of a level below a place, each as the chain that leads to it."""
    for place in places.children(level, parent_code):
        home = places.home(place)
        yield Meaning(epoch, home.province or place, home.district, home.commune)


def _former_as_meanings(
    catalogue: Catalogue,
    level: str,
    province_code: str,
) -> Iterator[Meaning]:
    """The former names of a level in an old province; those of provinces lie in none."""
    if level == "province":
        return
    province = catalogue.list_of("3level").codes[province_code]
    for former in catalogue.former_names(level, province_code):
        if level == "district":
            yield Meaning("3level", province, former, None)
        else:
            yield Meaning("3level", province, None, former)
