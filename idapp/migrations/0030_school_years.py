"""Classes belong to a school year, and a school goes from one into the next.

Every class of before is one of the year that the school was in. A name may come again in another year.
"""

from peewee import SqliteDatabase

_UNDER_WAY = "'running', 'undoing'"
_STATEMENTS = (
    "ALTER TABLE school_class ADD COLUMN school_year INTEGER NOT NULL DEFAULT 0",
    "UPDATE school_class SET school_year ="
    " COALESCE((SELECT school_year FROM school ORDER BY id LIMIT 1), 0)",
    "ALTER TABLE school_class ADD COLUMN is_past {boolean} NOT NULL DEFAULT {false}",
    "DROP INDEX schoolclass_name",
    "CREATE UNIQUE INDEX schoolclass_name_school_year ON school_class (name, school_year)",
    "CREATE TABLE year_change ({id},"
    ' user_id INTEGER NULL REFERENCES "user" (id) ON DELETE RESTRICT,'
    " changeset VARCHAR(32) NOT NULL, started_at {moment} NOT NULL, ended_at {moment} NULL,"
    " heartbeat_at {moment} NULL, total INTEGER NOT NULL, counts TEXT NOT NULL,"
    " from_year INTEGER NOT NULL, to_year INTEGER NOT NULL,"
    " state VARCHAR(8) NOT NULL CHECK (state IN"
    " ('planned', 'running', 'done', 'undoing', 'undone', 'dropped')),"
    " upload_id INTEGER NULL REFERENCES import (id) ON DELETE SET NULL,"
    " closed_campaign_id INTEGER NULL REFERENCES campaign (id) ON DELETE SET NULL,"
    " plan TEXT NOT NULL)",
    f"CREATE UNIQUE INDEX year_change_under_way ON year_change ((1)) WHERE state IN ({_UNDER_WAY})",
    "CREATE TABLE year_move ({id},"
    " change_id INTEGER NOT NULL REFERENCES year_change (id) ON DELETE CASCADE,"
    " person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,"
    " to_class_id INTEGER NULL REFERENCES school_class (id) ON DELETE SET NULL,"
    " to_state TEXT NOT NULL,"
    " from_class_id INTEGER NULL REFERENCES school_class (id) ON DELETE SET NULL,"
    " from_state TEXT NOT NULL, kept TEXT NOT NULL, done {boolean} NOT NULL)",
    "CREATE UNIQUE INDEX year_move_change_person ON year_move (change_id, person_id)",
    "CREATE INDEX year_move_person ON year_move (person_id)",
    "CREATE INDEX year_move_to_class ON year_move (to_class_id)",
    "CREATE INDEX year_move_from_class ON year_move (from_class_id)",
)


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    words = {
        "id": "id INTEGER NOT NULL PRIMARY KEY" if is_sqlite else "id SERIAL NOT NULL PRIMARY KEY",
        "moment": "DATETIME" if is_sqlite else "TIMESTAMP",
        "boolean": "INTEGER" if is_sqlite else "BOOLEAN",
        "false": "0" if is_sqlite else "FALSE",
    }
    for statement in _STATEMENTS:
        db.execute_sql(statement.format(**words))
