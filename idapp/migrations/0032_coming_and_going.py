"""Where people came from and went to, the papers that newcomers owe, and a history that can be searched.

The indexes of the history: one by source, one for all events but the one that nine of ten rows have. Both end in the
key, so that the newest rows of a source come first without sorting.
"""

from peewee import SqliteDatabase

_STATEMENTS = (
    "CREATE TABLE transfer ({id},"
    " person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,"
    " kind VARCHAR(8) NOT NULL CHECK (kind IN ('arrival', 'class', 'state')),"
    " day DATE NOT NULL, school TEXT NOT NULL, province TEXT NOT NULL, note TEXT NOT NULL,"
    " changeset VARCHAR(32) NOT NULL, undone {boolean} NOT NULL,"
    ' user_id INTEGER REFERENCES "user" (id) ON DELETE RESTRICT,'
    " at {moment} NOT NULL)",
    "CREATE INDEX transfer_person_id ON transfer (person_id)",
    "CREATE INDEX transfer_user_id ON transfer (user_id)",
    "CREATE INDEX transfer_changeset ON transfer (changeset)",
    "CREATE TABLE entry_paper ({id},"
    " person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,"
    " paper VARCHAR(32) NOT NULL, due_on DATE, received_on DATE)",
    "CREATE UNIQUE INDEX entry_paper_person_paper ON entry_paper (person_id, paper)",
    "CREATE INDEX entry_paper_owed ON entry_paper (person_id) WHERE received_on IS NULL",
    "CREATE INDEX change_source ON change (source, id)",
    "CREATE INDEX change_event ON change (event, id) WHERE event <> 'person.changed'",
)


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    words = {
        "id": "id INTEGER NOT NULL PRIMARY KEY" if is_sqlite else "id SERIAL NOT NULL PRIMARY KEY",
        "moment": "DATETIME" if is_sqlite else "TIMESTAMP",
        "boolean": "INTEGER" if is_sqlite else "BOOLEAN",
    }
    for statement in _STATEMENTS:
        db.execute_sql(statement.format(**words))
