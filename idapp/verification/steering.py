"""The deeds of people on a batch: prepare, start, pause, resume, stop, ask again, end, open cases. Each is audited.

One open batch per scope (a unique index is the last word), whoever clicks how often: the second lands on the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import IntegrityError, ModelSelect, chunked

from idapp import audit, notices
from idapp.database import writing
from idapp.models import OPEN_BATCH, OPEN_ITEM, Batch, BatchItem, Notice, Person, User, utc_now
from idapp.people import restate
from idapp.people.states import World, people_with_class, values_of
from idapp.registry import Answer
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.verification.preflight import open_batch, preflight
from idapp.verification.scopes import being_asked, chosen, people_in
from idapp.verification.settling import Heard, settle

_TO_ASK_AGAIN = (
    "unanswered",
    "mismatch",
    "not_found",
    "rejected",
)  # a second question may have stayed unanswered
_NOTHING_READY = (
    "Không có hồ sơ nào sẵn sàng gửi trong phạm vi này: hồ sơ còn thiếu hoặc sai, "
    "hoặc đã có kết quả mà chưa sửa gì."
)


def prepare(scope: str, which: str = "ready", *, by: User) -> Batch:
    """Put a batch before the principal; nothing is frozen yet. Raises Problem if nobody can be sent."""
    with writing():
        if already := open_batch(scope):
            return already
        if not preflight(scope, which).ready:
            raise Problem("scope", "nothing_ready", _NOTHING_READY)
        batch = Batch.create(
            scope=scope, which=which, state="prepared", started_by=by, prepared_by=by
        )
        audit.record("batch.prepared", by=by, subject=f"batch {batch.id}", new=scope)
    return batch


def start(scope: str, which: str = "ready", *, by: User, way: str = "soap") -> Batch:
    """Freeze who is asked and with which values. A second start of the same scope lands on the first batch.

    A batch that was prepared for the scope is the one that starts, with the choice made now. The caller wakes the
    worker after this returns (jobs.verify_later). Raises Problem if nobody can be sent.
    """
    try:
        with writing():
            return _start(scope, which, by, way)
    except (
        IntegrityError
    ):  # another process was faster by a hair: the index allows one open batch per scope
        if running := open_batch(scope):
            return running
        raise


def _start(scope: str, which: str, by: User, way: str) -> Batch:
    already = open_batch(scope)
    if already and already.state != "prepared":
        return already
    before = preflight(scope, which)
    if not before.ready:
        raise Problem("scope", "nothing_ready", _NOTHING_READY)
    batch = already or Batch.create(scope=scope, started_by=by)
    batch.which, batch.way, batch.started_by, batch.started_at = which, way, by, utc_now()
    batch.excluded, batch.state = (
        before.excluded,
        "waiting_for_answers" if way == "file" else "queued",
    )
    batch.total = _freeze(
        batch,
        people_with_class(Person.id.in_(people_in(scope).where(chosen(which)).select(Person.id))),
    )
    batch.save()
    audit.record("batch.started", by=by, subject=f"batch {batch.id}", new=scope)
    return batch


def _freeze(batch: Batch, people: list[Person]) -> int:
    world = World(bulk=True)
    frozen = []
    for person in people:
        surroundings, values = world.around(person), values_of(person)
        frozen.append(
            {
                "batch": batch,
                "person": person,
                "values": record.identity_values(values, surroundings),
                "hash": record.identity_hash(values, surroundings),
                "heard_before": person.outcome,
            }
        )
    for part in chunked(frozen, 100):
        BatchItem.insert_many(part).execute()
    for ids in chunked([p.id for p in people], 500):
        Person.update(status="sent").where(Person.id.in_(ids)).execute()
    return len(frozen)


def pause(batch: Batch, *, by: User) -> None:
    """No new questions; those on the way are still settled."""
    _move(
        batch,
        ("queued", "running"),
        "paused",
        by,
        "by_hand",
        f"{by.full_name} đã tạm dừng đợt này.",
    )


def resume(batch: Batch, *, by: User) -> None:
    _move(batch, ("paused",), "queued", by)


def stop(batch: Batch, *, by: User) -> None:
    """The end of this batch; who was not asked yet goes back to where they stood."""
    with writing():
        if _move(batch, OPEN_BATCH, "stopped", by, "by_hand", f"{by.full_name} đã dừng đợt này."):
            skip_rest(batch)


def end(batch: Batch, *, by: User) -> int:
    """The file way is over: records without a result are written down as unanswered. Returns how many."""
    with writing():
        if not _move(batch, ("waiting_for_answers",), "finished", by):
            return 0
        left = list(batch.items.where(BatchItem.state.in_(OPEN_ITEM)))
        for part in chunked(left, 500):
            settle(
                [
                    Heard(item, Answer(item.id, item.request_code, "unanswered", "no_result"))
                    for item in part
                ]
            )
    return len(left)


def retry(batch: Batch, *, by: User) -> int:
    """Ask again about the unanswered ones of a batch that has ended, if their values still stand. Returns how many."""
    with writing():
        if batch.open:
            return 0
        if open_batch(batch.scope):
            sentence = (
                "Phạm vi này đang có một đợt khác chưa xong. Hãy đợi đợt đó xong rồi hỏi lại."
            )
            raise Problem("batch", "open_batch", sentence)
        unanswered = (
            batch.items.select(BatchItem, Person)
            .join(Person)
            .where(BatchItem.state == "unanswered")
        )
        unanswered = unanswered.where(~being_asked())
        items = [
            i
            for i in unanswered
            if i.person.status in _TO_ASK_AGAIN and i.person.outcome_hash == i.hash
        ]
        for ids in chunked([i.id for i in items], 500):
            afresh = BatchItem.update(
                state="waiting",
                attempts=0,
                not_before=None,
                settled_at=None,
                reason="",
                lease_until=None,
            )
            afresh.where(BatchItem.id.in_(ids)).execute()
        if items:
            open_state = "waiting_for_answers" if batch.way == "file" else "queued"
            _move(batch, ("finished", "stopped", "failed"), open_state, by)
            restate(*people_with_class(Person.id.in_([i.person_id for i in items])))
    return len(items)


def open_cases(batch: Batch, *, by: User) -> int:
    """A notice case for everybody of this batch whose data disagree and who has none yet. Returns how many."""
    return notices.open_cases(people_with_class(Person.id.in_(_without_case(batch))), by=by)


def without_case(batch: Batch) -> int:
    """How many of them there are."""
    return Person.select().where(Person.id.in_(_without_case(batch)), notices.needs_paper()).count()


def _without_case(batch: Batch) -> ModelSelect[BatchItem]:
    wrong = batch.items.select(BatchItem.person).where(
        BatchItem.state.in_(["mismatch", "not_found"]), ~BatchItem.stale
    )
    open_cases = Notice.select(Notice.person).where(Notice.state != "closed")
    return wrong.where(BatchItem.person.not_in(open_cases))


def _move(
    batch: Batch,
    before: Iterable[str],
    after: str,
    by: User | None,
    reason: str = "",
    sentence: str = "",
) -> bool:
    """From one state to another, only from where the user saw it; in the audit."""
    with writing():
        now: datetime | None = None if after in OPEN_BATCH else utc_now()
        moved = (
            Batch.update(
                state=after,
                reason=reason,
                sentence=sentence,
                resume_at=None,
                trouble_since=None,
                finished_at=now,
            )
            .where(Batch.id == batch.id, Batch.state.in_(list(before)))
            .execute()
        )
        if moved:
            audit.record(
                "batch.state", by=by, subject=f"batch {batch.id}", old=batch.state, new=after
            )
    return bool(moved)


def skip_rest(batch: Batch) -> None:
    """Nobody of this batch is asked any more; inside the caller's transaction."""
    open_items = [i.person_id for i in batch.items.where(BatchItem.state.in_(OPEN_ITEM))]
    skipped = BatchItem.update(state="skipped", settled_at=utc_now())
    skipped.where(BatchItem.batch == batch, BatchItem.state.in_(OPEN_ITEM)).execute()
    restate(
        *(
            person
            for ids in chunked(open_items, 500)
            for person in people_with_class(Person.id.in_(ids))
        )
    )
