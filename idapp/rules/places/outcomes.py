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
        return next(place for place in reversed(self.home) if place)

    def codes(self) -> list[str]:
        """The codes of the place and of those above it."""
        return [place.code for place in self.home if place]

    def label(self) -> str:
        """Its names, the smallest first: "Xã Cổ Đô, Thành phố Hà Nội"."""
        return ", ".join(place.name for place in reversed(self.home) if place)


def candidates_of(catalogue: Catalogue, meaning: Meaning, epoch: str) -> list[Candidate]:
    """All places of an epoch that a meaning leads to, likeliest first."""
    if isinstance(meaning.deepest, Place) and meaning.epoch == epoch:
        return [_candidate(catalogue, epoch, meaning.deepest.code, _own_name(meaning))]
    codes = _to_two_levels(catalogue, meaning) if epoch == "2level" else []
    if epoch == "3level":
        codes = _to_three_levels(catalogue, meaning)
    return [
        _candidate(catalogue, epoch, code, _reason(meaning, len(codes), is_default), is_default)
        for code, is_default in codes
    ]


def _candidate(
    catalogue: Catalogue, epoch: str, code: str, reason: str, is_default: bool = True
) -> Candidate:
    places = catalogue.list_of(epoch)
    return Candidate(places.home(places.codes[code]), is_default, reason)


# --- into two levels ---


def _to_two_levels(catalogue: Catalogue, meaning: Meaning) -> list[tuple[str, bool]]:
    unit = meaning.deepest
    if isinstance(unit, FormerName):
        has_default = unit.level != "district"
        return [(code, has_default and code == unit.new[0]) for code in unit.new]
    if unit.code in catalogue.went_to:
        return catalogue.went_to[unit.code]
    communes = catalogue.list_of("3level").children("commune", unit.code)
    codes = dict.fromkeys(new for c in communes for new, _ in catalogue.went_to.get(c.code, ()))
    return [(code, len(codes) == 1) for code in sorted(codes)]


# --- into three levels ---


def _to_three_levels(catalogue: Catalogue, meaning: Meaning) -> list[tuple[str, bool]]:
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
    same = [c for c in codes if exact_key(bare_name(former.level, old.codes[c].name)) == bare]
    if len(same) == 1:
        return same
    district = exact_key(former.district)
    return sorted(codes, key=lambda code: not _lies_in_district(catalogue, code, district))


def _same_way(catalogue: Catalogue, former: FormerName) -> list[str]:
    """The old places of its level and province of which people went where those of a former one went."""
    old = catalogue.list_of("3level")
    codes = [code for new in former.new for code in catalogue.came_from.get(new, ())]
    if former.level != "province":
        codes = [code for code in codes if old.province_of(old.codes[code]).code == former.province]
    if former.level == "district":
        codes = [old.codes[code].parent for code in codes]
    return list(dict.fromkeys(codes))


def _lies_in_district(catalogue: Catalogue, code: str, district: str) -> bool:
    above = catalogue.list_of("3level").home(catalogue.list_of("3level").codes[code]).district
    return above is not None and exact_key(above.name) == district


def _by_likeness(catalogue: Catalogue, unit: Place, codes: Iterable[str]) -> list[str]:
    """Those of the same name first, then those that went there for the greater part."""
    old = catalogue.list_of("3level")

    def rank(code: str) -> tuple[bool, bool]:
        is_same = exact_key(_bare(old.codes[code].name)) == exact_key(_bare(unit.name))
        return (not is_same, (unit.code, True) not in catalogue.went_to[code])

    return sorted(codes, key=rank)


def _bare(name: str) -> str:
    return bare_name("commune", bare_name("province", name))


# --- why ---


def _own_name(meaning: Meaning) -> str:
    time = "hiện nay" if meaning.epoch == "2level" else "trước 01/07/2025"
    return f"{meaning.label()}: tên {time}"


def _reason(meaning: Meaning, count: int, is_default: bool) -> str:
    """What speaks for one of ``count`` places."""
    if meaning.epoch == "2level":
        whole = "trước sáp nhập là nơi này" if count == 1 else "gồm cả nơi này"
        return f"{meaning.label()} {whole}"
    if count == 1:
        return f"{meaning.label()} (cũ) nay thuộc nơi này"
    part = "phần chính" if is_default else "một phần"
    return f"{part} của {meaning.label()} (cũ) thuộc nơi này"
