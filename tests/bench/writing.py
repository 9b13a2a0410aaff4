"""Writing a school of 2,000 as a workbook: by us, and the bare cells by the two libraries that could do it."""

import io
from collections.abc import Iterator

import openpyxl
import xlsxwriter
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Protection

from idapp.rules import record
from idapp.workbook import Column, Page, write_workbook
from tests.bench.figures import Figure, p50
from tests.bench.ground import Ground

_PEOPLE = 2_000
_TIMES = 5


def figures(_: Ground) -> Iterator[Figure]:
    """The same texts in the same format, so that only the library differs."""
    columns = [Column(field.label, 16) for field in record.fields_of("student")]
    rows = [_row(n) for n in range(_PEOPLE)]
    by_xlsxwriter = p50(lambda: _xlsxwriter(rows), _TIMES)
    by_openpyxl = p50(lambda: _openpyxl(rows), _TIMES)
    ours = p50(
        lambda: write_workbook(io.BytesIO(), sheets=[Page("Học sinh", columns, rows)]), _TIMES
    )
    floor_is = "XlsxWriter, bare text cells"
    yield Figure(f"{_PEOPLE:,}: openpyxl write-only", by_openpyxl, by_xlsxwriter, floor_is)
    yield Figure(f"{_PEOPLE:,}: our workbook", ours, by_xlsxwriter, floor_is)


def _row(n: int) -> list[str]:
    """A record as a school has it: some texts are its own, most are shared with others."""
    return [
        f"Nguyễn Thị Bình An {n}",
        f"{1 + n % 28:02d}/{1 + n % 12:02d}/{2010 + n % 6}",
        ("Nam", "Nữ")[n % 2],
        f"100312{n:06d}",
        "Tỉnh Long An",
        "Huyện Thủ Thừa",
        f"Xã {n % 13}",
        f"Ấp {n % 40}",
        "Kinh",
        "Việt Nam",
        f"1000{n:06d}",
        f"Nguyễn Văn {n}",
        "1980",
        f"Lê Thị {n}",
        "1981",
    ]


def _xlsxwriter(rows: list[list[str]]) -> None:
    book = xlsxwriter.Workbook(io.BytesIO(), {"in_memory": True})
    sheet = book.add_worksheet()
    text = book.add_format({"num_format": "@", "valign": "top", "locked": False})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write_string(number, column, value, text)
    book.close()


def _openpyxl(rows: list[list[str]]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    pattern = WriteOnlyCell(sheet)
    pattern.number_format = "@"
    pattern.alignment = Alignment(vertical="top")
    pattern.protection = Protection(locked=False)
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value=value)
            # Setting the three properties on each cell takes three times as long as handing the style on.
            cell._style = pattern._style
            cells.append(cell)
        sheet.append(cells)
    book.save(io.BytesIO())
