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
from idapp.models import Batch, Change, Person, Recheck, User
from idapp.people import catching_up
from idapp.people.states import COMPUTED
from idapp.rules.problem import Problem
from idapp.settings import Settings
from idapp.web.accounts import cookie_name
from idapp.web.people import rechecked
from tests.test_floors import imported, is_module

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


def _catch_up() -> Recheck:
    """What the worker does after an update."""
    for change_id in catching_up.owed():
        catching_up.go_on(change_id)
    newest = catching_up.last()
    assert newest is not None
    return newest


@pytest.mark.usefixtures("older")
def test_the_doctor_is_content_afterwards() -> None:
    states = {person.id: person.status for person in Person.select()}
    change = _catch_up()
    assert change.state == "done"
    assert {finding.level for finding in doctor.invariants()} == {"ok"}
    others = {person.id for person in Person.select() if person.status != states[person.id]}
    written = Change.select().where(Change.event == "person.rechecked")
    assert {row.person_id for row in written} == others
    assert change.counts.get("states", 0) == len(others)


@pytest.mark.usefixtures("older")
def test_computing_anew_happens_once(monkeypatch: pytest.MonkeyPatch) -> None:
    _catch_up()
    spoilt = _spoil()
    assert catching_up.owed() == []
    monkeypatch.setattr(catching_up, "fingerprint", lambda: "of a newer program")
    change = _catch_up()
    assert change.rules == "of a newer program"
    assert spoilt in change.worse
    assert catching_up.owed() == []


@pytest.mark.usefixtures("older")
def test_computing_anew_goes_on_after_a_crash_and_no_batch_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoilt = _spoil()
    monkeypatch.setattr(catching_up, "_PART", 10)
    change = catching_up.begin()
    parts = catching_up._do_part
    monkeypatch.setattr(catching_up, "_do_part", _crash_after(2, parts))
    with pytest.raises(KeyboardInterrupt):
        catching_up.go_on(change.id)
    clerk = User.get(User.username == "hieutruong")
    assert "đang kiểm tra lại" in rechecked.sentence_for(clerk)
    with pytest.raises(Problem, match="sau khi cập nhật"):
        verification.start("school", by=clerk)
    halfway = Recheck.get_by_id(change.id)
    assert (halfway.state, halfway.last_id > 0) == ("running", True)
    assert catching_up.begin().id == change.id
    monkeypatch.setattr(catching_up, "_do_part", parts)
    catching_up.go_on(change.id)
    done = Recheck.get_by_id(change.id)
    assert (done.state, spoilt in done.worse) == ("done", True)
    assert "hồ sơ có thêm lỗi" in rechecked.sentence_for(clerk)
    assert {finding.level for finding in doctor.invariants()} == {"ok"}
    catching_up.is_seen(done)
    assert rechecked.sentence_for(clerk) == ""


def _spoil() -> int:
    """As an older rule might have left it: a record with an error that nobody has noted. Returns its id."""
    person = Person.select().where(Person.active, Person.errors > 0).order_by(Person.id).first()
    assert person is not None
    Person.update(problems=[], errors=0, status="ready").where(Person.id == person.id).execute()
    return int(person.id)


def _crash_after(parts: int, do_part: Callable[[Recheck], bool]) -> Callable[[Recheck], bool]:
    left = iter(range(parts))

    def crashing(change: Recheck) -> bool:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return do_part(change)

    return crashing


def test_whatever_decides_a_state_is_in_the_fingerprint() -> None:
    """Follow the imports of ``people.states``: who adds a source of states adds it to SOURCES."""
    package = Path(catching_up.__file__).parent.parent
    in_it = {file for pattern in catching_up.SOURCES for file in package.glob(pattern)}
    assert all(list(package.glob(pattern)) for pattern in catching_up.SOURCES)
    # they hold rows and write deeds, and say nothing of what is right
    below = {"database", "settings", "models", "faults", "audit", "school"}
    for file in [one for one in in_it if one.suffix == ".py"]:
        for name in imported(file):
            path = package / name.replace(".", "/")
            if is_module(name) and name.partition(".")[0] not in below:
                assert {path.with_suffix(".py"), path / "__init__.py"} & in_it, (file, name)


def test_the_school_goes_on_where_it_was(older: tuple[Settings, Rows]) -> None:
    _catch_up()
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
