"""Before a batch: how many would be sent, who stays out and why, what came of the last time, how long it may take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, ModelSelect, Value, fn

from idapp.database import PreparedStatement, rows
from idapp.models import (
    OPEN_BATCH,
    Batch,
    BatchItem,
    Person,
    SchoolClass,
    in_school_order,
)
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
        """Everybody of the scope."""
        return self.ready + sum(self.excluded.values())


def preflight(scope: str, which: str = "ready") -> Preflight:
    """Count before sending: everybody of the scope is either ready or excluded for one reason.

    Raises Problem for a scope or a choice that does not exist.
    """
    checked_which(which)
    count_of: Counter[str] = Counter()  # by reason, "" for those who are ready
    for status, is_asked, count in rows(_by_state(people_in(scope))):
        count_of[excluded_because(status, bool(is_asked), which)] += count
        if is_asked:  # who is counted among all of the state too
            count_of[excluded_because(status, is_asked=False, which=which)] -= count
    # in the order in which the page shows them
    excluded = {reason: count_of[reason] for reason in EXCLUDED_WORDS if count_of[reason]}
    return Preflight(scope, which, count_of[""], excluded, last_batch(scope), open_batch(scope))


def _by_state(people: ModelSelect[Person]) -> Any:
    """(state, 0, how many are in it) and (state, 1, how many of them are being asked), in one statement.

    Apart, because everybody is counted out of an index alone, and whoever is being asked is found by the open items.
    """
    everybody = people.select(Person.status, Value(0), fn.COUNT(Person.id))
    asked = people.where(being_asked()).select(Person.status, Value(1), fn.COUNT(Person.id))
    return everybody.group_by(Person.status).union_all(asked.group_by(Person.status))


def excluded_people(scope: str, which: str, reason: str) -> ModelSelect[Person]:
    """The very people of one reason, class by class."""
    query = people_in(scope).select(Person, SchoolClass).join(SchoolClass, JOIN.LEFT_OUTER)
    query = query.where(left_out(reason, checked_which(which)))
    return query.order_by(*in_school_order(), Person.sort_key, Person.id)


def seconds_for(count: int, pace: Pace) -> float | None:
    """How long so many records may take: the last calls' own time over the concurrency, or the rate if that is slower.

    None before the first call: nobody knows how fast the service answers.
    """
    last = BatchItem.select(BatchItem.seconds).where(BatchItem.seconds.is_null(False))
    newest = rows(last.order_by(BatchItem.settled_at.desc()).limit(_LAST_CALLS))
    by_rate = None
    if pace.rate:
        by_rate = count / pace.rate
    if not newest:
        return by_rate
    mean = sum(seconds for (seconds,) in newest) / len(newest)
    by_calls = count * mean / pace.concurrency
    return max(by_calls, by_rate or 0.0)


def last_batch(scope: str) -> Batch | None:
    """The last one of this scope that has ended and asked somebody."""
    ended: list[Batch] = _LAST_ENDED.rows(scope)
    return ended[0] if ended else None


def open_batch(scope: str) -> Batch | None:
    """The one batch of this scope that has not ended; there is never a second one."""
    batches: list[Batch] = _OPEN_OF_SCOPE.rows(scope)
    return batches[0] if batches else None


_LAST_ENDED = PreparedStatement(
    lambda scope: (
        Batch.select()
        .where(Batch.scope == scope, Batch.state.not_in(OPEN_BATCH), Batch.total > 0)
        .order_by(Batch.id.desc())
        .limit(1)
    )
)
_OPEN_OF_SCOPE = PreparedStatement(
    lambda scope: Batch.select().where(Batch.scope == scope, Batch.state.in_(OPEN_BATCH)).limit(1)
)
