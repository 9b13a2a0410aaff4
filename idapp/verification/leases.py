"""Who works on a batch: leases, who is silent, who is dead.

One worker at a time holds a batch (``Batch.lease``); a lease that is not renewed runs out after ``LEASE`` and the next
worker goes on. Leases are read with the wall clock, which somebody may set: a time further ahead than any lease can be
is none, and :class:`StaleBatchWatch` only calls an owner silent who has not renewed for some seconds by this process's
own clock. Of a worker on this machine ``worker_locks`` knows at once whether it died.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import Expression

from idapp.database import rows, writing
from idapp.models import HEARTBEAT_STALE, Batch, BatchItem, utc_now
from idapp.verification.transitions import move
from idapp.verification.worker_locks import forget, owner_is_dead

LEASE = HEARTBEAT_STALE  # who is called silent holds nothing any more
LONGEST_WAIT = timedelta(days=1)  # what is said to lie further ahead is a clock that moved


def runnable(now: datetime) -> list[Batch]:
    """Batches that somebody should be working on and whose lease is not alive, the oldest first."""
    candidates = Batch.select().where(_may_run(now)).order_by(Batch.id)
    return [batch for batch in candidates if _has_no_owner(batch, now)]


def _has_no_owner(batch: Batch, now: datetime) -> bool:
    until = batch.lease_until
    if until is None or until < now:
        return True
    return until > now + 3 * LEASE or owner_is_dead(batch.lease)


def _may_run(now: datetime) -> Expression:
    pause_is_over = (Batch.resume_at <= now) | (Batch.resume_at > now + LONGEST_WAIT)
    return Batch.state.in_(["queued", "running"]) | ((Batch.state == "paused") & pause_is_over)


@dataclass(frozen=True)
class _Sighting:
    """A batch without a living owner, as it was seen at a moment of the monotonic clock."""

    lease: str
    heartbeat_at: datetime | None
    since: float


class StaleBatchWatch:
    """Looks again and again for batches nobody works on.

    A clock that jumps ends all leases at once; whoever still renews between two looks is alive all the same.
    """

    SILENT_SECONDS = 3.0  # longer than a heartbeat

    def __init__(self) -> None:
        self._sightings: dict[int, _Sighting] = {}

    def overdue(self) -> list[int]:
        """Ids of the batches for which a worker should be woken now."""
        now = time.monotonic()
        batches = runnable(utc_now())
        sightings = {batch.id: self._sighting(batch, now) for batch in batches}
        self._sightings = sightings
        return [batch.id for batch in batches if self._is_abandoned(sightings[batch.id], now)]

    def _sighting(self, batch: Batch, now: float) -> _Sighting:
        last = self._sightings.get(batch.id)
        if last and (last.lease, last.heartbeat_at) == (batch.lease, batch.heartbeat_at):
            return last
        return _Sighting(batch.lease, batch.heartbeat_at, now)

    def _is_abandoned(self, sighting: _Sighting, now: float) -> bool:
        if not sighting.lease or owner_is_dead(sighting.lease):
            return True
        return now - sighting.since >= self.SILENT_SECONDS


def claim(batch_id: int, token: str) -> bool:
    """Take the batch's lease; False if another worker holds it or there is nothing to do."""
    now = utc_now()
    with writing():
        batch = Batch.get_or_none(Batch.id == batch_id)
        if batch is None or not _has_no_owner(batch, now):
            return False
        claimed = move(
            batch_id,
            "running",
            only_if=_may_run(now),
            lease=token,
            lease_until=now + LEASE,
            heartbeat_at=now,
            reason="",
            sentence="",
            resume_at=None,
        )
        if not claimed:
            return False
        _take_over_from_the_dead(batch_id)
        forget(batch.lease)
    return True


def _take_over_from_the_dead(batch_id: int) -> None:
    """Questions of a worker that has certainly died wait no longer: its connections died with it."""
    being_asked = (BatchItem.batch == batch_id) & (BatchItem.state == "sending")
    owners = BatchItem.select(BatchItem.lease).distinct().where(being_asked)
    for (token,) in rows(owners):
        if owner_is_dead(token):
            lost = BatchItem.update(state="waiting")
            lost.where(being_asked, BatchItem.lease == token).execute()
            forget(token)


def set_aside(batch_id: int, reason: str, sentence: str) -> None:
    """This batch cannot run as things are; it waits for a person, not for a clock."""
    with writing():
        move(
            batch_id,
            "paused",
            reason=reason,
            sentence=sentence,
            resume_at=None,
            outage_since=None,
        )
