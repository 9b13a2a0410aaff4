"""All that is kept about one person: it follows the foreign keys of the models, so that a table added later is never
forgotten.
"""

from datetime import date, datetime
from typing import Any

from peewee import ForeignKeyField, Model

from idapp import disclosures
from idapp.models import Person, Table, User
from idapp.people import survivors


def everything_about(person: Person) -> dict[str, Any]:
    """One person's record, class and every row of any table that speaks of it; audited."""
    disclosures.record("person.exported", by=None, person=person)
    class_name = ""
    if person.school_class is not None:
        class_name = person.school_class.name
    return {"class": class_name} | _record_and_rows(person)


def _record_and_rows(person: Person) -> dict[str, Any]:
    """The record, the rows that name it, and the same of each record that was merged into it."""
    contents: dict[str, Any] = {"person": _row(person)}
    for foreign_key, model in Person._meta.backrefs.items():
        name = model._meta.table_name
        # a table may name two people, as a merge does
        contents[name] = contents.get(name, []) + _rows(model, foreign_key, [person.id])
    merges = survivors.merged_into(person)
    contents["merged"] = [_record_and_rows(merge.other) for merge in merges]
    return contents


def _rows(model: type[Table], foreign_key: ForeignKeyField, ids: list[int]) -> list[dict[str, Any]]:
    """Rows of a table, each with the rows that hang on it (the calls of a question)."""
    contents = []
    for row in model.select().where(foreign_key.in_(ids)).order_by(model.id):
        content = _row(row)
        for other_key, other in model._meta.backrefs.items():
            content[other._meta.table_name] = _rows(other, other_key, [row.id])
        contents.append(content)
    return contents


def _row(row: Model) -> dict[str, Any]:
    return {name: _plain(row, name, value) for name, value in row.__data__.items()}


def _plain(row: Model, name: str, value: Any) -> Any:
    """JSON; users by their name, because a number says nothing to the person who asks."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    field = row._meta.fields[name]
    if value is not None and isinstance(field, ForeignKeyField) and field.rel_model is User:
        return User.get_by_id(value).full_name
    return value
