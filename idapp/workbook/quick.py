"""The rows of a worksheet part the quick way: by pattern, where every row is written as Excel and
its like write it.

The pattern is strict: each byte of the table must belong to a row or to a cell with nothing but a
value, in UTF-8, without prefix, comment or CDATA. Otherwise the answer is None and the parser of
``xlsx`` reads the part from its beginning; so nothing is read here that the parser would read
differently (a property test compares the two).

Does it earn its lines? Measured in November 2026: processor time of reading one file in the child,
the two in turn, the least of seven rounds, on a machine that others kept busy (openpyxl's bare
reading took 0.55 s and 1.24 s there).

                    with this module    parser alone
    1,980 rows           0.09 s            0.19 s
    5,000 rows           0.22 s            0.39 s

So it saves 0.14 to 0.18 of the bare reading, of which the whole check page may take 2.3. The page
is near that bar, so the module stays, for schools of 2,000 and 5,000 as well. What it once did
besides (formulas, inline strings, the string table) is left to the parser.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from idapp.workbook.cells import EMPTY, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Cell, WorkbookRefused
from idapp.workbook.package import MAIN

_CELLS_REMEMBERED = 50_000
_DECLARATION = (
    rb'(?:<\?xml version="1\.0"(?: encoding="(?:utf|UTF)-8")?'
    rb'(?: standalone="(?:yes|no)")? ?\?>\s*)?'
)
_NAMESPACE = rb"(?:" + b"|".join(re.escape(space.encode()) for space in MAIN) + rb")"
_ATTRIBUTES = rb'((?:\s+[A-Za-z0-9:]+="[^"<>&]*")*)\s*'
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*"
    + _DECLARATION
    + rb"<worksheet"
    + _ATTRIBUTES
    + rb' xmlns="'
    + _NAMESPACE
    + rb'"'
    + _ATTRIBUTES
    + rb">"
)
_ROW = re.compile(rb"\s*<row" + _ATTRIBUTES + rb"(/?)>")
_ROW_END = b"</row>"
_CELL_WITH_VALUE = rb'<c r="([A-Z]{1,3})[0-9]{1,7}"([^<>&/]*)(?:/>|><v>([^<&\r]*)</v></c>)'
_CELL = re.compile(_CELL_WITH_VALUE)
_CELLS = re.compile(rb"(?:" + _CELL_WITH_VALUE + rb")*+")
_ATTRIBUTE = re.compile(rb'([A-Za-z0-9:]+)="([^"]*)"')
_TABLE_START = b"<sheetData>"
_TABLE_END = re.compile(rb"\s*</sheetData>")
_MERGE = re.compile(rb'<mergeCell [^<>]*?\bref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')

CellOf = Callable[[str | None, str | None, str | None], Cell]  # attributes t and s, the value
ColumnOf = Callable[[str], int]  # "A" is 0


class QuickRow(NamedTuple):
    """``number`` counts from 1; ``cells`` begin at column A."""

    number: int
    cells: list[Cell]
    hidden: bool


class QuickSheet(NamedTuple):
    """``merges`` are ranges as they are written, ``A1:A3``."""

    rows: list[QuickRow]
    merges: list[str]


class _WrittenOtherwise(Exception):
    """The parser has to read it."""


def read_quickly(name: str, data: bytes, cell_of: CellOf, column_of: ColumnOf) -> QuickSheet | None:
    """The sheet of this name; None where the part is not written in the usual way.

    Raises ``WorkbookRefused`` where it holds more rows or cells than may be.
    """
    start = data.find(_TABLE_START)
    if start < 0 or not _ROOT.match(data):
        return None
    if b"<!" in data or not data.rstrip().endswith(b"</worksheet>"):
        return None
    reader = _Reader(name, data, cell_of, column_of)
    try:
        rows = list(reader.rows(start + len(_TABLE_START)))
    except _WrittenOtherwise:
        return None
    return QuickSheet(rows, [match[1].decode() for match in _MERGE.finditer(data, reader.end)])


class _Reader:
    def __init__(self, name: str, data: bytes, cell_of: CellOf, column_of: ColumnOf) -> None:
        self._name = name
        self._data = data
        self._cell_of = cell_of
        self._column_of = column_of
        self._made: dict[tuple[bytes, bytes], Cell] = {}
        self._columns: dict[bytes, int] = {}
        self._attributes: dict[bytes, dict[str, str]] = {}
        self.end = 0  # of what has been read

    def rows(self, start: int) -> Iterator[QuickRow]:
        """From the byte behind ``<sheetData>`` on. Raises ``_WrittenOtherwise``, and
        ``WorkbookRefused`` where there are more rows or cells than may be."""
        self.end = start
        number = 0
        cell_count = 0
        while match := _ROW.match(self._data, self.end):
            self.end = match.end()
            attributes = _attributes(match[1])
            written = attributes.get("r", "")
            if written.isdecimal() and len(written) < 9:
                number = int(written)
            else:
                number += 1
            cells: list[Cell] = []
            if not match[2]:
                cells = self._cells_of_row()
            cell_count += len(cells)
            if cells and number > MAX_ROWS:
                raise WorkbookRefused("too_many_rows", self._name)
            if cell_count > MAX_CELLS:
                raise WorkbookRefused("too_many_cells")
            yield QuickRow(number, cells, attributes.get("hidden") in ("1", "true"))
        if not _TABLE_END.match(self._data, self.end):
            raise _WrittenOtherwise

    def _cells_of_row(self) -> list[Cell]:
        """The cells up to the end of the row. Raises ``_WrittenOtherwise``."""
        start = self.end
        end = self._data.find(_ROW_END, start)
        if end < 0 or not _CELLS.fullmatch(self._data, start, end):
            raise _WrittenOtherwise
        self.end = end + len(_ROW_END)
        cells: list[Cell] = []
        made = self._made
        columns = self._columns
        for letters, rest, value in _CELL.findall(self._data, start, end):
            if not value:
                continue
            cell = made.get((rest, value)) or self._make(rest, value)
            if cell is EMPTY:
                continue
            if letters not in columns:
                columns[letters] = self._column_of(letters.decode())
            _put(cells, columns[letters], cell)
        return cells

    def _make(self, rest: bytes, value: bytes) -> Cell:
        """The cell of these attributes and this value, remembered for the next that says the same."""
        if rest not in self._attributes:
            self._attributes[rest] = _attributes(rest)
        attributes = self._attributes[rest]
        cell = self._cell_of(attributes.get("t"), attributes.get("s"), value.decode())
        if len(self._made) < _CELLS_REMEMBERED:
            self._made[rest, value] = cell
        return cell


def _put(cells: list[Cell], column: int, cell: Cell) -> None:
    """A cell where it stands; the cells between it and the one before are empty."""
    missing = column - len(cells)
    if missing == 0:
        cells.append(cell)
    elif missing > 0:
        # what lies beyond the limit only has to be seen to be beyond it
        cells.extend([EMPTY] * min(missing, MAX_COLUMNS))
        cells.append(cell)
    else:
        cells[column] = cell


def _attributes(text: bytes) -> dict[str, str]:
    """{name: text} of the attributes of an element."""
    return {name.decode(): value.decode() for name, value in _ATTRIBUTE.findall(text)}
