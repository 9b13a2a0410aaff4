"""Where the register says that a person lives: codes only, a note beside the record."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE person ADD COLUMN register_residence TEXT NOT NULL DEFAULT '{}'")
