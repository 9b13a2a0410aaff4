"""Cells of .xlsx, .xls and .ods files, as a person sees them."""

import datetime
import io

import openpyxl
import pytest
import xlsxwriter

from idapp.workbook import Cell, Column, Page, read_bytes, reading, write_workbook
from idapp.workbook.cells import EMPTY
from idapp.workbook.xlsx import read_xlsx
from tests.workbooks import ods, old_xls, plain_xlsx, texts, with_parts, with_rows, xlsx

pytestmark = pytest.mark.filterwarnings("ignore:Cell .* is marked as a date:UserWarning")


def test_cells_read_as_a_person_sees_them() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        form = lambda code: book.add_format({"num_format": code})  # noqa: E731
        sheet.write_number(0, 0, 100314900002)
        sheet.write_number(0, 1, 1.5)
        sheet.write_number(0, 2, 1231, form("000000000000"))
        sheet.write_number(0, 3, 100314900002, form("000 000 000 000"))
        sheet.write_number(0, 4, 100314900002, form("#,##0"))
        sheet.write_datetime(0, 5, datetime.datetime(2012, 3, 20), form("m/d/yy"))
        sheet.write_datetime(
            0, 6, datetime.datetime(2012, 3, 20), form('"ngày" dd "tháng" mm "năm" yyyy')
        )
        sheet.write_boolean(0, 7, True)
        sheet.write_formula(0, 8, "=NA()", None, "#N/A")
        sheet.write_formula(0, 9, "=1+1", None, 2)
        sheet.write_string(0, 11, "41053")
        sheet.write_number(0, 12, 100314900002, form("dd/mm/yyyy"))
        sheet.write_number(2, 0, 2.0)

    rows = read_bytes(xlsx(fill), file_name="a.xlsx")[0].rows
    assert rows[0] == (
        *(Cell("100314900002", "number"), Cell("1.5", "number"), Cell("000000001231", "number")),
        *(Cell("100 314 900 002", "number"), Cell("100314900002", "number")),
        *(
            Cell("20/03/2012", "date"),
            Cell("20/03/2012", "date"),
            Cell("TRUE", "bool"),
            Cell("#N/A", "error"),
        ),
        *(Cell("2", "number"), EMPTY, Cell("41053", "text"), Cell("#VALUE!", "error")),
    )
    assert rows[1:] == [(), (Cell("2", "number"),)]


def test_a_formula_without_stored_result_is_not_an_empty_cell() -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"] = "=C1&D1", "chữ"
    out = io.BytesIO()
    book.save(out)
    assert read_bytes(out.getvalue(), file_name="a.xlsx")[0].rows == [
        (Cell("=C1&D1", "formula"), Cell("chữ", "text"))
    ]


def test_a_stored_result_that_is_empty_is_an_empty_cell() -> None:
    data = with_rows(
        b'<row><c t="str"><f>IF(B1="","",B1)</f><v></v></c><c t="str"><f>A1</f></c></row>'
    )
    assert read_xlsx(data)[0].rows == [(EMPTY, Cell("=A1", "formula"))]


def test_dates_of_the_1904_system_are_the_same_days() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.write_datetime(
            0, 0, datetime.datetime(2012, 2, 29), book.add_format({"num_format": "dd/mm/yyyy"})
        )

    assert texts(read_xlsx(xlsx(fill, date_1904=True))[0]) == [["29/02/2012"]]


def test_rich_and_inline_strings_hidden_sheets_and_gaps() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.write_rich_string(2, 1, book.add_format({"bold": True}), "Nguyễn ", "Văn A")
        book.add_worksheet("Ẩn").hide()

    one, hidden = read_xlsx(xlsx(fill))
    assert texts(one) == [[], [], ["", "Nguyễn Văn A"]]
    assert (hidden.name, hidden.hidden, one.hidden) == ("Ẩn", True, False)
    assert texts(read_xlsx(xlsx(fill, constant_memory=True))[0]) == texts(
        one
    )  # strings inside the cells


def test_macros_that_the_name_announces_are_ignored() -> None:
    data = with_parts(plain_xlsx(), {"xl/vbaProject.bin": b"\0macro"})
    assert texts(read_bytes(data, file_name="danh sach.xlsm")[0]) == [["Họ tên", "Ngày sinh"]]


def test_ods_of_libreoffice_with_its_million_empty_rows() -> None:
    row = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>Lê A</text:p></table:table-cell>'
        '<table:table-cell office:value-type="date" office:date-value="2012-03-20"><text:p>20/03/12</text:p>'
        '</table:table-cell><table:table-cell office:value-type="float" office:value="100212000001"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    assert read_bytes(ods(row), file_name="a.ods")[0].rows == [
        (Cell("Lê A", "text"), Cell("20/03/2012", "date"), Cell("100212000001", "number"))
    ]


def test_2000_rows_of_20_columns_are_read_within_the_child_s_time() -> None:
    rows = [[f"{seat} ô số {at}" for at in range(20)] for seat in range(2000)]
    out = io.BytesIO()
    write_workbook(
        out, sheets=[Page("Sheet1", [Column(f"Cột {at}", 12) for at in range(20)], rows)]
    )
    assert texts(read_bytes(out.getvalue(), file_name="a.xlsx")[0])[1:] == rows  # else "too_heavy"


def test_a_cell_merged_over_rows_stands_in_each_and_hidden_rows_are_told() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.merge_range("A1:A3", "5A")
        sheet.write_column(0, 1, ["An", "Bình", "Chi", "Dung"])
        sheet.set_row(2, None, None, {"hidden": True})

    sheet = read_bytes(xlsx(fill), file_name="a.xlsx")[0]
    assert texts(sheet) == [["5A", "An"], ["5A", "Bình"], ["5A", "Chi"], ["", "Dung"]]
    assert sheet.hidden_rows == {3}


def test_an_xls_tells_errors_dates_and_the_zeros_of_a_format() -> None:
    xlwt = pytest.importorskip("xlwt")

    def fill(sheet: object) -> None:
        sheet.write(0, 0, 80312000012, xlwt.easyxf(num_format_str="000000000000"))
        sheet.write(0, 1, datetime.date(2012, 3, 20), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
        sheet.write(0, 2, 100314900002.0)
        sheet.row(0).set_cell_error(3, 0x2A)
        sheet.write(0, 4, True)
        sheet.write_merge(1, 2, 0, 0, "5A")
        sheet.write(2, 1, "Bình")

    first, *others = read_bytes(old_xls(fill), file_name="a.xls")[0].rows
    assert first == (
        Cell("080312000012", "number"),
        Cell("20/03/2012", "date"),
        Cell("100314900002", "number"),
        Cell("#N/A", "error"),
        Cell("TRUE", "bool"),
    )
    assert others == [(Cell("5A", "text"),), (Cell("5A", "text"), Cell("Bình", "text"))]


def test_an_ods_tells_errors_notes_hidden_rows_and_the_zeros_of_a_format() -> None:
    cells = (
        '<table:table-cell office:value-type="float" office:value="80312000012"><text:p>080312000012</text:p>'
        '</table:table-cell><table:table-cell office:value-type="string" office:string-value="" '
        'calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell><table:table-cell '
        'office:value-type="string"><office:annotation><text:p>ghi chú</text:p></office:annotation>'
        "<text:p>Lê<text:s/>A</text:p><text:p>dòng hai</text:p></table:table-cell>"
        '<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>x</text:p>'
        "</table:table-cell>"
    )
    row = f'<table:table-row table:visibility="filter">{cells}</table:table-row>'
    sheet = read_bytes(ods(row), file_name="a.ods")[0]
    assert sheet.rows == [
        (
            Cell("080312000012", "number"),
            Cell("#N/A", "error"),
            Cell("Lê A\ndòng hai", "text"),
            Cell("x", "text"),
            Cell("x", "text"),
        )
    ]
    assert sheet.hidden_rows == {1}


def test_an_empty_workbook_of_a_million_formatted_rows_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the processor time that the child is given; how long that takes by the clock is a matter
    of the machine, where other tests are running."""
    monkeypatch.setattr(reading, "SECONDS", 5 * reading.SECONDS)
    data = with_rows(
        b'<row r="1"><c r="A1"><v>7</v></c></row>'
        + b"".join(b'<row r="%d" s="1"/>' % n for n in range(2, 1_048_577))
    )
    assert texts(read_bytes(data, file_name="a.xlsx")[0]) == [["7"]]


def test_power_query_and_pictures_do_no_harm() -> None:
    extras = {
        "customXml/item1.xml": "<DataMashup/>".encode("utf-16"),
        "xl/media/a.svg": b"<!DOCTYPE svg><svg/>",
    }
    assert read_bytes(with_parts(plain_xlsx(), extras), file_name="a.xlsx")
