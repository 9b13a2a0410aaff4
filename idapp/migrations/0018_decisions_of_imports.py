"""What somebody decided on the check page of an import gets a column of its own, and marks are a list.

Until now a decision was an entry among the problems of its row, with the level ``choice``, and the marks were words in
one text. An address that waits for a choice keeps its cells as they were, with their problems: there likewise.
"""

import json


def up(migrator, db):
    db.execute_sql("ALTER TABLE import_row ADD COLUMN choices TEXT NOT NULL DEFAULT '{}'")
    rows = "SELECT id, problems, address FROM import_row"
    wanted = f"problems LIKE {db.param} OR address LIKE {db.param}"
    # as values: in a statement PostgreSQL's driver takes a per cent sign for a placeholder
    with_choices = db.execute_sql(f"{rows} WHERE {wanted}", ("%choice%", "%open%")).fetchall()
    for id_, problems, address in with_choices:
        _carry(db, id_, json.loads(problems), json.loads(address))
    db.execute_sql("UPDATE import_row SET marks = '[]' WHERE TRIM(marks) = ''")
    db.execute_sql(
        "UPDATE import_row SET marks = '[\"' || REPLACE(TRIM(marks), ' ', '\",\"') || '\"]' "
        "WHERE marks <> '[]'"
    )


def _carry(db, id_, problems, address):
    choices = _choices_in(problems)
    undecided = address.get("open")
    if undecided:
        undecided["choices"] = _choices_in(undecided["problems"])
        undecided["problems"] = _without_choices(undecided["problems"])
    texts = [_as_json(_without_choices(problems)), _as_json(choices), _as_json(address)]
    mark = db.param
    db.execute_sql(
        f"UPDATE import_row SET problems = {mark}, choices = {mark}, address = {mark} "
        f"WHERE id = {mark}",
        (*texts, id_),
    )


def _choices_in(problems):
    choices = {}
    for problem in problems:
        if problem["level"] == "choice":
            choices[problem["field"]] = {
                name: value for name, value in problem.items() if name not in ("field", "level")
            }
    return choices


def _without_choices(problems):
    return [problem for problem in problems if problem["level"] != "choice"]


def _as_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
