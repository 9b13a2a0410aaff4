"""Batches that are prepared, sent by file, probed after an outage; what was heard of a person before."""

_STATES = "'prepared', 'queued', 'running', 'paused', 'waiting_for_answers'"
_HEARD_BEFORE = """
    UPDATE batch_item SET heard_before = COALESCE((
        SELECT earlier.state FROM batch_item AS earlier
        WHERE earlier.person_id = batch_item.person_id AND earlier.id < batch_item.id AND NOT earlier.stale
          AND earlier.state IN ('verified', 'mismatch', 'not_found', 'rejected', 'unanswered')
        ORDER BY earlier.id DESC LIMIT 1), '')
"""


def up(migrator, db):
    """Plain ALTER TABLE: it keeps the rows where they are, on SQLite too, and no cascade can touch the items."""
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    for statement in (
        "ALTER TABLE batch ADD COLUMN way VARCHAR(8) NOT NULL DEFAULT 'soap'",
        "ALTER TABLE batch ADD COLUMN which VARCHAR(16) NOT NULL DEFAULT 'ready'",
        'ALTER TABLE batch ADD COLUMN prepared_by_id INTEGER NULL REFERENCES "user" (id)',
        "ALTER TABLE batch ADD COLUMN started_at TIMESTAMP NULL",
        "ALTER TABLE batch ADD COLUMN trouble_since TIMESTAMP NULL",
        "ALTER TABLE batch DROP COLUMN failures_in_row",
        "UPDATE batch SET started_at = created_at",
        "ALTER TABLE batch_item ADD COLUMN heard_before VARCHAR(16) NOT NULL DEFAULT ''",
        "ALTER TABLE batch_item ADD COLUMN lease VARCHAR(32) NOT NULL DEFAULT ''",
        _HEARD_BEFORE,
        "DROP INDEX batch_open_scope",
        f"CREATE UNIQUE INDEX batch_open_scope ON batch (scope) WHERE state IN ({_STATES})",
        f"""CREATE TABLE batch_file (
            id {serial},
            batch_id INTEGER NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
            user_id INTEGER NOT NULL REFERENCES "user" (id),
            file_name TEXT NOT NULL,
            sha256 VARCHAR(64) NOT NULL,
            at TIMESTAMP NOT NULL,
            counts TEXT NOT NULL,
            odd TEXT NOT NULL
        )""",
        "CREATE INDEX batch_file_batch_id ON batch_file (batch_id)",
    ):
        db.execute_sql(statement)
