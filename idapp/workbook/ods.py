"""Sheets of .ods files (LibreOffice), straight from content.xml. Runs in the sandbox only.

A cell repeated a thousand times stands there once with a number; empty ones are passed over, filled
ones counted against the limits before they are made. A number whose format shows zeros says so in
its text, and that is taken; an error cell says so, and is one. What is struck out says a style: of
the cell, else of its row or column, or of a piece of its text; styles inherit, and those with names
stand in styles.xml.
"""

import datetime
import io
import re
import zipfile
from dataclasses import dataclass, field
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
from idapp.workbook.display_text import cell_of, number_text

_SPACES = {
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
}
_CELLS = ("table:table-cell", "table:covered-table-cell")
_STYLE_OF_CELLS = "table:default-cell-style-name"
_MOST_STYLES = 70_000

Attributes = dict[str, str]


def read_ods(data: bytes) -> list[Sheet]:
    """All sheets of the file. Raises ``WorkbookRefused``; what else the parser raises means that
    the file is broken."""
    reader = _Reader()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = ["styles.xml", "content.xml"] if "styles.xml" in archive.namelist() else []
        for part in parts or ["content.xml"]:
            with archive.open(part) as source:
                reader.read(source.read())
    if not reader.sheets:
        raise WorkbookRefused("broken")
    return reader.sheets


@dataclass
class _Style:
    """``struck`` is None where the parent says it."""

    parent: str = ""
    struck: bool | None = None


@dataclass
class _OpenCell:
    attributes: Attributes
    struck: bool
    paragraphs: list[str] = field(default_factory=list)
    spans: list[bool] = field(default_factory=list)  # is each open piece of text struck?
    has_struck: bool = False
    has_plain: bool = False

    def is_struck_here(self) -> bool:
        """Is what comes now struck: by the innermost open piece of text, else by the cell?"""
        if self.spans:
            return self.spans[-1]
        return self.struck


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self._budget = Budget()
        self._names: dict[str, str] = {}
        self._styles: dict[str, _Style] = {}
        self._style = _Style()
        self._style_name = ""
        self._hidden_styles: set[str] = set()
        self._built: SheetBuilder | None = None
        self._column_styles: list[str] = []
        self._number = 0
        self._row: Attributes = {}
        self._cells: list[Cell] = []
        self._cell: _OpenCell | None = None
        self._in_note = 0
        self._starts = {
            "table:table": self._start_sheet,
            "table:table-column": self._start_column,
            "table:table-row": self._start_row,
            "style:style": self._start_style,
            "style:table-properties": self._set_table_properties,
            "style:text-properties": self._set_text_properties,
        }

    def read(self, part: bytes) -> None:
        """One part of the file; styles come before the sheets that use them."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = _refuse
        parser.Parse(part, True)

    def _local(self, name: str) -> str:
        """The name of an element with the usual prefix, whatever prefix the file uses."""
        if name not in self._names:
            space, _, tag = name.rpartition(" ")
            self._names[name] = f"{_SPACES.get(space, '')}:{tag}"
        return self._names[name]

    def _start(self, name: str, written: Attributes) -> None:
        """An element begins. What stands in a cell goes to its text, all else to ``_starts``."""
        tag = self._local(name)
        attributes = {self._local(key): value for key, value in written.items()}
        if tag in _CELLS:
            self._start_cell(attributes)
        elif tag == "office:annotation":
            self._in_note += 1
        elif self._cell and not self._in_note:
            self._start_text(self._cell, tag, attributes)
        elif tag in self._starts:
            self._starts[tag](attributes)

    def _end(self, name: str) -> None:
        """An element ends."""
        tag = self._local(name)
        if tag in _CELLS:
            self._end_cell()
        elif tag == "table:table-row":
            self._end_row()
        elif tag == "table:table" and self._built:
            self.sheets.append(self._built.sheet())
            self._built = None
        elif tag == "office:annotation":
            self._in_note -= 1
        elif tag == "text:span" and not self._in_note:
            self._end_span()

    def _end_span(self) -> None:
        """``text:span``: a piece of text with a font of its own."""
        if self._cell and self._cell.spans:
            self._cell.spans.pop()

    # styles

    def _start_style(self, attributes: Attributes) -> None:
        """``style:style``: remembered by its name; its properties follow."""
        if len(self._styles) >= _MOST_STYLES:
            raise WorkbookRefused("too_heavy")
        self._style_name = attributes.get("style:name", "")
        self._style = _Style(parent=attributes.get("style:parent-style-name", ""))
        self._styles[self._style_name] = self._style

    def _set_table_properties(self, attributes: Attributes) -> None:
        """Is a sheet of this style hidden?"""
        if attributes.get("table:display") == "false":
            self._hidden_styles.add(self._style_name)

    def _set_text_properties(self, attributes: Attributes) -> None:
        """Is text of this style struck out? Where neither is said, the parent says it."""
        line = attributes.get("style:text-line-through-style")
        kind = attributes.get("style:text-line-through-type")
        if line or kind:
            self._style.struck = "none" not in (line, kind)

    def _is_struck(self, name: str) -> bool | None:
        """Of a style, from the nearest of its parents that says it; None where none does."""
        for _ in range(10):
            style = self._styles.get(name)
            if not style:
                return None
            if style.struck is not None:
                return style.struck
            name = style.parent
        return None

    # sheets, rows, cells

    def _start_sheet(self, attributes: Attributes) -> None:
        """``table:table``."""
        if len(self.sheets) >= MAX_SHEETS:
            raise WorkbookRefused("too_many_sheets")
        hidden = attributes.get("table:style-name", "") in self._hidden_styles
        self._built = SheetBuilder(attributes.get("table:name", ""), hidden, self._budget)
        self._column_styles = []
        self._number = 0

    def _start_column(self, attributes: Attributes) -> None:
        """``table:table-column``: a style for the cells of one or more columns."""
        times = _count(attributes.get("table:number-columns-repeated", "1"), MAX_COLUMNS)
        if len(self._column_styles) <= MAX_COLUMNS:
            self._column_styles += [attributes.get(_STYLE_OF_CELLS, "")] * times

    def _start_row(self, attributes: Attributes) -> None:
        """``table:table-row``."""
        self._row = attributes
        self._cells = []

    def _end_row(self) -> None:
        """Adds the row as often as it is repeated. Empty rows only count: a sheet ends in a million of them."""
        times = _count(self._row.get("table:number-rows-repeated", "1"), 1 << 21)
        if self._built and any(cell is not EMPTY for cell in self._cells):
            if self._number + times > MAX_ROWS:
                raise WorkbookRefused("too_many_rows", self._built.name)
            hidden = self._row.get("table:visibility", "visible") != "visible"
            for index in range(times):
                self._built.add(self._number + 1 + index, self._cells, hidden=hidden)
        self._number += times

    def _start_cell(self, attributes: Attributes) -> None:
        """``table:table-cell``, or one that a merged cell covers."""
        # the nearest that names a style counts: the cell, its row, its column
        style = attributes.get("table:style-name") or self._row.get(_STYLE_OF_CELLS)
        column = len(self._cells)
        if not style and column < len(self._column_styles):
            style = self._column_styles[column]
        self._cell = _OpenCell(attributes, struck=bool(self._is_struck(style or "")))

    def _end_cell(self) -> None:
        """Adds the cell as often as it is repeated."""
        open_cell = self._cell
        self._cell = None
        if not open_cell:
            return
        attributes = open_cell.attributes
        cell = _cell(attributes, "\n".join(open_cell.paragraphs))
        if open_cell.has_struck and not open_cell.has_plain:
            cell = struck_out(cell)
        times = _count(attributes.get("table:number-columns-repeated", "1"), 1 << 20)
        if cell is EMPTY:
            # the rest of the row: nothing can stand behind it within the limits
            times = min(times, MAX_COLUMNS)
        elif len(self._cells) + times > MAX_COLUMNS:
            self._refuse_columns()
        self._merge(attributes)
        if len(self._cells) <= MAX_COLUMNS:
            self._cells += [cell] * times

    def _refuse_columns(self) -> None:
        """Raises ``WorkbookRefused`` with the name of the sheet."""
        name = self._built.name if self._built else ""
        raise WorkbookRefused("too_many_columns", name)

    def _merge(self, attributes: Attributes) -> None:
        """Notes a cell that is merged downwards; over several columns it stays where it stands."""
        rows = _count(attributes.get("table:number-rows-spanned", "1"), 1 << 20)
        is_narrow = attributes.get("table:number-columns-spanned", "1") == "1"
        if self._built and rows > 1 and is_narrow:
            self._built.merge_down(len(self._cells), self._number + 1, self._number + rows)

    # the text of a cell

    def _start_text(self, cell: _OpenCell, tag: str, attributes: Attributes) -> None:
        """Paragraphs, pieces with a font, and the blanks that the format writes as elements."""
        if tag == "text:p":
            cell.paragraphs.append("")
        elif tag == "text:span":
            of_span = self._is_struck(attributes.get("text:style-name", ""))
            if of_span is None:
                of_span = cell.is_struck_here()
            cell.spans.append(of_span)
        elif not cell.paragraphs:
            return
        elif tag == "text:s":
            cell.paragraphs[-1] += " " * _count(attributes.get("text:c", "1"), 1000)
        elif tag == "text:tab":
            cell.paragraphs[-1] += "\t"
        elif tag == "text:line-break":
            cell.paragraphs[-1] += "\n"

    def _text(self, text: str) -> None:
        cell = self._cell
        if not cell or not cell.paragraphs or self._in_note:
            return
        cell.paragraphs[-1] += text
        if text.isspace():
            return
        if cell.is_struck_here():
            cell.has_struck = True
        else:
            cell.has_plain = True


def _cell(attributes: Attributes, shown: str) -> Cell:
    """``shown`` is the text of its paragraphs: what the program that wrote the file showed."""
    kind = attributes.get("office:value-type", "")
    if attributes.get("calcext:value-type") == "error":
        return Cell(shown[:40] or "#N/A", "error")
    if kind in ("float", "percentage", "currency"):
        return _number(attributes.get("office:value", ""), shown)
    if kind == "date":
        return _date(attributes.get("office:date-value", ""))
    if kind == "boolean":
        return cell_of(attributes.get("office:boolean-value") == "true")
    if kind == "time":
        return Cell(shown or attributes.get("office:time-value", "?"), "date")
    return _text(attributes, shown, is_typed=bool(kind))


def _text(attributes: Attributes, shown: str, *, is_typed: bool) -> Cell:
    text = shown or attributes.get("office:string-value", "")
    if not text and not is_typed and "table:formula" in attributes:
        return Cell(attributes["table:formula"][:40], "formula")
    return cell_of(text)


def _number(value: str, shown: str) -> Cell:
    """``value`` is the number as the file stores it, ``shown`` as a person reads it.

    >>> _number("80312000012", "080312000012").text, _number("5.1", "5,10").text, _number("5", "5,00").text
    ('080312000012', '5.10', '5')
    """
    try:
        number = float(value)
    except ValueError:
        return Cell(shown[:40] or "?", "error")
    digits = re.sub(r"[\s\u00a0]", "", shown)
    if re.fullmatch(r"0[0-9]+", digits) and int(digits) == number:
        return Cell(shown, "number")  # the zeros that the format shows
    decimals = 0
    if fraction := re.fullmatch(r"-?[0-9]+[.,]([0-9]{1,30})", digits):
        decimals = len(fraction[1])
    return Cell(number_text(number, decimals=decimals), "number")


def _date(text: str) -> Cell:
    """A day or a moment in ISO form; text that is none is an error cell."""
    try:
        return cell_of(datetime.datetime.fromisoformat(text))
    except ValueError:
        return Cell(text[:40] or "?", "error")


def _count(text: str, most: int) -> int:
    """How often something is repeated, ``most`` at most; 1 for what is no number."""
    if not re.fullmatch("[0-9]{1,9}", text):
        return 1
    return min(int(text), most)


def _refuse(*_: object) -> None:
    """An entity or a document type: none belongs into such a file."""
    raise WorkbookRefused("unsafe")
