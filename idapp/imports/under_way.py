"""What the writing of a file and its way back have in common: parts, signs of life, tries, and what to say of them.

The rows alone tell what is left, so any process may take a file up again: the worker, a page that does not want to
wait, the next start. A part that was written counts at once; only tries since then count as tries.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

from peewee import Expression, fn

from idapp import database, faults
from idapp.database import writing
from idapp.imports import uploads
from idapp.models import IN_PARTS, Import, ImportRow, utc_now

log = logging.getLogger(__name__)
TRIES = 3
_SILENT = timedelta(seconds=20)
_INTERRUPTED = "Máy chủ đã bị ngắt nhiều lần ở cùng một chỗ nên đã dừng."
_FAULT = "Máy chủ gặp lỗi nhiều lần ở cùng một chỗ nên đã dừng; nếu vẫn lỗi, báo kỹ thuật."


class HowFar(NamedTuple):
    """Of a file that is read, written or taken back: rows (or records) done, all of them, seconds since the last
    sign of life."""

    done: int
    total: int
    silent: float


@contextmanager
def one_try(upload: Import) -> Iterator[None]:
    """The block does the work. It is counted before: a crash of the whole process must count as well. A process that
    is told to end says so, and the next one need not wait for its silence.

    Who joins in while another is at work, as the second of two clicks does, counts only if it fails.
    """
    with writing():
        is_counted = _count_try(upload, (Import.attempts == 0) | _was_silent())
    try:
        yield
    except Exception:
        if not is_counted:
            with writing():
                _count_try(upload)
        raise
    except BaseException:
        with writing():
            Import.update(heartbeat_at=None).where(Import.id == upload.id).execute()
        raise


def _count_try(upload: Import, *where: Expression) -> bool:
    tried = Import.update(attempts=Import.attempts + 1, heartbeat_at=utc_now())
    return bool(tried.where(Import.id == upload.id, *where).execute())


def _was_silent() -> Expression:
    """:func:`is_silent` of what is written or taken back, for the database."""
    now = utc_now()
    is_near = Import.heartbeat_at.between(now - _SILENT, now + _SILENT)
    return Import.heartbeat_at.is_null() | ~is_near


def still(upload: Import) -> Import | None:
    """The upload as it stands now, if nobody has ended what is being done to it; in the transaction of a part."""
    return Import.get_or_none(
        Import.id == upload.id, Import.state == upload.state, Import.sentence == ""
    )


def beat(upload: Import) -> None:
    """A part was done; in its transaction."""
    alive = Import.update(heartbeat_at=utc_now(), attempts=0)
    alive.where(Import.id == upload.id).execute()


def has_tries_left(upload: Import) -> bool:
    """May it be tried again by itself? Also where the last try is still alive: it alone says how it ends."""
    return upload.attempts < TRIES or not is_silent(upload)


def note_fault(upload: Import, fault: Exception) -> None:
    """Part of the file was done: it is tried again by itself, and stops with a sentence after the last try."""
    log.error("import %s (%s) was broken off: %s", upload.id, upload.state, _told(fault))
    now = Import.get_by_id(upload.id)
    if now.attempts >= TRIES:
        _stop(now, _FAULT)


def stop_after_crashes(upload: Import) -> None:
    """It is not tried again by itself."""
    _stop(upload, _INTERRUPTED)


def _stop(upload: Import, sentence: str) -> None:
    with writing():
        stopped = Import.update(sentence=sentence)
        stopped.where(Import.id == upload.id, Import.state == upload.state).execute()


def _told(fault: Exception) -> str:
    return faults.redacted_traceback(fault)


def resume(upload: Import, state: str) -> bool:
    """Somebody wants the work to go on; False where it has not stopped."""
    with writing():
        again = Import.update(sentence="", attempts=0, heartbeat_at=utc_now())
        stopped = (Import.state == state) & (Import.sentence != "")
        return bool(again.where(Import.id == upload.id, stopped).execute())


def overdue() -> list[int]:
    """Uploads that should be read, written or taken back and that nobody is at work on."""
    in_parts = (Import.state == "reading") | (Import.state.in_(IN_PARTS) & (Import.sentence == ""))
    return [upload.id for upload in Import.select().where(in_parts) if is_silent(upload)]


def is_silent(upload: Import) -> bool:
    """Is nobody at work on it, as far as its last sign of life tells?"""
    if upload.state == "reading":
        progress = uploads.progress_of(upload.id)
        return progress is None or progress[-1] > _SILENT.total_seconds()
    return _seconds_silent(upload) > _SILENT.total_seconds()


def _seconds_silent(upload: Import) -> float:
    """Since the last part; without end before the first. A clock that was put back counts like one that went on."""
    if upload.heartbeat_at is None:
        return float("inf")
    return abs((utc_now() - upload.heartbeat_at).total_seconds())


def how_far(upload: Import) -> HowFar:
    """For the page that shows it."""
    if upload.state == "reading":
        return HowFar(*(uploads.progress_of(upload.id) or (0, 0, 0.0)))
    silent = _seconds_silent(upload)
    if upload.heartbeat_at is None:
        silent = 0.0
    if upload.state == "undoing":
        progress = upload.undo_progress
        return HowFar(progress.get("done", 0), progress.get("total", 0), silent)
    return HowFar(*_rows_written(upload), silent)


def _rows_written(upload: Import) -> tuple[int, int]:
    """(rows done, all) of those that bring something."""
    count = fn.COUNT(ImportRow.id)
    figures = (count.filter(ImportRow.applied != ""), count)
    query = ImportRow.select(*figures).where(ImportRow.upload == upload, ImportRow.writes > 0)
    [(done, total)] = database.rows(query)
    return done, total
