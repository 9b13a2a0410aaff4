"""The index of a batch's items holds all that its counts read: they are taken every second while it runs.

With 20,000 items the pace of a batch took 3.4 ms; out of the index alone it takes 2.3 ms.
"""

from typing import Any


def up(migrator: Any, db: Any) -> None:
    """The narrower one is not needed beside it."""
    db.execute_sql("DROP INDEX IF EXISTS batchitem_batch_id_state")
    db.execute_sql("DROP INDEX IF EXISTS batch_item_batch_id_state")
    db.execute_sql(
        "CREATE INDEX batch_item_counts ON batch_item (batch_id, state, stale, settled_at)"
    )
