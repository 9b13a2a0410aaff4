"""From SQLite to PostgreSQL by one command: every table, whole or not at all, and no start on the file left behind."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import peewee
import pytest
from click.testing import Result
from flask import Flask

from idapp import accounts, data_folder, doctor, models, notices, people, server_move, table_copies
from idapp.database import build_schema, close_database, connected, db, open_database, writing
from idapp.models import Change, Person
from idapp.settings import Settings, SettingsError, use
from tests.cast import Cast, pupil

pytestmark = pytest.mark.sqlite("moves away from SQLite")
TABLES = peewee.sort_models(
    [
        one
        for one in vars(models).values()
        if isinstance(one, type) and issubclass(one, models.Table)
    ]
)
TABLES.remove(models.Table)
# what has been seen to be taken for something else on the way
ODD_TEXT = "Đặng “Ấp 2” 'x' \"y\" \\ % %s ? \t\n NULL " + "dài " * 80
WORDS = re.compile(r"CHECK \(\"?(\w+)\"? IN \('([^']*)'")


@pytest.fixture(autouse=True)
def back_to_the_file(settings: Settings) -> Iterator[None]:
    """Whatever database a test has moved to, no connection of it is left."""
    yield
    close_database()
    use(settings)


def move(app: Flask, *arguments: str, typed: str = "", ok: bool = True) -> Result:
    result = app.test_cli_runner().invoke(args=["move-to-postgresql", *arguments], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert (result.exit_code == 0) is ok, result.output
    return result


def all_rows() -> dict[str, list[dict[str, Any]]]:
    """Of every model, as the program reads them: times as times, truth as truth."""
    return {
        table._meta.table_name: list(table.select().order_by(table.id).dicts()) for table in TABLES
    }


def fill_empty_tables() -> None:
    """Two rows in every table that has none, with something in every column."""
    for table in TABLES:
        if not table.select().exists():
            for round_ in (0, 1):
                columns = _odd_values(table, round_)
                names = ", ".join(f'"{name}"' for name in columns)
                marks = ", ".join("?" * len(columns))
                db.execute_sql(
                    f'INSERT INTO "{table._meta.table_name}" ({names}) VALUES ({marks})',
                    tuple(columns.values()),
                )


def _odd_values(table: type[models.Table], round_: int) -> dict[str, Any]:
    name = table._meta.table_name
    (sql,) = db.execute_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    allowed = dict(WORDS.findall(sql))
    return {
        field.column_name: allowed.get(field.column_name, _odd_value(field, round_))
        for field in table._meta.sorted_fields
    }


def _odd_value(field: peewee.Field, round_: int) -> Any:
    if field.primary_key:
        return 7 + 90 * round_
    if isinstance(field, peewee.ForeignKeyField):
        return _odd_reference(field, round_)
    if isinstance(field, peewee.BooleanField):
        return bool(round_)
    if isinstance(field, peewee.DateTimeField):
        return datetime(2022, 10, 16, 7, 0, 0, 12 * round_)
    if isinstance(field, peewee.DateField):
        return date(2022, 10, 16 + round_)
    if isinstance(field, peewee.FloatField):
        return 0.1 + round_ / 3
    if isinstance(field, peewee.IntegerField):
        return 41 + round_
    if isinstance(field, models.ground.JSONText):
        return '{"Ấp": ["2", null, 1.5]}'
    return f"{ODD_TEXT}{round_}"


def _odd_reference(field: peewee.ForeignKeyField, round_: int) -> int | None:
    """Another row in each round, and for each of a table's own references."""
    rank = list(field.model._meta.refs).index(field)
    rows = field.rel_model.select(field.rel_model.id).order_by(field.rel_model.id).tuples()
    ids = [id_ for (id_,) in rows]
    if not ids:
        return None
    return ids[(rank + round_) % len(ids)]


def test_a_school_moves_and_goes_on(
    app: Flask, cast: Cast, settings: Settings, empty_server: str
) -> None:
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.lan)
    notices.set_progress(Person.get_by_id(cast.binh.id), "asked", by=cast.lan)
    token = accounts.start_session(cast.lan)
    fill_empty_tables()
    before = all_rows()
    assert [name for name, rows in before.items() if not rows] == [], "every table has a row"
    levels = {one.name: one.level for one in doctor.invariants()}
    told = move(app, empty_server).output
    assert f"Đã chuyển {sum(map(len, before.values()))} dòng của {len(TABLES)} bảng" in told
    assert isinstance(db.obj, peewee.PostgresqlDatabase)
    use(replace(settings, database_url=empty_server))
    with connected():
        after = all_rows()
        moved = after["change"].pop()
        assert (moved["event"], moved["user"]) == ("database.moved", None)
        assert after == before
        assert {one.name: one.level for one in doctor.invariants()} == levels
        session = accounts.session_of(token)
        assert session is not None
        assert session.user == cast.lan
        # it goes on: new ids, the same refusals
        people.change(Person.get_by_id(cast.an.id), "address", "Ấp 3", seen="Ấp 2", by=cast.lan)
        newest = people.add(
            kind="student",
            school_class=cast.class_5a,
            values=pupil("Trần Thị Mới", serial=77),
            by=cast.thu,
        )
        assert newest.id > max(row["id"] for row in before["person"])
        for forbidden in (Change.update(new="x"), Change.delete()):
            with pytest.raises(peewee.PeeweeException, match="append only"), writing():
                forbidden.execute()


def test_nobody_goes_on_with_the_file_that_was_left(
    app: Flask, cast: Cast, settings: Settings, empty_server: str
) -> None:
    before = all_rows()
    move(app, empty_server)
    close_database()
    with pytest.raises(SettingsError, match=r"đã chuyển sang PostgreSQL \(127\.0\.0\.1:"):
        open_database(settings)
    (settings.data / "moved_to_postgresql").unlink()
    open_database(settings)
    with connected():
        assert all_rows() == before, "the file was only read"


def test_what_is_interrupted_leaves_nothing_and_is_done_again(
    app: Flask, cast: Cast, settings: Settings, empty_server: str
) -> None:
    heard: list[str] = []

    def interrupted(name: str, rows: int) -> None:
        heard.append(name)
        if len(heard) == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        server_move.move(empty_server, settings, interrupted)
    assert not (settings.data / "moved_to_postgresql").exists()
    assert Person.get_by_id(cast.an.id).full_name == "Nguyễn Thị An"
    move(app, empty_server)


def test_a_value_that_the_server_cannot_hold_stops_the_move(
    app: Flask, cast: Cast, settings: Settings, empty_server: str
) -> None:
    """Rather than a letter that is quietly dropped."""
    Person.update(position="Giáo\0viên").where(Person.id == cast.giang.id).execute()
    told = move(app, empty_server, ok=False).output
    assert "Không chép được bảng person" in told
    assert "viên" not in told
    assert not (settings.data / "moved_to_postgresql").exists()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("UPDATE person SET active = 3", "Bảng person có giá trị lạ ở cột active"),
        ("UPDATE person SET school_class_id = 999", "Bảng person có dòng trỏ tới dòng không còn"),
    ],
)
def test_damage_is_not_carried_over(
    app: Flask, cast: Cast, empty_server: str, damage: str, sentence: str
) -> None:
    db.execute_sql("PRAGMA foreign_keys = 0")
    db.execute_sql(f"{damage} WHERE id = {cast.an.id}")
    assert sentence in move(app, empty_server, ok=False).output


def test_it_refuses_what_would_do_harm(
    app: Flask, cast: Cast, settings: Settings, empty_server: str
) -> None:
    nobody = "postgresql://idapp@127.0.0.1:9/idapp"
    assert "Không mở được cơ sở dữ liệu ở 127.0.0.1:9/idapp" in move(app, nobody, ok=False).output
    secret = "postgresql://idapp:bi-mat@127.0.0.1:9/idapp"
    told = move(app, secret, ok=False).output
    assert "Mật khẩu trên dòng lệnh" in told
    assert "bi-mat" not in told
    assert "127.0.0.1:9/idapp" in move(app, typed=f"{secret}\n", ok=False).output
    assert "DATABASE_URL phải là" in move(app, "mysql://x/y", ok=False).output
    lock = data_folder.lock(settings)
    assert "Chương trình đang chạy" in move(app, empty_server, ok=False).output
    lock.close()
    move(app, empty_server)
    use(replace(settings, database_url=empty_server))
    assert "đang ở PostgreSQL rồi" in move(app, empty_server, ok=False).output
    close_database()
    (settings.data / "moved_to_postgresql").unlink()
    open_database(use(settings))
    assert "đã có bảng bên trong" in move(app, empty_server, ok=False).output


def test_rows_come_back_as_they_went(cast: Cast, settings: Settings, empty_server: str) -> None:
    """SQLite, server, SQLite: the second file says what the first one said, bit by bit."""
    fill_empty_tables()
    first = _as_stored(db.obj)
    source = db.obj
    server = peewee.PostgresqlDatabase(empty_server, autoconnect=True)
    build_schema(server)
    table_copies.copy_everything(source, server)
    copy = peewee.SqliteDatabase(settings.data / "copy.db", pragmas={"foreign_keys": 0})
    build_schema(copy)
    table_copies.copy_everything(server, copy)
    assert _as_stored(copy) == first
    server.close()
    copy.close()


def _as_stored(database: peewee.Database) -> dict[str, list[tuple[Any, ...]]]:
    stored = {}
    for table in database.get_tables():
        names = ", ".join(sorted(f'"{column.name}"' for column in database.get_columns(table)))
        query = f'SELECT {names} FROM "{table}" ORDER BY "id"'
        if table != "schema_migration":
            stored[table] = database.execute_sql(query).fetchall()
    return stored
