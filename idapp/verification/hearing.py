"""What a bunch of answers means for a batch: settle, ask again later, pause in an outage, give up where not permitted.

Only technical failures are asked again, with a back-off and never before the service said. ``pause_after`` different
records in a row without an answer are an outage: the batch pauses itself, the tries that the outage swallowed are given
back, and the next try asks one record only. Pauses grow with the outage, a tenth of it and at least five seconds, at
most ``Pace.pause_seconds``. A single poisoned record has its tries and ends ``unanswered``; its neighbours never know.
A service that asks to be asked more slowly (429) is there: that costs a record no try, and a bunch of it counts once.
If it wants to be left alone for a minute or more, a quota is used up: the batch pauses and says until when.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idapp.database import rows
from idapp.models import Attempt, Batch, BatchItem
from idapp.registry import Answer
from idapp.verification.asking import Asked, Pace
from idapp.verification.leases import LONGEST_WAIT
from idapp.verification.settling import Heard, note_calls, settle
from idapp.verification.steering import skip_rest

log = logging.getLogger(__name__)
TRIES = 3  # one question and two retries after a transport failure
TRIES_WITH_OUTAGES = (
    12  # attempts that an outage swallowed are not held against the record, up to here
)
SHORTEST_PAUSE = 5.0
LONG_WAIT = 60.0  # seconds that a service may ask for while the batch still counts as running
OUTAGE = (
    "Cơ sở dữ liệu dân cư không trả lời. Đợt tạm dừng và tự chạy tiếp; không hồ sơ nào bị mất hay bị ghi là không "
    "khớp vì việc này."
)
THROTTLED = (
    "Cơ sở dữ liệu dân cư đang quá tải và yêu cầu hỏi chậm lại. "
    "Đợt tạm dừng và tự chạy tiếp; không hồ sơ nào bị mất."
)


@dataclass
class Mood:
    """What a slice remembers from one bunch to the next."""

    failing: set[int] = field(
        default_factory=set
    )  # records without an answer since the last answer
    probing: bool = False  # after an outage: one question at a time until one is answered
    paused: bool = False


class Hearing:
    """One bunch, inside the slice's transaction; discarded if that fails, the mood of the slice with it."""

    def __init__(
        self, batch_id: int, pace: Pace, mood: Mood, asked: Sequence[Asked], now: datetime
    ) -> None:
        self.batch_id, self.pace, self.asked, self.now = batch_id, pace, asked, now
        self.mood = Mood(set(mood.failing), mood.probing, mood.paused)
        self.ends = self._throttled = False
        self._final: list[Heard] = []

    def settle(self) -> None:
        if not self.asked:
            return
        self._hand_back([a.item for a in self.asked if a.answer is None])
        note_calls(a.answer for a in self.asked if a.answer)
        current = self._still_waiting_for_these()
        refused: Answer | None = None
        for one in self.asked:
            if one.answer is None or one.item.id not in current:
                continue  # settled by another worker, or the batch was stopped meanwhile
            if one.answer.outcome == "not_permitted":
                refused = one.answer
            elif one.answer.outcome == "unanswered":
                self._unanswered(one, one.answer)
            else:
                self._recovered()
                self._final.append(Heard(one.item, one.answer, one.seconds))
        settle(self._final)
        if refused:
            self._give_up(refused)

    def _still_waiting_for_these(self) -> set[int]:
        codes = {a.item.id: a.item.request_code for a in self.asked}
        found = BatchItem.select(BatchItem.id, BatchItem.request_code)
        waiting = rows(found.where(BatchItem.id.in_(list(codes)), BatchItem.state == "sending"))
        return {id_ for id_, code in waiting if codes[id_] == code}

    def _hand_back(self, items: list[BatchItem]) -> None:
        """Never asked: as if it had not been taken."""
        codes = [i.request_code for i in items]
        if codes:
            back = BatchItem.update(state="waiting", attempts=BatchItem.attempts - 1)
            back.where(BatchItem.request_code.in_(codes), BatchItem.state == "sending").execute()
            Attempt.delete().where(Attempt.request_code.in_(codes)).execute()

    def _recovered(self) -> None:
        self.mood.failing.clear()
        if self.mood.probing:
            self.mood.probing = False
            Batch.update(trouble_since=None).where(Batch.id == self.batch_id).execute()

    def _unanswered(self, one: Asked, answer: Answer) -> None:
        """Try again later, unless this record has had its tries; pause the batch if nobody is being answered."""
        item, throttled = one.item, answer.reason == "http_429"
        if not (throttled and self._throttled):
            self.mood.failing.add(item.id)
        self._throttled |= throttled
        long_wait = throttled and (answer.retry_after or 0.0) >= LONG_WAIT
        outage = (
            self.mood.paused
            or self.mood.probing
            or len(self.mood.failing) >= self.pace.pause_after
            or long_wait
        )
        excused = outage or throttled
        all_tries = Attempt.select().where(Attempt.item == item).count()
        if (item.attempts >= TRIES and not excused) or all_tries >= TRIES_WITH_OUTAGES:
            self._final.append(Heard(item, answer, one.seconds))
        else:
            delay = min(
                max(answer.retry_after or 0.0, 2.0 ** min(item.attempts, 5) / 2),
                LONGEST_WAIT.total_seconds(),
            )
            later = BatchItem.update(
                state="waiting",
                reason=answer.reason,
                not_before=self.now + timedelta(seconds=delay),
                attempts=item.attempts - 1 if excused else item.attempts,
            )
            later.where(BatchItem.id == item.id).execute()
        if outage and not self.mood.paused:
            self._pause(answer, self.mood.failing - {item.id})

    def _pause(self, answer: Answer, swallowed: set[int]) -> None:
        """The service is away: stop asking, give the swallowed tries back, come again later."""
        self.ends = self.mood.paused = True
        since = Batch.get_by_id(self.batch_id).trouble_since or self.now
        so_far = min(max((self.now - since).total_seconds(), 0.0), LONGEST_WAIT.total_seconds())
        seconds = max(
            min(max(SHORTEST_PAUSE, so_far / 10), self.pace.pause_seconds),
            answer.retry_after or 0.0,
        )
        again = self.now + min(timedelta(seconds=seconds), LONGEST_WAIT)
        paused = Batch.update(
            state="paused",
            reason="outage",
            sentence=THROTTLED if answer.reason == "http_429" else OUTAGE,
            resume_at=again,
            trouble_since=since,
        ).where(Batch.id == self.batch_id, Batch.state == "running")
        if paused.execute():
            given_back = BatchItem.update(attempts=BatchItem.attempts - 1).where(
                BatchItem.attempts > 0
            )
            given_back.where(
                BatchItem.id.in_(swallowed or {0}), BatchItem.state == "waiting"
            ).execute()
            log.warning("batch %s paused: %s", self.batch_id, answer.reason)

    def _give_up(self, answer: Answer) -> None:
        failed = Batch.update(
            state="failed", reason=answer.reason, sentence=answer.sentence, finished_at=self.now
        )
        if failed.where(
            Batch.id == self.batch_id, Batch.state.in_(["running", "paused"])
        ).execute():
            skip_rest(Batch.get_by_id(self.batch_id))
            log.error("batch %s stopped: not permitted (%s)", self.batch_id, answer.reason)
        self.ends = True
