"""A campaign may have earlier days for some grades, groups or the staff."""


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    db.execute_sql(
        f"""CREATE TABLE milestone (
            id {serial},
            campaign_id INTEGER NOT NULL REFERENCES campaign (id) ON DELETE CASCADE,
            name TEXT NOT NULL,
            deadline DATE NOT NULL,
            groups TEXT NOT NULL
        )"""
    )
    db.execute_sql("CREATE INDEX milestone_campaign_id ON milestone (campaign_id)")
