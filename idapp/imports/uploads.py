"""The uploaded file while it waits to be read, or for an answer: in the data folder, for its owner only, not for long.

It goes as soon as the file is judged or dropped; what nobody came back for goes after a day (``forget_old``).
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idapp.models import Import
from idapp.settings import current

_A_DAY = 86_400
_BEAT_SECONDS = 4


def keep(upload: Import, data: bytes) -> None:
    path = _path(upload.id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def kept(upload: Import) -> bytes | None:
    path = _path(upload.id)
    return path.read_bytes() if path.exists() else None


def forget(upload: Import) -> None:
    _path(upload.id).unlink(missing_ok=True)


def forget_old() -> None:
    """One of the chores (idapp/chores.py)."""
    for path in _folder().glob("import-*"):
        if time.time() - path.stat().st_mtime > _A_DAY:
            path.unlink(missing_ok=True)


def note_progress(upload_id: int, done: int, total: int) -> None:
    """How far the writing is. A file, because the one transaction that writes shows nothing until it ends."""
    path = _folder() / f"import-{upload_id}.progress"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(f"{done} {total}", encoding="ascii")


@contextmanager
def beating(upload_id: int) -> Iterator[None]:
    """Say again and again that somebody is at work: reading has no steps to be told of."""
    over = threading.Event()

    def beat() -> None:
        note_progress(upload_id, 0, 0)
        while not over.wait(_BEAT_SECONDS):
            note_progress(upload_id, 0, 0)

    teller = threading.Thread(target=beat, daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
        end_progress(upload_id)


def progress_of(upload_id: int) -> tuple[int, int, float] | None:
    """Rows written, rows in all, seconds since the last word; None before the first."""
    path = _folder() / f"import-{upload_id}.progress"
    try:
        done, total = path.read_text(encoding="ascii").split()
        return int(done), int(total), time.time() - path.stat().st_mtime
    except (OSError, ValueError):
        return None


def end_progress(upload_id: int) -> None:
    (_folder() / f"import-{upload_id}.progress").unlink(missing_ok=True)


def _path(upload_id: int) -> Path:
    return _folder() / f"import-{upload_id}.upload"


def _folder() -> Path:
    return current().data / "uploads"
