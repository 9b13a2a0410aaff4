"""What a merge wrote besides the history, value by value, so that an undo can put back exactly that."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import DateTimeField, IntegrityError

from idapp.database import db
from idapp.models import Person, Table

JournalEntry = list[Any]  # [table, id, column, value before, value left], as JSON


class Journal:
    """Collects the entries of one merge."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []

    def write(self, row: Table, **columns: object) -> None:
        """Write these columns of a row and note what stood there."""
        for name, value in columns.items():
            self.note(row, name, plain(row.__data__.get(name)), plain(value))
            setattr(row, name, value)
        row.save(only=list(columns))

    def move(self, row: Table, column: str, to: Person) -> bool:
        """Let a row belong to another person. False, and nothing happens, where that one has its like already."""
        before = row.__data__[column]
        try:
            with db.atomic():
                _write(row, column, to.id)
        except IntegrityError:
            return False
        self.note(row, column, before, to.id)
        return True

    def note(self, row: Table, column: str, before: object, left: object) -> None:
        """Something that was written otherwise; the values are plain ones."""
        if before != left:
            table = row._meta.table_name
            self.entries.append([table, row.id, column, before, left])


def rows_of_entries(entries: Iterable[JournalEntry]) -> list[tuple[JournalEntry, Table | None]]:
    """Each entry with its row as it is now; None for one that is gone."""
    models = {model._meta.table_name: model for model in Table.__subclasses__()}
    rows: list[tuple[JournalEntry, Table | None]] = []
    for entry in entries:
        table, id_, *_ = entry
        rows.append((entry, models[table].get_or_none(models[table].id == id_)))
    return rows


def holds(entry: JournalEntry, row: Table | None) -> bool:
    """Does the row still hold what the merge left there? One that was purged since is nobody's loss."""
    _, _, column, _, left = entry
    return row is None or plain(row.__data__.get(column)) == left


def put_back(entry: JournalEntry, row: Table) -> None:
    """Write the value of before."""
    _, _, column, before, _ = entry
    field = row._meta.fields[column]
    if isinstance(field, DateTimeField) and before is not None:
        before = datetime.fromisoformat(before)
    _write(row, column, before)


def _write(row: Table, column: str, value: object) -> None:
    model = type(row)
    model.update({column: value}).where(model.id == row.id).execute()


def plain(value: object) -> object:
    """A value as JSON keeps it: a row by its id, a moment as text."""
    if isinstance(value, Table):
        return value.id
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value
