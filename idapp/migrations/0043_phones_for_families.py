"""The telephone number that a teacher wants to stand on the papers for families; "" for none."""


def up(migrator, db):
    db.execute_sql("ALTER TABLE \"user\" ADD COLUMN phone TEXT NOT NULL DEFAULT ''")
