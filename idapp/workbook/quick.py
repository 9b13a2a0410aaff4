"""The rows of a worksheet part the quick way: by pattern, where the part is written as Excel and its like write it.

An XML parser calls Python five times for each cell; a pattern takes each cell in one step, and a cell that says the
same as an earlier one costs nothing more. The pattern is strict: every byte of the table must belong to a row or to a
cell in one of the usual forms, in UTF-8, without prefix, comment or CDATA. Otherwise the answer is None, and the parser
reads the part from its beginning; so nothing is read here that the parser would read differently (a property test
compares the two). Measured on 50,000 x 16 cells, one busy run: 4.7 s of processor time here, 8.2 s with the parser,
15.0 s with openpyxl.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from idapp.workbook.cells import EMPTY, MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Cell, WorkbookRefused
from idapp.workbook.package import MAIN

_CELLS_KEPT = 50_000
_DECLARATION = rb'(?:<\?xml version="1\.0"(?: encoding="(?:utf|UTF)-8")?(?: standalone="(?:yes|no)")? ?\?>\s*)?'
_SPACE = rb"(?:" + b"|".join(re.escape(one.encode()) for one in MAIN) + rb")"
_OTHERS = rb'(?: [A-Za-z0-9:]+="[^"<>&]*")*'
_ROOT = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*"
    + _DECLARATION
    + rb"<(worksheet|sst)"
    + _OTHERS
    + rb' xmlns="'
    + _SPACE
    + rb'"'
    + _OTHERS
    + rb">"
)
# nearly every cell is one of these two forms, and a whole row of them is taken in two steps
_SIMPLE = rb'<c r="([A-Z]{1,3})[0-9]{1,7}"([^<>&/]*)(?:/>|><v>([^<&\r]*)</v></c>)'
_SIMPLE_CELL, _SIMPLE_ROW = re.compile(_SIMPLE), re.compile(rb"(?:" + _SIMPLE + rb")*+")
_STRING = rb'<si><t(?: xml:space="preserve")?>([^<\r]*)</t></si>'
_STRING_OF, _STRINGS = re.compile(_STRING), re.compile(rb"\s*(?:" + _STRING + rb"\s*)*+</sst>\s*")
_ENTITY = re.compile(r"&([a-z]*);?")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ATTRIBUTES = rb'((?:\s+[A-Za-z0-9:]+="[^"<>&]*")*)\s*'
_ROW = re.compile(rb"\s*<row" + _ATTRIBUTES + rb"(/?)>")
_ROW_END = re.compile(rb"\s*</row>")
_CELL = re.compile(
    rb'\s*<c r="([A-Z]{1,3})[0-9]{1,7}"' + _ATTRIBUTES + rb"(?:/>|>"
    rb"(<f" + _ATTRIBUTES + rb"(?:/>|>([^<&\r]*)</f>))?"
    rb'(?:<v>([^<&\r]*)</v>|(<v/>)|<is><t(?: xml:space="preserve")?>([^<&\r]*)</t></is>)?</c>)'
)
_ATTRIBUTE = re.compile(rb'([A-Za-z0-9:]+)="([^"]*)"')
_END = re.compile(rb"\s*</sheetData>")
_MERGE = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')


class Raw(NamedTuple):
    """What a cell says, before it is known what that means; None where an element is missing."""

    kind: str
    style: str
    value: str | None
    inline: str | None
    formula: str | None


CellOf = Callable[[Raw], Cell]
ColumnOf = Callable[[str], int]


class Found(NamedTuple):
    rows: list[tuple[int, list[Cell], bool]]  # number from 1, cells from column 1, hidden
    merges: list[str]


class Unusual(Exception):
    """Written otherwise: the parser has to read it."""


def strings_quickly(data: bytes) -> list[str] | None:
    """The string table, if it is all plain strings; None where the parser has to read it."""
    root = _ROOT.match(data)
    if not root or root[1] != b"sst" or b"<!" in data or not _STRINGS.fullmatch(data, root.end()):
        return None
    try:
        return [_plain(found) for found in _STRING_OF.findall(data, root.end())]
    except Unusual:
        return None


def read_quickly(name: str, data: bytes, cell_of: CellOf, column_of: ColumnOf) -> Found | None:
    """The sheet of this name; None where the part is not written in the usual way. ``column_of`` counts from 0."""
    start = data.find(b"<sheetData>")
    root = _ROOT.match(data)
    if (
        start < 0
        or not root
        or root[1] != b"worksheet"
        or b"<!" in data
        or not data.rstrip().endswith(b"</worksheet>")
    ):
        return None
    try:
        reader = _Reader(name, data, cell_of, column_of)
        rows = list(reader.rows(start + len(b"<sheetData>")))
        merges = [match[1].decode() for match in _MERGE.finditer(data, reader.at)]
    except Unusual:
        return None
    return Found(rows, merges)


class _Reader:
    def __init__(self, name: str, data: bytes, cell_of: CellOf, column_of: ColumnOf) -> None:
        self._name, self._data, self._cell_of, self._column_of = name, data, cell_of, column_of
        self._made: dict[tuple[object, ...], Cell] = {}
        self._columns: dict[bytes, int] = {}
        self._kinds: dict[bytes, tuple[str, str]] = {}
        self.at = self._cells_read = 0

    def rows(self, at: int) -> Iterator[tuple[int, list[Cell], bool]]:
        number, self.at = 0, at
        while match := _ROW.match(self._data, self.at):
            attributes = _attributes(match[1])
            said = attributes.get("r", "")
            number = int(said) if said.isdecimal() and len(said) < 9 else number + 1
            self.at = match.end()
            cells = [] if match[2] else self._row_of_cells()
            self._cells_read += len(cells)
            if cells and number > MAX_ROWS:
                raise WorkbookRefused("too_many_rows", self._name)
            if self._cells_read > MAX_CELLS:
                raise WorkbookRefused("too_many_cells")
            yield number, cells, attributes.get("hidden") in ("1", "true")
        if not _END.match(self._data, self.at):
            raise Unusual

    def _row_of_cells(self) -> list[Cell]:
        end = self._data.find(b"</row>", self.at)
        if end < 0:
            raise Unusual
        if not _SIMPLE_ROW.fullmatch(self._data, self.at, end):
            return self._cells()
        cells: list[Cell] = []
        made, columns = self._made, self._columns
        for letters, rest, value in _SIMPLE_CELL.findall(self._data, self.at, end):
            cell = made.get((rest, value))
            if cell is None:
                cell = self._make_simple(rest, value)
            if cell is not EMPTY:
                column = columns.get(letters)
                if column is None:
                    column = columns[letters] = self._column_of(letters.decode())
                _put(cells, column, cell)
        self.at = end + len(b"</row>")
        return cells

    def _make_simple(self, rest: bytes, value: bytes) -> Cell:
        cell = EMPTY
        if value:
            said = self._kinds.get(rest)
            if said is None:
                attributes = _attributes(rest)
                said = self._kinds[rest] = (attributes.get("t", "n"), attributes.get("s", "0"))
            cell = self._cell_of(Raw(*said, value.decode(), None, None))
        if len(self._made) < _CELLS_KEPT:
            self._made[rest, value] = cell
        return cell

    def _cells(self) -> list[Cell]:
        cells: list[Cell] = []
        data, made, columns, at = self._data, self._made, self._columns, self.at
        while match := _CELL.match(data, at):
            at = match.end()
            letters, *said = match.group(1, 2, 3, 5, 6, 7, 8)
            key = tuple(said)
            cell = made.get(key)
            if cell is None:
                cell = self._make(key)
            if cell is not EMPTY:
                column = columns.get(letters)
                if column is None:
                    column = columns[letters] = self._column_of(letters.decode())
                _put(cells, column, cell)
        end = _ROW_END.match(data, at)
        if not end:
            raise Unusual
        self.at = end.end()
        return cells

    def _make(self, key: tuple[bytes | None, ...]) -> Cell:
        rest, formula, formula_text, value, empty_value, inline = key
        attributes = _attributes(rest or b"")
        texts = [None if one is None else one.decode() for one in (value, inline, formula_text)]
        raw = Raw(
            attributes.get("t", "n"),
            attributes.get("s", "0"),
            "" if empty_value is not None else texts[0],
            texts[1],
            (texts[2] or "") if formula is not None else None,
        )
        cell = (
            EMPTY
            if (raw.value, raw.inline, raw.formula) == (None, None, None)
            else self._cell_of(raw)
        )
        if len(self._made) < _CELLS_KEPT:
            self._made[key] = cell
        return cell


def _put(cells: list[Cell], column: int, cell: Cell) -> None:
    missing = column - len(cells)
    if missing == 0:
        cells.append(cell)
    elif missing > 0:
        # what lies beyond the limit only has to be seen to be beyond it
        cells.extend([EMPTY] * min(missing, MAX_COLUMNS))
        cells.append(cell)
    else:
        cells[column] = cell


def _plain(text: bytes) -> str:
    shown = text.decode()
    return _ENTITY.sub(_resolved, shown) if "&" in shown else shown


def _resolved(match: re.Match[str]) -> str:
    if match[1] not in _ENTITIES or not match[0].endswith(";"):
        raise Unusual
    return _ENTITIES[match[1]]


def _attributes(text: bytes) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in _ATTRIBUTE.findall(text)}
