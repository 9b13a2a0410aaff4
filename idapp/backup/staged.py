"""A backup that was uploaded in the browser: opened and checked at once, put in place by the next start.

The process that serves the page has the database open, and so has the worker: neither can have it taken away. So the
content waits in a folder of its own, whole (a rename), and the program starts anew.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import idapp.backup as backups
from idapp import data_folder
from idapp.backup.refusal import BackupRefused, words_of
from idapp.database import linked_sqlite
from idapp.settings import Settings

_WAITING = "restore-waiting"
_MADE_AT = "made-at"
_CONTENT = "content"
_ON_A_SERVER = (
    "Máy này dùng máy chủ PostgreSQL: hãy tắt phần mềm rồi khôi phục bằng lệnh flask --app app "
    "restore TỆP."
)


def stage(sealed: Path, secret: str, settings: Settings) -> backups.Content:
    """Open and check an uploaded backup and let it wait. Raises BackupRefused; nothing is left behind then."""
    if not settings.sqlite_file:
        raise BackupRefused(_ON_A_SERVER)
    try:
        with tempfile.TemporaryDirectory(dir=settings.data, prefix="restore-") as name:
            whole = Path(name) / "whole"
            (whole / _CONTENT).mkdir(parents=True, mode=0o700)
            content = backups.unpack(sealed, secret, whole / _CONTENT)
            _check_mode(whole / _CONTENT / "idapp.db", settings)
            data_folder.write_durably(whole / _MADE_AT, content.made_at.encode())
            # all of it on the disk before it has the name that the next start looks for
            os.sync()
            shutil.rmtree(settings.data / _WAITING, ignore_errors=True)
            whole.rename(settings.data / _WAITING)
            data_folder.keep_names(settings.data)
    except OSError as error:
        raise BackupRefused(words_of(error, settings.data)) from error
    return content


def _check_mode(database: Path, settings: Settings) -> None:
    """A school with invented people would keep the next start from coming up. Raises BackupRefused."""
    with closing(linked_sqlite.connect(database)) as connection:
        columns = {row[1] for row in connection.execute("PRAGMA table_info(school)")}
        if "demo" not in columns:
            return
        modes = {bool(demo) for (demo,) in connection.execute("SELECT demo FROM school")}
    if modes - {settings.demo}:
        raise BackupRefused(
            "Bản sao lưu này là của trường minh họa, không dùng cho trường thật. Hãy chọn tệp khác."
        )


def put_in_place(settings: Settings) -> bool:
    """What waits becomes what is there, before anything opens the database. Was there something?"""
    waiting = settings.data / _WAITING
    if not waiting.is_dir():
        return False
    made_at = (waiting / _MADE_AT).read_text()
    backups.put_unpacked(waiting / _CONTENT, made_at, settings)
    shutil.rmtree(waiting)
    return True
