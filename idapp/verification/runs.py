"""The run of a batch: take, ask, settle; from whatever point the rows show.

Only the holder of the batch's lease takes items; a lease that is not renewed runs out after ``LEASE`` and the next
worker goes on. An answer is settled only while its item still waits for exactly that request code, so that a late or
doubled answer changes nothing. Nothing is asked inside a transaction.
"""

import logging
import time
import uuid
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import Expression, fn

from idapp import notices
from idapp.database import writing
from idapp.models import OPEN_ITEM, Attempt, Batch, BatchItem, Person, utc_now
from idapp.people.states import World, people_with_class, store, values_of
from idapp.registry import Answer, Connector, Question, new_request_code
from idapp.rules import record
from idapp.verification import skip_rest

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=8)
HEARTBEAT_SECONDS = 2.0
TRIES = 3  # one question and two retries after a transport failure
TRIES_WITH_OUTAGES = 12  # attempts that an outage swallowed are not held against the record, up to here
LONGEST_WAIT = timedelta(days=1)  # what is said to lie further ahead is a clock that moved


@dataclass(frozen=True)
class Pace:
    """How fast, and when to stop and think."""

    concurrency: int = 4
    rate: float = 0.0  # calls per second, 0 = no limit
    pause_after: int = 5  # records in a row without an answer
    pause_seconds: float = 60.0
    slice_seconds: float = 20.0  # then other jobs have their turn


def due(now: datetime) -> list[Batch]:
    """Batches that somebody should be working on and nobody is."""
    silent = Batch.lease_until.is_null() | (Batch.lease_until < now) | (Batch.lease_until > now + 3 * LEASE)
    return list(Batch.select().where(_may_run(now), silent).order_by(Batch.id))


def _may_run(now: datetime) -> Expression:
    paused_long_enough = (Batch.state == "paused") & (
        (Batch.resume_at <= now) | (Batch.resume_at > now + LONGEST_WAIT)
    )  # fmt: skip
    return Batch.state.in_(["queued", "running"]) | paused_long_enough


def run(batch_id: int, connector: Connector, pace: Pace) -> bool:
    """Work on a batch for one slice of time. True if there is more to do at once."""
    lease = _claim(batch_id)
    if not lease:
        return False
    with closing(connector):
        return _Slice(batch_id, lease, connector, pace).work()


def _claim(batch_id: int) -> str:
    """A fresh lease, or "" if another worker holds one or there is nothing to do. Lost questions go back to waiting."""
    token, now = uuid.uuid4().hex, utc_now()
    free = Batch.lease_until.is_null() | (Batch.lease_until < now) | (Batch.lease_until > now + 3 * LEASE)
    with writing():
        claimed = (
            Batch.update(
                lease=token, lease_until=now + LEASE, heartbeat_at=now, state="running", reason="", sentence="",
                resume_at=None,
            )
            .where(Batch.id == batch_id, _may_run(now), free)
            .execute()
        )  # fmt: skip
        if not claimed:
            return ""
        BatchItem.update(state="waiting").where(BatchItem.batch == batch_id, BatchItem.state == "sending").execute()
    return token


class _Slice:
    """One worker's turn at one batch."""

    def __init__(self, batch_id: int, lease: str, connector: Connector, pace: Pace) -> None:
        self.batch_id, self.lease, self.connector, self.pace = batch_id, lease, connector, pace
        self.failing: set[int] = set()  # records without an answer since the last answer
        self.world = World()
        self.next_call = time.monotonic()
        self.beaten = 0.0

    def work(self) -> bool:
        end = time.monotonic() + self.pace.slice_seconds
        asked: dict[Future[Answer | None], BatchItem] = {}
        with ThreadPoolExecutor(self.pace.concurrency, thread_name_prefix="ask") as pool:
            while True:
                done, _ = wait(asked, timeout=0.5, return_when=FIRST_COMPLETED) if asked else (set(), set())
                answers = [(asked.pop(future), future.result()) for future in done]
                room = self.pace.concurrency - len(asked) if time.monotonic() < end else 0
                for item in self._step(answers, min(room, self._allowance())):
                    asked[pool.submit(self._ask, item)] = item
                if not asked and not self._wait_for_work(end):
                    break
        return self._release()

    def _step(self, answers: list[tuple[BatchItem, Answer | None]], room: int) -> list[BatchItem]:
        """Settle what came in and take what goes out next, in one short transaction (one disk sync, not two)."""
        if not answers and room <= 0 and time.monotonic() - self.beaten < HEARTBEAT_SECONDS:
            return []
        with writing():
            for item, answer in answers:
                if answer is not None:
                    self._settle_one(item, answer)
            return self._take(room, utc_now()) if self._beat(utc_now()) and room > 0 else []

    def _allowance(self) -> int:
        """How many calls the rate allows at this moment."""
        if not self.pace.rate:
            return self.pace.concurrency
        return 1 if time.monotonic() >= self.next_call else 0

    def _take(self, room: int, now: datetime) -> list[BatchItem]:
        """Mark the next items as being asked, each with a request code of its own."""
        ready = (
            BatchItem.not_before.is_null() | (BatchItem.not_before <= now) | (BatchItem.not_before > now + LONGEST_WAIT)
        )
        waiting = BatchItem.select().where(BatchItem.batch == self.batch_id, BatchItem.state == "waiting", ready)
        items = list(waiting.order_by(BatchItem.attempts, BatchItem.id).limit(room))
        for item in items:
            item.state, item.attempts, item.request_code = "sending", item.attempts + 1, new_request_code(now)
            item.save(only=[BatchItem.state, BatchItem.attempts, BatchItem.request_code])
        if items:
            Attempt.insert_many([{"item": i.id, "request_code": i.request_code, "at": now} for i in items]).execute()
        self._spend(len(items))
        return items

    def _spend(self, calls: int) -> None:
        if calls and self.pace.rate:
            self.next_call = max(self.next_call, time.monotonic() - 1 / self.pace.rate) + calls / self.pace.rate

    def _beat(self, now: datetime) -> bool:
        """Renew the lease; False once the batch was paused, stopped or taken over."""
        self.beaten = time.monotonic()
        mine = (Batch.id == self.batch_id) & (Batch.lease == self.lease)
        Batch.update(lease_until=now + LEASE, heartbeat_at=now).where(mine).execute()
        return Batch.select().where(mine, Batch.state == "running").exists()

    def _ask(self, item: BatchItem) -> Answer | None:
        """In a thread of the pool; touches no database."""
        frozen = item.values
        return self.connector.ask(
            Question(
                item=item.id,
                request_code=item.request_code,
                number=frozen["number"] or "",
                full_name=frozen["full_name"] or "",
                born=frozen["born"] or "",
                sex=frozen["sex"] or "",
            )
        )

    def _wait_for_work(self, end: float) -> bool:
        """Nothing is being asked: is there something to wait for within this slice?"""
        with writing():
            running = self._beat(utc_now())
        waiting = BatchItem.select().where(BatchItem.batch == self.batch_id, BatchItem.state == "waiting").exists()
        if not running or not waiting or time.monotonic() >= end:
            return False
        time.sleep(min(0.2, 1 / self.pace.rate) if self.pace.rate else 0.2)
        return True

    def _settle_one(self, item: BatchItem, answer: Answer) -> None:
        Attempt.update(outcome=answer.outcome, reason=answer.reason).where(
            Attempt.request_code == item.request_code
        ).execute()
        current = BatchItem.get_or_none(
            BatchItem.id == item.id, BatchItem.state == "sending", BatchItem.request_code == item.request_code
        )
        if current is None:  # settled by another worker, or the batch was stopped meanwhile
            return
        if answer.outcome == "not_permitted":
            self._give_up(answer)
        elif answer.outcome == "unanswered":
            self._unanswered(current, answer)
        else:
            self.failing.clear()
            settle(current, answer, self.world)

    def _unanswered(self, item: BatchItem, answer: Answer) -> None:
        """Try again later, unless this record has had its tries; pause the batch if nobody is being answered."""
        self.failing.add(item.id)
        all_tries = Attempt.select().where(Attempt.item == item).count()
        outage = len(self.failing) >= self.pace.pause_after
        if (item.attempts >= TRIES and not outage) or all_tries >= TRIES_WITH_OUTAGES:
            settle(item, answer, self.world)
        else:
            delay = min(max(answer.retry_after or 0.0, 2.0 ** min(item.attempts, 5) / 2), LONGEST_WAIT.total_seconds())
            item.not_before, item.state, item.reason = utc_now() + timedelta(seconds=delay), "waiting", answer.reason
            item.save(only=[BatchItem.not_before, BatchItem.state, BatchItem.reason])
        if outage:
            self._pause(answer)

    def _pause(self, answer: Answer) -> None:
        """The service is away: stop asking, give the swallowed tries back, come again later."""
        seconds = max(self.pace.pause_seconds, answer.retry_after or 0.0)
        again = utc_now() + min(timedelta(seconds=seconds), LONGEST_WAIT)
        sentence = "Cơ sở dữ liệu dân cư chưa trả lời. Đợt tạm dừng và tự chạy tiếp; không hồ sơ nào bị mất."
        paused = Batch.update(state="paused", reason="outage", sentence=sentence, resume_at=again)
        if paused.where(Batch.id == self.batch_id, Batch.state == "running").execute():
            BatchItem.update(attempts=fn.MAX(BatchItem.attempts - 1, 0)).where(BatchItem.id.in_(self.failing)).execute()
            log.warning("batch %s paused: %s", self.batch_id, answer.reason)

    def _give_up(self, answer: Answer) -> None:
        batch = Batch.get_by_id(self.batch_id)
        failed = Batch.update(state="failed", reason=answer.reason, sentence=answer.sentence, finished_at=utc_now())
        if failed.where(Batch.id == self.batch_id, Batch.state.in_(["running", "paused"])).execute():
            skip_rest(batch)
            log.error("batch %s stopped: not permitted (%s)", self.batch_id, answer.reason)

    def _release(self) -> bool:
        """Give the lease back; finish the batch if every record has an answer. True if there is more to do at once."""
        with writing():
            mine = (Batch.id == self.batch_id) & (Batch.lease == self.lease)
            Batch.update(lease="", lease_until=None).where(mine).execute()
            batch = Batch.get_by_id(self.batch_id)
            left = batch.items.where(BatchItem.state.in_(OPEN_ITEM)).exists()
            if batch.state == "running" and not left:
                Batch.update(state="finished", finished_at=utc_now()).where(Batch.id == batch.id).execute()
            return bool(batch.state == "running" and left)


def settle(item: BatchItem, answer: Answer, world: World) -> None:
    """Write one final answer; onto the record only if it still holds the values that were asked about (invariant 2)."""
    item.state, item.reason, item.settled_at = answer.outcome, answer.reason, utc_now()
    item.differences = {name: list(pair) for name, pair in answer.differences.items()}
    person = people_with_class(Person.id == item.person_id)[0]
    item.stale = record.identity_hash(values_of(person), world.around(person)) != item.hash
    item.save(only=[getattr(BatchItem, n) for n in ("state", "reason", "settled_at", "differences", "stale")])
    heard: dict[str, object] = {}
    if not item.stale:
        heard = {
            "outcome": answer.outcome, "outcome_hash": item.hash, "outcome_at": item.settled_at,
            "differences": item.differences, "outcome_reason": answer.reason,
        }  # fmt: skip
        for name, value in heard.items():
            setattr(person, name, value)
    store(person, world, **heard)
    if person.status == "verified":
        notices.close(person, because=f"batch {item.batch_id}")
