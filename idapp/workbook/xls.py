"""Sheets of .xls files (BIFF), by xlrd. Runs in the child process only.

xlrd tells number formats and errors, which python-calamine does not: zeros that only a format shows are there, #N/A is
an error and not an empty cell. It is pure Python and slower, but files of this age are few and do not change.
"""

import os
from pathlib import Path

import xlrd
from xlrd.biffh import XLRDError, error_text_from_code

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import (
    EMPTY,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHEETS,
    Cell,
    Sheet,
    WorkbookRefused,
)
from idapp.workbook.shown import cell_of, moment, number_text, zero_mask


def read_xls(data: bytes) -> list[Sheet]:
    try:
        with Path(os.devnull).open(
            "w"
        ) as nowhere:  # xlrd complains on the standard output, which is ours
            book = xlrd.open_workbook(
                file_contents=data, formatting_info=True, on_demand=True, logfile=nowhere
            )
            if book.nsheets > MAX_SHEETS:
                raise WorkbookRefused("too_many_sheets")
            masks, budget = _masks(book), Budget()
            return [_sheet(book, at, masks, budget) for at in range(book.nsheets)]
    except XLRDError as fault:
        raise WorkbookRefused(
            "password" if "encrypted" in str(fault).lower() else "broken"
        ) from fault


def _masks(book: xlrd.Book) -> list[str]:
    """For each cell style the zeros its number format adds."""
    formats = {key: zero_mask(one.format_str or "") for key, one in book.format_map.items()}
    return [formats.get(style.format_key, "") for style in book.xf_list]


def _sheet(book: xlrd.Book, at: int, masks: list[str], budget: Budget) -> Sheet:
    sheet = book.sheet_by_index(at)
    built = SheetBuilder(sheet.name, sheet.visibility != 0, budget)
    for row in range(sheet.nrows):
        cells = [
            _cell(book, sheet.cell(row, column), masks) for column in range(sheet.row_len(row))
        ]
        if row >= MAX_ROWS and any(cell is not EMPTY for cell in cells):
            raise WorkbookRefused("too_many_rows", sheet.name)
        if any(cell is not EMPTY for cell in cells[MAX_COLUMNS:]):
            raise WorkbookRefused("too_many_columns", sheet.name)
        info = sheet.rowinfo_map.get(row)
        built.add(row + 1, cells, hidden=bool(info and info.hidden))
    for first, last, left, right in sheet.merged_cells:
        if right - left == 1:
            built.merge_down(left, first + 1, last)
    book.unload_sheet(at)
    return built.sheet()


def _cell(book: xlrd.Book, cell: xlrd.sheet.Cell, masks: list[str]) -> Cell:
    kind, value = cell.ctype, cell.value
    if kind == xlrd.XL_CELL_NUMBER:
        mask = (
            masks[cell.xf_index] if cell.xf_index is not None and cell.xf_index < len(masks) else ""
        )
        return Cell(number_text(value, mask), "number")
    if kind == xlrd.XL_CELL_DATE:
        try:
            return cell_of(moment(value, date_1904=book.datemode == 1))
        except OverflowError:
            return Cell("#VALUE!", "error")
    if kind == xlrd.XL_CELL_ERROR:
        return Cell(error_text_from_code.get(value, "#N/A"), "error")
    if kind == xlrd.XL_CELL_BOOLEAN:
        return cell_of(bool(value))
    return cell_of(value if kind == xlrd.XL_CELL_TEXT else None)
