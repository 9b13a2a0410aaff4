"""Which changeset a change takes back, and whether it is an undo or a redo, in columns instead of in a text.

So far the subject of such a row said it: ``undo 4f2a...`` or ``redo 4f2a...``. The history is append only, so its
triggers go for the length of this migration and come again exactly as 0001 made them; a migration is one transaction.
"""

from peewee import SqliteDatabase

_REFUSE = "BEGIN SELECT RAISE(ABORT, 'the audit is append only'); END"
_TRIGGERS_SQLITE = (
    f"CREATE TRIGGER change_no_update BEFORE UPDATE ON change {_REFUSE}",
    f"CREATE TRIGGER change_no_delete BEFORE DELETE ON change {_REFUSE}",
)
_TRIGGERS_POSTGRESQL = (
    "CREATE TRIGGER change_no_rewrite BEFORE UPDATE OR DELETE ON change"
    " FOR EACH ROW EXECUTE FUNCTION change_is_append_only()",
)
_DROP_SQLITE = (
    "DROP TRIGGER IF EXISTS change_no_update",
    "DROP TRIGGER IF EXISTS change_no_delete",
)
_DROP_POSTGRESQL = ("DROP TRIGGER IF EXISTS change_no_rewrite ON change",)
_COLUMNS = (
    "ALTER TABLE change ADD COLUMN undoes VARCHAR(255) NOT NULL DEFAULT ''",
    "ALTER TABLE change ADD COLUMN verb VARCHAR(255) NOT NULL DEFAULT ''",
)
# both verbs have four letters; only undo and redo wrote subjects that begin so, always under this source
_FILL = (
    "UPDATE change SET verb = substr(subject, 1, 4), undoes = substr(subject, 6)"
    " WHERE source = 'undo' AND substr(subject, 1, 5) IN ('undo ', 'redo ')"
)


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    drop = _DROP_SQLITE if is_sqlite else _DROP_POSTGRESQL
    triggers = _TRIGGERS_SQLITE if is_sqlite else _TRIGGERS_POSTGRESQL
    for statement in (*drop, *_COLUMNS, _FILL, *triggers):
        db.execute_sql(statement)
