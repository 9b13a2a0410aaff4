"""One cell of a table on a web page, from its tag to its end. Child process only.

Its text is what a browser shows: blanks and line ends of the source are one blank, ``<br>`` and
paragraphs are line ends, what is not displayed is not there (web systems hide a sortable date
before the one they show).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from idapp.workbook.cells import MAX_COLUMNS, MAX_ROWS, Cell
from idapp.workbook.display_text import cell_of, number_cell, number_text
from idapp.workbook.web_styles import Look

_BLANKS = re.compile(r"[ \t\r\n\f]+")
_LINE_BREAK = "\x1e"  # while the text is collected, so that blanks can be folded afterwards
_LINE_BREAKS = re.compile(f"(?: ?{_LINE_BREAK} ?)+")
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?")
_DIGITS = re.compile("[0-9]{1,40}")
_SPAN = re.compile(r"\s*([0-9]{1,9})")
_STRIKING = ("s", "strike", "del")
# these have an end tag; of others, as <p> or <img>, nobody knows where they end
_WITH_END = frozenset(
    (*_STRIKING, "span", "font", "b", "i", "u", "a", "em", "strong", "small", "label", "div")
)
_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class OpenCell:
    """``tables`` are tables inside the cell that have ended."""

    def __init__(self, attributes: Mapping[str, str] = _NO_ATTRIBUTES, look: Look | None = None):
        self._attributes = attributes
        self._look = look or Look()
        self._texts: list[str] = []
        self._open: dict[str, list[tuple[bool, bool]]] = {}  # tag: struck, hidden, of each
        self._struck_around = 0
        self._hidden_around = 0
        self._has_struck = False
        self._has_plain = False
        self.tables: list[Any] = []

    @property
    def column_span(self) -> int:
        """Over how many columns it goes."""
        return _span(self._attributes.get("colspan", ""), MAX_COLUMNS)

    @property
    def row_span(self) -> int:
        """Over how many rows it goes."""
        return _span(self._attributes.get("rowspan", ""), MAX_ROWS)

    @property
    def is_hidden(self) -> bool:
        """Is what comes now inside an element that is not displayed?"""
        return self._hidden_around > 0

    def start(self, tag: str, look: Look) -> None:
        """An element in the cell that is none of a table."""
        if tag not in _WITH_END:
            return
        struck = tag in _STRIKING or look.struck
        self._open.setdefault(tag, []).append((struck, look.hidden))
        self._struck_around += struck
        self._hidden_around += look.hidden

    def end(self, tag: str) -> None:
        """The end of the last such element; of none, if none is open."""
        if not self._open.get(tag):
            return
        struck, hidden = self._open[tag].pop()
        self._struck_around -= struck
        self._hidden_around -= hidden

    def add_text(self, text: str) -> None:
        """As it stands in the source, entities resolved."""
        if self._hidden_around:
            return
        self._texts.append(text)
        if text.isspace():
            return
        if self._struck_around or self._look.struck:
            self._has_struck = True
        else:
            self._has_plain = True

    def break_line(self) -> None:
        """What comes now stands on a line of its own."""
        if self._texts:
            self._texts.append(_LINE_BREAK)

    def take_text(self) -> str:
        """The text so far; the next begins empty."""
        text = "".join(self._texts)
        self._texts.clear()
        text = _BLANKS.sub(" ", text)
        if _LINE_BREAK in text:
            text = _LINE_BREAKS.sub("\n", text)
        return text.strip()

    def cell(self, *, date_1904: bool) -> Cell:
        """What the cell holds, now that it has ended."""
        text = self.take_text()
        cell = self._cell_of(text, date_1904)
        if cell.text and self._has_struck and not self._has_plain:
            return Cell(cell.text, cell.kind, struck=True)
        return cell

    def _cell_of(self, text: str, date_1904: bool) -> Cell:
        """Excel writes the value itself beside a text that shows it otherwise."""
        attributes = self._attributes
        if "x:err" in attributes:
            return Cell(text[:40] or "#N/A", "error")
        if "x:bool" in attributes:
            truth = attributes["x:bool"] or text
            return cell_of(truth.strip().upper() == "TRUE")
        form = self._look.number_format
        if "x:num" in attributes:
            value = (attributes["x:num"] or text).strip()
            if _NUMBER.fullmatch(value):
                return number_cell(_number(value), form, date_1904=date_1904)
        # a text of digits that the format would show with zeros in front
        if form.mask and _DIGITS.fullmatch(text):
            return Cell(number_text(int(text), form.mask), "number")
        return cell_of(text)


def _number(text: str) -> int | float:
    """Excel wrote it, so that it is one."""
    if text.isdecimal():
        return int(text)
    return float(text)


def _span(text: str, most: int) -> int:
    """Over how many columns or rows a cell goes, ``most`` at most.

    >>> _span("3", 200), _span("", 200), _span("0", 200), _span("1000000", 200)
    (3, 1, 1, 200)
    """
    if not text:  # nearly every cell
        return 1
    match = _SPAN.match(text)
    if match is None:
        return 1
    return min(max(int(match[1]), 1), most)
