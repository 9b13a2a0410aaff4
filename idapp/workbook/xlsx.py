"""Sheets of an .xlsx or .xlsm file, by openpyxl's row parser. Runs in the child process only.

openpyxl in data-only mode answers None both for an empty cell and for a formula without a stored result, and replaces
``x005F_`` in shared strings in a way that cannot be undone. So two of its steps are ours: the string table, and the
last word on a cell. Its own stylesheet reader still decides which formats are dates. Measured on 2,000 x 20 cells:
python-calamine is 10 times faster but answers "" for #N/A, hides formulas without result and knows no number formats.

The two big parts are parsed by the standard library's C parser, twice as fast as defusedxml's Python one: the guard has
already refused every document type, and this process has nothing to read and little to eat. openpyxl parses the rest
through defusedxml.
"""

import io
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, iterparse

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.worksheet._reader import CELL_TAG, FORMULA_TAG, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from idapp.workbook.cells import EMPTY, MAX_COLUMNS, MAX_ROWS, MAX_SHEETS, Cell, Sheet, WorkbookRefused
from idapp.workbook.shown import cell_of, unescape, zero_mask
from idapp.workbook.tally import Tally

_STRING_TAG, _TEXT_TAG = f"{{{SHEET_MAIN_NS}}}si", f"{{{SHEET_MAIN_NS}}}t"
_RUN_TAG = f"{{{SHEET_MAIN_NS}}}r"
_EMPTY_ROWS_READ = 200_000  # rows that hold only formats are passed over, but not for ever
_UNKNOWABLE = "#"


def read_xlsx(data: bytes) -> list[Sheet]:
    book = _Book(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    book.read_manifest()
    book.read_strings()
    book.read_workbook()
    apply_stylesheet(book.archive, book.wb)
    # not read_worksheets(): it looks for the size of each sheet, to the last row if the file does not say it
    found = [(sheet, rel.target) for sheet, rel in book.parser.find_sheets() if rel.Type.endswith("/worksheet")]
    if len(found) > MAX_SHEETS:
        raise WorkbookRefused("too_many_sheets")
    if not found:
        raise WorkbookRefused("broken")
    masks = _masks(book.wb)
    tally = Tally()
    return [
        Sheet(sheet.name, sheet.state != "visible", _rows(book, target, sheet.name, masks, tally))
        for sheet, target in found
        if target in book.valid_files
    ]


class _Book(ExcelReader):
    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = [unescape(text) for text in _string_table(source)]


def _string_table(source: Any) -> Iterator[str]:
    for _, node in iterparse(source):  # noqa: S314  (see above)
        if node.tag == _STRING_TAG:
            yield _plain(node)
            node.clear()


def _plain(node: Element) -> str:
    """The text of plain and rich strings, without the phonetic guide (rPh)."""
    pieces = [child.text for child in node if child.tag == _TEXT_TAG]
    pieces += [text.text for run in node if run.tag == _RUN_TAG for text in run if text.tag == _TEXT_TAG]
    return "".join(piece for piece in pieces if piece)


def _masks(workbook: Any) -> list[str]:
    """For each cell style the zeros its number format adds."""
    masks = []
    for style in workbook._cell_styles:
        number = style.numFmtId
        if number < BUILTIN_FORMATS_MAX_SIZE:
            number_format = BUILTIN_FORMATS.get(number, "General")
        else:
            number_format = workbook._number_formats[number - BUILTIN_FORMATS_MAX_SIZE]
        masks.append(zero_mask(number_format))
    return masks


def _rows(book: _Book, target: str, title: str, masks: list[str], tally: Tally) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    workbook = book.wb
    with book.archive.open(target) as source:
        parser = _RowParser(
            source,
            book.shared_strings,
            data_only=True,
            epoch=workbook.epoch,
            date_formats=workbook._date_formats,
            timedelta_formats=workbook._timedelta_formats,
        )
        for number, found in parser.rows():
            cells = _row(found, masks, title)
            if cells:
                _place(rows, number, cells, title)
                tally.count(cells)
            elif number > _EMPTY_ROWS_READ:
                break
    return rows


def _place(rows: list[tuple[Cell, ...]], number: int, cells: tuple[Cell, ...], title: str) -> None:
    if not 1 <= number <= MAX_ROWS:
        raise WorkbookRefused("too_many_rows", title)
    rows.extend(() for _ in range(number - len(rows)))
    rows[number - 1] = cells


def _row(found: list[dict[str, Any]], masks: list[str], title: str) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for one in found:
        cell = _cell(one, masks)
        if cell is EMPTY:
            continue
        column = one["column"]
        if not 1 <= column <= MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", title)
        while len(cells) < column:
            cells.append(EMPTY)
        cells[column - 1] = cell
    return tuple(cells)


def _cell(one: dict[str, Any], masks: list[str]) -> Cell:
    value, data_type = one["value"], one["data_type"]
    if data_type == _UNKNOWABLE:
        return Cell(value, "formula")
    if value is None:
        return EMPTY
    if data_type == "e":
        return Cell(str(value), "error")
    style = one["style_id"]
    return cell_of(value, mask=masks[style] if data_type == "n" and style and style < len(masks) else "")


class _RowParser(WorkSheetParser):
    """openpyxl's parser, reduced to rows, and honest about formulas and about cells that it cannot read."""

    def rows(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        for _, element in iterparse(self.source):  # noqa: S314  (see above)
            if element.tag == ROW_TAG:
                yield self.parse_row(element)
                self.row_dimensions.clear()
            if element.tag not in _INSIDE_A_ROW:
                element.clear()

    def parse_cell(self, element: Element) -> dict[str, Any]:
        try:
            cell: dict[str, Any] = super().parse_cell(element)
        except (ValueError, OverflowError, IndexError, TypeError):
            text = element.findtext(VALUE_TAG) or "?"
            position = {"row": self.row_counter, "column": max(self.col_counter, 1)}
            return {**position, "value": text[:40], "data_type": "e", "style_id": 0}
        if cell["value"] is None and (formula := element.find(FORMULA_TAG)) is not None:
            # <v></v> in a cell of type str is the stored result "", as in =IF(A1="","",A1)
            if element.get("t") != "str" or element.find(VALUE_TAG) is None:
                cell.update(value="=" + (formula.text or ""), data_type=_UNKNOWABLE)
        elif element.get("t") in ("str", "inlineStr") and isinstance(cell["value"], str):
            cell["value"] = unescape(cell["value"])
        return cell


_INSIDE_A_ROW = {CELL_TAG, VALUE_TAG, FORMULA_TAG, *(f"{{{SHEET_MAIN_NS}}}{tag}" for tag in ("is", "t", "r", "rPh"))}
