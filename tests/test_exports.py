"""Workbooks leaving the house: they come back unchanged, their numbers are text, nothing in them is a formula."""

import io

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from idapp import exports, imports, people
from idapp.models import Change, ImportRow, Person, User
from tests.cast import Cast, pupil

FORM_416 = [
    "STT", "Mã lớp", "Mã định danh Bộ GD&ĐT (trên CSDL ngành)", "Ngày sinh", "Giới tính", "Dân tộc", "Quốc tịch",
    "Tỉnh", "Huyện", "Xã", "Họ tên cha", "Năm sinh cha", "Họ tên mẹ", "Năm sinh mẹ", "Số ĐDCN",
]  # fmt: skip


def sheet_of(data: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(data)).worksheets[0]


def texts_of(data: bytes) -> set[str]:
    book = load_workbook(io.BytesIO(data))
    return {str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value is not None}


def verdicts(data: bytes, by: User) -> dict[str, int]:
    return imports.review(imports.read_bytes(data, "tep.xlsx", by=by), by=by).counts


ALL = {"new": 0, "changed": 0, "conflict": 0, "wrong": 0}


@pytest.mark.parametrize("form", ["", "416"])
def test_a_class_comes_back_unchanged(cast: Cast, form: str) -> None:
    data = exports.class_workbook(cast.class_5a, by=cast.lan, form=form)
    assert verdicts(data, cast.lan) == ALL | {"same": 2}


def test_the_school_and_the_staff_come_back_unchanged(cast: Cast) -> None:
    awkward = pupil("H'Hen Niê", born="2012") | {
        "identity_number": "12345", "date_of_birth": "31/02/2012", "commune": "Xã Không Có", "address": "=HYPERLINK(1)",
        "nationality": "Lào", "father_name": "@cha", "ethnic_group": "+84",
    }  # fmt: skip
    people.add(kind="student", school_class=cast.class_5b, by=cast.thu, values=awkward)
    assert verdicts(exports.school_workbook(by=cast.thu), cast.thu) == ALL | {"same": 4}
    assert verdicts(exports.staff_workbook(by=cast.thu), cast.thu) == ALL | {"same": 1}
    before = Change.select().where(Change.person.is_null(False)).count()
    upload = imports.read_bytes(exports.school_workbook(by=cast.thu), "tep.xlsx", by=cast.thu)
    assert imports.confirm(upload, by=cast.thu) == {"unchanged": 4}
    assert Change.select().where(Change.person.is_null(False)).count() == before


def test_a_record_keeps_its_identity_through_a_changed_name_and_code(cast: Cast) -> None:
    data = exports.class_workbook(cast.class_5a, by=cast.lan)
    people.change(cast.an, "full_name", "Nguyễn Thị Ánh", seen="Nguyễn Thị An", by=cast.lan)
    people.change(cast.an, "ministry_code", "1000000055", seen="1000000001", by=cast.lan)
    upload = imports.read_bytes(data, "tep.xlsx", by=cast.lan)
    found = {row.person_id for row in ImportRow.select().where(ImportRow.upload == upload, ImportRow.verdict == "same")}
    assert found == {cast.an.id, cast.binh.id}


def test_the_ministrys_form_has_its_columns_in_its_order_and_the_name_after_them(cast: Cast) -> None:
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan, form="416"))
    heading = [cell.value for cell in sheet[1]]
    assert heading == [*FORM_416, "Họ tên"]
    assert sheet.protection.sheet and sheet.cell(2, heading.index("Họ tên") + 1).protection.locked
    assert not sheet.cell(2, heading.index("Số ĐDCN") + 1).protection.locked


def test_the_ministrys_form_carries_its_catalogues(cast: Cast) -> None:
    book = load_workbook(io.BytesIO(exports.class_workbook(cast.class_5a, by=cast.lan, form="416")))
    assert book.sheetnames[1:] == ["GIOI_TINH", "DAN_TOC", "QUOC_TICH", "TINH", "HUYEN", "XA"]
    assert all(book[name]["A1"].value == "Tên trường dữ liệu" for name in book.sheetnames[1:])
    assert [c.value for c in book["GIOI_TINH"]["A"][1:]] == ["Nam", "Nữ"]


@pytest.mark.parametrize("form", ["", "416"])
def test_numbers_are_text_and_stay_text_in_the_empty_rows_below(cast: Cast, form: str) -> None:
    number = "012345678901"
    people.change(cast.an, "identity_number", number, seen=cast.an.identity_number, by=cast.lan)
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan, form=form))
    cell = next(c for row in sheet.iter_rows() for c in row if c.value == number)
    assert cell.data_type == "s" and cell.number_format == "@"
    assert sheet.column_dimensions[cell.column_letter].width > 12
    below = io.BytesIO(exports.class_workbook(cast.class_5a, by=cast.lan, form=form))
    assert load_workbook(below).worksheets[0].column_dimensions[cell.column_letter].number_format == "@"


@pytest.mark.parametrize("text", ["=1+1", "+84", "-5", "@SUM(A1)"])
def test_no_text_of_a_person_becomes_a_formula(cast: Cast, text: str) -> None:
    people.change(cast.an, "address", text, seen="", by=cast.lan)
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    cells = [c for row in sheet.iter_rows() for c in row if c.value == text]
    assert cells and all(c.data_type == "s" for c in cells)


def test_nobody_of_another_class_or_gone_is_in_it(cast: Cast) -> None:
    people.set_state(cast.binh, "Chuyển đi kỳ 1", active=False, by=cast.thu)
    texts = texts_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    assert "Nguyễn Thị An" in texts and not {"Trần Văn Bình", "Lê Thị Chi"} & texts


def test_a_teacher_asking_for_the_school_gets_the_own_class_only(cast: Cast) -> None:
    assert "Lê Thị Chi" not in texts_of(exports.school_workbook(by=cast.lan))


def test_an_export_is_in_the_audit_without_values(cast: Cast) -> None:
    exports.class_workbook(cast.class_5a, by=cast.lan, form="416")
    row = Change.select().order_by(Change.id.desc()).get()
    assert (row.event, row.user, row.subject) == ("export", cast.lan, f"class {cast.class_5a.id}")
    assert "An" not in row.new and "2 hồ sơ" in row.new


def test_the_hidden_columns_are_hidden(cast: Cast) -> None:
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    heading = next(row for row in sheet.iter_rows() if any(c.value == "Họ và tên" for c in row))
    hidden = {c.value for c in heading if c.value and sheet.column_dimensions[c.column_letter].hidden}
    assert hidden and all("idapp" in text for text in hidden)
    assert Person.get_by_id(cast.an.id).version == 1
