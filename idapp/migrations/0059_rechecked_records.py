"""After an update everybody is computed anew, in parts: how far it is, and who has more errors since."""

from typing import Any

from peewee import SqliteDatabase

_STATEMENTS = (
    "CREATE TABLE recheck ({id},"
    ' user_id INTEGER NULL REFERENCES "user" (id) ON DELETE RESTRICT,'
    " changeset VARCHAR(32) NOT NULL, started_at {moment} NOT NULL, ended_at {moment} NULL,"
    " heartbeat_at {moment} NULL, total INTEGER NOT NULL, counts TEXT NOT NULL,"
    " state VARCHAR(8) NOT NULL CHECK (state IN ('running', 'done')),"
    " rules VARCHAR(64) NOT NULL, round INTEGER NOT NULL, last_id INTEGER NOT NULL,"
    " worse TEXT NOT NULL, seen_at {moment} NULL)",
    "CREATE INDEX recheck_user_id ON recheck (user_id)",
    "CREATE UNIQUE INDEX recheck_under_way ON recheck ((1)) WHERE state = 'running'",
)


def up(migrator: Any, db: Any) -> None:
    """The rules that computed what is stored are not known: the first start computes it once."""
    is_sqlite = isinstance(db, SqliteDatabase)
    words = {
        "id": "id INTEGER NOT NULL PRIMARY KEY" if is_sqlite else "id SERIAL NOT NULL PRIMARY KEY",
        "moment": "DATETIME" if is_sqlite else "TIMESTAMP",
    }
    for statement in _STATEMENTS:
        db.execute_sql(statement.format(**words))
