"""The papers of a newcomer: which were seen, which are still owed and until when. Owed ones are counted on every page.

A paper that is not on the list of the class is never asked for by itself; one that is owed stays so until somebody
ticks it, also after the pupil has changed class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from peewee import ModelSelect, fn

from idapp import audit, permissions
from idapp.database import rows, writing
from idapp.models import EntryPaper, Person, SchoolClass, User
from idapp.rules import entry_papers as lists


@dataclass(frozen=True)
class Line:
    """One paper on the list of somebody: is it needed, here, or owed until a day?"""

    key: str
    label: str
    is_needed: bool
    received_on: date | None = None
    due_on: date | None = None
    is_owed: bool = False


@dataclass(frozen=True)
class Owing:
    """How many pupils owe papers within what somebody may see, and how many of them are past the day."""

    people: int = 0
    overdue: int = 0


NOBODY = Owing()


def lines_of(person: Person) -> list[Line]:
    """The list of the pupil's class, and whatever else was noted of this pupil."""
    grade = person.school_class.grade if person.school_class else None
    stored = _stored(person)
    lines = []
    for paper in lists.papers_for(grade):
        row = stored.pop(paper.key, None)
        lines.append(_line(paper.key, paper.is_needed, row))
    lines += [_line(key, False, row) for key, row in stored.items()]
    return lines


def _line(key: str, is_needed: bool, row: EntryPaper | None) -> Line:
    label = lists.LABELS.get(key, key)
    if row is None:
        return Line(key, label, is_needed)
    return Line(key, label, is_needed, row.received_on, row.due_on, row.received_on is None)


def note(
    person: Person, received: Collection[str], *, due_on: date | None, by: User, today: date
) -> bool:
    """Write down which papers are here; the needed ones that are not are owed until ``due_on``.

    1. A paper that is ticked is received today, or stays received as of its day.
    2. A needed one that is not ticked is owed; one that was ticked by mistake is owed again.
    3. One audit row says what became different. False if nothing did.

    ``due_on`` None: the day each one has already, or the usual one.
    """
    usual = lists.usual_due_day(today)
    changed: list[str] = []
    with writing():
        stored = _stored(person)
        for line in lines_of(person):
            row = stored.get(line.key)
            is_received = line.key in received
            if row is None:
                if not is_received and not line.is_needed:
                    continue
                row = EntryPaper(person=person, paper=line.key)
            if _set(row, is_received, due_on or row.due_on or usual, today):
                changed.append(_in_words(line.label, row))
        if changed:
            audit.record("person.papers", by=by, person=person, new="; ".join(changed))
    return bool(changed)


def _stored(person: Person) -> dict[str, EntryPaper]:
    return {row.paper: row for row in EntryPaper.select().where(EntryPaper.person == person)}


def _set(row: EntryPaper, is_received: bool, due_on: date, today: date) -> bool:
    """Bring a row in line and store it; False if it says so already."""
    before = (row.id, row.received_on, row.due_on)
    if is_received:
        row.received_on = row.received_on or today
    else:
        row.received_on = None
        row.due_on = due_on
    if (row.id, row.received_on, row.due_on) == before and row.id:
        return False
    row.save()
    return True


def _in_words(label: str, row: EntryPaper) -> str:
    if row.received_on:
        return f"{label}: đã nhận"
    return f"{label}: còn nợ, hẹn {row.due_on:%d/%m/%Y}"


def receive(person: Person, keys: Iterable[str], *, by: User, today: date) -> bool:
    """Tick owed papers of one pupil; nothing else changes. False if none of them was owed."""
    with writing():
        owed = EntryPaper.select().where(
            EntryPaper.person == person,
            EntryPaper.paper.in_(list(keys)),
            EntryPaper.received_on.is_null(),
        )
        words = []
        for row in owed:
            row.received_on = today
            row.save()
            words.append(_in_words(lists.LABELS.get(row.paper, row.paper), row))
        if words:
            audit.record("person.papers", by=by, person=person, new="; ".join(words))
    return bool(words)


def owing(user: User, today: date) -> Owing:
    """The count of every page. Whoever only looks on has no papers to ask for."""
    if user.role == "reviewer":
        return NOBODY
    days = [day for (day,) in _FIRST_DAYS.raw(user)]
    overdue = [day for day in days if day is not None and _as_date(day) < today]
    return Owing(len(days), len(overdue))


def _as_date(day: date | str) -> date:
    """A ``MIN`` of SQLite comes as text."""
    if isinstance(day, str):
        return date.fromisoformat(day[:10])
    return day


def owing_ids(user: User, school_class: SchoolClass | None = None) -> set[int]:
    """Who of a class, or of all, owes a paper."""
    if school_class is not None:
        owing = _OWING_OF_CLASS.raw(user, school_class.id)
    else:
        owing = rows(_owed(user).select(EntryPaper.person).distinct())
    return {id_ for (id_,) in owing}


def owing_by_class(user: User) -> dict[int, int]:
    """{id of a class: how many of its pupils owe papers}."""
    query = _owed(user).select(Person.school_class, fn.COUNT(EntryPaper.person.distinct()))
    return dict(rows(query.group_by(Person.school_class)))


def owed_lines(user: User) -> dict[int, list[EntryPaper]]:
    """Owed papers by person, in the order of the day they are due."""
    query = _owed(user).select(EntryPaper).order_by(EntryPaper.due_on, EntryPaper.id)
    by_person: dict[int, list[EntryPaper]] = {}
    for paper in query:
        by_person.setdefault(paper.person_id, []).append(paper)
    return by_person


def _owed(user: User) -> ModelSelect[EntryPaper]:
    return permissions.limited(_OWED, user)


_OWED = EntryPaper.select(EntryPaper).join(Person).where(EntryPaper.received_on.is_null())
# asked by every page, and by every table
_FIRST_DAYS = permissions.PreparedWithin(
    lambda limit: limit(_OWED).select(fn.MIN(EntryPaper.due_on)).group_by(EntryPaper.person)
)
_OWING_OF_CLASS = permissions.PreparedWithin(
    lambda limit, class_: (
        limit(_OWED.where(Person.school_class == class_)).select(EntryPaper.person).distinct()
    )
)
