"""Every row of one database into another of the same tables: from SQLite to PostgreSQL, and back for a backup.

Nothing here knows the models: what is in the tables is copied, whatever a later version does with it. Both sides have
run the same migrations. Values are compared in one form (``_canonical``): SQLite keeps times as texts and truth as
numbers, a server has types for both. The target's transaction is the caller's: a copy is whole or absent.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from peewee import Database, PeeweeException, SqliteDatabase

_MIGRATIONS = "schema_migration"  # each database has its own
_AT_A_TIME = 2000  # rows


class CopyFailed(Exception):
    """The two databases differ, or a value has no place on the other side. The message is a Vietnamese sentence."""


@dataclass(frozen=True)
class _Table:
    """kinds: column -> the server's name of its type, for times, days and truth; "" for what both keep alike."""

    name: str
    kinds: dict[str, str]

    @cached_property
    def converted(self) -> list[tuple[int, str, str]]:
        """Place, name and kind of each column whose values the two sides do not keep alike."""
        numbered = enumerate(self.kinds.items())
        return [(place, column, kind) for place, (column, kind) in numbered if kind]

    @property
    def columns(self) -> str:
        """As they stand in a statement, in an order that is the same on both sides."""
        return ", ".join(f'"{column}"' for column in self.kinds)


def copy_everything(
    source: Database, target: Database, told: Callable[[str, int], None] = lambda *_: None
) -> dict[str, int]:
    """Copy all tables and compare them afterwards. Returns {table: rows}; ``told`` hears of each table.

    Raises CopyFailed: the caller rolls the target back.
    """
    tables = _tables(source, target)
    with _without_foreign_keys(target):
        for table in tables:
            _copy(table, source, target)
    counts = {}
    for table in tables:
        rows, hash_ = _fingerprint(table, source)
        if (rows, hash_) != _fingerprint(table, target):
            raise CopyFailed(f"Bảng {table.name} sau khi chép không khớp với bảng gốc.")
        _advance_ids(table, target)
        _learn(table, target)
        counts[table.name] = rows
        told(table.name, rows)
    return counts


def _tables(source: Database, target: Database) -> list[_Table]:
    """All of them. Raises CopyFailed where one side has a table or a column that the other lacks."""
    names = sorted(set(source.get_tables()) - {_MIGRATIONS})
    if names != sorted(set(target.get_tables()) - {_MIGRATIONS}):
        raise CopyFailed("Hai cơ sở dữ liệu không có cùng các bảng.")
    tables = []
    for name in names:
        kinds = _kinds(name, source) | _kinds(name, target)
        here = {column.name for column in source.get_columns(name)}
        there = {column.name for column in target.get_columns(name)}
        if here != there:
            raise CopyFailed(f"Bảng {name} ở hai cơ sở dữ liệu không có cùng các cột.")
        tables.append(_Table(name, {column: kinds.get(column, "") for column in sorted(here)}))
    return tables


def _kinds(table: str, database: Database) -> dict[str, str]:
    """Only the server's word counts: SQLite keeps what it was given."""
    if isinstance(database, SqliteDatabase):
        return {}
    short = {"boolean": "truth", "timestamp without time zone": "time", "date": "day"}
    columns = database.get_columns(table)
    return {column.name: short.get(column.data_type, "") for column in columns}


@contextmanager
def _without_foreign_keys(target: Database) -> Iterator[None]:
    """Tables point at each other in a ring (accounts, staff): the server checks them when all rows are there."""
    if isinstance(target, SqliteDatabase):
        yield
        return
    keys = target.execute_sql(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    ).fetchall()
    for table, name, _ in keys:
        target.execute_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    yield
    for table, name, definition in keys:
        _restore_key(target, table, name, definition)


def _restore_key(target: Database, table: str, name: str, definition: str) -> None:
    try:
        target.execute_sql(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    except PeeweeException:
        raise CopyFailed(f"Bảng {table} có dòng trỏ tới dòng không còn ({name}).") from None


def _copy(table: _Table, source: Database, target: Database) -> None:
    marks = ", ".join([target.param] * len(table.kinds))
    insert = f'INSERT INTO "{table.name}" ({table.columns}) VALUES ({marks})'  # noqa: S608
    for rows in _rows(table, source):
        values = [_for_target(table, row, target) for row in rows]
        try:
            target.cursor().executemany(insert, values)
        except (
            Exception
        ) as fault:  # of the driver itself, which quotes the row: nobody's data may be told
            kind = type(fault).__name__
            raise CopyFailed(f"Không chép được bảng {table.name} ({kind}).") from None


def _rows(table: _Table, database: Database) -> Iterator[list[tuple[Any, ...]]]:
    """A few thousand at a time, in the order of their ids."""
    mark = database.param
    query = (
        f'SELECT "id", {table.columns} FROM "{table.name}" WHERE "id" > {mark}'  # noqa: S608
        f' ORDER BY "id" LIMIT {_AT_A_TIME}'
    )
    last = -1
    while rows := database.execute_sql(query, (last,)).fetchall():
        last = rows[-1][0]
        yield [row[1:] for row in rows]


def _for_target(table: _Table, row: tuple[Any, ...], target: Database) -> list[Any]:
    canonical = _canonical(table, row)
    if isinstance(target, SqliteDatabase):
        return canonical
    kinds = table.kinds.values()
    return [_typed(value, kind) for value, kind in zip(canonical, kinds, strict=True)]


def _typed(value: Any, kind: str) -> Any:
    if value is None or kind == "":
        return value
    if kind == "truth":
        return bool(value)
    return datetime.fromisoformat(value)


def _canonical(table: _Table, row: tuple[Any, ...]) -> list[Any]:
    """As SQLite keeps them. Raises CopyFailed for a value that is none of its column's kind."""
    values = list(row)
    for place, column, kind in table.converted:
        try:
            values[place] = _plain(row[place], kind)
        except (ValueError, TypeError):
            sentence = f"Bảng {table.name} có giá trị lạ ở cột {column}."
            raise CopyFailed(sentence) from None
    return values


def _plain(value: Any, kind: str) -> Any:
    """
    >>> _plain(True, "truth"), _plain("2022-10-16", "time"), _plain(date(2022, 10, 16), "day")
    (1, '2022-10-16 00:00:00', '2022-10-16')
    >>> _plain(None, "day"), _plain("Ấp 2", "")
    (None, 'Ấp 2')
    """
    if value is None:
        return None
    if kind == "truth":
        if value not in (0, 1):
            raise ValueError
        return int(value)
    if kind == "time":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return moment.isoformat(" ")
    if kind == "day":
        day = value if isinstance(value, date) else date.fromisoformat(value)
        return day.isoformat()
    return value


def _fingerprint(table: _Table, database: Database) -> tuple[int, str]:
    """How many rows there are, and a hash over all their values."""
    digest = hashlib.sha256()
    count = 0
    for rows in _rows(table, database):
        for row in rows:
            digest.update(repr(_canonical(table, row)).encode())
        count += len(rows)
    return count, digest.hexdigest()


def _advance_ids(table: _Table, target: Database) -> None:
    """The server counts ids by itself: on from the highest."""
    if isinstance(target, SqliteDatabase):
        return
    (sequence,) = target.execute_sql(
        "SELECT pg_get_serial_sequence(%s, 'id')", (f'"{table.name}"',)
    ).fetchone()
    if sequence is not None:
        highest = f'(SELECT MAX("id") FROM "{table.name}")'  # noqa: S608
        target.execute_sql(f"SELECT setval('{sequence}', {highest}) WHERE {highest} IS NOT NULL")


def _learn(table: _Table, target: Database) -> None:
    """A server knows of no row until it has looked, minutes later: until then it would read whole tables."""
    if not isinstance(target, SqliteDatabase):
        target.execute_sql(f'ANALYZE "{table.name}"')
