"""The cells layer: reading what schools send and what attackers send, finding the table, writing text as text."""

import contextlib
import csv
import datetime
import io
import random
import re
import resource
import struct
import subprocess
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree.ElementTree import ParseError

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from idapp.workbook import (
    Catalogue,
    Cell,
    Column,
    Mark,
    Page,
    Sheet,
    WorkbookRefused,
    read_bytes,
    read_meta,
    write_workbook,
)
from idapp.workbook.cells import EMPTY, SENTENCES
from idapp.workbook.csv_text import read_csv
from idapp.workbook.guard import kind_of
from idapp.workbook.xlsx import read_xlsx
from tests.excel_rules import faults

SAMPLES = Path(__file__).parent / "samples" / "workbooks"
pytestmark = pytest.mark.filterwarnings("ignore:Cell .* is marked as a date:UserWarning")


def sample(name: str) -> list[Sheet]:
    return read_bytes((SAMPLES / name).read_bytes(), file_name=name)


def xlsx(fill: Callable[[xlsxwriter.Workbook, object], None], **options: object) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
    fill(book, book.add_worksheet("Sheet1"))
    book.close()
    return out.getvalue()


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


# --- reading ----------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1258"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_any_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    rows = [["Họ tên", "Ngày sinh", "Số ĐDCN"], ["Đặng Thị Mỹ Hằng", "20/03/2012", "100312000001"]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    data = for_1258(text).encode(encoding) if encoding == "windows-1258" else text.encode(encoding)
    sheet = read_bytes(data, file_name="lop.csv")[0]
    assert [[unicodedata.normalize("NFC", cell) for cell in row] for row in texts(sheet)] == rows


def for_1258(text: str) -> str:
    """windows-1258 has the letters of Vietnamese whole and the five tones as separate marks."""
    out = []
    for letter in text:
        marks = unicodedata.normalize("NFD", letter)
        tones = "".join(mark for mark in marks[1:] if mark in "\u0300\u0301\u0303\u0309\u0323")
        out.append(
            unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tones))
            + tones
        )
    return "".join(out)


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


def test_csv_of_excel_habits() -> None:
    data = 'sep=;\r\nHọ tên;Số\r\n"Nguyễn; A";="0100312000001"\r\n"hai\r\ndòng";\r\n\r\n'.encode()
    assert texts(read_csv(data)[0]) == [
        ["Họ tên", "Số"],
        ["Nguyễn; A", "0100312000001"],
        ["hai\r\ndòng"],
    ]


def test_2000_rows_of_20_columns_are_read_within_the_child_s_time() -> None:
    rows = [[f"{seat} ô số {at}" for at in range(20)] for seat in range(2000)]
    out = io.BytesIO()
    write_workbook(
        out, sheets=[Page("Sheet1", [Column(f"Cột {at}", 12) for at in range(20)], rows)]
    )
    assert texts(read_bytes(out.getvalue(), file_name="a.xlsx")[0])[1:] == rows  # else "too_heavy"


def by_parser(data: bytes, monkeypatch: pytest.MonkeyPatch) -> list[Sheet]:
    """The same file with the quick way closed."""
    with monkeypatch.context() as patched:
        patched.setattr("idapp.workbook.xlsx.read_quickly", lambda *_: None)
        return read_xlsx(data)


QUICK_ROWS = [
    b'<row r="1"><c r="A1" s="2" t="s"><v>0</v></c><c r="C1"/><c r="D1" t="b"><v>1</v></c></row><row r="3"/>',
    b'<row r="2" hidden="1"><c r="B2" t="str"><f>A1</f><v>x</v></c><c r="C2" t="e"><v>#N/A</v></c></row>',
    b'<row r="2"><c r="B2"><f>A1</f></c><c r="C2" t="inlineStr"><is><t>chu</t></is></c></row>',
    b'<row r="2"><c r="B2" t="str"><f t="shared" si="0"/><v></v></c><c r="A2"><v>7</v></c></row>',
    # these are not written as Excel writes, and must come out the same all the same
    b"<row><c><v>1</v></c><c><v>2</v></c></row>",
    b'<row r="1"><c r="A1" t="str"><v>a &amp; b</v></c><c r="B1"><v>&#49;</v></c></row>',
    b'<row r="1"><!-- x --><c r="A1"><v>1</v></c></row>',
    b'<row r="1"><c r="A1" t="str"><v><![CDATA[<c r="B1"><v>9</v></c>]]></v></c></row>',
    b'<row r="1"><c t="s" r="A1"><v>0</v></c></row>',
    b'<row r="1"><c r="A1" t="inlineStr"><is><r><t>a</t></r><rPh><t>b</t></rPh><r><t>c</t></r></is></c></row>',
    b'<row r="1"><c r="A1"><v>1\r\n</v></c><c r="XFD1"/></row>',
]


@pytest.mark.parametrize("rows", QUICK_ROWS)
def test_the_quick_way_reads_what_the_parser_reads(
    rows: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = with_rows(rows)
    assert read_xlsx(data) == by_parser(data, monkeypatch)


def test_what_the_parser_refuses_the_quick_way_does_not_read() -> None:
    for rows in (
        b"<row><c>",
        b'<row r="1"><c r="A1"><v>1</v></row>',
        b'<row r="1"><c r="A1"><v>1</v></c></row></x>',
    ):
        with pytest.raises(ParseError):
            read_xlsx(with_rows(rows))


def test_a_cell_merged_over_rows_stands_in_each_and_hidden_rows_are_told() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.merge_range("A1:A3", "5A")
        sheet.write_column(0, 1, ["An", "Bình", "Chi", "Dung"])
        sheet.set_row(2, None, None, {"hidden": True})

    sheet = read_bytes(xlsx(fill), file_name="a.xlsx")[0]
    assert texts(sheet) == [["5A", "An"], ["5A", "Bình"], ["5A", "Chi"], ["", "Dung"]]
    assert sheet.hidden_rows == {3}


def old_xls(fill: Callable[[object], None]) -> bytes:
    xlwt = pytest.importorskip("xlwt")
    book, out = xlwt.Workbook(), io.BytesIO()
    fill(book.add_sheet("Sheet1"))
    book.save(out)
    return out.getvalue()


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


# --- what nobody should send ------------------------------------------------------------------------------------------


def plain_xlsx() -> bytes:
    return xlsx(lambda book, sheet: sheet.write_row(0, 0, ["Họ tên", "Ngày sinh"]))


def with_parts(data: bytes, parts: dict[str, bytes]) -> bytes:
    """The workbook with some parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"


def with_rows(rows: bytes) -> bytes:
    return with_parts(plain_xlsx(), {SHEET: OPEN + rows + CLOSE})


def zip_of(names: list[str], content: bytes = b"x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name in names:
            new.writestr(name, content)
    return out.getvalue()


def duplicated() -> bytes:
    out = io.BytesIO(plain_xlsx())
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(out, "a") as new:
        new.writestr(SHEET, OPEN + CLOSE)
    return out.getvalue()


def ole(stream: str) -> bytes:
    entry = stream.encode("utf-16-le").ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entry + b"\0" * 2000


def marked_encrypted() -> bytes:
    data = bytearray(plain_xlsx())
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def lying_about_sizes() -> bytes:
    """A part of 200 MB whose directory entry says 1,000 bytes."""
    data = bytearray(with_rows(b"<row/>" * 33_000_000))
    at = 0
    while (at := data.find(b"PK\x01\x02", at + 1)) > 0:
        data[at + 24 : at + 28] = struct.pack("<I", 1000)
    return bytes(data)


def ods(table: str) -> bytes:
    xml = (
        '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        f'<table:table table:name="A">{table}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("META-INF/manifest.xml", "<manifest/>")
        new.writestr("content.xml", xml)
    return out.getvalue()


FILLED_ROWS = (
    '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" '
    'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
)


def scrambled_xls() -> bytes:
    data = bytearray((SAMPLES / "ho-so-hoc-sinh.xls").read_bytes())
    chance = random.Random(1)
    for at in chance.sample(range(512, len(data)), 4000):
        data[at] = chance.randrange(256)
    return bytes(data)


def cells_of(rows: int, columns: int) -> bytes:
    letters = [openpyxl.utils.get_column_letter(at + 1).encode() for at in range(columns)]
    cell = b'<c r="%s%d"><v>%d</v></c>'
    return b"".join(
        b"<row>"
        + b"".join(cell % (one, row + 1, row * 7919 + at) for at, one in enumerate(letters))
        + b"</row>"
        for row in range(rows)
    )


def million_strings() -> bytes:
    strings = b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return with_parts(
        plain_xlsx(),
        {"xl/sharedStrings.xml": strings + b"<si><t>a</t></si>" * 6_000_000 + b"</sst>"},
    )


DOCTYPE = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">]>'
ROW = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c></row>'

HOSTILE: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "empty": ("a.xlsx", lambda: b"", {"empty_file"}),
    "11 MB": ("a.csv", lambda: b"a,b\n" * 2_800_000, {"too_big"}),
    "png": ("a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)), {"image"}),
    "pdf": ("a.xlsx", lambda: b"%PDF-1.7\n%\xe2\xe3", {"pdf"}),
    "html as xls": ("a.xls", lambda: "<html><table><tr><td>Họ tên".encode(), {"broken"}),
    "web page": ("a.xls", lambda: "<html><p>Đăng nhập</p></html>".encode(), {"web_page"}),
    "xml 2003": ("a.xls", lambda: b'\xef\xbb\xbf<?xml version="1.0"?><Workbook/>', {"web_page"}),
    "docx": ("a.xlsx", lambda: zip_of(["[Content_Types].xml", "word/document.xml"]), {"word"}),
    "xlsb": (
        "a.xlsx",
        lambda: zip_of(["[Content_Types].xml", "xl/workbook.bin"]),
        {"binary_workbook"},
    ),
    "other zip": ("a.xlsx", lambda: zip_of(["anh.jpg"]), {"not_workbook"}),
    "only the names of a workbook": (
        "a.xlsx",
        lambda: zip_of(["[Content_Types].xml", "xl/workbook.xml"]),
        {"broken"},
    ),
    "binary": ("a.csv", lambda: bytes(range(1, 256)) * 20, {"not_workbook"}),
    "password xlsx": ("a.xlsx", lambda: ole("EncryptedPackage"), {"password"}),
    "word doc": ("a.xls", lambda: ole("WordDocument"), {"word"}),
    "hollow xls": ("a.xls", lambda: ole("Workbook"), {"broken", "too_heavy"}),
    "truncated xls": (
        "a.xls",
        lambda: (SAMPLES / "ho-so-hoc-sinh.xls").read_bytes()[:9000],
        {"broken", "not_workbook"},
    ),
    "truncated xlsx": ("a.xlsx", lambda: plain_xlsx()[:-700], {"broken"}),
    "encrypted part": ("a.xlsx", marked_encrypted, {"password"}),
    "duplicate part": ("a.xlsx", duplicated, {"unsafe"}),
    "traversal": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {"xl/../../x.xml": b"<a/>"}),
        {"unsafe"},
    ),
    "3,000 parts": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {f"xl/{n}.xml": b"" for n in range(3000)}),
        {"unsafe"},
    ),
    "macro in xlsx": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {"xl/vbaProject.bin": b"x"}),
        {"macro"},
    ),
    "embedded": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {"xl/embeddings/o.bin": b"x"}),
        {"embedded"},
    ),
    "doctype": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {SHEET: DOCTYPE + OPEN[21:] + CLOSE}),
        {"unsafe"},
    ),
    "utf-16 part": (
        "a.xlsx",
        lambda: with_parts(plain_xlsx(), {SHEET: DOCTYPE.decode().encode("utf-16")}),
        {"unsafe"},
    ),
    "bomb": ("a.xlsx", lambda: with_rows(b" " * 90_000_000), {"bomb"}),
    "bomb in small steps": (
        "a.xlsx",
        lambda: with_rows(random.Random(1).randbytes(1 << 14) * 8000),
        {"bomb"},
    ),
    "lying directory": ("a.xlsx", lying_about_sizes, {"bomb", "broken"}),
    "cell at the far corner": (
        "a.xlsx",
        lambda: with_rows(b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        {"too_many_columns", "too_many_rows"},
    ),
    "1,048,576 rows": (
        "a.xlsx",
        lambda: with_rows(b"".join(ROW % (n, n) for n in range(1, 1_048_577))),
        {"too_many_rows"},
    ),
    "201 columns": (
        "a.xlsx",
        lambda: with_rows(b"<row>" + b"<c><v>1</v></c>" * 201 + b"</row>"),
        {"too_many_columns"},
    ),
    "million cells": (
        "a.xlsx",
        lambda: with_rows(cells_of(5100, 200)),
        {"too_many_cells", "too_heavy"},
    ),
    "six million strings": ("a.xlsx", million_strings, {"bomb", "too_heavy"}),
    "broken xml": ("a.xlsx", lambda: with_rows(b"<row><c>"), {"broken"}),
    "ods of a million rows": (
        "a.ods",
        lambda: ods(FILLED_ROWS),
        {"too_many_columns", "too_many_rows"},
    ),
    "csv of 70,000 rows": ("a.csv", lambda: b"a,b\n" * 70_000, {"too_many_rows"}),
    "csv of 300 columns": ("a.csv", lambda: b"a," * 300 + b"b\n", {"too_many_columns"}),
    "csv of one huge cell": ("a.csv", lambda: b'"' + b"a" * 9_000_000, {"broken"}),
}


def _seconds_worked() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_one_sentence(name: str) -> None:
    file_name, build, codes = HOSTILE[name]
    data = build()
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, _seconds_worked()
    other_children = resource.getrusage(
        resource.RUSAGE_CHILDREN
    ).ru_maxrss  # of the whole test run so far
    with pytest.raises(WorkbookRefused) as refused:
        read_bytes(data, file_name=file_name)
    assert refused.value.code in codes
    assert re.search(r"[:.] ?.*hãy .*\.$", refused.value.message), (
        "says what is wrong and what to do"
    )
    assert _seconds_worked() - start < 20, (
        "in the web and in the child together; others may be working beside us"
    )
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
    )  # kB, in the process of the web
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    before_exec = resource.getrusage(
        resource.RUSAGE_SELF
    ).ru_maxrss  # a child counts its parent's pages until exec
    assert largest <= max(800_000, before_exec, other_children), "the child keeps its bound"


def test_a_scrambled_xls_is_read_or_refused() -> None:
    try:
        assert read_bytes(scrambled_xls(), file_name="a.xls")
    except WorkbookRefused as refused:
        assert refused.message


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("idapp.workbook.reading.SECONDS", 0.02)
    with pytest.raises(WorkbookRefused) as refused:
        read_bytes(plain_xlsx(), file_name="a.xlsx")
    assert refused.value.code == "too_heavy"


def test_an_empty_workbook_of_a_million_formatted_rows_is_read() -> None:
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


def test_the_child_gets_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "x")
    seen: dict[str, str] = {}
    run = subprocess.run
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda *args, **kwargs: seen.update(kwargs["env"]) or run(*args, **kwargs),
    )
    assert read_bytes(plain_xlsx(), file_name="a.xlsx")
    assert seen and "SECRET_KEY" not in seen


def test_every_refusal_says_what_to_do() -> None:
    assert all("hãy" in sentence or "cần" in sentence for sentence in SENTENCES.values())


@given(st.binary(max_size=400), st.sampled_from(["", "PK\x03\x04", "\ufeff"]))
def test_the_guard_answers_or_refuses_whatever_the_bytes(data: bytes, start: str) -> None:
    try:
        assert kind_of(start.encode("latin-1", "ignore") + data, file_name="a.xlsx") in (
            "xlsx",
            "xls",
            "ods",
            "csv",
        )
    except WorkbookRefused as refused:
        assert refused.message


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_a_mutated_workbook_is_read_or_refused(data: st.DataObject) -> None:
    good = bytearray((SAMPLES / "mau-4-1-6.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        good[data.draw(st.integers(4, len(good) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(read_bytes(bytes(good), file_name="a.xlsx"), list)
    except WorkbookRefused as refused:
        assert refused.message


ANY_VALUE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(
        alphabet=st.characters(
            codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"
        )
    ),
    st.dates(min_value=datetime.date(1900, 1, 1)),
    st.datetimes(min_value=datetime.datetime(1900, 1, 1)),
    st.times(),
    st.sampled_from(["=1+1", "=A1", "#N/A", "#REF!"]),
)
FORMATS = [
    "General",
    "@",
    "0",
    "000000000000",
    "dd/mm/yyyy",
    "[h]:mm",
    "0.00%",
    '"a"000',
    "[Red]-0;;",
    "h:mm",
    "000-000",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(ANY_VALUE, st.sampled_from(FORMATS)), max_size=5), max_size=5))
def test_any_workbook_of_any_cells_reads(rows: list[list[tuple[object, str]]]) -> None:
    book = openpyxl.Workbook()
    for number, row in enumerate(rows, start=1):
        for column, (value, number_format) in enumerate(row, start=1):
            cell = book.active.cell(number, column, value)
            cell.number_format = number_format
    out = io.BytesIO()
    book.save(out)
    sheet = read_xlsx(out.getvalue())[0]
    with pytest.MonkeyPatch.context() as patched:
        assert by_parser(out.getvalue(), patched)[0] == sheet
    for row, read in zip(rows, sheet.rows, strict=False):
        for (value, _), cell in zip(row, read, strict=False):
            assert (cell.kind == "empty") == (cell.text == "")
            if isinstance(value, str) and value[:1] not in ("=", "#"):
                assert cell.text == value


@given(st.binary(max_size=300))
def test_any_csv_reads_or_is_refused(data: bytes) -> None:
    with contextlib.suppress(
        WorkbookRefused, csv.Error
    ):  # the child turns what csv raises into a refusal
        assert len(read_csv(data)) == 1


# --- writing ----------------------------------------------------------------------------------------------------------

ANY_TEXT = st.one_of(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
        max_size=30,
    ),
    st.sampled_from(
        [
            "=1+1",
            "+84",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "<r><t>x</t></r>",
            "<r></r>",
            "_x000D_",
            "_x005F_",
        ]
    ),
    st.sampled_from(
        [
            "http://a.example",
            "0100",
            " a ",
            "a\nb",
            "\u00a0",
            "#N/A",
            "TRUE",
            "{=1}",
            "'0100",
            "&amp;",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(ANY_TEXT, min_size=3, max_size=3), max_size=6))
def test_what_is_written_is_read_again_exactly(rows: list[list[str]]) -> None:
    out = io.BytesIO()
    write_workbook(out, sheets=[Page("Lớp 5A", [Column(name, 10) for name in "ABC"], rows)])
    assert kind_of(out.getvalue(), file_name="a.xlsx") == "xlsx"
    read = read_xlsx(out.getvalue())[0]
    with pytest.MonkeyPatch.context() as patched:
        assert by_parser(out.getvalue(), patched)[0] == read
    padded = [[cell.text for cell in row] + [""] * (3 - len(row)) for row in read.rows[1:]]
    padded += [["", "", ""]] * (len(rows) - len(padded))
    assert padded == rows
    assert all(cell.kind in ("text", "empty") for row in read.rows for cell in row)


def test_text_of_people_never_becomes_a_formula_or_a_link() -> None:
    rows = [["=HYPERLINK(1)", "http://a.example"], ["+1", "<r><t>a</t></r>"]]
    out = io.BytesIO()
    write_workbook(out, sheets=[Page("A", [Column("X", 9), Column("Y", 9)], rows)])
    with zipfile.ZipFile(out) as archive:
        xml = archive.read(SHEET).decode()
        assert "<f>" not in xml and "<hyperlink" not in xml
        assert 'quotePrefix="1"' in archive.read("xl/styles.xml").decode()


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
    assert sheet.freeze_panes == "A4" and sheet.protection.sheet
    assert (
        sheet["F4"].number_format == "@"
        and sheet["F4"].comment
        and not sheet["F4"].protection.locked
    )
    assert sheet.column_dimensions["F"].number_format == "@"  # cells nobody has filled yet
    assert sheet["A4"].protection.locked and sheet.column_dimensions["A"].hidden
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
    assert openpyxl.load_workbook(out).sheetnames == wanted and faults(out.getvalue()) == []


def test_a_text_no_cell_can_hold_is_not_cut_silently() -> None:
    with pytest.raises(ValueError, match="longer"):
        write_workbook(io.BytesIO(), sheets=[Page("A", [Column("X", 9)], [["a" * 40_000]])])


def test_a_row_is_as_high_as_its_wrapped_sentence() -> None:
    target, columns = io.BytesIO(), [Column("Cần sửa", 46, wrap=True), Column("Họ và tên", 26)]
    write_workbook(
        target, sheets=[Page("Lớp 5A", columns, [["ngắn", "An"], ["hãy ghi lại " * 20, "Bình"]])]
    )
    heights = [openpyxl.load_workbook(target).active.row_dimensions[row].height for row in (2, 3)]
    assert heights[0] is None and 15 * 4 <= heights[1] <= 15 * 8
