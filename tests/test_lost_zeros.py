"""A number or a code that stands there already, only written worse, says the same on every way in."""

import pytest

from idapp import imports, people
from idapp.imports.decisions import cells_to_write
from idapp.models import Change, ImportRow, Person
from idapp.people import Edit
from tests.cast import Cast
from tests.pasted import paste, table
from tests.test_imports import read

GOOD = {
    "full_name": "Trần Thị Hằng",
    "date_of_birth": "20/03/2012",
    "identity_number": "001312000012",
    "ministry_code": "0100000001",
    "province": "Tỉnh Long An",
}
SAME = [
    ("identity_number", "1312000012"),
    ("identity_number", "01312000012"),
    ("identity_number", "1.312.000.012"),
    ("identity_number", "001312000012.0"),
    ("identity_number", "'001 312 000 012"),
    ("ministry_code", "100000001"),
    ("ministry_code", "0100 000 001"),
    ("ministry_code", "100000001.0"),
    ("date_of_birth", "2012-03-20"),
    ("date_of_birth", "40988"),
    ("full_name", "Tra\u0302\u0300n  Thi\u0323 Ha\u0306\u0300ng"),
    ("province", "Long An"),
    ("province", "TỈNH LONG AN"),
]
OTHER = [
    ("identity_number", "131200001"),
    ("identity_number", "1.312E+9"),
    ("ministry_code", "1e8"),
    ("ministry_code", "1.00E+08"),
]


@pytest.fixture
def hang(cast: Cast) -> Person:
    edits = [Edit(cast.an, name, text) for name, text in GOOD.items()]
    people.change_many(edits, by=cast.thu, source="import")
    return fresh(cast.an)


def fresh(person: Person) -> Person:
    return Person.get_by_id(person.id)


def row_of(cast: Cast, person: Person) -> int:
    return table(cast).index(person)


def changesets(person: Person) -> int:
    return Change.select().where(Change.person == person).count()


def holds(person: Person) -> dict[str, str]:
    return {name: getattr(fresh(person), name) for name in GOOD}


@pytest.mark.parametrize(("field", "text"), SAME)
def test_typed_it_changes_nothing_and_is_no_conflict(
    cast: Cast, hang: Person, field: str, text: str
) -> None:
    before = changesets(hang)
    people.change(hang, field, text, seen="cái khác", by=cast.lan)
    assert (holds(hang), changesets(hang)) == (GOOD, before)


@pytest.mark.parametrize(("field", "text"), SAME)
def test_pasted_it_changes_nothing_and_asks_nothing(
    cast: Cast, hang: Person, field: str, text: str
) -> None:
    before = changesets(hang)
    report = paste(cast, text, row_of(cast, hang), field)
    assert (holds(hang), changesets(hang), report.same) == (GOOD, before, 1)


@pytest.mark.parametrize(("field", "text"), SAME)
def test_in_a_file_it_is_the_same(cast: Cast, hang: Person, field: str, text: str) -> None:
    headings = {
        "full_name": "Họ và tên",
        "date_of_birth": "Ngày sinh",
        "identity_number": "Số định danh cá nhân",
        "ministry_code": "Mã định danh Bộ GD&ĐT",
        "province": "Tỉnh",
    }
    row = [(GOOD | {field: text})[name] for name in headings]
    upload = read([["5A", *row]], cast.thu, ("Lớp", *headings.values()))
    judged = ImportRow.get(ImportRow.upload == upload)
    assert (judged.verdict, judged.seen, judged.person) == ("same", {}, hang)


def test_the_same_number_is_no_conflict_for_who_has_not_seen_it_yet(
    cast: Cast, hang: Person
) -> None:
    seen = {hang.id: {"identity_number": "100312000001"}}
    report = paste(cast, "1312000012", row_of(cast, hang), "identity_number", seen=seen)
    assert (report.conflicts, holds(hang)) == ([], GOOD)


@pytest.mark.parametrize(("field", "text"), OTHER)
def test_another_number_never_comes_in_unasked_by_a_file(
    cast: Cast, hang: Person, field: str, text: str
) -> None:
    heading = {"identity_number": "Số định danh cá nhân", "ministry_code": "Mã định danh Bộ GD&ĐT"}
    row = ["5A", hang.full_name, hang.date_of_birth, text]
    upload = read([row], cast.thu, ("Lớp", "Họ và tên", "Ngày sinh", heading[field]))
    judged = ImportRow.get(ImportRow.upload == upload)
    assert field not in cells_to_write(judged)
    imports.confirm(upload, by=cast.thu)
    assert holds(hang) == GOOD


@pytest.mark.parametrize("stored", ["1312000012", ""])
def test_a_good_writing_still_mends_a_bad_one(cast: Cast, hang: Person, stored: str) -> None:
    people.change_many([Edit(hang, "identity_number", stored, exact=True)], by=None, source="undo")
    people.change_many([Edit(hang, "identity_number", "001312000012")], by=None, source="typed")
    assert fresh(hang).identity_number == "001312000012"
