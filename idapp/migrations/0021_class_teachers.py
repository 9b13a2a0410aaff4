"""Several teachers of a class, several classes of a teacher, stand-ins until a day; whose account belongs to whom.

Every homeroom teacher of before becomes a row of ``class_teacher`` without an end. The column that named them stays,
empty: SQLite cannot drop one that a foreign key names without building the table anew under every record of a pupil.
The last sign-in is read from the history once; from now on the account keeps it.
"""

from peewee import SqliteDatabase

_TABLE = (
    "CREATE TABLE class_teacher ({id},"
    " school_class_id INTEGER NOT NULL REFERENCES school_class (id) ON DELETE CASCADE,"
    ' teacher_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,'
    " until DATE)"
)
_ID_SQLITE = "id INTEGER NOT NULL PRIMARY KEY"
_ID_POSTGRESQL = "id SERIAL NOT NULL PRIMARY KEY"
_STATEMENTS = (
    "CREATE UNIQUE INDEX class_teacher_pair ON class_teacher (school_class_id, teacher_id)",
    "CREATE INDEX class_teacher_teacher ON class_teacher (teacher_id)",
    "INSERT INTO class_teacher (school_class_id, teacher_id)"
    " SELECT id, homeroom_teacher_id FROM school_class"
    " WHERE homeroom_teacher_id IS NOT NULL ORDER BY id",
    "UPDATE school_class SET homeroom_teacher_id = NULL",
    'ALTER TABLE "user" ADD COLUMN staff_record_id INTEGER'
    " REFERENCES person (id) ON DELETE SET NULL",
    'CREATE UNIQUE INDEX user_staff_record ON "user" (staff_record_id)',
    'ALTER TABLE "user" ADD COLUMN signed_in_at {moment}',
    'UPDATE "user" SET signed_in_at ='
    " (SELECT MAX(at) FROM change WHERE event = 'login' AND user_id = \"user\".id)",
    "CREATE TABLE password_sheet ({id},"
    ' maker_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,'
    " made_at {moment} NOT NULL, sealed TEXT NOT NULL)",
)


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    id_ = _ID_SQLITE if is_sqlite else _ID_POSTGRESQL
    moment = "DATETIME" if is_sqlite else "TIMESTAMP"
    for statement in (_TABLE, *_STATEMENTS):
        db.execute_sql(statement.format(id=id_, moment=moment))
