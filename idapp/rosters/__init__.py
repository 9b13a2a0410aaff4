"""A list of people as somebody made it: where it stands on a sheet, what its headings mean, which rows are people.

Pure: knows cells and rules, no stored person, no database. A paste, an upload and a result file read through it.

Finding   ``find_tables`` finds the heading rows by folded text and sorts the rows below into data and the rest.
Looking   ``looks``, ``dates``, ``class_names``, ``name_notes``: what a column of texts proves or can only be.
Linking   ``linkage``: one normal form for every mark of a person, and one index of them.
"""

from idapp.rosters.tables import COUNTERS, FoundRow, FoundTable, Skipped, find_tables, heading_key

__all__ = ["COUNTERS", "FoundRow", "FoundTable", "Skipped", "find_tables", "heading_key"]
