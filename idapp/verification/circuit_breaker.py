"""What the replies of the register mean for a batch. Pure: reads no clock and no database, and writes nothing.

Only technical failures are asked again, with a back-off and never before the service said. ``Pace.pause_after``
different records in a row without an answer are an outage: the batch pauses itself, the tries that the outage swallowed
are given back, and the next try asks one record only. Pauses grow with the outage, a tenth of it and at least five
seconds, at most ``Pace.pause_seconds``. A single poisoned record has its tries and ends ``unanswered``; its neighbours
never know. A service that asks to be asked more slowly (429, or 503 with Retry-After) is there: that costs a record no
try, and several of its refusals in one go count once. If it wants to be left alone for a minute or more, a quota is
used up: the batch pauses and says until when.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from idapp.models import BatchItem
from idapp.registry import Answer
from idapp.verification.call_pool import Pace, Reply
from idapp.verification.leases import LONGEST_WAIT
from idapp.verification.recording import FinalAnswer

TRIES = 3  # one question and two retries after a transport failure
TRIES_WITH_OUTAGES = 12  # what an outage swallowed is not held against the record, up to here
SHORTEST_PAUSE = 5.0  # seconds
LONG_WAIT = 60.0  # seconds that a service may ask for while the batch still counts as running
_LONGEST_BACK_OFF = 2**5  # times half a second


@dataclass(frozen=True)
class CircuitBreaker:
    """What is known about the service.

    closed: calls go out. half_open: after an outage, one call at a time until one is answered.
    open: nobody is answered, the batch pauses itself.
    """

    state: Literal["closed", "half_open", "open"] = "closed"
    failing: frozenset[int] = frozenset()  # ids of items without an answer since the last answer


@dataclass(frozen=True)
class Situation:
    """What :func:`decide` must know beside the replies."""

    now: datetime
    pace: Pace
    outage_since: datetime | None  # the service has not answered since
    calls: Mapping[int, int]  # how often each unanswered item was asked in all


@dataclass(frozen=True)
class Record:
    """The item has its final answer."""

    final: FinalAnswer


@dataclass(frozen=True)
class AskAgain:
    """The item waits for its next try."""

    item: BatchItem
    reason: str
    not_before: datetime
    costs_a_try: bool


@dataclass(frozen=True)
class Pause:
    """The service is away: stop asking, and come again later."""

    answer: Answer
    since: datetime  # begin of the outage
    until: datetime
    excused: frozenset[int]  # ids of items whose last try the outage swallowed


@dataclass(frozen=True)
class Recover:
    """The service answers again."""


@dataclass(frozen=True)
class Fail:
    """The service does not permit us to ask: the batch ends."""

    answer: Answer


Action = Record | AskAgain | Pause | Recover | Fail


def decide(
    breaker: CircuitBreaker, replies: Sequence[Reply], situation: Situation
) -> tuple[CircuitBreaker, list[Action]]:
    """The breaker after these replies, and what is to be written, in this order.

    ``replies`` are those with an answer whose item still waits for it. Never raises.
    """
    counted = _failures_that_count(replies)
    actions: list[Action] = []
    refusal: Answer | None = None
    for reply in replies:
        answer = reply.answer
        if answer is None:
            continue
        if answer.outcome == "not_permitted":
            refusal = answer
        elif answer.outcome == "unanswered":
            counts = reply.item.id in counted
            breaker, reactions = _on_no_answer(breaker, reply, answer, situation, counts=counts)
            actions += reactions
        else:
            breaker, reactions = _on_answer(breaker, reply, answer)
            actions += reactions
    # What was answered is recorded first: the end of a batch takes no answer away.
    if refusal is not None:
        actions.append(Fail(refusal))
    return breaker, actions


def _failures_that_count(replies: Iterable[Reply]) -> set[int]:
    """Ids of unanswered items. Of several that were told to come later only the first: the service is there."""
    counted: set[int] = set()
    was_throttled = False
    for reply in replies:
        if reply.answer is None or reply.answer.outcome != "unanswered":
            continue
        is_throttled = reply.answer.wants_a_slower_pace
        if not (is_throttled and was_throttled):
            counted.add(reply.item.id)
        was_throttled = was_throttled or is_throttled
    return counted


def _on_answer(
    breaker: CircuitBreaker, reply: Reply, answer: Answer
) -> tuple[CircuitBreaker, list[Action]]:
    final = Record(FinalAnswer(reply.item, answer, reply.seconds))
    if breaker.state == "half_open":
        return CircuitBreaker("closed"), [Recover(), final]
    return replace(breaker, failing=frozenset()), [final]


def _on_no_answer(
    breaker: CircuitBreaker, reply: Reply, answer: Answer, situation: Situation, *, counts: bool
) -> tuple[CircuitBreaker, list[Action]]:
    """Try again later, unless this record has had its tries; pause the batch if nobody is being answered."""
    item = reply.item
    if counts:
        breaker = replace(breaker, failing=breaker.failing | {item.id})
    is_outage = _is_outage(breaker, answer, situation.pace)
    is_excused = is_outage or answer.wants_a_slower_pace
    actions: list[Action] = []
    if _has_had_its_tries(item, is_excused, situation):
        actions.append(Record(FinalAnswer(item, answer, reply.seconds)))
    else:
        not_before = situation.now + _back_off(item, answer)
        actions.append(AskAgain(item, answer.reason, not_before, costs_a_try=not is_excused))
    if is_outage and breaker.state != "open":
        actions.append(_pause(answer, breaker.failing - {item.id}, situation))
        breaker = replace(breaker, state="open")
    return breaker, actions


def _is_outage(breaker: CircuitBreaker, answer: Answer, pace: Pace) -> bool:
    if breaker.state != "closed":
        return True
    if len(breaker.failing) >= pace.pause_after:
        return True
    return answer.wants_a_slower_pace and (answer.retry_after or 0.0) >= LONG_WAIT


def _has_had_its_tries(item: BatchItem, is_excused: bool, situation: Situation) -> bool:
    if situation.calls.get(item.id, 0) >= TRIES_WITH_OUTAGES:
        return True
    return item.attempts >= TRIES and not is_excused


def _back_off(item: BatchItem, answer: Answer) -> timedelta:
    """Twice as long after each try, never shorter than the service asked for."""
    by_tries = min(2**item.attempts, _LONGEST_BACK_OFF) / 2
    return min(timedelta(seconds=max(answer.retry_after or 0.0, by_tries)), LONGEST_WAIT)


def _pause(answer: Answer, excused: frozenset[int], situation: Situation) -> Pause:
    since = situation.outage_since or situation.now
    # A clock that was put back or forward makes no outage of years.
    outage = min(max(situation.now - since, timedelta()), LONGEST_WAIT)
    a_tenth = max(SHORTEST_PAUSE, outage.total_seconds() / 10)
    seconds = max(min(a_tenth, situation.pace.pause_seconds), answer.retry_after or 0.0)
    until = situation.now + min(timedelta(seconds=seconds), LONGEST_WAIT)
    return Pause(answer, since, until, excused)
