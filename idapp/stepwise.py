"""Work on a deed that is done in parts: each part is whole, and nobody who saves meanwhile waits long.

The deed is a row of a ``StepwiseChange``. The database alone tells what is left of it, so any worker may take it up
again after a crash.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from idapp.database import writing
from idapp.models.stepwise import StepwiseChange

# Between two parts. Whoever waits for the lock asks SQLite for it again and again and would find it
# taken each time: in the first eighth of a second at least every 25 ms, later every 50 and 100 ms.
# So a part ends, as a rule, before somebody who waits for it asks more rarely than the pause is long.
_PAUSE = 0.03
_GOAL = 0.08
# Who has missed that pause, because the part was long or the machine busy, finds this one, which is longer
# than anybody's interval: it comes as often as that.
_LONG_PAUSE = 0.11
_EVERY = 0.25
_LEAST = 25
_FIRST = 40
Deed = TypeVar("Deed", bound=StepwiseChange)


class PartSize:
    """How many records the next part takes, by how long the last one held the lock: machines differ, and records do.

    By the clock and not by processor time: it is the clock that somebody waits by. A part of no more than ``_LEAST``
    records may take longer.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._next_long = time.monotonic() + _EVERY
        self.records = min(_FIRST, most)

    @contextmanager
    def measured(self, records: int) -> Iterator[None]:
        """The block writes a part of so many records."""
        begun = time.monotonic()
        yield
        seconds = time.monotonic() - begun
        fitting = int(records * _GOAL / max(seconds, 0.001))
        # one quick part proves little: it may have had nothing to write
        wanted = min(fitting, 2 * self.records)
        self.records = min(self._most, max(_LEAST, wanted))

    def pause(self) -> float:
        """Seconds until the next part: longer than whoever waits needs to ask again."""
        now = time.monotonic()
        if now < self._next_long:
            return _PAUSE
        self._next_long = now + _LONG_PAUSE + _EVERY
        return _LONG_PAUSE


def pause(seconds: float = _PAUSE) -> None:
    """Between two parts: who waits gets the lock."""
    time.sleep(seconds)


def carry_on(
    kind: type[Deed],
    change_id: int,
    *,
    do_part: Callable[[Deed], bool],
    end: Callable[[Deed], None],
    tell: Callable[[Deed], None] | None = None,
) -> None:
    """Do what is left of a deed that is under way. May be called at any moment, also by two workers.

    do_part  writes the next part; is there more after it?
    end      closes the deed, in the transaction of its last part
    tell     is called after each part, outside its transaction
    """
    while True:
        with writing():
            change = kind.get_or_none(kind.id == change_id)
            if change is None or not change.is_under_way:
                return
            has_more = do_part(change)
            if not has_more:
                end(change)
        if not has_more:
            return
        if tell is not None:
            tell(change)
        pause()


def overdue(kind: type[StepwiseChange]) -> list[int]:
    """The ids of those that are under way and that nobody is at work on."""
    return [change.id for change in kind.select() if change.is_silent]
