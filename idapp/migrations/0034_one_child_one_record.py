"""Former numbers, merged records, pairs that are two people. Former numbers are filled from the history once.

Every good number that was replaced by another good one counts, unless that change was undone. A number is good here if
it has 12 digits, or the nine of an old card, which are not all the same.
"""

from datetime import UTC, datetime

_SERIAL = {True: "INTEGER NOT NULL PRIMARY KEY", False: "SERIAL PRIMARY KEY"}
_MOMENT = {True: "DATETIME", False: "TIMESTAMP"}
_TABLES = (
    """CREATE TABLE former_number (
        id {serial},
        person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        number VARCHAR(12) NOT NULL,
        origin VARCHAR(8) NOT NULL CHECK (origin IN ('replaced', 'merged', 'card')),
        changeset VARCHAR(255) NOT NULL,
        noted_at {moment} NOT NULL
    )""",
    "CREATE UNIQUE INDEX former_number_person_id_number ON former_number (person_id, number)",
    "CREATE INDEX former_number_number ON former_number (number)",
    "CREATE INDEX former_number_changeset ON former_number (changeset)",
    """CREATE TABLE record_merge (
        id {serial},
        survivor_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        by_id INTEGER NOT NULL REFERENCES "user" (id),
        merged_at {moment} NOT NULL,
        changeset VARCHAR(255) NOT NULL,
        journal TEXT NOT NULL,
        undone_at {moment}
    )""",
    "CREATE INDEX record_merge_survivor_id ON record_merge (survivor_id)",
    "CREATE INDEX record_merge_changeset ON record_merge (changeset)",
    "CREATE UNIQUE INDEX record_merge_other ON record_merge (other_id) WHERE undone_at IS NULL",
    """CREATE TABLE distinct_pair (
        id {serial},
        first_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        second_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
        reason VARCHAR(16) NOT NULL CHECK (reason IN ('twins', 'namesake', 'other')),
        note TEXT NOT NULL,
        by_id INTEGER NOT NULL REFERENCES "user" (id),
        noted_at {moment} NOT NULL
    )""",
    "CREATE UNIQUE INDEX distinct_pair_first_id_second_id ON distinct_pair (first_id, second_id)",
    "CREATE INDEX distinct_pair_second_id ON distinct_pair (second_id)",
)
_REPLACED = (
    "SELECT person_id, old, new, changeset FROM change"
    " WHERE event = 'person.changed' AND field = 'identity_number' AND undoes = ''"
    " AND person_id IS NOT NULL AND old <> '' AND new <> '' ORDER BY id"
)


def up(migrator, db):
    is_sqlite = db.param == "?"
    for statement in _TABLES:
        db.execute_sql(statement.format(serial=_SERIAL[is_sqlite], moment=_MOMENT[is_sqlite]))
    _fill_from_history(db)


def _fill_from_history(db):
    moment = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    undone = _undone(db)
    known = set()
    for person_id, old, new, changeset in db.execute_sql(_REPLACED).fetchall():
        is_news = old != new and (person_id, old) not in known and changeset not in undone
        if is_news and _is_number(old) and _is_number(new):
            known.add((person_id, old))
            db.execute_sql(
                "INSERT INTO former_number (person_id, number, origin, changeset, noted_at)"
                f" VALUES ({', '.join([db.param] * 5)})",
                (person_id, old, "replaced", changeset, moment),
            )


def _undone(db):
    """The changesets that were taken back and not done again."""
    rows = db.execute_sql("SELECT undoes, verb FROM change WHERE undoes <> '' ORDER BY id")
    last_verb = dict(rows.fetchall())
    return {changeset for changeset, verb in last_verb.items() if verb == "undo"}


def _is_number(text):
    return text.isascii() and text.isdigit() and len(text) in (9, 12) and len(set(text)) > 1
