"""The cells of a row by their columns. Trailing empty cells are cut, so a row may end before a column."""

from collections.abc import Sequence

from idapp.rules.folding import tidy
from idapp.workbook.cells import EMPTY, Cell

Row = Sequence[Cell]


def cell_at(row: Row, column: int) -> Cell:
    """The cell in a column, counted from 0; an empty one behind the end of the row.

    >>> cell_at([Cell("An", "text")], 0).text, cell_at([], 7).kind
    ('An', 'empty')
    """
    if column >= len(row):
        return EMPTY
    return row[column]


def text_at(row: Row, column: int) -> str:
    """Its text with single spaces and no others, "" if it is empty.

    >>> text_at([Cell(" Lê  An ", "text")], 0), text_at([], 7)
    ('Lê An', '')
    """
    return tidy(cell_at(row, column).text)


def has_text(row: Row) -> bool:
    """Does any cell of a row hold more than blanks?"""
    return any(cell.text.strip() for cell in row)


def count_filled(row: Row) -> int:
    """How many cells of a row hold more than blanks."""
    return sum(bool(cell.text.strip()) for cell in row)
