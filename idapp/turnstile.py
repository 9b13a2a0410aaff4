"""One confined child at a time on a machine of an installation: the turnstile before every parser of uploads.

A parser may take 900 MB while it lives, and a class may send its photos in the same minute: fourteen at once
took 4.8 GB. Whoever wants to start one waits here, web threads and the worker alike, whatever their process.

Two locked files in the data folder. Only the next in line waits at the inner one, so whoever has just come out
stands behind it again: a stack of forty photos read in the background never starves a teacher at a page. A
process that dies gives its locks back. Machines that share a data folder have locks of their own: it is their memory
that is guarded.
"""

import fcntl
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from idapp.settings import current

PATIENCE = 30.0  # seconds: what a browser waits for
_STEP = 0.02
_OF_MACHINE = f"-{socket.gethostname()}"


class Busy(Exception):
    """Others were at work for as long as this one was ready to wait."""


@contextmanager
def turn(patience: float = PATIENCE) -> Iterator[None]:
    """Hold the only place. ``patience``: seconds to wait for it in all; raises ``Busy`` after them."""
    folder = current().data
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + patience
    with ExitStack() as place:
        with _held(folder / f"turnstile-next{_OF_MACHINE}.lock", deadline):
            place.enter_context(_held(folder / f"turnstile{_OF_MACHINE}.lock", deadline))
        yield


@contextmanager
def _held(path: Path, deadline: float) -> Iterator[None]:
    """Hold the lock of a file. Raises ``Busy`` at the deadline, a reading of the monotonic clock."""
    with path.open("a") as file:  # closing it gives the lock back
        while not _lock(file.fileno()):
            if time.monotonic() > deadline:
                raise Busy
            time.sleep(_STEP)
        yield


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
