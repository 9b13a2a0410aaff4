"""Workbooks as cells: safe reading and plain writing. Knows no tables, no people and no database.

Reading   ``read_bytes`` guards the bytes, parses them in a short-lived child under limits, answers sheets of cells.
Writing   ``workbook_bytes`` and ``write_workbook`` write text as text: no value of a person ever becomes a formula.
"""

from idapp.workbook.cells import MAX_FILE_BYTES, Cell, Sheet, WorkbookRefused
from idapp.workbook.guard import kind_of, unpacked
from idapp.workbook.reading import read_bytes, turn
from idapp.workbook.writing import (
    Catalogue,
    Column,
    Letter,
    Mark,
    Page,
    Paper,
    Strip,
    Value,
    read_meta,
    write_workbook,
)
from idapp.workbook.writing_apart import workbook_bytes

__all__ = [
    "MAX_FILE_BYTES",
    "Catalogue",
    "Cell",
    "Column",
    "Letter",
    "Mark",
    "Page",
    "Paper",
    "Sheet",
    "Strip",
    "Value",
    "WorkbookRefused",
    "kind_of",
    "read_bytes",
    "read_meta",
    "turn",
    "unpacked",
    "workbook_bytes",
    "write_workbook",
]
