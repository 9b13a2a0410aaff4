"""A file is written, and taken back, in parts: when the last one was, how far the way back is, who asked for it."""

import uuid
from typing import Any


def up(migrator: Any, db: Any) -> None:
    """The version before named the step of a file with its last row; what waits for the worker gets its name now."""
    db.execute_sql("ALTER TABLE import ADD COLUMN heartbeat_at TIMESTAMP NULL")
    db.execute_sql("ALTER TABLE import ADD COLUMN undo_progress TEXT NOT NULL DEFAULT '{}'")
    db.execute_sql('ALTER TABLE import ADD COLUMN undone_by_id INTEGER NULL REFERENCES "user" (id)')
    for (id_,) in db.execute_sql("SELECT id FROM import WHERE state = 'writing'").fetchall():
        db.execute_sql(
            f"UPDATE import SET changeset = {db.param}, sentence = '' WHERE id = {db.param}",
            (uuid.uuid4().hex, id_),
        )
