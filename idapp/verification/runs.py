"""The run of a batch: take, ask, settle; from whatever point the rows show.

Every question has a lease of its own (``BatchItem.lease_until``), as long as a call can take at most: until then nobody
else asks about that person, unless the worker that asked is known to have died (``leases``). An answer is settled only
while its item still waits for exactly that request code, so that a late or doubled answer changes nothing. Nothing is
asked inside a transaction, and no thread that asks waits for the database (``asking``). What answers mean is in
``hearing``.
"""

import logging
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta

from peewee import Case, InterfaceError, OperationalError

from idapp.database import db, writing
from idapp.models import OPEN_ITEM, Attempt, Batch, BatchItem, utc_now
from idapp.registry import Connector, new_request_code
from idapp.verification.asking import QUEUE_SECONDS, Asked, Askers, Pace
from idapp.verification.hearing import TRIES, Hearing, Mood
from idapp.verification.holders import holding
from idapp.verification.leases import LEASE, LONGEST_WAIT, Lookout, claim, due, set_aside

__all__ = ["LEASE", "TRIES", "Lookout", "Pace", "due", "leaving", "run", "set_aside"]
log = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 2.0
LONGEST_SLICE = 300  # seconds; RQ's own limit for a job is twice that
_LINGER = 0.15  # seconds in which answers gather to be settled together
_AGAIN_AFTER = 0.5  # seconds, when the database was busy
leaving = (
    threading.Event()
)  # this process was asked to end: hand back what is not on its way, settle the rest, go


def run(batch_id: int, connector: Connector, pace: Pace) -> bool:
    """Work on a batch for one slice of time. True if there is more to do at once."""
    token = uuid.uuid4().hex
    with holding(token), closing(connector):
        if _others(batch_id, utc_now()) >= pace.concurrency or not claim(batch_id, token):
            return False  # no call is left for one more worker; its turn comes
        return _Slice(batch_id, token, connector, pace).work()


def _others(batch_id: int, now: datetime) -> int:
    """Workers that are asking at this moment about other batches."""
    return (
        Batch.select()
        .where(Batch.id != batch_id, Batch.lease != "", Batch.lease_until > now)
        .count()
    )


class _Slice:
    """One worker's turn at one batch."""

    def __init__(self, batch_id: int, lease: str, connector: Connector, pace: Pace) -> None:
        self.batch_id, self.lease, self.pace = batch_id, lease, pace
        self.askers = Askers(connector, pace)
        self.mood = Mood(probing=Batch.get_by_id(batch_id).trouble_since is not None)
        self.own: set[int] = set()  # items in the threads' hands
        self.begun = time.monotonic()
        self.beaten = self.looked = 0.0
        self.over = False
        if _others(batch_id, utc_now()):  # they learn of this one with their next heartbeat
            self.askers.slow_down(HEARTBEAT_SECONDS)

    def work(self) -> bool:
        with self.askers:
            while not (self.over and not self.askers.in_hand):
                asked = self.askers.collect(0.25, 0.0 if self.over else _LINGER)
                if leaving.is_set():
                    self._end()
                if asked or self.hungry or time.monotonic() - self.beaten >= HEARTBEAT_SECONDS:
                    self.askers.feed(self._step_surely(asked))
        return self._release()

    @property
    def hungry(self) -> bool:
        return self._room(self.mood.probing) > 0 and time.monotonic() - self.looked > 0.2

    def _room(self, probing: bool) -> int:
        """How many more items may be taken."""
        if self.over:
            return 0
        return 1 - self.askers.in_hand if probing else self.askers.appetite

    def _end(self) -> None:
        self.over = True
        self.askers.halt()

    def _step_surely(self, asked: Sequence[Asked]) -> list[BatchItem]:
        """A busy database is waited for: an answer in hand is worth more than a tidy end."""
        while True:
            try:
                return self._step(asked)
            except (OperationalError, InterfaceError) as error:
                log.warning(
                    "batch %s: the database is busy (%s)", self.batch_id, type(error).__name__
                )
                with suppress(OperationalError, InterfaceError):
                    db.close()  # a lost connection is opened anew by the next statement
                time.sleep(_AGAIN_AFTER)

    def _step(self, asked: Sequence[Asked]) -> list[BatchItem]:
        """Settle what came in and take what goes out next, in one short transaction (one disk sync, not two)."""
        now = utc_now()
        with writing():
            heard = Hearing(self.batch_id, self.pace, self.mood, asked, now)
            heard.settle()
            goes_on = self._beat(now)
            room = self._room(heard.mood.probing) if goes_on and not heard.ends else 0
            taken = self._take(room, now)
        self.mood = heard.mood
        self.own = (self.own - {a.item.id for a in asked}) | {i.id for i in taken}
        if len(taken) < room:
            self.looked += 0.3  # nothing to take just now
        if heard.ends or not goes_on or (not taken and not self.own and self._nothing_left()):
            self._end()
        return taken

    def _take(self, room: int, now: datetime) -> list[BatchItem]:
        """Mark the next items as being asked, each with a request code of its own."""
        if room <= 0:
            return []
        self.looked = time.monotonic()
        ready = (
            BatchItem.not_before.is_null()
            | (BatchItem.not_before <= now)
            | (BatchItem.not_before > now + LONGEST_WAIT)
        )
        waiting = BatchItem.select().where(
            BatchItem.batch == self.batch_id, BatchItem.state == "waiting", ready
        )
        order = (BatchItem.attempts, BatchItem.not_before.asc(nulls="first"), BatchItem.id)
        items = list(waiting.order_by(*order).limit(room))
        if len(items) < room:
            self._take_over_lost(now)
        if items:
            self._mark(items, now)
        return items

    def _mark(self, items: list[BatchItem], now: datetime) -> None:
        until = now + timedelta(seconds=QUEUE_SECONDS + self.pace.call_seconds)
        codes = []
        for item in items:
            item.request_code = new_request_code(now)
            codes.append((BatchItem.id == item.id, item.request_code))
        Attempt.insert_many(
            [{"item": i.id, "request_code": i.request_code, "at": now} for i in items]
        ).execute()
        BatchItem.update(
            state="sending",
            attempts=BatchItem.attempts + 1,
            lease=self.lease,
            lease_until=until,
            request_code=Case(None, codes),
        ).where(BatchItem.id.in_([i.id for i in items])).execute()
        for item in items:
            item.state, item.attempts = "sending", item.attempts + 1

    def _take_over_lost(self, now: datetime) -> None:
        """Questions of a worker that is gone: their calls have ended by now, answered or not."""
        ended = (
            BatchItem.lease_until.is_null()
            | (BatchItem.lease_until < now)
            | (
                BatchItem.lease_until
                > now + 3 * timedelta(seconds=QUEUE_SECONDS + self.pace.call_seconds)
            )
        )
        lost = BatchItem.update(state="waiting").where(
            BatchItem.batch == self.batch_id, BatchItem.state == "sending", ended
        )
        lost.where(BatchItem.id.not_in(self.own or {0})).execute()

    def _beat(self, now: datetime) -> bool:
        """Renew the lease; False once the batch was paused, stopped or taken over, or others have waited enough."""
        self.beaten = time.monotonic()
        mine = (Batch.id == self.batch_id) & (Batch.lease == self.lease)
        Batch.update(lease_until=now + LEASE, heartbeat_at=now).where(mine).execute()
        self.askers.share(1 + _others(self.batch_id, now))
        return Batch.select().where(
            mine, Batch.state == "running"
        ).exists() and not self._time_is_up(now)

    def _time_is_up(self, now: datetime) -> bool:
        worked = self.beaten - self.begun
        if self.over or worked > LONGEST_SLICE:
            return True
        return worked > self.pace.slice_seconds and bool(due(now))

    def _nothing_left(self) -> bool:
        return (
            not BatchItem.select()
            .where(BatchItem.batch == self.batch_id, BatchItem.state.in_(OPEN_ITEM))
            .exists()
        )

    def _release(self) -> bool:
        """Give the lease back; finish the batch if every record has an answer. True if there is more to do at once."""
        with writing():
            mine = (Batch.id == self.batch_id) & (Batch.lease == self.lease)
            if not Batch.update(lease="", lease_until=None).where(mine).execute():
                return False
            batch = Batch.get_by_id(self.batch_id)
            left = batch.items.where(BatchItem.state.in_(OPEN_ITEM)).exists()
            if batch.state == "running" and not left:
                done = Batch.update(
                    state="finished", finished_at=utc_now(), trouble_since=None, sentence=""
                )
                done.where(Batch.id == batch.id).execute()
            return bool(batch.state == "running" and left)
