"""Is a line below the headings of a list these headings once more, or the row of column numbers of some forms?

A list that was printed page by page has its headings on every page, often only some of them.
"""

import re
from collections.abc import Iterable

from idapp.rosters.fields import heading_key
from idapp.rosters.row_cells import Row, Rows
from idapp.rules.folding import tidy

_LONGEST_NUMBER = 6  # letters of "(12)" and its like; a longer text ends the search at once
_FEWEST_NUMBERS = 4


class _HeadingText:
    """What stands above one column, for seeing whether a cell below says the same again."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = frozenset(text for text in texts if text)
        self._keys = frozenset(map(heading_key, self._texts))
        initials = {tidy(text)[:1] for text in self._texts}
        # folding is dear, and nearly every cell of a list begins otherwise than its heading
        self._initials = {*initials, *map(str.lower, initials), *map(str.upper, initials), *" \n\t"}

    def is_said_by(self, text: str) -> bool:
        """Does the text of a cell say what stands above its column, in whatever spelling?"""
        if text in self._texts:
            return True
        return text[:1] in self._initials and heading_key(text) in self._keys


class HeadingRows:
    """The rows of headings of one list, to be recognised again in the lines below them.

    ``rows`` are these rows of the sheet, one to three; ``used`` the columns that are read, from 0.
    """

    def __init__(self, rows: Rows, used: set[int]) -> None:
        width = max(map(len, rows))
        self._texts = [_HeadingText(_texts_of_column(rows, column)) for column in range(width)]
        self._columns = sorted(column for column in used if column < width)
        self._enough = max(2, len(used) * 0.5)
        fewest_same = self._enough
        if len(rows) > 1:
            # of two rows of headings the lower one names only some of the columns
            fewest_same = 2
        self._misses_allowed = len(self._columns) - fewest_same

    def are_said_by(self, cells: Row) -> bool:
        """Does a line say the headings again, in most columns, or in some and nothing besides?"""
        same = self._count_same(cells)
        if same >= self._enough:
            return True
        return same > 1 and self._says_nothing_else(cells)

    def _count_same(self, cells: Row) -> int:
        """How many columns say their heading; 0 as soon as too many do not: this is asked of every line."""
        width = len(cells)
        same = 0
        misses_left = self._misses_allowed
        for column in self._columns:
            if column < width and self._texts[column].is_said_by(cells[column].text):
                same += 1
                continue
            misses_left -= 1
            if misses_left < 0:
                return 0
        return same

    def _says_nothing_else(self, cells: Row) -> bool:
        """Does every filled cell of a line say the heading of its column?"""
        for column, cell in enumerate(cells):
            if not cell.text:
                continue
            if column >= len(self._texts) or not self._texts[column].is_said_by(cell.text):
                return False
        return True


def is_row_of_numbers(cells: Row) -> bool:
    """Is a line "(1) | (2) | (3) ...", as some forms number their columns below the headings?

    >>> from idapp.workbook.cells import Cell
    >>> row = [Cell(f"({number})", "text") for number in (1, 2, 3, 4)]
    >>> is_row_of_numbers(row), is_row_of_numbers(row[:3]), is_row_of_numbers([*row, Cell("9", "number")])
    (True, False, False)
    """
    count = 0
    shifts: set[int] = set()  # between a number and its column: the same for all of them
    for column, cell in enumerate(cells):
        if len(cell.text) > _LONGEST_NUMBER:
            return False
        if not cell.text.strip():
            continue
        digits = re.sub(r"[^0-9]", "", cell.text)
        if not 1 <= len(digits) <= 3:
            return False
        shifts.add(int(digits) - column)
        count += 1
    return count >= _FEWEST_NUMBERS and len(shifts) == 1


def _texts_of_column(rows: Rows, column: int) -> list[str]:
    """What the rows of headings say above one column, from top to bottom."""
    return [row[column].text for row in rows if column < len(row)]
