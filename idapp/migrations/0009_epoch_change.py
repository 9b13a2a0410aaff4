"""The change of a school from one catalogue of places to the other, and what was chosen for split communes."""

_UNDER_WAY = "'running', 'undoing'"


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    db.execute_sql(
        f"""CREATE TABLE epoch_change (
            id {serial},
            user_id INTEGER NULL REFERENCES "user" (id) ON DELETE RESTRICT,
            from_epoch VARCHAR(8) NOT NULL,
            to_epoch VARCHAR(8) NOT NULL,
            state VARCHAR(8) NOT NULL,
            changeset VARCHAR(32) NOT NULL,
            started_at TIMESTAMP NOT NULL,
            ended_at TIMESTAMP NULL,
            heartbeat_at TIMESTAMP NULL,
            total INTEGER NOT NULL,
            counts TEXT NOT NULL
        )"""
    )
    db.execute_sql(
        "CREATE UNIQUE INDEX epoch_change_under_way ON epoch_change ((1)) "
        f"WHERE state IN ({_UNDER_WAY})"
    )
    db.execute_sql(
        f"""CREATE TABLE place_choice (
            id {serial},
            old_code VARCHAR(5) NOT NULL,
            new_code VARCHAR(5) NOT NULL,
            user_id INTEGER NULL REFERENCES "user" (id) ON DELETE RESTRICT,
            at TIMESTAMP NOT NULL
        )"""
    )
    db.execute_sql("CREATE UNIQUE INDEX place_choice_old_code ON place_choice (old_code)")
