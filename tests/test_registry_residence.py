"""The register's residence: read in both epochs, shown as a note, never a reason against anybody."""

import pytest

from idapp import people, verification
from idapp.models import Person
from idapp.people.residences import note_of
from idapp.registry import RegisterResidence
from idapp.registry.residences import as_stored, note_on
from idapp.rules import places
from tests.cast import Cast
from tests.register import read, sample
from tests.test_verification import citizen, register, run_all

LONG_AN = "80"
THU_THUA = "804"
OLD = places.find("3level", "commune", "Xã Mỹ An", THU_THUA).code
NEW = places.old_to_new(OLD)[0][0]
ELSEWHERE = {"province": "01", "commune": "00004"}


@pytest.mark.parametrize(
    ("codes", "epoch", "ours", "agrees"),
    [
        ({"province": LONG_AN, "district": THU_THUA, "commune": OLD}, "3level", OLD, True),
        ({"province": LONG_AN, "commune": NEW}, "3level", OLD, True),
        ({"province": LONG_AN, "district": THU_THUA, "commune": OLD}, "2level", NEW, True),
        ({"province": LONG_AN, "commune": NEW}, "2level", NEW, True),
        ({"commune": NEW}, "2level", NEW, True),
        (ELSEWHERE, "3level", OLD, False),
        (ELSEWHERE, "2level", NEW, False),
        ({"province": LONG_AN, "commune": NEW}, "2level", None, None),
    ],
)
def test_a_residence_agrees_across_the_reform(
    codes: dict[str, str], epoch: str, ours: str | None, agrees: bool | None
) -> None:
    note = note_on(codes, epoch, LONG_AN, ours)
    assert note is not None
    assert note.agrees is agrees


def test_the_place_of_today_stands_beside_an_old_one() -> None:
    codes = {"province": LONG_AN, "district": THU_THUA, "commune": OLD}
    note = note_on(codes, "3level", LONG_AN, "00004")
    assert note is not None
    assert note.text == "Xã Mỹ An, Huyện Thủ Thừa, Tỉnh Long An (nay là Xã Mỹ An, Tỉnh Tây Ninh)"


@pytest.mark.parametrize(
    "codes",
    [
        {"province": "99"},
        {"province": LONG_AN, "commune": "99999"},
        {"province": "01", "district": THU_THUA, "commune": OLD},  # no district of that province
        {"province": "01", "district": THU_THUA},
    ],
)
def test_codes_that_name_no_place_say_nothing(codes: dict[str, str]) -> None:
    assert note_on(codes, "3level", LONG_AN, OLD) is None


def test_only_the_codes_of_the_permanent_residence_are_read() -> None:
    answer = read(sample("03-resp-037-found.xml"))
    assert answer.outcome == "verified"
    assert answer.residence == RegisterResidence("01", "", "00004")
    assert "HƯ CẤU" not in str(as_stored(answer.residence))


@pytest.mark.parametrize(
    "damage",
    [
        ("<ns1:MaTinhThanh>01</ns1:MaTinhThanh>", "<ns1:MaTinhThanh>?</ns1:MaTinhThanh>"),
        ("<ns1:ThuongTru>", "<ns1:ThuongTru><ns1:MaTinhThanh>01</ns1:MaTinhThanh>"),
        ("<ns1:ThuongTru>", "<ns1:ThuongTru/><ns1:ThuongTru>"),
    ],
)
def test_an_odd_residence_never_spoils_an_answer(damage: tuple[str, str]) -> None:
    text = sample("03-resp-037-found.xml").decode()
    assert damage[0] in text
    assert read(text.replace(*damage)).outcome == "verified"


def test_a_residence_that_differs_is_a_note_beside_a_verified_record(cast: Cast) -> None:
    with register(citizen(cast.an, **ELSEWHERE)) as url:
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    an = Person.get_by_id(cast.an.id)
    note = note_of(an)
    assert an.status == "verified"
    assert an.differences == {}
    assert note is not None
    assert note.agrees is False


def test_an_answer_without_a_person_leaves_no_residence(cast: Cast) -> None:
    with register(citizen(cast.an, province="80", commune=NEW)) as url:
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    assert Person.get_by_id(cast.an.id).register_residence == {"province": "80", "commune": NEW}
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    with register() as url:
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    an = Person.get_by_id(cast.an.id)
    assert an.status == "not_found"
    assert an.register_residence == {}
