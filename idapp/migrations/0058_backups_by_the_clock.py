"""Backups that the app makes by itself: each attempt, where it lies, and what stood in its way."""

from typing import Any

from peewee import SqliteDatabase

_STATEMENTS = (
    "CREATE TABLE backup_run ({id},"
    ' user_id INTEGER REFERENCES "user" (id) ON DELETE RESTRICT,'
    " started_at {moment} NOT NULL, ended_at {moment},"
    " state VARCHAR(8) NOT NULL"
    " CHECK (state IN ('waiting', 'running', 'done', 'partly', 'failed')),"
    " file_name TEXT NOT NULL, folder TEXT NOT NULL, second_folder TEXT NOT NULL,"
    " size INTEGER NOT NULL, people INTEGER NOT NULL, problem TEXT NOT NULL)",
    "CREATE INDEX backup_run_user_id ON backup_run (user_id)",
)


def up(migrator: Any, db: Any) -> None:
    """Nothing is backed up by itself until somebody has chosen a key for it."""
    is_sqlite = isinstance(db, SqliteDatabase)
    words = {
        "id": "id INTEGER NOT NULL PRIMARY KEY" if is_sqlite else "id SERIAL NOT NULL PRIMARY KEY",
        "moment": "DATETIME" if is_sqlite else "TIMESTAMP",
    }
    for statement in _STATEMENTS:
        db.execute_sql(statement.format(**words))
