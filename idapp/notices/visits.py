"""The police come to the school: who is to come, when, with whom. A list to print and to tick off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from peewee import ModelSelect

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import Appointment, Person, SchoolClass, User, Visit
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

MINUTES_EACH = 5
_CLOCK = re.compile(r"([0-9]{1,2})\s*(?::|h|g|giờ)?\s*([0-9]{2})?", re.IGNORECASE)


def plan(day: date, *, place: str, note: str, by: User, today: date) -> Visit:
    if day < today:
        raise Problem("day", "past", "Ngày này đã qua. Hãy chọn ngày công an sẽ đến trường.")
    place = tidy(place)[:200]
    with writing():
        if known := Visit.get_or_none(Visit.day == day, Visit.place == place):
            return known  # the second click of two
        visit = Visit.create(day=day, place=place, note=tidy(note)[:1000], added_by=by)
        audit.record("visit.planned", by=by, subject=f"visit {visit.id}", new=day.isoformat())
    return visit


def invite(visit: Visit, people: Sequence[Person], *, first: str = "", by: User) -> int:
    """Put people on the list, each MINUTES_EACH after the one before if ``first`` is a time. How many are new."""
    with writing():
        already = {appointment.person_id for appointment in visit.appointments}
        fresh = [person for person in people if person.id not in already]
        for person, time in zip(fresh, _times(first, len(fresh)), strict=True):
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
        wrong = problem
    with writing():
        audit.record(
            "visit.line",
            by=by,
            person=appointment.person,
            subject=f"visit {appointment.visit_id}",
            old=appointment.came,
            new=came,
        )
        appointment.guardian_note, appointment.came = tidy(guardian_note)[:300], came
        appointment.save(only=[Appointment.time, Appointment.guardian_note, Appointment.came])
    if wrong:
        raise wrong


def leave_out(appointment: Appointment, *, by: User) -> None:
    with writing():
        audit.record(
            "visit.left_out",
            by=by,
            person=appointment.person,
            subject=f"visit {appointment.visit_id}",
        )
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
    in_class = (SchoolClass.grade, SchoolClass.name, Person.sort_key)
    return query.order_by(Appointment.time == "", Appointment.time, *in_class, Appointment.id)


def _times(first: str, count: int) -> list[str]:
    """ "08:00", "08:05" ... from 8:00, 8h, 8h00 or 8 giờ 00; no times without a first one."""
    if not first.strip():
        return [""] * count
    found = _CLOCK.fullmatch(first.strip())
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise Problem("time", "bad_time", "Giờ hẹn viết theo dạng 8:00 hoặc 13h30.")
    start = datetime(2000, 1, 1, int(found[1]), int(found[2] or 0))
    return [f"{start + timedelta(minutes=MINUTES_EACH * n):%H:%M}" for n in range(count)]
