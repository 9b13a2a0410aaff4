"""Workbooks that ask before they are judged, are written in the background and taken back; headings once explained.

Until now the heading row of a file stood among its rows, under a verdict of its own; it moves to the upload.
"""

import json

_NEW = (
    "ALTER TABLE import ADD COLUMN tables TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE import ADD COLUMN meta TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE import ADD COLUMN questions TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE import ADD COLUMN answers TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE import ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE import ADD COLUMN all_or_nothing BOOLEAN NOT NULL DEFAULT FALSE",
    "ALTER TABLE import ADD COLUMN sentence TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE import ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0",
    'ALTER TABLE import ADD COLUMN confirmed_by_id INTEGER NULL REFERENCES "user" (id)',
    "ALTER TABLE import ADD COLUMN undone_at TIMESTAMP NULL",
    "ALTER TABLE import_row ADD COLUMN sheet VARCHAR(255) NOT NULL DEFAULT ''",
    "ALTER TABLE import_row ADD COLUMN raw TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE import_row ADD COLUMN marks VARCHAR(255) NOT NULL DEFAULT ''",
    "ALTER TABLE import_row ADD COLUMN writes INTEGER NOT NULL DEFAULT 0",
)


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    for statement in _NEW:
        db.execute_sql(statement)
    db.execute_sql(
        f"""CREATE TABLE heading_meaning (
            id {serial},
            user_id INTEGER NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
            key VARCHAR(255) NOT NULL,
            heading TEXT NOT NULL,
            field VARCHAR(255) NOT NULL,
            at TIMESTAMP NOT NULL
        )"""
    )
    db.execute_sql(
        "CREATE UNIQUE INDEX heading_meaning_user_id_key ON heading_meaning (user_id, key)"
    )
    db.execute_sql("CREATE INDEX import_row_upload_verdict ON import_row (upload_id, verdict)")
    _move_headings(db)
    _mark_rows(db)
    db.execute_sql("UPDATE import SET confirmed_by_id = user_id WHERE state = 'confirmed'")


def _move_headings(db):
    found = db.execute_sql(
        "SELECT upload_id, row, \"values\" FROM import_row WHERE verdict = 'heading'"
    ).fetchall()
    for upload_id, row, text in found:
        headings = json.loads(text or "{}")
        table = {
            "sheet": "",
            "heading_row": row,
            "headings": list(headings.values()),
            "columns": {field: at for at, field in enumerate(headings)},
        }
        told = json.dumps([table], ensure_ascii=False)
        db.execute_sql(
            f"UPDATE import SET tables = {db.param} WHERE id = {db.param}", (told, upload_id)
        )
    db.execute_sql("DELETE FROM import_row WHERE verdict = 'heading'")


def _mark_rows(db):
    """What the check page counts is kept with the row from now on, and so is the row as it stood in the file."""
    tables = dict(db.execute_sql("SELECT id, tables FROM import").fetchall())
    columns = 'id, upload_id, verdict, "values", seen, repairs, problems'
    for id_, upload_id, verdict, values, seen, repairs, problems in db.execute_sql(
        f"SELECT {columns} FROM import_row"
    ).fetchall():
        values, seen, repairs, problems = (
            json.loads(one) for one in (values, seen, repairs, problems)
        )
        marks = [
            mark
            for mark, holds in (
                ("errors", verdict == "wrong" or any(p["level"] == "error" for p in problems)),
                ("repaired", bool(repairs)),
                ("moved", "school_class" in seen or "state" in seen),
            )
            if holds
        ]
        left = {p["field"] for p in problems if p["level"] == "choice" and not p["take"]}
        writes = 0 if "" in left or verdict in ("same", "wrong") else len(set(seen) - left)
        table = json.loads(tables[upload_id] or "[]")
        raw = (
            [values.get(f, "") for f in table[0]["columns"]] if table and "errors" in marks else []
        )
        db.execute_sql(
            f"UPDATE import_row SET marks = {db.param}, writes = {db.param}, raw = {db.param} WHERE id = {db.param}",
            (
                "".join(f" {mark}" for mark in marks) + " " if marks else "",
                writes,
                json.dumps(raw, ensure_ascii=False),
                id_,
            ),
        )
