"""What each column of an uploaded file would do is counted once, when the file is judged."""

import json


def up(migrator, db):
    db.execute_sql("ALTER TABLE import ADD COLUMN counts TEXT NOT NULL DEFAULT '{}'")
    for (upload_id,) in db.execute_sql("SELECT id FROM import WHERE state = 'checked'").fetchall():
        told = json.dumps(_by_column(_rows(db, upload_id)))
        db.execute_sql(
            f"UPDATE import SET counts = {db.param} WHERE id = {db.param}", (told, upload_id)
        )


def _rows(db, upload_id):
    columns = f"SELECT seen, repairs, problems FROM import_row WHERE upload_id = {db.param}"
    return db.execute_sql(columns, (upload_id,)).fetchall()


def _by_column(rows):
    counts = {}
    for row in rows:
        seen, repairs, problems = (json.loads(text) for text in row)
        bad = {p["field"] for p in problems if p["level"] == "error"}
        for at, fields in enumerate((seen, repairs, bad)):
            for field in fields:
                counts.setdefault(field, [0, 0, 0])[at] += 1
    return counts
