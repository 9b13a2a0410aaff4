"""What a record keeps of each former address never reads as another place of today."""

from collections.abc import Iterator

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


def _split_in_another_province() -> Iterator[Address]:
    """Former communes that went to several, and whose province bears another name today."""
    for province in places.children("3level", "province"):
        [(successor, _)] = places.old_to_new(province.code)
        if places.by_code("2level", successor).name == province.name:
            continue
        for district in places.children("3level", "district", province.code):
            for commune in places.children("3level", "commune", district.code):
                if len(places.old_to_new(commune.code)) > 1:
                    yield Address(province.name, district.name, commune.name)


def test_what_is_stored_undecided_asks_the_same_question_again() -> None:
    """Also where the province above it is already today's."""
    addresses = list(_split_in_another_province())
    assert len(addresses) > 90
    for address in addresses:
        asked = places.read_address(address, "2level", written_in="3level")
        stored = places.texts_to_store(address, asked, "2level")
        again = places.read_address(Address(stored["province"], "", stored["commune"]), "2level")
        assert {c.home for c in again.candidates} == {c.home for c in asked.candidates}, address
