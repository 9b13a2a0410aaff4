"""Which cells of a record hold something else than was handed in, and what a file said of a residence.

Only steps from now on leave their marks: the history of older ones tells what came in where it differs.
"""


def up(migrator, db):
    db.execute_sql("ALTER TABLE person ADD COLUMN repaired TEXT NOT NULL DEFAULT '{}'")
    db.execute_sql("ALTER TABLE import_row ADD COLUMN handed TEXT NOT NULL DEFAULT '{}'")
