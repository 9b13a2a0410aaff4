"""Steps of a process that can be counted, and its end at one of them.

A step is a statement that reaches SQLite (BEGIN and COMMIT too), and whatever makes, fills or moves a file in a
home: opening to write, a write (once before it, once with half of it written), fsync, rename, unlink, mkdir, rmdir.
The end is SIGKILL, sent by the process to itself: no ``finally``, no rollback, nothing is flushed.
"""

import builtins
import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

from idapp.database import linked_sqlite

_MOVES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}
_WRITES = os.O_WRONLY | os.O_RDWR
_open = io.open
_os_open = os.open
_fsync = os.fsync
_connect = linked_sqlite.connect
_set_pragmas = SqliteDatabase._set_pragmas


class Points:
    """Counts the steps of this process; kills it at step ``last`` (0: never). One of them in a process, for good."""

    def __init__(self, folder: Path, last: int = 0) -> None:
        self.names: list[
            str
        ] = []  # of the steps so far, in order; texts of statements are cut short
        self._folder = str(folder)
        self._last = last
        self._descriptors: set[int] = set()
        self._is_listening = False

    def listen(self) -> None:
        """From here on every step counts. The database must not be open yet."""
        self._is_listening = True
        sys.addaudithook(self._on_event)
        linked_sqlite.connect = self._connect  # type: ignore[assignment]
        SqliteDatabase._set_pragmas = _set_pragmas_and_spill  # type: ignore[method-assign]
        io.open = builtins.open = self._open_file  # type: ignore[assignment]
        os.open = self._open_descriptor  # type: ignore[assignment]
        os.fsync = self._sync

    def end(self) -> None:
        """The deed is done: what the process does to end does not count."""
        self._is_listening = False

    def step(self, name: str) -> None:
        """One step is about to happen."""
        if not self._is_listening:
            return
        self.names.append(name)
        if len(self.names) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    # --- statements ---

    def _connect(self, *given: Any, **named: Any) -> Any:
        connection = _connect(*given, **named)
        connection.set_trace_callback(self._on_statement)
        return connection

    def _on_statement(self, sql: str) -> None:
        if not sql.startswith("--"):  # what a trigger does inside of one
            self.step(" ".join(sql.split())[:60])

    # --- files ---

    def _concerns(self, path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        name = os.fsdecode(path)
        return name.startswith(self._folder) and not name.endswith(("-wal", "-shm", "-journal"))

    def _on_event(self, event: str, given: tuple[Any, ...]) -> None:
        if self._is_listening and event in _MOVES and self._concerns(given[0]):
            self.step(f"{event} {self._short(given[0])}")

    def _short(self, path: object) -> str:
        return os.fsdecode(path).removeprefix(self._folder)  # type: ignore[arg-type]

    def _open_file(self, file: Any, mode: str = "r", *given: Any, **named: Any) -> Any:
        concerns = self._concerns(file) or file in self._descriptors
        if not concerns or not set(mode) & set("wax+"):
            return _open(file, mode, *given, **named)
        name = f"descriptor {file}" if isinstance(file, int) else self._short(file)
        if not isinstance(file, int):
            self.step(f"open {name}")
        return _Watched(_open(file, mode, *given, **named), name, self)

    def _open_descriptor(self, path: Any, flags: int, *given: Any, **named: Any) -> int:
        concerns = self._concerns(path) and bool(flags & _WRITES)
        if concerns:
            self.step(f"open {self._short(path)}")
        descriptor = _os_open(path, flags, *given, **named)
        if concerns:
            self._descriptors.add(descriptor)
        return descriptor

    def _sync(self, descriptor: Any) -> None:
        self.step("fsync")
        _fsync(descriptor)


def _set_pragmas_and_spill(database: SqliteDatabase, connection: Any) -> None:
    """Pages that are changed go to the disk before the end of the transaction, as those of a large deed do: what the
    kill leaves there must be taken for nothing afterwards."""
    _set_pragmas(database, connection)
    connection.execute("PRAGMA cache_size = 8")


class _Watched:
    """A file opened to write: each write is two steps, the second with half of it in the file."""

    def __init__(self, file: Any, name: str, points: Points) -> None:
        self._file = file
        self._name = name
        self._points = points

    def write(self, content: Any) -> int:
        half = len(content) // 2
        self._points.step(f"write {self._name}")
        self._file.write(content[:half])
        self._file.flush()
        self._points.step(f"write the rest of {self._name}")
        self._file.write(content[half:])
        return len(content)

    def __enter__(self) -> "_Watched":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __iter__(self) -> Any:
        return iter(self._file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
