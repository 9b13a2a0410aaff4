"""Workbooks as cells: safe reading, plain writing, and finding the table inside. Knows no people and no database.

Reading   ``read_bytes`` guards the bytes, parses them in a short-lived child under limits, answers sheets of cells.
Finding   ``find_tables`` finds the heading rows by folded text and sorts the rows below into data and the rest.
Writing   ``write_workbook`` writes text as text, so that no value of a person ever becomes a formula.
"""

from idapp.workbook.cells import MAX_FILE_BYTES, Cell, Sheet, WorkbookRefused
from idapp.workbook.guard import kind_of
from idapp.workbook.reading import read_bytes, turn
from idapp.workbook.tables import COUNTERS, FoundRow, FoundTable, Skipped, find_tables, heading_key
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

__all__ = [
    "COUNTERS",
    "MAX_FILE_BYTES",
    "Catalogue",
    "Cell",
    "Column",
    "FoundRow",
    "FoundTable",
    "Letter",
    "Mark",
    "Page",
    "Paper",
    "Sheet",
    "Skipped",
    "Strip",
    "Value",
    "WorkbookRefused",
    "find_tables",
    "heading_key",
    "kind_of",
    "read_bytes",
    "read_meta",
    "turn",
    "write_workbook",
]
