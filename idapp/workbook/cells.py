"""What a workbook is to the rest of the house: sheets of cells, or one sentence why there are none.

``Cell.text`` is what a person reads in the cell: a number without exponent and with the zeros its
format shows, a date as dd/mm/yyyy, an error as ``#N/A``. A time that is not midnight stands behind
its date, ``24/03/2016 17:00:00``, even where the format hides it: it tells a later reader that the
day may have slipped into the one before. ``kind`` says what lay beneath the text: ``bool`` is TRUE
or FALSE of a workbook, never a text; ``formula`` is a formula whose result the file does not hold,
so nobody can know what the person saw. ``struck``: all of the text is struck through.

The limits below are the whole policy. A year of 2,000 pupils with 70 columns is
140,000 cells.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

MAX_FILE_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 120_000_000  # a sheet of 800,000 cells is about 50 MB of XML
MAX_RATIO = 200  # real sheets pack 10 to 40 times, the worst formatted-but-empty ones 100
MAX_PARTS = 2_000
MAX_SHEETS = 100
MAX_ROWS = 60_000  # the longest catalogue sheet, the communes, has 10,600; the largest school 5,000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000
MAX_TEXT = 24_000_000  # characters in all cells together
MAX_CELL_TEXT = 32_767  # Excel's own limit

Kind = Literal["text", "number", "date", "bool", "error", "formula", "empty"]
LETTER_OF: dict[Kind, str] = {
    "text": "t",
    "number": "n",
    "date": "d",
    "bool": "b",
    "error": "e",
    "formula": "f",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as a person reads it; see the beginning of this module."""

    text: str
    kind: Kind
    struck: bool = field(default=False, compare=False)  # two cells are the same by what they say


EMPTY = Cell("", "empty")


def struck_out(cell: Cell) -> Cell:
    """The cell as one that is struck through; an empty one has nothing to strike.

    >>> struck_out(Cell("An", "text")).struck, struck_out(EMPTY) is EMPTY
    (True, True)
    """
    if cell is EMPTY:
        return cell
    return replace(cell, struck=True)


@dataclass(frozen=True)
class Sheet:
    """``rows[0]`` is row 1 of the sheet. Trailing empty rows and cells are cut, so rows differ in
    length. ``hidden_rows`` are numbers, counted from 1, of rows that hold something and that Excel
    does not show; ``struck_rows`` of rows that somebody struck out: at least two thirds of their
    filled cells are."""

    name: str
    hidden: bool
    rows: list[tuple[Cell, ...]]
    hidden_rows: frozenset[int] = frozenset()
    struck_rows: frozenset[int] = frozenset()


class WorkbookRefused(Exception):
    """The file was not read. ``code`` for tests and statistics, ``message`` is one sentence for the
    person."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        self.message = SENTENCES[code].format(detail=detail)
        super().__init__(self.message)


_SAVE_AGAIN = (
    "hãy mở tệp bằng Excel, chọn Lưu thành (Save As), kiểu “Excel Workbook (*.xlsx)” rồi tải "
    "lên lại."
)

SENTENCES = {
    "empty_file": "Tệp rỗng (0 byte): hãy kiểm tra lại tệp trên máy rồi tải lên lại.",
    "too_big": (
        "Tệp lớn hơn 10 MB: hãy xóa hình ảnh và các sheet không cần, hoặc tách theo khối rồi "
        "tải lên từng tệp."
    ),
    "not_workbook": (
        "Đây không phải là tệp bảng tính: hãy chọn tệp .xlsx, .xlsm, .xls, .ods hoặc .csv."
    ),
    "image": "Tệp này là ảnh, không phải bảng tính: hãy chọn tệp Excel (.xlsx hoặc .xls).",
    "pdf": (
        "Tệp này là PDF, không phải bảng tính: hãy xuất lại từ phần mềm dưới dạng Excel (.xlsx "
        "hoặc .xls)."
    ),
    "word": (
        "Tệp này là văn bản Word, không phải bảng tính: hãy chép bảng sang Excel và lưu thành "
        ".xlsx."
    ),
    "archive": "Tệp này là tệp nén: hãy giải nén rồi chọn tệp bảng tính ở bên trong.",
    "web_page": "Tệp này là trang web hoặc XML mang đuôi Excel: " + _SAVE_AGAIN,
    "binary_workbook": "Tệp ở kiểu .xlsb chưa đọc được: " + _SAVE_AGAIN,
    "broken": "Tệp bị hỏng hoặc chưa tải về đủ: hãy xuất lại tệp từ phần mềm, hoặc " + _SAVE_AGAIN,
    "password": (
        "Tệp có mật khẩu: hãy mở bằng Excel, bỏ mật khẩu (Tệp > Thông tin > Bảo vệ sổ làm "
        "việc), lưu lại rồi tải lên."
    ),
    "unsafe": "Cấu trúc bên trong tệp không an toàn nên không được mở: " + _SAVE_AGAIN,
    "bomb": (
        "Tệp nén quá nhiều dữ liệu bên trong nên không được mở: hãy xóa dòng, cột và sheet "
        "thừa, lưu lại rồi tải lên."
    ),
    "macro": "Tệp mang đuôi .xlsx nhưng chứa macro nên không được mở: " + _SAVE_AGAIN,
    "embedded": (
        "Tệp chứa đối tượng nhúng (tệp khác hoặc nút điều khiển) nên không được mở: hãy xóa các "
        "đối tượng đó, lưu lại thành .xlsx rồi tải lên."
    ),
    "too_many_sheets": "Tệp có quá 100 sheet: hãy giữ lại các sheet danh sách rồi tải lên lại.",
    "too_many_rows": (
        "Sheet “{detail}” có dữ liệu ngoài 60.000 dòng: hãy xóa các dòng thừa ở cuối hoặc tách "
        "tệp theo khối."
    ),
    "too_many_columns": (
        "Sheet “{detail}” có dữ liệu ngoài 200 cột: hãy xóa các cột thừa ở bên phải rồi tải lên "
        "lại."
    ),
    "too_many_cells": (
        "Tệp có quá nhiều ô dữ liệu (hơn 1.000.000): hãy xóa sheet thừa hoặc tách tệp theo khối."
    ),
    "encoding": (
        "Không đọc được chữ trong tệp văn bản này: hãy lưu lại từ Excel với kiểu “CSV UTF-8” "
        "hoặc .xlsx."
    ),
    "quote": (
        'Dòng {detail} của tệp có dấu ngoặc kép (") mở ra mà không rõ khép lại ở đâu, nên các '
        "dòng sau có thể bị gộp vào nó: hãy mở tệp bằng Notepad, xóa dấu đó, lưu lại rồi tải "
        "lên."
    ),
    "nested": "Bảng trong tệp lồng vào nhau quá nhiều lớp nên không được mở: " + _SAVE_AGAIN,
    "too_heavy": (
        "Tệp quá nặng nên không đọc xong trong thời gian cho phép: hãy xóa dòng, cột trống có "
        "định dạng và sheet thừa, lưu lại rồi tải lên."
    ),
    "busy": "Máy chủ đang đọc các tệp khác: hãy đợi một phút rồi tải lên lại.",
    "no_table": (
        "Không tìm thấy dòng tiêu đề trong 30 dòng đầu của sheet nào: tệp cần có một dòng tiêu "
        "đề với các cột như {detail}."
    ),
}


def letters(column: int) -> str:
    """How Excel names a column that is counted from 0.

    >>> letters(0), letters(27)
    ('A', 'AB')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
