"""The uploaded file while it waits to be read, or for an answer: in the data folder, encrypted, not for long.

A file holds more than idapp asks for: health, religion, phones of parents. Nothing of that comes into the database, not
even as the few values beside a question about an unknown column: these are kept with the file, and go with it. It goes
as soon as it is judged or dropped; what nobody came back for goes after a day (``forget_old``).
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idapp import data_folder
from idapp.models import Import
from idapp.settings import current, kept_secret

_A_DAY = 86_400
_BEAT_SECONDS = 4
_NONCE = 12
_LENGTH = 4  # bytes that say how long the questions before the file are


def keep(upload: Import, data: bytes, questions: list[dict[str, Any]] | None = None) -> None:
    """Keep the file as it came; ``questions`` as the user is to see them, with values of the file."""
    head = json.dumps(questions or [], ensure_ascii=False).encode()
    plain = len(head).to_bytes(_LENGTH, "big") + head + data
    nonce = secrets.token_bytes(_NONCE)
    path = _path(upload.id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    data_folder.write_durably(path, nonce + _cipher().encrypt(nonce, plain, _bound_to(upload)))


def read_kept_file(upload: Import) -> bytes | None:
    """The file; None if it is gone, or was kept by an older version."""
    opened = _open(upload)
    if opened is None:
        return None
    _, data = opened
    return data


def questions_of(upload: Import) -> list[dict[str, Any]]:
    """The questions with values of the file; without them where the file is gone."""
    opened = _open(upload)
    if opened is None or not opened[0]:
        return list(upload.questions)
    return opened[0]


def _open(upload: Import) -> tuple[list[dict[str, Any]], bytes] | None:
    try:
        sealed = _path(upload.id).read_bytes()
        plain = _cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(upload))
    except (FileNotFoundError, InvalidTag, ValueError):
        return None
    end = _LENGTH + int.from_bytes(plain[:_LENGTH], "big")
    return json.loads(plain[_LENGTH:end]), plain[end:]


def _cipher() -> AESGCM:
    return AESGCM(sha256(kept_secret(current().data / "upload-key").encode()).digest())


def _bound_to(upload: Import) -> bytes:
    """One file cannot be passed off as another."""
    return f"import-{upload.id}".encode()


def forget(upload: Import) -> None:
    """Delete the file; one that is gone already is no fault."""
    _path(upload.id).unlink(missing_ok=True)


def forget_old() -> None:
    """Part of the maintenance (idapp/maintenance.py)."""
    for path in _folder().glob("import-*"):
        if time.time() - path.stat().st_mtime > _A_DAY:
            path.unlink(missing_ok=True)


def note_progress(upload_id: int, done: int, total: int) -> None:
    """How far the writing is. A file, because the one transaction that writes shows nothing until it ends."""
    path = _folder() / f"import-{upload_id}.progress"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(f"{done} {total}", encoding="ascii")


@contextmanager
def heartbeat(upload_id: int) -> Iterator[None]:
    """Say again and again that somebody is at work: reading has no steps to be told of."""
    over = threading.Event()

    thread = threading.Thread(target=_beat, args=(upload_id, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        end_progress(upload_id)


def _beat(upload_id: int, over: threading.Event) -> None:
    note_progress(upload_id, 0, 0)
    while not over.wait(_BEAT_SECONDS):
        note_progress(upload_id, 0, 0)


def progress_of(upload_id: int) -> tuple[int, int, float] | None:
    """Rows written, rows in all, seconds since the last word; None before the first."""
    path = _folder() / f"import-{upload_id}.progress"
    try:
        done, total = path.read_text(encoding="ascii").split()
        return int(done), int(total), time.time() - path.stat().st_mtime
    except (OSError, ValueError):
        return None


def end_progress(upload_id: int) -> None:
    """Nobody is at work on the file any more."""
    (_folder() / f"import-{upload_id}.progress").unlink(missing_ok=True)


def _path(upload_id: int) -> Path:
    return _folder() / f"import-{upload_id}.upload"


def _folder() -> Path:
    return current().data / "uploads"
