"""The police come to the school: who is to come, when, with whom. A list to print and to tick off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from peewee import ModelSelect

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import (
    Appointment,
    Person,
    SchoolClass,
    User,
    Visit,
    in_school_order,
)
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

MINUTES_EACH = 5
# 8:00, 8h, 8h00, 13g30, 8 giờ 15
_CLOCK = re.compile(r"([0-9]{1,2})\s*(?::|h|g|giờ)?\s*([0-9]{2})?", re.IGNORECASE)


def plan(day: date, *, place: str, note: str, by: User, today: date) -> Visit:
    """A day on which the police come, or the one that is planned already for this day and place.

    Raises Problem for a day that is over.
    """
    if day < today:
        raise Problem("day", "past", "Ngày này đã qua. Hãy chọn ngày công an sẽ đến trường.")
    place = tidy(place)[:200]
    with writing():
        planned = Visit.get_or_none(Visit.day == day, Visit.place == place)
        if planned is not None:
            return planned  # the second click of two
        visit = Visit.create(day=day, place=place, note=tidy(note)[:1000], added_by=by)
        audit.record("visit.planned", by=by, subject=f"visit {visit.id}", new=day.isoformat())
    return visit


def invite(visit: Visit, people: Sequence[Person], *, first: str = "", by: User) -> int:
    """Put people on the list, each MINUTES_EACH after the one before if ``first`` is a time. Returns how many are new.

    Raises Problem for a time that is none.
    """
    with writing():
        already = {appointment.person_id for appointment in visit.appointments}
        fresh = [person for person in people if person.id not in already]
        times = _times(first, len(fresh))
        for person, time in zip(fresh, times, strict=True):
            Appointment.create(visit=visit, person=person, time=time)
        audit.record("visit.invited", by=by, subject=f"visit {visit.id}", new=str(len(fresh)))
    return len(fresh)


def describe(
    appointment: Appointment, *, time: str, guardian_note: str, came: str, by: User
) -> None:
    """Raises Problem for a time that is none; everything else is written all the same."""
    wrong: Problem | None = None
    try:
        [appointment.time] = _times(time, 1)
    except Problem as problem:
        wrong = problem  # raised at the end: the rest of the line is not lost for it
    with writing():
        audit.record(
            "visit.line",
            by=by,
            person=appointment.person,
            subject=f"visit {appointment.visit_id}",
            old=appointment.came,
            new=came,
        )
        appointment.guardian_note = tidy(guardian_note)[:300]
        appointment.came = came
        appointment.save(only=[Appointment.time, Appointment.guardian_note, Appointment.came])
    if wrong:
        raise wrong


def leave_out(appointment: Appointment, *, by: User) -> None:
    """Take a person off the list of a visit."""
    with writing():
        subject = f"visit {appointment.visit_id}"
        audit.record("visit.left_out", by=by, person=appointment.person, subject=subject)
        appointment.delete_instance()


def appointments_of(visit: Visit, user: User) -> ModelSelect[Appointment]:
    """Within the user's scope, in the order in which they come: those without a time last, then by class."""
    visible = permissions.people_of(user).select(Person.id)
    query = (
        Appointment.select(Appointment, Person, SchoolClass)
        .join(Person)
        .left_outer_join(SchoolClass)
    )
    query = query.where(Appointment.visit == visit, Appointment.person.in_(visible))
    in_class = (*in_school_order(), Person.sort_key)
    return query.order_by(Appointment.time == "", Appointment.time, *in_class, Appointment.id)


def _times(first: str, count: int) -> list[str]:
    """ "08:00", "08:05" ... from 8:00, 8h, 8h00 or 8 giờ 00; no times without a first one.

    >>> _times("7h59", 2), _times("", 1)
    (['07:59', '08:04'], [''])
    >>> _times("7h60", 1)
    Traceback (most recent call last):
    ...
    idapp.rules.problem.Problem: ...
    """
    if not first.strip():
        return [""] * count
    start = _moment_of(first.strip())
    moments = [start + timedelta(minutes=MINUTES_EACH * place) for place in range(count)]
    return [f"{moment:%H:%M}" for moment in moments]


def _moment_of(text: str) -> datetime:
    """A time of any day, so that minutes can be added to it. Raises Problem for a text that is no time."""
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        raise _bad_time()
    hour = int(clock[1])
    minute = int(clock[2] or 0)
    if hour > 23 or minute > 59:
        raise _bad_time()
    return datetime(2000, 1, 1, hour, minute)


def _bad_time() -> Problem:
    return Problem("time", "bad_time", "Giờ hẹn viết theo dạng 8:00 hoặc 13h30.")
