"""Step 3: who needs the family's paper, the police's *giấy thông báo số định danh cá nhân* (Mẫu 01, TT 59/2021/TT-BCA).

Membership of the list is a fact about the record, never typed: no number, or an answer that says the values disagree.
An unanswered question is nobody's fault and sends no family anywhere. The row in ``notice`` only says how far the
school has come with the family.
"""

from __future__ import annotations

from peewee import Expression, ModelSelect

from idapp import audit, permissions
from idapp.database import writing
from idapp.models import Notice, Person, SchoolClass, User, utc_now

REASON_WORDS = {
    "no_number": "Chưa có số định danh",
    "mismatch": "Thông tin không khớp",
    "not_found": "Không tìm thấy",
}
STATE_WORDS = {
    "open": "Chưa yêu cầu",
    "asked": "Đã báo gia đình",
    "police": "Gia đình đi công an",
    "received": "Đã nhận giấy",
}
_DISAGREES = ("mismatch", "not_found")


def needs_paper() -> Expression:
    """The condition on a record, for every list and every sum."""
    no_number = (Person.status == "incomplete") & (Person.identity_number == "")
    return Person.active & ~Person.foreign_national & (Person.status.in_(_DISAGREES) | no_number)


def reason_of(person: Person) -> str:
    """Why this record is on the list; "" if it is not."""
    if not person.active or person.foreign_national:
        return ""
    if person.status in _DISAGREES:
        return person.status
    return "no_number" if person.status == "incomplete" and not person.identity_number else ""


def waiting_for_paper(user: User, school_class: SchoolClass | None = None) -> ModelSelect[Person]:
    """The list within the user's scope, class by class."""
    query = permissions.people_of(user).where(needs_paper())
    if school_class is not None:
        query = query.where(Person.school_class == school_class)
    return query.order_by(Person.kind.desc(), Person.school_class, Person.sort_key)


def open_case(person: Person) -> Notice | None:
    return Notice.get_or_none(Notice.person == person, Notice.state != "closed")


def cases_of(people: list[Person]) -> dict[int, Notice]:
    """Open cases by person."""
    found = Notice.select().where(Notice.person.in_([p.id for p in people]), Notice.state != "closed")
    return {case.person_id: case for case in found}


def set_progress(person: Person, state: str, *, by: User) -> Notice:
    """How far the school has come with this family; opens the case at the first word."""
    with writing():
        case = open_case(person) or Notice.create(person=person, reason=reason_of(person) or "by_hand")
        audit.record("notice.state", by=by, person=person, old=case.state, new=state)
        case.state = state
        case.save(only=[Notice.state])
    return case


def close(person: Person, *, because: str) -> None:
    """The record is verified: the paper is no longer needed. Called inside the settling transaction."""
    closed = Notice.update(state="closed", closed_at=utc_now(), closed_because=because)
    if closed.where(Notice.person == person, Notice.state != "closed").execute():
        audit.record("notice.closed", by=None, person=person, new=because)
