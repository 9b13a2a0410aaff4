"""A choice is remembered for any address with several successors, not only for a split commune with a code; and the
rows of a file, with the addresses in them that may be chosen together."""


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    # SQLite cannot widen a column
    db.execute_sql("ALTER TABLE place_choice RENAME TO place_choice_before")
    db.execute_sql("DROP INDEX place_choice_old_code")
    db.execute_sql(
        f"""CREATE TABLE place_choice (
            id {serial},
            address_key VARCHAR(255) NOT NULL,
            new_code VARCHAR(5) NOT NULL,
            user_id INTEGER NULL REFERENCES "user" (id) ON DELETE RESTRICT,
            at TIMESTAMP NOT NULL
        )"""
    )
    db.execute_sql(
        "INSERT INTO place_choice (address_key, new_code, user_id, at) "
        "SELECT old_code, new_code, user_id, at FROM place_choice_before"
    )
    db.execute_sql("DROP TABLE place_choice_before")
    db.execute_sql("CREATE UNIQUE INDEX place_choice_address_key ON place_choice (address_key)")
    db.execute_sql("ALTER TABLE import ADD COLUMN addresses TEXT NOT NULL DEFAULT '{}'")
    db.execute_sql("ALTER TABLE import_row ADD COLUMN address TEXT NOT NULL DEFAULT '{}'")
