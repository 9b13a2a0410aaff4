"""Rows that somebody struck out instead of deleting them: told in every kind of file."""

from collections.abc import Callable

import pytest
import xlsxwriter

from idapp.workbook import Cell, read_bytes
from tests.workbooks import case, ods, old_xls, texts, with_rows, xlsx

PUPILS = (("1", "Lý Văn Tâm", "02/03/2016"), ("2", "Lý Văn Tân", "02/04/2016"))


def test_the_struck_row_of_the_case_is_told_and_still_read() -> None:
    (sheet,) = case("struck_out.xlsx")
    assert sheet.struck_rows == {3}
    assert texts(sheet)[2] == ["2", "5A", "Lý Văn Tân", "02/04/2016", "Nam"]
    assert [cell.struck for cell in sheet.rows[2]] == [True] * 5
    assert not any(cell.struck for cell in sheet.rows[1])


def in_xlsx() -> bytes:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.write_row(0, 0, PUPILS[0])
        sheet.write_row(1, 0, PUPILS[1], book.add_format({"font_strikeout": True}))

    return xlsx(fill)


def in_pieces_of_text() -> bytes:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        line = book.add_format({"font_strikeout": True})
        bold = book.add_format({"font_strikeout": True, "bold": True})
        sheet.write_row(0, 0, PUPILS[0])
        number, *texts_of_pupil = PUPILS[1]
        sheet.write_string(1, 0, number)
        for column, text in enumerate(texts_of_pupil, start=1):
            sheet.write_rich_string(1, column, line, text[:1], bold, text[1:])

    return xlsx(fill)


def in_xls() -> bytes:
    xlwt = pytest.importorskip("xlwt")

    def fill(sheet: object) -> None:
        line = xlwt.easyxf("font: struck_out on")
        for column in range(3):
            sheet.write(0, column, PUPILS[0][column])
            sheet.write(1, column, PUPILS[1][column], line)

    return old_xls(fill)


def in_pieces_of_xls() -> bytes:
    xlwt = pytest.importorskip("xlwt")

    def fill(sheet: object) -> None:
        line = xlwt.easyfont("struck_out on")
        for column in range(3):
            sheet.write(0, column, PUPILS[0][column])
            sheet.write_rich_text(1, column, [(PUPILS[1][column], line)])

    return old_xls(fill)


def ods_row(pupil: tuple[str, ...], attributes: str = "", span: str = "{}") -> str:
    cells = (
        f'<table:table-cell office:value-type="string" {attributes}>'
        f"<text:p>{span.format(text)}</text:p></table:table-cell>"
        for text in pupil
    )
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


LINE = (
    '<style:style style:name="line" style:family="table-cell"><style:text-properties '
    'style:text-line-through-style="solid"/></style:style>'
)
NO_LINE = (
    '<style:style style:name="none" style:family="table-cell" style:parent-style-name="line">'
    '<style:text-properties style:text-line-through-style="none"/></style:style>'
    '<style:style style:name="bold" style:family="table-cell" style:parent-style-name="line"/>'
)


def in_ods() -> bytes:
    rows = ods_row(PUPILS[0], 'table:style-name="none"')
    rows += ods_row(PUPILS[1], 'table:style-name="bold"')
    return ods(rows, styles=LINE + NO_LINE)


def in_columns_of_ods() -> bytes:
    columns = (
        '<table:table-column table:number-columns-repeated="9" '
        'table:default-cell-style-name="line"/>'
    )
    rows = ods_row(PUPILS[0], 'table:style-name="none"') + ods_row(PUPILS[1])
    return ods(columns + rows, styles=LINE + NO_LINE)


def in_pieces_of_ods() -> bytes:
    span = '<text:span text:style-name="line">{}</text:span>'
    return ods(ods_row(PUPILS[0]) + ods_row(PUPILS[1], span=span), styles=LINE)


def page(style: str, cells: Callable[[str], str], row: str = "") -> bytes:
    first = "".join(f"<td>{text}</td>" for text in PUPILS[0])
    second = "".join(cells(text) for text in PUPILS[1])
    table = f"<table><tr>{first}</tr><tr {row}>{second}</tr></table>"
    return f"<html><style>{style}</style>{table}</html>".encode()


def xml_2003() -> bytes:
    def row(pupil: tuple[str, ...], style: str) -> str:
        cells = (
            f'<Cell ss:StyleID="{style}"><Data ss:Type="String">{text}</Data></Cell>'
            for text in pupil
        )
        return f"<Row>{''.join(cells)}</Row>"

    styles = (
        '<Style ss:ID="a"><Font ss:StrikeThrough="1"/></Style>'
        '<Style ss:ID="b" ss:Parent="a"><Font ss:Bold="1"/></Style>'
    )
    return (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Styles>{styles}</Styles><Worksheet ss:Name="A"><Table>'
        f"{row(PUPILS[0], 'Default')}{row(PUPILS[1], 'b')}"
        "</Table></Worksheet></Workbook>"
    ).encode()


FILES: dict[str, Callable[[], bytes]] = {
    "xlsx": in_xlsx,
    "xlsx, pieces of text": in_pieces_of_text,
    "xls": in_xls,
    "xls, pieces of text": in_pieces_of_xls,
    "ods, inherited style": in_ods,
    "ods, style of the column": in_columns_of_ods,
    "ods, pieces of text": in_pieces_of_ods,
    "html, <s>": lambda: page("", lambda text: f"<td><s>{text}</s></td>"),
    "html, <strike>": lambda: page("", lambda text: f"<td><font><strike>{text}</font></td>"),
    "html, class": lambda: page(
        ".x1 {color:red; text-decoration:line-through}", lambda text: f"<td class=x1>{text}</td>"
    ),
    "html, row": lambda: page(
        "", lambda text: f"<td>{text}</td>", "style='text-decoration: line-through'"
    ),
    "xml 2003": xml_2003,
}


@pytest.mark.parametrize("kind", FILES)
def test_a_struck_row_is_told_in_every_kind_of_file(kind: str) -> None:
    (sheet,) = read_bytes(FILES[kind](), file_name="a.xls")
    assert texts(sheet) == [list(pupil) for pupil in PUPILS]
    assert sheet.struck_rows == {2}


def struck_row(*cells: tuple[str, bool]) -> frozenset[int]:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        line = book.add_format({"font_strikeout": True})
        for column, (text, struck) in enumerate(cells):
            sheet.write_string(0, column, text, line if struck else None)

    return read_bytes(xlsx(fill), file_name="a.xlsx")[0].struck_rows


def test_the_number_of_the_row_and_a_note_may_stay_as_they_are() -> None:
    pupil = [(text, True) for text in ("5A", "Lý Văn Tân", "02/04/2016", "Nam")]
    assert struck_row(("2", False), *pupil, ("chuyển trường", False)) == {1}


def test_one_struck_cell_is_no_struck_row_but_the_cell_knows_it() -> None:
    assert struck_row(("Lý Văn Tân", False), ("100216000102", True)) == frozenset()
    data = with_rows(
        b'<row r="1"><c r="A1" t="inlineStr"><is><r><rPr><strike/></rPr><t>An</t></r></is></c></row>'
    )
    assert read_bytes(data, file_name="a.xlsx")[0].rows[0][0].struck


def test_a_name_struck_in_part_is_not_struck() -> None:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        line = book.add_format({"font_strikeout": True})
        sheet.write_rich_string(0, 0, line, "Lý Văn Tam ", book.add_format(), "Lý Văn Tâm")

    (sheet,) = read_bytes(xlsx(fill), file_name="a.xlsx")
    assert texts(sheet) == [["Lý Văn Tam Lý Văn Tâm"]]
    assert not sheet.rows[0][0].struck
    assert sheet.struck_rows == frozenset()


def test_two_cells_are_the_same_by_what_they_say() -> None:
    assert Cell("An", "text", struck=True) == Cell("An", "text")
