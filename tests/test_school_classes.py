"""Classes: their order in every list, and ids that are never given twice."""

import gzip
import sqlite3
from pathlib import Path

import pytest

from idapp import permissions, school
from idapp.database import db, migrate, open_database
from idapp.models import RemovedClass, SchoolClass
from idapp.settings import Settings
from tests.cast import Cast
from tests.test_older_folders import OLDER, VERSIONS


def names_in_order(cast: Cast) -> list[str]:
    return [school_class.name for school_class in permissions.classes_of(cast.thu)]


def test_a_new_class_stands_where_lists_have_it(cast: Cast) -> None:
    for name in ("5A10", "Mầm 1", "5A9", "4B", "6A"):
        school.add_class(name, by=cast.thu)
    assert names_in_order(cast) == ["4B", "5A", "5A9", "5A10", "5B", "6A", "Mầm 1"]


def test_nothing_sorts_classes_by_another_order() -> None:
    for path in (Path(__file__).parent.parent / "idapp").rglob("*.py"):
        if "migrations" not in path.parts:
            assert "SchoolClass.grade, SchoolClass.name" not in path.read_text("utf-8"), path


def test_no_class_gets_the_id_of_another(cast: Cast) -> None:
    first = school.add_class("5C", by=cast.thu)
    assert school.take_back_class(first, by=cast.thu)
    second = school.add_class("5D", by=cast.thu)
    assert second.id > first.id
    assert school.name_of_class(first.id) == "5C"
    assert school.name_of_class(second.id) == "5D"


@pytest.mark.sqlite("a folder of an older version")
def test_removed_classes_of_older_versions_are_remembered(settings: Settings) -> None:
    settings.data.mkdir(parents=True, mode=0o700)
    file = settings.data / "idapp.db"
    file.write_bytes(gzip.decompress((OLDER / f"{VERSIONS[-1]}.db.gz").read_bytes()))
    connection = sqlite3.connect(file)
    for id_ in (1, 77):  # the first is in use again
        connection.execute(
            "INSERT INTO change (at, event, subject, field, old, new, typed, door, step, address)"
            " VALUES ('2026-09-01', 'class.removed', ?, '', '9X', '', '', '', '', '')",
            (f"class {id_}",),
        )
    before = connection.execute("SELECT name FROM school_class ORDER BY grade, name").fetchall()
    connection.commit()
    connection.close()
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    assert [(row.id, row.name) for row in RemovedClass.select()] == [(77, "9X")]
    in_order = SchoolClass.select().order_by(SchoolClass.position)
    assert [school_class.name for school_class in in_order] == [name for (name,) in before]
    assert school.add_class("9Y", by=None).id == 78
    db.close()
