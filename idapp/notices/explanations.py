"""An accountable 100 %: why a record cannot be verified now, proposed by the school, approved by the principal.

The managing office sees each one and can send it back with a comment. An explanation withdraws itself when the record
is verified; a record with an approved one is in the state ``explained``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from peewee import ModelSelect, fn

from idapp import audit, people, permissions
from idapp.database import rows, writing
from idapp.models import OPEN_EXPLANATION, Explanation, Person, SchoolClass, User, utc_now
from idapp.people.states import people_with_class
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

REASON_WORDS = {
    "no_birth_certificate": "Chưa có giấy khai sinh",
    "foreign": "Quốc tịch nước ngoài",
    "number_cancelled": "Số bị hủy, đang được cấp lại",
    "waiting_for_police": "Đã nộp hồ sơ, chờ công an cấp",
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


def of(person: Person) -> Explanation | None:
    """The open explanation of a record."""
    return Explanation.get_or_none(
        Explanation.person == person, Explanation.state.in_(OPEN_EXPLANATION)
    )


def listed(user: User, state: str = "") -> ModelSelect[Explanation]:
    """Open explanations within the user's scope, those that wait for somebody first."""
    visible = permissions.people_of(user).select(Person.id)
    query = (
        Explanation.select(Explanation, Person, SchoolClass, User)
        .join(Person)
        .left_outer_join(SchoolClass)
    )
    query = (
        query.switch(Explanation)
        .join(User, on=Explanation.proposed_by)
        .where(Explanation.person.in_(visible))
    )
    query = query.where(
        Explanation.state == state if state else Explanation.state.in_(OPEN_EXPLANATION)
    )
    return query.order_by(Person.kind.desc(), SchoolClass.grade, SchoolClass.name, Person.sort_key)


def counts(user: User) -> Counter[str]:
    """How many are open within the user's scope, by state."""
    visible = permissions.people_of(user).select(Person.id)
    query = Explanation.select(Explanation.state, fn.COUNT(Explanation.id)).group_by(
        Explanation.state
    )
    return Counter(
        dict(
            rows(
                query.where(
                    Explanation.person.in_(visible), Explanation.state.in_(OPEN_EXPLANATION)
                )
            )
        )
    )


def propose(person: Person, *, reason: str, note: str, evidence: str, by: User) -> Explanation:
    """A new proposal, or a better one in place of what was proposed or sent back."""
    note, evidence = _checked(person, reason, note, evidence)
    with writing():
        open_one = of(person)
        if open_one and open_one.state == "approved":
            raise Problem(
                "explanation",
                "approved",
                "Hồ sơ này đã có giải trình được duyệt. Hãy rút giải trình cũ trước.",
            )
        if open_one:
            _decide(open_one, "withdrawn", by, comment=open_one.comment)
        audit.record("explanation.proposed", by=by, person=person, new=reason)
        return Explanation.create(
            person=person, reason=reason, note=note, evidence=evidence, proposed_by=by
        )


def approve(chosen: Sequence[Explanation], *, by: User) -> int:
    """The principal takes responsibility; the records become ``explained``."""
    with writing():
        waiting = Explanation.select().where(
            Explanation.id.in_([e.id for e in chosen]), Explanation.state == "proposed"
        )
        approved = list(
            waiting
        )  # as they stand now: one may have been withdrawn since the list was read
        for explanation in approved:
            _decide(explanation, "approved", by)
        people.recompute(*people_with_class(Person.id.in_([e.person_id for e in approved])))
    return len(approved)


def send_back(explanation: Explanation, comment: str, *, by: User) -> None:
    """By the principal, or by the managing office after the approval: not good enough, and why."""
    comment = tidy(comment)
    if not comment or len(comment) > MAX_LENGTH:
        raise Problem(
            "comment",
            "missing",
            "Hãy ghi ngắn gọn vì sao trả lại để nhà trường biết cần bổ sung gì.",
        )
    with writing():
        explanation = Explanation.get_by_id(explanation.id)
        if explanation.state not in ("proposed", "approved"):
            raise Problem(
                "explanation", "closed", "Giải trình này không còn chờ nữa. Hãy tải lại trang."
            )
        _decide(explanation, "returned", by, comment=comment)
        people.recompute(*people_with_class(Person.id == explanation.person_id))


def withdraw(explanation: Explanation, *, by: User | None) -> None:
    with writing():
        explanation = Explanation.get_by_id(explanation.id)
        if explanation.state in OPEN_EXPLANATION:
            _decide(explanation, "withdrawn", by, comment=explanation.comment)
            people.recompute(*people_with_class(Person.id == explanation.person_id))


def withdraw_verified() -> int:
    """By itself: the register has confirmed the record, nothing is left to explain. Cheap; called every few seconds."""
    verified = (
        Explanation.select(Explanation, Person).join(Person).where(Person.status == "verified")
    )
    verified = verified.where(Explanation.state.in_(OPEN_EXPLANATION))
    if not verified.exists():
        return 0
    with writing():
        settled = list(verified)
        for explanation in settled:
            _decide(explanation, "withdrawn", None)
    return len(settled)


def _checked(person: Person, reason: str, note: str, evidence: str) -> tuple[str, str]:
    note, evidence = tidy(note), tidy(evidence)
    if person.status == "verified":
        raise Problem("explanation", "verified", "Hồ sơ đã xác thực, không cần giải trình.")
    if reason not in REASON_WORDS:
        raise Problem("reason", "missing", "Hãy chọn một lý do trong danh sách.")
    if reason == "other" and not note:
        raise Problem("note", "missing", "Với lý do khác, hãy ghi rõ trong phần ghi chú.")
    if not note and not evidence:
        sentence = "Hãy ghi thêm minh chứng hoặc ghi chú, ví dụ số giấy hẹn, ngày nộp hồ sơ, để hiệu trưởng duyệt được."
        raise Problem("evidence", "missing", sentence)
    if max(len(note), len(evidence)) > MAX_LENGTH:
        raise Problem("note", "too_long", f"Ghi chú dài quá {MAX_LENGTH} ký tự: hãy rút ngắn.")
    return note, evidence


def _decide(explanation: Explanation, state: str, by: User | None, *, comment: str = "") -> None:
    audit.record(
        f"explanation.{state}", by=by, person=explanation.person, old=explanation.state, new=comment
    )
    explanation.state, explanation.comment = state, comment
    explanation.decided_by, explanation.decided_at = by, utc_now()
    explanation.save(
        only=[
            Explanation.state,
            Explanation.comment,
            Explanation.decided_by,
            Explanation.decided_at,
        ]
    )
