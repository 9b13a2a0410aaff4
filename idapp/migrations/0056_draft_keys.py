"""The keys of texts that wait in browsers; those that wait there today were kept without one."""

from typing import Any

_TABLE = """CREATE TABLE draft_key (
    id {serial},
    user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    device_hash VARCHAR(64) NOT NULL,
    salt VARCHAR(64) NOT NULL,
    used_at {moment} NOT NULL
)"""
_INDEXES = (
    "CREATE INDEX draft_key_user_id ON draft_key (user_id)",
    "CREATE UNIQUE INDEX draft_key_user_id_device_hash ON draft_key (user_id, device_hash)",
)


def up(migrator: Any, db: Any) -> None:
    """A table, empty."""
    words = {"serial": "SERIAL PRIMARY KEY", "moment": "TIMESTAMP"}
    if db.param == "?":
        words = {"serial": "INTEGER NOT NULL PRIMARY KEY", "moment": "DATETIME"}
    db.execute_sql(_TABLE.format(**words))
    for statement in _INDEXES:
        db.execute_sql(statement)
