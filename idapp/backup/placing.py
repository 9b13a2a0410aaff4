"""An unpacked backup becomes the installation; what stood here goes aside, never away.

Decided by one rename: what was unpacked gets the name that every later start looks for, whole and on the disk. The
moves after it may be cut off at any point and are carried through by whoever holds the folder next:

1. what stood here goes aside; the folder for it is named once, in ``aside``
2. ``emptied`` says that all of it went; only then does anything come in
3. what was unpacked comes in, the database last: no start finds it without the keys
4. newer tables, everybody signs in anew; then the decision goes

Meanwhile nobody opens a database there (``data_folder.check_whole``): an empty school would begin.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from idapp import data_folder, database, history_heads
from idapp.backup import on_server
from idapp.backup.refusal import BackupRefused
from idapp.data_folder import RESTORING, write_durably
from idapp.models import utc_now
from idapp.settings import Settings

DATABASE = "idapp.db"
ASIDE = "before-restore-"
_CONTENT = "content"
_MADE_AT = "made-at"
_ASIDE_NAME = data_folder.BEGUN
_EMPTIED = "emptied"
_LEFT_OUT = {
    data_folder.LOCK,
    RESTORING,
    "setup_code",
    "redis.sock",
    "redis",
    "leases",
    "backups",
    "backup.lock",
    history_heads.FILE,  # of the database as it stands here: each backup says its own
}  # of this run of this machine
_LEFT_OUT_ENDINGS = (".db", ".db-journal", ".db-wal", ".db-shm", ".log", ".part", ".pid")


def is_left_out(entry: Path) -> bool:
    """Does this entry of a data folder stay out of a backup, and where it is when one is put in place?"""
    if entry.is_symlink() or entry.name in _LEFT_OUT:
        return True
    if entry.name.startswith((ASIDE, "backup-", "restore-")):
        return True
    return entry.name.endswith(_LEFT_OUT_ENDINGS)


def content_in(folder: Path) -> Path:
    """The folder inside a temporary one of the data folder into which a backup is unpacked."""
    content = folder / "whole" / _CONTENT
    content.mkdir(parents=True, mode=0o700)
    return content


def decide(folder: Path, made_at: str, settings: Settings) -> None:
    """What was unpacked into ``content_in(folder)`` is to be put in place. An earlier decision gives way to it."""
    whole = folder / "whole"
    write_durably(whole / _MADE_AT, made_at.encode())
    # all of it on the disk before it has the name that the next start looks for
    os.sync()
    decision = settings.data / RESTORING
    if decision.is_dir():
        _withdraw(decision)
    whole.rename(decision)
    data_folder.keep_names(settings.data)


def carry_through(settings: Settings, greet: Callable[[str, Settings], None]) -> bool:
    """Put in place what was decided. Was there something? The caller holds the lock, and no database is open.

    greet  opens the database that came in and writes down where it came from
    """
    decision = settings.data / RESTORING
    if not decision.is_dir():
        return False
    aside = _begun(decision, settings)
    if not (decision / _EMPTIED).exists():
        if not settings.sqlite_file:
            _put_on_server(decision, aside)
        _empty(aside, settings)
        write_durably(decision / _EMPTIED, b"")
    _fill(decision / _CONTENT, settings)
    # from here on the folder is whole: the database may be opened
    (decision / _ASIDE_NAME).unlink(missing_ok=True)
    greet((decision / _MADE_AT).read_text(), settings)
    _withdraw(decision)
    return True


def _withdraw(decision: Path) -> None:
    """By one rename: half of a decision would be carried through as if it were whole."""
    gone = decision.with_name("restore-gone")
    shutil.rmtree(gone, ignore_errors=True)
    decision.rename(gone)
    shutil.rmtree(gone)


def _begun(decision: Path, settings: Settings) -> Path:
    """Where the old files go; the same folder at every try."""
    name = decision / _ASIDE_NAME
    if not name.exists() and not (decision / _EMPTIED).exists():
        _name_once(name, f"{ASIDE}{utc_now():%Y%m%d-%H%M%S}")
    database.close_database()
    if not name.exists():
        return settings.data
    aside = settings.data / name.read_text()
    aside.mkdir(mode=0o700, exist_ok=True)
    return aside


def _put_on_server(decision: Path, aside: Path) -> None:
    """Raises BackupRefused; then the decision is withdrawn, and everything is as it was."""
    if on_server.is_aside(aside.name):
        return  # cut off after it
    try:
        on_server.put_on_server(decision / _CONTENT / DATABASE, aside.name)
    except BackupRefused:
        _withdraw(decision)
        aside.rmdir()
        raise


def _name_once(path: Path, text: str) -> None:
    """Whole or not at all: half of a name is another folder."""
    unnamed = path.with_name("unnamed")
    write_durably(unnamed, text.encode())
    unnamed.rename(path)
    data_folder.keep_names(path.parent)


def _empty(aside: Path, settings: Settings) -> None:
    for path in _standing_here(settings):
        if path != aside and path.exists():
            shutil.move(path, aside / path.name)
    data_folder.keep_names(aside)
    data_folder.keep_names(settings.data)


def _standing_here(settings: Settings) -> Iterator[Path]:
    """The journals go before their database: without it they say nothing, and beside another one they lie."""
    if settings.sqlite_file:
        target = Path(settings.sqlite_file)
        for ending in ("-journal", "-wal", "-shm", ""):
            yield target.with_name(target.name + ending)
    yield from [path for path in settings.data.iterdir() if not is_left_out(path)]
    yield settings.data / history_heads.FILE


def _fill(content: Path, settings: Settings) -> None:
    """On the same disk, so each step is a rename."""
    for path in list(content.iterdir()):
        if path.name != DATABASE:
            shutil.move(path, settings.data / path.name)
    data_folder.keep_names(settings.data)
    unpacked = content / DATABASE
    if settings.sqlite_file and unpacked.exists():
        shutil.move(unpacked, settings.sqlite_file)
        data_folder.keep_names(Path(settings.sqlite_file).parent)
