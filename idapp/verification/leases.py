"""Who works on a batch: leases, who is silent, who is dead.

One worker at a time holds a batch (``Batch.lease``); a lease that is not renewed runs out after ``LEASE`` and the next
worker goes on. Leases are read with the wall clock, which somebody may set: a time further ahead than any lease can be
is none, and :class:`Lookout` only calls a holder silent who has not renewed for some seconds by this process's own
clock. Of a worker on this machine ``holders`` knows at once whether it died.
"""

import time
from datetime import datetime, timedelta

from peewee import Expression

from idapp.database import rows, writing
from idapp.models import HEARTBEAT_STALE, Batch, BatchItem, utc_now
from idapp.verification.holders import forget, is_gone

LEASE = HEARTBEAT_STALE  # who is called silent holds nothing any more
LONGEST_WAIT = timedelta(days=1)  # what is said to lie further ahead is a clock that moved


def due(now: datetime) -> list[Batch]:
    """Batches that somebody should be working on and whose lease is not alive."""
    return [
        batch
        for batch in Batch.select().where(_may_run(now)).order_by(Batch.id)
        if _ownerless(batch, now)
    ]


def _ownerless(batch: Batch, now: datetime) -> bool:
    until = batch.lease_until
    return until is None or until < now or until > now + 3 * LEASE or is_gone(batch.lease)


def _may_run(now: datetime) -> Expression:
    paused_long_enough = (Batch.state == "paused") & (
        (Batch.resume_at <= now) | (Batch.resume_at > now + LONGEST_WAIT)
    )
    return Batch.state.in_(["queued", "running"]) | paused_long_enough


class Lookout:
    """Looks again and again for batches nobody works on. A clock that jumps ends all leases at once; whoever still
    beats between two looks is alive all the same."""

    _SECONDS = 3.0  # longer than a heartbeat

    def __init__(self) -> None:
        self._seen: dict[int, tuple[str, datetime | None, float]] = {}

    def owed(self) -> list[int]:
        """Ids of batches to ring for."""
        now, found = time.monotonic(), due(utc_now())
        before, self._seen = self._seen, {}
        owed = []
        for batch in found:
            lease, beat, since = before.get(batch.id, ("", None, now))
            if (lease, beat) != (batch.lease, batch.heartbeat_at):
                since = now
            self._seen[batch.id] = (batch.lease, batch.heartbeat_at, since)
            if not batch.lease or is_gone(batch.lease) or now - since >= self._SECONDS:
                owed.append(batch.id)
        return owed


def claim(batch_id: int, token: str) -> bool:
    """Take the batch's lease; False if another worker holds it or there is nothing to do."""
    now = utc_now()
    with writing():
        batch = Batch.get_or_none(Batch.id == batch_id)
        if batch is None or not _ownerless(batch, now):
            return False
        claimed = Batch.update(
            lease=token,
            lease_until=now + LEASE,
            heartbeat_at=now,
            state="running",
            reason="",
            sentence="",
            resume_at=None,
        ).where(Batch.id == batch_id, _may_run(now))
        if not claimed.execute():
            return False
        _take_over_from_the_dead(batch_id)
        forget(batch.lease)
    return True


def _take_over_from_the_dead(batch_id: int) -> None:
    """Questions of a worker that has certainly died wait no longer: its connections died with it."""
    asked = BatchItem.select(BatchItem.lease).distinct()
    for (token,) in rows(asked.where(BatchItem.batch == batch_id, BatchItem.state == "sending")):
        if is_gone(token):
            lost = BatchItem.update(state="waiting").where(
                BatchItem.batch == batch_id, BatchItem.lease == token
            )
            lost.where(BatchItem.state == "sending").execute()
            forget(token)


def set_aside(batch_id: int, reason: str, sentence: str) -> None:
    """This batch cannot run as things are; it waits for a person, not for a clock."""
    with writing():
        paused = Batch.update(
            state="paused", reason=reason, sentence=sentence, resume_at=None, trouble_since=None
        )
        paused.where(
            Batch.id == batch_id, Batch.state.in_(["queued", "running", "paused"])
        ).execute()
