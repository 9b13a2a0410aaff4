"""Where a meaning leads in the places of a campaign's epoch, and why.

Into two levels by the mapping: a commune went to one commune or was split, a district to all communes that its own went
to. Into three levels the same mapping backwards: a commune of today mostly came from several.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from idapp.rules.places.catalogue import Catalogue, FormerName, Home, Place
from idapp.rules.places.meanings import Meaning
from idapp.rules.places.spelling import bare_name, exact_key


@dataclass(frozen=True)
class Candidate:
    """A place that may be meant.

    home        with everything above it, in the campaign's epoch
    is_default  the likeliest, where the mapping knows one
    reason      Vietnamese, what speaks for it
    """

    home: Home
    is_default: bool
    reason: str

    @property
    def place(self) -> Place:
        """The lowest place of it."""
        return next(filter(None, reversed(self.home)))

    def codes(self) -> list[str]:
        """The codes of the place and of those above it."""
        return [place.code for place in self.home if place]

    def label(self) -> str:
        """Its names, the smallest first: "Xã Cổ Đô, Thành phố Hà Nội"."""
        return ", ".join(place.name for place in reversed(self.home) if place)


def candidates_of(
    catalogue: Catalogue,
    meaning: Meaning,
    epoch: str,
) -> list[Candidate]:
    """All places of an epoch that a meaning leads to, likeliest first."""
    if isinstance(meaning.deepest, Place) and meaning.epoch == epoch:
        return [_candidate(catalogue, epoch, meaning.deepest.code, _own_name(meaning))]
    codes: list[tuple[str, bool]] = []
    if epoch == "2level":
        codes = _to_two_levels(catalogue, meaning)
    if epoch == "3level":
        codes = _to_three_levels(catalogue, meaning)
    candidates = []
    for code, is_default in codes:
        reason = _reason(meaning, len(codes), is_default)
        candidates.append(_candidate(catalogue, epoch, code, reason, is_default))
    return candidates


def _candidate(
    catalogue: Catalogue,
    epoch: str,
    code: str,
    reason: str,
    is_default: bool = True,
) -> Candidate:
    places = catalogue.list_of(epoch)
    return Candidate(places.home(places.codes[code]), is_default, reason)


# --- into two levels ---


def _to_two_levels(catalogue: Catalogue, meaning: Meaning) -> list[tuple[str, bool]]:
    """Codes of ``2level``, each with whether it is the likeliest."""
    unit = meaning.deepest
    if isinstance(unit, FormerName):
        has_default = unit.level != "district"
        return [(code, has_default and code == unit.new[0]) for code in unit.new]
    if unit.code in catalogue.went_to:
        return catalogue.went_to[unit.code]
    # a district is in no row of the mapping: its people went where its communes went
    codes: set[str] = set()
    for commune in catalogue.list_of("3level").children("commune", unit.code):
        codes.update(new for new, _ in catalogue.went_to.get(commune.code, ()))
    return [(code, len(codes) == 1) for code in sorted(codes)]


# --- into three levels ---


def _to_three_levels(catalogue: Catalogue, meaning: Meaning) -> list[tuple[str, bool]]:
    """Codes of ``3level``; where several gave land to a place of today none is the likeliest."""
    unit = meaning.deepest
    if isinstance(unit, FormerName):
        codes = _origins_of_former(catalogue, unit)
    else:
        codes = _by_likeness(catalogue, unit, catalogue.came_from.get(unit.code, []))
    return [(code, len(codes) == 1) for code in codes]


def _origins_of_former(catalogue: Catalogue, former: FormerName) -> list[str]:
    """Where a former name of before 2025 lies in the list of three levels. Only the same name under another prefix or
    in another district is certain; of a place merged away all that went the same way are possible."""
    old = catalogue.list_of("3level")
    codes = _same_way(catalogue, former)
    bare = exact_key(bare_name(former.level, former.name))
    of_same_name = []
    for code in codes:
        if exact_key(bare_name(former.level, old.codes[code].name)) == bare:
            of_same_name.append(code)
    if len(of_same_name) == 1:
        return of_same_name
    district = exact_key(former.district)
    return sorted(codes, key=lambda code: not _lies_in_district(catalogue, code, district))


def _same_way(catalogue: Catalogue, former: FormerName) -> list[str]:
    """The old places of its level and province of which people went where those of a former one went."""
    old = catalogue.list_of("3level")
    codes: dict[str, None] = {}  # each once, in order
    for new in former.new:
        for code in catalogue.came_from.get(new, ()):
            place = old.codes[code]
            if former.level != "province" and old.province_of(place).code != former.province:
                continue
            if former.level == "district":
                codes[place.parent] = None
            else:
                codes[code] = None
    return list(codes)


def _lies_in_district(catalogue: Catalogue, code: str, district: str) -> bool:
    old = catalogue.list_of("3level")
    above = old.home(old.codes[code]).district
    return above is not None and exact_key(above.name) == district


def _by_likeness(
    catalogue: Catalogue,
    unit: Place,
    codes: Iterable[str],
) -> list[str]:
    """Those of the same name first, then those that went there for the greater part."""
    old = catalogue.list_of("3level")
    bare = exact_key(_bare(unit.name))

    def rank(code: str) -> tuple[bool, bool]:
        """False sorts first."""
        has_same_name = exact_key(_bare(old.codes[code].name)) == bare
        went_mostly_there = (unit.code, True) in catalogue.went_to[code]
        return (not has_same_name, not went_mostly_there)

    return sorted(codes, key=rank)


def _bare(name: str) -> str:
    return bare_name("commune", bare_name("province", name))


# --- why ---


def _own_name(meaning: Meaning) -> str:
    time = "trước 01/07/2025"
    if meaning.epoch == "2level":
        time = "hiện nay"
    return f"{meaning.label()}: tên {time}"


def _reason(meaning: Meaning, count: int, is_default: bool) -> str:
    """What speaks for one of ``count`` places."""
    label = meaning.label()
    if meaning.epoch == "2level" and count == 1:
        return f"{label} trước sáp nhập là nơi này"
    if meaning.epoch == "2level":
        return f"{label} gồm cả nơi này"
    if count == 1:
        return f"{label} (cũ) nay thuộc nơi này"
    if is_default:
        return f"phần chính của {label} (cũ) thuộc nơi này"
    return f"một phần của {label} (cũ) thuộc nơi này"
