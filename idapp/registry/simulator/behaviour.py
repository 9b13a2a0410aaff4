"""The rules in force: the file's or the program's, changed by what was posted since, until they are put back."""

import json
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from idapp.registry.simulator.rules import Rules, rules_of
from idapp.registry.simulator.watched_file import WatchedFile

RESET = {"reset": True}


class Behaviour:
    """Thread safe. An outage counts from the moment it was posted; other changes leave it running."""

    def __init__(
        self, rules: Rules, file: WatchedFile[Rules] | None, corrected_file: Path | None = None
    ) -> None:
        """``rules`` are in force where there is no file; ``corrected_file`` keeps ``corrected`` over a restart."""
        self._lock = threading.Lock()
        self._file = file
        self._from_file: Rules | None = None
        if file:
            self._from_file = file.value()
        self._rules = self._usual = self._from_file or rules
        self._corrected_file = corrected_file
        if corrected_file and corrected_file.exists():
            numbers = json.loads(corrected_file.read_text(encoding="utf-8"))
            self._rules = rules_of({"corrected": numbers}, self._rules)
        self._since = time.monotonic()

    def now(self) -> tuple[Rules, float]:
        """The rules, and how many seconds ago their outage began to count."""
        with self._lock:
            self._follow_file()
            return self._rules, time.monotonic() - self._since

    def change(self, settings: Mapping[str, Any]) -> None:
        """Some settings, or ``RESET``, which leaves standing what the police have corrected.

        Raises ValueError or TypeError for what no rule can be.
        """
        with self._lock:
            if settings == RESET:
                corrected = self._rules.corrected
                self._set(self._usual)
                self._rules = replace(self._usual, corrected=corrected)
                return
            self._rules = rules_of(settings, self._rules)
            if "outage" in settings:
                self._since = time.monotonic()
            if "corrected" in settings and self._corrected_file:
                numbers = json.dumps(list(self._rules.corrected))
                self._corrected_file.write_text(numbers, encoding="utf-8")

    def public_rules(self) -> dict[str, Any]:
        """For a page: no secret, and of the people with a rule of their own only how many."""
        rules, seconds = self.now()
        seconds_left = rules.outage.after_s + rules.outage.for_s - seconds
        public = asdict(rules)
        for private in ("access", "log_key"):
            del public[private]
        public["faults"] = len(rules.faults)  # its keys are numbers of people
        public["corrected"] = len(rules.corrected)
        public["outage_left_s"] = max(0.0, seconds_left)
        public["usual_shares"] = rules.shares == self._usual.shares
        return public

    def _follow_file(self) -> None:
        """A file that was written anew puts aside what was posted since."""
        if not self._file:
            return
        fresh = self._file.value()
        if fresh is not self._from_file:
            self._from_file = fresh
            self._set(fresh)

    def _set(self, rules: Rules) -> None:
        self._rules = self._usual = rules
        self._since = time.monotonic()


class RateLimit:
    """At most so many calls within any second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: deque[float] = deque()

    def lets_through(self, per_second: float) -> bool:
        """Counts this call, unless it is one too many; 0: no limit."""
        now = time.monotonic()
        with self._lock:
            while self._times and self._times[0] <= now - 1:
                self._times.popleft()
            if per_second and len(self._times) >= per_second:
                return False
            self._times.append(now)
            return True
