"""Is the worker that owns a lease still alive? A lock on a file, released by the kernel when a process dies.

A lease that is only read with a clock must be long: as long as a call may take, or a person could be asked about twice
at once. Where the worker ran on this machine the lock tells at once that it is gone, its connections with it, so that
its questions need not wait. A worker on another machine leaves no file here: then the clock decides.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idapp.settings import current

_MACHINE = socket.gethostname()


@contextmanager
def worker_lock(token: str) -> Iterator[None]:
    """This process owns what bears this token, until the block ends or the process dies."""
    path = _path(token)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        # never waits: nobody else knows the token yet
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # while it is still locked: an unlocked file would look like that of a dead owner
        path.unlink(missing_ok=True)
        os.close(descriptor)


def owner_is_dead(token: str) -> bool:
    """True only if the owner ran on this machine and has certainly died."""
    if not token:
        return False
    try:
        # there is none if it ran on another machine, or has ended in peace
        descriptor = os.open(_path(token), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def forget(token: str) -> None:
    """Remove the lock file of a token that nothing bears any more."""
    if token:
        _path(token).unlink(missing_ok=True)


def _path(token: str) -> Path:
    return current().data / "leases" / _MACHINE / token
