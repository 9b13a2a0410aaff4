"""A sheet while it is being read: rows under the limits of cells.py, hidden and struck rows, cells
merged over rows.

Of a cell merged downwards each row gets the value (a class name that stands beside its forty
pupils); one merged to the right stays where it stands. Child process only.
"""

from collections.abc import Sequence

from idapp.workbook.budget import Budget
from idapp.workbook.cells import EMPTY, MAX_COLUMNS, MAX_ROWS, Cell, Sheet, WorkbookRefused

_MAX_MERGES = 50_000


class SheetBuilder:
    """One sheet of a file. All sheets of the file spend the same budget."""

    def __init__(self, name: str, hidden: bool, budget: Budget) -> None:
        self.name = name
        self._hidden = hidden
        self._budget = budget
        self._rows: list[tuple[Cell, ...]] = []
        self._hidden_rows: set[int] = set()
        self._struck_rows: set[int] = set()
        self._merges: list[tuple[int, int, int]] = []

    def add(self, number: int, cells: Sequence[Cell], *, hidden: bool = False) -> None:
        """A row by its number from 1; trailing empty cells are cut, an empty row leaves no trace.

        Raises ``WorkbookRefused`` where the row, a column of it or the file is beyond the limits.
        """
        end = len(cells)
        while end and cells[end - 1] is EMPTY:
            end -= 1
        if not end:
            return
        if not 1 <= number <= MAX_ROWS:
            raise WorkbookRefused("too_many_rows", self.name)
        if end > MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", self.name)
        self._put(number, tuple(cells[:end]))
        if hidden:
            self._hidden_rows.add(number)
        if _is_struck_out(cells):
            self._struck_rows.add(number)

    def _put(self, number: int, cells: tuple[Cell, ...]) -> None:
        """The filled cells of a row where they stand. Raises ``WorkbookRefused``."""
        missing = number - len(self._rows)
        if missing > 0:
            self._rows += [()] * missing
        if self._rows[number - 1]:
            # one of the two would vanish, and Excel does not open such a file
            raise WorkbookRefused("broken")
        self._rows[number - 1] = cells
        self._budget.spend(cells)

    def merge_down(self, column: int, first: int, last: int) -> None:
        """Rows by their numbers from 1."""
        if len(self._merges) < _MAX_MERGES:
            self._merges.append((column, first, last))

    def sheet(self) -> Sheet:
        """What was added, once everything has been. Raises ``WorkbookRefused``
        (``too_many_cells``)."""
        for column, first, last in self._merges:
            self._repeat_down(column, first, min(last, len(self._rows)))
        return Sheet(
            self.name,
            self._hidden,
            self._rows,
            frozenset(self._hidden_rows),
            frozenset(self._struck_rows),
        )

    def _repeat_down(self, column: int, first: int, last: int) -> None:
        """A merged cell stands in each of its rows that hold anything; numbers from 1, ``last`` included."""
        if not 1 <= first <= len(self._rows):
            return
        top = self._rows[first - 1]
        if not 0 <= column < len(top):
            return
        cell = top[column]
        for index in range(first, last):
            row = list(self._rows[index])
            if not row:
                continue  # nobody stands there
            row += [EMPTY] * (column + 1 - len(row))
            row[column] = cell
            self._rows[index] = tuple(row)
            self._budget.spend((cell,))


def _is_struck_out(cells: Sequence[Cell]) -> bool:
    """Its number and a note beside it ("chuyển trường") may be left as they are."""
    struck = sum([cell.struck for cell in cells])
    if not struck:
        return False
    filled = sum(cell is not EMPTY for cell in cells)
    return struck * 3 >= filled * 2
