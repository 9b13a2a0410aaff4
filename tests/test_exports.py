"""Workbooks leaving the house: they come back unchanged, their numbers are text, nothing in them is a formula."""

import datetime
import io
import re
import zipfile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules_of
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from idapp import exports, imports, people
from idapp.database import db
from idapp.models import Campaign, Change, ImportRow, Person, User
from idapp.people import membership
from idapp.rosters.looks import EXCEL_WORDS
from idapp.rules import record
from tests.cast import Cast, pupil
from tests.excel_rules import faults
from tests.workbooks import with_parts

pytestmark = pytest.mark.usefixtures("few_places")
SHEET_1 = "xl/worksheets/sheet1.xml"
FORM_416 = [
    "STT", "Mã lớp", "Mã định danh Bộ GD&ĐT (trên CSDL ngành)", "Ngày sinh", "Giới tính", "Dân tộc", "Quốc tịch",
    "Tỉnh", "Huyện", "Xã", "Họ tên cha", "Năm sinh cha", "Họ tên mẹ", "Năm sinh mẹ", "Số ĐDCN",
]  # fmt: skip


def sheet_of(data: bytes) -> Worksheet:
    return load_workbook(io.BytesIO(data)).worksheets[0]


def texts_of(data: bytes) -> set[str]:
    book = load_workbook(io.BytesIO(data))
    return {
        str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value is not None
    }


def verdicts(data: bytes, by: User) -> dict[str, int]:
    return imports.review(imports.read_bytes(data, "tep.xlsx", by=by), by=by).totals.counts


ALL = {"new": 0, "changed": 0, "conflict": 0, "wrong": 0}


@pytest.mark.parametrize("form", ["", "416"])
def test_a_class_comes_back_unchanged(cast: Cast, form: str) -> None:
    data = exports.class_workbook(cast.class_5a, by=cast.lan, form=form)
    assert verdicts(data, cast.lan) == ALL | {"same": 2}


def test_the_school_and_the_staff_come_back_unchanged(cast: Cast) -> None:
    awkward = pupil("H'Hen Niê", born="2012") | {
        "identity_number": "12345",
        "date_of_birth": "31/02/2012",
        "commune": "Xã Không Có",
        "address": "=HYPERLINK(1)",
        "nationality": "Lào",
        "father_name": "@cha",
        "ethnic_group": "+84",
    }
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
    found = {
        row.person_id
        for row in ImportRow.select().where(ImportRow.upload == upload, ImportRow.verdict == "same")
    }
    assert found == {cast.an.id, cast.binh.id}


def test_the_ministrys_form_has_its_columns_in_its_order_and_the_name_after_them(
    cast: Cast,
) -> None:
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan, form="416"))
    heading = [cell.value for cell in sheet[1]]
    assert heading == [*FORM_416, "Họ tên", "Mã hồ sơ idapp", "Phiên bản idapp"]
    hidden = [cell.column_letter for cell in sheet[1] if "idapp" in cell.value]
    assert sheet.column_dimensions[hidden[0]].hidden
    assert sheet.column_dimensions[hidden[0]].max >= len(heading)
    assert sheet.protection.sheet
    assert sheet.cell(2, heading.index("Họ tên") + 1).protection.locked
    assert not sheet.cell(2, heading.index("Số ĐDCN") + 1).protection.locked


@pytest.mark.all_places
def test_the_ministrys_form_carries_its_catalogues(cast: Cast) -> None:
    book = load_workbook(io.BytesIO(exports.class_workbook(cast.class_5a, by=cast.lan, form="416")))
    names = ["GIOI_TINH", "DAN_TOC", "QUOC_TICH", "TINH", "HUYEN", "XA"]
    assert book.sheetnames == ["Sheet1", *names, "Hướng dẫn", "_idapp"]
    assert all(book[name]["A1"].value == "Tên trường dữ liệu" for name in names)
    assert [c.value for c in book["GIOI_TINH"]["A"][1:]] == ["Nam", "Nữ"]


@pytest.mark.parametrize("form", ["", "416"])
def test_numbers_are_text_and_stay_text_in_the_empty_rows_below(cast: Cast, form: str) -> None:
    number = "012345678901"
    people.change(cast.an, "identity_number", number, seen=cast.an.identity_number, by=cast.lan)
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan, form=form))
    cell = next(c for row in sheet.iter_rows() for c in row if c.value == number)
    assert cell.data_type == "s"
    assert cell.number_format == "@"
    assert sheet.column_dimensions[cell.column_letter].width > 12
    below = exports.class_workbook(cast.class_5a, by=cast.lan, form=form)
    assert sheet_of(below).column_dimensions[cell.column_letter].number_format == "@"
    with zipfile.ZipFile(
        io.BytesIO(below)
    ) as archive:  # Excel offers to turn them into numbers otherwise
        left_alone = re.search(
            rb'<ignoredError sqref="A[24]:[R-S](5[0-9]{2})" number', archive.read(SHEET_1)
        )
    assert left_alone


@pytest.mark.parametrize("text", ["=1+1", "+84", "-5", "@SUM(A1)"])
def test_no_text_of_a_person_becomes_a_formula(cast: Cast, text: str) -> None:
    people.change(cast.an, "address", text, seen="", by=cast.lan)
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    cells = [c for row in sheet.iter_rows() for c in row if c.value == text]
    assert cells
    assert all(c.data_type == "s" for c in cells)


def test_nobody_of_another_class_or_gone_is_in_it(cast: Cast) -> None:
    membership.set_state(cast.binh, "Chuyển đi kỳ 1", active=False, by=cast.thu)
    texts = texts_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    assert "Nguyễn Thị An" in texts
    assert not {"Trần Văn Bình", "Lê Thị Chi"} & texts


def test_a_teacher_asking_for_the_school_gets_the_own_class_only(cast: Cast) -> None:
    assert "Lê Thị Chi" not in texts_of(exports.school_workbook(by=cast.lan))


def test_an_export_is_in_the_audit_without_values(cast: Cast) -> None:
    exports.class_workbook(cast.class_5a, by=cast.lan, form="416")
    row = Change.select().order_by(Change.id.desc()).get()
    assert (row.event, row.user, row.subject) == ("export", cast.lan, f"class {cast.class_5a.id}")
    assert "An" not in row.new
    assert "2 hồ sơ" in row.new


def test_the_hidden_columns_are_hidden(cast: Cast) -> None:
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    heading = next(row for row in sheet.iter_rows() if any(c.value == "Họ và tên" for c in row))
    hidden = {
        c.value for c in heading if c.value and sheet.column_dimensions[c.column_letter].hidden
    }
    assert hidden
    assert all("idapp" in text for text in hidden)
    assert Person.get_by_id(cast.an.id).version == 1


BOOKS = {
    "class": lambda cast: exports.class_workbook(cast.class_5a, by=cast.lan),
    "form": lambda cast: exports.class_workbook(cast.class_5a, by=cast.lan, form="416"),
    "school": lambda cast: exports.school_workbook(by=cast.thu),
    "staff": lambda cast: exports.staff_workbook(by=cast.thu),
    "batch": lambda cast: exports.batch_workbook(
        [cast.an, cast.giang], subject="batch 1", by=cast.hoa
    ),
}


@pytest.mark.parametrize(
    "book", [pytest.param("form", marks=pytest.mark.all_places), *sorted({*BOOKS} - {"form"})]
)
def test_excel_finds_nothing_to_repair(cast: Cast, book: str) -> None:
    people.change(cast.an, "address", "=<r>&\"'", seen="", by=cast.lan)
    assert faults(BOOKS[book](cast)) == []


@pytest.mark.all_places
def test_the_form_of_two_levels_offers_no_districts(cast: Cast) -> None:
    Campaign.update(epoch="2level").execute()
    data = exports.class_workbook(cast.class_5a, by=cast.lan, form="416")
    book = load_workbook(io.BytesIO(data))
    assert faults(data) == []
    assert "HUYEN" not in book.sheetnames
    assert "Huyện, rồi" not in guide_in(book)


def test_the_rules_find_what_excel_would_repair(cast: Cast) -> None:
    good = exports.staff_workbook(by=cast.thu)
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        sheet = archive.read(SHEET_1)
        book = archive.read("xl/workbook.xml")
    long = sheet.replace(b"<formula1>", b"<formula1>" + b"A1+" * 90)
    early = sheet.replace(b"<sheetData>", b'<mergeCells count="0"/><sheetData>')
    assert any("formula of" in fault for fault in faults(with_parts(good, {SHEET_1: long})))
    assert any("in the order" in fault for fault in faults(with_parts(good, {SHEET_1: early})))
    named = book.replace(b'name="DM_TINH"', b'name="XA1"').replace(
        b'name="Danh s', b'name="History/'
    )
    told = " ".join(faults(with_parts(good, {"xl/workbook.xml": named})))
    assert "no name: XA1" in told
    assert "no sheet name: History/" in told
    assert "formula with DM_TINH" in told


def test_dates_are_real_dates_and_what_is_none_stays_text(cast: Cast) -> None:
    people.change(cast.binh, "date_of_birth", "31/02/2012", seen="05/06/2012", by=cast.lan)
    sheet = sheet_of(exports.class_workbook(cast.class_5a, by=cast.lan))
    values = {c.value for row in sheet.iter_rows() for c in row}
    assert datetime.datetime(2012, 3, 20) in values
    assert "31/02/2012" in values


def guide_in(book: Workbook) -> str:
    return " ".join(str(row[0].value) for row in book["Hướng dẫn"].iter_rows())


@pytest.mark.parametrize("book", ["class", "form", "staff"])
def test_a_sheet_says_in_vietnamese_how_to_fill_it_in(cast: Cast, book: str) -> None:
    workbook = load_workbook(io.BytesIO(BOOKS[book](cast)))
    told = guide_in(workbook)
    beside_the_list, last_to_be_seen = workbook.sheetnames[1], workbook.sheetnames[-2]
    assert (last_to_be_seen if book == "form" else beside_the_list) == "Hướng dẫn"
    assert "12 chữ số" in told
    assert "25/05/2010" in told
    assert "không xóa" in told
    assert "{" not in told


@pytest.mark.all_places
def test_the_list_of_communes_follows_the_province_and_the_district(cast: Cast) -> None:
    book = load_workbook(io.BytesIO(exports.class_workbook(cast.class_5a, by=cast.lan)))
    groups = [cell.value for cell in book["XA"]["B"][1:]]
    first = groups.index("Tỉnh Long An|Huyện Thủ Thừa")
    count = groups.count("Tỉnh Long An|Huyện Thủ Thừa")
    offered = [cell.value for cell in book["XA"]["A"][1 + first : 1 + first + count]]
    assert "Xã Mỹ An" in offered
    assert set(groups[first : first + count]) == {groups[first]}
    rules = book.worksheets[0].data_validations.dataValidation
    assert any("DM_XA_NHOM" in rule.formula1 and "MATCH" in rule.formula1 for rule in rules)
    assert all(max(area.max_row for area in rule.sqref.ranges) > 500 for rule in rules)


# TRUE, #N/A and their like are refused in every cell, wherever they come from
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30).filter(
    lambda text: text not in EXCEL_WORDS
)
ODD = st.sampled_from(
    ["=1+1", "31/02/2012", "2012", "012345678901", "xoá", "36", "Tỉnh Long An", "01/01/1900", "-"]
)
FIELDS = [f.name for f in record.fields_of("student") if f.name != "full_name"]


@rules_of(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    values=st.dictionaries(st.sampled_from(FIELDS), TEXT | ODD), form=st.sampled_from(["", "416"])
)
def test_whatever_a_record_holds_it_comes_back_unchanged(
    cast: Cast, values: dict[str, str], form: str
) -> None:
    with db.atomic() as undone, pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            exports, "catalogues_of", lambda *_: []
        )  # 10,600 communes are not what this is about
        new = {"full_name": "Bùi Thị Dung"} | values
        people.add(kind="student", school_class=cast.class_5a, by=cast.thu, values=new)
        data = exports.class_workbook(cast.class_5a, by=cast.lan, form=form)
        upload = imports.read_bytes(data, "tep.xlsx", by=cast.lan)
        told = imports.review(upload, by=cast.lan)
        assert told.totals.counts == ALL | {"same": 3}, [row.row.problems for row in told.rows]
        undone.rollback()
