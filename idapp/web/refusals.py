"""Refused access is written down: what was asked for, by which account, from where; never about whom.

A line says the rule of the address (`/people/<int:person_id>`), not the address: what stands in that may be a person.
Written are answers 401, 403 and 429, and 404 of an address that there is, which is how a record of another class is
refused. A scanner that tries addresses of other programs finds none of ours and leaves nothing.

Nobody fills the disk: so many lines a minute, the rest is counted and said in one line. An account that is refused
again and again gets one row in the history in an hour, where the principal sees it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable

from flask import Flask, Response, g, request
from flask_limiter.util import get_remote_address
from limits import RateLimitItemPerHour

from idapp import audit
from idapp.database import writing
from idapp.models import User
from idapp.web.access import current_user, is_polled
from idapp.web.guessing import limiter

log = logging.getLogger(__name__)
MOST_LINES = 60  # a minute: at 120 letters each 10 MB a day, if somebody knocks all day
MOST_FROM_ONE_PLACE = 20  # a minute
OFTEN = RateLimitItemPerHour(30)  # refusals of one account
_WRITTEN_HERE = RateLimitItemPerHour(1)  # rows of the history for one account
_REFUSALS = (401, 403, 404, 429)


def register(app: Flask) -> None:
    """Every answer passes here."""
    app.after_request(note)


def note(response: Response) -> Response:
    """Write down a refusal; the answer goes on as it is."""
    # 401 is a redirect to the page for signing in; the page that asks for the password again, 403, refuses nothing
    status = g.pop("refused_with", response.status_code)
    if status in _REFUSALS and request.url_rule is not None and not _asks_by_itself(status):
        _write(status, request.url_rule.rule)
    return response


def _asks_by_itself(status: int) -> bool:
    """A table left open over lunch goes on asking for news: forty of them would fill the log with nothing."""
    return status == 401 and is_polled()


def _write(status: int, rule: str) -> None:
    place = get_remote_address()
    left_out = budget.lines_left_out(place)
    if left_out is None:
        return
    if left_out:
        log.warning("refused: %s more in the minute before, not written down", left_out)
    log.warning("refused: %s %s %s user=%s from=%s", status, request.method, rule, _who(), place)
    if status in (403, 404) and current_user.is_authenticated:
        _note_often(current_user._get_current_object())  # type: ignore[attr-defined]


def _who() -> str:
    if current_user.is_authenticated:
        return str(current_user.id)
    return "-"


def _note_often(user: User) -> None:
    """Whoever tries the addresses of others one by one is refused often."""
    key = ("refused", str(user.id))
    if limiter.limiter.hit(OFTEN, *key):
        return
    if limiter.limiter.hit(_WRITTEN_HERE, "refused often", str(user.id)):
        with writing():
            audit.record("access.refused", by=user, new=str(OFTEN.amount))


class Budget:
    """How many lines may still be written in this minute; thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """As at the start of the program."""
        self._minute = 0
        self._lines: Counter[str] = Counter()
        self._left_out = 0

    def lines_left_out(self, place: str) -> int | None:
        """How many of the minute before are to be told with this line; None where this one is left out too."""
        with self._lock:
            left_out_before = self._turn()
            too_many = self._lines.total() >= MOST_LINES
            if too_many or self._lines[place] >= MOST_FROM_ONE_PLACE:
                self._left_out += 1
                return None
            self._lines[place] += 1
            return left_out_before

    def _turn(self) -> int:
        """Begin a new minute, if one has begun; how many were left out in the last one."""
        minute = int(self._clock() // 60)
        if minute == self._minute:
            return 0
        left_out_before = self._left_out
        self._minute, self._left_out = minute, 0
        self._lines.clear()
        return left_out_before


budget = Budget()
