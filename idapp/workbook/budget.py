"""What a file may hold: spent while it is read, and reading stops before it becomes too much."""

from collections.abc import Iterable

from idapp.workbook.cells import MAX_CELLS, MAX_TEXT, Cell, WorkbookRefused


class Budget:
    def __init__(self) -> None:
        self.cells = self.letters = 0

    def spend(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            self.cells += 1
            self.letters += len(cell.text)
        if self.cells > MAX_CELLS or self.letters > MAX_TEXT:
            raise WorkbookRefused("too_many_cells")
