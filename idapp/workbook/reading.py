"""Reading a workbook somebody sent us: the guard here, the parser in a child process under limits.

The bytes that were guarded are the bytes that are parsed: they go through a pipe, so no temporary
file is left behind and nothing about the file stands on a command line.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from idapp import turnstile
from idapp.workbook.cells import EMPTY, LETTER_OF, Cell, Kind, Sheet, WorkbookRefused
from idapp.workbook.guard import kind_of

SECONDS = 20
_WAIT_SECONDS = 30
_TWO_AT_A_TIME = threading.BoundedSemaphore(2)  # a hundred teachers may upload in the same minute
_holder = threading.local()
_ROOT = Path(__file__).resolve().parents[2]
_KIND_OF: dict[str, Kind] = {letter: kind for kind, letter in LETTER_OF.items()}


def read_bytes(data: bytes, *, file_name: str) -> list[Sheet]:
    """All sheets of the file; raises ``WorkbookRefused`` and nothing else for whatever the file may
    hold."""
    with turn():
        answer = _ask_sandbox(kind_of(data, file_name=file_name), data)
    if "sheets" not in answer:
        raise WorkbookRefused(*answer.get("refused", ["broken", ""]))
    return [_sheet(*sheet) for sheet in answer["sheets"]]


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one of the few places at which a file is read; whoever holds one already goes on.
    Raises ``WorkbookRefused`` (``busy``) rather than keep a thread of the web for longer than half
    a minute."""
    if getattr(_holder, "holds", False):
        yield
        return
    if not _TWO_AT_A_TIME.acquire(timeout=_WAIT_SECONDS):
        raise WorkbookRefused("busy")
    _holder.holds = True
    try:
        yield
    finally:
        _holder.holds = False
        _TWO_AT_A_TIME.release()


def _ask_sandbox(kind: str, data: bytes) -> dict[str, Any]:
    """What the confined child answers about the bytes. Raises ``WorkbookRefused`` if it dies."""
    command = [sys.executable, "-m", "idapp.workbook.sandbox", kind]
    # nothing of our environment: it may hold secrets, and the child needs none
    inherited = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
    # Python may keep the parsers compiled: only the child imports them, and compiling them anew for
    # each file took as long as parsing a class list
    environment = {**inherited, "PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2"}
    try:
        with turnstile.turn():
            done = subprocess.run(
                command,
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                timeout=SECONDS,
            )
    except turnstile.Busy as crowd:
        raise WorkbookRefused("busy") from crowd
    except subprocess.TimeoutExpired as fault:
        raise WorkbookRefused("too_heavy") from fault
    if done.returncode < 0:  # died of a signal: out of memory (Rust aborts) or out of time
        raise WorkbookRefused("too_heavy")
    if done.returncode:  # it could not even start
        raise WorkbookRefused("broken")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _sheet(
    name: str,
    hidden: bool,
    texts: list[str],
    rows_of_places: list[list[int]],
    hidden_rows: list[int],
    struck_rows: list[int],
) -> Sheet:
    """A sheet as the sandbox wrote it; see there for the shape."""
    cells = [_cell(coded) for coded in texts]
    rows = [tuple([cells[place] for place in places]) for places in rows_of_places]
    return Sheet(name, hidden, rows, frozenset(hidden_rows), frozenset(struck_rows))


def _cell(coded: str) -> Cell:
    """The letter of its kind, a capital one if it is struck out, and its text."""
    if not coded:
        return EMPTY
    letter = coded[0]
    return Cell(coded[1:], _KIND_OF[letter.lower()], struck=letter.isupper())
