"""Data of older versions: this version opens them and keeps every row of every table.

The files are databases that those versions wrote (``tests/samples/older/README.md``): a school of 45 invented people
with batches, cases, an import, a history, and a batch that still waits.
"""

import gzip
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from idapp import accounts, doctor, school, verification
from idapp.database import db, migrate, open_database
from idapp.models import Batch, User
from idapp.people import catching_up
from idapp.people.states import COMPUTED
from idapp.settings import Settings
from idapp.web.accounts import cookie_name

pytestmark = pytest.mark.sqlite("folders of older versions")

OLDER = Path(__file__).parent / "samples" / "older"
VERSIONS = ("b8d63e5", "7bb4630")
Rows = dict[str, dict[int, dict[str, Any]]]
# what the migrations leave out or write anew, and why
DROPPED_COLUMNS = {("batch", "failures_in_row")}  # 0002: counted from the items
DROPPED_VERDICTS = {"heading"}  # 0003: no row of a person
RENAMED_COLUMNS = {
    ("batch", "way"): "channel",
    ("batch", "trouble_since"): "outage_since",
    ("batch_item", "heard_before"): "outcome_before",
    ("change", "door"): "source",
    ("change", "step"): "changeset",
    ("import", "step"): "changeset",
    ("scan", "notice_id"): "case_id",
}
RENAMED_TABLES = {"notice": "paper_case"}
REWRITTEN = {
    ("school", "reviewer_title"),  # 0015: the default follows the campaign's places
    ("import_row", "raw"),  # 0010: columns nobody asks for are forgotten
    ("import_row", "marks"),  # 0018: the same words, as a list
    ("school_class", "homeroom_teacher_id"),  # 0021: rows of class_teacher
}


@pytest.fixture(params=VERSIONS)
def older(request: pytest.FixtureRequest, settings: Settings) -> Iterator[tuple[Settings, Rows]]:
    """A data folder of that version, opened and brought up to date; and what stood in it."""
    settings.data.mkdir(parents=True, mode=0o700)
    file = settings.data / "idapp.db"
    file.write_bytes(gzip.decompress((OLDER / f"{request.param}.db.gz").read_bytes()))
    connection = sqlite3.connect(file)
    before = rows_of(connection.execute)
    connection.close()  # a second library on an open file would drop the locks of the first
    open_database(settings)
    db.connect(reuse_if_open=True)
    migrate()
    yield settings, before
    db.close()


def rows_of(execute: Callable[[str], Any]) -> Rows:
    """Every row of every table, by its id."""
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = [name for (name,) in execute(query).fetchall() if name != "schema_migration"]
    found: Rows = {}
    for name in tables:
        cursor = execute(f'SELECT * FROM "{name}"')
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        found[name] = {row["id"]: row for row in rows}
    return found


def is_kept(table: str, row: dict[str, Any]) -> bool:
    return table != "import_row" or row["verdict"] not in DROPPED_VERDICTS


def value_of(row: dict[str, Any], table: str, name: str) -> object:
    """Under its name of before, or the one it has now."""
    if name in row:
        return row[name]
    return row.get(RENAMED_COLUMNS.get((table, name), ""))


def test_every_row_and_every_value_is_still_there(older: tuple[Settings, Rows]) -> None:
    _, before = older
    after = rows_of(db.execute_sql)
    for table, rows in before.items():
        kept = {id_: row for id_, row in rows.items() if is_kept(table, row)}
        rows_after = after[RENAMED_TABLES.get(table, table) if table not in after else table]
        assert set(rows_after) == set(kept), table
        for id_, row in kept.items():
            differ = {
                (table, name) for name in row if value_of(rows_after[id_], table, name) != row[name]
            }
            assert differ <= REWRITTEN | DROPPED_COLUMNS, (id_, differ)


def test_every_homeroom_teacher_has_the_class_still(older: tuple[Settings, Rows]) -> None:
    _, before = older
    classes = before["school_class"].values()
    pairs = {
        (row["id"], row["homeroom_teacher_id"]) for row in classes if row["homeroom_teacher_id"]
    }
    assert pairs
    rows = db.execute_sql("SELECT school_class_id, teacher_id, until FROM class_teacher").fetchall()
    assert {row[:2] for row in rows} == pairs
    assert {row[2] for row in rows} == {None}


def test_the_sample_holds_what_a_school_has(older: tuple[Settings, Rows]) -> None:
    _, before = older
    for table in ("person", "change", "batch", "batch_item", "attempt", "notice", "import_row"):
        assert len(before[table]) >= 4, table


@pytest.mark.usefixtures("older")
def test_only_computed_columns_are_computed_anew() -> None:
    before = rows_of(db.execute_sql)
    changed = catching_up.compute_anew()
    after = rows_of(db.execute_sql)
    assert {table for table in before if before[table] != after[table]} <= {"person"}
    for id_, row in before["person"].items():
        differ = {name for name in row if row[name] != after["person"][id_][name]}
        assert differ == changed.get(id_, set())
        assert differ <= set(COMPUTED)


def test_the_doctor_is_content_afterwards(older: tuple[Settings, Rows]) -> None:
    settings, _ = older
    catching_up.catch_up(settings)
    assert {finding.level for finding in doctor.invariants()} == {"ok"}


def test_computing_anew_happens_once(older: tuple[Settings, Rows]) -> None:
    settings, _ = older
    catching_up.catch_up(settings)
    db.execute_sql("UPDATE person SET problems = '[]', errors = 0 WHERE id = 7")
    assert catching_up.catch_up(settings) == 0
    (settings.data / "rules-of").write_text("of an older program")
    assert catching_up.catch_up(settings) == 1


def test_the_school_goes_on_where_it_was(older: tuple[Settings, Rows]) -> None:
    settings, _ = older
    catching_up.catch_up(settings)
    assert school.is_demo()
    assert school.reviewing_office() == "Phòng GDĐT"
    waiting = verification.open_batch("class:2")
    assert waiting is not None
    assert waiting.state == "queued"
    assert Batch.select().where(Batch.state == "finished").count() == 3


def test_its_pages_open(older: tuple[Settings, Rows]) -> None:
    settings, _ = older
    client = _principal(settings)
    addresses = ("/progress", "/classes/1", "/staff", "/batches/1", "/notices", "/imports/1")
    for address in (*addresses, "/history", "/settings/places", "/people/1/history"):
        assert client.get(address).status_code == 200, address


def _principal(settings: Settings) -> FlaskClient:
    client = create_app(replace(settings, demo=True)).test_client()
    user = User.get(User.username == "hieutruong")
    client.set_cookie(cookie_name(), accounts.start_session(user))
    return client
