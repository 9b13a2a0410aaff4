"""The police come to the school: who is to come, when, with whom. A list to print and to tick off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from peewee import ModelSelect

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import Appointment, Person, SchoolClass, User, Visit
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

MINUTES_EACH = 5


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
        already = {line.person_id for line in visit.lines}
        fresh = [person for person in people if person.id not in already]
        for person, time in zip(fresh, _times(first, len(fresh)), strict=True):
            Appointment.create(visit=visit, person=person, time=time)
        audit.record("visit.invited", by=by, subject=f"visit {visit.id}", new=str(len(fresh)))
    return len(fresh)


def describe(line: Appointment, *, time: str, guardian_note: str, came: str, by: User) -> None:
    with writing():
        audit.record("visit.line", by=by, person=line.person, subject=f"visit {line.visit_id}", old=line.came, new=came)
        line.time, line.guardian_note, line.came = tidy(time)[:20], tidy(guardian_note)[:300], came
        line.save(only=[Appointment.time, Appointment.guardian_note, Appointment.came])


def leave_out(line: Appointment, *, by: User) -> None:
    with writing():
        audit.record("visit.left_out", by=by, person=line.person, subject=f"visit {line.visit_id}")
        line.delete_instance()


def lines_of(visit: Visit, user: User) -> ModelSelect[Appointment]:
    """Within the user's scope, by time, then class."""
    visible = permissions.people_of(user).select(Person.id)
    query = Appointment.select(Appointment, Person, SchoolClass).join(Person).left_outer_join(SchoolClass)
    query = query.where(Appointment.visit == visit, Appointment.person.in_(visible))
    return query.order_by(Appointment.id)


def _times(first: str, count: int) -> list[str]:
    try:
        start = datetime.strptime(first.strip().replace("h", ":"), "%H:%M")
    except ValueError:
        return [""] * count
    return [f"{start + timedelta(minutes=MINUTES_EACH * n):%H:%M}" for n in range(count)]
