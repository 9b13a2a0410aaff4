"""The rows of a table, drawn once for each content (``web/kept_drawings``).

Drawing 45 rows of ten cells took two fifths of opening a class. What a row looks like follows from three things alone:
what is stored about the record, how the table is looked at, and who else has the same number. These three are the
arguments of ``_drawn``, and it is given nothing else (``tests/web/test_drawn_rows.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup

from idapp.models import Person, SchoolClass, User
from idapp.people.tables import in_table_order
from idapp.permissions import PreparedWithin
from idapp.rules import record
from idapp.web import cells
from idapp.web.kept_drawings import drawn, kept
from idapp.web.people.reasons import reasons_of

# Of 6 KB each: the classes that are open in an evening.
_KEPT = 2048
Stored = tuple[Any, ...]
"""A record as the database gives its ``_COLUMNS``."""


class Look(NamedTuple):
    """How a table is looked at. epoch: of the campaign, it decides the columns; root: below which path the site is."""

    kind: str
    epoch: str
    may_edit: bool
    masked: bool
    root: str


@dataclass(frozen=True)
class Row:
    """A record in a table, drawn but for what depends on the rows around it.

    levels   of its problems: error, warning
    reasons  keys of ``reasons.REASON_WORDS``
    texts    what its cells show
    html     its cells, from the first field to the state
    """

    id: int
    status: str
    errors: int
    warnings: int
    levels: frozenset[str]
    reasons: frozenset[str]
    texts: tuple[str, ...]
    html: Markup


def rows_of_class(school_class: SchoolClass, user: User, look: Look) -> list[Row]:
    """The pupils of a class whom the user may see, in the order of a Vietnamese class list."""
    return _rows(_OF_CLASS.raw(user, school_class.id), user, look, school_class)


def rows_of_staff(user: User, look: Look) -> list[Row]:
    """The staff, if the user may see them, in the same order."""
    return _rows(_OF_STAFF.raw(user), user, look, None)


def _rows(
    stored: list[Stored], user: User, look: Look, school_class: SchoolClass | None
) -> list[Row]:
    names = _names_beside(stored, user, school_class)
    return [_drawn(each, look, names.get(each[0], ())) for each in stored]


def _names_beside(
    stored: list[Stored], user: User, school_class: SchoolClass | None
) -> Mapping[int, tuple[str, ...]]:
    """{id of a record: who else has its number}, of those that have somebody beside them."""
    sharing = [_record(each) for each in stored if '"duplicate"' in each[_PROBLEMS]]
    for person in sharing:
        person.school_class = school_class
    holders = cells.holders_of(sharing, user)
    return {person.id: cells.names_beside(person, holders) for person in sharing}


@kept(_KEPT)
def _drawn(stored: Stored, look: Look, names: tuple[str, ...]) -> Row:
    person = _record(stored)
    shown = cells.plain_cells(
        person,
        cells.columns_of(look.kind, look.epoch),
        names,
        may_edit=look.may_edit,
        masked=look.masked,
    )
    return Row(
        person.id,
        person.status,
        person.errors,
        person.warnings,
        frozenset(problem["level"] for problem in person.problems),
        frozenset(reasons_of(person.status, person.problems, person.ministry_code)),
        tuple(cell.value for cell in shown),
        drawn("people/_row.html", cells=shown, person=person, root=look.root),
    )


def _record(stored: Stored) -> Person:
    """The record with the columns that a row shows, and no others."""
    values = {
        column.name: column.python_value(value)
        for column, value in zip(_COLUMNS, stored, strict=True)
    }
    return Person(**values)


_OF_THE_STATE = ("state", "status", "problems", "errors", "warnings", "repaired", "differences")
_NAMES = [
    "id",
    "kind",
    *(field.name for field in record.FIELDS if field.in_table),
    *_OF_THE_STATE,
]
_COLUMNS = [getattr(Person, name) for name in _NAMES]
_PROBLEMS = _NAMES.index("problems")


_STORED = Person.select(*_COLUMNS)
_OF_CLASS = PreparedWithin(
    lambda limit, class_: in_table_order(
        limit(_STORED.where(Person.school_class == class_, Person.kind == "student"))
    )
)
_OF_STAFF = PreparedWithin(
    lambda limit: in_table_order(limit(_STORED.where(Person.kind == "staff")))
)
