"""The history as somebody searches it: whose record, which class, when, by whom, from which source, what kind of deed.

Newest first and a page at a time, fast with a million rows: a condition that few rows fulfil is read through its index
(``person_id``, ``user_id``, ``change_source``, ``change_event``), one that most fulfil going back from the newest row.
Days become numbers of rows, in which the history is ordered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from peewee import ModelSelect

from idapp import permissions
from idapp.database import rows
from idapp.models import Change, Person, SchoolClass, User
from idapp.people.placements import names_class
from idapp.rules.folding import fold
from idapp.settings import VIETNAM

_FEW = 300  # so many people are looked up one by one; more are met often enough on the way back
_LONGEST = 100  # letters of a name that count
_MOST_IN_A_CLASS = 900  # SQLite allows 999 parameters in old builds
_CLOCK_PUT_BACK = 1000  # rows around a day that may be out of their order


@dataclass(frozen=True)
class Wanted:
    """What is asked for; what is empty or None asks for nothing.

    name          words of a name, with or without diacritics
    school_class  of the pupils of the class, and of who was in it before; a class of any year
    first, last   days in Vietnam, both included
    events        words of ``Change.event``
    """

    name: str = ""
    school_class: SchoolClass | None = None
    first: date | None = None
    last: date | None = None
    user_id: int | None = None
    source: str = ""
    events: Sequence[str] = ()


def search(user: User, wanted: Wanted, *, limit: int, before: int | None = None) -> list[Change]:
    """The newest rows, with user and record: of records that this user may see, and of no record at all.

    before  only rows that are older than the one with this id
    """
    ids = ids_of(user, wanted)
    if before:
        ids = ids.where(Change.id < before)
    page = [id_ for (id_,) in rows(ids.limit(limit))]
    query = Change.select(Change, User, Person).left_outer_join(User)
    query = query.switch(Change).left_outer_join(Person)
    return list(query.where(Change.id.in_(page)).order_by(Change.id.desc()))


def ids_of(user: User, wanted: Wanted) -> ModelSelect[Change]:
    """The ids alone, newest first: what is sorted and thrown away is short, and mostly an index has all of it."""
    query = Change.select(Change.id)
    if user.role == "teacher":  # of whoever sees everybody nothing is left out
        seen = permissions.people_of(user, include_inactive=True).select(Person.id)
        query = query.where(Change.person.is_null() | Change.person.in_(seen))
    if wanted.name.strip():
        query = _of_name(query, wanted.name)
    if wanted.school_class is not None:
        query = query.where(Change.person.in_(_ever_in(wanted.school_class)))
    query = _of_days(query, wanted.first, wanted.last)
    if wanted.user_id is not None:
        query = query.where(Change.user == wanted.user_id)
    if wanted.source:
        query = query.where(Change.source == wanted.source)
    if wanted.events:
        query = _of_events(query, wanted.events)
    return query.order_by(Change.id.desc())


def _of_name(query: ModelSelect[Change], name: str) -> ModelSelect[Change]:
    """All words must be in the name. Few people are named by their ids: the index of ``person_id`` has their rows."""
    words = fold(name[:_LONGEST]).split()
    people = Person.select(Person.id)
    for word in words:
        people = people.where(Person.search_key.contains(word))
    ids = [id_ for (id_,) in rows(people.limit(_FEW + 1))]
    if len(ids) <= _FEW:
        return query.where(Change.person.in_(ids))
    query = query.join(Person)
    for word in words:
        query = query.where(Person.search_key.contains(word))
    return query


def _ever_in(school_class: SchoolClass) -> list[int]:
    """Ids of the present pupils, and of who came in or went out; as many as a class has."""
    came = names_class(Change.new, school_class)
    went = names_class(Change.old, school_class)
    moves = Change.select(Change.person).where(
        Change.event == "person.moved",
        Change.event != "person.changed",  # says to the database which index has them
        came | went,
    )
    inside = Person.select(Person.id).where(Person.school_class == school_class)
    ids = dict.fromkeys(id_ for query in (inside, moves.distinct()) for (id_,) in rows(query))
    return list(ids)[:_MOST_IN_A_CLASS]


def _of_days(
    query: ModelSelect[Change], first: date | None, last: date | None
) -> ModelSelect[Change]:
    """The days are asked for themselves; the bounds of rows only keep the rest from being read."""
    if first is not None:
        start = _midnight(first)
        oldest = Change.select(Change.id).where(Change.at >= start).order_by(Change.at)
        query = query.where(Change.id >= (oldest.limit(1).scalar() or 0) - _CLOCK_PUT_BACK)
        query = query.where(Change.at >= start)
    if last is not None:
        end = _midnight(last + timedelta(days=1))
        newest = Change.select(Change.id).where(Change.at < end).order_by(Change.at.desc())
        query = query.where(Change.id <= (newest.limit(1).scalar() or 0) + _CLOCK_PUT_BACK)
        query = query.where(Change.at < end)
    return query


def day_of(at: datetime) -> date:
    """The day in Vietnam of a moment as the history writes it."""
    return at.replace(tzinfo=UTC).astimezone(VIETNAM).date()


def _midnight(day: date) -> datetime:
    """The beginning of a day in Vietnam, as the history writes time: UTC without a zone."""
    begins = datetime.combine(day, time(), VIETNAM)
    return begins.astimezone(UTC).replace(tzinfo=None)


def _of_events(query: ModelSelect[Change], events: Sequence[str]) -> ModelSelect[Change]:
    query = query.where(Change.event.in_(list(events)))
    if "person.changed" in events:
        return query
    return query.where(Change.event != "person.changed")  # so the index of all the others may serve
