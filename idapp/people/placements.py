"""Classes and states that a changeset wrote, and the way back from them.

Compare and set: a record goes back only if it is still where the changeset put it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

from peewee import Expression, TextField, fn

from idapp import school
from idapp.database import rows
from idapp.models import Change, Person, SchoolClass, User, YearChange
from idapp.people import membership, transfers

MOVED = "person.moved"
STATE = "person.state"
_NEWEST = 2**62  # no row of the history comes after it
FIELD_OF = {MOVED: "school_class", STATE: "state"}


class Place(NamedTuple):
    """A state or the name of a class ("" for none), and the audit row that calls it so."""

    name: str
    row: int

    @property
    def school_class(self) -> SchoolClass | None:
        """The class of that name; None if it is gone, or if there was none."""
        return school.class_called(self.name, self.row) if self.name else None


@dataclass(frozen=True)
class Placement:
    """What a changeset did to the class or to the state of one record: from the first old text to the last new one.

    event     MOVED, then the texts are names of classes ("" for none), or STATE
    from_row  id of the audit row that names ``old``, and ``to_row`` that which names ``new``: classes are renamed
    """

    person_id: int
    event: str
    old: str
    new: str
    from_row: int
    to_row: int

    @property
    def start(self) -> Place:
        """Before the changeset."""
        return Place(self.old, self.from_row)

    @property
    def end(self) -> Place:
        """After it."""
        return Place(self.new, self.to_row)


@dataclass(frozen=True)
class Direction:
    """Who takes a changeset back ("undo") or does it again ("redo"), as which new changeset."""

    verb: str
    undoes: str
    changeset: str
    by: User

    def left(self, placement: Placement) -> Place:
        """Where the record must still be."""
        return placement.end if self.verb == "undo" else placement.start

    def target(self, placement: Placement) -> Place:
        """Where it goes."""
        return placement.start if self.verb == "undo" else placement.end


def placements_of(changeset: str) -> list[Placement]:
    """Each record and event once."""
    columns = (Change.id, Change.person, Change.event, Change.old, Change.new)
    changes = Change.select(*columns).where(
        Change.changeset == changeset, Change.event.in_((MOVED, STATE))
    )
    placements: dict[tuple[int, str], Placement] = {}
    for id_, person_id, event, old, new in rows(changes.order_by(Change.id)):
        first = placements.get((person_id, event))
        start = first.start if first else Place(old, id_)
        placement = Placement(person_id, event, start.name, new, start.row, id_)
        placements[person_id, event] = placement
    return list(placements.values())


def names_class(column: TextField, school_class: SchoolClass) -> Expression:
    """The condition on a move that its ``column`` (``Change.old`` or ``Change.new``) names this very class.

    Under whichever name it had at that moment; a class of the same name in another school year is another class.
    """
    first, last = _rows_of_its_year(school_class)
    year = school_class.school_year
    conditions = []
    for name, begins, ends in _names_of(school_class):
        its_rows = (Change.id >= max(begins, first)) & (Change.id <= min(ends, last))
        conditions.append((column == name) & its_rows)
        conditions.append(column == f"{name} ({year}-{year + 1})")  # as the step of a year says it
    return reduce(or_, conditions)


def _names_of(school_class: SchoolClass) -> list[tuple[str, int, int]]:
    """Each name it has had, with the first and the last row of the history that may call it so."""
    events = Change.event.in_(("class.added", "class.renamed"))
    query = Change.select(Change.id, Change.old, Change.new)
    subject = f"class {school_class.id}"
    named = rows(query.where(events, Change.subject == subject).order_by(Change.id))
    name = named[0][1] if named else school_class.name
    begins = 0
    names = []
    for id_, _, new in named:
        if name:  # "" before it was added
            names.append((name, begins, id_))
        name, begins = new, id_
    return [*names, (name, begins, _NEWEST)]


def _rows_of_its_year(school_class: SchoolClass) -> tuple[int, int]:
    """The rows of the history that were written while its year was the school's, each way without an end."""
    steps = YearChange.select(YearChange.changeset, YearChange.from_year)
    first, last = 0, _NEWEST
    for changeset, from_year in rows(steps.where(YearChange.state.in_(("running", "done")))):
        row = Change.select(fn.MIN(Change.id)).where(Change.changeset == changeset).scalar()
        if row and from_year < school_class.school_year:
            first = max(first, row)
        elif row:
            last = min(last, row)
    return first, last


def present_of(person: Person, event: str) -> str:
    """The name of the class, "" for none, or the state, as it is now."""
    if event == STATE:
        return person.state
    return person.school_class.name if person.school_class else ""


def last_placement(person: Person, event: str) -> Change | None:
    """The newest audit row of the class or of the state, with its user."""
    query = Change.select(Change, User).left_outer_join(User)
    same_event = query.where(Change.person == person, Change.event == event)
    return same_event.order_by(Change.id.desc()).first()


def is_restorable(placement: Placement, person: Person, direction: Direction) -> bool:
    """Is the record still there, and is there a way back?"""
    left = direction.left(placement)
    target = direction.target(placement)
    if placement.event == STATE:
        return person.state == left.name
    if target.name and target.school_class is None:
        return False
    if not left.name:
        return person.school_class_id is None
    return left.school_class is not None and left.school_class.id == person.school_class_id


def put_back(
    placements: Iterable[Placement], records: Mapping[int, Person], direction: Direction
) -> list[Person]:
    """Carry restorable placements back, those with one target together. Returns the records that they are about."""
    by_state: dict[tuple[str, str], list[Person]] = {}
    by_class: dict[SchoolClass | None, list[Person]] = {}
    for placement in placements:
        person = records[placement.person_id]
        target = direction.target(placement)
        if placement.event == STATE:
            by_state.setdefault((person.kind, target.name), []).append(person)
        else:
            by_class.setdefault(target.school_class, []).append(person)
    for (kind, state), people in by_state.items():
        _restore_state(people, kind, state, direction)
    for home, people in by_class.items():
        _restore_class(people, home, direction)
    transfers.set_undone(direction.undoes, undone=direction.verb == "undo")
    placed = [person for people in (*by_state.values(), *by_class.values()) for person in people]
    return list({person.id: person for person in placed}.values())


def _restore_state(people: Sequence[Person], kind: str, state: str, direction: Direction) -> None:
    membership.set_state_of_many(
        people,
        state,
        active=transfers.is_present(kind, state),
        by=direction.by,
        source="undo",
        changeset=direction.changeset,
        undoes=direction.undoes,
        verb=direction.verb,
    )


def _restore_class(
    people: Sequence[Person], home: SchoolClass | None, direction: Direction
) -> None:
    if home is None:
        membership.take_out_of_class(
            people,
            by=direction.by,
            source="undo",
            changeset=direction.changeset,
            undoes=direction.undoes,
            verb=direction.verb,
        )
        return
    membership.move_many(
        people,
        home,
        by=direction.by,
        source="undo",
        changeset=direction.changeset,
        undoes=direction.undoes,
        verb=direction.verb,
    )
