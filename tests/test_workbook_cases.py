"""Files of web systems under the name .xls, a csv with a lost quote, rows that are struck out."""

import io
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from idapp.workbook import Sheet, WorkbookRefused, read_bytes

CASES = Path(__file__).parent / "samples" / "workbooks" / "cases"
XML = """<?xml version="1.0"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
  xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="d"><NumberFormat ss:Format="dd/mm/yyyy"/></Style>
<Style ss:ID="x"><Font ss:StrikeThrough="1"/></Style></Styles>
<Worksheet ss:Name="5A"><Table>%s</Table></Worksheet></Workbook>"""


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


def read_case(name: str) -> list[list[str]]:
    [sheet] = read_bytes((CASES / name).read_bytes(), file_name=name)
    return texts(sheet)


def read_page(markup: str, encoding: str = "utf-8") -> Sheet:
    [sheet] = read_bytes(markup.encode(encoding), file_name="danh-sach.xls")
    return sheet


@pytest.mark.parametrize("name", ["html_table.xls", "raw_biff.xls"])
def test_a_list_of_a_web_system_is_read(name: str) -> None:
    heading, pupil = read_case(name)
    assert heading[0] == "STT"
    assert pupil[-3:] == ["02/03/2016", pupil[-2], "100316000101"]


def test_headings_in_a_division_and_in_xml_of_2003_are_read() -> None:
    assert read_case("html_div.xls") == [["Họ và tên", "Ngày sinh"]]
    assert read_case("spreadsheetml_2003.xls")[0][3] == "Họ và tên"


def test_zeros_entities_and_merged_cells_of_a_page() -> None:
    sheet = read_page(
        "<table><tr><th colspan=2>Họ &amp; tên</th><th rowspan=2>Số</th></tr>"
        "<tr><td>Lê</td><td>An&nbsp;</td></tr><tr><td>Hồ</td><td>Ba</td><td>001216000001</td></tr></table>"
    )
    assert texts(sheet)[0][0] == "Họ & tên"
    assert texts(sheet)[2] == ["Hồ", "Ba", "001216000001"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_a_page_in_any_of_its_encodings(encoding: str) -> None:
    sheet = read_page("<html><table><tr><td>Nguyễn Văn Ưng</td></tr></table></html>", encoding)
    assert texts(sheet) == [["Nguyễn Văn Ưng"]]


def test_dates_and_strikes_of_xml_of_2003() -> None:
    rows = (
        '<Row><Cell><Data ss:Type="String">Lê An</Data></Cell>'
        '<Cell ss:StyleID="d"><Data ss:Type="DateTime">2016-03-20T00:00:00.000</Data></Cell></Row>'
        '<Row><Cell ss:StyleID="x"><Data ss:Type="String">Hồ Ba</Data></Cell></Row>'
    )
    [sheet] = read_bytes((XML % rows).encode(), file_name="a.xls")
    assert texts(sheet)[0] == ["Lê An", "20/03/2016"]
    assert sheet.struck_rows == {2}


@pytest.mark.parametrize(
    "markup",
    [
        "<table>" * 30_000,
        "<table><tr><td colspan=99999999>a</td></tr></table>",
        "<table>" + "<tr><td rowspan=60000 colspan=199>a</td></tr>" * 300 + "</table>",
        "<html><script>" + "x" * 100_000,
        "<table><tr>" + "<td>a</td>" * 5_000 + "</tr></table>",
    ],
)
def test_hostile_pages_end_in_one_sentence_or_a_bounded_sheet(markup: str) -> None:
    try:
        sheets = read_bytes(markup.encode(), file_name="a.xls")
    except WorkbookRefused as refused:
        assert refused.message
    else:
        assert sum(len(row) for sheet in sheets for row in sheet.rows) <= 1_000_000


def test_entities_of_xml_of_2003_are_refused() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + XML.partition("?>")[2] % ""
    with pytest.raises(WorkbookRefused):
        read_bytes(bomb.encode(), file_name="a.xls")


def test_a_quotation_mark_that_is_never_closed_swallows_no_row() -> None:
    rows = read_case("lost_quote.csv")
    assert [row[1] for row in rows[1:]] == ["Lý Thị Mai", "Lý Thị Lan", "Lý Thị Na"]


def test_a_line_break_inside_quotes_is_one_cell() -> None:
    [sheet] = read_bytes('Tên,Ghi chú\nAn,"hai\ndòng"\nBa,x\n'.encode(), file_name="a.csv")
    assert texts(sheet)[1:] == [["An", "hai\ndòng"], ["Ba", "x"]]


def test_text_for_an_old_font_arrives_as_its_letters() -> None:
    data = "Hä tªn,Líp\nNguyÔn V¨n ¸nh,5A\n§Æng ThÞ Hßa,5A\n".encode("latin-1")
    [sheet] = read_bytes(data, file_name="a.csv")
    assert texts(sheet)[1][0] == "NguyÔn V¨n ¸nh"


def test_a_row_that_is_struck_out_is_marked() -> None:
    [sheet] = read_bytes((CASES / "struck_out.xlsx").read_bytes(), file_name="struck_out.xlsx")
    assert sheet.struck_rows == {3}


def test_one_struck_cell_strikes_out_no_row() -> None:
    book = Workbook()
    book.active.append(["Lê An", "5A", "Nam"])
    book.active["A1"].font = Font(strike=True)
    target = io.BytesIO()
    book.save(target)
    [sheet] = read_bytes(target.getvalue(), file_name="a.xlsx")
    assert sheet.struck_rows == frozenset()


def test_a_time_beside_a_date_is_kept_and_midnight_is_not() -> None:
    rows = read_case("time_zone_shift.xlsx")
    assert rows[1][2] == "24/03/2016 17:00:00"
    assert read_case("class_became_date.xlsx")[1][0] == "05/01/2026"
