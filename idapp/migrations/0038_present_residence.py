"""Where a pupil lives now, asked for only by campaigns that say so: all others ask nothing."""


def up(migrator, db):
    for level in ("province", "district", "commune", "address"):
        db.execute_sql(f"ALTER TABLE person ADD COLUMN present_{level} TEXT NOT NULL DEFAULT ''")
    db.execute_sql("ALTER TABLE campaign ADD COLUMN present_residence TEXT NOT NULL DEFAULT '[]'")
