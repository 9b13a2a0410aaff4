"""What a file says arrives: a wrong value with its mark into an empty cell, never over a good one."""

import io

import pytest
from openpyxl import load_workbook

from idapp import exports, imports, people
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.decisions import cells_to_write
from idapp.imports.judging import judge
from idapp.models import Import, Person, User
from idapp.rosters import FoundRow, FoundTable
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.workbook import Cell
from tests.cast import HOME, Cast, number_for
from tests.test_imports import (
    PROFILE,
    codes,
    everything,
    fresh,
    judged,
    line,
    newcomer,
    read,
    verdicts,
)

pytestmark = pytest.mark.usefixtures("few_places")
NUMBER = number_for(2012, "Nữ", 77)
WRONG = {
    "identity_number": "10031200007",
    "date_of_birth": "31/02/2012",
    "gender": "x",
    "commune": "Xã Không Có",
    "full_name": "Bùi Thị Dung 2",
}


def written(upload: Import, by: User) -> dict[str, int]:
    return imports.confirm(Import.get_by_id(upload.id), by=by)


def marked(person: Person) -> set[str]:
    """The fields that the class table shows with an error (an empty one is another matter)."""
    return {p["field"] for p in person.problems if p["level"] == "error" and p["code"] != "missing"}


def dung(**values: str) -> list[object]:
    """The pupil of 5A with a code, so that she is found whatever else is wrong."""
    return newcomer(ministry_code="1000000060", **values)


def known(code: str, **values: object) -> list[object]:
    return line(school_class="5A", ministry_code=code, **values)


# into an empty cell


@pytest.mark.parametrize(("field", "text"), WRONG.items())
def test_a_wrong_value_comes_into_a_new_record_with_its_mark(
    cast: Cast, field: str, text: str
) -> None:
    upload = read([dung(**{field: text})], cast.thu)
    assert verdicts(upload) == ["new"]
    assert imports.totals_of(upload).views["errors"] == 1
    assert written(upload, cast.thu) == {"created": 1}
    person = Person.get(Person.ministry_code == "1000000060")
    assert getattr(person, field) == text
    assert marked(person) == {field}


@pytest.mark.parametrize("number", ["10021200009", "123456789012", "100760104", "1,00212E+11"])
def test_a_wrong_number_comes_into_an_empty_cell(cast: Cast, number: str) -> None:
    upload = read([known("1000000002", identity_number=number)], cast.thu)
    assert verdicts(upload) == ["changed"]
    assert written(upload, cast.thu) == {"changed": 1}
    assert fresh(cast.binh).identity_number == number
    assert marked(fresh(cast.binh))


def test_places_that_do_not_fit_together_keep_their_texts(cast: Cast) -> None:
    texts = {"province": "Tỉnh Long An", "district": "Huyện Thủ Đức", "commune": "Xã Thảo Điền"}
    written(read([dung(**texts)], cast.thu), cast.thu)
    person = Person.get(Person.ministry_code == "1000000060")
    assert {name: getattr(person, name) for name in texts} == texts
    assert marked(person) == {"district"}  # what stands below is judged once that is right


def test_the_errors_workbook_and_the_class_table_show_the_same_cells(cast: Cast) -> None:
    rows = [
        newcomer(full_name="Bùi Thị Dung", identity_number="10031200007"),
        newcomer(full_name="Bùi Thị Em", date_of_birth="31/02/2012", identity_number=None),
        newcomer(full_name="Bùi Thị Hạnh", commune="Xã Không Có", identity_number=NUMBER),
        newcomer(full_name="Bùi Thị Khanh", identity_number=NUMBER, gender="?"),
        newcomer(full_name="Bùi Thị Loan", identity_number=None),
    ]
    upload = read(rows, cast.thu)
    told = {
        (row.values["full_name"], p["field"])
        for row in judged(upload)
        for p in row.problems
        if p["level"] == "error"
    }
    sheet = load_workbook(io.BytesIO(imports.errors_workbook(upload))).active
    assert sum(bool(cell.comment) for row in sheet.iter_rows() for cell in row) == len(told)
    written(upload, cast.thu)
    new = Person.select().where(Person.full_name.startswith("Bùi"))
    assert {(person.full_name, field) for person in new for field in marked(person)} == told
    assert len(told) == 6


def test_what_cannot_be_kept_stays_out_and_is_said(cast: Cast) -> None:
    """A formula without a result, and a text longer than any cell of ours: there is no value to bring."""
    upload = read([dung(address="x" * 201), known("1000000002", address="=A1&B1")], cast.thu)
    assert verdicts(upload) == ["new", "wrong"]
    assert all("unread" in row.marks and "address" not in row.seen for row in judged(upload))
    assert written(upload, cast.thu) == {"created": 1, "refused": 1}
    assert Person.get(Person.ministry_code == "1000000060").address == ""


def test_a_text_too_long_does_not_erase_what_stands_there(cast: Cast) -> None:
    people.change(cast.an, "address", "Ấp 1", seen="", by=cast.thu)
    upload = read([known("1000000001", address="x" * 201)], cast.thu)
    assert verdicts(upload) == ["wrong"]
    written(upload, cast.thu)
    assert fresh(cast.an).address == "Ấp 1"


# one number at two people


def test_both_holders_of_a_number_that_stands_twice_in_a_file_keep_it_and_are_marked(
    cast: Cast,
) -> None:
    upload = read([newcomer(), newcomer(full_name="Bùi Thị Em")], cast.thu)
    one, two = judged(upload)
    assert "dòng 3 (Bùi Thị Em)" in str(one.problems)
    assert "dòng 2 (Bùi Thị Dung)" in str(two.problems)
    written(upload, cast.thu)
    both = list(Person.select().where(Person.full_name.startswith("Bùi")))
    assert [(p.identity_number, marked(p)) for p in both] == [(NUMBER, {"identity_number"})] * 2


def test_the_true_owner_of_a_number_keeps_it_beside_the_new_one(cast: Cast) -> None:
    number = cast.chi.identity_number
    upload = read([newcomer(identity_number=number)], cast.thu)
    assert "ở hồ sơ của Lê Thị Chi, lớp 5B" in str(judged(upload)[0].problems)
    written(upload, cast.thu)
    new = Person.get(Person.full_name == "Bùi Thị Dung")
    assert (new.identity_number, marked(new)) == (number, {"identity_number"})
    assert (fresh(cast.chi).identity_number, marked(fresh(cast.chi))) == (
        number,
        {"identity_number"},
    )


def test_an_owner_who_stands_in_the_file_too_is_told_of_the_other_row(cast: Cast) -> None:
    number = cast.an.identity_number
    rows = [known("1000000001", identity_number=number), newcomer(identity_number=number)]
    an, new = judged(read(rows, cast.thu))
    assert (an.verdict, codes(an), an.writes) == ("same", {"twice_in_file"}, 0)
    assert "dòng 3 (Bùi Thị Dung)" in str(an.problems)
    assert "dòng 2" in str(new.problems)


def test_a_good_number_does_not_give_way_to_somebody_elses(cast: Cast) -> None:
    number = cast.an.identity_number
    people.change(cast.binh, "identity_number", number_for(2012, "Nam", 9), seen="", by=cast.thu)
    rows = [
        known("1000000001", identity_number=number),
        known("1000000002", identity_number=number),
    ]
    upload = read(rows, cast.thu)
    an, binh = judged(upload)
    assert (an.verdict, codes(an)) == ("same", set())  # nothing comes in beside her by itself
    assert (binh.verdict, binh.writes) == ("conflict", 0)
    assert "worse" in codes(binh)
    written(upload, cast.thu)
    assert fresh(cast.binh).identity_number == number_for(2012, "Nam", 9)


@pytest.mark.parametrize(
    ("text", "told"), [("10031200007", True), ("xóa", False)], ids=["no number", "taken away"]
)
def test_an_owner_whose_row_says_no_number_holds_it_unless_the_row_takes_it_away(
    cast: Cast, text: str, *, told: bool
) -> None:
    number = cast.an.identity_number
    rows = [known("1000000001", identity_number=text), newcomer(identity_number=number)]
    _, new = judged(read(rows, cast.thu))
    assert ("ở hồ sơ của Nguyễn Thị An, lớp 5A" in str(new.problems)) is told
    assert ("twice_in_file" in codes(new) or "duplicate" in codes(new)) is told


def test_a_teacher_hears_the_name_of_a_holder_in_the_own_class_only(cast: Cast) -> None:
    def told(number: str, by: User) -> str:
        return str(judged(read([newcomer(identity_number=number)], by))[0].problems)

    assert "Nguyễn Thị An" in told(cast.an.identity_number, cast.lan)
    assert "Lê Thị Chi" in told(cast.chi.identity_number, cast.thu)
    theirs = told(cast.chi.identity_number, cast.lan)
    assert "một hồ sơ khác trong trường" in theirs
    assert "Chi" not in theirs
    assert "5B" not in theirs


# over a filled cell


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("identity_number", "10031200007"),
        ("identity_number", "123456789012"),
        ("date_of_birth", "31/02/2012"),
        ("gender", "x"),
        ("ethnic_group", "Chàm Châu Đốc"),
        ("nationality", "Cộng hòa"),
    ],
)
def test_a_good_value_is_not_replaced_by_a_worse_one_unasked(
    cast: Cast, field: str, text: str
) -> None:
    good = {"ethnic_group": "Kinh", "nationality": "Việt Nam"}
    for name, value in good.items():
        people.change(cast.an, name, value, seen="", by=cast.thu)
    before = people.values_of(fresh(cast.an))
    upload = with_columns(cast, field, text)
    (row,) = judged(upload)
    assert (row.verdict, row.writes, "undecided" in row.marks) == ("conflict", 0, True)
    assert row.seen == {field: before[field]}
    assert row.values[field] == text
    imports.decide(row, field, take=True)
    assert written(upload, cast.thu) == {"changed": 1}
    assert getattr(fresh(cast.an), field) == text


def with_columns(cast: Cast, field: str, text: str, code: str = "1000000001") -> Import:
    """A file of one row with the pupil's code and one further column."""
    label = {"ethnic_group": "Dân tộc", "nationality": "Quốc tịch", "full_name": "Họ tên"}
    named = label | dict(zip(_KEYS, PROFILE, strict=True))
    return read([["5A", code, text]], cast.thu, ("Mã lớp", PROFILE[2], named[field]))


_KEYS = (
    "stt", "school_class", "ministry_code", "full_name", "date_of_birth", "gender", "state", "card", "identity_number",
    "province", "district", "commune", "address",
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "stored", "text"),
    [("full_name", "Nguyễn Thị An", "NGUYỄN THỊ AN"), ("date_of_birth", "20/03/2012", "20/03/12")],
)
def test_another_spelling_of_what_the_record_holds_changes_nothing(
    cast: Cast, field: str, stored: str, text: str
) -> None:
    assert getattr(cast.an, field) == stored
    (row,) = judged(with_columns(cast, field, text))
    assert (row.verdict, row.seen, row.problems) == ("same", {}, [])


def test_a_catalogues_proposal_stands_in_for_a_text_it_does_not_know(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idapp.rules import catalogues

    known_groups = catalogues.ethnic_group

    def proposing(text: str) -> str:
        if text.endswith(" tộc"):
            name = text.removesuffix(" tộc")
            raise Problem("ethnic_group", "unknown_ethnic_group", "Không có.", name, "warning")
        return known_groups(text)

    monkeypatch.setattr(catalogues, "ethnic_group", proposing)
    people.change(cast.an, "ethnic_group", "Kinh", seen="", by=cast.thu)
    (same,) = judged(with_columns(cast, "ethnic_group", "Kinh tộc"))
    assert (same.verdict, same.seen) == ("same", {})
    (other,) = judged(with_columns(cast, "ethnic_group", "Khmer tộc"))
    assert (other.verdict, other.values["ethnic_group"], other.repairs, other.writes) == (
        "conflict",
        "Khmer",
        {"ethnic_group": "Khmer tộc"},
        0,
    )
    (empty,) = judged(with_columns(cast, "ethnic_group", "Khmer tộc", code="1000000002"))
    assert (empty.verdict, empty.values["ethnic_group"]) == ("changed", "Khmer tộc")


def test_an_error_over_another_error_is_an_ordinary_change_with_its_mark(cast: Cast) -> None:
    people.change(cast.binh, "identity_number", "12345", seen="", by=cast.thu)
    (row,) = judged(read([known("1000000002", identity_number="10021200009")], cast.thu))
    assert (row.verdict, row.writes, row.seen) == ("changed", 1, {"identity_number": "12345"})
    assert row.marks[:2] == ["errors", "brought"]


def test_an_address_with_a_fault_is_taken_or_kept_whole(cast: Cast) -> None:
    other = {
        "province": "Tỉnh Tiền Giang", "district": "Huyện Cái Bè", "commune": "Xã Không Có"
    }  # fmt: skip
    upload = read([known("1000000001", **other)], cast.thu)
    (row,) = judged(upload)
    assert (row.verdict, row.writes, set(row.seen)) == ("conflict", 0, set(other))
    imports.decide(row, "district", take=True)  # one of them decides for all
    assert cells_to_write(row) == list(other)
    imports.decide(row, "province", take=False)
    assert cells_to_write(row) == []
    written(upload, cast.thu)
    assert {name: getattr(fresh(cast.an), name) for name in HOME} == HOME


def test_a_province_alone_does_not_make_a_stranger_of_the_commune(cast: Cast) -> None:
    upload = read([known("1000000001", province="Tỉnh Tiền Giang")], cast.thu)
    (row,) = judged(upload)
    assert (row.verdict, row.writes) == ("conflict", 0)


def test_a_column_left_out_takes_no_half_of_an_address_in(cast: Cast) -> None:
    other = {
        "province": "Tỉnh Tiền Giang",
        "district": "Huyện Cái Bè",
        "commune": "Xã Hậu Mỹ Trinh",
    }
    upload = read([known("1000000001", **other, address="Ấp 1")], cast.thu)
    assert imports.totals_of(upload).cells == 4
    imports.leave_out_columns(upload, ["district"])
    (row,) = judged(upload)
    assert (row.writes, cells_to_write(row, ["district"])) == (1, ["address"])
    written(upload, cast.thu)
    assert {name: getattr(fresh(cast.an), name) for name in HOME} == HOME


def test_a_nationality_that_makes_a_passport_of_a_number_goes_with_it(cast: Cast) -> None:
    heading = ("Mã lớp", PROFILE[2], "Quốc tịch", "Số định danh cá nhân")
    upload = read([["5A", "1000000001", "Lào", "E1234567"]], cast.thu, heading)
    imports.leave_out_columns(upload, ["nationality"])
    assert imports.totals_of(upload).to_write == 0
    imports.leave_out_columns(upload, [])
    assert imports.totals_of(upload).cells == 2


def test_who_is_verified_stays_so_under_a_worse_file(cast: Cast) -> None:
    meant = record.identity_hash(people.values_of(cast.an), people.around(cast.an))
    Person.update(outcome="verified", outcome_hash=meant).where(Person.id == cast.an.id).execute()
    people.recompute(fresh(cast.an))
    assert fresh(cast.an).status == "verified"
    rows = [
        known("1000000001", full_name="Nguyen Thi An", date_of_birth="31/02/2012", gender="?"),
        newcomer(identity_number=cast.an.identity_number),
    ]
    upload = read(rows, cast.thu)
    written(upload, cast.thu)
    an = fresh(cast.an)
    assert (an.status, an.full_name, an.number) == (
        "verified",
        "Nguyễn Thị An",
        an.identity_number,
    )
    assert marked(Person.get(Person.full_name == "Bùi Thị Dung")) == {"identity_number"}


# again, taken back, mended


def test_the_same_file_again_changes_nothing_and_still_names_its_errors(cast: Cast) -> None:
    rows = [dung(**{field: text}) for field, text in list(WRONG.items())[:1]]
    rows += [newcomer(full_name="Bùi Thị Em", date_of_birth="31/02/2012", identity_number="12")]
    first = read(rows, cast.thu)
    written(first, cast.thu)
    before = everything()
    again = read(rows, cast.thu)
    assert verdicts(again) == ["same", "same"]
    assert (imports.totals_of(again).to_write, imports.totals_of(again).views["errors"]) == (0, 2)
    assert written(again, cast.thu) == {"unchanged": 2}
    assert everything() == before


def test_an_export_with_errors_comes_back_untouched_without_a_change(cast: Cast) -> None:
    people.change(cast.binh, "identity_number", "123456789012", seen="", by=cast.thu)
    people.change(cast.binh, "date_of_birth", "31/02/2012", seen="05/06/2012", by=cast.thu)
    people.change(cast.an, "commune", "Xã Không Có", seen=HOME["commune"], by=cast.thu)
    data = exports.class_workbook(cast.class_5a, by=cast.lan)
    upload = imports.read_bytes(data, "5a.xlsx", by=cast.lan)
    assert verdicts(upload) == ["same", "same"]
    assert imports.totals_of(upload).to_write == 0
    imports.set_all_or_nothing(upload, wanted=True)  # errors that stood there before stop nobody
    assert written(upload, cast.lan) == {"unchanged": 2}


def test_taking_a_file_back_takes_its_errors_back(cast: Cast) -> None:
    before = everything()[0], fresh(cast.binh).problems, fresh(cast.chi).problems
    rows = [
        known("1000000002", identity_number=cast.chi.identity_number),
        newcomer(identity_number=cast.chi.identity_number),
    ]
    upload = read(rows, cast.thu)
    written(upload, cast.thu)
    assert marked(fresh(cast.chi)) == {"identity_number"}
    imports.undo(Import.get_by_id(upload.id), by=cast.thu)
    assert (everything()[0][:4], fresh(cast.binh).problems, fresh(cast.chi).problems) == before


@pytest.mark.parametrize(
    ("field", "right"),
    [("date_of_birth", "28/02/2012"), ("full_name", "Bùi Thị Dung"), ("identity_number", NUMBER)],
)
def test_the_mended_workbook_finds_the_record_that_came_in_with_the_error(
    cast: Cast, field: str, right: str
) -> None:
    upload = read([newcomer(**{field: WRONG[field]})], cast.thu)
    file = load_workbook(io.BytesIO(imports.errors_workbook(upload)))
    written(upload, cast.thu)
    sheet = file.active
    label = dict(zip(_KEYS, PROFILE, strict=True))[field]
    sheet.cell(2, [cell.value for cell in sheet[1]].index(label) + 1).value = right
    out = io.BytesIO()
    file.save(out)
    mended = imports.read_bytes(out.getvalue(), "sua.xlsx", by=cast.thu)
    assert [(row.verdict, row.seen) for row in judged(mended)] == [
        ("changed", {field: WRONG[field]})
    ]
    written(mended, cast.thu)
    (person,) = Person.select().where(Person.full_name.startswith("Bùi Thị Dung"))
    assert getattr(person, field) == right
    assert not marked(person)


def test_a_name_with_a_digit_means_the_pupil_who_stands_there_without_it(cast: Cast) -> None:
    row = line(school_class="5A", full_name="Nguyễn Thị An 1", date_of_birth="20/03/2012")
    (judged_row,) = judged(read([row], cast.thu))
    assert (judged_row.person, judged_row.verdict, judged_row.writes) == (cast.an, "conflict", 0)


# what is decided about errors


def test_the_errors_of_a_column_can_be_left_out(cast: Cast) -> None:
    upload = read([dung(identity_number="12345"), newcomer(full_name="Bùi Thị Em")], cast.thu)
    assert upload.counts["identity_number"] == [2, 0, 1, 1]
    imports.leave_out_columns(upload, ["identity_number:errors"])
    assert [row.writes for row in judged(upload)] == [7, 7]
    assert not any("brought" in row.marks for row in judged(upload))
    imports.set_all_or_nothing(upload, wanted=True)  # no error is left that would be written
    assert written(upload, cast.thu) == {"created": 2}
    people_ = Person.select().where(Person.full_name.startswith("Bùi")).order_by(Person.id)
    assert [p.identity_number for p in people_] == ["", NUMBER]


def test_all_or_nothing_waits_for_an_error_that_would_be_written(cast: Cast) -> None:
    upload = read([dung(identity_number="12345")], cast.thu)
    imports.set_all_or_nothing(upload, wanted=True)
    written(upload, cast.thu)
    assert "1 dòng có ô lỗi" in Import.get_by_id(upload.id).sentence
    (row,) = judged(upload)
    imports.decide(row, "identity_number", take=False)
    assert written(upload, cast.thu) == {"created": 1}


def test_a_worse_value_in_a_conflict_of_both_sides_stays_a_conflict(cast: Cast) -> None:
    file = load_workbook(io.BytesIO(exports.class_workbook(cast.class_5a, by=cast.lan)))
    sheet = file.worksheets[0]
    row = next(r for r in sheet.iter_rows() if any(c.value == "Nguyễn Thị An" for c in r))
    cell = next(c for c in row if str(c.value).startswith("2012-03-20"))
    cell.value = "31/02/2012"
    out = io.BytesIO()
    file.save(out)
    people.change(cast.an, "date_of_birth", "21/03/2012", seen="20/03/2012", by=cast.thu)
    upload = imports.read_bytes(out.getvalue(), "5a.xlsx", by=cast.lan)
    row = next(row for row in judged(upload) if row.person == cast.an)
    (choice,) = row.choices.values()
    assert (choice["code"], row.writes) == ("conflict", 0)
    assert "Võ Thị Thư" in choice["message"]


def test_a_struck_row_gets_a_word(cast: Cast) -> None:
    cells = {
        "full_name": Cell("Bùi Thị Dung", "text"),
        "school_class": Cell("5A", "text"),
    }
    table = FoundTable("Sheet1", 1, {}, {}, [], [FoundRow(2, cells, struck=True)], [])
    [row] = judge(ParsedWorkbook([table], "profile", "student", {}), cast.thu).rows
    assert codes(row) == {"struck_row"}
    assert "struck" in row.marks
