"""What people do with a batch: prepare, start, pause, resume, stop, ask again, end, open cases. Each is audited.

One open batch per scope (a unique index is the last word), whoever clicks how often: the second lands on the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import IntegrityError, ModelSelect, chunked

from idapp import audit, notices
from idapp.database import writing
from idapp.models import (
    OPEN_BATCH,
    OPEN_ITEM,
    UNDER_WAY,
    Batch,
    BatchItem,
    EpochChange,
    PaperCase,
    Person,
    Recheck,
    User,
    YearChange,
    utc_now,
)
from idapp.people import recompute
from idapp.people.states import RuleContext, people_with_class, values_of
from idapp.registry import Answer
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.verification.preflight import open_batch, preflight
from idapp.verification.recording import FinalAnswer, record_answers
from idapp.verification.scopes import being_asked, chosen, people_in
from idapp.verification.transitions import move

# What a record may say while its item is unanswered: an earlier answer stands beside a second, unanswered question.
_MAY_BE_ASKED_AGAIN = ("unanswered", "mismatch", "not_found", "rejected")
_NOTHING_READY = (
    "Không có hồ sơ nào sẵn sàng gửi trong phạm vi này: hồ sơ còn thiếu hoặc sai, "
    "hoặc đã có kết quả mà chưa sửa gì."
)


def prepare(scope: str, which: str = "ready", *, by: User) -> Batch:
    """Put a batch before the principal; nothing is frozen yet. Raises Problem if nobody can be sent."""
    with writing():
        already = open_batch(scope)
        if already:
            return already
        if not preflight(scope, which).ready:
            raise Problem("scope", "nothing_ready", _NOTHING_READY)
        batch = Batch.create(
            scope=scope, which=which, state="prepared", started_by=by, prepared_by=by
        )
        audit.record("batch.prepared", by=by, subject=f"batch {batch.id}", new=scope)
    return batch


def start(scope: str, which: str = "ready", *, by: User, channel: str = "soap") -> Batch:
    """Freeze who is asked and with which values. A second start of the same scope lands on the first batch.

    A batch that was prepared for the scope is the one that starts, with the choice made now. The caller wakes the
    worker after this returns (jobs.verify_later). Raises Problem if nobody can be sent.
    """
    try:
        with writing():
            return _start(scope, which, by, channel)
    except IntegrityError:
        # Another process was faster by a hair: the index allows one open batch per scope.
        winner = open_batch(scope)
        if winner is None:
            raise
        return winner


def _start(scope: str, which: str, by: User, channel: str) -> Batch:
    already = open_batch(scope)
    if already and already.state != "prepared":
        return already
    _check_nobody_moves()
    before = preflight(scope, which)
    if not before.ready:
        raise Problem("scope", "nothing_ready", _NOTHING_READY)
    batch = already or Batch.create(scope=scope, state="prepared", started_by=by)
    ready = people_in(scope).where(chosen(which)).select(Person.id)
    total = _freeze(batch, people_with_class(Person.id.in_(ready)))
    move(
        batch.id,
        _first_state(channel),
        seen=["prepared"],
        which=which,
        channel=channel,
        started_by=by,
        started_at=utc_now(),
        excluded=before.excluded,
        total=total,
    )
    audit.record("batch.started", by=by, subject=f"batch {batch.id}", new=scope)
    return Batch.get_by_id(batch.id)


def _check_nobody_moves() -> None:
    """A scope is a class or the school: nobody may be on the way from one class to another.

    Raises Problem while the school goes into its next year, its places are rewritten or all states computed anew.
    """
    for steps in (YearChange, EpochChange, Recheck):
        if steps.select().where(steps.state.in_(UNDER_WAY)).exists():
            sentence = (
                "Phần mềm đang chuyển năm học, đổi danh mục địa chỉ hoặc kiểm tra lại hồ sơ sau "
                "khi cập nhật: hãy đợi việc ấy xong (thường dưới một phút) rồi gửi xác thực."
            )
            raise Problem("batch", "under_way", sentence)


def _first_state(channel: str) -> str:
    if channel == "file":
        return "waiting_for_answers"
    return "queued"


def _freeze(batch: Batch, people: list[Person]) -> int:
    """Write down who is asked, with the values of this moment. Returns how many."""
    context = RuleContext(bulk=True)
    frozen = []
    for person in people:
        surroundings = context.around(person)
        values = values_of(person)
        frozen.append(
            {
                "batch": batch,
                "person": person,
                "values": record.identity_values(values, surroundings),
                "hash": record.identity_hash(values, surroundings),
                "outcome_before": person.outcome,
            }
        )
    # five values each: an older SQLite takes 999 in one statement
    for part in chunked(frozen, 100):
        BatchItem.insert_many(part).execute()
    for ids in chunked([person.id for person in people], 500):
        Person.update(status="sent").where(Person.id.in_(ids)).execute()
    return len(frozen)


def pause(batch: Batch, *, by: User) -> None:
    """No new questions; those on the way are still recorded."""
    sentence = f"{by.full_name} đã tạm dừng đợt này."
    _move_by_hand(batch, "paused", seen=("queued", "running"), by=by, sentence=sentence)


def resume(batch: Batch, *, by: User) -> None:
    """Let a paused batch go on; the caller wakes the worker."""
    _move_by_hand(batch, "queued", seen=("paused",), by=by)


def stop(batch: Batch, *, by: User) -> None:
    """The end of this batch; who was not asked yet goes back to where they stood."""
    sentence = f"{by.full_name} đã dừng đợt này."
    with writing():
        if _move_by_hand(batch, "stopped", seen=OPEN_BATCH, by=by, sentence=sentence):
            skip_rest(batch)


def end(batch: Batch, *, by: User) -> int:
    """The file way is over: records without a result are written down as unanswered. Returns how many."""
    with writing():
        if not _move_by_hand(batch, "finished", seen=("waiting_for_answers",), by=by):
            return 0
        left = list(batch.items.where(BatchItem.state.in_(OPEN_ITEM)))
        for part in chunked(left, 500):
            record_answers([_without_result(item) for item in part])
    return len(left)


def _without_result(item: BatchItem) -> FinalAnswer:
    return FinalAnswer(item, Answer(item.id, item.request_code, "unanswered", "no_result"))


def retry(batch: Batch, *, by: User) -> int:
    """Ask again about the unanswered ones of a batch that has ended, if their values still stand.

    Returns how many. Raises Problem while another batch of the same scope is open.
    """
    with writing():
        if batch.open:
            return 0
        if open_batch(batch.scope):
            sentence = (
                "Phạm vi này đang có một đợt khác chưa xong. Hãy đợi đợt đó xong rồi gửi lại."
            )
            raise Problem("batch", "open_batch", sentence)
        _check_nobody_moves()
        items = _items_to_ask_again(batch)
        if not items:
            return 0
        for ids in chunked([item.id for item in items], 500):
            afresh = BatchItem.update(
                state="waiting",
                attempts=0,
                not_before=None,
                settled_at=None,
                reason="",
                lease_until=None,
            )
            afresh.where(BatchItem.id.in_(ids)).execute()
        first_state = _first_state(batch.channel)
        _move_by_hand(batch, first_state, seen=("finished", "stopped", "failed"), by=by)
        recompute(*people_with_class(Person.id.in_([item.person_id for item in items])))
    return len(items)


def _items_to_ask_again(batch: Batch) -> list[BatchItem]:
    unanswered = batch.items.select(BatchItem, Person).join(Person)
    unanswered = unanswered.where(BatchItem.state == "unanswered", ~being_asked())
    return [item for item in unanswered if _still_stands(item)]


def _still_stands(item: BatchItem) -> bool:
    """The record holds the values that were asked about, and nothing better is known of it."""
    person = item.person
    return person.status in _MAY_BE_ASKED_AGAIN and bool(person.outcome_hash == item.hash)


def open_cases(batch: Batch, *, by: User) -> int:
    """A notice case for everybody of this batch whose data disagree and who has none yet. Returns how many."""
    return notices.open_cases(people_with_class(Person.id.in_(_without_case(batch))), by=by)


def without_case(batch: Batch) -> int:
    """How many of this batch :func:`open_cases` would open a case for."""
    return Person.select().where(Person.id.in_(_without_case(batch)), notices.needs_paper()).count()


def _without_case(batch: Batch) -> ModelSelect[BatchItem]:
    wrong = batch.items.select(BatchItem.person).where(
        BatchItem.state.in_(["mismatch", "not_found"]), ~BatchItem.stale
    )
    open_cases = PaperCase.select(PaperCase.person).where(PaperCase.is_open())
    return wrong.where(BatchItem.person.not_in(open_cases))


def _move_by_hand(
    batch: Batch, to: str, *, seen: Iterable[str], by: User, sentence: str = ""
) -> bool:
    """From one state to another, only from where the user saw it; in the audit."""
    reason = ""
    if sentence:
        reason = "by_hand"
    finished_at: datetime | None = utc_now()
    if to in OPEN_BATCH:
        finished_at = None
    with writing():
        moved = move(
            batch.id,
            to,
            seen=seen,
            reason=reason,
            sentence=sentence,
            resume_at=None,
            outage_since=None,
            finished_at=finished_at,
        )
        if moved:
            subject = f"batch {batch.id}"
            audit.record("batch.state", by=by, subject=subject, old=batch.state, new=to)
    return moved


def skip_rest(batch: Batch) -> None:
    """Nobody of this batch is asked any more; inside the caller's transaction."""
    open_items = (BatchItem.batch == batch) & BatchItem.state.in_(OPEN_ITEM)
    person_ids = [item.person_id for item in BatchItem.select().where(open_items)]
    BatchItem.update(state="skipped", settled_at=utc_now()).where(open_items).execute()
    for ids in chunked(person_ids, 500):
        recompute(*people_with_class(Person.id.in_(ids)))
