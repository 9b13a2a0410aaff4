"""A list of people as somebody made it: where it stands on a sheet, what its headings mean, which lines are people.

Pure: knows cells and rules, no stored person, no database. A paste, an upload and a result file read through it.

Headings  ``HeadingBook`` says what one heading means, ``columns`` what a row of them says together: whose a column is;
          ``headings`` finds the rows where they stand on a sheet.
Tables    ``find_roster`` finds the lists on the sheets, ``joining`` reads one value from several columns, ``lines``
          sorts what stands below into people and the rest.
Looks     ``looks``, ``dates``, ``class_names``, ``name_notes``: what a column of texts proves or can only be.
Linkage   ``linkage``: one normal form for every mark of a person, and one index of them.
"""

from idapp.rosters.columns import PERSON_KEYS
from idapp.rosters.fields import COUNTERS, HeadingBook, heading_key, headings_of
from idapp.rosters.headings import known_headings
from idapp.rosters.lines import FoundRow, Skipped
from idapp.rosters.tables import (
    FoundTable,
    Roster,
    UnreadSheet,
    find_roster,
    find_tables,
)

__all__ = [
    "COUNTERS",
    "PERSON_KEYS",
    "FoundRow",
    "FoundTable",
    "HeadingBook",
    "Roster",
    "Skipped",
    "UnreadSheet",
    "find_roster",
    "find_tables",
    "heading_key",
    "headings_of",
    "known_headings",
]
