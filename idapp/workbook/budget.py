"""What a file may hold: spent while it is read, and reading stops before it becomes too much."""

from collections.abc import Sequence

from idapp.workbook.cells import MAX_CELLS, MAX_TEXT, Cell, WorkbookRefused


class Budget:
    """Cells and letters of one file so far."""

    def __init__(self) -> None:
        self.cells = 0
        self.letters = 0

    def spend(self, cells: Sequence[Cell]) -> None:
        """Count these. Raises ``WorkbookRefused`` (``too_many_cells``) when the file holds too
        much."""
        self.cells += len(cells)
        self.letters += sum([len(cell.text) for cell in cells])
        if self.cells > MAX_CELLS or self.letters > MAX_TEXT:
            raise WorkbookRefused("too_many_cells")
