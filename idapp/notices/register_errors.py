"""The population database is wrong: the family's papers agree with the school, and the police are asked to correct it.

A school cannot correct the register, and the family that goes there alone is often sent back. So the school writes to
the police of the commune of permanent residence (``police_letters``): which fields, what the register says, what the
papers say. A request goes through ``transitions.REGISTER_ERROR``::

    prepared -> sent -> corrected -> (the next batch) confirmed
                  |         '-> still_wrong: a batch has seen it again
                  |-> more: the police want another paper; then it is sent again
                  '-> refused: the police say that the register is right

``corrected`` makes the record ready for the next batch without touching its values: what the register once answered
about them counts no more (``Person.outcome_hash``). A request ends by itself when the record is verified, no longer
says what the papers say, or belongs to somebody who has left (:func:`follow_records`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from peewee import ModelSelect

from idapp import audit, permissions
from idapp.database import rows, writing
from idapp.models import (
    DISAGREES,
    EVIDENCE,
    OPEN_REGISTER_ERROR,
    Batch,
    BatchItem,
    PaperCase,
    Person,
    RegisterError,
    SchoolClass,
    User,
    in_school_order,
    utc_now,
)
from idapp.notices import explanations
from idapp.notices.cases import AT_POLICE, move_for_register
from idapp.notices.transitions import REGISTER_ERROR
from idapp.people.states import RuleContext, people_with_class, store
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

STATE_WORDS = {
    "prepared": "Chưa gửi công an",
    "sent": "Đã gửi, chờ công an trả lời",
    "more": "Công an yêu cầu bổ sung",
    "corrected": "Công an báo đã sửa, chờ đợt xác thực sau",
    "confirmed": "Đã xác thực sau khi công an sửa",
    "still_wrong": "Công an báo đã sửa nhưng đợt xác thực vẫn không khớp",
    "refused": "Công an không sửa",
    "withdrawn": "Đã rút",
}
ANSWER_WORDS = {
    "corrected": "Đã sửa CSDL dân cư",
    "more": "Yêu cầu bổ sung giấy tờ",
    "refused": "Không sửa",
}
FIELDS = ("full_name", "date_of_birth", "gender", "identity_number")
REMIND_AFTER = timedelta(days=7)
MAX_LENGTH = 1000
_WANTS_REASON = ("more", "refused")
TO_SEND = ("prepared", "more")


def of(person: Person) -> RegisterError | None:
    """The request about this person that is not ended."""
    is_open = RegisterError.state.in_(OPEN_REGISTER_ERROR)
    return RegisterError.get_or_none(RegisterError.person == person, is_open)


def last_of(person: Person) -> RegisterError | None:
    """The newest request about this person, ended or not."""
    query = RegisterError.select().where(RegisterError.person == person)
    return query.order_by(RegisterError.id.desc()).first()


def listed(user: User, states: Sequence[str] = OPEN_REGISTER_ERROR) -> ModelSelect[RegisterError]:
    """Requests in these states within the user's scope, with person, class and open case, in school order."""
    visible = permissions.people_of(user).select(Person.id)
    case = (PaperCase.person == Person.id) & PaperCase.is_open()
    query = (
        RegisterError.select(RegisterError, Person, SchoolClass, PaperCase)
        .join(Person)
        .left_outer_join(SchoolClass)
        .switch(Person)
        .left_outer_join(PaperCase, on=case, attr="case")
    )
    query = query.where(RegisterError.person.in_(visible), RegisterError.state.in_(list(states)))
    return query.order_by(*in_school_order(), Person.sort_key, RegisterError.id)


def may_begin(person: Person) -> bool:
    """Has the register said something else about the very values that stand there, and asks nobody about it yet?"""
    if not person.active or person.outcome not in DISAGREES:
        return False
    return of(person) is None and RuleContext().is_answered(person)


def numbers_written_about() -> list[str]:
    """Identity numbers of everybody about whom a letter has gone out, ended or not: for the rehearsal only."""
    query = Person.select(Person.identity_number).join(RegisterError)
    query = query.where(RegisterError.sent_on.is_null(False), RegisterError.state != "withdrawn")
    return sorted({number for (number,) in rows(query)})


# what people do


def begin(
    person: Person,
    fields: Mapping[str, str],
    *,
    evidence: str,
    papers_agree: bool,
    note: str,
    by: User,
) -> RegisterError:
    """The papers are right, the register is wrong: the case goes to the police.

    fields        {field: what the register says, "" where nobody knows}
    papers_agree  somebody has laid the family's paper beside the record, and it says the same

    Raises Problem if nothing was chosen, the papers were not compared, or the register has not answered about the
    record as it stands.
    """
    texts = {name: tidy(text)[:200] for name, text in fields.items() if name in FIELDS}
    note = tidy(note)
    _check(person, texts, evidence, papers_agree, note)
    with writing():
        person = people_with_class(Person.id == person.id)[0]
        if not may_begin(person):
            raise Problem("fields", "not_now", _why_not(person))
        pairs = {name: _pair(person, name, typed) for name, typed in texts.items()}
        _check_differ(pairs)
        request = RegisterError.create(
            person=person,
            fields=pairs,
            hash=person.outcome_hash,
            evidence=evidence,
            note=note,
            added_by=by,
        )
        audit.record("register_error.prepared", by=by, person=person, new=", ".join(pairs))
        move_for_register(person, AT_POLICE, by=by)
    return request


def send(
    requests: Iterable[RegisterError], *, on: date, today: date, remind_on: date | None, by: User
) -> int:
    """The letter has gone out on this day; ``remind_on`` None: after REMIND_AFTER. Returns how many it was about.

    Raises Problem for a day that has not come, or a reminder before the letter.
    """
    remind_on = remind_on or on + REMIND_AFTER
    if on > today:
        raise Problem("sent_on", "future", "Ngày gửi công an chưa tới. Hãy ghi ngày đã gửi thật.")
    if remind_on < on:
        raise Problem("remind_on", "before", "Ngày nhắc lại đứng trước ngày gửi. Hãy xem lại.")
    follow_records()
    with writing():
        waiting = _as_stored(requests, TO_SEND)
        for request in waiting:
            _move(request, "sent", by, sent_on=on, answer="", answered_on=None)
            move_for_register(request.person, AT_POLICE, by=by, due_on=remind_on)
    return len(waiting)


def note_answer(
    requests: Iterable[RegisterError], outcome: str, *, text: str, on: date, today: date, by: User
) -> int:
    """What the police have answered: a key of ANSWER_WORDS. Returns about how many.

    corrected  the record is ready for the next batch; an explanation that waited for the police withdraws
    more       goes into the next letter again
    refused    the case is at school again

    Raises Problem for an unknown outcome, a day that has not come, or a refusal without its reason.
    """
    text = tidy(text)
    _check_answer(outcome, text, on, today)
    follow_records()
    with writing():
        waiting = _as_stored(requests, ("sent",))
        for request in waiting:
            if on < (request.sent_on or on):
                sentence = "Ngày trả lời đứng trước ngày gửi công văn. Hãy xem lại."
                raise Problem("answered_on", "before", sentence)
            _move(request, outcome, by, answer=text, answered_on=on)
            _AFTER_ANSWER[outcome](request, by)
    return len(waiting)


def take_back(requests: Iterable[RegisterError], *, by: User) -> int:
    """The last step of each was a mistake: an answer becomes ``sent`` again, a letter unsent, a request withdrawn.

    Left as they are: those about which a batch is asking or has answered meanwhile. Returns how many moved.
    """
    follow_records()
    moved = 0
    with writing():
        for request in _as_stored(requests, ("prepared", "sent", "more", "corrected", "refused")):
            moved += _take_back(request, by)
    return moved


def choose_commune(request: RegisterError, code: str, *, by: User) -> None:
    """Whose police it goes to, where the record does not say it or the family has its residence elsewhere."""
    with writing():
        audit.record(
            "register_error.commune",
            by=by,
            person=request.person,
            old=request.commune_code,
            new=code,
        )
        request.commune_code = code
        request.save(only=[RegisterError.commune_code])


# what happens by itself


def follow_records() -> int:
    """End the requests that have come to an end. Cheap; called every few seconds. Returns how many."""
    open_ones = RegisterError.state.in_(OPEN_REGISTER_ERROR)
    query = RegisterError.select(RegisterError, Person).join(Person).where(open_ones)
    requests = list(query)
    if not requests:
        return 0
    context = RuleContext()
    if not any(_end_of(request, context) for request in requests):  # then nobody waits for the lock
        return 0
    ended = 0
    with writing():
        # Asked anew: until the lock was ours somebody else may have moved some of them.
        for request in query.clone():
            end = _end_of(request, context)
            if end:
                _move(request, end, None)
                ended += 1
    return ended


def _end_of(request: RegisterError, context: RuleContext) -> str:
    """The state in which a request ends now, "" while it goes on."""
    person = request.person
    if person.status == "verified":
        return "confirmed"
    if not person.active or person.foreign_national:
        return "withdrawn"
    if request.state == "corrected":
        return _end_of_corrected(request)
    # An edited record no longer says what the papers and the letter say.
    is_as_it_was = person.outcome_hash == request.hash and context.is_answered(person)
    return "" if is_as_it_was else "withdrawn"


def _end_of_corrected(request: RegisterError) -> str:
    """It waits for a batch: its hash was taken off the record until the register answers again."""
    person = request.person
    if not person.outcome_hash or person.outcome not in DISAGREES:
        return ""
    return "still_wrong" if person.outcome_hash == request.hash else "withdrawn"


def _take_back(request: RegisterError, by: User) -> bool:
    person = request.person
    if request.state == "prepared":
        _move(request, "withdrawn", by)
        move_for_register(person, "compared", by=by)
        return True
    if request.state == "sent":
        _move(request, "prepared", by, sent_on=None)
        move_for_register(person, AT_POLICE, by=by)
        return True
    if request.state == "more":
        _move(request, "sent", by, answer="", answered_on=None)
        move_for_register(person, AT_POLICE, by=by, due_on=_remind_on(request))
        return True
    return _take_back_end(request, by)


def _take_back_end(request: RegisterError, by: User) -> bool:
    """Of an answer that sent the case away from the police."""
    person = request.person
    if request.state == "corrected":
        is_asked = BatchItem.select().where(BatchItem.person == person, BatchItem.is_open())
        if person.outcome_hash or is_asked.exists():
            return False
        _answer_counts(person, request.hash)
    elif not _is_answered_as_before(person, request):
        return False  # it was edited, or somebody has begun anew
    _move(request, "sent", by, answer="", answered_on=None)
    move_for_register(person, AT_POLICE, by=by, due_on=_remind_on(request))
    return True


def _is_answered_as_before(person: Person, request: RegisterError) -> bool:
    return person.outcome_hash == request.hash and may_begin(person)


def _answer_counts(person: Person, hash_: str) -> None:
    """Let the register's last answer be about these values again ("": about none), and compute the state."""
    person.outcome_hash = hash_
    store(person, RuleContext(), outcome_hash=hash_)


def _after_corrected(request: RegisterError, by: User) -> None:
    person = request.person
    explanation = explanations.of(person)
    if explanation is not None and explanation.reason == "register_wrong":
        explanations.withdraw(explanation, by=by)
        person = people_with_class(Person.id == person.id)[0]
    _overtake_questions(person)
    _answer_counts(person, "")
    if person.status == "ready":
        move_for_register(person, "waiting", by=by)


def _overtake_questions(person: Person) -> None:
    """What a batch has asked already is answered from before the correction: a disagreement will count no more."""
    carried = Batch.select(Batch.id).where(Batch.state == "waiting_for_answers")
    is_asked = (BatchItem.state == "sending") | BatchItem.batch.in_(carried)
    is_open = BatchItem.is_open()
    BatchItem.update(stale=True).where(BatchItem.person == person, is_open, is_asked).execute()


def _after_more(request: RegisterError, by: User) -> None:
    move_for_register(request.person, AT_POLICE, by=by)


def _after_refused(request: RegisterError, by: User) -> None:
    move_for_register(request.person, "compared", by=by)


_AFTER_ANSWER = {
    "corrected": _after_corrected,
    "more": _after_more,
    "refused": _after_refused,
}


def _move(request: RegisterError, state: str, by: User | None, **columns: object) -> None:
    """The row and its audit. Raises ValueError for a move that is not in the table."""
    if state not in REGISTER_ERROR[request.state]:
        raise ValueError(f"a request never goes from {request.state} to {state}")
    detail = str(columns.get("answer") or columns.get("sent_on") or "")
    event = f"register_error.{state}"
    audit.record(event, by=by, person=request.person, old=request.state, new=detail)
    request.state = state
    request.ended_at = None if state in OPEN_REGISTER_ERROR else utc_now()
    for name, value in columns.items():
        setattr(request, name, value)
    request.save(only=["state", "ended_at", *columns])


def _as_stored(requests: Iterable[RegisterError], states: Sequence[str]) -> list[RegisterError]:
    """Those of them that stand in one of these states now: somebody may have been faster."""
    ids = [request.id for request in requests]
    query = RegisterError.select(RegisterError, Person).join(Person)
    return list(query.where(RegisterError.id.in_(ids), RegisterError.state.in_(list(states))))


def _remind_on(request: RegisterError) -> date | None:
    if request.sent_on is None:
        return None
    return request.sent_on + REMIND_AFTER


def _pair(person: Person, name: str, typed: str) -> list[str]:
    """[school's text, register's]: as the register has answered, else as somebody typed it."""
    known = person.differences.get(name, ["", ""])[1] if person.outcome == "mismatch" else ""
    return [getattr(person, name), known or typed]


# what is refused


def _check(
    person: Person, texts: Mapping[str, str], evidence: str, papers_agree: bool, note: str
) -> None:
    if not texts:
        raise Problem("fields", "missing", "Hãy chọn mục mà CSDL dân cư ghi sai.")
    if evidence not in EVIDENCE:
        raise Problem("evidence", "unknown", "Hãy chọn giấy tờ làm minh chứng trong danh sách.")
    if not papers_agree:
        sentence = (
            "Hãy so giấy tờ của gia đình với hồ sơ rồi đánh dấu “Giấy tờ ghi đúng như hồ sơ của "
            "trường”. Nếu giấy tờ ghi khác, hãy sửa hồ sơ theo giấy."
        )
        raise Problem("papers_agree", "missing", sentence)
    if len(note) > MAX_LENGTH:
        raise Problem("note", "too_long", f"Ghi chú dài quá {MAX_LENGTH} ký tự: hãy rút ngắn.")


def _check_differ(pairs: Mapping[str, Sequence[str]]) -> None:
    for ours, theirs in pairs.values():
        if ours == theirs:
            sentence = f"CSDL dân cư ghi “{theirs}” giống hồ sơ của trường: hãy xem lại mục này."
            raise Problem("fields", "same", sentence)


def _check_answer(outcome: str, text: str, on: date, today: date) -> None:
    if outcome not in ANSWER_WORDS:
        raise Problem("outcome", "missing", "Hãy chọn công an trả lời thế nào.")
    if outcome in _WANTS_REASON and not text:
        sentence = "Hãy ghi công an trả lời thế nào: vì sao không sửa, hoặc cần bổ sung giấy tờ gì."
        raise Problem("answer", "missing", sentence)
    if len(text) > MAX_LENGTH:
        raise Problem("answer", "too_long", f"Nội dung dài quá {MAX_LENGTH} ký tự: hãy rút ngắn.")
    if on > today:
        raise Problem("answered_on", "future", "Ngày công an trả lời chưa tới. Hãy xem lại ngày.")


def _why_not(person: Person) -> str:
    if of(person) is not None:
        return "Hồ sơ này đã có đề nghị gửi công an."
    return (
        "CSDL dân cư chưa trả lời khác với hồ sơ đang ghi, nên chưa thể báo CSDL ghi sai. "
        "Hãy gửi xác thực hồ sơ này trước."
    )
