"""Two ways to read the rows of an .xlsx part, by pattern and by parser: they must never differ."""

import datetime
import io
from xml.etree.ElementTree import ParseError

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idapp.workbook import Column, Page, Sheet, write_workbook
from idapp.workbook.guard import kind_of
from idapp.workbook.xlsx import read_xlsx
from tests.workbooks import with_rows

pytestmark = pytest.mark.filterwarnings("ignore:Cell .* is marked as a date:UserWarning")


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
    b'<row r="2"><c r="A2" t="b"><v>0</v></c></row><row r="1"><c r="B1"><v>5.10</v></c></row>',
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
