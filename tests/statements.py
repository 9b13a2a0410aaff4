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
