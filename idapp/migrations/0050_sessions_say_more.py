"""When the password was last typed in a session, and in what kind of browser; unknown for those that are open now."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Whoever is signed in stays so; the password is asked once before the next deed that needs it."""
    db.execute_sql("ALTER TABLE session ADD COLUMN password_typed_at TIMESTAMP")
    db.execute_sql("ALTER TABLE session ADD COLUMN browser VARCHAR(255) NOT NULL DEFAULT ''")
