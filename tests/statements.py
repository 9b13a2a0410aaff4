"""How many statements something takes: a measure that no other process on the machine changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from idapp.database import db


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database inside the block; an executemany is not among them."""
    sent: list[str] = []
    execute = db.obj.execute_sql

    def listening(sql: str, *rest: Any, **more: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest, **more)

    db.obj.execute_sql = listening
    try:
        yield sent
    finally:
        del db.obj.execute_sql


@contextmanager
def planned() -> Iterator[list[tuple[str, list[str]]]]:
    """(statement, steps of SQLite's plan for it) of what is read or changed inside the block."""
    plans: list[tuple[str, list[str]]] = []
    execute = db.obj.execute_sql

    def listening(sql: str, values: Any = None, *rest: Any, **more: Any) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            steps = execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
            plans.append((sql, [step[-1] for step in steps]))
        return execute(sql, values, *rest, **more)

    db.obj.execute_sql = listening
    try:
        yield plans
    finally:
        del db.obj.execute_sql
