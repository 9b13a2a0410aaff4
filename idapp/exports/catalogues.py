"""The sheets of allowed values: names of the ministry's form where it has them, values as the ministry writes them."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from idapp.rules import places, record
from idapp.workbook import Catalogue

SHEETS = {
    "gender": "GIOI_TINH", "ethnic_group": "DAN_TOC", "nationality": "QUOC_TICH", "position": "VI_TRI_VIEC_LAM",
    "province": "TINH", "district": "HUYEN", "commune": "XA",
}  # fmt: skip


def catalogues_of(epoch: str, names: Collection[str]) -> list[Catalogue]:
    """Those sheets, in the order of the ministry's form."""
    sheets = _all(epoch, places.catalogue_on())
    return [catalogue for catalogue in sheets if catalogue.name in names]


@lru_cache(maxsize=4)
def _all(epoch: str, _: places.Catalogue) -> tuple[Catalogue, ...]:
    """Made anew as soon as other lists, or the names of another day, are in use."""
    short = [
        Catalogue(SHEETS[n], record.choices_of(n, "student"))
        for n in ("gender", "ethnic_group", "nationality")
    ]
    return (
        *short,
        Catalogue(SHEETS["position"], record.choices_of("position", "staff")),
        *_places(epoch),
    )


def _places(epoch: str) -> list[Catalogue]:
    """Districts grouped by province, communes by province and district: a name may repeat, its group does not."""
    provinces = places.children(epoch, "province")
    pairs = [
        (d.name, p.name) for p in provinces for d in places.children(epoch, "district", p.code)
    ]
    parents = [(p, p.name) for p in provinces] if epoch == "2level" else _districts(epoch)
    communes = [
        (c.name, above)
        for parent, above in parents
        for c in places.children(epoch, "commune", parent.code)
    ]
    found = [
        Catalogue(SHEETS["province"], [p.name for p in provinces]),
        _grouped("district", pairs),
        _grouped("commune", communes),
    ]
    return [catalogue for catalogue in found if catalogue.values]


def _districts(epoch: str) -> list[tuple[places.Place, str]]:
    provinces = places.children(epoch, "province")
    return [
        (d, f"{p.name}|{d.name}")
        for p in provinces
        for d in places.children(epoch, "district", p.code)
    ]


def _grouped(field: str, pairs: Sequence[tuple[str, str]]) -> Catalogue:
    return Catalogue(
        SHEETS[field], [value for value, _ in pairs], groups=[group for _, group in pairs]
    )
