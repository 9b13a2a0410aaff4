"""The second step of signing in, for accounts that want one: nobody has it yet."""

from typing import Any

_STATEMENTS = (
    'ALTER TABLE "user" ADD COLUMN second_step_since {moment}',
    """CREATE TABLE second_step (
        id {serial},
        user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
        sealed TEXT NOT NULL,
        last_step INTEGER NOT NULL,
        begun_at {moment} NOT NULL
    )""",
    "CREATE UNIQUE INDEX second_step_user_id ON second_step (user_id)",
    """CREATE TABLE recovery_code (
        id {serial},
        user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
        place INTEGER NOT NULL,
        code_hash TEXT NOT NULL,
        used_at {moment}
    )""",
    "CREATE UNIQUE INDEX recovery_code_user_place ON recovery_code (user_id, place)",
)


def up(migrator: Any, db: Any) -> None:
    """Nothing of before changes."""
    words = {"serial": "SERIAL PRIMARY KEY", "moment": "TIMESTAMP"}
    if db.param == "?":
        words = {"serial": "INTEGER NOT NULL PRIMARY KEY", "moment": "DATETIME"}
    for statement in _STATEMENTS:
        db.execute_sql(statement.format(**words))
