"""The name of the reviewing office is empty where nobody has chosen it: then it follows the campaign's places."""

_FORMER_DEFAULT = "Phòng GDĐT"


def up(migrator, db):
    chosen = f"SELECT 1 FROM change WHERE event = 'school.changed' AND field = {db.param} AND new = {db.param}"
    if db.execute_sql(chosen, ("reviewer_title", _FORMER_DEFAULT)).fetchone():
        return
    statement = f"UPDATE school SET reviewer_title = '' WHERE reviewer_title = {db.param}"
    db.execute_sql(statement, (_FORMER_DEFAULT,))
