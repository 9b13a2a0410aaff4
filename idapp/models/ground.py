"""What every table shares: the key, the form of time, small structured values, closed lists."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from peewee import SQL, AutoField, Check, Model, NodeList, TextField

from idapp.database import db


def utc_now() -> datetime:
    """Now in UTC, without a zone: the one form of time in the database."""
    return datetime.now(UTC).replace(tzinfo=None)


def one_of(column: str, values: tuple[str, ...]) -> SQL | NodeList:
    """A constraint of the table: the column holds one of these words, none of which has a quote in it."""
    return Check(f"{column} IN ({', '.join(map(repr, values))})")


def written_out(words: Iterable[str]) -> list[SQL]:
    """Words that stand in a statement itself, not as values that come later; none of them has a quote in it.

    SQLite finds a partial index only by the words of its own condition. Where a value comes later it plans the
    statement anew each time, to see whether the index serves that one.
    """
    return [SQL(repr(word)) for word in words]


# made once: json.dumps would make one for each value
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_EMPTY = {"[]": list, "{}": dict}  # most values of a long file are one of them


class JSONText(TextField):
    """Small structured values, readable in any database browser."""

    def db_value(self, value: Any) -> str:
        """The text to store: JSON in one line, Vietnamese letters as they are."""
        return _AS_JSON.encode(value)

    def python_value(self, value: str | None) -> Any:
        """The stored value, a new one each time; None for a column without any."""
        if value in _EMPTY:
            return _EMPTY[value]()
        if not value:
            return None
        return json.loads(value)


class Table(Model):
    """Foreign keys also have their bare ``..._id``, and backrefs; they are declared where they exist, for mypy."""

    id = AutoField()

    class Meta:
        database = db
        legacy_table_names = False
