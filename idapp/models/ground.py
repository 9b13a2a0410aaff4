"""What every table shares: the key, the form of time, small structured values, closed lists."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from peewee import SQL, AutoField, Check, Model, NodeList, TextField

from idapp.database import db


def utc_now() -> datetime:
    """Now in UTC, without a zone: the one form of time in the database."""
    return datetime.now(UTC).replace(tzinfo=None)


def one_of(column: str, values: tuple[str, ...]) -> SQL | NodeList:
    return Check(f"{column} IN ({', '.join(repr(v) for v in values)})")


# made once: json.dumps would make one for each value
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_EMPTY = {"[]": list, "{}": dict}  # most values of a long file are one of them


class JSONText(TextField):
    """Small structured values, readable in any database browser."""

    def db_value(self, value: Any) -> str:
        return _AS_JSON.encode(value)

    def python_value(self, value: str | None) -> Any:
        if value in _EMPTY:
            return _EMPTY[value]()
        return json.loads(value) if value else None


class Table(Model):
    """Foreign keys also have their bare ``..._id``, and backrefs; they are declared where they exist, for mypy."""

    id = AutoField()

    class Meta:
        database = db
        legacy_table_names = False
