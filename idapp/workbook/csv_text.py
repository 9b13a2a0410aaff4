"""The rows of a .csv file: encoding, delimiter and lost quotation marks are found by looking. Child
process only.

A field in quotation marks may hold delimiters, line ends and doubled marks; the mark that closes it
stands before a delimiter, a line end or the end of the file. Where none does, the mark that seemed
to open the field is a letter like any other and the file goes on line by line: a mark somebody lost
in a note must not swallow the pupils below it. Two lost marks can look like one long field. Where
the lines it runs over would be rows by themselves, it is taken for that, and the file is refused
with the number of the line.
"""

import re
from collections import Counter
from collections.abc import Iterator

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import MAX_COLUMNS, Cell, Sheet, WorkbookRefused
from idapp.workbook.display_text import cell_of
from idapp.workbook.encodings import decoded

NAME = "CSV"  # of the one sheet
DELIMITERS = ",;\t|"
_CELLS_REMEMBERED = 50_000
_MANY_LINES = 5
_LONGEST_FIELD = 131_072
_LINES_LOOKED_AT = 40
_LETTERS_LOOKED_AT = 20_000
# a line Excel writes for itself and never shows
_DELIMITER_LINE = re.compile(r'\s*"?sep=(.)"?(?:\r\n|\n|\r)', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\n|\r")
_LINE = re.compile(r"[^\r\n]*")
_IN_QUOTES = re.compile(r'"[^"]*"')
_FORMULA_FOR_ZEROS = re.compile(r'="([^"]*)"')


def read_csv(data: bytes) -> list[Sheet]:
    """One sheet. Raises ``WorkbookRefused`` for letters nobody can read, for a file beyond the
    limits, and for a quotation mark of which nobody can say where it ends."""
    text = decoded(data)
    marked = _DELIMITER_LINE.match(text)
    if marked:
        lines = _Lines(text, marked[1], start=marked.end())
    else:
        lines = _Lines(text, _delimiter(text))
    built = SheetBuilder(NAME, False, Budget())
    cells = _Cells()
    for number, values in enumerate(lines.rows(), start=1):
        built.add(number, [cells[value] for value in values])
    return [built.sheet()]


class _Cells(dict[str, Cell]):
    """The cell of each text: most cells of a real list say the same as another."""

    def __missing__(self, text: str) -> Cell:
        """The cell of a text that was not met before."""
        cell = cell_of(_unwrapped(text))
        if len(self) < _CELLS_REMEMBERED:
            self[text] = cell
        return cell


def _unwrapped(value: str) -> str:
    """``="0123"`` is how some systems keep zeros in a CSV that Excel opens."""
    match = _FORMULA_FOR_ZEROS.fullmatch(value)
    if match is None:
        return value
    return match[1]


def _delimiter(text: str) -> str:
    """The one that cuts most of the first lines into the same number of columns.

    >>> _delimiter("Họ tên;Nơi sinh\\nLý A;Xã B, huyện C, tỉnh D\\nLý E;Xã F, tỉnh G")
    ';'
    """
    lines = _first_lines(text)
    return max(DELIMITERS, key=lambda delimiter: _usual_width(lines, delimiter)[::-1])


def _first_lines(text: str, start: int = 0) -> list[str]:
    """The first lines that are not empty, what stands in quotes left out of them."""
    head = _IN_QUOTES.sub('""', text[start : start + _LETTERS_LOOKED_AT])
    lines = [line for line in _LINE_END.split(head) if line.strip()]
    return lines[:_LINES_LOOKED_AT]


def _usual_width(lines: list[str], delimiter: str) -> tuple[int, int]:
    """Into how many columns it cuts most lines, and how many lines these are; (1, 0) where it cuts
    none."""
    widths = Counter(line.count(delimiter) + 1 for line in lines if delimiter in line)
    if not widths:
        return 1, 0
    return max(widths.items(), key=lambda item: (item[1], item[0]))


class _Lines:
    """Walks through the text once, from delimiter to delimiter."""

    def __init__(self, text: str, delimiter: str, *, start: int = 0) -> None:
        self._text = text
        self._end = len(text)
        self._delimiter = delimiter
        self._width = _usual_width(_first_lines(text, start), delimiter)[0]
        self._position = start
        self._fields = {mark: _field_patterns(mark) for mark in {*DELIMITERS, delimiter}}

    def rows(self) -> Iterator[list[str]]:
        """The texts of each row. Raises ``WorkbookRefused`` (``quote``, ``too_many_columns``)."""
        while self._position < self._end:
            match = _LINE.match(self._text, self._position)
            line = match[0] if match else ""
            delimiter = self._delimiter_of(line)
            if '"' in line:
                values = self._fields_of_row(delimiter)
            else:
                self._position += len(line)
                values = line.split(delimiter)
            line_end = _LINE_END.match(self._text, self._position)
            if line_end:
                self._position = line_end.end()
            yield values

    def _delimiter_of(self, line: str) -> str:
        """Another one, in a line that the usual one does not cut and that one cuts as usual."""
        if self._delimiter in line or self._width < 2:
            return self._delimiter
        goes_on = line.count('"') % 2 == 1
        if goes_on:
            return self._delimiter
        outside_quotes = _IN_QUOTES.sub('""', line)
        for other in DELIMITERS:
            if _usual_width([outside_quotes], other) == (self._width, 1):
                return other
        return self._delimiter

    def _fields_of_row(self, delimiter: str) -> list[str]:
        """The texts of the row that begins here, with its line ends inside quotes.

        Raises ``WorkbookRefused`` (``quote``, ``too_many_columns``).
        """
        row_start = self._position
        values: list[str] = []
        long_fields: list[tuple[int, str]] = []
        while True:
            start = self._position
            value = self._field(delimiter)
            if value and len(values) >= MAX_COLUMNS:
                raise WorkbookRefused("too_many_columns", NAME)
            values.append(value)
            if _LINE_END.search(value):
                long_fields.append((start, value))
            if not self._text.startswith(delimiter, self._position):
                break
            self._position += len(delimiter)
        if long_fields:
            self._guard_quotes(row_start, long_fields, delimiter, len(values))
        return values

    def _guard_quotes(
        self, row_start: int, long_fields: list[tuple[int, str]], delimiter: str, width: int
    ) -> None:
        """Raises ``WorkbookRefused`` (``quote``) where a lost quote has swallowed rows of others.

        ``long_fields`` are (position, text) of the fields of this row that run over line ends.
        """
        lines = _LINE_END.split(self._text[row_start : self._position])
        are_rows = self._are_rows(lines, delimiter)
        for start, value in long_fields:
            if are_rows or _swallows_rows(value, delimiter, width):
                raise WorkbookRefused("quote", str(self._line_number(start)))

    def _are_rows(self, lines: list[str], delimiter: str) -> bool:
        """Would each of these be a row of the usual width by itself?"""
        is_wide = self._width > 2 or len(lines) > _MANY_LINES
        return is_wide and all(line.count(delimiter) + 1 == self._width for line in lines)

    def _field(self, delimiter: str) -> str:
        """The text up to the next delimiter or line end. Raises ``WorkbookRefused`` (``broken``)."""
        quoted, plain = self._fields[delimiter]
        value = ""
        if match := quoted.match(self._text, self._position):
            value = match[1].replace('""', '"')
            self._position = match.end()
        elif match := plain.match(self._text, self._position):
            value = match[0]
            self._position = match.end()
        if len(value) > _LONGEST_FIELD:
            raise WorkbookRefused("broken")
        return value

    def _line_number(self, position: int) -> int:
        """From 1, for the sentence that names the line."""
        return len(_LINE_END.findall(self._text, 0, position)) + 1


def _field_patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """How a field in quotes and one without them look."""
    mark = re.escape(delimiter)
    quoted = re.compile(rf'"((?:[^"]++|"")*+)"(?={mark}|[\r\n]|\Z)')
    plain = re.compile(rf"[^{mark}\r\n]*")
    return quoted, plain


def _swallows_rows(value: str, delimiter: str, width: int) -> bool:
    """Does this field hold as many delimiters as the rows it runs over would? Real texts hold
    fewer."""
    line_ends = len(_LINE_END.findall(value))
    if width < 2 or value.count(delimiter) < line_ends * (width - 1):
        return False
    return width > 2 or line_ends >= _MANY_LINES
