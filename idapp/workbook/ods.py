"""Sheets of .ods files (LibreOffice), straight from content.xml. Runs in the child process only.

A cell repeated a thousand times stands there once with a number; empty ones are passed over, filled ones counted
against the limits before they are made. A number whose format shows leading zeros says so in its text, and that is
taken; an error cell says so, and is one.
"""

import datetime
import io
import re
import zipfile
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
)
from idapp.workbook.shown import cell_of, number_text

_SPACES = {
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
}
_CELLS = ("table:table-cell", "table:covered-table-cell")


def read_ods(data: bytes) -> list[Sheet]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as source:
        reader = _Reader()
        reader.parser.ParseFile(source)
    if not reader.sheets:
        raise WorkbookRefused("broken")
    return reader.sheets


class _Reader:
    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = _refuse
        self._budget = Budget()
        self._names: dict[str, str] = {}
        self._style = ""
        self._hidden_styles: set[str] = set()
        self._built: SheetBuilder | None = None
        self._number = 0
        self._cells: list[Cell] = []
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        self._in_note = 0

    def _local(self, name: str) -> str:
        if name not in self._names:
            space, _, tag = name.rpartition(" ")
            self._names[name] = f"{_SPACES.get(space, '')}:{tag}"
        return self._names[name]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._local(name)
        if tag in _CELLS:
            self._cell = {self._local(key): value for key, value in attributes.items()}
            self._paragraphs = []
        elif tag == "table:table-row":
            self._row = {self._local(key): value for key, value in attributes.items()}
            self._cells = []
        elif tag == "table:table":
            self._start_sheet({self._local(key): value for key, value in attributes.items()})
        elif tag == "office:annotation":
            self._in_note += 1
        elif self._cell is not None and not self._in_note:
            self._start_text(tag, attributes)
        elif tag == "style:style":
            self._style = next(
                (v for k, v in attributes.items() if self._local(k) == "style:name"), ""
            )
        elif tag == "style:table-properties" and any(
            self._local(k) == "table:display" and v == "false" for k, v in attributes.items()
        ):
            self._hidden_styles.add(self._style)

    def _start_text(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "text:p":
            self._paragraphs.append("")
        elif tag == "text:s" and self._paragraphs:
            times = next((v for k, v in attributes.items() if self._local(k) == "text:c"), "1")
            self._paragraphs[-1] += " " * _count(times, 1000)
        elif tag in ("text:tab", "text:line-break") and self._paragraphs:
            self._paragraphs[-1] += "\t" if tag == "text:tab" else "\n"

    def _text(self, text: str) -> None:
        if self._cell is not None and self._paragraphs and not self._in_note:
            self._paragraphs[-1] += text

    def _end(self, name: str) -> None:
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

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        if len(self.sheets) >= MAX_SHEETS:
            raise WorkbookRefused("too_many_sheets")
        hidden = attributes.get("table:style-name", "") in self._hidden_styles
        self._built = SheetBuilder(attributes.get("table:name", ""), hidden, self._budget)
        self._number = 0

    def _end_cell(self) -> None:
        attributes, self._cell = self._cell or {}, None
        cell = _cell(attributes, "\n".join(self._paragraphs))
        times = _count(attributes.get("table:number-columns-repeated", "1"), 1 << 20)
        if cell is EMPTY:
            times = min(
                times, MAX_COLUMNS
            )  # the rest of the row: nothing can stand behind it within the limits
        elif len(self._cells) + times > MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", self._built.name if self._built else "")
        spanned = _count(attributes.get("table:number-rows-spanned", "1"), 1 << 20)
        if (
            spanned > 1
            and attributes.get("table:number-columns-spanned", "1") == "1"
            and self._built
        ):
            self._built.merge_down(len(self._cells), self._number + 1, self._number + spanned)
        if len(self._cells) <= MAX_COLUMNS:
            self._cells += [cell] * times

    def _end_row(self) -> None:
        times = _count(self._row.get("table:number-rows-repeated", "1"), 1 << 21)
        if self._built and any(cell is not EMPTY for cell in self._cells):
            if self._number + times > MAX_ROWS:
                raise WorkbookRefused("too_many_rows", self._built.name)
            hidden = self._row.get("table:visibility", "visible") != "visible"
            for at in range(times):
                self._built.add(self._number + 1 + at, self._cells, hidden=hidden)
        self._number += times


def _cell(attributes: dict[str, str], shown: str) -> Cell:
    kind, value = attributes.get("office:value-type", ""), attributes.get("office:value", "")
    if attributes.get("calcext:value-type") == "error":
        return Cell(shown[:40] or "#N/A", "error")
    if kind in ("float", "percentage", "currency"):
        return _number(value, shown)
    if kind == "date":
        return _date(attributes.get("office:date-value", ""))
    if kind == "boolean":
        return cell_of(attributes.get("office:boolean-value") == "true")
    if kind == "time":
        return Cell(shown or attributes.get("office:time-value", "?"), "date")
    text = shown or attributes.get("office:string-value", "")
    if not text and "table:formula" in attributes and not kind:
        return Cell(attributes["table:formula"][:40], "formula")
    return cell_of(text)


def _number(value: str, shown: str) -> Cell:
    try:
        number = float(value)
    except ValueError:
        return Cell(shown[:40] or "?", "error")
    digits = re.sub(r"[\s\u00a0]", "", shown)
    if re.fullmatch(r"0[0-9]+", digits) and int(digits) == number:
        return Cell(shown, "number")  # the zeros that the format shows
    return Cell(number_text(number), "number")


def _date(text: str) -> Cell:
    try:
        return cell_of(datetime.datetime.fromisoformat(text))
    except ValueError:
        return Cell(text[:40] or "?", "error")


def _count(text: str, most: int) -> int:
    return min(int(text), most) if re.fullmatch("[0-9]{1,9}", text) else 1


def _refuse(*_: object) -> None:
    raise WorkbookRefused("unsafe")
