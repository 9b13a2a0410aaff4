"""A JSON file that is read again whenever it changes, so that a rehearsal can be changed while it runs."""

import contextlib
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class WatchedFile(Generic[T]):
    """``value()`` is what the file holds now; a file half written or broken leaves the last good value standing."""

    def __init__(self, path: Path, understand: Callable[[Any], T]) -> None:
        self._path = path
        self._understand = understand
        self._lock = threading.Lock()
        self._stamp = self._stamp_now()
        self._value = self._read()  # a file broken from the start stops the program

    def value(self) -> T:
        """What the file holds now, read again only if its time or size is another."""
        with self._lock:
            stamp = self._stamp_now()
            if stamp == self._stamp:
                return self._value
            # a file that cannot be read now is tried again at the next call
            with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
                self._value = self._read()
                self._stamp = stamp
            return self._value

    def _stamp_now(self) -> tuple[int, int]:
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0)
        return status.st_mtime_ns, status.st_size

    def _read(self) -> T:
        return self._understand(json.loads(self._path.read_text(encoding="utf-8")))
