"""The run of a batch: take, ask, record; from whatever point the rows show.

Every question has a lease of its own (``BatchItem.lease_until``), as long as a call can take at most: until then nobody
else asks about that person, unless the worker that asked is known to have died (``leases``). An answer is recorded only
while its item still waits for exactly that request code, so that a late or doubled answer changes nothing. Nothing is
asked inside a transaction, and no thread that asks waits for the database (``call_pool``). What answers mean is in
``circuit_breaker``.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta

from peewee import Case, Expression, InterfaceError, OperationalError

from idapp.database import db, writing
from idapp.models import OPEN_ITEM, Attempt, Batch, BatchItem, utc_now
from idapp.registry import Connector, new_request_code
from idapp.verification.answers import take_replies
from idapp.verification.call_pool import QUEUE_SECONDS, CallPool, Pace, Reply
from idapp.verification.circuit_breaker import TRIES, CircuitBreaker
from idapp.verification.leases import (
    LEASE,
    LONGEST_WAIT,
    StaleBatchWatch,
    claim,
    runnable,
    set_aside,
)
from idapp.verification.transitions import move
from idapp.verification.worker_locks import worker_lock

__all__ = [
    "LEASE",
    "TRIES",
    "Pace",
    "StaleBatchWatch",
    "run",
    "runnable",
    "set_aside",
    "shutdown_requested",
]
log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 2.0
SHORTEST_SLICE = 2.0  # seconds
LONGEST_SLICE = 300  # seconds; RQ's own limit for a job is twice that
_PATIENCE = 0.25  # seconds to wait for a first answer
_LINGER = 0.15  # seconds in which answers gather to be recorded together
_LOOK_AGAIN_AFTER = 0.2  # seconds between two looks for items to ask
_NOTHING_THERE_DELAY = 0.3  # seconds more, when the last look found too few
_BUSY_DELAY = 0.5  # seconds, when the database was busy

# This process was asked to end: hand back what is not on its way, record the rest, go.
shutdown_requested = threading.Event()


def _nobody_waits() -> bool:
    return False


def run(
    batch_id: int,
    connector: Connector,
    pace: Pace,
    *,
    others_wait: Callable[[], bool] = _nobody_waits,
) -> bool:
    """Work on a batch for one slice of time. True if there is more to do at once.

    ``others_wait``: asked again and again, whether this worker should do something else before it goes on.
    """
    token = uuid.uuid4().hex
    with worker_lock(token), closing(connector):
        if _other_workers(batch_id, utc_now()) >= pace.concurrency:
            return False  # no call is left for one more worker; its turn comes
        if not claim(batch_id, token):
            return False
        return _Slice(batch_id, token, connector, pace, others_wait).work()


def _other_workers(batch_id: int, now: datetime) -> int:
    """How many workers are asking at this moment about other batches."""
    others = Batch.select().where(Batch.id != batch_id, Batch.lease != "", Batch.lease_until > now)
    return others.count()


class _Slice:
    """One worker's turn at one batch."""

    def __init__(
        self,
        batch_id: int,
        lease: str,
        connector: Connector,
        pace: Pace,
        others_wait: Callable[[], bool],
    ) -> None:
        self.batch_id = batch_id
        self.lease = lease
        self.pace = pace
        self.others_wait = others_wait
        self.pool = CallPool(connector, pace)
        self.breaker = CircuitBreaker()
        if Batch.get_by_id(batch_id).outage_since is not None:
            self.breaker = CircuitBreaker("half_open")
        self.item_ids: set[int] = set()  # of the items in the threads' hands
        self.begun = time.monotonic()
        self.renewed_at = 0.0
        self.looked_at = 0.0
        self.is_over = False
        if _other_workers(batch_id, utc_now()):  # they learn of this one with their next heartbeat
            self.pool.slow_down(HEARTBEAT_SECONDS)

    def work(self) -> bool:
        """Ask until the slice is over and every answer is recorded. True if there is more to do at once."""
        with self.pool:
            while not self.is_over or self.pool.in_flight:
                linger = _LINGER
                if self.is_over:
                    linger = 0.0
                replies = self.pool.collect(_PATIENCE, linger)
                if shutdown_requested.is_set():
                    self._end()
                if replies or self.has_capacity or self._heartbeat_is_due:
                    self.pool.submit(self._step_surely(replies))
        return self._release()

    @property
    def has_capacity(self) -> bool:
        """Whether it is worth looking for more items to ask."""
        if self._capacity(self.breaker) <= 0:
            return False
        return time.monotonic() - self.looked_at > _LOOK_AGAIN_AFTER

    @property
    def _heartbeat_is_due(self) -> bool:
        return time.monotonic() - self.renewed_at >= HEARTBEAT_SECONDS

    @property
    def _is_mine(self) -> Expression:
        return (Batch.id == self.batch_id) & (Batch.lease == self.lease)

    def _capacity(self, breaker: CircuitBreaker) -> int:
        """How many more items may be taken."""
        if self.is_over:
            return 0
        if breaker.state == "half_open":
            return 1 - self.pool.in_flight
        return self.pool.capacity

    def _end(self) -> None:
        self.is_over = True
        self.pool.halt()

    def _step_surely(self, replies: Sequence[Reply]) -> list[BatchItem]:
        """A busy database is waited for: an answer in hand is worth more than a tidy end."""
        while True:
            try:
                return self._step(replies)
            except (OperationalError, InterfaceError) as error:
                kind = type(error).__name__
                log.warning("batch %s: the database is busy (%s)", self.batch_id, kind)
                with suppress(OperationalError, InterfaceError):
                    db.close()  # a lost connection is opened anew by the next statement
                time.sleep(_BUSY_DELAY)

    def _step(self, replies: Sequence[Reply]) -> list[BatchItem]:
        """Record what came in and take what goes out next, in one short transaction (one disk sync, not two).

        Returns the items to ask. Nothing of this object changes before the transaction is through.
        """
        now = utc_now()
        with writing():
            breaker, ends = take_replies(self.batch_id, self.pace, self.breaker, replies, now)
            goes_on = self._renew_lease(now)
            capacity = 0
            if goes_on and not ends:
                capacity = self._capacity(breaker)
            taken = self._take(capacity, now)
        self.breaker = breaker
        self.item_ids -= {reply.item.id for reply in replies}
        self.item_ids |= {item.id for item in taken}
        if len(taken) < capacity:
            self.looked_at += _NOTHING_THERE_DELAY
        if ends or not goes_on or self._is_exhausted(taken):
            self._end()
        return taken

    def _is_exhausted(self, taken: Sequence[BatchItem]) -> bool:
        """Nothing was taken, nothing is on its way, nothing waits for its time."""
        return not taken and not self.item_ids and not self._has_open_items()

    def _take(self, capacity: int, now: datetime) -> list[BatchItem]:
        """Mark the next items as being asked, each with a request code of its own."""
        if capacity <= 0:
            return []
        self.looked_at = time.monotonic()
        may_be_asked = (
            BatchItem.not_before.is_null()
            | (BatchItem.not_before <= now)
            # further ahead than any back-off: the clock was put back
            | (BatchItem.not_before > now + LONGEST_WAIT)
        )
        waiting = BatchItem.select().where(
            BatchItem.batch == self.batch_id, BatchItem.state == "waiting", may_be_asked
        )
        # New ones before those that failed: one poisoned record delays nobody.
        order = (BatchItem.attempts, BatchItem.not_before.asc(nulls="first"), BatchItem.id)
        items = list(waiting.order_by(*order).limit(capacity))
        if len(items) < capacity:
            self._take_over_lost(now)
        if items:
            self._mark(items, now)
        return items

    @property
    def _longest_question(self) -> timedelta:
        """From taking an item to its answer, come what may."""
        return timedelta(seconds=QUEUE_SECONDS + self.pace.call_seconds)

    def _mark(self, items: list[BatchItem], now: datetime) -> None:
        for item in items:
            item.request_code = new_request_code(now)
        Attempt.insert_many(
            [{"item": item.id, "request_code": item.request_code, "at": now} for item in items]
        ).execute()
        codes = [(BatchItem.id == item.id, item.request_code) for item in items]
        BatchItem.update(
            state="sending",
            attempts=BatchItem.attempts + 1,
            lease=self.lease,
            lease_until=now + self._longest_question,
            request_code=Case(None, codes),
        ).where(BatchItem.id.in_([item.id for item in items])).execute()
        for item in items:
            item.state = "sending"
            item.attempts += 1

    def _take_over_lost(self, now: datetime) -> None:
        """Questions of a worker that is gone: their calls have ended by now, answered or not."""
        lease_has_ended = (
            BatchItem.lease_until.is_null()
            | (BatchItem.lease_until < now)
            # longer than any lease: the clock was put back
            | (BatchItem.lease_until > now + 3 * self._longest_question)
        )
        lost = BatchItem.update(state="waiting").where(
            BatchItem.batch == self.batch_id, BatchItem.state == "sending", lease_has_ended
        )
        lost.where(BatchItem.id.not_in(self.item_ids or {0})).execute()

    def _renew_lease(self, now: datetime) -> bool:
        """False once the batch was paused, stopped or taken over, or others have waited long enough."""
        self.renewed_at = time.monotonic()
        Batch.update(lease_until=now + LEASE, heartbeat_at=now).where(self._is_mine).execute()
        self.pool.share(1 + _other_workers(self.batch_id, now))
        if not Batch.select().where(self._is_mine, Batch.state == "running").exists():
            return False
        return not self._time_is_up(now)

    def _time_is_up(self, now: datetime) -> bool:
        worked = self.renewed_at - self.begun
        if self.is_over or worked > LONGEST_SLICE:
            return True
        if worked > SHORTEST_SLICE and self.others_wait():
            return True
        return worked > self.pace.slice_seconds and bool(runnable(now))

    def _has_open_items(self) -> bool:
        open_items = BatchItem.select().where(
            BatchItem.batch == self.batch_id, BatchItem.state.in_(OPEN_ITEM)
        )
        return open_items.exists()

    def _release(self) -> bool:
        """Give the lease back; finish the batch if every record has an answer. True if there is more to do at once."""
        with writing():
            if not Batch.update(lease="", lease_until=None).where(self._is_mine).execute():
                return False
            if self._has_open_items():
                return bool(Batch.get_by_id(self.batch_id).state == "running")
            move(
                self.batch_id,
                "finished",
                seen=["running"],
                finished_at=utc_now(),
                outage_since=None,
                sentence="",
            )
            return False
