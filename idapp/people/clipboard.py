"""Text from the clipboard of Excel, Google Sheets or LibreOffice, taken apart.

Cells are parted by tabs, rows by CRLF or LF, with an empty line at the end. A cell that holds a tab or a line break is
wrapped in quotes, quotes inside are doubled. A cell that only begins with a quote stands as it is.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from idapp.rosters import COUNTERS, heading_key
from idapp.rosters.blocks import Candidate, read_block
from idapp.rules.problem import Problem

# above what a school ever copies: a paste of more is a mistake, and would hold up everybody else
MOST_CHARACTERS = 400_000
MOST_LINES = 5_000
MOST_COLUMNS = 200
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\r|\n|\Z)')
_TWO_LISTS = (
    "Bảng dán có hai danh sách nằm cạnh nhau: hãy sao chép và dán từng danh sách một. Chưa lưu gì."
)


@dataclass(frozen=True)
class Block:
    """A rectangle of texts.

    headings       the field of each column ("" unknown), or None without a heading row
    heading_texts  the headings as they were pasted
    first          which line of the pasted text ``rows[0]`` was, from 1
    ambiguous      {field: the columns of which the user must choose one}
    chosen         {field: the column chosen so far}
    handed         the same rectangle as it was pasted, where texts were converted before; [] where none were
    """

    rows: list[list[str]]
    headings: list[str] | None = None
    heading_texts: tuple[str, ...] = ()
    first: int = 1
    ambiguous: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)
    chosen: Mapping[str, int] = field(default_factory=dict)
    handed: list[list[str]] = field(default_factory=list)

    @property
    def width(self) -> int:
        """In columns."""
        return len(self.rows[0]) if self.rows else 0

    def column(self, column: int) -> list[str]:
        """The texts of a column, by its index."""
        return [row[column] for row in self.rows]

    def is_row_number(self, column: int) -> bool:
        """Does the heading say that the column only numbers the lines?"""
        text = self.heading_texts[column]
        return text.strip() == "#" or heading_key(text) in COUNTERS

    def without_end(self) -> "Block":
        """The block without empty rows below and empty columns on the right: whole columns and rows bring them by the
        hundred."""
        height = max(map(_last_filled, zip(*self.rows, strict=True)), default=0)
        width = max(1, *map(_last_filled, (*self.rows, self.heading_texts)))
        return replace(
            self,
            rows=[row[:width] for row in self.rows[:height]],
            handed=[row[:width] for row in self.handed[:height]],
            headings=None if self.headings is None else self.headings[:width],
            heading_texts=self.heading_texts[:width],
        )

    def with_column(self, column: int, texts: Sequence[str]) -> "Block":
        """The block with other texts in one column; ``handed`` stays."""
        return replace(self, rows=_with_column(self.rows, column, texts))

    def with_plain_column(self, column: int, texts: Sequence[str]) -> "Block":
        """The block with other texts in one column, which count as pasted so: nothing of the value was changed."""
        block = self.with_column(column, texts)
        if not self.handed:
            return block
        return replace(block, handed=_with_column(self.handed, column, texts))

    def without(self, column: int) -> "Block":
        """The block without one column."""
        return replace(
            self,
            rows=[_without(row, column) for row in self.rows],
            handed=[_without(row, column) for row in self.handed],
            headings=self.headings and _without(self.headings, column),
            heading_texts=tuple(_without(self.heading_texts, column)),
        )

    def handed_at(self, line: int, column: int) -> str:
        """What was pasted into a cell."""
        rectangle = self.handed or self.rows
        return rectangle[line][column]


def _last_filled(texts: Sequence[str]) -> int:
    """How many texts are left without the empty ones at the end.

    >>> _last_filled(["", "An", " "]), _last_filled([" "])
    (2, 0)
    """
    filled = (place for place, text in enumerate(texts, 1) if text.strip())
    return max(filled, default=0)


def _with_column(
    rows: Sequence[Sequence[str]],
    column: int,
    texts: Sequence[str],
) -> list[list[str]]:
    changed = []
    for row, text in zip(rows, texts, strict=True):
        changed.append([*row[:column], text, *row[column + 1 :]])
    return changed


def _without(texts: Sequence[str], column: int) -> list[str]:
    return [*texts[:column], *texts[column + 1 :]]


def cells_in(text: str) -> list[list[str]]:
    """The texts in a text as a rectangle. Raises Problem ``empty`` or ``too_much``."""
    if text.count("\n") > MOST_LINES:
        text = text.rstrip()  # perhaps they are all empty
    is_too_long = len(text) > MOST_CHARACTERS or text.count("\n") > MOST_LINES
    if is_too_long or _widest(text) > MOST_COLUMNS:
        raise Problem(
            "", "too_much", "Bảng dán quá lớn: hãy sao chép từng lớp một, hoặc dùng Nhập từ Excel."
        )
    rows = cells_of(text)
    if not any(map(_last_filled, rows)):
        raise Problem("", "empty", "Không có chữ nào để dán: hãy sao chép lại các ô trong Excel.")
    return rows


def block_of(
    rows: list[list[str]],
    chosen: Mapping[str, int] | None = None,
    handed: Sequence[Sequence[str]] = (),
) -> Block:
    """The block in a rectangle, its headings understood. ``chosen``: {field: its column}, where the user was asked.
    ``handed``: the rectangle as it was pasted, where texts of it are converted.

    Raises Problem ``two_lists``.
    """
    pasted = handed or rows
    block = read_block(rows, chosen, pasted)
    if block is None:
        return Block(rows, handed=[list(row) for row in pasted])
    if block.lists > 1:
        raise Problem("", "two_lists", _TWO_LISTS)
    return Block(
        block.rows,
        block.fields,
        tuple(block.headings),
        block.first,
        block.ambiguous,
        chosen or {},
        block.handed,
    )


def read(text: str, chosen: Mapping[str, int] | None = None) -> Block:
    """The block in a text, its headings understood. Raises Problem ``empty``, ``too_much`` or ``two_lists``."""
    return block_of(cells_in(text), chosen)


def _widest(text: str) -> int:
    return max(line.rstrip().count("\t") for line in text.split("\n"))


def cells_of(text: str) -> list[list[str]]:
    r"""The texts as a rectangle.

    >>> cells_of('An\t"Ấp 3,\nXã ""Mỹ"" An"\r\nBình\r\n')
    [['An', 'Ấp 3,\nXã "Mỹ" An'], ['Bình', '']]
    """
    # a byte order mark comes along from files, and PostgreSQL keeps no NUL
    text = text.lstrip("\ufeff").replace("\0", "")
    rows: list[list[str]] = [[]]
    for quoted, plain, end in _CELL.findall(text):
        rows[-1].append(plain or quoted.replace('""', '"'))
        if not end:
            break
        if end != "\t":
            rows.append([])
    if len(rows) > 1 and rows[-1] in ([], [""]):  # Excel ends the last row with a line break too
        rows.pop()
    columns = zip_longest(*rows, fillvalue="")  # short rows are filled up
    return [list(row) for row in zip(*columns, strict=True)]
