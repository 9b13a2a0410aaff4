"""A case per person: from "not asked yet" to "waits for the next batch", mostly by itself.

Whether a paper is needed is a fact about the record (:func:`needs_paper`); the row in ``notice`` says how far the
school has come with the family. :func:`sync_cases` brings the rows in line with the records: it opens cases, moves a
corrected record to ``waiting``, takes it back with the new reason when the next batch disagrees again, and closes what
is verified. It may be called at any moment, again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from peewee import Expression, chunked, fn

from idapp import audit
from idapp.database import writing
from idapp.models import OPEN_ITEM, BatchItem, Change, PaperCase, Person, User, utc_now
from idapp.notices.transitions import check_move
from idapp.people.states import RuleContext
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
    "waiting": "Chờ đợt xác thực sau",
}
NEXT_DEEDS = {
    "open": "Phát phiếu cho gia đình",
    "asked": "Nhắc gia đình nộp bản photo",
    "police": "Hỏi gia đình đã được cấp giấy chưa",
    "received": "Đối chiếu giấy với hồ sơ",
    "compared": "Sửa hồ sơ theo giấy nếu còn mục sai",
    "waiting": "Hiệu trưởng mở đợt xác thực",
}
BY_HAND = (
    "open",
    "asked",
    "police",
    "received",
)  # what a person sets; the rest comes about by itself
REMIND_AFTER = {"asked": timedelta(days=3), "police": timedelta(days=5)}
_DISAGREES = ("mismatch", "not_found")
_ALL_BUT_WAITING = ("open", "asked", "police", "received", "compared")
_DONE_AT_SCHOOL = ("ready", "changed", "sent")  # of a record that needs no paper: it was corrected
_ENDS_WITH = {
    "by_hand": ("compared",)
}  # states from which a case of this reason may wait for the next batch
_newest_synced = (
    -1
)  # audit row up to which this process has brought the cases in line with the records


def needs_paper() -> Expression:
    """The condition on a record, for every list and every sum. Unanswered is nobody's fault and never on the list.

    Whoever is only asked about again, nothing corrected, stays on it: in the file way the answer takes days.
    """
    no_number = (Person.status == "incomplete") & (Person.identity_number == "")
    same = (
        (BatchItem.person == Person.id)
        & (BatchItem.hash == Person.outcome_hash)
        & BatchItem.state.in_(OPEN_ITEM)
    )
    again = (
        (Person.status == "sent")
        & Person.outcome.in_(_DISAGREES)
        & fn.EXISTS(BatchItem.select().where(same))
    )
    return (
        Person.active
        & ~Person.foreign_national
        & (Person.status.in_(_DISAGREES) | no_number | again)
    )


def reason_of(person: Person) -> str:
    """Why this record is on the list; "" if it is not. The same as :func:`needs_paper`."""
    if not person.active or person.foreign_national:
        return ""
    if person.status in _DISAGREES:
        return person.status
    if person.status == "sent" and person.outcome in _DISAGREES:
        return person.outcome if RuleContext().is_answered(person) else ""
    return "no_number" if person.status == "incomplete" and not person.identity_number else ""


def open_case(person: Person) -> PaperCase | None:
    return PaperCase.get_or_none(PaperCase.person == person, PaperCase.state != "closed")


def cases_of(people: Iterable[Person]) -> dict[int, PaperCase]:
    """Open cases by person."""
    found: dict[int, PaperCase] = {}
    for part in chunked([p.id for p in people], 500):
        found |= {
            c.person_id: c
            for c in PaperCase.select().where(
                PaperCase.person.in_(part), PaperCase.state != "closed"
            )
        }
    return found


# deeds of people


def open_cases(people: Sequence[Person], *, by: User | None) -> int:
    """A case for each of them whose record is on the list and who has none yet. Returns how many were opened."""
    with writing():
        already = cases_of(people)
        wanted = [person for person in people if person.id not in already and reason_of(person)]
        _open_all(wanted, by)
    return len(wanted)


def open_by_hand(person: Person, *, by: User) -> PaperCase:
    """The school wants the paper although nothing says so."""
    with writing():
        return open_case(person) or _open(person, reason_of(person) or "by_hand", by)


def set_progress(person: Person, state: str, *, by: User, today: date | None = None) -> PaperCase:
    """How far the school has come with this family; opens the case at the first word."""
    with writing():
        case = open_case(person) or _open(person, reason_of(person) or "by_hand", by)
        _move(case, state, by, due_on=_due(state, today))
    return case


def set_progress_of_many(
    people: Sequence[Person], state: str, *, since: str, by: User, today: date
) -> int:
    """One step for many, "đã phát phiếu cho cả lớp": only cases that stand at ``since`` move. Returns how many."""
    with writing():
        open_cases(people, by=by)
        moving = [case for case in cases_of(people).values() if case.state == since]
        _move_all(moving, state, by, due_on=_due(state, today))
    return len(moving)


def describe(
    case: PaperCase, *, note: str, due_on: date | None, owner: User | None, by: User
) -> None:
    """Note, reminder and who looks after it."""
    with writing():
        if (case.note, case.due_on, case.owner_id) == (note, due_on, owner.id if owner else None):
            return
        audit.record("notice.described", by=by, person=case.person, old=case.note, new=note)
        case.note, case.due_on, case.owner = note, due_on, owner
        case.save(only=[PaperCase.note, PaperCase.due_on, PaperCase.owner])


def compared(
    person: Person, *, evidence: str, ticked: Sequence[str], by: User, all_of_it: bool = True
) -> PaperCase:
    """The paper was laid beside the record: which paper, and which fields agree. Then the record decides.

    all_of_it  every field was compared; else the case stays where it is unless the record was corrected
    """
    with writing():
        case = open_case(person) or _open(person, reason_of(person) or "by_hand", by)
        case.evidence, case.ticked = evidence, list(ticked)
        case.save(only=[PaperCase.evidence, PaperCase.ticked])
        if all_of_it:
            _move(case, "compared", by)
        sync_cases([person.id])
    return PaperCase.get_by_id(case.id)


def close(person: Person, *, because: str) -> None:
    """The paper is no longer needed. Belongs inside the transaction that records the answer."""
    _close_all([person], because)


# what happens by itself


def sync_if_changed() -> int:
    """Follow all records when anything has changed since the last time. Cheap; called every few seconds."""
    global _newest_synced
    newest = Change.select(fn.MAX(Change.id)).scalar() or 0
    if newest == _newest_synced or not is_set_up():
        return 0
    moved = sync_cases()
    _newest_synced = newest
    return moved


def sync_cases(ids: Sequence[int] | None = None) -> int:
    """Bring the cases in line with the records (all, or these). Returns how many cases were opened or moved.

    Most of the time there is nothing to do, and nobody has to wait with writing for that to be seen.
    """
    due = [person.id for person in _out_of_line(ids) if _step_of(person)]
    if not due:
        return 0
    with writing():
        changesets = [
            (changeset, person) for person in _out_of_line(due) if (changeset := _step_of(person))
        ]
        by_step: dict[tuple[str, str], list[Person]] = {}
        for changeset, person in changesets:
            by_step.setdefault(changeset, []).append(person)
        for (deed, word), people in by_step.items():
            _DEEDS[deed](people, word)
    return len(changesets)


def _out_of_line(ids: Sequence[int] | None) -> list[Person]:
    """Records whose case may have to be opened, moved or closed; with the case."""
    case = (PaperCase.person == Person.id) & (PaperCase.state != "closed")
    query = Person.select(Person, PaperCase).left_outer_join(PaperCase, on=case, attr="case")
    query = query.where(needs_paper() | PaperCase.id.is_null(False))
    if ids is None:
        return list(query)
    return [person for part in chunked(ids, 500) for person in query.where(Person.id.in_(part))]


def _cases_in(people: Iterable[Person]) -> list[PaperCase]:
    """The cases that came with the records."""
    return [case for person in people if (case := getattr(person, "case", None))]


def _step_of(person: Person) -> tuple[str, str] | None:
    """What its case needs: (one of _DEEDS, a reason or a state), or None."""
    case, reason = getattr(person, "case", None), reason_of(person)
    if case is None:
        return ("open", "") if reason else None
    if person.status == "verified" or not person.active or person.foreign_national:
        return "close", "verified" if person.status == "verified" else "left"
    if case.state == "waiting" and person.status == "rejected":
        return "come back", "rejected"
    if case.state == "waiting" and person.status == "incomplete" and not reason:
        return "move", "compared"  # something on the record became wrong again
    if reason and (case.state == "waiting" or (case.reason != reason and case.reason != "by_hand")):
        return "come back", reason
    if (
        not reason
        and person.status in _DONE_AT_SCHOOL
        and case.state in _ENDS_WITH.get(case.reason, _ALL_BUT_WAITING)
    ):
        return "move", "waiting"
    return None


def _come_back(people: Sequence[Person], reason: str) -> None:
    """The next batch disagrees again, or the reason is another one now."""
    for case in _cases_in(people):
        if case.state == "waiting":
            case.returns += 1
            case.ticked = []
        case.reason = reason
        case.save(only=[PaperCase.returns, PaperCase.ticked, PaperCase.reason])
    _move_all(
        [case for case in _cases_in(people) if case.state in ("waiting", "compared")], "open", None
    )


def _open(person: Person, reason: str, by: User | None) -> PaperCase:
    audit.record("notice.opened", by=by, person=person, new=reason)
    return PaperCase.create(person=person, reason=reason)


def _open_all(people: Sequence[Person], by: User | None) -> None:
    audit.record_many(
        "notice.opened", [(person.id, "", reason_of(person)) for person in people], by=by
    )
    for part in chunked(people, 100):
        PaperCase.insert_many(
            [{"person": person, "reason": reason_of(person)} for person in part]
        ).execute()


def _close_all(people: Sequence[Person], because: str) -> None:
    now = utc_now()
    cases = cases_of(people).values()
    check_move(cases, "closed")
    audit.record_many("notice.closed", [(case.person_id, "", because) for case in cases], by=None)
    for part in chunked([case.id for case in cases], 500):
        closed = PaperCase.update(
            state="closed", state_at=now, closed_at=now, closed_because=because
        )
        closed.where(PaperCase.id.in_(part)).execute()


def _move(case: PaperCase, state: str, by: User | None, *, due_on: date | None = None) -> None:
    _move_all([case], state, by, due_on=due_on)


def _move_all(
    cases: Sequence[PaperCase], state: str, by: User | None, *, due_on: date | None = None
) -> None:
    now = utc_now()
    check_move(cases, state)
    audit.record_many(
        "notice.state", [(case.person_id, case.state, state) for case in cases], by=by
    )
    for part in chunked([case.id for case in cases], 500):
        moved = PaperCase.update(state=state, state_at=now, due_on=due_on)
        moved.where(PaperCase.id.in_(part)).execute()
    for case in cases:
        case.state, case.state_at, case.due_on = state, now, due_on


_DEEDS: dict[str, Callable[[Sequence[Person], str], None]] = {
    "open": lambda people, _: _open_all(people, None),
    "close": _close_all,
    "come back": _come_back,
    "move": lambda people, state: _move_all(_cases_in(people), state, None),
}


def _due(state: str, today: date | None) -> date | None:
    """When to ask again: some days from now, but never after the last day before the deadline."""
    if today is None or state not in REMIND_AFTER:
        return None
    last = the_campaign().deadline - timedelta(days=1)
    return min(today + REMIND_AFTER[state], max(last, today + timedelta(days=1)))
