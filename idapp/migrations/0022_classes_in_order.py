"""Classes: their order, ids that are never given again, and an index by which people are searched.

``position`` puts the classes in the order in which the program has listed them so far, except that 5A10 comes after
5A9. Whoever lists classes sorts by it.

SQLite gives the highest id plus one, so a class that was removed lent its id to the next one, and what the history
says of "class 19" was about another. AUTOINCREMENT would end this, but the table cannot be built anew: dropping it
with the records that refer to it is refused, and inside a migration's transaction the foreign keys cannot be switched
off. So removed classes leave their id and last name in a table; new ids go on above both. Those removed before are
read from the history.
"""

import re

from peewee import SqliteDatabase

_STATEMENTS = (
    "ALTER TABLE school_class ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
    "CREATE TABLE removed_class (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL,"
    " removed_at {moment} NOT NULL)",
    "CREATE INDEX person_search"
    " ON person (active DESC, sort_key, search_key, kind, school_class_id)",
)
_REMOVED = "SELECT subject, old, at FROM change WHERE event = 'class.removed' ORDER BY id"


def up(migrator, db):
    moment = "DATETIME" if isinstance(db, SqliteDatabase) else "TIMESTAMP"
    for statement in _STATEMENTS:
        db.execute_sql(statement.format(moment=moment))
    _set_positions(db)
    _remember_removed(db)


def _set_positions(db):
    classes = db.execute_sql("SELECT id, grade, name FROM school_class").fetchall()
    in_order = sorted(classes, key=lambda row: (row[1] is None, row[1] or 0, _by_number(row[2])))
    update = f"UPDATE school_class SET position = {db.param} WHERE id = {db.param}"
    for position, (id_, _, _) in enumerate(in_order, start=1):
        db.execute_sql(update, (position, id_))


def _by_number(name):
    """Texts and numbers by turns: 5A9 before 5A10."""
    parts = re.split("([0-9]+)", name)
    return [int(part) if rank % 2 else part.lower() for rank, part in enumerate(parts)]


def _remember_removed(db):
    """The last name of each removed class whose id no other class has taken since."""
    living = {id_ for (id_,) in db.execute_sql("SELECT id FROM school_class").fetchall()}
    removed = {}
    for subject, name, moment in db.execute_sql(_REMOVED).fetchall():
        number = subject.rpartition(" ")[2]
        if number.isdigit() and int(number) not in living:
            removed[int(number)] = (name, moment)
    values = ", ".join([db.param] * 3)
    insert = f"INSERT INTO removed_class (id, name, removed_at) VALUES ({values})"
    for id_, (name, moment) in removed.items():
        db.execute_sql(insert, (id_, name, moment))
