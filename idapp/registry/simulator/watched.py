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
        self._path, self._understand = path, understand
        self._lock = threading.Lock()
        self._stamp = self._stamp_now()
        self._value = self._read()  # a file broken from the start stops the program

    def value(self) -> T:
        with self._lock:
            stamp = self._stamp_now()
            if stamp != self._stamp:
                with contextlib.suppress(
                    OSError, ValueError, TypeError, KeyError
                ):  # tried again at the next call
                    self._value, self._stamp = self._read(), stamp
            return self._value

    def _stamp_now(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0)
        return found.st_mtime_ns, found.st_size

    def _read(self) -> T:
        return self._understand(json.loads(self._path.read_text(encoding="utf-8")))
