"""What the ministry's own system has already: how far the changes of a cell were entered there, and which files came
from there. Files of before that look like its exports (a list of pupils or staff) count as such."""


def up(migrator, db):
    serial = "INTEGER NOT NULL PRIMARY KEY" if db.param == "?" else "SERIAL PRIMARY KEY"
    db.execute_sql(
        f"""CREATE TABLE entered_change (
            id {serial},
            person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE RESTRICT,
            field VARCHAR(255) NOT NULL,
            up_to INTEGER NOT NULL,
            at TIMESTAMP NOT NULL,
            user_id INTEGER REFERENCES "user" (id) ON DELETE RESTRICT,
            changeset VARCHAR(255) NOT NULL,
            undone_at TIMESTAMP
        )"""
    )
    db.execute_sql("CREATE INDEX entered_change_person_field ON entered_change (person_id, field)")
    db.execute_sql("CREATE INDEX entered_change_changeset ON entered_change (changeset)")
    no = "0" if db.param == "?" else "FALSE"
    yes = "1" if db.param == "?" else "TRUE"
    db.execute_sql(f'ALTER TABLE "import" ADD COLUMN from_ministry BOOLEAN NOT NULL DEFAULT {no}')
    db.execute_sql(
        f"""UPDATE "import" SET from_ministry = {yes} WHERE shape IN ('profile', 'staff')"""
    )
