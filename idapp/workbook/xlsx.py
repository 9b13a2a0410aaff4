"""Sheets of an .xlsx or .xlsm file, straight from its XML. Runs in the sandbox only.

Written because no reader at hand answers everything that matters here. openpyxl in data-only mode
answers None both for an empty cell and for a formula without a stored result, rewrites ``x005F_``
in shared strings, and needs 0.2 s to be imported; python-calamine is quick but answers "" for #N/A,
hides formulas without result and knows no number formats.

The parser is the standard library's ElementTree: the guard has already refused every document type,
and this process has nothing to read and little to eat. ``quick`` takes the rows of sheets that are
written in the usual way.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, iterparse

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import EMPTY, MAX_COLUMNS, Cell, Sheet, WorkbookRefused, struck_out
from idapp.workbook.display_text import cell_of, number_cell, number_of, unescape
from idapp.workbook.package import MAIN, PLAIN, Package, SheetPart, Style, is_struck
from idapp.workbook.quick import QuickSheet, read_quickly

_CELLS_REMEMBERED = 50_000
_EMPTY_ROWS_READ = 1_048_576  # rows that hold only formats are passed over
_MERGED_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_LETTERS = re.compile(r"[A-Za-z]{1,3}")
_DIGITS = "0123456789"


def _tags(name: str) -> frozenset[str]:
    """As ElementTree names that element of a sheet, in both namespaces."""
    return frozenset(f"{{{space}}}{name}" for space in MAIN)


_ROW = _tags("row")
_CELL = _tags("c")
_VALUE = _tags("v")
_MERGED_CELLS = _tags("mergeCell")
_STRING = _tags("si")


def read_xlsx(data: bytes) -> list[Sheet]:
    """All sheets of the file. Raises ``WorkbookRefused`` where it is beyond the limits; what else
    the parser raises means that the file is broken."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        package = Package(archive)
        strings = _shared_strings(package)
        budget = Budget()
        return [_SheetReader(package, part, strings, budget).sheet() for part in package.sheets]


class _Text:
    """A text with its pieces put together. ``struck`` is None where the font of the cell
    decides."""

    __slots__ = ("struck", "text")

    def __init__(self, text: str, struck: bool | None = None) -> None:
        self.text = text
        self.struck = struck


def _shared_strings(package: Package) -> list[_Text]:
    """All texts of the book; cells name them by their place, from 0."""
    path = package.part_of_kind("sharedStrings")
    if not path:
        return []
    with package.open(path) as source:
        data = source.read()
    texts: list[_Text] = []
    for node in _elements(data, _STRING):
        texts.append(_text_of(node))
        node.clear()
    return texts


def _elements(data: bytes, tags: frozenset[str]) -> Iterator[Element]:
    """Those elements of a part in document order. Whoever has read one clears it."""
    for _, node in iterparse(io.BytesIO(data)):  # noqa: S314
        if node.tag in tags:
            yield node


def _text_of(node: Element) -> _Text:
    """Of a string item or an inline string: plain, or in pieces with fonts of their own. The
    phonetic guide (rPh) beside a text is not part of it."""
    if len(node) == 1 and node[0].tag.endswith("}t"):
        return _Text(unescape(node[0].text or ""))
    pieces: list[str] = []
    strikes: set[bool | None] = set()
    for child in node:
        name = _local(child)
        if name == "t":
            pieces.append(child.text or "")
            strikes.add(None)
        elif name == "r":
            piece, struck = _piece(child)
            pieces.append(piece)
            if piece.strip():
                strikes.add(struck)
    return _Text(unescape("".join(pieces)), _all_struck(strikes))


def _piece(run: Element) -> tuple[str, bool | None]:
    """The text of a piece, and whether its font is struck out; None where it has no font of its own."""
    text = ""
    struck: bool | None = None
    for child in run:
        name = _local(child)
        if name == "t":
            text += child.text or ""
        elif name == "rPr":
            struck = is_struck(child)
    return text, struck


def _all_struck(strikes: set[bool | None]) -> bool | None:
    """Are all pieces struck out? None where a piece leaves that to the font of the cell."""
    if False in strikes:
        return False
    if None in strikes or not strikes:
        return None
    return True


class _SheetReader:
    def __init__(
        self, package: Package, part: SheetPart, strings: list[_Text], budget: Budget
    ) -> None:
        self._package = package
        self._part = part
        self._strings = strings
        self._built = SheetBuilder(part.name, part.hidden, budget)
        self._columns: dict[str, int] = {}
        # most cells of a real list say the same as another
        self._simple: dict[tuple[str | None, str | None, str | None], Cell] = {}

    def sheet(self) -> Sheet:
        """Its rows. Raises ``WorkbookRefused`` where they are beyond the limits."""
        with self._package.open(self._part.path) as source:
            data = source.read()
        quick = read_quickly(self._part.name, data, self._cell_of_value, _column)
        if quick:
            self._take(quick)
        else:
            self._parse(data)
        return self._built.sheet()

    def _take(self, quick: QuickSheet) -> None:
        """Adds what the quick reader has read."""
        for row in quick.rows:
            self._add(row.number, row.cells, hidden=row.hidden)
        for reference in quick.merges:
            self._merge(reference)

    def _parse(self, data: bytes) -> None:
        """Reads the part with the parser, for sheets written in an unusual way."""
        number = 0
        for node in _elements(data, _ROW | _MERGED_CELLS):
            if node.tag in _ROW:
                number = self._read_row(node, number)
                node.clear()
            else:
                self._merge(node.get("ref", ""))

    def _read_row(self, row: Element, number_before: int) -> int:
        """Adds a row; returns its number. A row without one stands below the one before it."""
        written = row.get("r", "")
        number = number_before + 1
        if written.isdecimal() and len(written) < 9:
            number = int(written)
        self._add(number, self._cells_of(row), hidden=row.get("hidden") in ("1", "true"))
        return number

    def _add(self, number: int, cells: list[Cell], *, hidden: bool) -> None:
        """Raises ``WorkbookRefused`` where rows go on without end, as formatted empty ones do."""
        if not cells and number > _EMPTY_ROWS_READ:
            raise WorkbookRefused("too_many_rows", self._part.name)
        self._built.add(number, cells, hidden=hidden)

    def _cells_of(self, row: Element) -> list[Cell]:
        """The cells of a row, each in its column."""
        cells: list[Cell] = []
        columns = self._columns
        column = -1
        for node in row:
            if node.tag not in _CELL:
                continue
            letters = node.get("r", "").rstrip(_DIGITS)
            if letters not in columns:
                columns[letters] = _column(letters)
            column += 1  # a cell without a reference stands right of the one before
            if columns[letters] >= 0:
                column = columns[letters]
            if not len(node):
                continue
            cell = self._cell_of(node)
            if cell is EMPTY:
                continue
            if column == len(cells) < MAX_COLUMNS:
                cells.append(cell)
            else:
                self._put(cells, column, cell)
        return cells

    def _put(self, cells: list[Cell], column: int, cell: Cell) -> None:
        """Raises ``WorkbookRefused`` (``too_many_columns``)."""
        if column >= MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", self._part.name)
        cells.extend([EMPTY] * (column + 1 - len(cells)))
        cells[column] = cell

    def _merge(self, reference: str) -> None:
        """``A2:A5`` is merged downwards; what goes over several columns stays where it stands."""
        match = _MERGED_RANGE.fullmatch(reference)
        if match and match[1] == match[3]:
            self._built.merge_down(_column(match[1]), int(match[2]), int(match[4]))

    # what a cell holds

    def _cell_of(self, node: Element) -> Cell:
        """A cell with a value alone, as nearly all are, is remembered for the next that says the same."""
        first = node[0]
        if first.tag not in _VALUE or len(node) > 1:
            return self._cell_of_parts(node)
        key = (node.get("t"), node.get("s"), first.text)
        cell = self._simple.get(key)
        if cell is None:
            cell = self._cell_of_value(*key)
            if len(self._simple) < _CELLS_REMEMBERED:
                self._simple[key] = cell
        return cell

    def _cell_of_parts(self, node: Element) -> Cell:
        """A cell with a formula, with a text of its own, or with nothing."""
        parts = {_local(child): child for child in node}
        kind = node.get("t")
        style = node.get("s")
        if "is" in parts:
            text = _text_of(parts["is"])
            return _text_cell(text, self._style_at(style))
        value: str | None = None
        if "v" in parts:
            value = parts["v"].text
        # <v></v> of a string is the stored result "", as in =IF(A1="","",A1)
        has_result = bool(value) or (kind == "str" and "v" in parts)
        if "f" in parts and not has_result:
            return Cell(f"={parts['f'].text or ''}"[:200], "formula")
        return self._cell_of_value(kind, style, value)

    def _cell_of_value(self, kind: str | None, style_index: str | None, value: str | None) -> Cell:
        """By its type ``t``, its style ``s`` and its value, as they are written."""
        if not value:
            return EMPTY
        style = self._style_at(style_index)
        if kind == "s":
            text = self._shared_string(value)
            if text is None:
                return Cell("#REF!", "error")
            return _text_cell(text, style)
        if kind in ("str", "inlineStr"):
            return _text_cell(_Text(unescape(value)), style)
        cell = self._value_cell(kind or "n", style, value)
        if style.struck:
            return struck_out(cell)
        return cell

    def _shared_string(self, index: str) -> _Text | None:
        """The text of this place, None where the file has none."""
        is_index = index.strip().isdecimal() and len(index) < 10
        if not is_index or int(index) >= len(self._strings):
            return None
        return self._strings[int(index)]

    def _value_cell(self, kind: str, style: Style, value: str) -> Cell:
        """A value that is no text: truth, error, date or number."""
        if kind == "b":
            return cell_of(value.strip() in ("1", "true"))
        if kind == "e":
            return Cell(value[:40], "error")
        if kind == "d":
            return _from_iso(value)
        try:
            number = number_of(value)
        except ValueError:
            return Cell(value[:40], "error")
        return number_cell(number, style.number_format, date_1904=self._package.date_1904)

    def _style_at(self, index: str | None) -> Style:
        """The style of a cell by the text of its ``s``; the first one where it has none."""
        number = 0
        if index and index.isdecimal() and len(index) <= 6:
            number = int(index)
        styles = self._package.styles
        if number >= len(styles):
            return PLAIN
        return styles[number]


def _text_cell(text: _Text, style: Style) -> Cell:
    """The cell of a text; the fonts of its pieces count before the font of the cell."""
    cell = cell_of(text.text)
    is_struck_out = text.struck
    if is_struck_out is None:
        is_struck_out = style.struck
    if not is_struck_out:
        return cell
    return struck_out(cell)


def _from_iso(text: str) -> Cell:
    """A date of the strict format; text that is none is an error cell."""
    try:
        return cell_of(datetime.datetime.fromisoformat(text.strip().removesuffix("Z")))
    except ValueError:
        return Cell(text[:40], "error")


def _local(node: Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _column(letters: str) -> int:
    """Where a column stands, from 0; -1 for letters that are no column of Excel.

    >>> _column("A"), _column("AB"), _column("")
    (0, 27, -1)
    """
    if not _LETTERS.fullmatch(letters):
        return -1
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
