"""The sheets of allowed values: names of the ministry's form where it has them, values as the ministry writes them."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from idapp.rules import places, record
from idapp.workbook import Catalogue

SHEETS = {
    "gender": "GIOI_TINH",
    "ethnic_group": "DAN_TOC",
    "nationality": "QUOC_TICH",
    "position": "VI_TRI_VIEC_LAM",
    "province": "TINH",
    "district": "HUYEN",
    "commune": "XA",
}
_Grouped = tuple[str, str]  # a value, and the group of the list in which it is offered


def catalogues_of(epoch: str, names: Collection[str]) -> list[Catalogue]:
    """The sheets of these ``names`` for an epoch, in the order of the ministry's form, as far as they hold values."""
    sheets = _all(epoch, places.catalogue_on())
    return [catalogue for catalogue in sheets if catalogue.name in names]


@lru_cache(maxsize=4)
def _all(epoch: str, _: places.Catalogue) -> tuple[Catalogue, ...]:
    """Made anew as soon as other lists, or the names of another day, are in use."""
    return (
        _chosen("gender", "student"),
        _chosen("ethnic_group", "student"),
        _chosen("nationality", "student"),
        _chosen("position", "staff"),
        *_places(epoch),
    )


def _chosen(field: str, kind: str) -> Catalogue:
    return Catalogue(SHEETS[field], record.choices_of(field, kind))


def _places(epoch: str) -> list[Catalogue]:
    """Districts grouped by province, communes by province and district: a name may repeat, its group does not."""
    provinces = places.children(epoch, "province")
    districts: list[_Grouped] = []
    communes: list[_Grouped] = []
    for province in provinces:
        below = places.children(epoch, "district", province.code)
        for district in below:
            districts.append((district.name, province.name))
            communes += _communes(epoch, district, f"{province.name}|{district.name}")
        if epoch == "2level":  # communes of three levels are listed by their district above
            communes += _communes(epoch, province, province.name)
    sheets = [
        Catalogue(SHEETS["province"], [province.name for province in provinces]),
        _grouped("district", districts),
        _grouped("commune", communes),
    ]
    # in two levels there are no districts, and Excel takes no list without values
    return [sheet for sheet in sheets if sheet.values]


def _communes(epoch: str, parent: places.Place, group: str) -> list[_Grouped]:
    return [(commune.name, group) for commune in places.children(epoch, "commune", parent.code)]


def _grouped(field: str, pairs: Sequence[_Grouped]) -> Catalogue:
    values = []
    groups = []
    for value, group in pairs:
        values.append(value)
        groups.append(group)
    return Catalogue(SHEETS[field], values, groups=groups)
