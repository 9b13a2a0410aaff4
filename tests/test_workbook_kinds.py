"""What lies beneath a text: truth values, times beside dates, zeros that only a format shows; in every kind of file."""

import datetime
from collections.abc import Callable

import pytest
import xlsxwriter

from idapp.rules import birth_date
from idapp.rules.problem import Problem
from idapp.workbook import Cell, read_bytes
from tests.workbooks import case, ods, old_xls, with_rows, xlsx

TODAY = datetime.date(2026, 11, 30)


def ods_cell(attributes: str, shown: str) -> bytes:
    cell = f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"
    return ods(f"<table:table-row>{cell}</table:table-row>")


def xml_cell(kind: str, value: str, style: str = "") -> bytes:
    return (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f'<Styles><Style ss:ID="s">{style}</Style></Styles><Worksheet ss:Name="A"><Table><Row>'
        f'<Cell ss:StyleID="s"><Data ss:Type="{kind}">{value}</Data></Cell>'
        "</Row></Table></Worksheet></Workbook>"
    ).encode()


def page_cell(attributes: str, shown: str) -> bytes:
    namespace = 'xmlns:x="urn:schemas-microsoft-com:office:excel"'
    return f"<html {namespace}><table><tr><td {attributes}>{shown}</td></tr></table>".encode()


def xlsx_cell(value: object, number_format: str = "General") -> bytes:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.write(0, 0, value, book.add_format({"num_format": number_format}))

    return xlsx(fill)


def xls_cell(value: object, number_format: str = "General") -> bytes:
    xlwt = pytest.importorskip("xlwt")
    style = xlwt.easyxf(num_format_str=number_format)
    return old_xls(lambda sheet: sheet.write(0, 0, value, style))


def the_cell(data: bytes) -> Cell:
    (sheet,) = read_bytes(data, file_name="a.xls")
    return sheet.rows[0][0]


TRUTHS: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx_cell(True),
    "xlsx, of a formula": lambda: with_rows(
        b'<row r="1"><c r="A1" t="b"><f>1=1</f><v>1</v></c></row>'
    ),
    "xls": lambda: xls_cell(True),
    "ods": lambda: ods_cell('office:value-type="boolean" office:boolean-value="true"', "ĐÚNG"),
    "html": lambda: page_cell('x:bool="TRUE"', "ĐÚNG"),
    "xml 2003": lambda: xml_cell("Boolean", "1"),
}


@pytest.mark.parametrize("kind", TRUTHS)
def test_a_truth_value_is_told_from_a_name(kind: str) -> None:
    assert the_cell(TRUTHS[kind]()) == Cell("TRUE", "bool")


EVENING = datetime.datetime(2016, 3, 24, 17, 0)
EVENINGS: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx_cell(EVENING, "dd/mm/yyyy"),
    "xlsx, month first": lambda: xlsx_cell(EVENING, "m/d/yyyy"),
    "xlsx, ISO text": lambda: with_rows(
        b'<row r="1"><c r="A1" t="d"><v>2016-03-24T17:00:00.000Z</v></c></row>'
    ),
    "xls": lambda: xls_cell(EVENING, "dd/mm/yyyy"),
    "ods": lambda: ods_cell(
        'office:value-type="date" office:date-value="2016-03-24T17:00:00"', "24/03/2016"
    ),
    "html": lambda: page_cell(
        "x:num='42453.7083333' style='mso-number-format:\"Short Date\"'", "3/24/2016"
    ),
    "xml 2003": lambda: xml_cell("DateTime", "2016-03-24T17:00:00.000"),
}


@pytest.mark.parametrize("kind", EVENINGS)
def test_a_time_stands_behind_its_date_even_where_the_format_hides_it(kind: str) -> None:
    cell = the_cell(EVENINGS[kind]())
    assert cell == Cell("24/03/2016 17:00:00", "date")
    with pytest.raises(Problem) as asked:  # which day it was, nobody can tell
        birth_date.validate(cell.text, TODAY)
    assert asked.value.suggestion == "25/03/2016"


def test_the_case_of_the_shifted_zone_keeps_its_time() -> None:
    (sheet,) = case("time_zone_shift.xlsx")
    assert sheet.rows[1][2] == Cell("24/03/2016 17:00:00", "date")


@pytest.mark.parametrize("number_format", ["dd/mm/yyyy", "m/d/yyyy", "d/m", "yyyy-mm-dd h:mm:ss"])
def test_a_midnight_is_a_date_and_nothing_else(number_format: str) -> None:
    assert the_cell(xlsx_cell(42453, number_format)) == Cell("24/03/2016", "date")
    assert the_cell(xls_cell(42453, number_format)) == Cell("24/03/2016", "date")


@pytest.mark.parametrize(
    ("serial", "text"),
    [
        (42453.99999996528, "24/03/2016 23:59:59"),  # 23:59:59.997, a midnight of another zone
        (42453.999999999, "25/03/2016"),  # what a sum of floats loses
        (42453.0000000001, "24/03/2016"),
        (42453.7083333, "24/03/2016 17:00:00"),
    ],
)
def test_the_last_moment_of_a_day_is_not_the_next_day(serial: float, text: str) -> None:
    assert the_cell(xlsx_cell(serial, "dd/mm/yyyy")).text == text
    assert the_cell(xls_cell(serial, "dd/mm/yyyy")).text == text


def test_iso_texts_of_other_kinds_keep_the_last_moment_too() -> None:
    last = "2016-03-24T23:59:59.997"
    for data in (
        ods_cell(f'office:value-type="date" office:date-value="{last}"', "24/03/2016"),
        xml_cell("DateTime", last),
    ):
        assert the_cell(data).text == "24/03/2016 23:59:59"


def test_a_class_that_became_a_date_is_called_a_date() -> None:
    (sheet,) = case("class_became_date.xlsx")
    assert sheet.rows[1][0] == Cell("05/01/2026", "date")


CLASSES: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx_cell(5.1, "0.00"),
    "xlsx, a format of the menu": lambda: with_styles_of_menu(),
    "xls": lambda: xls_cell(5.1, "0.00"),
    "ods": lambda: ods_cell('office:value-type="float" office:value="5.1"', "5,10"),
    "html": lambda: page_cell("x:num='5.1' style='mso-number-format:\"0\\.00\"'", "5,10"),
    "html, as it is shown": lambda: page_cell("", "5.10"),
    "xml 2003": lambda: xml_cell("Number", "5.1", '<NumberFormat ss:Format="Fixed"/>'),
}


def with_styles_of_menu() -> bytes:
    def fill(book: xlsxwriter.Workbook, sheet: object) -> None:
        sheet.write_number(0, 0, 5.1, book.add_format({"num_format": 2}))

    return xlsx(fill)


@pytest.mark.parametrize("kind", CLASSES)
def test_class_5_10_is_not_class_5_1(kind: str) -> None:
    assert the_cell(CLASSES[kind]()).text == "5.10"


ZEROS: dict[str, Callable[[], bytes]] = {
    "xlsx": lambda: xlsx_cell(80312000012, "000000000000"),
    "xls": lambda: xls_cell(80312000012, "000000000000"),
    "html": lambda: page_cell("x:num='80312000012' style='mso-number-format:000000000000'", "8E10"),
    "html, only a format": lambda: page_cell(
        "style='mso-number-format:\"000000000000\"'", "80312000012"
    ),
    "xml 2003": lambda: xml_cell(
        "Number", "80312000012", '<NumberFormat ss:Format="000000000000"/>'
    ),
}


@pytest.mark.parametrize("kind", ZEROS)
def test_zeros_that_a_format_shows_are_there(kind: str) -> None:
    assert the_cell(ZEROS[kind]()) == Cell("080312000012", "number")


def test_decimals_of_a_format_are_not_added_to_a_whole_number() -> None:
    assert the_cell(xlsx_cell(100316000101, "0.00")).text == "100316000101"
    assert the_cell(xlsx_cell(2016, "#,##0.00")).text == "2016"


def test_a_format_takes_no_digit_away() -> None:
    assert the_cell(xlsx_cell(80211000002.5, "0")).text == "80211000002.5"
    assert the_cell(xlsx_cell(5.123, "0.0")).text == "5.123"
