"""The replies that came in at once: which of them still count, what they mean, and the writing of that.

The meaning is decided in ``circuit_breaker``, without a database; everything here belongs inside one transaction.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from peewee import fn

from idapp.database import rows
from idapp.models import Attempt, Batch, BatchItem
from idapp.registry import Answer
from idapp.verification.batch_actions import skip_rest
from idapp.verification.call_pool import Pace, Reply
from idapp.verification.circuit_breaker import (
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
from idapp.verification.recording import FinalAnswer, record_answers, record_calls
from idapp.verification.transitions import move

log = logging.getLogger(__name__)
OUTAGE = (
    "Cơ sở dữ liệu dân cư không trả lời. Đợt tạm dừng và tự chạy tiếp; không hồ sơ nào bị mất hay "
    "bị ghi là không khớp vì việc này."
)
THROTTLED = (
    "Cơ sở dữ liệu dân cư đang quá tải và yêu cầu hỏi chậm lại. "
    "Đợt tạm dừng và tự chạy tiếp; không hồ sơ nào bị mất."
)


def take_replies(
    batch_id: int, pace: Pace, breaker: CircuitBreaker, replies: Sequence[Reply], now: datetime
) -> tuple[CircuitBreaker, bool]:
    """Write down what these replies mean. Returns the breaker after them, and whether the slice is over.

    1. What was never asked goes back to the waiting items.
    2. Every call is noted under its own request code, also when it came too late.
    3. Replies whose item still waits for exactly that request code are judged and written.

    If the transaction fails, the caller keeps the breaker of before.
    """
    if not replies:
        return breaker, False
    _hand_back([reply.item for reply in replies if reply.answer is None])
    record_calls([reply.answer for reply in replies if reply.answer is not None])
    current = _still_awaited(replies)
    breaker, actions = decide(breaker, current, _situation(batch_id, pace, current, now))
    _write(batch_id, actions, now)
    is_over = any(isinstance(action, Pause | Fail) for action in actions)
    return breaker, is_over


def _hand_back(items: Sequence[BatchItem]) -> None:
    """Never asked: as if it had not been taken."""
    codes = [item.request_code for item in items]
    if not codes:
        return
    given_back = BatchItem.update(state="waiting", attempts=BatchItem.attempts - 1)
    given_back.where(BatchItem.request_code.in_(codes), BatchItem.state == "sending").execute()
    Attempt.delete().where(Attempt.request_code.in_(codes)).execute()


def _still_awaited(replies: Sequence[Reply]) -> list[Reply]:
    """Without those that another worker settled, or whose batch was stopped meanwhile."""
    answered = [reply for reply in replies if reply.answer is not None]
    query = BatchItem.select(BatchItem.id, BatchItem.request_code).where(
        BatchItem.id.in_([reply.item.id for reply in answered]), BatchItem.state == "sending"
    )
    awaited = set(rows(query))
    return [reply for reply in answered if (reply.item.id, reply.item.request_code) in awaited]


def _situation(batch_id: int, pace: Pace, replies: Sequence[Reply], now: datetime) -> Situation:
    unanswered = [reply.item.id for reply in replies if reply.has_outcome("unanswered")]
    # most replies are answers: then nothing more is read
    if not unanswered:
        return Situation(now, pace, outage_since=None, calls={})
    calls = Attempt.select(Attempt.item, fn.COUNT(Attempt.id)).where(Attempt.item.in_(unanswered))
    outage_since = Batch.get_by_id(batch_id).outage_since
    return Situation(now, pace, outage_since, dict(rows(calls.group_by(Attempt.item))))


def _write(batch_id: int, actions: Sequence[Action], now: datetime) -> None:
    finals: list[FinalAnswer] = []
    failure: Answer | None = None
    for action in actions:
        match action:
            case Record(final):
                finals.append(final)
            case AskAgain():
                _ask_again(action)
            case Pause():
                _pause(batch_id, action)
            case Recover():
                Batch.update(outage_since=None).where(Batch.id == batch_id).execute()
            case Fail(answer):
                failure = answer
    # all of them together: few statements for many answers
    record_answers(finals)
    if failure is not None:
        _fail(batch_id, failure, now)


def _ask_again(action: AskAgain) -> None:
    attempts = action.item.attempts
    if not action.costs_a_try:
        attempts -= 1
    later = BatchItem.update(
        state="waiting", reason=action.reason, not_before=action.not_before, attempts=attempts
    )
    later.where(BatchItem.id == action.item.id).execute()


def _pause(batch_id: int, action: Pause) -> None:
    sentence = OUTAGE
    if action.answer.reason == "http_429":
        sentence = THROTTLED
    paused = move(
        batch_id,
        "paused",
        seen=["running"],
        reason="outage",
        sentence=sentence,
        resume_at=action.until,
        outage_since=action.since,
    )
    if not paused:  # somebody has paused or stopped it by hand
        return
    given_back = BatchItem.update(attempts=BatchItem.attempts - 1).where(
        BatchItem.id.in_(list(action.excused)),
        BatchItem.state == "waiting",
        BatchItem.attempts > 0,
    )
    given_back.execute()
    log.warning("batch %s paused: %s", batch_id, action.answer.reason)


def _fail(batch_id: int, answer: Answer, now: datetime) -> None:
    failed = move(
        batch_id,
        "failed",
        seen=["running", "paused"],
        reason=answer.reason,
        sentence=answer.sentence,
        finished_at=now,
    )
    if failed:
        skip_rest(Batch.get_by_id(batch_id))
        log.error("batch %s stopped: not permitted (%s)", batch_id, answer.reason)
