"""What a file's columns were read as, in sentences for its check page."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE import ADD COLUMN notes TEXT NOT NULL DEFAULT '[]'")
