"""What replies mean for a batch, without threads and without a database."""

from datetime import datetime, timedelta

import pytest

from idapp.models import BatchItem
from idapp.registry import Answer
from idapp.verification.call_pool import Pace, Reply
from idapp.verification.circuit_breaker import (
    TRIES,
    TRIES_WITH_OUTAGES,
    Action,
    AskAgain,
    CircuitBreaker,
    Fail,
    Pause,
    Record,
    Recover,
    Situation,
    decide,
)

NOW = datetime(2022, 10, 16, 9, 0)
PACE = Pace(pause_after=3, pause_seconds=60.0)


def reply(
    item_id: int,
    outcome: str = "unanswered",
    reason: str = "time_out",
    *,
    attempts: int = 1,
    retry_after: float | None = None,
) -> Reply:
    item = BatchItem(id=item_id, attempts=attempts, request_code=f"C{item_id}")
    return Reply(item, Answer(item_id, f"C{item_id}", outcome, reason, retry_after=retry_after))


def situation(outage_since: datetime | None = None, calls: int = 1) -> Situation:
    return Situation(NOW, PACE, outage_since, dict.fromkeys(range(1, 20), calls))


def kinds(actions: list[Action]) -> list[str]:
    return [type(action).__name__ for action in actions]


def test_an_answer_is_recorded_and_ends_the_row_of_failures() -> None:
    failing = CircuitBreaker(failing=frozenset({7, 8}))
    breaker, actions = decide(failing, [reply(1, "verified", "")], situation())
    assert breaker == CircuitBreaker()
    assert kinds(actions) == ["Record"]


def test_one_failure_is_asked_again_and_costs_a_try() -> None:
    breaker, [action] = decide(CircuitBreaker(), [reply(1)], situation())
    assert isinstance(action, AskAgain)
    assert action.costs_a_try
    assert action.not_before == NOW + timedelta(seconds=1)
    assert breaker.failing == {1}


def test_a_poisoned_record_ends_unanswered_and_pauses_nobody() -> None:
    breaker, [action] = decide(CircuitBreaker(), [reply(1, attempts=TRIES)], situation())
    assert isinstance(action, Record)
    assert action.final.answer.outcome == "unanswered"
    assert breaker.state == "closed"


def test_an_outage_opens_the_breaker_once_and_gives_the_tries_back() -> None:
    replies = [reply(1), reply(2), reply(3), reply(4)]
    breaker, actions = decide(CircuitBreaker(), replies, situation())
    assert breaker.state == "open"
    assert kinds(actions) == ["AskAgain", "AskAgain", "AskAgain", "Pause", "AskAgain"]
    pause = next(action for action in actions if isinstance(action, Pause))
    assert pause.excused == {1, 2}
    assert pause.until == NOW + timedelta(seconds=5)
    retried = [action for action in actions if isinstance(action, AskAgain)]
    assert [action.costs_a_try for action in retried] == [True, True, False, False]


def test_the_pause_grows_with_the_outage_up_to_the_limit() -> None:
    half_open = CircuitBreaker("half_open")
    for minutes, seconds in [(2, 12), (60, 60), (60 * 24 * 400, 60)]:
        since = NOW - timedelta(minutes=minutes)
        _, actions = decide(half_open, [reply(1)], situation(since))
        pause = next(action for action in actions if isinstance(action, Pause))
        assert pause.until == NOW + timedelta(seconds=seconds)
        assert pause.since == since


def test_a_half_open_breaker_closes_with_the_first_answer() -> None:
    breaker, actions = decide(CircuitBreaker("half_open"), [reply(1, "mismatch", "")], situation())
    assert breaker == CircuitBreaker()
    assert kinds(actions) == [Recover.__name__, Record.__name__]


@pytest.mark.parametrize("reason", ["http_429", "http_503"])
def test_several_that_are_told_to_come_later_count_once_and_cost_no_try(reason: str) -> None:
    replies = [reply(n, reason=reason, retry_after=2.0) for n in range(1, 10)]
    breaker, actions = decide(CircuitBreaker(), replies, situation())
    assert breaker == CircuitBreaker(failing=frozenset({1}))
    assert all(isinstance(action, AskAgain) and not action.costs_a_try for action in actions)


def test_a_service_that_is_away_and_says_no_time_costs_a_try() -> None:
    breaker, actions = decide(CircuitBreaker(), [reply(1, reason="http_503")], situation())
    assert breaker == CircuitBreaker(failing=frozenset({1}))
    assert all(isinstance(action, AskAgain) and action.costs_a_try for action in actions)


def test_a_used_up_quota_pauses_at_once_and_as_long_as_the_service_says() -> None:
    answer = reply(1, reason="http_429", retry_after=3600.0)
    breaker, actions = decide(CircuitBreaker(), [answer], situation())
    assert breaker.state == "open"
    pause = actions[-1]
    assert isinstance(pause, Pause)
    assert pause.until == NOW + timedelta(hours=1)


def test_even_an_outage_does_not_ask_for_ever() -> None:
    many = situation(calls=TRIES_WITH_OUTAGES)
    _, actions = decide(CircuitBreaker("open"), [reply(1)], many)
    assert kinds(actions) == ["Record"]


def test_a_refused_permission_ends_the_batch_after_what_was_answered() -> None:
    replies = [reply(1, "not_permitted", "auth"), reply(2, "verified", "")]
    _, actions = decide(CircuitBreaker(), replies, situation())
    assert kinds(actions) == ["Record", Fail.__name__]


@pytest.mark.parametrize("state", ["closed", "half_open", "open"])
def test_nothing_came_in_means_nothing(state: str) -> None:
    breaker = CircuitBreaker(state)  # type: ignore[arg-type]
    assert decide(breaker, [], situation()) == (breaker, [])
