"""Taking back a whole imported file as far as nobody worked on it since; what did change stays and is listed.

Each record by itself, so that a long file goes back in parts.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from peewee import chunked

from idapp import school
from idapp.database import rows, writing
from idapp.models import Change, Person, User
from idapp.people import membership
from idapp.people.changesets import (
    cells_of,
    created_by,
    of_changeset,
    people_of,
    records_of,
    used_elsewhere,
)
from idapp.people.changing import new_changeset
from idapp.people.membership import MISTAKEN
from idapp.people.placements import last_placement, present_of
from idapp.people.transfers import is_present
from idapp.people.undoing import ConflictingCell, UndoOperation, set_back_part

_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds


@dataclass
class Reverted:
    """What ``revert`` did.

    values       cells set back
    put_aside    newcomers of the changeset who left the tables
    moved_back   pupils who are in their class of before again
    restored     records in the state of before: studying, left ...
    kept         cells, classes and states that were left alone
    kept_people  newcomers with whom something else happened meanwhile
    """

    changeset: str
    values: int = 0
    put_aside: list[Person] = field(default_factory=list)
    moved_back: list[Person] = field(default_factory=list)
    restored: list[Person] = field(default_factory=list)
    kept: list[ConflictingCell] = field(default_factory=list)
    kept_people: list[Person] = field(default_factory=list)

    @property
    def anything(self) -> bool:
        """False if all of it had to stay."""
        people = [*self.put_aside, *self.moved_back, *self.restored]
        return bool(people) or self.values > 0

    def take_over(self, part: Reverted) -> None:
        """What a further part of the same file did."""
        self.values += part.values
        self.put_aside += part.put_aside
        self.moved_back += part.moved_back
        self.restored += part.restored
        self.kept += part.kept
        self.kept_people += part.kept_people


def revert(changeset: str, *, by: User) -> Reverted:
    """Take a whole file back at once: ``revert_part`` for all of its records, in one transaction."""
    with writing():
        ids = people_of(changeset)
        reverted = Reverted(new_changeset())
        for part in chunked(ids, _PARAMETERS):
            reverted.take_over(revert_part(changeset, part, by=by, undo_step=reverted.changeset))
    return reverted


def revert_part(changeset: str, ids: Collection[int], *, by: User, undo_step: str) -> Reverted:
    """Take back what a file did to some of its records, as far as nobody worked on them since.

    Never raises; the rest stays and is listed. ``undo_step``: the changeset that all parts together are.

    1. Cells go back to what stood there.
    2. Pupils go back to their class, records to their state.
    3. People who came with the changeset leave the tables in the state "Nhập nhầm" if nothing else happened to them.
    """
    with writing():
        created = created_by(changeset, ids)
        cells = [cell for cell in cells_of(changeset, ids) if cell.person_id not in created]
        reverted = Reverted(undo_step)
        if cells:
            operation = UndoOperation("undo", changeset, undo_step, by)
            result = set_back_part(cells, operation)
            reverted.values = result.cells
            reverted.kept = result.kept
        _restore_places(changeset, ids, reverted, by)
        _put_aside(created, changeset, reverted, by)
    return reverted


def _restore_places(changeset: str, ids: Collection[int], reverted: Reverted, by: User) -> None:
    """Classes and states as they were, where the record still is where the changeset put it."""
    events = Change.event.in_(("person.moved", "person.state"))
    query = of_changeset(changeset, ids, Change.select()).where(events)
    changes = list(query.order_by(Change.id.desc()))  # backwards: a pupil may have moved twice
    records = records_of({change.person_id for change in changes if change.person_id})
    for change in changes:
        person = records[change.person_id or 0]
        if not _is_where_it_was_put(person, change):
            reverted.kept.append(_conflicting(person, change))
        elif change.event == "person.state":
            _restore_state(person, change.old, reverted, by)
        else:
            _restore_class(person, change, reverted, by)


def _restore_state(person: Person, state: str, reverted: Reverted, by: User) -> None:
    active = is_present(person.kind, state)
    membership.set_state(
        person, state, active=active, by=by, source="undo", changeset=reverted.changeset
    )
    reverted.restored.append(person)


def _restore_class(person: Person, change: Change, reverted: Reverted, by: User) -> None:
    """``change.old``: the name of the class of before, "" for none. A class that is gone by now cannot come back."""
    if not change.old:
        membership.take_out_of_class([person], by=by, source="undo", changeset=reverted.changeset)
        return
    home = school.class_called(change.old, change.id)
    if home is None:
        reverted.kept.append(_conflicting(person, change))
        return
    membership.move(person, home, by=by, source="undo", changeset=reverted.changeset)
    reverted.moved_back.append(person)


def _is_where_it_was_put(person: Person, change: Change) -> bool:
    """Is the state or the class still that of the change? The class may have another name by now."""
    if change.event == "person.state" or not change.new:
        return present_of(person, change.event) == change.new
    put_into = school.class_called(change.new, change.id)
    return put_into is not None and person.school_class_id == put_into.id


def _conflicting(person: Person, change: Change) -> ConflictingCell:
    last = last_placement(person, change.event)
    return ConflictingCell(person, change.field, present_of(person, change.event), last)


def _put_aside(created: set[int], changeset: str, reverted: Reverted, by: User) -> None:
    used = _with_own_life(created, changeset)
    for person in records_of(created).values():
        if person.id in used:
            reverted.kept_people.append(person)
        elif person.active:
            reverted.put_aside.append(person)
    membership.set_state_of_many(
        reverted.put_aside,
        MISTAKEN,
        active=False,
        by=by,
        source="undo",
        changeset=reverted.changeset,
    )


def _with_own_life(ids: set[int], changeset: str) -> set[int]:
    """With whom did anybody do anything besides the changeset itself?"""
    others = Change.select(Change.person).where(
        Change.changeset != changeset, Change.user.is_null(False)
    )
    edited = used_elsewhere(ids)
    for part in chunked(ids, _PARAMETERS):
        of_part = others.where(Change.person.in_(part)).distinct()
        edited.update(id_ for (id_,) in rows(of_part))
    return edited
