"""Sheets of .xls files (BIFF 2 to 8), by xlrd. Runs in the sandbox only.

xlrd tells number formats, errors and fonts, which python-calamine does not: zeros that only a
format shows are there, #N/A is an error and not an empty cell, a struck-out row is one. It is pure
Python and slower, but files of this age are few and do not change. Web systems also write bare BIFF
records without the OLE file around them, mostly of the oldest kinds, whose texts are bytes of an
encoding that nobody names: that is found as for a .csv file (``encodings``).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import xlrd
from xlrd.biffh import XLRDError, error_text_from_code

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import (
    EMPTY,
    MAX_SHEETS,
    Cell,
    Sheet,
    WorkbookRefused,
    struck_out,
)
from idapp.workbook.display_text import GENERAL, NumberFormat, cell_of, number_cell, number_format
from idapp.workbook.encodings import decoded

_FIRST_WITH_UNICODE = 80  # BIFF8, of Excel 97
_BYTES_AS_LETTERS = "latin-1"
_BETWEEN_TEXTS = "\x1f"  # stands in no text and is one byte in every encoding


def read_xls(data: bytes) -> list[Sheet]:
    """All sheets of the file. Raises ``WorkbookRefused``; what else xlrd raises means that the file
    is broken."""
    try:
        # xlrd complains on the standard output, which is ours
        with Path(os.devnull).open("w") as nowhere:
            book = xlrd.open_workbook(
                file_contents=data,
                formatting_info=True,
                on_demand=True,
                ragged_rows=True,
                logfile=nowhere,
            )
            if book.nsheets > MAX_SHEETS:
                raise WorkbookRefused("too_many_sheets")
            return _Book(book).sheets()
    except XLRDError as fault:
        if "encrypted" in str(fault).lower():
            raise WorkbookRefused("password") from fault
        raise WorkbookRefused("broken") from fault


class _Book:
    def __init__(self, book: xlrd.Book) -> None:
        self._book = book
        self._budget = Budget()
        self._formats = {
            key: number_format(form.format_str or "") for key, form in book.format_map.items()
        }
        self._struck_fonts = {index for index, font in enumerate(book.font_list) if font.struck_out}
        self._letters: dict[str, str] = {}
        if book.biff_version < _FIRST_WITH_UNICODE and book.codepage is None:
            self._letters = _real_letters(book)

    def sheets(self) -> list[Sheet]:
        """All of them. Raises ``WorkbookRefused`` where they are beyond the limits."""
        sheets: list[Sheet] = []
        for index in range(self._book.nsheets):
            sheets.append(self._sheet(self._book.sheet_by_index(index)))
            self._book.unload_sheet(index)
        return sheets

    def _sheet(self, sheet: xlrd.sheet.Sheet) -> Sheet:
        """Row by row, with the cells that are merged downwards."""
        built = SheetBuilder(sheet.name, sheet.visibility != 0, self._budget)
        for row in range(sheet.nrows):
            cells = [self._cell(sheet, row, column) for column in range(sheet.row_len(row))]
            info = sheet.rowinfo_map.get(row)
            built.add(row + 1, cells, hidden=bool(info and info.hidden))
        for first, last, left, right in sheet.merged_cells:
            if right - left == 1:
                built.merge_down(left, first + 1, last)
        return built.sheet()

    def _cell(self, sheet: xlrd.sheet.Sheet, row: int, column: int) -> Cell:
        """A cell, and whether it is struck out; only few books have such a font at all."""
        cell = self._plain_cell(sheet.cell(row, column))
        if cell is not EMPTY and self._struck_fonts and self._is_struck(sheet, row, column):
            return struck_out(cell)
        return cell

    def _plain_cell(self, cell: xlrd.sheet.Cell) -> Cell:
        """By the type that xlrd tells: text, number, date, error or truth."""
        kind = cell.ctype
        value = cell.value
        if kind == xlrd.XL_CELL_TEXT:
            return cell_of(self._letters.get(value, value))
        if kind == xlrd.XL_CELL_NUMBER:
            return number_cell(value, self._format_of(cell))
        if kind == xlrd.XL_CELL_DATE:
            form = NumberFormat(is_date=True)
            return number_cell(value, form, date_1904=self._book.datemode == 1)
        if kind == xlrd.XL_CELL_ERROR:
            return Cell(error_text_from_code.get(value, "#N/A"), "error")
        if kind == xlrd.XL_CELL_BOOLEAN:
            return cell_of(bool(value))
        return EMPTY

    def _format_of(self, cell: xlrd.sheet.Cell) -> NumberFormat:
        """The number format of a cell that holds a number."""
        style = self._style_at(cell.xf_index)
        if style is None:
            return GENERAL
        form = self._formats.get(style.format_key, GENERAL)
        if form.is_date:  # xlrd tells dates by itself: this is no date for it
            return GENERAL
        return form

    def _style_at(self, index: int | None) -> xlrd.formatting.XF | None:
        """The style of a cell by its index, None where the file has none."""
        styles = self._book.xf_list
        if index is None or not 0 <= index < len(styles):
            return None
        return styles[index]

    def _is_struck(self, sheet: xlrd.sheet.Sheet, row: int, column: int) -> bool:
        """Each piece of the text that shows anything has a font that strikes it through."""
        style = self._style_at(sheet.cell_xf_index(row, column))
        font = 0
        if style is not None:
            font = style.font_index
        runs = sheet.rich_text_runlist_map.get((row, column), [])
        text = str(sheet.cell_value(row, column))
        return all(piece_font in self._struck_fonts for piece_font in _fonts(text, font, runs))


def _fonts(text: str, font: int, runs: list[tuple[int, int]]) -> Iterator[int]:
    """The font of each piece: ``runs`` say from which letter on another one holds."""
    begins = [(0, font), *runs]
    ends = [start for start, _ in runs] + [len(text)]
    for (start, piece_font), end in zip(begins, ends, strict=True):
        if text[start:end].strip():
            yield piece_font


def _real_letters(book: xlrd.Book) -> dict[str, str]:
    """Texts of one byte a letter, in an encoding the book does not name: xlrd gave each byte as the
    letter of its number. All texts together tell which encoding it is. Raises ``WorkbookRefused``
    (``encoding``)."""
    texts: dict[str, None] = {}
    for index in range(book.nsheets):
        texts.update(dict.fromkeys(_marked_texts(book.sheet_by_index(index))))
    if not texts:
        return {}
    data = _BETWEEN_TEXTS.join(texts).encode(_BYTES_AS_LETTERS)
    return dict(zip(texts, decoded(data).split(_BETWEEN_TEXTS), strict=True))


def _marked_texts(sheet: xlrd.sheet.Sheet) -> Iterator[str]:
    """The texts of a sheet that hold more than plain letters."""
    for row in range(sheet.nrows):
        for cell in sheet.row(row):
            if cell.ctype == xlrd.XL_CELL_TEXT and not cell.value.isascii():
                yield cell.value
