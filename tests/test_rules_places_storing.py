"""What a record keeps of each former address never reads as another place of today."""

from idapp.rules import places
from idapp.rules.places import Address


def stored_home(address: Address) -> places.Home:
    """The places that the stored texts mean in two levels."""
    finding = places.read_address(address, "2level")
    written = dict(zip(places.LEVELS, address, strict=True))
    stored = written | places.texts_to_store(address, finding, "2level")
    return places.home_of("2level", stored["province"], "", stored["commune"])


def test_every_former_commune_is_stored_as_a_successor_or_undecided() -> None:
    wrong = []
    for commune in places.children("3level", "commune"):
        district = places.by_code("3level", commune.parent)
        province = places.by_code("3level", district.parent)
        home = stored_home(Address(province.name, district.name, commune.name))
        successors = {code for code, _ in places.old_to_new(commune.code)}
        if home.commune is not None and home.commune.code not in successors:
            wrong.append((commune.name, home.commune.name))
        if home.commune is not None and len(successors) > 1:
            wrong.append((commune.name, "chosen silently"))
    assert wrong == []


def test_a_commune_in_an_unknown_district_is_stored_as_no_commune() -> None:
    wrong = []
    for commune in places.children("2level", "commune"):
        province = places.by_code("2level", commune.parent)
        home = stored_home(Address(province.name, "Huyện Không Có Thật", commune.name))
        if home.commune is not None:
            wrong.append(commune.name)
    assert wrong == []
