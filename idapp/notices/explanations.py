"""An accountable 100 %: why a record cannot be verified now, proposed by the school, approved by the principal.

The managing office sees each one and can send it back with a comment. An explanation withdraws itself when the record
is verified or turns out to be a foreigner's; a record with an approved one is in the state ``explained``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from peewee import ModelSelect, fn

from idapp import audit, people, permissions
from idapp.database import writing
from idapp.models import (
    OPEN_EXPLANATION,
    Explanation,
    Person,
    SchoolClass,
    User,
    in_school_order,
    utc_now,
)
from idapp.people.states import people_with_class
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

REASON_WORDS = {
    "no_birth_certificate": "Chưa có giấy khai sinh",
    "foreign": "Quốc tịch nước ngoài",
    "number_cancelled": "Số bị hủy, đang được cấp lại",
    "waiting_for_police": "Đã nộp hồ sơ, chờ công an cấp",
    "register_wrong": "CSDL dân cư ghi sai, chờ công an sửa",
    "moved_away": "Đã chuyển đi, chưa có hồ sơ mới",
    "other": "Lý do khác",
}
STATE_WORDS = {
    "proposed": "Chờ hiệu trưởng duyệt",
    "approved": "Đã duyệt",
    "returned": "Bị trả lại",
    "withdrawn": "Đã rút",
}
MAX_LENGTH = 1000
_NOTHING_TO_EXPLAIN = {  # status of a record: why
    "verified": "Hồ sơ đã xác thực, không cần giải trình.",
    "foreign": "Người có quốc tịch nước ngoài ở ngoài diện xác thực, không cần giải trình.",
}


def of(person: Person) -> Explanation | None:
    """The open explanation of a record."""
    return Explanation.get_or_none(Explanation.person == person, Explanation.is_open())


def listed(user: User, state: str = "") -> ModelSelect[Explanation]:
    """Explanations in this state, else all open ones, within the user's scope and in school order."""
    query = (
        Explanation.select(Explanation, Person, SchoolClass, User)
        .join(Person)
        .left_outer_join(SchoolClass)
    )
    query = query.switch(Explanation).join(User, on=Explanation.proposed_by)
    query = permissions.limited(query, user)
    if state:
        query = query.where(Explanation.state == state)
    else:
        query = query.where(Explanation.is_open())
    return query.order_by(Person.kind.desc(), *in_school_order(), Person.sort_key)


def counts(user: User) -> Counter[str]:
    """How many are open within the user's scope, by state."""
    return Counter(dict(_COUNTS.raw(user)))


_COUNTS = permissions.PreparedWithin(
    lambda limit: limit(
        Explanation.select(Explanation.state, fn.COUNT(Explanation.id))
        .join(Person)
        .where(Explanation.is_open())
        .group_by(Explanation.state)
    )
)


def propose(person: Person, *, reason: str, note: str, evidence: str, by: User) -> Explanation:
    """A new proposal, or a better one in place of what was proposed or sent back.

    Raises Problem if the texts do not do, the record is verified, or an explanation of it is approved.
    """
    note = tidy(note)
    evidence = tidy(evidence)
    _check(person, reason, note, evidence)
    with writing():
        earlier = of(person)
        if earlier and earlier.state == "approved":
            sentence = "Hồ sơ này đã có giải trình được duyệt. Hãy rút giải trình cũ trước."
            raise Problem("explanation", "approved", sentence)
        if earlier:
            _decide(earlier, "withdrawn", by, comment=earlier.comment)
        audit.record("explanation.proposed", by=by, person=person, new=reason)
        return Explanation.create(
            person=person, reason=reason, note=note, evidence=evidence, proposed_by=by
        )


def approve(chosen: Sequence[Explanation], *, by: User) -> int:
    """The principal takes responsibility; the records become ``explained``. Returns how many were approved."""
    ids = [explanation.id for explanation in chosen]
    with writing():
        # As they stand now: one may have been withdrawn since the list was read.
        waiting = Explanation.select().where(Explanation.id.in_(ids))
        approved = list(waiting.where(Explanation.state == "proposed"))
        for explanation in approved:
            _decide(explanation, "approved", by)
        ids_of_people = [explanation.person_id for explanation in approved]
        people.recompute(*people_with_class(Person.id.in_(ids_of_people)))
    return len(approved)


def send_back(explanation: Explanation, comment: str, *, by: User) -> None:
    """By the principal, or by the managing office after the approval: not good enough, and why.

    Raises Problem if no comment of at most ``MAX_LENGTH`` says why, or if the explanation is closed by now.
    """
    comment = tidy(comment)
    if not comment or len(comment) > MAX_LENGTH:
        sentence = "Hãy ghi ngắn gọn vì sao trả lại để nhà trường biết cần bổ sung gì."
        raise Problem("comment", "missing", sentence)
    with writing():
        explanation = Explanation.get_by_id(explanation.id)
        if explanation.state not in ("proposed", "approved"):
            sentence = "Giải trình này không còn chờ nữa. Hãy tải lại trang."
            raise Problem("explanation", "closed", sentence)
        _decide(explanation, "returned", by, comment=comment)
        people.recompute(*people_with_class(Person.id == explanation.person_id))


def withdraw(explanation: Explanation, *, by: User | None) -> None:
    """The school takes it back; nothing happens to one that is closed already."""
    with writing():
        # The stored row: a second click, or the principal's decision, may have come in between.
        explanation = Explanation.get_by_id(explanation.id)
        if explanation.state in OPEN_EXPLANATION:
            _decide(explanation, "withdrawn", by, comment=explanation.comment)
            people.recompute(*people_with_class(Person.id == explanation.person_id))


def withdraw_needless() -> int:
    """By itself: the register has confirmed the record, or it is a foreigner's: nothing is left to explain.

    Cheap; called every few seconds.

    Returns how many were withdrawn.
    """
    of_whom = Person.status.in_(list(_NOTHING_TO_EXPLAIN))
    open_of_them = (
        Explanation.select(Explanation, Person).join(Person).where(of_whom, Explanation.is_open())
    )
    if not open_of_them.exists():  # nearly always: then nobody waits for the lock
        return 0
    with writing():
        needless = list(open_of_them)
        for explanation in needless:
            _decide(explanation, "withdrawn", None)
    return len(needless)


def _check(person: Person, reason: str, note: str, evidence: str) -> None:
    """Raises Problem if this cannot be an explanation of this record."""
    if person.status in _NOTHING_TO_EXPLAIN:
        raise Problem("explanation", person.status, _NOTHING_TO_EXPLAIN[person.status])
    if reason not in REASON_WORDS:
        raise Problem("reason", "missing", "Hãy chọn một lý do trong danh sách.")
    if reason == "other" and not note:
        raise Problem("note", "missing", "Với lý do khác, hãy ghi rõ trong phần ghi chú.")
    if not note and not evidence:
        sentence = (
            "Hãy ghi thêm minh chứng hoặc ghi chú, ví dụ số giấy hẹn, ngày nộp hồ sơ, "
            "để hiệu trưởng duyệt được."
        )
        raise Problem("evidence", "missing", sentence)
    if max(len(note), len(evidence)) > MAX_LENGTH:
        raise Problem("note", "too_long", f"Ghi chú dài quá {MAX_LENGTH} ký tự: hãy rút ngắn.")


def _decide(explanation: Explanation, state: str, by: User | None, *, comment: str = "") -> None:
    audit.record(
        f"explanation.{state}", by=by, person=explanation.person, old=explanation.state, new=comment
    )
    explanation.state = state
    explanation.comment = comment
    explanation.decided_by = by
    explanation.decided_at = utc_now()
    decision = (Explanation.state, Explanation.comment)
    explanation.save(only=[*decision, Explanation.decided_by, Explanation.decided_at])
