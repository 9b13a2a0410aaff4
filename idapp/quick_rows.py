"""Rows of a prepared statement as models, put together as Peewee does it and faster.

Peewee sets each column of each row through its accessor and makes texts out of texts. Here the columns of a model
become its ``__data__`` at once, and only those are converted whose stored form is another one. The models are the same,
field by field; what is not plain is left to Peewee (``tests/test_quick_rows.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from peewee import (
    AutoField,
    CharField,
    DateTimeField,
    FieldAccessor,
    ForeignKeyAccessor,
    ForeignKeyField,
    IntegerField,
    Model,
    ModelCursorWrapper,
    ModelObjectCursorWrapper,
    TextField,
)

Stored = tuple[Any, ...]
ReadRow = Callable[[Stored], Any]
# what the database gives for these is what a model holds
_AS_STORED = (AutoField, CharField, ForeignKeyField, IntegerField, TextField)
_PLAIN = (FieldAccessor, ForeignKeyAccessor)
_MOMENT = len("2026-11-30 07:05:09.000001")


class _Part(NamedTuple):
    """The columns of one model among those of a row, and those of them that are converted: (name, how)."""

    model: type[Model]
    names: tuple[str, ...]
    columns: slice
    converted: tuple[tuple[str, Callable[[Any], Any]], ...]

    def read(self, row: Stored) -> Any:
        """An instance in which nothing waits to be saved."""
        data = dict(zip(self.names, row[self.columns], strict=True))
        for name, convert in self.converted:
            data[name] = convert(data[name])
        instance: Any = self.model.__new__(self.model)
        instance.__data__ = data
        instance.__rel__ = {}
        instance._dirty = set()
        return instance

    def is_in(self, row: Stored) -> bool:
        """Does the row say anything of it? Not where an outer join found nothing."""
        if row[self.columns.start] is not None:  # usually the key
            return True
        return any(value is not None for value in row[self.columns])


class _Link(NamedTuple):
    """A part that the first part refers to, by this foreign key."""

    attribute: str
    part: _Part
    is_outer: bool


def reader_of(rows: Any) -> ReadRow | None:
    """What reads one row as ``rows`` does, an answer that Peewee has begun to read; None where only Peewee can."""
    if type(rows) is ModelObjectCursorWrapper and rows.is_model:
        part = _part(rows, rows.constructor, range(rows.ncols))
        return part.read if part else None
    if type(rows) is ModelCursorWrapper:
        return _reader_of_joined(rows)
    return None


def _reader_of_joined(rows: ModelCursorWrapper) -> ReadRow | None:
    """Of rows that hold a model with others that it refers to, not with what these refer to in turn."""
    parts: dict[Any, _Part] = {}
    for key, (model, is_model) in rows.key_to_constructor.items():
        places = [place for place in range(rows.ncols) if rows.column_keys[place] == key]
        part = _part(rows, model, places) if is_model else None
        if part is None:
            return None
        parts[key] = part
    first = parts.pop(rows.model)
    links = []
    for source, attribute, target, _, is_outer, is_foreign_key in rows.src_to_dest:
        if source != rows.model or not is_foreign_key:
            return None
        links.append(_Link(attribute, parts.pop(target), is_outer))
    if parts:
        return None
    return _reader_of(first, links)


def _reader_of(first: _Part, links: list[_Link]) -> ReadRow:
    def read(row: Stored) -> Any:
        """The first part, with the others where they are."""
        instance = first.read(row)
        for attribute, part, is_outer in links:
            if part.is_in(row):
                # its key stands among the columns of the first part already
                instance.__rel__[attribute] = part.read(row)
            elif is_outer and first.is_in(row):
                instance.__rel__[attribute] = None  # looked for, and not there
        instance._dirty.clear()
        return instance

    return read


def _part(rows: Any, model: type[Model], places: Iterable[int]) -> _Part | None:
    """The columns in these places, None where one of them is no plain field of the model."""
    names = []
    converted = []
    places = list(places)
    for place in places:
        field = model._meta.combined.get(rows.columns[place])
        if field is None or type(model.__dict__.get(field.name)) not in _PLAIN:
            return None
        names.append(field.name)
        convert = rows.converters[place]
        if convert is not None and type(field) not in _AS_STORED:
            if type(field) is DateTimeField:
                convert = _moment_or(convert)
            converted.append((field.name, convert))
    if not places or len(set(names)) < len(names):
        return None
    columns = slice(places[0], places[-1] + 1)
    if places != list(range(columns.start, columns.stop)):  # those of another part between them
        return None
    return _Part(model, tuple(names), columns, tuple(converted))


def _moment_or(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A moment in the form in which the program writes it; ``convert`` reads every other form, and what is none.

    Peewee tries one form after the other with ``strptime``, which takes fifty times as long.
    """

    def read(stored: Any) -> Any:
        """What a model holds for it."""
        if isinstance(stored, str) and len(stored) == _MOMENT and stored[10] + stored[19] == " .":
            try:
                return datetime.fromisoformat(stored)
            except ValueError:
                pass
        return convert(stored)

    return read
