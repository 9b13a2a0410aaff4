"""Text from the clipboard of Excel, Google Sheets or LibreOffice, taken apart.

Cells are parted by tabs, rows by CRLF or LF, with an empty line at the end. A cell that holds a tab or a line break is
wrapped in quotes, quotes inside are doubled. A cell that only begins with a quote stands as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from idapp.rosters.tables import heading_key
from idapp.rules import record
from idapp.rules.problem import Problem

MOST_CHARACTERS, MOST_LINES, MOST_COLUMNS = 400_000, 5_000, 200
_CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\r|\n|\Z)')
_ROW_NUMBERS = {heading_key(text) for text in ("STT", "TT", "Số TT", "Số thứ tự", "No", "#")}


@dataclass(frozen=True)
class Block:
    """A rectangle of texts. headings: the field of each column ("" unknown), or None without a heading row.

    first  which line of the pasted text ``rows[0]`` was, from 1
    """

    rows: list[list[str]]
    headings: list[str] | None = None
    heading_texts: tuple[str, ...] = ()
    first: int = 1

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0

    def column(self, at: int) -> list[str]:
        return [row[at] for row in self.rows]

    def is_row_number(self, at: int) -> bool:
        return heading_key(self.heading_texts[at]) in _ROW_NUMBERS

    def without_end(self) -> "Block":
        """The block without empty rows below and empty columns on the right: whole columns and rows bring them by the
        hundred."""
        height = max(
            (at for at, row in enumerate(self.rows, 1) if any(map(str.strip, row))), default=0
        )
        width = max(
            (
                at
                for row in (*self.rows, self.heading_texts)
                for at, text in enumerate(row, 1)
                if text.strip()
            ),
            default=1,
        )
        headings = None if self.headings is None else self.headings[:width]
        return Block(
            [row[:width] for row in self.rows[:height]],
            headings,
            self.heading_texts[:width],
            self.first,
        )

    def with_column(self, at: int, texts: Sequence[str]) -> "Block":
        """The block with other texts in one column."""
        rows = [
            [*row[:at], text, *row[at + 1 :]] for row, text in zip(self.rows, texts, strict=True)
        ]
        return replace(self, rows=rows)

    def without(self, at: int) -> "Block":
        """The block without one column."""
        return Block(
            [[*row[:at], *row[at + 1 :]] for row in self.rows],
            None if self.headings is None else [*self.headings[:at], *self.headings[at + 1 :]],
            (*self.heading_texts[:at], *self.heading_texts[at + 1 :]),
            self.first,
        )


def read(text: str, kind: str) -> Block:
    """The block in a text, its heading row understood. Raises Problem ``empty`` or ``too_much``."""
    if text.count("\n") > MOST_LINES:
        text = text.rstrip()  # perhaps they are all empty
    if len(text) > MOST_CHARACTERS or text.count("\n") > MOST_LINES or _widest(text) > MOST_COLUMNS:
        raise Problem(
            "", "too_much", "Bảng dán quá lớn: hãy sao chép từng lớp một, hoặc dùng Nhập từ Excel."
        )
    rows = cells_of(text)
    if not any(cell.strip() for row in rows for cell in row):
        raise Problem("", "empty", "Không có chữ nào để dán: hãy sao chép lại các ô trong Excel.")
    headings = _headings(rows[0], kind)
    if headings is not None and len(rows) > 1:
        return Block(rows[1:], headings, tuple(rows[0]), first=2)
    return Block(rows)


def _widest(text: str) -> int:
    return max(line.rstrip().count("\t") for line in text.split("\n"))


def cells_of(text: str) -> list[list[str]]:
    r"""The texts as a rectangle.

    >>> cells_of('An\t"Ấp 3,\nXã ""Mỹ"" An"\r\nBình\r\n')
    [['An', 'Ấp 3,\nXã "Mỹ" An'], ['Bình', '']]
    """
    rows: list[list[str]] = [[]]
    for quoted, plain, end in _CELL.findall(text.lstrip("\ufeff").replace("\0", "")):
        rows[-1].append(quoted.replace('""', '"') if quoted or plain == "" else plain)
        if not end:
            break
        if end != "\t":
            rows.append([])
    if len(rows) > 1 and rows[-1] in ([], [""]):
        rows.pop()
    return [list(row) for row in zip(*zip_longest(*rows, fillvalue=""), strict=True)]


def _headings(cells: Sequence[str], kind: str) -> list[str] | None:
    """The fields of a heading row: it names the people or their codes, or half of its texts are headings we know.

    None: it is data. Nobody is called "Họ và tên", so that one heading says it all: beside headings nobody knows,
    taking the row for data would write the columns under it into the wrong fields.
    """
    known = {heading_key(h): f.name for f in record.fields_of(kind) for h in (f.label, *f.headings)}
    found = [known.get(heading_key(cell), "") for cell in cells]
    texts = [cell for cell in cells if cell.strip() and heading_key(cell) not in _ROW_NUMBERS]
    hits = [name for name in found if name]
    sure = bool({"full_name", "ministry_code"} & set(hits)) or 0 < len(texts) <= len(hits) * 2
    return found if sure and len(set(hits)) == len(hits) else None
