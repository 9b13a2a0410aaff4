"""The backup that the app makes by itself every day, and at once when somebody asks for it.

A row says what became of each (``BackupRun``). The worker makes it; the database alone knows what is owed, so a machine
that was off makes it up after its start. Nothing older is deleted before the new file is on the disk, read back and
found the same.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from peewee import PeeweeException

import idapp.backup as backups
from idapp.backup import copies, plan
from idapp.backup.plan import Plan
from idapp.backup.refusal import BackupRefused, words_of
from idapp.database import ONE_ROW, PreparedStatement, writing
from idapp.models import BackupRun, User, utc_now
from idapp.rules.problem import Problem
from idapp.settings import VIETNAM, Settings

log = logging.getLogger(__name__)
_LOCK = "backup.lock"
_AGAIN_AFTER = timedelta(hours=1)  # after a failure
_WAITS_FOR_A_WORKER = timedelta(seconds=60)
_ASK_EVERY = 60  # seconds
_asked_at = float("-inf")
_CUT_OFF = (
    "Lần sao lưu trước bị ngắt giữa chừng (máy tắt hoặc phần mềm dừng). Phần mềm tự làm lại sau "
    "một giờ, hoặc bấm Sao lưu ngay."
)
_FAULT = (
    "Sao lưu bị lỗi. Hãy bấm Sao lưu ngay để thử lại; nếu vẫn lỗi, báo người phụ trách máy chủ xem "
    "nhật ký của phần mềm."
)
GOOD = ("done", "partly")


def begin(*, by: User | None) -> BackupRun:
    """A backup that is to be made now; a worker makes it. Raises Problem where there can be none."""
    if not plan.stored().recipient:
        message = "Chưa có khóa để sao lưu. Hãy tạo khóa và in tờ khóa trước."
        raise Problem("backup", "no_key", message)
    with writing():
        run = last()
        if run is not None and run.is_under_way:
            raise Problem("backup", "under_way", "Đang sao lưu rồi: hãy đợi một lát.")
        return BackupRun.create(user=by)


def owed(settings: Settings) -> list[int]:
    """What the clock asks every few seconds. Returns the ids for which a worker must be woken.

    One that is due begins here; one that no worker takes up is named again once a minute: Redis may have forgotten it.
    """
    global _asked_at
    _note_what_was_cut_off(settings)
    if _is_due(utc_now()):
        return [begin(by=None).id]
    if time.monotonic() - _asked_at < _ASK_EVERY:
        return []
    _asked_at = time.monotonic()
    late = utc_now() - _WAITS_FOR_A_WORKER
    waiting = BackupRun.select().where(BackupRun.state == "waiting", BackupRun.started_at < late)
    return [run.id for run in waiting]


def run(run_id: int, settings: Settings) -> None:
    """Make the backup that this row owes; nothing if it is made, or being made. Never raises for a fault of a disk."""
    with _alone(settings) as is_alone:
        row = BackupRun.get_or_none(BackupRun.id == run_id, BackupRun.state == "waiting")
        if not is_alone or row is None:
            return
        _set(row, state="running")
        try:
            result = _make(row, plan.stored(), settings)
        except BackupRefused as refusal:
            result = {"state": "failed", "problem": str(refusal)}
        except (OSError, PeeweeException) as fault:
            # the kind only: a message may hold a value
            log.error("the backup failed: %s", type(fault).__name__)
            result = {"state": "failed", "problem": _FAULT}
        _set(row, ended_at=utc_now(), **result)
    log.info("backup %s: %s", run_id, result["state"])


def last() -> BackupRun | None:
    """The newest."""
    runs: list[BackupRun] = _NEWEST.rows()
    return runs[0] if runs else None


_NEWEST = PreparedStatement(lambda: BackupRun.select().order_by(BackupRun.id.desc()).limit(ONE_ROW))


def last_good() -> BackupRun | None:
    """The newest that was made."""
    runs: list[BackupRun] = _NEWEST_GOOD.rows()
    return runs[0] if runs else None


_NEWEST_GOOD = PreparedStatement(
    lambda: (
        BackupRun.select()
        .where(BackupRun.state.in_(GOOD))
        .order_by(BackupRun.id.desc())
        .limit(ONE_ROW)
    )
)


def file_of(run: BackupRun) -> Path | None:
    """Where its file still lies; None where it was tidied away, or its disk is not there."""
    for folder in (run.folder, run.second_folder):
        path = Path(folder) / run.file_name
        if folder and path.is_file():
            return path
    return None


def _is_due(now: datetime) -> bool:
    wanted = plan.stored()
    if not wanted.works:
        return False
    newest = last()
    if newest is not None and newest.is_under_way:
        return False
    if newest is not None and newest.state == "failed":
        # abs: a clock that was set back must not stop it for days
        return abs(now - newest.started_at) > _AGAIN_AFTER
    due = wanted.last_due(now)
    if wanted.since is not None and wanted.since > due:
        return False  # the key is newer than that moment
    return newest is None or newest.started_at < due or newest.started_at > now + _AGAIN_AFTER


def _make(row: BackupRun, wanted: Plan, settings: Settings) -> dict[str, object]:
    """The file in the first folder, then its copy in the second. Returns what the row says. Raises BackupRefused."""
    folder = plan.first_folder(wanted, settings)
    copies.check_there(folder, away_from=None)
    moment = datetime.now(VIETNAM)
    while (folder / copies.name_of(moment, wanted.mark)).exists():
        moment += timedelta(seconds=1)
    name = copies.name_of(moment, wanted.mark)
    target = folder / name
    content = backups.make_for(target, wanted.recipient, settings, by=row.user)
    sealed = target.read_bytes()
    copies.tidy(folder, wanted.mark, wanted.keep, just_made=name)
    result = {
        "state": "done",
        "file_name": name,
        "folder": str(folder),
        "size": len(sealed),
        "people": content.people,
    }
    if not wanted.second_folder:
        return result
    try:
        _copy(sealed, Path(wanted.second_folder) / name, wanted, settings)
    except BackupRefused as refusal:
        return result | {"state": "partly", "problem": str(refusal)}
    return result | {"second_folder": wanted.second_folder}


def _copy(sealed: bytes, target: Path, wanted: Plan, settings: Settings) -> None:
    """Raises BackupRefused; what lay there before is still there then."""
    try:
        away_from = settings.data if wanted.on_other_disk else None
        copies.check_there(target.parent, away_from=away_from)
        backups.write_whole(target, sealed)
        copies.tidy(target.parent, wanted.mark, wanted.keep, just_made=target.name)
    except OSError as error:
        raise BackupRefused(words_of(error, target.parent)) from error


def _note_what_was_cut_off(settings: Settings) -> None:
    """A row that says "running" while nobody holds the lock."""
    running = BackupRun.select().where(BackupRun.state == "running").first()
    if running is None:
        return
    with _alone(settings) as is_alone:
        if is_alone:
            still = BackupRun.id == running.id, BackupRun.state == "running"
            with writing():
                BackupRun.update(state="failed", problem=_CUT_OFF, ended_at=utc_now()).where(
                    *still
                ).execute()


@contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Does this process make the backup, and nobody else? The system lets go of the lock when the process dies."""
    with (settings.data / _LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _set(run: BackupRun, **values: object) -> None:
    with writing():
        BackupRun.update(**values).where(BackupRun.id == run.id).execute()
