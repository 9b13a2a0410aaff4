"""People of another nationality get a state of their own, ``foreign``, instead of ``incomplete`` or ``explained``.

SQLite changes no constraint of a column: the column with the wider one takes the place of the old one. Progress files
of schools that were received before are kept with the foreigners under other states, and are parted like new ones.
"""

import json

_STATUSES = (
    "incomplete", "ready", "sent", "verified", "mismatch", "not_found", "rejected", "unanswered", "changed",
    "explained", "foreign",
)  # fmt: skip
_ONE_OF = ", ".join(f"'{status}'" for status in _STATUSES)
_STATUS = (
    "DROP INDEX person_kind_active_status",
    "ALTER TABLE person RENAME COLUMN status TO status_before",
    "ALTER TABLE person ADD COLUMN status VARCHAR(255) NOT NULL DEFAULT 'incomplete'"
    f" CHECK (status IN ({_ONE_OF}))",
    "UPDATE person SET status = CASE WHEN foreign_national THEN 'foreign' ELSE status_before END",
    "ALTER TABLE person DROP COLUMN status_before",
    "CREATE INDEX person_kind_active_status ON person (kind, active, status)",
)


def up(migrator, db):
    for statement in _STATUS:
        db.execute_sql(statement)
    received = db.execute_sql("SELECT id, counts, figures FROM school_figures").fetchall()
    for id_, counts, figures in received:
        _part(db, id_, json.loads(counts or "{}"), json.loads(figures or "{}"))


def _part(db, id_, counts, figures):
    lines = [counts, figures.get("school", {}), *figures.get("groups", [])]
    for line in [*lines, *figures.get("kinds", {}).values()]:
        _part_line(line)
    mark = db.param
    db.execute_sql(
        f"UPDATE school_figures SET counts = {mark}, figures = {mark} WHERE id = {mark}",
        (_as_json(counts), _as_json(figures), id_),
    )


def _part_line(line):
    """Only ``done`` left foreigners out: so it tells how many of them were explained."""
    states = {status: line.get(status, 0) for status in _STATUSES}
    if not line or sum(states.values()) <= line["total"]:
        return
    explained = states["verified"] + states["explained"] - line["done"]
    line["explained"] = states["explained"] - explained
    line["incomplete"] = states["incomplete"] - (states["foreign"] - explained)


def _as_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
