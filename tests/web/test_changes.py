"""What others did, told to a table that stands open."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from peewee import fn
from werkzeug.test import TestResponse

from idapp import people
from idapp.models import Change, Person, User
from idapp.people import membership
from tests.cast import Cast, number_for
from tests.web.fragments import partials, swapped
from tests.web.test_paste import HTMX, table_of

ClientOf = Callable[[User], FlaskClient]


def newest() -> int:
    return int(Change.select(fn.MAX(Change.id)).scalar())


def news(client: FlaskClient, cast: Cast, after: int, table: str = "") -> TestResponse:
    return client.get(
        f"{table or f'/classes/{cast.class_5a.id}'}/changes?after={after}", headers=HTMX
    )


def test_nothing_new_is_no_answer(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    answer = news(client, cast, newest())
    assert answer.status_code == 204
    assert not answer.data


def test_a_cell_somebody_changed(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    after = newest()
    people.change(cast.an, "address", "Ấp 7", seen="", by=cast.thu)
    answer = news(client, cast, after)
    html = partials(answer.text)[f"c-{cast.an.id}-address"]
    assert answer.status_code == 200
    assert 'data-value="Ấp 7"' in html
    assert re.search(r'data-fresh="Võ Thị Thư, [0-2][0-9]:[0-5][0-9]"', html)
    assert f'data-after="{newest()}"' in partials(answer.text)["pulse"]
    assert news(client, cast, newest()).status_code == 204


def test_own_changes_of_another_tab_are_told_too(cast: Cast, client_of: ClientOf) -> None:
    client, after = client_of(cast.lan), newest()
    people.change(cast.an, "address", "Ấp 7", seen="", by=cast.lan)
    assert (
        'data-value="Ấp 7"' in partials(news(client, cast, after).text)[f"c-{cast.an.id}-address"]
    )


def test_an_answer_of_the_register_turns_the_state_alone(cast: Cast, client_of: ClientOf) -> None:
    client, table = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    shown = re.search(r'data-after="(\d+)" data-states="([0-9a-jA-Z]*)"', client.get(table).text)
    assert shown is not None
    after, states = shown.groups()
    asked = f"{table}/changes?after={after}&states="
    assert client.get(asked + states, headers=HTMX).status_code == 204
    Person.update(status="sent").where(Person.id == cast.an.id).execute()
    parts = partials(client.get(asked + states, headers=HTMX).text)
    told = {
        f"c-{cast.an.id}-{name}" for name in ("identity_number", "date_of_birth", "gender")
    }  # of them it may speak
    assert {name for name in parts if name.startswith(("c-", "s-"))} == {f"s-{cast.an.id}", *told}
    assert "data-fresh" not in str(parts)
    assert "Đang chờ kết quả" in parts[f"s-{cast.an.id}"]
    fresh = re.search(r'data-states="([0-9a-jA-Z]*)"', parts["pulse"])
    assert fresh is not None
    assert client.get(asked + fresh[1], headers=HTMX).status_code == 204
    assert client.get(asked + "zz9" * 40, headers=HTMX).status_code == 204  # not ours: ignored


def test_the_banner_follows_the_answers_of_the_register(cast: Cast, client_of: ClientOf) -> None:
    client, table = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    after, states = re.search(
        r'data-after="(\d+)" data-states="([0-9a-jA-Z]*)"', client.get(table).text
    ).groups()
    Person.update(status="verified").where(Person.id == cast.an.id).execute()
    text = client.get(f"{table}/changes?after={after}&states={states}", headers=HTMX).text
    assert 'hx-target="aside.deadline"' in text
    assert 'data-done="1" data-total="2"' in text


def test_another_class_is_no_news(cast: Cast, client_of: ClientOf) -> None:
    client, after = client_of(cast.lan), newest()
    people.change(cast.chi, "address", "Ấp 7", seen="", by=cast.thu)
    people.change(cast.giang, "address", "Ấp 7", seen="", by=cast.thu)
    assert news(client, cast, after).status_code == 204


def test_the_whole_row_is_true_again(cast: Cast, client_of: ClientOf) -> None:
    """A birth date changed elsewhere makes the number odd, and a shared number marks the neighbour."""
    client = client_of(cast.lan)
    old, after = client.get(f"/classes/{cast.class_5a.id}").text, newest()
    people.change(cast.an, "date_of_birth", "20/03/2011", seen="20/03/2012", by=cast.thu)
    people.change(cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.thu)
    people.change(cast.an, "district", "Huyện Không Có", seen="Huyện Thủ Thừa", by=cast.thu)
    answer = news(client, cast, after)
    page = re.sub(r' data-fresh="[^"]+"', "", swapped(old, answer.text))
    assert table_of(page) == table_of(client.get(f"/classes/{cast.class_5a.id}").text)


def test_a_duplicate_marks_the_row_that_did_not_change(cast: Cast, client_of: ClientOf) -> None:
    client, after = client_of(cast.lan), newest()
    people.change(cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.thu)
    assert (
        "data-problem"
        in partials(news(client, cast, after).text)[f"c-{cast.an.id}-identity_number"]
    )


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("wrong_anyway", [False, True])
def test_a_duplicate_comes_and_goes_in_a_table_that_tells_what_it_shows(
    cast: Cast, client_of: ClientOf, elsewhere: bool, wrong_anyway: bool
) -> None:
    """As the page asks, with its states: the number is marked, whoever took it, and whether or not the row turns."""
    client, table = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    other, by = (cast.chi, cast.minh) if elsewhere else (cast.binh, cast.thu)
    if wrong_anyway:
        people.change(cast.an, "district", "Huyện Không Có", seen="Huyện Thủ Thừa", by=cast.lan)
    page, own = client.get(table).text, other.identity_number
    for number in (cast.an.identity_number, own):
        after, states = re.search(r'data-after="(\d+)" data-states="([^"]*)"', page).groups()  # type: ignore[union-attr]
        people.change(
            other, "identity_number", number, seen=Person.get_by_id(other.id).identity_number, by=by
        )
        answer = client.get(f"{table}/changes?after={after}&states={states}", headers=HTMX)
        page = re.sub(r' data-fresh="[^"]+"', "", swapped(page, answer.text))
        assert table_of(page) == table_of(client.get(table).text)
        page = client.get(table).text


def test_the_new_name_of_the_other_bearer_is_told(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.binh, "identity_number", cast.an.identity_number, seen="", by=cast.thu)
    client, after = client_of(cast.lan), newest()
    people.change(cast.binh, "full_name", "Trần Văn Bình An", seen="Trần Văn Bình", by=cast.thu)
    assert (
        "Hồ sơ kia: Trần Văn Bình An."
        in partials(news(client, cast, after).text)[f"c-{cast.an.id}-identity_number"]
    )


def test_people_who_come_or_leave(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    for deed in (
        lambda: membership.move(Person.get_by_id(cast.chi.id), cast.class_5a, by=cast.thu),
        lambda: membership.move(Person.get_by_id(cast.chi.id), cast.class_5b, by=cast.thu),
        lambda: membership.set_state(
            Person.get_by_id(cast.an.id), "Chuyển đi kỳ 1", active=False, by=cast.thu
        ),
        lambda: people.add(
            kind="student", school_class=cast.class_5a, values={"full_name": "Vũ Mới"}, by=cast.thu
        ),
    ):
        after = newest()
        deed()
        answer = news(client, cast, after)
        assert answer.status_code == 200
        assert "Tải lại bảng" in answer.text
        assert f'href="/classes/{cast.class_5a.id}"' in answer.text


def test_the_reviewer_sees_masked_news(cast: Cast, client_of: ClientOf) -> None:
    client, after, number = client_of(cast.phong), newest(), number_for(2012, "Nam", 71)
    people.change(cast.binh, "identity_number", number, seen="", by=cast.thu)
    answer = news(client, cast, after)
    assert answer.status_code == 200
    assert number not in answer.text
    assert "100•••••••71" in answer.text


def test_the_staff_table(cast: Cast, client_of: ClientOf) -> None:
    client, after = client_of(cast.hoa), newest()
    people.change(cast.giang, "address", "Ấp 7", seen="", by=cast.thu)
    people.change(cast.an, "address", "Ấp 7", seen="", by=cast.thu)
    pieces = partials(news(client, cast, after, "/staff").text)
    assert f"c-{cast.giang.id}-address" in pieces
    assert f"c-{cast.an.id}-address" not in pieces


def test_it_writes_nothing(cast: Cast, client_of: ClientOf) -> None:
    client, after = client_of(cast.lan), newest()
    people.change(cast.an, "address", "Ấp 7", seen="", by=cast.thu)
    before = newest()
    news(client, cast, after)
    assert newest() == before


def test_who_may(cast: Cast, client_of: ClientOf, client: FlaskClient) -> None:
    assert news(client_of(cast.minh), cast, 0).status_code == 404
    assert news(client_of(cast.lan), cast, 0, "/staff").status_code == 403
    assert news(client_of(cast.lan), cast, 0, "/classes/999").status_code == 404
    assert news(client, cast, 0).status_code == 401
    assert client_of(cast.lan).post(f"/classes/{cast.class_5a.id}/changes").status_code == 405
    assert client_of(cast.lan).get(f"/classes/{cast.class_5a.id}/changes?after=x").status_code in (
        200,
        204,
    )
