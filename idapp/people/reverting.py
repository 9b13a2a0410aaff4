"""Taking back a whole imported file as far as nobody worked on it since; what did change stays and is listed."""

from __future__ import annotations

from dataclasses import dataclass, field

from peewee import chunked

from idapp import people
from idapp.database import rows, writing
from idapp.models import Change, Person, SchoolClass, User
from idapp.people import membership
from idapp.people.undoing import (
    MISTAKEN,
    ConflictingCell,
    UndoOperation,
    cells_of,
    created_by,
    records_of,
    set_back,
    used_elsewhere,
)
from idapp.rules import catalogues


@dataclass
class Reverted:
    """What ``revert`` did: cells set back, people of the step put aside, moved back, and what was left alone."""

    changeset: str
    values: int = 0
    put_aside: list[Person] = field(default_factory=list)
    moved_back: list[Person] = field(default_factory=list)
    restored: list[Person] = field(default_factory=list)  # to the state before: studying, left ...
    kept: list[ConflictingCell] = field(default_factory=list)
    kept_people: list[Person] = field(
        default_factory=list
    )  # newcomers with whom something else happened meanwhile

    @property
    def anything(self) -> bool:
        return bool(self.values or self.put_aside or self.moved_back or self.restored)


def revert(changeset: str, *, by: User) -> Reverted:
    """Take back a whole imported file as far as nobody worked on it since.

    Cells go back to what stood there; pupils go back to their class; people who came with the step leave the tables in
    the state "Nhập nhầm" if nothing else happened to them. The rest stays and is listed.
    """
    with writing():
        newborn = created_by(changeset)
        cells = [was for was in cells_of(changeset) if was.person_id not in newborn]
        reverted = Reverted(people.new_changeset())
        if cells:
            result = set_back(
                cells, UndoOperation("undo", changeset, reverted.changeset, by), rest=True
            )
            reverted.values, reverted.kept = result.cells, result.kept
        _move_back(changeset, reverted, by)
        _put_aside(newborn, changeset, reverted, by)
    return reverted


def _move_back(changeset: str, reverted: Reverted, by: User) -> None:
    """Classes and states as they were, where the record still is where the step put it."""
    query = Change.select().where(
        Change.changeset == changeset, Change.event.in_(("person.moved", "person.state"))
    )
    changes = list(query.order_by(Change.id.desc()))
    records = records_of({change.person_id for change in changes if change.person_id})
    for change in changes:
        person = records[change.person_id or 0]
        now = person.state if change.event == "person.state" else _class_name(person)
        if now != change.new:
            reverted.kept.append(_left(person, change))
        elif change.event == "person.state":
            active = change.old != MISTAKEN and catalogues.is_present(person.kind, change.old)
            membership.set_state(
                person,
                change.old,
                active=active,
                by=by,
                source="undo",
                changeset=reverted.changeset,
            )
            reverted.restored.append(person)
        elif not change.old:
            membership.take_out_of_class(
                [person], by=by, source="undo", changeset=reverted.changeset
            )
        elif home := SchoolClass.get_or_none(SchoolClass.name == change.old):
            membership.move(person, home, by=by, source="undo", changeset=reverted.changeset)
            reverted.moved_back.append(person)
        else:
            reverted.kept.append(_left(person, change))


def _class_name(person: Person) -> str:
    return person.school_class.name if person.school_class else ""


def _left(person: Person, change: Change) -> ConflictingCell:
    query = Change.select(Change, User).left_outer_join(User)
    last = (
        query.where(Change.person == person, Change.event == change.event)
        .order_by(Change.id.desc())
        .first()
    )
    return ConflictingCell(
        person,
        change.field,
        _class_name(person) if change.event == "person.moved" else person.state,
        last,
    )


def _put_aside(newborn: set[int], changeset: str, reverted: Reverted, by: User) -> None:
    used = _with_own_life(newborn, changeset)
    for person in records_of(newborn).values():
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
    """With whom did anybody do anything besides the step itself?"""
    others = Change.select(Change.person).where(
        Change.changeset != changeset, Change.user.is_null(False)
    )
    deeds = (rows(others.where(Change.person.in_(part)).distinct()) for part in chunked(ids, 500))
    return used_elsewhere(ids).union(id_ for part in deeds for (id_,) in part)
