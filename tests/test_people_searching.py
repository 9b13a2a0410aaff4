"""Searching for people: what a text means, who fits it, who comes first, and what nobody learns."""

import unicodedata
from itertools import product

import pytest

from idapp import people, school
from idapp.models import Person, User
from idapp.people import membership, searching
from tests.cast import Cast, pupil

NAMES = ("Nguyễn Văn An", "Nguyễn Thị Ân", "Võ Ánh", "Trần An Bình", "Đỗ Hoà", "H'Mai Niê")


@pytest.fixture
def hall(cast: Cast) -> Cast:
    """More pupils in 5A, one of whom has left; a class 5A1 and a nursery group."""
    school.add_class("5A10", by=cast.thu)
    group = school.add_class("Mầm 1", by=cast.thu)
    newcomers = [
        ("student", cast.class_5a, pupil(name, serial=50 + n)) for n, name in enumerate(NAMES)
    ]
    added = people.add_many(newcomers, by=cast.thu, source="import")
    membership.set_state(added[3], "Chuyển đi", active=False, by=cast.thu)
    people.add(
        kind="student", school_class=group, values=pupil("Lò Văn Mầm", serial=70), by=cast.thu
    )
    return cast


def names_for(user: User, text: str) -> list[str]:
    return [person.full_name for person in searching.search(user, text).people]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("nguyen van an", ["Nguyễn Văn An"]),
        ("an nguyen van", ["Nguyễn Văn An"]),
        ("  AN   NGUYỄN văn ", ["Nguyễn Văn An"]),
        ("Nguyễn Thị Ân", ["Nguyễn Thị Ân", "Nguyễn Thị An"]),
        ("nguyen thi an", ["Nguyễn Thị An", "Nguyễn Thị Ân"]),
        ("Nguyê", ["Nguyễn Thị An", "Nguyễn Văn An", "Nguyễn Thị Ân"]),  # half of it is composed
        ("nguyeenx vawn an", ["Nguyễn Văn An"]),  # no input method was on
        ("ddoox hoaf", ["Đỗ Hoà"]),
        ("đỗ hòa", ["Đỗ Hoà"]),
        ("h'mai", ["H'Mai Niê"]),
        ("h’mai", ["H'Mai Niê"]),
        ("binh", ["Trần Văn Bình", "Trần An Bình"]),  # who has left, after those who are here
        ("anh", ["Võ Ánh"]),
        ("5a anh", ["Võ Ánh"]),
        ("Võ lớp 5 A", ["Võ Ánh"]),
        ("5b an", []),
        ("5b", ["Lê Thị Chi"]),
        ("lop 5b chi", ["Lê Thị Chi"]),
        ("khoi 5 chi", ["Lê Thị Chi"]),
        ("5 chi", ["Lê Thị Chi"]),
        ("khối 4", []),
        ("mam 1", ["Lò Văn Mầm"]),
        ("Mầm 1 lò", ["Lò Văn Mầm"]),
        ("giang", ["Đỗ Văn Giang"]),
        ("000003", ["Lê Thị Chi"]),
        ("1003 12 000003", ["Lê Thị Chi"]),
        ("100312000003", ["Lê Thị Chi"]),
        ("100312000003 chi", ["Lê Thị Chi"]),
        ("100312000003 an", []),
        ("1000000003", ["Lê Thị Chi"]),  # the ministry's code
        ("003", []),
        ("%", []),
        ("_n", []),
        ("\\", []),
        ("ễ" * 5000, []),
        ("' OR 1=1 --", []),
        ("", []),
    ],
)  # fmt: skip
def test_what_a_text_finds(hall: Cast, text: str, names: list[str]) -> None:
    for form in ("NFC", "NFD"):
        assert names_for(hall.thu, unicodedata.normalize(form, text)) == names


def test_a_teacher_finds_the_own_pupils_only(hall: Cast) -> None:
    assert names_for(hall.minh, "chi") == ["Lê Thị Chi"]
    for text in ("nguyen an", "giang", "5a an", "100312000001", "1000000001", "thi"):
        result = searching.search(hall.minh, text)
        assert {person.school_class_id for person in result.people} <= {hall.class_5b.id}, text
        assert result.others == 0, text


def test_who_sees_no_numbers_learns_nothing_by_searching_for_one(hall: Cast) -> None:
    for text, words in product(("100312000003", "0003", "1000000003", "000099"), ("", " chi")):
        result = searching.search(hall.phong, text + words)
        assert result.hides_number
        assert (list(result.people), result.others, result.is_more) == ([], 0, False)
    assert names_for(hall.phong, "chi") == ["Lê Thị Chi"]


def test_the_count_of_the_others(hall: Cast) -> None:
    many = [("student", hall.class_5b, {"full_name": f"Hồ Văn Thử {n}"}) for n in range(230)]
    many.append(("student", hall.class_5b, {"full_name": "Y Văn"}))
    people.add_many(many, by=hall.thu, source="import")
    result = searching.search(hall.thu, "ho van 22")
    assert len(result.people) + result.others == 11
    result = searching.search(hall.thu, "van")
    assert (len(result.people), result.others, result.is_more) == (12, 188, True)
    assert result.people[0].full_name == "Y Văn"  # the given name, though 200 stand before it


def test_a_changed_name_is_found_at_once(hall: Cast) -> None:
    people.change(hall.chi, "full_name", "Lê Thị Tuyết", seen="Lê Thị Chi", by=hall.thu)
    assert names_for(hall.thu, "tuyet") == ["Lê Thị Tuyết"]
    assert names_for(hall.thu, "le thi chi") == []


def test_everybody_without_a_name_is_no_answer_to_anything(hall: Cast) -> None:
    people.add(kind="student", school_class=hall.class_5b, values={"gender": "Nam"}, by=hall.thu)
    assert Person.select().where(Person.full_name == "").exists()
    assert names_for(hall.thu, " ") == []
