"""Sheets of "XML Spreadsheet 2003", which many systems hand out under the name .xls. Runs in the
child process only.

Cells stand in their rows by ``ss:Index`` or one behind the other; ``ss:Type`` says what a value is;
styles inherit from their parents. The parser is expat: no document type is accepted, and only the
few elements that count are looked at.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from xml.parsers import expat

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
    struck_out,
)
from idapp.workbook.display_text import (
    GENERAL,
    NumberFormat,
    cell_of,
    number_cell,
    number_format,
    number_of,
)
from idapp.workbook.encodings import decoded

_SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_EXCEL = "urn:schemas-microsoft-com:office:excel"
_HTML = "http://www.w3.org/TR/REC-html40"  # of texts in several fonts
_PREFIXES = {_SPREADSHEET: "", _EXCEL: "x:", _HTML: "html:"}
_ENCODING = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9_.-]{1,40})["']""")
_INDEX = re.compile("[1-9][0-9]{0,6}")
_FIRST_DAY_OF_TIMES = datetime.date(1899, 12, 31)
_MOST_STYLES = 70_000
_MOST_PARENTS = 10
_FARTHEST = 1 << 21


@dataclass
class _Style:
    """``parent`` is the name of the style that says what this one does not; None is unsaid."""

    parent: str = ""
    number_format: NumberFormat | None = None
    struck: bool | None = None


class _Styles:
    def __init__(self) -> None:
        self._by_name: dict[str, _Style] = {}
        self._open = _Style()

    def start(self, attributes: dict[str, str]) -> None:
        """A style begins. Raises ``WorkbookRefused`` (``too_heavy``) where there are too many."""
        if len(self._by_name) >= _MOST_STYLES:
            raise WorkbookRefused("too_heavy")
        self._open = _Style(parent=attributes.get("Parent", "Default"))
        self._by_name[attributes.get("ID", "")] = self._open

    def set_number_format(self, attributes: dict[str, str]) -> None:
        """Of the style that began last."""
        self._open.number_format = number_format(attributes.get("Format", ""))

    def set_font(self, attributes: dict[str, str]) -> None:
        """Of the style that began last."""
        if "StrikeThrough" in attributes:
            self._open.struck = attributes["StrikeThrough"] == "1"

    def look(self, name: str) -> tuple[NumberFormat, bool]:
        """Number format and strike of a style, from the nearest of its parents that says it."""
        form: NumberFormat | None = None
        struck: bool | None = None
        name = name or "Default"
        for _ in range(_MOST_PARENTS):
            style = self._by_name.get(name)
            if not style:
                break
            if form is None:
                form = style.number_format
            if struck is None:
                struck = style.struck
            name = style.parent
        return form or GENERAL, bool(struck)


@dataclass
class _OpenCell:
    column: int
    attributes: dict[str, str]
    kind: str = ""
    pieces: list[str] = field(default_factory=list)
    has_data: bool = False
    has_struck: bool = False
    has_plain: bool = False


def read_spreadsheet_xml(data: bytes) -> list[Sheet]:
    """All sheets of the file. Raises ``WorkbookRefused``; ``expat.ExpatError`` means that the file
    is broken."""
    declared = ""
    if match := _ENCODING.search(data[:200]):
        declared = match[1].decode()
    text = decoded(data, declared=declared)
    reader = _Reader()
    reader.read(text)
    if not reader.sheets:
        raise WorkbookRefused("broken")
    return reader.sheets


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._styles = _Styles()
        self._starts = self._start_handlers()
        self._ends = self._end_handlers()
        self._names: dict[str, str] = {}
        self._budget = Budget()
        self._date_1904 = False
        self._built: SheetBuilder | None = None
        self._is_hidden = False
        self._row_number = 0
        self._row: dict[str, str] = {}
        self._cells: list[Cell] = []
        self._next_column = 0
        self._cell: _OpenCell | None = None
        self._in_data = False
        self._in_comment = False
        self._strikes = 0
        self._text: list[str] = []

    def _start_handlers(self) -> dict[str, Callable[[dict[str, str]], None]]:
        """{name of an element: what to do when it begins}."""
        return {
            "Style": self._styles.start,
            "NumberFormat": self._styles.set_number_format,
            "Font": self._styles.set_font,
            "Worksheet": self._start_sheet,
            "Row": self._start_row,
            "Cell": self._start_cell,
            "Data": self._start_data,
            "Comment": self._start_comment,
            "html:S": self._start_strike,
        }

    def _end_handlers(self) -> dict[str, Callable[[], None]]:
        """{name of an element: what to do when it ends}."""
        return {
            "x:Date1904": self._set_1904,
            "x:Visible": self._set_visible,
            "Worksheet": self._end_sheet,
            "Row": self._end_row,
            "Cell": self._end_cell,
            "Data": self._end_data,
            "Comment": self._end_comment,
            "html:S": self._end_strike,
        }

    def read(self, text: str) -> None:
        """The whole file. Raises ``WorkbookRefused`` and ``expat.ExpatError``."""
        # the text is decoded already, so what it says of its encoding no longer holds
        parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._take
        parser.StartDoctypeDeclHandler = _refuse
        parser.Parse(text.encode("utf-8", "replace"), True)

    def _local(self, name: str) -> str:
        """The name of an element if it is of a spreadsheet, "" for those of other vocabularies."""
        if name not in self._names:
            space, _, tag = name.rpartition(" ")
            self._names[name] = _PREFIXES.get(space, "?") + tag
        return self._names[name]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        handler = self._starts.get(self._local(name))
        if handler:
            handler({key.rpartition(" ")[2]: value for key, value in attributes.items()})
        elif not self._in_data:
            self._text.clear()

    def _end(self, name: str) -> None:
        handler = self._ends.get(self._local(name))
        if handler:
            handler()

    def _take(self, text: str) -> None:
        """A piece of text inside a cell."""
        if not self._in_data or not self._cell:
            self._text.append(text)
            return
        self._cell.pieces.append(text)
        if text.isspace():
            return
        if self._strikes:
            self._cell.has_struck = True
        else:
            self._cell.has_plain = True

    # what is said of the book and of a sheet

    def _set_1904(self) -> None:
        """Days are counted from 1904, as Excel on the Mac once did."""
        self._date_1904 = True

    def _set_visible(self) -> None:
        """Is the sheet shown? The element stands behind the rows."""
        text = "".join(self._text).strip()
        self._is_hidden = text in ("SheetHidden", "SheetVeryHidden")

    # sheets, rows, cells

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        if len(self.sheets) >= MAX_SHEETS:
            raise WorkbookRefused("too_many_sheets")
        self._built = SheetBuilder(attributes.get("Name", ""), False, self._budget)
        self._is_hidden = False
        self._row_number = 0

    def _end_sheet(self) -> None:
        if self._built:
            self.sheets.append(replace(self._built.sheet(), hidden=self._is_hidden))
        self._built = None

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._row = attributes
        self._row_number = _index(attributes, self._row_number + 1)
        self._cells = []
        self._next_column = 0

    def _end_row(self) -> None:
        if self._built:
            hidden = self._row.get("Hidden") == "1"
            self._built.add(self._row_number, self._cells, hidden=hidden)
        self._row_number += _count(self._row.get("Span", ""))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        column = _index(attributes, self._next_column + 1) - 1
        self._next_column = column + 1 + _count(attributes.get("MergeAcross", ""))
        self._cell = _OpenCell(column, attributes)

    def _end_cell(self) -> None:
        """Puts the cell where it stands, and what it is merged over."""
        open_cell = self._cell
        self._cell = None
        if not open_cell or not self._built:
            return
        cell = self._finished(open_cell)
        if cell is EMPTY:
            return
        if open_cell.column >= MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", self._built.name)
        self._cells += [EMPTY] * (open_cell.column + 1 - len(self._cells))
        self._cells[open_cell.column] = cell
        rows_below = _count(open_cell.attributes.get("MergeDown", ""))
        if rows_below and not _count(open_cell.attributes.get("MergeAcross", "")):
            last = self._row_number + min(rows_below, MAX_ROWS)
            self._built.merge_down(open_cell.column, self._row_number, last)

    def _start_data(self, attributes: dict[str, str]) -> None:
        if self._cell and not self._in_comment:
            self._cell.kind = attributes.get("Type", "String")
            self._cell.has_data = True
            self._in_data = True

    def _end_data(self) -> None:
        self._in_data = False
        self._strikes = 0

    def _start_comment(self, _: dict[str, str]) -> None:
        self._in_comment = True

    def _end_comment(self) -> None:
        self._in_comment = False

    def _start_strike(self, _: dict[str, str]) -> None:
        self._strikes += 1

    def _end_strike(self) -> None:
        self._strikes = max(self._strikes - 1, 0)

    # what a cell holds

    def _finished(self, open_cell: _OpenCell) -> Cell:
        """The cell with its text, its format and whether all of it is struck out."""
        attributes = open_cell.attributes
        if not open_cell.has_data:
            return _without_data(attributes)
        style = attributes.get("StyleID") or self._row.get("StyleID", "")
        form, is_struck = self._styles.look(style)
        cell = self._value(open_cell.kind, "".join(open_cell.pieces), form)
        if is_struck or (open_cell.has_struck and not open_cell.has_plain):
            return struck_out(cell)
        return cell

    def _value(self, kind: str, text: str, form: NumberFormat) -> Cell:
        """By the type that the file names; what is shown of a number its format says."""
        value = text.strip()
        if kind == "Number":
            return self._number(value, form)
        if kind == "DateTime":
            return _moment(value)
        if kind == "Boolean":
            return cell_of(value in ("1", "true", "TRUE"))
        if kind == "Error":
            return Cell(value[:40] or "#N/A", "error")
        return cell_of(text)

    def _number(self, value: str, form: NumberFormat) -> Cell:
        try:
            number = number_of(value)
        except ValueError:
            return Cell(value[:40] or "?", "error")
        return number_cell(number, form, date_1904=self._date_1904)


def _without_data(attributes: dict[str, str]) -> Cell:
    """An empty cell, or a formula whose result the file does not hold."""
    if "Formula" not in attributes:
        return EMPTY
    return Cell(attributes["Formula"][:200], "formula")


def _moment(text: str) -> Cell:
    """A moment in ISO form; of one on the first day of all only the time of day is meant."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return Cell(text[:40] or "?", "error")
    if moment.date() == _FIRST_DAY_OF_TIMES:
        return cell_of(moment.time())
    return cell_of(moment)


def _index(attributes: dict[str, str], otherwise: int) -> int:
    """Where a cell or a row says that it stands, ``otherwise`` where it says nothing."""
    text = attributes.get("Index", "")
    if not _INDEX.fullmatch(text):
        return otherwise
    return int(text)


def _count(text: str) -> int:
    """A number of further columns or rows, 0 for what is none.

    >>> _count("3"), _count(""), _count("x"), _count("99999999999")
    (3, 0, 0, 2097152)
    """
    if not text.isascii() or not text.isdecimal():
        return 0
    return min(int(text[:9]), _FARTHEST)


def _refuse(*_: object) -> None:
    """An entity or a document type: none belongs into such a file."""
    raise WorkbookRefused("unsafe")
