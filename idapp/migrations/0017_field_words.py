"""Columns and tables are called by the words of the field: nothing is copied, every row stays."""

RENAMED = (
    ("change", "door", "source"),
    ("change", "step", "changeset"),
    ("import", "step", "changeset"),
    ("scan", "notice_id", "case_id"),
)


def up(migrator, db):
    for table, before, after in RENAMED:
        db.execute_sql(f'ALTER TABLE "{table}" RENAME COLUMN {before} TO {after}')
    db.execute_sql("ALTER TABLE notice RENAME TO paper_case")
