"""Figures of other schools whose file named a time that had not come: they count as of the moment they were received.

Such a time blocked every genuine file after it, and one of the year 9999 could not be shown at all.
"""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """Nothing of the file itself is touched."""
    db.execute_sql("UPDATE school_figures SET as_of = received_at WHERE as_of > received_at")
