"""The threads that ask. They touch no database: one other thread submits items and records what came back.

Threads, not asyncio. Measured on 2 cores shared with the simulator, 400 signed questions of 50 ms over HTTP: 4 at once
5.7 s against 5.5 s (floor 5.0), 16 at once 1.9 s against 1.6 s (floor 1.25); a question costs 2.1 ms of processor time
against 1.1 ms. With the few calls at once that a population database allows the difference is 4 %, and it would cost an
HTTP client of our own or a further dependency, for its time limits on every byte and its checked certificates exist in
``registry.transport`` for threads already.

A thread never waits for the recording of others: it takes its next question from a short queue that is kept half a
second ahead. What stood too long in that queue is not asked any more but handed back, because the lease of a question
(``BatchItem.lease_until``) is only as long as a call may take.

How many calls a second the service bears is written nowhere. It says so itself (429, or 503 with
Retry-After): then nobody calls until it may, calls stand half as close again from there on, and every answer brings
them a little closer (an adaptive rate limit).
"""

import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

from idapp.models import BatchItem
from idapp.registry import Answer, Connector, Question, RegistryConfig

QUEUE_SECONDS = 5.0  # the longest time between taking a question and asking it
_FIRST_GUESS = 0.5  # seconds a call takes, before one has
_MEMORY = 0.1  # weight of the newest call in the average
_MOST_AHEAD = 200  # items in the queue beyond those being asked
_BACK_OFF_FACTOR = 1.5  # what a 429 does to the gap between calls
_RECOVERY_FACTOR = 0.99  # and what an answer does
_LONGEST_GAP = 30.0  # seconds


@dataclass(frozen=True)
class Pace:
    """How fast, and when to stop and think."""

    concurrency: int = RegistryConfig.concurrency
    rate: float = 0.0  # calls per second, 0 = no limit
    pause_after: int = 5  # records in a row without an answer
    pause_seconds: float = 60.0  # the longest pause between two tries in an outage
    slice_seconds: float = 20.0  # then other batches have their turn
    call_seconds: float = 30.0  # no call takes longer, come what may: the lease of a question


@dataclass(frozen=True)
class Reply:
    """What came back from a thread. ``answer`` None: never asked, the item is as before."""

    item: BatchItem
    answer: Answer | None
    seconds: float = 0.0

    def has_outcome(self, outcome: str) -> bool:
        """Whether there is an answer, with this outcome."""
        return self.answer is not None and self.answer.outcome == outcome


class CallPool:
    """A few threads around one connector. Use as a context manager: at the end every thread has ended."""

    def __init__(self, connector: Connector, pace: Pace) -> None:
        self.in_flight = 0  # submitted and not yet collected
        self._connector = connector
        self._pace = pace
        self._todo: queue.SimpleQueue[tuple[BatchItem, float] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._halted = threading.Event()
        self._turn = threading.Condition()  # guards everything below
        self._next_call = 0.0
        self._calling = 0
        self._workers = 1
        self._call_takes = _FIRST_GUESS
        self._gap = 0.0  # seconds between two calls, as the service has taught us
        self._slowed_at = 0.0  # when it last did
        self._threads = [
            threading.Thread(target=self._work, name=f"ask-{n}") for n in range(pace.concurrency)
        ]

    def __enter__(self) -> "CallPool":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.halt()
        for _thread in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def capacity(self) -> int:
        """How many more items keep every thread busy for half a second."""
        if self._next_call > time.monotonic() + QUEUE_SECONDS / 2:
            return 0
        ahead = min(int(self._at_once / self._call_takes / 2), _MOST_AHEAD)
        wanted = self._at_once + ahead
        gap = self._between_calls
        if gap:
            wanted = min(wanted, max(1, int(QUEUE_SECONDS / 2 / gap)))
        return wanted - self.in_flight

    @property
    def _at_once(self) -> int:
        return max(1, self._pace.concurrency // self._workers)

    @property
    def _between_calls(self) -> float:
        """Seconds, by the settings or as the service wants it."""
        if not self._pace.rate:
            return self._gap
        return max(self._workers / self._pace.rate, self._gap)

    def share(self, workers: int) -> None:
        """The service sees one school: workers that ask at the same time share its calls and its rate."""
        with self._turn:
            self._workers = workers
            self._turn.notify_all()

    def submit(self, items: Iterable[BatchItem]) -> None:
        """Let the threads ask about these items, as soon as their turn comes."""
        until = time.monotonic() + QUEUE_SECONDS
        for item in items:
            self.in_flight += 1
            self._todo.put((item, until))

    def collect(self, patience: float, linger: float) -> list[Reply]:
        """What came back. Waits up to ``patience`` seconds for the first reply, then up to ``linger`` for more.

        Replies that are recorded together cost one commit.
        """
        replies: list[Reply] = []
        until = time.monotonic() + patience
        while True:
            left = until - time.monotonic()
            if left <= 0 and replies:
                break
            try:
                replies.append(self._done.get(timeout=max(left, 0)))
            except queue.Empty:
                break
            if len(replies) == 1:
                until = time.monotonic() + linger
            if len(replies) >= self.in_flight:
                break
        self.in_flight -= len(replies)
        for reply in replies:
            if reply.answer:
                self._call_takes += _MEMORY * (reply.seconds - self._call_takes)
        return replies

    def slow_down(self, seconds: float) -> None:
        """Nobody calls for so long."""
        with self._turn:
            self._next_call = max(self._next_call, time.monotonic() + seconds)

    def halt(self) -> None:
        """What is not on its way yet comes back unasked."""
        self._halted.set()
        with self._turn:
            self._turn.notify_all()

    def _work(self) -> None:
        while (taken := self._todo.get()) is not None:
            item, until = taken
            if not self._may_call(until):
                self._done.put(Reply(item, None))
                continue
            begun = time.monotonic()
            answer = self._connector.ask(question_of(item))
            self._done.put(Reply(item, answer, time.monotonic() - begun))
            with self._turn:
                if answer:
                    self._adapt_rate(answer, begun)
                self._calling -= 1
                self._turn.notify()

    def _adapt_rate(self, answer: Answer, begun: float) -> None:
        if answer.outcome != "unanswered":
            self._gap *= _RECOVERY_FACTOR
        if not answer.wants_a_slower_pace:
            return
        now = time.monotonic()
        # Calls that were on their way when the service first said so teach nothing new.
        if begun >= self._slowed_at:
            wider = max(self._gap * _BACK_OFF_FACTOR, self._call_takes)
            self._gap = min(wider, _LONGEST_GAP)
            self._slowed_at = now
        self._next_call = max(self._next_call, now + max(answer.retry_after or 0.0, self._gap))

    def _may_call(self, until: float) -> bool:
        """Waits for this thread's turn among the calls and under the rate. False: halted, or it comes too late."""
        with self._turn:
            while self._must_wait(until):
                self._turn.wait(max(0.0, until - time.monotonic()))
            call_at = max(self._next_call, time.monotonic())
            if self._halted.is_set() or call_at > until or self._calling >= self._at_once:
                return False
            self._next_call = call_at + self._between_calls
            self._calling += 1
        # Slept outside the condition, so that others take their own turn meanwhile.
        if not self._halted.wait(max(0.0, call_at - time.monotonic())):
            return True
        with self._turn:
            self._calling -= 1
        return False

    def _must_wait(self, until: float) -> bool:
        if self._calling < self._at_once:
            return False
        return not self._halted.is_set() and time.monotonic() < until


def question_of(item: BatchItem) -> Question:
    """The frozen values, never the record's present ones."""
    frozen = item.values
    return Question(
        item=item.id,
        request_code=item.request_code,
        number=frozen["number"] or "",
        full_name=frozen["full_name"] or "",
        born=frozen["born"] or "",
        sex=frozen["sex"] or "",
    )
