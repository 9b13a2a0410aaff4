"""Before a batch: how many would be sent, who stays out and why, what came of the last time, how long it may take."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, SQL, ModelSelect, Value, fn

from idapp.database import PreparedStatement, rows
from idapp.models import (
    DONE,
    OPEN_BATCH,
    STATUSES,
    Batch,
    BatchItem,
    Person,
    SchoolClass,
    in_school_order,
    written_out,
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

    @property
    def done(self) -> int:
        """Who of the scope is accounted for, whatever was chosen."""
        return sum(self.excluded.get(status, 0) for status in DONE)

    @property
    def to_do(self) -> int:
        """Everybody of the scope but those of another nationality."""
        return self.total - self.excluded.get("foreign", 0)


def preflight(scope: str, which: str = "ready") -> Preflight:
    """Count before sending: everybody of the scope is either ready or excluded for one reason.

    Raises Problem for a scope or a choice that does not exist.
    """
    checked_which(which)
    count_of: Counter[str] = Counter()  # by reason, "" for those who are ready
    for status, is_asked, count in _counted(scope):
        count_of[excluded_because(status, bool(is_asked), which)] += count
        if is_asked:  # who is counted among all of the state too
            count_of[excluded_because(status, is_asked=False, which=which)] -= count
    # in the order in which the page shows them
    excluded = {reason: count_of[reason] for reason in EXCLUDED_WORDS if count_of[reason]}
    return Preflight(scope, which, count_of[""], excluded, last_batch(scope), open_batch(scope))


def _counted(scope: str) -> list[tuple[Any, ...]]:
    """(state, 0, how many are in it) and (state, 1, how many of them are being asked), in one statement.

    Apart, because everybody is counted out of an index alone, and whoever is being asked is found by the open items.
    Raises Problem for a scope that does not exist.
    """
    if scope == "school":
        return _OF_SCHOOL.raw()
    people = people_in(scope)
    everybody = people.select(Person.status, Value(0), fn.COUNT(SQL("*")))
    return rows(everybody.group_by(Person.status).union_all(_asked(people)))


def _asked(people: ModelSelect[Person]) -> ModelSelect[Person]:
    asked = people.where(being_asked())
    return asked.select(Person.status, Value(1), fn.COUNT(SQL("*"))).group_by(Person.status)


def _of_school() -> Any:
    """State by state: to count along one stretch of the index takes half of what it takes to tell the states apart."""
    everybody = people_in("school")
    query: Any = _asked(everybody)
    for status in STATUSES:
        in_state = everybody.where(Person.status.in_(written_out([status])))
        query = query.union_all(in_state.select(Value(status), Value(0), fn.COUNT(SQL("*"))))
    return query


_OF_SCHOOL = PreparedStatement(_of_school)


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
