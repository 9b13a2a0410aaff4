"""Backups of a school that lives on a PostgreSQL server: inside is the same file of SQLite as in all others.

So one kind of backup serves every installation: a school comes back on one machine without a server, or on another
server, and nobody needs the server's own tools in the right version. All rows are of one moment, and compared.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peewee import Database, PeeweeException, SqliteDatabase

from idapp import database, table_copies
from idapp.backup.refusal import BackupRefused
from idapp.database import close_database, connected, db

_SECONDS_TO_LEAVE = 3.0
_SECONDS_BETWEEN_LOOKS = 0.1


def copy_to_file(snapshot: Path) -> None:
    """All rows as they are now, while others go on writing. Raises BackupRefused where they cannot be carried."""
    snapshot.touch(mode=0o600)
    with _file(snapshot) as copy, db.atomic():
        db.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        database.build_schema(copy)
        # else each row is a transaction of its own
        with copy.atomic():
            _carry(db.obj, copy)


def put_on_server(snapshot: Path, name_aside: str) -> None:
    """The rows of a backup in place of what the server holds, in one transaction; that goes aside as a schema.

    Raises BackupRefused; then everything is as it was.
    """
    with _file(snapshot) as source, connected():
        database.build_schema(source)  # newer tables if the backup is older than this version
        try:
            with db.atomic():
                if db.get_tables():
                    db.execute_sql(f'ALTER SCHEMA public RENAME TO "{name_aside}"')
                    db.execute_sql("CREATE SCHEMA public")
                database.build_schema(db.obj)
                _carry(source, db.obj)
        except PeeweeException as fault:
            raise BackupRefused(
                "Máy chủ PostgreSQL không cho dời dữ liệu cũ và tạo bảng mới "
                f"({type(fault).__name__}): tài khoản trong DATABASE_URL phải là chủ cơ sở dữ liệu."
            ) from None


def is_aside(name: str) -> bool:
    """Did what the server held go aside under this name already?"""
    with connected():
        query = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s"
        return bool(db.execute_sql(query, (name,)).fetchone()[0])


def check_nobody_else() -> None:
    """Raises BackupRefused while other processes are connected: web and worker must be off, on every machine.

    One that was turned off a moment ago is waited for: the server counts it until it has noticed.
    """
    close_database()
    given_up_at = time.monotonic() + _SECONDS_TO_LEAVE
    with connected():
        while (others := _other_clients()) and time.monotonic() < given_up_at:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
    if others:
        raise BackupRefused(
            f"Còn {others} kết nối khác đến cơ sở dữ liệu này. Hãy tắt mọi tiến trình app.py, "
            "web.py và worker.py (trên mọi máy) rồi khôi phục."
        )


def _other_clients() -> int:
    """Not the server's own helpers (autovacuum also works in this database): only who could write in it."""
    (others,) = db.execute_sql(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    ).fetchone()
    return int(others)


def _carry(source: Database, target: Database) -> None:
    try:
        table_copies.copy_everything(source, target)
    except table_copies.CopyFailed as fault:
        raise BackupRefused(str(fault)) from None


@contextmanager
def _file(path: Path) -> Iterator[SqliteDatabase]:
    """A file of ours alone: nobody else opens it, and a crash throws it away, so that it waits for no disk."""
    pragmas = {"foreign_keys": 0, "journal_mode": "memory", "synchronous": 0}
    file = SqliteDatabase(str(path), pragmas=pragmas)
    file.connect()
    try:
        yield file
    finally:
        file.close()
