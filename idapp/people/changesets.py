"""What the history says of changesets: which there are, what one did to each cell, whom it created, what came after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from peewee import ModelSelect, chunked, fn

from idapp import database
from idapp.models import BatchItem, Change, Explanation, Person, RegisterError, User, utc_now
from idapp.people.membership import MISTAKEN
from idapp.people.states import people_with_class
from idapp.rules import record

# deeds in a table; files and papers have their own way back
SOURCES = ("typed", "pasted", "fill", "card")
_DAYS = 30  # how far back a user can undo
_CHANGESETS = 300  # and how many changesets
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds
_IS_STATE = Change.event == "person.state"
_IS_PLACED = Change.event.in_(("person.moved", "person.state", "person.kept"))
_OF_RECORDS = ("person.changed", "person.moved", "person.state")
_NEWBORN = 1  # the version under which a new record's first values stand in the audit


class UndoStep(NamedTuple):
    """One changeset of a user: what it was done with, and which other it takes back or does again."""

    changeset: str
    source: str
    undoes: str
    verb: str


@dataclass(frozen=True)
class CellChange:
    """One cell of a changeset: what stood there before, what it left, and what came in where it was another text."""

    person_id: int
    field: str
    old: str
    new: str
    typed: str = ""


class CellWrite(NamedTuple):
    """One audit row of a cell: the changeset it belongs to, and which other that one undoes."""

    person_id: int
    field: str
    changeset: str
    undoes: str
    verb: str


def undo_steps(table: ModelSelect[Person], by: User) -> Iterator[UndoStep]:
    """This user's changesets on records of the table, undos and redos among them, oldest first.

    Cells of those who have left since are out of reach; that they left, or changed class, is a step itself.
    """
    ids = table.select(Person.id)
    ids_here = table.where(Person.active | (Person.state == MISTAKEN)).select(Person.id)
    is_cell = (Change.event == "person.changed") & Change.person.in_(ids_here)
    rows = Change.select(
        Change.changeset,
        fn.MAX(Change.source),
        fn.MAX(Change.undoes),
        fn.MAX(Change.verb),
        fn.MAX(Change.id),
    ).where(
        Change.user == by,
        is_cell | (_IS_PLACED & Change.person.in_(ids)),
        Change.source.in_((*SOURCES, "undo")),
        Change.at >= utc_now() - timedelta(days=_DAYS),
        Change.changeset != "",
    )
    changesets = rows.group_by(Change.changeset)
    newest = changesets.order_by(fn.MAX(Change.id).desc()).limit(_CHANGESETS)
    for *step, _ in reversed(database.rows(newest)):
        yield UndoStep(*step)


def people_of(changeset: str) -> list[int]:
    """Ids of all records that the changeset wrote to, in order."""
    changes = Change.select(Change.person).where(
        Change.changeset == changeset, Change.event.in_(_OF_RECORDS), Change.person.is_null(False)
    )
    return sorted(id_ for (id_,) in database.rows(changes.distinct()))


def cells_of(changeset: str, ids: Collection[int] | None = None) -> list[CellChange]:
    """What a changeset did to each cell: from the first old text to the last new one.

    ``ids``: of these records only, not many.
    """
    columns = (Change.person, Change.field, Change.old, Change.new, Change.typed)
    changes = of_changeset(changeset, ids, Change.select(*columns)).where(
        Change.event == "person.changed"
    )
    cells: dict[tuple[int, str], CellChange] = {}
    for person_id, name, old, new, typed in database.rows(changes.order_by(Change.id)):
        if name not in record.FIELD or not person_id:  # a field of an older version
            continue
        earlier = cells.get((person_id, name))
        first_old = earlier.old if earlier else old
        cells[person_id, name] = CellChange(person_id, name, first_old, new, typed)
    return list(cells.values())


def writes_since(changeset: str, ids: set[int]) -> Iterator[CellWrite]:
    """Every write of a cell of these records from the changeset on, in order for each record."""
    first = Change.select(fn.MIN(Change.id)).where(Change.changeset == changeset)
    query = Change.select(
        Change.person, Change.field, Change.changeset, Change.undoes, Change.verb
    ).where(Change.id >= first, Change.event == "person.changed")
    for part in chunked(ids, _PARAMETERS):
        of_part = query.where(Change.person.in_(part)).order_by(Change.id)
        for row in database.rows(of_part):
            yield CellWrite(*row)


def of_changeset(
    changeset: str, ids: Collection[int] | None, changes: ModelSelect[Change]
) -> ModelSelect[Change]:
    """Those of the changes that belong to a changeset. ``ids``: of these records only, not many."""
    if ids is None:
        return changes.where(Change.changeset == changeset)
    # found by the records, who have some rows each: by its index a long changeset would be read whole
    is_of_changeset = Change.changeset.concat("") == changeset
    return changes.where(Change.person.in_(list(ids)), is_of_changeset)


def created_by(changeset: str, ids: Collection[int] | None = None) -> set[int]:
    """Ids of the records that came into being with the changeset. ``ids``: among these only, not many."""
    first_values = of_changeset(changeset, ids, Change.select(Change.person)).where(
        Change.event == "person.changed", Change.version == _NEWBORN
    )
    return {id_ for (id_,) in database.rows(first_values.distinct())}


def records_of(ids: Iterable[int]) -> dict[int, Person]:
    """The records with these ids, each with its class, by id."""
    records: dict[int, Person] = {}
    for part in chunked(ids, _PARAMETERS):
        for person in people_with_class(Person.id.in_(part)):
            records[person.id] = person
    return records


def source_of(changeset: str) -> str:
    """How the changeset was made (``Change.source``), "" if there is none of that name."""
    query = Change.select(Change.source).where(Change.changeset == changeset)
    sources = database.rows(query.order_by(Change.id).limit(1))
    return sources[0][0] if sources else ""


def state_before(person: Person) -> str:
    """The state (``Person.state``) that the last change of state took away. Raises ``IndexError`` if there was none."""
    query = Change.select(Change.old).where(_IS_STATE, Change.person == person)
    rows = database.rows(query.order_by(Change.id.desc()).limit(1))
    return rows[0][0]


def last_change(person: Person, field: str) -> Change | None:
    """The newest audit row of one cell, with its user."""
    query = Change.select(Change, User).left_outer_join(User)
    of_cell = query.where(Change.person == person, Change.field == field)
    return of_cell.order_by(Change.id.desc()).first()


def used_elsewhere(ids: Iterable[int]) -> set[int]:
    """Who went into a batch or an explanation, or with whose paper somebody did something.

    What the system did by itself, as opening a notice for want of a number, is nobody's work: it follows the record.
    """
    wanted = list(ids)
    papers = Change.select(Change.person).where(
        Change.event.startswith("notice."), Change.user.is_null(False)
    )
    used = _those_in(wanted, papers, Change.person)
    for table in (BatchItem, Explanation, RegisterError):
        used |= _those_in(wanted, table.select(table.person), table.person)
    return used


def _those_in(ids: Iterable[int], query: ModelSelect[Any], person: Any) -> set[int]:
    """Which of the ids the query has in its column ``person``."""
    present: set[int] = set()
    for part in chunked(ids, _PARAMETERS):
        rows = database.rows(query.where(person.in_(part)).distinct())
        present.update(id_ for (id_,) in rows)
    return present
