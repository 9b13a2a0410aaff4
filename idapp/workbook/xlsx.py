"""Sheets of an .xlsx or .xlsm file, straight from its XML. Runs in the child process only.

Written because no reader at hand answers everything that matters here. openpyxl in data-only mode answers None both for
an empty cell and for a formula without a stored result, rewrites ``x005F_`` in shared strings, and needs 0.2 s to be
imported; python-calamine is quick but answers "" for #N/A, hides formulas without result and knows no number formats.
``quick`` takes parts written in the usual way by pattern; the rest goes through expat.

The parser is the standard library's expat: the guard has already refused every document type, and this process has
nothing to read and little to eat.
"""

import datetime
import io
import re
import zipfile
from collections.abc import Callable
from xml.parsers import expat

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import EMPTY, MAX_COLUMNS, Cell, Sheet, WorkbookRefused
from idapp.workbook.package import MAIN, PLAIN, Package, SheetPart, Style
from idapp.workbook.quick import Raw, read_quickly, strings_quickly
from idapp.workbook.shown import cell_of, moment, number_text, unescape

_CELLS_KEPT = 50_000
_EMPTY_ROWS_READ = 1_048_576  # rows that hold only formats are passed over
_MERGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})")
_LETTERS = re.compile(r"[A-Za-z]{1,3}")


def read_xlsx(data: bytes) -> list[Sheet]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        package = Package(archive)
        strings = _Strings().of(package)
        budget = Budget()
        return [_SheetParser(package, part, strings, budget).sheet() for part in package.sheets]


Handler = Callable[[dict[str, str]], None]
End = Callable[[], None]


class _Parser:
    """Expat with handlers for the few elements that count (``starts``, ``ends`` by tag), and the text between them.

    A workbook of 50,000 rows calls these four million times, so they do as little as can be.
    """

    def __init__(self, starts: dict[str, Handler], ends: dict[str, End]) -> None:
        self._starts = {
            f"{space} {tag}": handler for space in MAIN for tag, handler in starts.items()
        }
        self._ends = {f"{space} {tag}": handler for space in MAIN for tag, handler in ends.items()}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = _refuse_document_type
        self._pieces: list[str] = []
        self._collecting = self._guide = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if handler := self._starts.get(name):
            handler(attributes)

    def _end(self, name: str) -> None:
        if handler := self._ends.get(name):
            handler()

    def _text(self, text: str) -> None:
        if self._collecting:
            self._pieces.append(text)

    def _collect(self, _: dict[str, str]) -> None:
        self._collecting = not self._guide

    def _collected(self) -> str:
        self._collecting = False
        text = self._pieces[0] if len(self._pieces) == 1 else "".join(self._pieces)
        self._pieces.clear()
        return text

    def _enter_guide(self, _: dict[str, str]) -> None:
        """The phonetic guide (rPh) beside a text is not part of it."""
        self._guide = True

    def _leave_guide(self) -> None:
        self._guide = False


class _Strings(_Parser):
    """The string table: plain and rich strings."""

    def __init__(self) -> None:
        super().__init__(
            {"t": self._collect, "rPh": self._enter_guide},
            {"t": self._pause, "rPh": self._leave_guide, "si": self._end_string},
        )
        self._found: list[str] = []

    def of(self, package: Package) -> list[str]:
        if path := package.part_of_kind("sharedStrings"):
            with package.open(path) as source:
                data = source.read()
            if (quick := strings_quickly(data)) is not None:
                return [unescape(text) for text in quick]
            self._parser.Parse(data, True)
        return self._found

    def _pause(self) -> None:
        self._collecting = False

    def _end_string(self) -> None:
        self._found.append(unescape(self._collected()))


class _SheetParser(_Parser):
    def __init__(
        self, package: Package, part: SheetPart, strings: list[str], budget: Budget
    ) -> None:
        super().__init__(
            {
                "c": self._start_cell,
                "v": self._collect,
                "f": self._collect,
                "t": self._collect,
                "row": self._start_row,
                "rPh": self._enter_guide,
                "mergeCell": self._merge,
            },
            {
                "v": self._end_value,
                "c": self._end_cell,
                "t": self._end_text,
                "f": self._end_formula,
                "row": self._end_row,
                "rPh": self._leave_guide,
            },
        )
        self._package, self._part, self._strings = package, part, strings
        self._built = SheetBuilder(part.name, part.hidden, budget)
        self._number, self._column, self._is_hidden = 0, -1, False
        self._cells: list[Cell] = []
        self._columns: dict[str, int] = {}
        self._made: dict[Raw, Cell] = {}  # most cells of a real list say the same as another
        self._type = self._style = ""
        self._value: str | None = None
        self._inline: str | None = None
        self._formula: str | None = None

    def sheet(self) -> Sheet:
        with self._package.open(self._part.path) as source:
            data = source.read()
        if found := read_quickly(self._part.name, data, self._cell, _column):
            for number, cells, hidden in found.rows:
                self._add(number, cells, hidden)
            for reference in found.merges:
                self._merge({"ref": reference})
        else:
            self._parser.Parse(data, True)
        return self._built.sheet()

    def _add(self, number: int, cells: list[Cell], hidden: bool) -> None:
        if not cells and number > _EMPTY_ROWS_READ:
            raise WorkbookRefused("too_many_rows", self._part.name)
        self._built.add(number, cells, hidden=hidden)

    def _start_row(self, attributes: dict[str, str]) -> None:
        said = attributes.get("r", "")
        self._number = int(said) if said.isdecimal() and len(said) < 9 else self._number + 1
        self._column = -1
        self._cells = []
        self._is_hidden = attributes.get("hidden") in ("1", "true")

    def _start_cell(self, attributes: dict[str, str]) -> None:
        """From ``AB12``; a cell without reference stands right of the one before."""
        letters = attributes.get("r", "").rstrip("0123456789")
        if letters not in self._columns:
            self._columns[letters] = _column(letters)
        found = self._columns[letters]
        self._column = self._column + 1 if found < 0 else found
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "0")
        self._value = self._inline = self._formula = None

    def _merge(self, attributes: dict[str, str]) -> None:
        if (match := _MERGE.fullmatch(attributes.get("ref", ""))) and match[1] == match[3]:
            self._built.merge_down(_column(match[1]), int(match[2]), int(match[4]))

    def _end_value(self) -> None:
        self._value = self._collected()

    def _end_text(self) -> None:
        self._inline = (self._inline or "") + self._collected()

    def _end_formula(self) -> None:
        self._formula = self._collected()

    def _end_cell(self) -> None:
        if self._value is None and self._inline is None and self._formula is None:
            return
        raw = Raw(self._type, self._style, self._value, self._inline, self._formula)
        cell, cells = self._made.get(raw), self._cells
        if cell is None:
            cell = self._cell(raw)
            if len(self._made) < _CELLS_KEPT:
                self._made[raw] = cell
        if cell is EMPTY:
            return
        if not 0 <= self._column < MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", self._part.name)
        while len(cells) < self._column:
            cells.append(EMPTY)
        if len(cells) == self._column:
            cells.append(cell)
        else:
            cells[self._column] = cell

    def _end_row(self) -> None:
        self._add(self._number, self._cells, self._is_hidden)

    # what a cell holds

    def _cell(self, raw: Raw) -> Cell:
        if raw.kind == "s" and raw.value is not None:
            return self._shared(raw.value)
        if raw.value is None and raw.inline is None:
            return Cell(f"={raw.formula or ''}"[:200], "formula")
        if raw.kind == "inlineStr":
            return cell_of(unescape(raw.inline or ""))
        if raw.kind == "str":  # <v></v> here is the stored result "", as in =IF(A1="","",A1)
            return cell_of(unescape(raw.value or ""))
        if not raw.value:
            return Cell(f"={raw.formula}"[:200], "formula") if raw.formula is not None else EMPTY
        return self._other(raw.kind, raw.style, raw.value)

    def _shared(self, index: str) -> Cell:
        at = int(index) if index.strip().isdecimal() and len(index) < 10 else len(self._strings)
        return cell_of(self._strings[at]) if at < len(self._strings) else Cell("#REF!", "error")

    def _other(self, kind: str, style: str, value: str) -> Cell:
        if kind == "b":
            return cell_of(value.strip() in ("1", "true"))
        if kind == "e":
            return Cell(value[:40], "error")
        if kind == "d":
            return _from_iso(value)
        return self._number_cell(value, self._style_at(style))

    def _style_at(self, index: str) -> Style:
        styles = self._package.styles
        at = int(index) if index.isdecimal() and len(index) < 7 else 0
        return styles[at] if at < len(styles) else PLAIN

    def _number_cell(self, text: str, style: Style) -> Cell:
        try:
            number = int(text) if text.isdecimal() and len(text) < 16 else float(text)
            if style.date:
                return cell_of(moment(number, date_1904=self._package.date_1904))
            return Cell(number_text(number, style.mask), "number")
        except (ValueError, OverflowError):
            return Cell("#VALUE!" if style.date else text[:40], "error")


def _refuse_document_type(*_: object) -> None:
    raise WorkbookRefused("unsafe")


def _column(letters: str) -> int:
    """
    >>> _column("A"), _column("AB"), _column("")
    (0, 27, -1)
    """
    if not _LETTERS.fullmatch(letters):
        return -1
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _from_iso(text: str) -> Cell:
    try:
        return cell_of(datetime.datetime.fromisoformat(text.strip().removesuffix("Z")))
    except ValueError:
        return Cell(text[:40], "error")
