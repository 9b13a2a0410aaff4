"""Before a batch: how many would be sent, who stays out and why, what came of the last time, how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

from peewee import JOIN, SQL, ModelSelect, fn

from idapp.database import rows
from idapp.models import OPEN_BATCH, Batch, BatchItem, Person, SchoolClass
from idapp.verification.call_pool import Pace
from idapp.verification.scopes import (
    EXCLUDED_WORDS,
    being_asked,
    checked_which,
    excluded_because,
    left_out,
    people_in,
)

_LAST_CALLS = 400


@dataclass(frozen=True)
class Preflight:
    """What a batch over this scope would do if it started now."""

    scope: str
    which: str
    ready: int
    excluded: dict[str, int]
    last: Batch | None
    open: Batch | None

    @property
    def total(self) -> int:
        return self.ready + sum(self.excluded.values())


def preflight(scope: str, which: str = "ready") -> Preflight:
    """Count before sending: everybody of the scope is either ready or excluded for one reason."""
    checked_which(which)
    groups = (Person.status, Person.foreign_national, being_asked().alias("asked"))
    counted = (
        people_in(scope).select(*groups, fn.COUNT(Person.id)).group_by(*groups[:2], SQL("asked"))
    )
    ready, found = 0, dict[str, int]()
    for status, foreign, asked, n in rows(counted):
        reason = excluded_because(status, foreign, bool(asked), which)
        if reason:
            found[reason] = found.get(reason, 0) + n
        else:
            ready += n
    excluded = {reason: found[reason] for reason in EXCLUDED_WORDS if reason in found}
    return Preflight(scope, which, ready, excluded, last_batch(scope), open_batch(scope))


def excluded_people(scope: str, which: str, reason: str) -> ModelSelect[Person]:
    """The very people of one reason, class by class."""
    query = people_in(scope).select(Person, SchoolClass).join(SchoolClass, JOIN.LEFT_OUTER)
    query = query.where(left_out(reason, checked_which(which)))
    return query.order_by(
        SchoolClass.grade.asc(nulls="last"), SchoolClass.name, Person.sort_key, Person.id
    )


def seconds_for(n: int, pace: Pace) -> float | None:
    """How long ``n`` records may take: the last calls' own time over the concurrency, or the rate if that is slower.

    None before the first call: nobody knows how fast the service answers.
    """
    last = BatchItem.select(BatchItem.seconds).where(BatchItem.seconds.is_null(False))
    times = [
        seconds
        for (seconds,) in rows(last.order_by(BatchItem.settled_at.desc()).limit(_LAST_CALLS))
    ]
    if not times:
        return n / pace.rate if pace.rate else None
    by_calls = n * sum(times) / len(times) / pace.concurrency
    return max(by_calls, n / pace.rate if pace.rate else 0.0)


def last_batch(scope: str) -> Batch | None:
    """The last one of this scope that has ended and asked somebody."""
    ended = Batch.select().where(
        Batch.scope == scope, Batch.state.not_in(OPEN_BATCH), Batch.total > 0
    )
    return ended.order_by(Batch.id.desc()).first()


def open_batch(scope: str) -> Batch | None:
    return Batch.get_or_none(Batch.scope == scope, Batch.state.in_(OPEN_BATCH))
