"""Migration 0019: what an older version wrote as ``undo 4f2a`` into a text stands in two columns afterwards."""

import gzip
import sqlite3
from collections.abc import Iterator

import pytest
from peewee import PeeweeException

from idapp.database import db, migrate, open_database
from idapp.models import Change
from idapp.settings import Settings
from tests.test_older_folders import OLDER, VERSIONS

pytestmark = pytest.mark.sqlite("a folder of an older version")

INSERT = (
    "INSERT INTO change (at, event, person_id, subject, field, old, new, typed, door, step, address)"
    " VALUES ('2026-09-01 07:00:00', 'person.changed', 1, ?, 'address', '', '', '', ?, ?, '')"
)
TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"


@pytest.fixture
def triggers_before(settings: Settings) -> Iterator[list[tuple[str, str]]]:
    """The database of an older version in which something was undone, brought up to date."""
    settings.data.mkdir(parents=True, mode=0o700)
    file = settings.data / "idapp.db"
    file.write_bytes(gzip.decompress((OLDER / f"{VERSIONS[-1]}.db.gz").read_bytes()))
    connection = sqlite3.connect(file)
    for row in (("", "typed", "aa"), ("undo aa", "undo", "bb"), ("redo aa", "undo", "cc")):
        connection.execute(INSERT, row)
    connection.execute(INSERT, ("undo of nothing", "import", "dd"))
    connection.commit()
    triggers = connection.execute(TRIGGERS).fetchall()
    connection.close()
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    yield triggers
    db.close()


@pytest.mark.usefixtures("triggers_before")
def test_undos_of_before_are_in_columns_and_keep_their_subject() -> None:
    rows = Change.select().where(Change.changeset.in_(("aa", "bb", "cc", "dd")))
    assert [(row.verb, row.undoes, row.subject) for row in rows.order_by(Change.id)] == [
        ("", "", ""),
        ("undo", "aa", "undo aa"),
        ("redo", "aa", "redo aa"),
        ("", "", "undo of nothing"),
    ]


def test_the_history_is_append_only_again(triggers_before: list[tuple[str, str]]) -> None:
    names = {name for name, _ in triggers_before}
    assert names == {"change_no_update", "change_no_delete"}
    assert {name for name, _ in db.execute_sql(TRIGGERS).fetchall()} > names
    for rewrite in (Change.update(verb=""), Change.delete()):
        with pytest.raises(PeeweeException, match="append only"):
            rewrite.execute()
