"""The threads that ask. They touch no database: one other thread feeds them items and settles what they heard.

Threads, not asyncio. Measured on 2 cores shared with the simulator, 400 signed questions of 50 ms over HTTP: 4 at once
5.7 s against 5.5 s (floor 5.0), 16 at once 1.9 s against 1.6 s (floor 1.25); a question costs 2.1 ms of processor time
against 1.1 ms. With the few calls at once that a population database allows the difference is 4 %, and it would cost an
HTTP client of our own or a further dependency, for its time limits on every byte and its checked certificates exist in
``registry.transport`` for threads already.

A thread never waits for the settling of others: it takes its next question from a short queue that is kept half a
second ahead. What stood too long in that queue is not asked any more but handed back, because the lease of a question
(``BatchItem.lease_until``) is only as long as a call may take.

How many calls a second the service bears is written nowhere. It says so itself (429): then nobody calls until it may,
calls stand half as close again from there on, and every answer brings them a little closer.
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
_APART, _CLOSER, _FARTHEST = (
    1.5,
    0.99,
    30.0,
)  # what a 429 and an answer do to the gap between calls, in seconds


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
class Asked:
    """What came back from a thread. ``answer`` None: never asked, the item is as before."""

    item: BatchItem
    answer: Answer | None
    seconds: float = 0.0


class Askers:
    """A few threads around one connector. Use as a context manager: at the end every thread has ended."""

    def __init__(self, connector: Connector, pace: Pace) -> None:
        self._connector, self._pace = connector, pace
        self._todo: queue.SimpleQueue[tuple[BatchItem, float] | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self._halted = threading.Event()
        self._turn = threading.Condition()
        self._next_call = 0.0
        self._calling = 0
        self._workers = 1
        self._call_takes = _FIRST_GUESS
        self._gap = self._slowed_at = 0.0  # what the service has taught us, and when it last did
        self._threads = [
            threading.Thread(target=self._work, name=f"ask-{n}") for n in range(pace.concurrency)
        ]
        self.in_hand = 0  # fed and not yet collected

    def __enter__(self) -> "Askers":
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
    def appetite(self) -> int:
        """How many more items keep every thread busy for half a second."""
        if self._next_call > time.monotonic() + QUEUE_SECONDS / 2:
            return 0
        wanted = self._at_once + min(int(self._at_once / self._call_takes / 2), 200)
        if gap := self._between_calls:
            wanted = min(wanted, max(1, int(QUEUE_SECONDS / 2 / gap)))
        return wanted - self.in_hand

    @property
    def _at_once(self) -> int:
        return max(1, self._pace.concurrency // self._workers)

    @property
    def _between_calls(self) -> float:
        """Seconds, by the settings or as the service wants it."""
        return max(self._workers / self._pace.rate if self._pace.rate else 0.0, self._gap)

    def share(self, workers: int) -> None:
        """The service sees one school: workers that ask at the same time share its calls and its rate."""
        with self._turn:
            self._workers = workers
            self._turn.notify_all()

    def feed(self, items: Iterable[BatchItem]) -> None:
        until = time.monotonic() + QUEUE_SECONDS
        for item in items:
            self.in_hand += 1
            self._todo.put((item, until))

    def collect(self, patience: float, linger: float) -> list[Asked]:
        """Waits for the first answer, then a little for more, so that they are settled together."""
        found: list[Asked] = []
        until = time.monotonic() + patience
        while (left := until - time.monotonic()) > 0 or not found:
            try:
                found.append(self._done.get(timeout=max(left, 0)))
            except queue.Empty:
                break
            if len(found) == 1:
                until = time.monotonic() + linger
            if len(found) >= self.in_hand:
                break
        self.in_hand -= len(found)
        for asked in found:
            if asked.answer:
                self._call_takes += _MEMORY * (asked.seconds - self._call_takes)
        return found

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
                self._done.put(Asked(item, None))
                continue
            begun = time.monotonic()
            answer = self._connector.ask(question_of(item))
            self._done.put(Asked(item, answer, time.monotonic() - begun))
            with self._turn:
                if answer:
                    self._learn(answer, begun)
                self._calling -= 1
                self._turn.notify()

    def _learn(self, answer: Answer, begun: float) -> None:
        """Calls that were on their way when it first said so teach nothing new."""
        if answer.outcome != "unanswered":
            self._gap *= _CLOSER
        if answer.reason != "http_429":
            return
        now = time.monotonic()
        if begun >= self._slowed_at:
            self._gap, self._slowed_at = (
                min(max(self._gap * _APART, self._call_takes), _FARTHEST),
                now,
            )
        self._next_call = max(self._next_call, now + max(answer.retry_after or 0.0, self._gap))

    def _may_call(self, until: float) -> bool:
        """Waits for this thread's turn among the calls and under the rate. False: halted, or it comes too late."""
        with self._turn:
            while (
                self._calling >= self._at_once
                and not self._halted.is_set()
                and time.monotonic() < until
            ):
                self._turn.wait(max(0.0, until - time.monotonic()))
            at = max(self._next_call, time.monotonic())
            if self._halted.is_set() or at > until or self._calling >= self._at_once:
                return False
            self._next_call = at + self._between_calls
            self._calling += 1
        if self._halted.wait(max(0.0, at - time.monotonic())):
            with self._turn:
                self._calling -= 1
            return False
        return True


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
