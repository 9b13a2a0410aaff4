"""The history is searched: by name, class, day, hand, source and kind, a page at a time, fast with many rows."""

from collections.abc import Callable
from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient

from idapp import people
from idapp.database import db
from idapp.models import Change, Person, User
from idapp.people import history, transfers
from idapp.people.history import Wanted
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]
ABOUT = transfers.Circumstances(date(2022, 10, 14))


@pytest.fixture
def told(cast: Cast) -> Cast:
    for person, text, by, source in (
        (cast.an, "Ấp 1", cast.lan, "typed"),
        (cast.binh, "Ấp 2", cast.lan, "pasted"),
        (cast.chi, "Ấp 3", cast.minh, "typed"),
        (cast.giang, "Ấp 4", cast.thu, "typed"),
    ):
        people.change_many([people.Edit(person, "address", text)], by=by, source=source)
    transfers.change_class([Person.get_by_id(cast.an.id)], cast.class_5b, ABOUT, by=cast.thu)
    return cast


def found(user: User, **wanted: object) -> list[tuple[str, str]]:
    """(event, name of the record) oldest first, the deeds of the fixture alone."""
    rows = history.search(user, Wanted(**wanted), limit=1000)  # type: ignore[arg-type]
    return [
        (change.event, change.person.full_name if change.person else "")
        for change in reversed(rows)
        if change.source != "import" and change.person_id
    ]


def test_by_name_without_diacritics(told: Cast) -> None:
    assert found(told.thu, name="tran binh") == [("person.changed", "Trần Văn Bình")]
    assert found(told.thu, name="nobody") == []


def test_a_frequent_name_is_searched_another_way_with_the_same_result(
    told: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = found(told.thu, name="thi")
    assert len({name for _, name in few}) == 2
    monkeypatch.setattr(history, "_FEW", 1)
    assert found(told.thu, name="thi") == few


def test_a_class_with_who_was_in_it_before(told: Cast) -> None:
    names_5a = {name for _, name in found(told.thu, school_class=told.class_5a)}
    assert names_5a == {"Nguyễn Thị An", "Trần Văn Bình"}
    names_5b = {name for _, name in found(told.thu, school_class=told.class_5b)}
    assert names_5b == {"Nguyễn Thị An", "Lê Thị Chi"}


def test_by_hand_source_and_kind(told: Cast) -> None:
    assert found(told.thu, user_id=told.minh.id) == [("person.changed", "Lê Thị Chi")]
    assert found(told.thu, source="pasted") == [("person.changed", "Trần Văn Bình")]
    assert found(told.thu, events=["person.moved"]) == [("person.moved", "Nguyễn Thị An")]
    assert found(told.thu, user_id=told.lan.id, source="typed", name="an") == [
        ("person.changed", "Nguyễn Thị An")
    ]


def test_days_are_days_in_vietnam(told: Cast) -> None:
    [change] = Change.select().where(Change.event == "person.moved")
    day = history.day_of(change.at)
    assert found(told.thu, events=["person.moved"], first=day, last=day)
    assert not found(told.thu, events=["person.moved"], last=date(2000, 1, 1))
    assert not found(told.thu, events=["person.moved"], first=date(2100, 1, 1))


def test_a_teacher_finds_what_is_hers_alone(told: Cast) -> None:
    assert {name for _, name in found(told.lan)} == {"Trần Văn Bình"}


def test_the_page_keeps_what_was_asked_while_one_pages(told: Cast, client_of: ClientOf) -> None:
    for number in range(60):
        people.change_many(
            [people.Edit(told.binh, "address", f"Ấp {number}")], by=told.lan, source="typed"
        )
    client = client_of(told.thu)
    asked = {
        "q": "binh",
        "class": told.class_5a.id,
        "user": told.lan.id,
        "source": "typed",
        "from": "1/1/2020",
    }
    page = client.get("/history", query_string=asked).text
    assert 'value="binh"' in page
    assert page.count("Trần Văn Bình") == 50
    [older] = [part for part in page.split('"') if "before=" in part]
    query = dict(parse_qsl(urlsplit(older.replace("&amp;", "&")).query))
    assert query["q"] == "binh"
    rest = client.get("/history", query_string=query).text
    assert rest.count("Trần Văn Bình") == 10
    assert "before=" not in rest


def test_a_day_that_is_none_is_said_and_the_rest_stays(told: Cast, client_of: ClientOf) -> None:
    answer = client_of(told.thu).get("/history?from=31/02/2022&q=binh")
    assert answer.status_code == 200
    assert "Hãy viết như 25/10/2022" in answer.text
    assert 'value="31/02/2022"' in answer.text
    assert "Trần Văn Bình" in answer.text
    odd = client_of(told.thu).get("/history?class=abc&user=x&source=bịa&kind=bịa")
    assert odd.status_code == 200


@pytest.mark.sqlite("reads SQLite's own plan")
@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "binh"},
        {"source": "pasted"},
        {"user_id": 3},
        {"events": ["person.moved"]},
        {"events": ["batch.started", "batch.state"]},
        {"first": date(2022, 1, 1), "last": date(2022, 2, 1)},
        {},
    ],
    ids=str,
)
def test_no_search_reads_the_whole_history(told: Cast, wanted: dict[str, object]) -> None:
    """SQLite says how it would go: through an index, or back from the newest row."""
    ids = history.ids_of(told.thu, Wanted(**wanted)).limit(51)  # type: ignore[arg-type]
    sql, parameters = ids.sql()
    plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    is_sorted = any("TEMP B-TREE" in step for step in plan)
    is_whole = plan[0].startswith("SCAN") and "INDEX" not in plan[0]
    assert not (is_sorted and is_whole), plan
