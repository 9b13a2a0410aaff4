"""A backup that was uploaded in the browser: opened and checked at once, put in place by the next start.

The process that serves the page has the database open, and so has the worker: neither can have it taken away. So it
is decided (``placing``), and the program starts anew.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import idapp.backup as backups
from idapp.backup import placing
from idapp.backup.refusal import BackupRefused, words_of
from idapp.database import linked_sqlite
from idapp.settings import Settings

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
            unpacked = placing.content_in(Path(name))
            content = backups.unpack(sealed, secret, unpacked)
            _check_mode(unpacked / placing.DATABASE, settings)
            placing.decide(Path(name), content.made_at, settings)
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
