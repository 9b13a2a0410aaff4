"""Batches: the school's people asked about, one by one, in the population database.

The rows decide everything; Redis only wakes the worker. ``start`` freezes what will be asked, ``runs.run`` may be
called again at any moment by any worker: resume, retry and recovery after a crash are one path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from peewee import JOIN, ModelSelect, chunked, fn

from idapp import audit
from idapp.database import rows, writing
from idapp.models import OPEN_BATCH, OPEN_ITEM, Batch, BatchItem, Person, SchoolClass, User, utc_now
from idapp.people import restate
from idapp.people.states import World, people_with_class, values_of
from idapp.rules import record
from idapp.rules.problem import Problem

STATE_WORDS = {
    "queued": "Đang chờ đến lượt",
    "running": "Đang chạy",
    "paused": "Tạm dừng",
    "interrupted": "Gián đoạn",
    "waiting_for_answers": "Chờ kết quả",
    "finished": "Đã xong",
    "stopped": "Đã dừng",
    "failed": "Không chạy được",
}
ITEM_WORDS = {
    "waiting": "Chưa gửi",
    "sending": "Đang hỏi",
    "verified": "Đã xác thực",
    "mismatch": "Không khớp",
    "not_found": "Không tìm thấy",
    "rejected": "Bị từ chối",
    "unanswered": "Dịch vụ chưa trả lời",
    "skipped": "Chưa gửi, đợt đã dừng",
}
OUTCOMES = ("verified", "mismatch", "not_found", "rejected", "unanswered", "skipped")
EXCLUDED_WORDS = {
    "verified": "đã xác thực",
    "incomplete": "còn thiếu hoặc sai",
    "explained": "có giải trình",
    "sent": "đang chờ kết quả ở đợt khác",
    "answered": "đã có kết quả và chưa sửa gì",
}
_SENDABLE = ("ready", "changed", "unanswered")
_ANSWERED = ("mismatch", "not_found", "rejected")


@dataclass(frozen=True)
class Preflight:
    """What a batch over this scope would do if it started now."""

    scope: str
    ready: int
    excluded: dict[str, int]
    last: Batch | None
    open: Batch | None


@dataclass(frozen=True)
class Tally:
    """The rows of a batch, counted."""

    by_state: dict[str, int]
    per_second: float
    stale: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def settled(self) -> int:
        return self.total - sum(self.by_state.get(s, 0) for s in OPEN_ITEM)

    @property
    def seconds_left(self) -> int | None:
        left = self.total - self.settled
        return round(left / self.per_second) if left and self.per_second else None


def scopes() -> list[tuple[str, str]]:
    """What may be sent together: (scope, words)."""
    classes = list(SchoolClass.select().order_by(SchoolClass.grade, SchoolClass.name))
    grades = sorted({c.grade for c in classes if c.grade is not None})
    return [
        ("school", "Toàn trường (học sinh và cán bộ, giáo viên, nhân viên)"),
        ("staff", "Cán bộ, giáo viên, nhân viên"),
        *((f"grade:{grade}", f"Khối {grade}") for grade in grades),
        *((f"class:{c.id}", f"Lớp {c.name}") for c in classes),
    ]


def scope_words(scope: str) -> str:
    """A scope as people say it; also of a class that was renamed since."""
    return dict(scopes()).get(scope, "Lớp đã xóa")


def people_in(scope: str) -> ModelSelect[Person]:
    """The active records of a scope. Raises Problem for a scope that does not exist."""
    query = Person.select().where(Person.active)
    kind, _, key = scope.partition(":")
    if scope not in dict(scopes()):
        raise Problem("scope", "unknown_scope", "Chọn phạm vi gửi xác thực trong danh sách.")
    if kind == "class":
        return query.where(Person.school_class == int(key))
    if kind == "grade":
        return query.where(
            Person.school_class.in_(SchoolClass.select(SchoolClass.id).where(SchoolClass.grade == int(key)))
        )
    return query.where(Person.kind == "staff") if kind == "staff" else query


def preflight(scope: str, *, again: bool = False) -> Preflight:
    """Count before sending. ``again`` also asks about records that were answered and not corrected since."""
    counted = people_in(scope).select(Person.status, fn.COUNT(Person.id)).group_by(Person.status)
    ready, excluded = 0, dict[str, int]()
    for status, n in rows(counted):
        reason = _excluded_because(status, again)
        if reason:
            excluded[reason] = excluded.get(reason, 0) + n
        else:
            ready += n
    last = Batch.select().where(Batch.scope == scope, Batch.state.not_in(OPEN_BATCH)).order_by(Batch.id.desc()).first()
    return Preflight(scope, ready, excluded, last, open_batch(scope))


def _excluded_because(status: str, again: bool) -> str:
    if status in _SENDABLE or (again and status in _ANSWERED):
        return ""
    return "answered" if status in _ANSWERED else status


def open_batch(scope: str) -> Batch | None:
    return Batch.get_or_none(Batch.scope == scope, Batch.state.in_(OPEN_BATCH))


def start(scope: str, *, by: User, again: bool = False) -> Batch:
    """Freeze who is asked and with which values. A second start of the same scope lands on the first batch.

    The caller wakes the worker after this returns (jobs.verify_later). Raises Problem if nobody can be sent.
    """
    with writing():
        if running := open_batch(scope):
            return running
        before = preflight(scope, again=again)
        if not before.ready:
            sentence = "Không có hồ sơ nào sẵn sàng gửi trong phạm vi này. Hãy xem lý do ở từng ô dưới đây."
            raise Problem("scope", "nothing_ready", sentence)
        batch = Batch.create(scope=scope, started_by=by, excluded=before.excluded)
        wanted = (*_SENDABLE, *(_ANSWERED if again else ()))
        batch.total = _freeze(
            batch, people_with_class(Person.id.in_(people_in(scope).where(Person.status.in_(wanted)).select(Person.id)))
        )
        batch.save(only=[Batch.total])
        audit.record("batch.started", by=by, subject=f"batch {batch.id}", new=scope)
    return batch


def _freeze(batch: Batch, people: list[Person]) -> int:
    world = World(bulk=True)
    frozen = []
    for person in people:
        surroundings, values = world.around(person), values_of(person)
        frozen.append(
            {"batch": batch, "person": person, "values": record.identity_values(values, surroundings),
             "hash": record.identity_hash(values, surroundings)}
        )  # fmt: skip
    for part in chunked(frozen, 100):
        BatchItem.insert_many(part).execute()
    for ids in chunked([p.id for p in people], 500):
        Person.update(status="sent").where(Person.id.in_(ids)).execute()
    return len(frozen)


def pause(batch: Batch, *, by: User) -> None:
    """No new questions; those on the way are still settled."""
    _move(batch, ("queued", "running"), "paused", "by_hand", f"{by.full_name} đã tạm dừng đợt này.", by)


def resume(batch: Batch, *, by: User) -> None:
    _move(batch, ("paused",), "queued", "", "", by)


def stop(batch: Batch, *, by: User) -> None:
    """The end of this batch; who was not asked yet goes back to where they stood."""
    with writing():
        if _move(batch, ("queued", "running", "paused"), "stopped", "by_hand", f"{by.full_name} đã dừng đợt này.", by):
            skip_rest(batch)


def retry(batch: Batch, *, by: User) -> int:
    """Ask again about the unanswered ones of a batch that has ended, if their values still stand. Returns how many."""
    with writing():
        if batch.open:
            return 0
        if open_batch(batch.scope):
            sentence = "Phạm vi này đang có một đợt khác chưa xong. Hãy đợi đợt đó xong rồi hỏi lại."
            raise Problem("batch", "open_batch", sentence)
        items = [i for i in batch.items.where(BatchItem.state == "unanswered") if _still_stands(i)]
        for item in items:
            afresh = BatchItem.update(state="waiting", attempts=0, not_before=None, settled_at=None)
            afresh.where(BatchItem.id == item.id).execute()
        if items:
            _move(batch, ("finished", "stopped", "failed"), "queued", "", "", by)
            Batch.update(finished_at=None).where(Batch.id == batch.id).execute()
            restate(*people_with_class(Person.id.in_([i.person_id for i in items])))
    return len(items)


def _still_stands(item: BatchItem) -> bool:
    return item.person.status == "unanswered" and item.person.outcome_hash == item.hash


def _move(batch: Batch, before: Iterable[str], after: str, reason: str, sentence: str, by: User) -> bool:
    """From one state to another, only from where the user saw it; in the audit."""
    with writing():
        moved = (
            Batch.update(
                state=after, reason=reason, sentence=sentence, resume_at=None,
                finished_at=None if after in OPEN_BATCH else utc_now(),
            )
            .where(Batch.id == batch.id, Batch.state.in_(list(before)))
            .execute()
        )  # fmt: skip
        if moved:
            audit.record("batch.state", by=by, subject=f"batch {batch.id}", old=batch.state, new=after)
    return bool(moved)


def skip_rest(batch: Batch) -> None:
    """Nobody of this batch is asked any more; inside the caller's transaction."""
    open_items = [i.person_id for i in batch.items.where(BatchItem.state.in_(OPEN_ITEM))]
    BatchItem.update(state="skipped", settled_at=utc_now()).where(
        BatchItem.batch == batch, BatchItem.state.in_(OPEN_ITEM)
    ).execute()
    restate(*(person for ids in chunked(open_items, 500) for person in people_with_class(Person.id.in_(ids))))


def tally(batch: Batch) -> Tally:
    """Counted from the rows, with the speed of the last half minute."""
    states = batch.items.select(BatchItem.state, fn.COUNT(BatchItem.id)).group_by(BatchItem.state)
    since = utc_now() - timedelta(seconds=30)
    recent = batch.items.where(BatchItem.settled_at >= since)
    [(n, first)] = rows(recent.select(fn.COUNT(BatchItem.id), fn.MIN(BatchItem.settled_at)))
    stale = batch.items.where(BatchItem.stale).count()
    return Tally(dict(rows(states)), n / _seconds_since(first) if n > 1 else 0.0, stale)


def _seconds_since(first: object) -> float:
    moment = BatchItem.settled_at.python_value(first)
    return max((utc_now() - moment).total_seconds(), 0.5)


def items_in(batch: Batch, states: Iterable[str], people: ModelSelect[Person]) -> list[BatchItem]:
    """Items in these states with their people and classes, in class order, of the people in this scope."""
    query = batch.items.select(BatchItem, Person, SchoolClass).join(Person).join(SchoolClass, JOIN.LEFT_OUTER)
    chosen = query.where(BatchItem.state.in_(list(states)), BatchItem.person.in_(people))
    return list(chosen.order_by(SchoolClass.grade, SchoolClass.name, Person.sort_key))


def by_class(batch: Batch, people: ModelSelect[Person]) -> list[tuple[str, dict[str, int]]]:
    """(class name or "" for staff, {state: n}) in school order."""
    groups = (SchoolClass.grade, SchoolClass.name, BatchItem.state)
    query = batch.items.select(*groups, fn.COUNT(BatchItem.id)).join(Person).join(SchoolClass, JOIN.LEFT_OUTER)
    found: dict[str, dict[str, int]] = {}
    for _, name, state, n in rows(query.where(BatchItem.person.in_(people)).group_by(*groups).order_by(*groups)):
        found.setdefault(name or "", {})[state] = n
    return list(found.items())


def running_batches() -> ModelSelect[Batch]:
    return Batch.select().where(Batch.state.in_(OPEN_BATCH)).order_by(Batch.id)
