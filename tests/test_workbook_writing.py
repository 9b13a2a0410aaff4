"""Writing text as text, and templates that open without complaint."""

import datetime
import io
import sys
import zipfile

import openpyxl
import pytest

from idapp.workbook import (
    Catalogue,
    Column,
    Letter,
    Mark,
    Page,
    Paper,
    Strip,
    read_bytes,
    read_meta,
    workbook_bytes,
    write_workbook,
    writing_apart,
)
from tests.excel_rules import faults
from tests.workbooks import SHEET


def test_text_of_people_never_becomes_a_formula_or_a_link() -> None:
    rows = [["=HYPERLINK(1)", "http://a.example"], ["+1", "<r><t>a</t></r>"]]
    out = io.BytesIO()
    write_workbook(out, sheets=[Page("A", [Column("X", 9), Column("Y", 9)], rows)])
    with zipfile.ZipFile(out) as archive:
        xml = archive.read(SHEET).decode()
        assert "<f>" not in xml
        assert "<hyperlink" not in xml
        assert 'quotePrefix="1"' in archive.read("xl/styles.xml").decode()


def test_a_name_like_a_formula_stays_a_text_in_every_cell_when_edited() -> None:
    name = "=Trường Hy Vọng"
    page = Page(name, [Column(name, 9, locked=True)], [[name]], titles=[name], spare_rows=0)
    paper = Paper("P", [9, 9], [[Strip(0, 1, name, "text")]])
    catalogue = Catalogue("TINH", [name], [name])
    out = io.BytesIO()
    sheets = [page, catalogue, Letter("L", [f"# {name}", name]), paper]
    write_workbook(out, sheets=sheets, meta={"school": name, name: "x"})
    seen = 0
    for sheet in openpyxl.load_workbook(out):
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            if isinstance(cell.value, str) and cell.value.startswith("="):
                seen += 1
                assert cell.data_type == "s", (sheet.title, cell.coordinate)
                assert cell.quotePrefix, (sheet.title, cell.coordinate)
    assert seen == 10


def template() -> bytes:
    out = io.BytesIO()
    columns = [
        Column("Mã", 8, locked=True, hidden=True),
        Column("Tỉnh", 20, choices="TINH"),
        Column("Huyện", 20, choices="HUYEN", depends_on=("Tỉnh",)),
        Column(
            "Xã", 20, choices="XA", depends_on=("Tỉnh", "Huyện"), note="Chọn sau khi đã chọn huyện"
        ),
        Column("Ngày sinh", 12, date=True),
        Column("Số ĐDCN", 16),
        Column("Sĩ số", 8, text=False),
    ]
    born = datetime.date(2012, 3, 20)
    page = Page(
        "Lớp 5A",
        columns,
        [["17", "Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ An", born, "100212000001", 40]],
        titles=["Danh sách lớp 5A", "Năm học 2022-2023"],
        marks={(0, 5): Mark("error", "Số này có 11 chữ số")},
    )
    catalogues = [
        Catalogue("TINH", ["Tỉnh Long An"]),
        Catalogue("HUYEN", ["Huyện Thủ Thừa", "Huyện Bến Lức"], ["Tỉnh Long An", "Tỉnh Long An"]),
        Catalogue(
            "XA",
            ["Xã B", "Xã Mỹ An"],
            ["Tỉnh Long An|Huyện Bến Lức", "Tỉnh Long An|Huyện Thủ Thừa"],
        ),
    ]
    write_workbook(out, sheets=[page, *catalogues], meta={"school": "TH&THCS", "template": "1"})
    return out.getvalue()


def test_a_template_has_lists_text_columns_frozen_heading_and_meta() -> None:
    data = template()
    assert data == template()  # the same content gives the same bytes
    sheets = read_bytes(data, file_name="a.xlsx")
    assert read_meta(sheets) == {"school": "TH&THCS", "template": "1"}
    assert [cell.text for cell in sheets[0].rows[3]][4:] == ["20/03/2012", "100212000001", "40"]
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book["Lớp 5A"]
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
    assert lists["B4:B504"] == "DM_TINH"
    keys = '$B4&"|"&$C4'
    assert (
        lists["D4:D504"]
        == f"OFFSET(DM_XA,MATCH({keys},DM_XA_NHOM,0)-1,0,COUNTIF(DM_XA_NHOM,{keys}),1)"
    )
    assert (
        book.defined_names["DM_XA_NHOM"].attr_text == "'XA'!$B$2:$B$3"
        or book.defined_names["DM_XA_NHOM"].attr_text == "XA!$B$2:$B$3"
    )
    assert sheet.freeze_panes == "A4"
    assert sheet.protection.sheet
    assert sheet["F4"].number_format == "@"
    assert sheet["F4"].comment
    assert not sheet["F4"].protection.locked
    assert sheet.column_dimensions["F"].number_format == "@"  # cells nobody has filled yet
    assert sheet["A4"].protection.locked
    assert sheet.column_dimensions["A"].hidden
    assert book["_idapp"].sheet_state == "hidden"


def test_a_sheet_gets_the_nearest_name_that_excel_allows() -> None:
    long, out = "Danh sách học sinh lớp 5A năm học 2022-2023", io.BytesIO()
    names = ["Lớp 5/1", "lớp 5\\1", "'x'", "[?]", "", "History", long, long]
    write_workbook(out, sheets=[Page(name, [Column("X", 9)], []) for name in names])
    wanted = [
        "Lớp 5 1",
        "lớp 5 1 2",
        "x",
        "Sheet",
        "Sheet 2",
        "History 2",
        long[:31].strip(),
        long[:27] + " 2",
    ]
    assert openpyxl.load_workbook(out).sheetnames == wanted
    assert faults(out.getvalue()) == []


def test_a_text_no_cell_can_hold_is_not_cut_silently() -> None:
    with pytest.raises(ValueError, match="longer"):
        write_workbook(io.BytesIO(), sheets=[Page("A", [Column("X", 9)], [["a" * 40_000]])])


def test_a_row_is_as_high_as_its_wrapped_sentence() -> None:
    target, columns = io.BytesIO(), [Column("Cần sửa", 46, wrap=True), Column("Họ và tên", 26)]
    write_workbook(
        target, sheets=[Page("Lớp 5A", columns, [["ngắn", "An"], ["hãy ghi lại " * 20, "Bình"]])]
    )
    heights = [openpyxl.load_workbook(target).active.row_dimensions[row].height for row in (2, 3)]
    assert heights[0] is None
    assert 15 * 4 <= heights[1] <= 15 * 8


def large_sheets() -> list[Page | Catalogue]:
    """A page beyond what is written in this process, with all that a page can hold."""
    columns = [Column("Tên", 9), Column("Ngày", 9, date=True), Column("Xã", 9, choices="XA")]
    born = datetime.date(2012, 2, 29)
    rows = ([f"=Nguyễn {number}", born, None] for number in range(writing_apart.SMALL // 3 + 1))
    marks = {(4, 0): Mark("error", "Sai")}
    page = Page("Danh sách", columns, rows, titles=["Trường"], marks=marks, frozen=1)
    return [page, Catalogue("XA", ["Tân Lập"], ["Yên Bái"])]


def test_a_large_workbook_is_the_same_file_as_one_written_here() -> None:
    here = io.BytesIO()
    write_workbook(here, sheets=large_sheets(), meta={"school": "Hy Vọng"})
    assert workbook_bytes(large_sheets(), {"school": "Hy Vọng"}) == here.getvalue()


def test_only_a_large_workbook_needs_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    page = Page("A", [Column("X", 9)], [["a"]] * writing_apart.SMALL)
    assert workbook_bytes([page]).startswith(b"PK")
    with pytest.raises(OSError, match="nowhere"):
        workbook_bytes(large_sheets())


def test_a_large_workbook_with_a_text_too_long_for_a_cell_is_refused() -> None:
    too_long = Page("B", [Column("X", 9)], [["a" * 40_000]])
    with pytest.raises(ValueError, match="longer than a cell"):
        workbook_bytes([*large_sheets(), too_long])
