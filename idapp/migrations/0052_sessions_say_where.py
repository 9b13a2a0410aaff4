"""From where a browser signed in; unknown for those that are signed in now."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Whoever is signed in stays so."""
    db.execute_sql("ALTER TABLE session ADD COLUMN address VARCHAR(255) NOT NULL DEFAULT ''")
