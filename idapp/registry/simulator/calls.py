"""The log of calls, to check the caller by: no number in clear; was anybody asked about twice at once?"""

import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEPT = 100_000


@dataclass
class Call:
    """One call under way. ``person`` is a keyed hash of the number."""

    person: str
    request_code: str
    attempt: int
    began: float
    twice: bool


class CallLog:
    """Thread safe; counts from the start of the simulator."""

    def __init__(self, file: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._key = secrets.token_bytes(16)
        self._file = file
        self._attempts: Counter[str] = Counter()
        self._under_way: Counter[str] = Counter()
        self._outcomes: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._most_at_once = self._twice = 0
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def begin(self, number: str, request_code: str, log_key: str) -> Call:
        """Counts an attempt that is under way from now on, until ``end``. ``log_key`` "" uses that of this run."""
        # without a key the twelve digits of a number could be tried out, all of them
        key = log_key.encode() or self._key
        person = hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:16]
        with self._lock:
            self._attempts[person] += 1
            self._codes[request_code] += 1
            self._under_way[person] += 1
            twice = self._under_way[person] > 1
            self._twice += twice
            self._most_at_once = max(self._most_at_once, self._under_way.total())
            return Call(person, request_code, self._attempts[person], time.monotonic(), twice)

    def end(self, call: Call, outcome: str) -> None:
        """The call is over: its answer was sent, or the caller has hung up."""
        row = {
            "at": _now(),
            "request_code": call.request_code,
            "person": call.person,
            "attempt": call.attempt,
            "outcome": outcome,
            "ms": round((time.monotonic() - call.began) * 1000, 1),
            "in_flight_twice": call.twice,
        }
        with self._lock:
            self._under_way[call.person] -= 1
            self._note(row)

    def refuse(self, outcome: str) -> None:
        """A call turned away before anybody was looked up: bad request, no access, too many."""
        with self._lock:
            self._note({"at": _now(), "outcome": outcome})

    def summary(self, *, last: int = 0) -> dict[str, Any]:
        """The counts since the start, with the rows of the ``last`` calls, oldest first, if any are wanted."""
        with self._lock:
            summary: dict[str, Any] = {
                "calls": self._outcomes.total(),
                "persons": len(self._attempts),
                "outcomes": dict(self._outcomes),
                "in_flight": self._under_way.total(),
                "most_at_once": self._most_at_once,
                "in_flight_twice": self._twice,
                "request_codes_used_again": sum(count > 1 for count in self._codes.values()),
            }
            if last:
                summary["log"] = list(self._calls)[-last:]
            return summary

    def _note(self, row: dict[str, Any]) -> None:
        self._outcomes[row["outcome"]] += 1
        self._calls.append(row)
        if self._file:
            # opened for each line: the log can be read, or moved away, while the simulator runs
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(row) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
