"""A case per person: from "not asked yet" to "waits for the next batch", mostly by itself.

Whether a paper is needed is a fact about the record (:func:`needs_paper`); the row in ``paper_case`` says how far the
school has come with the family. :func:`sync_cases` brings the rows in line with the records: it opens cases, moves a
corrected record to ``waiting``, takes it back with the new reason when the next batch disagrees again, and closes what
is verified. It may be called at any moment, again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from peewee import Expression, chunked, fn

from idapp import audit
from idapp.database import rows, writing
from idapp.models import DISAGREES, BatchItem, Change, PaperCase, Person, User, utc_now
from idapp.notices.transitions import check_move
from idapp.people.states import RuleContext
from idapp.rules.problem import Problem
from idapp.school import is_set_up, the_campaign

REASON_WORDS = {
    "no_number": "Chưa có số định danh",
    "mismatch": "Thông tin không khớp",
    "not_found": "Không tìm thấy",
    "rejected": "Bị từ chối",  # never opens a case; it is how one can come back
    "by_hand": "Nhà trường mở",
}
STATE_WORDS = {
    "open": "Chưa yêu cầu",
    "asked": "Đã phát phiếu",
    "police": "Gia đình đi công an",
    "received": "Đã nhận bản photo",
    "compared": "Đã đối chiếu",
    "register_wrong": "Công an xử lý",
    "waiting": "Chờ đợt xác thực sau",
}
NEXT_ACTIONS = {
    "open": "Phát phiếu cho gia đình",
    "asked": "Nhắc gia đình nộp bản photo",
    "police": "Hỏi gia đình đã được cấp giấy chưa",
    "received": "Đối chiếu giấy với hồ sơ",
    "compared": "Sửa hồ sơ theo giấy, hoặc báo CSDL dân cư ghi sai",
    "register_wrong": "Công an sửa CSDL dân cư",
    "waiting": "Hiệu trưởng mở đợt xác thực",
}
# What a person sets; the other states come about by themselves.
BY_HAND = ("open", "asked", "police", "received")
REMIND_AFTER = {"asked": timedelta(days=3), "police": timedelta(days=5)}
MAY_NEED_PAPER = (*DISAGREES, "incomplete", "sent")  # in no other state does needs_paper() hold
_CORRECTED = ("ready", "changed", "sent")  # of a record that needs no paper
AT_POLICE = "register_wrong"
_ALL_BUT_WAITING = ("open", "asked", "police", "received", "compared", AT_POLICE)
# Reason of a case -> states from which it may wait for the next batch; of other reasons: all. A
# case that the school opened itself has no wrong value whose correction would show, so only the
# comparison, or the police who have corrected the register, ends it.
_MAY_WAIT_FROM = {"by_hand": ("compared", AT_POLICE)}
_AT_POLICE = (
    "Hồ sơ này đang nhờ công an sửa CSDL dân cư. Hãy rút đề nghị gửi công an rồi đổi tình hình."
)
LEFT = "left"  # why a case is closed: it goes on if the person comes back
_PART = 500  # ids in one query: SQLite takes a limited number of parameters
_PART_OF_ROWS = 100
_newest_synced = -1  # audit row up to which this process has brought the cases in line


def needs_paper() -> Expression:
    """The condition on a record, for every list and every sum. Unanswered is nobody's fault and never on the list.

    Whoever is only asked about again, nothing corrected, stays on it: in the file way the answer takes days.
    """
    return Person.active & needs_paper_of_active()


def needs_paper_of_active() -> Expression:
    """:func:`needs_paper` for a query that asks for active records anyway.

    Said once more, it would be read from each record, and not out of the index of the states.
    """
    no_number = (Person.status == "incomplete") & (Person.identity_number == "")
    # The item in an open batch carries the very values that the register has disagreed with.
    same_values = (BatchItem.person == Person.id) & (BatchItem.hash == Person.outcome_hash)
    same_question = BatchItem.select().where(same_values & BatchItem.is_open())
    was_disagreed = (Person.status == "sent") & Person.outcome.in_(DISAGREES)
    is_asked_again = was_disagreed & fn.EXISTS(same_question)
    return Person.status.in_(DISAGREES) | no_number | is_asked_again


def asks_the_family() -> Expression:
    """:func:`needs_paper` without those whose papers are right and whose register is wrong: their family has done its
    part. The query asks for active records and has joined the open case.
    """
    return needs_paper_of_active() & (fn.COALESCE(PaperCase.state, "") != AT_POLICE)


def reason_of(person: Person) -> str:
    """Why this record is on the list; "" if it is not. The same as :func:`needs_paper`."""
    if not person.active:
        return ""
    if person.status in DISAGREES:
        return person.status
    if person.status == "sent" and person.outcome in DISAGREES:
        return _reason_while_sent(person)
    if person.status == "incomplete" and not person.identity_number:
        return "no_number"
    return ""


def _reason_while_sent(person: Person) -> str:
    """The answer stays the reason as long as nothing was corrected since."""
    if RuleContext().is_answered(person):
        return person.outcome
    return ""


def open_case(person: Person) -> PaperCase | None:
    """The case of this person that is not closed; there is one at most."""
    return PaperCase.get_or_none(PaperCase.person == person, PaperCase.is_open())


def cases_of(people: Iterable[Person]) -> dict[int, PaperCase]:
    """Open cases by person."""
    cases: dict[int, PaperCase] = {}
    for ids in chunked([person.id for person in people], _PART):
        query = PaperCase.select().where(PaperCase.person.in_(ids), PaperCase.is_open())
        cases |= {case.person_id: case for case in query}
    return cases


# what people do


def open_cases(people: Sequence[Person], *, by: User | None) -> int:
    """A case for each of them whose record is on the list and who has none yet. Returns how many were opened."""
    with writing():
        already = cases_of(people)
        without = [person for person in people if person.id not in already]
        wanted = [person for person in without if reason_of(person)]
        _open_all(wanted, by)
    return len(wanted)


def open_by_hand(person: Person, *, by: User) -> PaperCase:
    """The school wants the paper although nothing says so. Returns the open case, new or not."""
    with writing():
        return _open_or_new(person, by)


def set_progress(person: Person, state: str, *, by: User, today: date | None = None) -> PaperCase:
    """How far the school has come with this family; opens the case at the first word.

    today  decides the day of the reminder; None: no reminder

    Raises Problem if the case is with the police because the register is wrong.
    """
    with writing():
        case = _open_or_new(person, by)
        if case.state == AT_POLICE:
            raise Problem("state", "at_police", _AT_POLICE)
        _move(case, state, by, due_on=_due(state, today))
    return case


def set_progress_of_many(
    people: Sequence[Person], state: str, *, since: str, by: User, today: date
) -> int:
    """One step for many, "đã phát phiếu cho cả lớp": only cases that stand at ``since`` move. Returns how many.

    Cases that are with the police because the register is wrong never move in this way.
    """
    if since == AT_POLICE:
        return 0
    with writing():
        open_cases(people, by=by)
        moving = [case for case in cases_of(people).values() if case.state == since]
        _move_all(moving, state, by, due_on=_due(state, today))
    return len(moving)


def describe(
    case: PaperCase, *, note: str, due_on: date | None, owner: User | None, by: User
) -> None:
    """Write the note, the day to remind and who looks after it. The same once more leaves no trace in the audit."""
    owner_id = owner.id if owner else None
    with writing():
        if (case.note, case.due_on, case.owner_id) == (note, due_on, owner_id):
            return
        audit.record("notice.described", by=by, person=case.person, old=case.note, new=note)
        case.note = note
        case.due_on = due_on
        case.owner = owner
        case.save(only=[PaperCase.note, PaperCase.due_on, PaperCase.owner])


def compared(
    person: Person, *, evidence: str, ticked: Sequence[str], by: User, all_of_it: bool = True
) -> PaperCase:
    """The paper was laid beside the record: which paper, and which fields agree. Then the record decides.

    all_of_it  every field was compared; else the case stays where it is unless the record was corrected
    """
    with writing():
        case = _open_or_new(person, by)
        case.evidence = evidence
        case.ticked = list(ticked)
        case.save(only=[PaperCase.evidence, PaperCase.ticked])
        if all_of_it and case.state != AT_POLICE:
            _move(case, "compared", by)
        sync_cases([person.id])
    return PaperCase.get_by_id(case.id)


def move_for_register(
    person: Person, state: str, *, by: User, due_on: date | None = None
) -> PaperCase:
    """Into or out of ``register_wrong``, with the day on which to ask the police again; opens the case if needed.

    Belongs inside the transaction of :mod:`register_errors`, which decides it.
    """
    case = _open_or_new(person, by)
    _move(case, state, by, due_on=due_on)
    return case


def close(person: Person, *, because: str) -> None:
    """The paper is no longer needed. Belongs inside the transaction that records the answer."""
    _close_all([person], because)


# what happens by itself


def sync_if_changed() -> int:
    """Bring all cases in line when anything has changed since the last time. Cheap; called every few seconds.

    Returns how many cases were opened or moved.
    """
    global _newest_synced
    newest = Change.select(fn.MAX(Change.id)).scalar() or 0
    if newest == _newest_synced or not is_set_up():
        return 0
    moved = sync_cases()
    # The number from before: what was written meanwhile, the moves themselves too, is looked at in
    # the next round.
    _newest_synced = newest
    return moved


def sync_cases(ids: Sequence[int] | None = None) -> int:
    """Bring the cases in line with the records (all, or these). Returns how many cases were opened or moved.

    Most of the time there is nothing to do, and nobody has to wait with writing for that to be seen.
    """
    ids_due = [person.id for person in _out_of_line(ids) if _transition_of(person)]
    returned = [person.id for person in _returned(ids)]
    if not ids_due and not returned:
        return 0
    moved = 0
    with writing():
        back = _returned(returned)
        _open_all(back, None)
        moved += len(back)
        # Read again: until the lock was ours somebody else may have moved some of them.
        by_transition = _by_transition(_out_of_line(ids_due))
        for transition, people in by_transition.items():
            _ACTIONS[transition.action](people, transition.word)
            moved += len(people)
    return moved


def _out_of_line(ids: Sequence[int] | None) -> list[Person]:
    """Records whose case may have to be opened, moved or closed; with the case."""
    case = (PaperCase.person == Person.id) & PaperCase.is_open()
    query = Person.select(Person, PaperCase).left_outer_join(PaperCase, on=case, attr="case")
    query = query.where(needs_paper() | PaperCase.id.is_null(False))
    if ids is None:
        return list(query)
    people: list[Person] = []
    for part in chunked(ids, _PART):
        people.extend(query.where(Person.id.in_(part)))  # Peewee takes += for a UNION
    return people


def _case_in(person: Person) -> PaperCase | None:
    """The case that came with the record. Peewee leaves the attribute out where the join met no row."""
    return getattr(person, "case", None)


def _cases_in(people: Iterable[Person]) -> list[PaperCase]:
    """The cases that came with the records."""
    cases = [_case_in(person) for person in people]
    return [case for case in cases if case is not None]


class _Transition(NamedTuple):
    """What the case of a record needs: one of ``_ACTIONS``, and the reason or the state that it gets."""

    action: str
    word: str


def _by_transition(people: Iterable[Person]) -> dict[_Transition, list[Person]]:
    """Those whose case is out of line, in groups that need the same."""
    groups: dict[_Transition, list[Person]] = {}
    for person in people:
        transition = _transition_of(person)
        if transition is not None:
            groups.setdefault(transition, []).append(person)
    return groups


def _transition_of(person: Person) -> _Transition | None:
    """What its case needs; None if it is in line with its record."""
    case = _case_in(person)
    reason = reason_of(person)
    if case is None:
        return _Transition("open", "") if reason else None
    if person.status == "verified":
        return _Transition("close", "verified")
    if not person.active:
        return _Transition("close", LEFT)
    if person.status == "foreign":
        return _Transition("close", "foreign")
    if case.state == "waiting":
        return _transition_of_waiting(person, reason)
    return _transition_at_school(case, person, reason)


def _transition_of_waiting(person: Person, reason: str) -> _Transition | None:
    """It waits for a batch: has one disagreed again, or is something on the record wrong again?"""
    if person.status == "rejected":
        return _Transition("reopen", "rejected")
    if reason:
        return _Transition("reopen", reason)
    if person.status == "incomplete":
        return _Transition("move", "compared")
    return None


def _transition_at_school(case: PaperCase, person: Person, reason: str) -> _Transition | None:
    """The school is at work on it: is the reason another one now, or gone because the record was corrected?"""
    if reason:
        is_known = case.reason in (reason, "by_hand")
        return None if is_known else _Transition("reopen", reason)
    may_wait_from = _MAY_WAIT_FROM.get(case.reason, _ALL_BUT_WAITING)
    if person.status in _CORRECTED and case.state in may_wait_from:
        return _Transition("move", "waiting")
    return None


def _reopen(people: Sequence[Person], reason: str) -> None:
    """The next batch disagrees again, or the reason is another one now."""
    cases = _cases_in(people)
    for case in cases:
        if case.state == "waiting":
            case.returns += 1
            case.ticked = []  # it was compared with values that the register refuses
        case.reason = reason
        case.save(only=[PaperCase.returns, PaperCase.ticked, PaperCase.reason])
    finished = [case for case in cases if case.state in ("waiting", "compared")]
    _move_all(finished, "open", None)


def _open_or_new(person: Person, by: User) -> PaperCase:
    case = open_case(person)
    if case is not None:
        return case
    reason = reason_of(person) or "by_hand"
    audit.record("notice.opened", by=by, person=person, new=reason)
    return PaperCase.create(person=person, reason=reason)


def _open_all(people: Sequence[Person], by: User | None) -> None:
    """A new case for each; who comes back goes on where the case of before ended with the leaving."""
    earlier = _ended_by_leaving([person.id for person in people])
    states = _states_before(earlier)
    new_rows = []
    for person in people:
        case = earlier.get(person.id)
        if case is None:
            new_rows.append(_new_row(person))
        else:
            new_rows.append(_carried_row(person, case, states.get(person.id, "open")))
    entries = [(row["person"].id, "", row["reason"]) for row in new_rows]
    audit.record_many("notice.opened", entries, by=by)
    for part in chunked(new_rows, _PART_OF_ROWS):
        PaperCase.insert_many(part).execute()


def _new_row(person: Person) -> dict[str, Any]:
    columns = (PaperCase.state, PaperCase.note, PaperCase.owner, PaperCase.evidence)
    row: dict[str, Any] = {column.name: column.default for column in columns}
    return row | {"person": person, "reason": reason_of(person), "ticked": [], "due_on": None}


def _carried_row(person: Person, case: PaperCase, state: str) -> dict[str, Any]:
    return {
        "person": person,
        "reason": reason_of(person) or case.reason,
        "state": state,
        "note": case.note,
        "owner": case.owner_id,
        "evidence": case.evidence,
        "ticked": case.ticked,
        "due_on": case.due_on,
    }


def _ended_by_leaving(ids: Sequence[int] | None) -> dict[int, PaperCase]:
    """By person the newest case, where it was closed because the person left."""
    newest = PaperCase.select(fn.MAX(PaperCase.id)).group_by(PaperCase.person)
    query = PaperCase.select().where(
        PaperCase.state == "closed", PaperCase.closed_because == LEFT, PaperCase.id.in_(newest)
    )
    if ids is None:
        return {case.person_id: case for case in query}
    cases: dict[int, PaperCase] = {}
    for part in chunked(ids, _PART):
        of_part = query.where(PaperCase.person.in_(part))
        cases |= {case.person_id: case for case in of_part}
    return cases


def _states_before(cases: Mapping[int, PaperCase]) -> dict[int, str]:
    """How far each had come when it was closed: its last audit row says so, unless an older version wrote it."""
    states: dict[int, str] = {}
    for part in chunked(cases, _PART):
        changes = Change.select(Change.person, Change.old).where(
            Change.event == "notice.closed", Change.person.in_(part)
        )
        states |= dict(rows(changes.order_by(Change.id)))
    # The request to the police has ended with the leaving, see register_errors.
    as_open = {state: state for state in STATE_WORDS} | {AT_POLICE: "compared"}
    return {id_: as_open[state] for id_, state in states.items() if state in as_open}


def _returned(ids: Sequence[int] | None) -> list[Person]:
    """Who is here again, and whose case was opened by the school itself: nothing in the record asks for it."""
    by_hand = [id_ for id_, case in _ended_by_leaving(ids).items() if case.reason == "by_hand"]
    people: list[Person] = []
    for part in chunked(by_hand, _PART):
        is_back = Person.active & Person.status.not_in(("verified", "foreign"))
        people.extend(Person.select().where(Person.id.in_(part), is_back))
    return [person for person in people if not reason_of(person)]


def _close_all(people: Sequence[Person], because: str) -> None:
    now = utc_now()
    cases = cases_of(people).values()
    check_move(cases, "closed")
    # the state is kept for the day on which who left comes back
    entries = [(case.person_id, case.state if because == LEFT else "", because) for case in cases]
    audit.record_many("notice.closed", entries, by=None)
    closed = PaperCase.update(state="closed", state_at=now, closed_at=now, closed_because=because)
    for ids in chunked([case.id for case in cases], _PART):
        closed.where(PaperCase.id.in_(ids)).execute()


def _move(case: PaperCase, state: str, by: User | None, *, due_on: date | None = None) -> None:
    _move_all([case], state, by, due_on=due_on)


def _move_all(
    cases: Sequence[PaperCase], state: str, by: User | None, *, due_on: date | None = None
) -> None:
    """The rows, their audit, and the objects at hand: the caller goes on with them."""
    now = utc_now()
    check_move(cases, state)
    entries = [(case.person_id, case.state, state) for case in cases]
    audit.record_many("notice.state", entries, by=by)
    moved = PaperCase.update(state=state, state_at=now, due_on=due_on)
    for ids in chunked([case.id for case in cases], _PART):
        moved.where(PaperCase.id.in_(ids)).execute()
    for case in cases:
        case.state = state
        case.state_at = now
        case.due_on = due_on


# What a transition does to all records that need it, called with its word.
_ACTIONS: dict[str, Callable[[Sequence[Person], str], None]] = {
    "open": lambda people, _: _open_all(people, None),
    "close": _close_all,
    "reopen": _reopen,
    "move": lambda people, state: _move_all(_cases_in(people), state, None),
}


def _due(state: str, today: date | None) -> date | None:
    """When to ask again: some days from now, but never after the last day before the deadline."""
    if today is None or state not in REMIND_AFTER:
        return None
    last_day = the_campaign().deadline - timedelta(days=1)
    return min(today + REMIND_AFTER[state], max(last_day, today + timedelta(days=1)))
