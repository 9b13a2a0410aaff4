"""XML Spreadsheet 2003, which systems hand out under the name .xls."""

import pytest

from idapp.workbook import Cell, Sheet, WorkbookRefused, read_bytes
from tests.test_workbook_csv import for_1258
from tests.workbooks import case, texts

SPACE = "urn:schemas-microsoft-com:office:spreadsheet"
STYLES = (
    '<Style ss:ID="Default"/><Style ss:ID="day"><NumberFormat ss:Format="Short Date"/></Style>'
    '<Style ss:ID="zeros"><NumberFormat ss:Format="000000000000"/></Style>'
    '<Style ss:ID="below" ss:Parent="zeros"><Font ss:Bold="1"/></Style>'
)


def book(*sheets: str, head: str = "") -> str:
    return (
        f'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="{SPACE}" '
        f'xmlns:ss="{SPACE}" xmlns:x="urn:schemas-microsoft-com:office:excel" '
        f'xmlns:html="http://www.w3.org/TR/REC-html40">{head}<Styles>{STYLES}</Styles>'
        f"{''.join(sheets)}</Workbook>"
    )


def sheet(rows: str, name: str = "Lớp 5A", after: str = "") -> str:
    return f'<Worksheet ss:Name="{name}"><Table>{rows}</Table>{after}</Worksheet>'


def cell(text: str, kind: str = "String", **attributes: object) -> str:
    written = " ".join(f'ss:{name}="{value}"' for name, value in attributes.items())
    return f'<Cell {written}><Data ss:Type="{kind}">{text}</Data></Cell>'


def row_of(*cells: str, **attributes: object) -> str:
    written = " ".join(f'ss:{name}="{value}"' for name, value in attributes.items())
    return f"<Row {written}>{''.join(cells)}</Row>"


def read(text: str | bytes) -> list[Sheet]:
    data = text.encode() if isinstance(text, str) else text
    return read_bytes(data, file_name="vnedu.xls")


def cells_of(row: str) -> tuple[Cell, ...]:
    return read(book(sheet(f"<Row>{row}</Row>")))[0].rows[0]


def test_the_file_of_the_case_is_read() -> None:
    (only,) = case("spreadsheetml_2003.xls")
    assert only.name == "Sheet1"
    assert texts(only)[0][3:] == ["Họ và tên", "Ngày sinh", "Giới tính", "Số định danh cá nhân"]


def test_each_type_is_read_as_a_person_sees_it() -> None:
    row = (
        cell("100316000101", "Number")
        + cell("080312000012")
        + cell("80312000012", "Number", StyleID="zeros")
        + cell("80312000012", "Number", StyleID="below")
        + cell("1.00316000101E11", "Number")
        + cell("2016-03-24T00:00:00.000", "DateTime", StyleID="day")
        + cell("42453", "Number", StyleID="day")
        + cell("1899-12-31T07:30:00.000", "DateTime")
        + cell("#N/A", "Error")
        + cell("0", "Boolean")
        + '<Cell ss:Formula="=RC[-1]"/>'
        + "<Cell/>"
        + cell("&lt;a&gt; &amp; b&#10;c")
    )
    assert cells_of(row) == (
        *(Cell("100316000101", "number"), Cell("080312000012", "text")),
        *(Cell("080312000012", "number"), Cell("080312000012", "number")),
        *(Cell("100316000101", "number"), Cell("24/03/2016", "date"), Cell("24/03/2016", "date")),
        *(Cell("07:30:00", "date"), Cell("#N/A", "error"), Cell("FALSE", "bool")),
        *(Cell("=RC[-1]", "formula"), Cell("", "empty"), Cell("<a> & b\nc", "text")),
    )


def test_rows_and_cells_stand_where_their_index_says() -> None:
    rows = (
        row_of(cell("A"), cell("C", Index=3), cell("D"))
        + row_of(cell("B", Index=2), Index=4, Hidden=1)
        + row_of(cell("A5"))
    )
    (only,) = read(book(sheet(rows)))
    assert texts(only) == [["A", "", "C", "D"], [], [], ["", "B"], ["A5"]]
    assert only.hidden_rows == {4}


def test_merged_cells_take_their_room() -> None:
    rows = row_of(cell("Họ tên", MergeDown=1), cell("Nơi ở", MergeAcross=1), cell("Lớp"))
    rows += row_of(cell("Tỉnh", Index=2), cell("Xã"))
    assert texts(read(book(sheet(rows)))[0]) == [
        ["Họ tên", "Nơi ở", "", "Lớp"],
        ["Họ tên", "Tỉnh", "Xã"],
    ]


def test_hidden_sheets_are_told() -> None:
    options = (
        '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel">'
        "<Visible>SheetHidden</Visible></WorksheetOptions>"
    )
    sheets = read(
        book(sheet("<Row/>", "A"), sheet(f"<Row>{cell('x')}</Row>", "B", options), sheet("", "C"))
    )
    assert [(one.name, one.hidden) for one in sheets] == [("A", False), ("B", True), ("C", False)]


def test_texts_in_several_fonts_and_comments() -> None:
    rich = (
        '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40"><B>Lý</B> '
        '<Font html:Color="#FF0000">Thị <I>Mai</I></Font></ss:Data>'
        '<Comment><ss:Data xmlns="http://www.w3.org/TR/REC-html40">ghi chú</ss:Data></Comment></Cell>'
    )
    assert cells_of(rich) == (Cell("Lý Thị Mai", "text"),)


def test_a_piece_of_text_that_is_struck_out() -> None:
    def text(inner: str) -> str:
        return (
            '<Cell><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">'
            f"{inner}</ss:Data></Cell>"
        )

    row = cells_of(text("<S>Mai</S>") + text("<S>Mai</S> Lan"))
    assert [one.struck for one in row] == [True, False]


def test_days_of_the_1904_system() -> None:
    head = (
        '<ExcelWorkbook xmlns="urn:schemas-microsoft-com:office:excel"><Date1904/></ExcelWorkbook>'
    )
    row = row_of(cell("40991", "Number", StyleID="day"))
    assert texts(read(book(sheet(row), head=head))[0]) == [["24/03/2016"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1258"])
def test_any_encoding_that_is_declared_or_seen(encoding: str) -> None:
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    name = "Trần Thị Ánh"
    text = book(sheet(f"<Row>{cell(name)}</Row>", "A"))
    text = text.replace('version="1.0"', f'version="1.0" encoding="{declared}"')
    if encoding == "windows-1258":
        name = for_1258(name)
        text = for_1258(text)
    assert texts(read(text.encode(encoding))[0]) == [[name]]


def test_any_prefix_of_the_namespace() -> None:
    text = (
        f'<?xml version="1.0"?><s:Workbook xmlns:s="{SPACE}"><s:Worksheet s:Name="A"><s:Table><s:Row>'
        '<s:Cell><s:Data s:Type="String">Mai</s:Data></s:Cell></s:Row></s:Table></s:Worksheet>'
        "</s:Workbook>"
    )
    assert texts(read(text)[0]) == [["Mai"]]


@pytest.mark.parametrize("part", [0.4, 0.7, 0.99])
def test_a_file_that_came_down_in_part_is_refused(part: float) -> None:
    whole = book(sheet(f"<Row>{cell('Mai')}</Row>" * 20))
    with pytest.raises(WorkbookRefused) as refused:
        read(whole[: int(len(whole) * part)])
    assert refused.value.code == "broken"
