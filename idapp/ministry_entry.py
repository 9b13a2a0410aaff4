"""What must still be entered into the ministry's own system, which no program can write to.

Nothing is kept as a flag. A cell waits while what the ministry has of it differs from what the record holds, and what
the ministry has is read from the history: its state before the first change that nobody has entered yet. So a change
that was taken back waits no more, and a cell that is changed again after it was ticked comes back by itself.

Nobody has to enter again what the ministry has already:

- changes by a file that was taken as it is from its system (``Import.from_ministry``, asked on the check page), until
  that import is undone; and cells where such a file says what the record holds;
- a list of people who have a code of the ministry, as it came in: they are in its system, who knows how. Somebody added
  by hand waits whole, because a pupil who moves here must be received there too;
- conversions of addresses to other lists of places, and the step into a new school year: the ministry converts its own;
  nor what takes such a step back.

Of somebody who has left only that is entered. The ministry's code itself comes from there and never waits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from peewee import JOIN, ModelSelect, chunked, fn

from idapp import audit, database
from idapp.database import writing
from idapp.models import (
    IN_PARTS,
    Change,
    EnteredChange,
    Import,
    Person,
    SchoolClass,
    User,
    in_school_order,
    utc_now,
)
from idapp.people import new_changeset
from idapp.people.codes import lacks_code
from idapp.permissions import people_of
from idapp.rules import record

_NOT_ENTERED = {"ministry_code", *record.PRESENT}
FIELDS = (*(name for name in record.FIELD if name not in _NOT_ENTERED), "state", "school_class")
FIELD_WORDS = {
    **{name: field.label for name, field in record.FIELD.items()},
    "state": "Trạng thái",
    "school_class": "Lớp",
}
_EVENTS = ("person.changed", "person.state", "person.moved")
_CONVERSIONS = ("places", "place_name", "year")
_NEWBORN = 1  # the version under which a new record's first values stand in the history
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds
_RECENT = 10


class PendingChange(NamedTuple):
    """One cell that waits: what the ministry has, what the record holds, and the change up to which this is true."""

    person_id: int
    field: str
    old: str
    new: str
    up_to: int
    changed_at: datetime
    by_name: str


@dataclass(frozen=True)
class PendingRecord:
    """Somebody of whom something waits. is_new: the ministry knows nothing of this record yet."""

    person: Person
    changes: list[PendingChange]
    is_new: bool

    @property
    def cells(self) -> dict[str, PendingChange]:
        """The changes by their fields."""
        return {change.field: change for change in self.changes}


@dataclass(frozen=True)
class Part:
    """Which people of a school are meant: of a class, of a kind, one; everybody where nothing is said."""

    class_id: int | None = None
    kind: str = ""
    person_id: int | None = None


@dataclass(frozen=True)
class Entry:
    """Something that somebody ticked, and can take back."""

    changeset: str
    ticked_at: datetime
    by_name: str
    people: int


def pending_records(
    user: User, part: Part = Part(), *, until: int | None = None
) -> list[PendingRecord]:
    """Of the people this user may see, in school order; those who left too.

    ``until``: only changes up to this one, which somebody had in sight.
    """
    people = people_of(user, include_inactive=True)
    if part.class_id is not None:
        people = people.where(Person.school_class == part.class_id, Person.kind == "student")
    if part.kind:
        people = people.where(Person.kind == part.kind)
    if part.person_id is not None:
        people = people.where(Person.id == part.person_id)
    by_person: dict[int, list[PendingChange]] = defaultdict(list)
    for change in _changes(people, until):
        by_person[change.person_id].append(change)
    pending = [_record(person, by_person[person.id]) for person in _records(by_person)]
    return [record_ for record_ in pending if record_ is not None]


def enter(records: Iterable[PendingRecord], *, by: User) -> str:
    """Remember that all this was entered; returns the changeset by which it is taken back, "" where nothing waited."""
    changes = [change for pending in records for change in pending.changes]
    if not changes:
        return ""
    changeset = new_changeset()
    with writing():
        _remember(changes, changeset, by)
    return changeset


def take_back(changeset: str, *, by: User) -> int:
    """It was not entered after all: it waits again. Returns how many people.

    0 for what is unknown, taken back already, or of people whom this user may not see.
    """
    with writing():
        rows = EnteredChange.select(EnteredChange.person).where(
            EnteredChange.changeset == changeset, EnteredChange.undone_at.is_null()
        )
        ids = {id_ for (id_,) in database.rows(rows.distinct())}
        if not ids or not ids <= _visible(by):
            return 0
        undo = EnteredChange.update(undone_at=utc_now())
        undo.where(
            EnteredChange.changeset == changeset, EnteredChange.undone_at.is_null()
        ).execute()
        audit.record_many("ministry.waits_again", [(id_, "", "") for id_ in sorted(ids)], by=by)
    return len(ids)


def recent_entries(user: User) -> list[Entry]:
    """The last things that were ticked and not taken back: a teacher's own ones, of others everybody's."""
    query = EnteredChange.select(
        EnteredChange.changeset,
        fn.MAX(EnteredChange.at),
        fn.MAX(User.full_name),
        fn.COUNT(EnteredChange.person.distinct()),
    ).join(User)
    query = query.where(EnteredChange.undone_at.is_null())
    if user.role == "teacher":
        query = query.where(EnteredChange.user == user)
    newest = query.group_by(EnteredChange.changeset).order_by(fn.MAX(EnteredChange.id).desc())
    return [Entry(*row) for row in database.rows(newest.limit(_RECENT))]


def waiting_fields(people: ModelSelect[Person]) -> dict[int, set[str]]:
    """{id of a record: its cells that wait}."""
    fields: dict[int, set[str]] = defaultdict(set)
    for change in _changes(people):
        fields[change.person_id].add(change.field)
    return fields


def enter_from_file(
    texts: Mapping[int, Mapping[str, str]], *, changeset: str, by: User | None
) -> None:
    """A file from the ministry's system says of these records, {id: {field: text}}, what it has: where that is what the
    record holds nothing has to be entered any more."""
    known = []
    for ids in chunked(sorted(texts), _PARAMETERS):
        for change in _changes(Person.select().where(Person.id.in_(ids))):
            if texts[change.person_id].get(change.field) == change.new:
                known.append(change)
    if known:
        with writing():
            _remember(known, changeset, by)


def _visible(user: User) -> set[int]:
    rows = database.rows(people_of(user, include_inactive=True).select(Person.id))
    return {id_ for (id_,) in rows}


def _remember(changes: Collection[PendingChange], changeset: str, by: User | None) -> None:
    now = utc_now()
    rows = [
        {
            "person": change.person_id,
            "field": change.field,
            "up_to": change.up_to,
            "at": now,
            "user": by,
            "changeset": changeset,
        }
        for change in changes
    ]
    for part in chunked(rows, 100):
        EnteredChange.insert_many(part).execute()
    people = sorted({change.person_id for change in changes})
    audit.record_many(
        "ministry.entered", [(id_, "", "") for id_ in people], by=by, changeset=changeset
    )


# what waits


def _changes(people: ModelSelect[Person], until: int | None = None) -> list[PendingChange]:
    """The cells that wait of the records that ``people`` selects; of somebody who left, and is new, none.

    1. Of each cell find the first and the last change that nobody has entered.
    2. What stood there before the first is what the ministry has; what the record holds now is what is to be entered.
    """
    spans = _spans(people.select(Person.id), until).alias("spans")
    first = Change.alias()
    last = Change.alias()
    query = (
        last.select(
            last.person,
            spans.c.field,
            first.old,
            first.new,
            first.undoes,
            last.id,
            last.at,
            User.full_name,
        )
        .join(spans, on=(last.id == spans.c.last_id))
        .join(first, on=(first.id == spans.c.first_id))
        .join(User, JOIN.LEFT_OUTER, on=(last.user == User.id))
    )
    rows = database.rows(query.order_by(last.id))
    stored = {person.id: person for person in _records({row[0] for row in rows})}
    conversions = _conversions({row[4] for row in rows})
    changes = []
    for person_id, field, before, after, undoes, up_to, changed_at, by_name in rows:
        # what takes a conversion back leads to what the ministry has
        old = after if undoes in conversions else before
        new = _held(stored[person_id], field)
        if new != old:
            changes.append(
                PendingChange(person_id, field, old, new, up_to, changed_at, by_name or "")
            )
    return changes


def _conversions(changesets: Collection[str]) -> set[str]:
    """Which of these changesets converted records."""
    conversions: set[str] = set()
    for part in chunked(sorted(filter(None, changesets)), _PARAMETERS):
        query = Change.select(Change.changeset).where(
            Change.changeset.in_(part), Change.source.in_(_CONVERSIONS)
        )
        conversions |= {changeset for (changeset,) in database.rows(query.distinct())}
    return conversions


def _held(person: Person, field: str) -> str:
    """What the record holds now."""
    if field != "school_class":
        return str(getattr(person, field))
    return person.school_class.name if person.school_class is not None else ""


def _records(ids: Collection[int]) -> list[Person]:
    """In school order, each with its class."""
    records: list[Person] = []
    order = (Person.kind.desc(), *in_school_order(), Person.sort_key, Person.id)
    for part in chunked(sorted(ids), _PARAMETERS):
        query = Person.select(Person, SchoolClass).left_outer_join(SchoolClass)
        records.extend(query.where(Person.id.in_(part)).order_by(*order))
    return records


def _record(person: Person, changes: list[PendingChange]) -> PendingRecord | None:
    """What waits of one record; None where nothing does after all."""
    is_new = any(change.field == "full_name" and not change.old for change in changes)
    if person.active:
        return PendingRecord(person, changes, is_new)
    if is_new:
        return None  # never entered, and gone
    leaving = [change for change in changes if change.field == "state"]
    return PendingRecord(person, leaving, is_new=False) if leaving else None


def _spans(people: ModelSelect[Person], until: int | None) -> ModelSelect[Change]:
    """(person_id, field, first_id, last_id) of the changes of each cell that nobody has entered yet."""
    ticked = _ticked(people).alias("ticked")
    brought = _brought(people).alias("brought")
    is_first_value = Change.version == _NEWBORN
    # NULL: a move, a leave
    is_news = Change.version.is_null() | ~is_first_value | (Change.source == "typed") | lacks_code()
    query = (
        Change.select(
            Change.person.alias("person_id"),
            Change.field.alias("field"),
            fn.MIN(Change.id).alias("first_id"),
            fn.MAX(Change.id).alias("last_id"),
        )
        .join(Person, on=(Change.person == Person.id))
        .join(ticked, JOIN.LEFT_OUTER, on=_same_cell(ticked))
        .join(brought, JOIN.LEFT_OUTER, on=_same_cell(brought))
        .where(
            Change.person.in_(people),
            Change.event.in_(_EVENTS),
            Change.field.in_(FIELDS),
            Change.source.not_in(_CONVERSIONS),
            fn.COALESCE(ticked.c.up_to, 0) < Change.id,
            fn.COALESCE(brought.c.up_to, 0) < Change.id,
            is_news,
        )
    )
    if until is not None:
        query = query.where(Change.id <= until)
    return query.group_by(Change.person, Change.field)


def _same_cell(entered: Any) -> Any:
    return (entered.c.person_id == Change.person) & (entered.c.field == Change.field)


def _ticked(people: ModelSelect[Person]) -> ModelSelect[EnteredChange]:
    """(person_id, field, up_to): what somebody ticked, or a file of the ministry said too."""
    query = EnteredChange.select(
        EnteredChange.person.alias("person_id"),
        EnteredChange.field.alias("field"),
        fn.MAX(EnteredChange.up_to).alias("up_to"),
    )
    query = query.where(EnteredChange.person.in_(people), EnteredChange.undone_at.is_null())
    return query.group_by(EnteredChange.person, EnteredChange.field)


def _brought(people: ModelSelect[Person]) -> ModelSelect[Change]:
    """(person_id, field, up_to): what a file from the ministry's system brought."""
    change = Change.alias()
    query = change.select(
        change.person.alias("person_id"),
        change.field.alias("field"),
        fn.MAX(change.id).alias("up_to"),
    ).join(Import, on=(Import.changeset == change.changeset))
    query = query.where(
        change.person.in_(people),
        Import.changeset != "",
        Import.from_ministry,
        Import.state.in_(("confirmed", *IN_PARTS)),
    )
    return query.group_by(change.person, change.field)
