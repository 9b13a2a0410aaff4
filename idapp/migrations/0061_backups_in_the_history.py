"""Every page of the office asks when the last backup was made by hand: where none was, through the whole history."""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """A few rows of a long table."""
    db.execute_sql("CREATE INDEX change_backup_made ON change (id) WHERE event = 'backup.made'")
