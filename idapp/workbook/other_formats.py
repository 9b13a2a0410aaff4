"""Sheets of .xls and .ods files (python-calamine) and of .csv files. Runs in the child process only.

Known limits of calamine: number formats are not told, so an .xls whose format shows lost zeros gives the bare number
(the rules then propose the zeros); error cells come as empty text.
"""

import csv
import io
import re
import unicodedata

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from idapp.workbook.cells import EMPTY, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Cell, Sheet, WorkbookRefused
from idapp.workbook.shown import cell_of
from idapp.workbook.tally import Tally

_VIETNAMESE = set("ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ’‘“”–—…•\ufeff\xa0°×«»₫")


def read_by_calamine(data: bytes) -> list[Sheet]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except PasswordError as fault:
        raise WorkbookRefused("password") from fault
    plain = [one for one in book.sheets_metadata if one.typ is SheetTypeEnum.WorkSheet]
    if len(plain) > MAX_SHEETS:
        raise WorkbookRefused("too_many_sheets")
    tally = Tally()
    sheets = []
    for one in plain:
        sheet = book.get_sheet_by_name(one.name)
        _guard_size(one.name, sheet.end)
        rows = [_cut([cell_of(value) for value in row], tally) for row in _values(sheet)]
        sheets.append(Sheet(one.name, one.visible is not SheetVisibleEnum.Visible, _cut_rows(rows)))
    return sheets


def read_csv(data: bytes) -> list[Sheet]:
    text = _decoded(data)
    if marked := re.match(r"sep=(.)\r?\n", text):  # a line Excel writes for itself and never shows
        text, delimiter = text[marked.end() :], marked.group(1)
    else:
        delimiter = _delimiter(text)
    tally = Tally()
    rows: list[tuple[Cell, ...]] = []
    for values in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        cells = _cut([cell_of(_unwrapped(value)) for value in values], tally)
        if len(cells) > MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", "CSV")
        rows.append(cells)
        if cells and len(rows) > MAX_ROWS:
            raise WorkbookRefused("too_many_rows", "CSV")
    return [Sheet("CSV", False, _cut_rows(rows))]


def _guard_size(name: str, end: tuple[int, int] | None) -> None:
    if end and end[0] >= MAX_ROWS:
        raise WorkbookRefused("too_many_rows", name)
    if end and end[1] >= MAX_COLUMNS:
        raise WorkbookRefused("too_many_columns", name)


def _values(sheet: object) -> list[list[object]]:
    return sheet.to_python(skip_empty_area=False)  # type: ignore[attr-defined]


def _cut(cells: list[Cell], tally: Tally) -> tuple[Cell, ...]:
    while cells and cells[-1] is EMPTY:
        cells.pop()
    tally.count(cells)
    return tuple(cells)


def _cut_rows(rows: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _unwrapped(value: str) -> str:
    """``="0123"`` is how some systems keep zeros in a CSV that Excel opens."""
    return value[2:-1] if re.fullmatch(r'="[^"]*"', value) else value


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with or without mark, then windows-1258, but only if what comes out is Vietnamese."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data[:2000]:
        encodings = ["utf-16-le" if data[1:2000:2].count(0) >= data[0:2000:2].count(0) else "utf-16-be"]
    else:
        encodings = ["utf-8-sig", "windows-1258"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "windows-1258" or _is_vietnamese(text):
            return text
    raise WorkbookRefused("encoding")


def _is_vietnamese(text: str) -> bool:
    """windows-1258 gives some letter to nearly every byte; fonts like .VnTime would come out as nonsense."""
    marked = [letter for letter in unicodedata.normalize("NFC", text).lower() if ord(letter) > 127]
    return sum(letter in _VIETNAMESE for letter in marked) >= 0.95 * len(marked)


def _delimiter(text: str) -> str:
    """The one that cuts the first rows into most columns."""
    head = text[:20_000].splitlines(keepends=True)[:40]
    return max(",;\t", key=lambda one: sum(len(row) for row in csv.reader(head, delimiter=one) if len(row) > 1))
