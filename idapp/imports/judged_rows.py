"""A judged row as it is stored: the verdict in the columns of ``ImportRow``.

``marks`` are the lists of the check page that show or count the row, ``writes`` how many cells it would write;
``raw`` is the row as it stood, kept only where it has to go back to the user for mending.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from idapp import ministry_entry
from idapp.imports.decisions import Choice, recount
from idapp.imports.drafts import Draft
from idapp.imports.import_context import ImportContext
from idapp.imports.marks import marks_of
from idapp.models import ImportRow
from idapp.people import values_of
from idapp.people.residence_edits import RESIDENCE, handed_of
from idapp.permissions import people_of
from idapp.rosters import COUNTERS, FoundTable, heading_key
from idapp.rules import places
from idapp.rules.problem import Problem

_BESIDE_FIELDS = ("school_class", "state", "residence")
_OUR_COLUMNS = ("record_id", "version")


@dataclass(frozen=True)
class Judgement:
    """What is to become of a row.

    verdict   new, changed, same, conflict, wrong          values    {field: text to store}
    problems  to be shown                                  seen      {cell: text of the record} to be written
    standing  errors of cells that say what the record holds already
    choices   {cell, "" for the row: what somebody has to decide}
    """

    verdict: str
    values: dict[str, str]
    problems: Sequence[Problem]
    seen: dict[str, str] = field(default_factory=dict)
    standing: Sequence[Problem] = ()
    choices: dict[str, Choice] = field(default_factory=dict)


class JudgedRows:
    """Makes the rows of one file."""

    def __init__(self, context: ImportContext) -> None:
        self._fields = context.fields
        self._tables = context.reading.tables
        self._has_sheets = context.reading.has_sheets
        # of rows that change nothing only these cells are kept: the ministry has them, if the file is from there
        self._waiting = ministry_entry.waiting_fields(people_of(context.by))
        self._to_keep: dict[tuple[str, bool], tuple[set[int], set[int]]] = {}

    def row(self, draft: Draft, judgement: Judgement) -> ImportRow:
        """An unsaved row, counted and marked."""
        sheet = ""
        if self._has_sheets:  # a file of one sheet does not name it with its rows
            sheet = draft.source.sheet
        values = self._values(draft, judgement)
        row = ImportRow(
            sheet=sheet,
            row=draft.source.number,
            verdict=judgement.verdict,
            person=draft.person,
            class_name=draft.class_name,
            values=values,
            seen=judgement.seen,
            repairs=_repairs(draft.raw, judgement.seen, values),
            problems=_as_stored(judgement),
            choices=judgement.choices,
        )
        row.handed = _handed(draft.raw, row)
        if draft.stop is None and draft.address.key:
            row.address = _address_to_choose(draft)
        row.marks = marks_of(row)
        if "errors" in row.marks:
            row.raw = self._to_mend(draft)
        recount(row)
        return row

    def _values(self, draft: Draft, judgement: Judgement) -> dict[str, str]:
        """What is kept of the row: what would be stored, and the texts of cells that need mending."""
        if judgement.verdict == "wrong":
            return {name: draft.raw[name] for name in self._fields if name in draft.raw}
        if judgement.verdict == "same":
            return self._standing_values(draft, judgement)
        values = dict(judgement.values)
        # a cell that could not be read is shown as it stood
        for problem in draft.problems:
            name = problem.field
            if problem.level == "error":
                values[name] = draft.raw.get(name, values.get(name, ""))
        if judgement.verdict == "new" and draft.state:
            values["state"] = draft.state
        return values

    def _standing_values(self, draft: Draft, judgement: Judgement) -> dict[str, str]:
        standing = {problem.field for problem in judgement.standing}
        if draft.person is not None:
            waiting = self._waiting.get(draft.person.id, set())
            standing |= waiting & judgement.values.keys()
        return {name: judgement.values[name] for name in self._fields if name in standing}

    def _to_mend(self, draft: Draft) -> list[str]:
        """The row as it stood in the columns that idapp uses; of the others (health, religion, policy, phone ...)
        nothing is kept. Nor is a hidden id that is another's: the mended file would bring it back."""
        used, counters = self._columns_to_keep(draft.source.sheet, draft.id_refused)
        texts = []
        for index, cell in enumerate(draft.source.whole):
            is_number = index in counters and cell.text.strip().isdecimal()
            if index in used or is_number:
                texts.append(cell.text)
            else:
                texts.append("")
        return texts

    def _columns_to_keep(self, sheet: str, id_refused: bool) -> tuple[set[int], set[int]]:
        """Indices of the columns that idapp uses, and of those that may count the rows."""
        key = (sheet, id_refused)
        if key not in self._to_keep:
            fields = {*self._fields, *_BESIDE_FIELDS}
            if not id_refused:
                fields.update(_OUR_COLUMNS)
            used = set[int]()
            counters = set[int]()
            for table in self._tables:
                if table.sheet == sheet:
                    used |= _columns_of(table, fields)
                    counters |= _counters_of(table)
            self._to_keep[key] = (used, counters)
        return self._to_keep[key]


def _repairs(raw: dict[str, str], seen: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    """{cell: text of the file} where another text would be written."""
    repairs = {}
    for name in seen:
        text = raw.get(name)
        if text is not None and text != values[name]:
            repairs[name] = text
    return repairs


def _handed(raw: dict[str, str], row: ImportRow) -> dict[str, str]:
    """What the file said for places that its other cells, or a whole address, brought."""
    residence = {name: raw[name] for name in RESIDENCE if name in raw}
    if residence.keys().isdisjoint(places.LEVELS):
        residence["commune"] = raw.get("residence", "")
    handed = {}
    for name in row.seen:
        if name not in RESIDENCE:
            continue
        in_cell = raw.get(name, "")
        stored = row.values[name]
        text = handed_of(name, in_cell, stored, residence)
        if text not in (in_cell, stored):
            handed[name] = text
    return handed


def _columns_of(table: FoundTable, fields: Collection[str]) -> set[int]:
    """Where these fields stand, those in two columns in both."""
    columns = {index for name, index in table.columns.items() if name in fields}
    for several in (table.joined, table.others):
        for name, indices in several.items():
            if name in fields:
                columns.update(indices)
    return columns


def _counters_of(table: FoundTable) -> set[int]:
    """The running number is nobody's secret, and helps to find the row."""
    return {index for index, text in enumerate(table.all_headings) if heading_key(text) in COUNTERS}


def _address_to_choose(draft: Draft) -> dict[str, Any]:
    """What ``address_questions`` needs of a row."""
    stored: dict[str, str] = {}
    if draft.person is not None:
        stored = values_of(draft.person)
    return {
        "key": draft.address.key,
        "written": draft.address.written,
        "rest": draft.address.rest,
        "held": {name: stored.get(name, "") for name in (*places.LEVELS, "address")},
    }


def _as_stored(judgement: Judgement) -> list[dict[str, Any]]:
    problems = [dict(problem.stored()) for problem in judgement.problems]
    problems += [{**problem.stored(), "stands": True} for problem in judgement.standing]
    return problems
