"""Columns of batches are called by the words of the field: nothing is copied, every row stays."""

RENAMED = (
    ("batch", "way", "channel"),
    ("batch", "trouble_since", "outage_since"),
    ("batch_item", "heard_before", "outcome_before"),
)


def up(migrator, db):
    for table, before, after in RENAMED:
        db.execute_sql(f"ALTER TABLE {table} RENAME COLUMN {before} TO {after}")
