"""Photos of cards while they are read and compared; nothing of before becomes one."""

_TABLE = """CREATE TABLE card_photo (
    id {serial},
    user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
    school_class_id INTEGER REFERENCES school_class (id) ON DELETE CASCADE,
    person_id INTEGER REFERENCES person (id) ON DELETE CASCADE,
    name VARCHAR(255),
    file_name TEXT NOT NULL,
    state VARCHAR(255) NOT NULL CHECK (state IN ('waiting', 'reading', 'read', 'refused')),
    state_at {moment} NOT NULL,
    attempts INTEGER NOT NULL,
    code TEXT NOT NULL,
    sentence TEXT NOT NULL,
    ticked {flag},
    added_at {moment} NOT NULL,
    seen_at {moment}
)"""
_INDEXES = (
    "CREATE UNIQUE INDEX card_photo_name ON card_photo (name)",
    "CREATE INDEX card_photo_user_id ON card_photo (user_id)",
    "CREATE INDEX card_photo_school_class_id ON card_photo (school_class_id)",
    "CREATE INDEX card_photo_person_id ON card_photo (person_id)",
)


def up(migrator, db):
    words = {"serial": "SERIAL PRIMARY KEY", "moment": "TIMESTAMP", "flag": "BOOLEAN"}
    if db.param == "?":
        words = {
            "serial": "INTEGER NOT NULL PRIMARY KEY",
            "moment": "DATETIME",
            "flag": "INTEGER",
        }
    db.execute_sql(_TABLE.format(**words))
    for statement in _INDEXES:
        db.execute_sql(statement)
