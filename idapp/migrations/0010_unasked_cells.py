"""Rows kept for mending forget the columns that nobody asks for: health, religion, policy, phone ...

The values of unknown columns that a question showed go too; the question reads them from the kept file from now on.
"""

import json

_USED = {
    "full_name", "date_of_birth", "gender", "identity_number", "province", "district", "commune", "address",
    "ethnic_group", "nationality", "ministry_code", "father_name", "father_birth_year", "mother_name",
    "mother_birth_year", "position", "school_class", "state", "record_id", "version",
}  # fmt: skip


def up(migrator, db):
    uploads = "SELECT id, tables, questions FROM import"
    for upload_id, tables, questions in db.execute_sql(uploads).fetchall():
        _forget_samples(db, upload_id, json.loads(questions))
        kept = {table["sheet"]: _used_columns(table) for table in json.loads(tables)}
        for row_id, sheet, raw in _rows_to_mend(db, upload_id):
            columns = kept.get(sheet) if sheet in kept else next(iter(kept.values()), set())
            texts = [text if at in columns else "" for at, text in enumerate(json.loads(raw))]
            _update(db, "import_row", "raw", texts, row_id)


def _rows_to_mend(db, upload_id):
    query = f"SELECT id, sheet, raw FROM import_row WHERE upload_id = {db.param} AND raw <> '[]'"
    return db.execute_sql(query, (upload_id,)).fetchall()


def _used_columns(table):
    columns = {at for field, at in table["columns"].items() if field in _USED}
    for several in (table.get("joined", {}), table.get("others", {})):
        for field, places in several.items():
            columns |= set(places) if field in _USED else set()
    return columns


def _forget_samples(db, upload_id, questions):
    asked = [column for question in questions for column in question.get("columns", ())]
    if any(column.pop("samples", None) for column in asked):
        _update(db, "import", "questions", questions, upload_id)


def _update(db, table, column, value, id_):
    statement = f"UPDATE {table} SET {column} = {db.param} WHERE id = {db.param}"
    db.execute_sql(statement, (json.dumps(value, ensure_ascii=False), id_))
