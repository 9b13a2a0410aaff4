"""What the principal sets in the browser about the installation itself: where the site is, the way to the register."""


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    db.execute_sql(
        f"""CREATE TABLE stored_setting (
            id {serial},
            name VARCHAR(64) NOT NULL,
            value TEXT NOT NULL,
            sealed BOOLEAN NOT NULL
        )"""
    )
    db.execute_sql("CREATE UNIQUE INDEX stored_setting_name ON stored_setting (name)")
