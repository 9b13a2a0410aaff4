"""The cells of a row by their columns. Trailing empty cells are cut, so a row may end before a column.

Columns are counted from 0 everywhere in this package, and a field is a name of ``rules.record`` or a part of one.
"""

from collections.abc import Sequence

from idapp.rules.folding import tidy
from idapp.workbook.cells import EMPTY, Cell

Row = Sequence[Cell]
Rows = Sequence[Row]
Cells = tuple[Cell, ...]  # a row as its sheet holds it
Fields = dict[str, list[int]]  # {field: the columns where it stands, the preferred first}
ColumnsOf = dict[str, tuple[int, ...]]  # {field: several columns that have to do with it}


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
