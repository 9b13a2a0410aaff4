"""The database: one connection per request or job, one way to write, migrations at the start.

Writing goes through :func:`writing`, which opens ``BEGIN IMMEDIATE`` on SQLite: a transaction that reads first and
writes later under plain ``BEGIN`` fails with "database is locked" as soon as two teachers save at once (measured:
294 of 1,000 in WAL mode; 0 with IMMEDIATE). Inside one process a lock keeps the queue fair.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import Database, DatabaseProxy, SqliteDatabase
from peewee import sqlite3 as linked_sqlite  # type: ignore[attr-defined]
from playhouse.db_url import connect
from playhouse.migrations import Runner

from idapp.settings import Settings

log = logging.getLogger(__name__)
db = DatabaseProxy()
_write_lock = threading.RLock()
_MIGRATIONS = Path(__file__).parent / "migrations"
_WAL_IS_SAFE_FROM = (3, 51, 3)


def journal_mode() -> str:
    """`wal` only where the linked SQLite has the fix for the WAL-reset bug, else the rollback journal.

    Versions 3.7.0 to 3.51.2 can corrupt a WAL database when a checkpoint and a writer in two connections race. Peewee
    takes the newer of Python's own library and the one in the package pysqlite3. Measured here per commit, both with
    synchronous=FULL: 3.8 ms in WAL mode, 15 ms with the rollback journal.
    """
    return "wal" if linked_sqlite.sqlite_version_info >= _WAL_IS_SAFE_FROM else "delete"


def open_database(settings: Settings) -> Database:
    """Point the models at this installation's database. Opens no connection yet, so that a worker can fork after it."""
    logging.getLogger("peewee").setLevel(logging.INFO)  # at DEBUG it writes the values of every statement
    url = settings.database
    if url.startswith("sqlite"):
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        database = connect(
            url,
            timeout=10,
            lock_type="IMMEDIATE",
            pragmas={
                "journal_mode": journal_mode(),
                "synchronous": 2,  # FULL: "saved" means on the disk, also through a power cut
                "foreign_keys": 1,
                "cache_size": -16000,
                "secure_delete": 1,
            },
        )
    else:
        database = connect(url)
    db.initialize(database)
    return database


def migrate() -> list[str]:
    """Bring the schema up to date; returns the names of what was applied. A copy of a SQLite file is kept before."""
    runner = Runner(db.obj, str(_MIGRATIONS))
    pending = [m for m in runner.status() if m.path and not m.applied]
    if pending and runner.applied():
        _copy_before(pending[0].name)
    names: list[str] = runner.up()
    if names:
        log.info("migrated: %s", ", ".join(names))
    return names


def _copy_before(name: str) -> None:
    if isinstance(db.obj, SqliteDatabase):
        target = Path(db.obj.database).with_suffix(f".before-{name}.db")
        target.unlink(missing_ok=True)
        db.execute_sql("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)


@contextmanager
def writing() -> Iterator[None]:
    """One short write transaction. Never keep it open around the network or a file. Nested calls join the outer one."""
    with _write_lock:
        if db.in_transaction():
            yield
        else:
            with db.atomic():
                yield


@contextmanager
def connected() -> Iterator[None]:
    """A connection for a block outside a request: a job, a command."""
    opened = db.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if opened and not db.is_closed():
            db.close()


def rows(query: Any) -> list[tuple[Any, ...]]:
    """The columns of a query as plain tuples (Peewee's own typing says model instances there)."""
    return list(query.tuples())
