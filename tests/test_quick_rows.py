"""Models from prepared statements are those that Peewee makes."""

from typing import Any

import pytest
from peewee import JOIN, SQL, Model, fn

from idapp import models
from idapp.database import PreparedStatement
from idapp.models import Change, ClassTeacher, Person, SchoolClass, User
from tests.cast import Cast


def _said(row: Model | None) -> Any:
    """All that a model holds, with those it refers to."""
    if row is None:
        return None
    related = {name: _said(other) for name, other in row.__rel__.items()}
    types = {name: type(value) for name, value in row.__data__.items()}
    return type(row), row.__data__, types, related, row.dirty_fields


def _is_as_peewee(query: Any) -> bool:
    """Is the second answer, which Peewee no longer reads, the same as its own? And was there any?"""
    prepared = PreparedStatement(lambda: query.clone())
    prepared.rows()
    read = [_said(row) for row in prepared.rows()]
    return bool(read) and read == [_said(row) for row in query.clone()]


def test_each_table_reads_as_with_peewee(cast: Cast) -> None:
    filled = 0
    for table in models.__dict__.values():
        if not isinstance(table, type) or not issubclass(table, Model) or not table.table_exists():
            continue
        if table.select().exists():
            assert _is_as_peewee(table.select()), table
            filled += 1
    assert filled >= 6


def test_joined_tables_read_as_with_peewee(cast: Cast) -> None:
    assert _is_as_peewee(Person.select(Person, SchoolClass).left_outer_join(SchoolClass))
    assert _is_as_peewee(
        Change.select(Change, User, Person)
        .left_outer_join(User)
        .switch(Change)
        .join(Person, JOIN.LEFT_OUTER)
    )
    assert _is_as_peewee(
        ClassTeacher.select(ClassTeacher, User, SchoolClass)
        .join(User)
        .switch(ClassTeacher)
        .join(SchoolClass)
    )
    # what is not plain: a class of a class teacher's user, a column that is no field, a dictionary
    record = Person.alias()
    staff = (
        ClassTeacher.select(ClassTeacher, User, record)
        .join(User)
        .join(record, JOIN.LEFT_OUTER, on=(User.staff_record == record.id))
    )
    assert _is_as_peewee(staff)
    counted = (
        SchoolClass.select(SchoolClass, fn.COUNT(Person.id).alias("pupils"))
        .join(Person)
        .group_by(SchoolClass.id)
    )
    prepared = PreparedStatement(lambda: counted)
    prepared.rows()
    assert [row.pupils for row in prepared.rows()] == [row.pupils for row in counted]


@pytest.mark.sqlite("a server keeps moments, and no texts that only look like them")
def test_moments_in_other_forms_read_as_with_peewee(cast: Cast) -> None:
    """A foreign hand may have written them; the program's own form is read without Peewee."""
    written = [
        "2026-11-30 07:05:09.000001",
        "2026-11-30 07:05:09",
        "2026-11-30 07:05:09.25",
        "2026-11-30",
        "2026-11-30 07:05:09,000001",
        "2026-11-30 07:05:09+01:00x",
        "2026-13-30 07:05:09.000001",
        "nonsense",
    ]
    for id_, moment in enumerate(written, start=5000):
        Change.insert(id=id_, event="login.failed", at=SQL("?", [moment])).execute()
    assert _is_as_peewee(Change.select().where(Change.event == "login.failed"))
