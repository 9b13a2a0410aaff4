"""Uploaded workbooks and their judged rows."""

from __future__ import annotations

from typing import Any

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, ModelSelect, TextField

from idapp.models.ground import JSONText, Table, one_of, utc_now
from idapp.models.people import Person
from idapp.models.school import User


class Import(Table):
    """An uploaded workbook on its way: read, checked, confirmed."""

    user_id: int
    rows: ModelSelect[Any]
    file_name = TextField()
    sha256 = CharField(index=True)
    user = ForeignKeyField(User, backref="imports")
    created_at = DateTimeField(default=utc_now)
    state = CharField(default="checked", constraints=[one_of("state", ("checked", "confirmed", "dropped"))])
    confirmed_at = DateTimeField(null=True)
    shape = CharField(default="")  # profile, form416, staff
    skipped = JSONText(default=dict)  # rows that are no record, by kind
    unknown_headings = JSONText(default=list)
    step = CharField(default="")


class ImportRow(Table):
    """One row of an uploaded workbook, as it was judged on the check page. Only these rows are ever written."""

    upload_id: int
    person_id: int | None
    upload = ForeignKeyField(Import, backref="rows", on_delete="CASCADE")
    row = IntegerField()  # row number in the sheet, as the user sees it in Excel
    verdict = CharField()  # new, changed, same, conflict, wrong
    person = ForeignKeyField(Person, null=True)
    class_name = CharField(default="")
    values = JSONText(default=dict)  # {field: text to store}
    seen = JSONText(default=dict)  # {field: what the record held when the file was checked}
    repairs = JSONText(default=dict)  # {field: text as it stood in the file}
    problems = JSONText(default=list)
    applied = CharField(default="")  # created, changed, unchanged, stale
