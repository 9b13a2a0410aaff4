"""What somebody has typed on the pages of the set-up waits here until the last of them makes the school."""


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    db.execute_sql(
        f"""CREATE TABLE setup_draft (
            id {serial},
            token_hash VARCHAR(255) NOT NULL,
            texts TEXT NOT NULL,
            created_at TIMESTAMP NOT NULL
        )"""
    )
    db.execute_sql("CREATE UNIQUE INDEX setup_draft_token_hash ON setup_draft (token_hash)")
