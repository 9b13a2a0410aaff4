"""Columns of a server hold and sort what those of SQLite do.

SQLite compares texts byte by byte, and the program is made for that: keys for sorting are folded texts
(``rules/folding``). A server sorts by the language that its database was made with, in which blanks and marks count
differently: lists of the same school would stand in another order there. And it refuses a text that is longer than its
column, where SQLite counts nothing: how long a text may be is said by the rules alone. So every column of text becomes
``text COLLATE "C"``. No row is rewritten for that; indexes on these columns are built anew, once. And a fraction keeps
all its digits.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from peewee import Database

_OTHERS = """
    SELECT c.relname, a.attname, t.typname
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relkind = 'r' AND n.nspname = current_schema() AND NOT a.attisdropped
    AND a.attnum > 0
    AND (l.collname <> 'C' OR t.typname IN ('varchar', 'float4'))
    ORDER BY c.relname, a.attnum
"""


def shape(database: Database) -> None:
    """Give the columns of PostgreSQL this form that have another one. Cheap where nothing is left to do."""
    steps_of: dict[str, list[str]] = defaultdict(list)
    for table, column, kind in database.execute_sql(_OTHERS).fetchall():
        wanted = "double precision" if kind == "float4" else 'text COLLATE "C"'
        steps_of[table].append(f'ALTER "{column}" TYPE {wanted}')
    for table, steps in steps_of.items():
        with database.atomic(), _without_triggers(table, database):
            database.execute_sql(f'ALTER TABLE "{table}" {", ".join(steps)}')


@contextmanager
def _without_triggers(table: str, database: Database) -> Iterator[None]:
    """The server alters no column that a trigger names. In a transaction: nobody sees the table without its guards."""
    triggers = database.execute_sql(
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgrelid = %s::regclass AND NOT tgisinternal",
        (f'"{table}"',),
    ).fetchall()
    for name, _ in triggers:
        database.execute_sql(f'DROP TRIGGER "{name}" ON "{table}"')
    yield
    for _, definition in triggers:
        database.execute_sql(definition.replace("%", "%%"))
