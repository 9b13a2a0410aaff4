"""``pytest -p tests.shuffled``: a query that asks for no order gets another one each time, as on a server that may give
rows back as it finds them. Whoever leaned on the order of the ids is found out, on SQLite too."""

import random
from typing import Any

import peewee

from idapp.database import PreparedStatement

_execute = peewee.ModelSelect._execute
_raw, _rows = PreparedStatement.raw, PreparedStatement.rows


def _in_any_order(query: Any, database: Any) -> Any:
    """A limit without an order is somebody's choice of any row: it is left alone."""
    is_free = not (query._order_by or query._group_by or query._distinct or query._limit)
    if is_free and query._cursor_wrapper is None:
        query._order_by = (peewee.fn.RANDOM(),)
        try:
            return _execute(query, database)
        finally:
            query._order_by = None
    return _execute(query, database)


def _mixed(answer: Any) -> Any:
    def mixing(statement: PreparedStatement, *values: object) -> list[Any]:
        rows = answer(statement, *values)
        if "ORDER BY" not in statement._compiled().sql:
            random.shuffle(rows)
        return rows

    return mixing


peewee.ModelSelect._execute = _in_any_order
PreparedStatement.raw = _mixed(_raw)  # type: ignore[method-assign]
PreparedStatement.rows = _mixed(_rows)  # type: ignore[method-assign]
