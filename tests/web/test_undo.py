"""Taking back the last own step, in the table and from a plain browser."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import people
from idapp.models import Change, Person, User
from idapp.people import Edit, membership
from tests.cast import Cast, number_for
from tests.web.fragments import partials, swapped
from tests.web.test_paste import deed, part, stored, table_of

ClientOf = Callable[[User], FlaskClient]


def undo(client: FlaskClient, cast: Cast, verb: str = "undo", **more: object) -> TestResponse:
    return deed(client, f"/{verb}", **{"table": cast.class_5a.id} | more)


def typed(person: Person, text: str, by: User, source: str = "typed") -> None:
    people.change_many([Edit(person, "address", text)], by=by, source=source)


def test_the_last_step_is_taken_back_and_done_again(cast: Cast, client_of: ClientOf) -> None:
    people.change_many(
        [Edit(p, "address", "Ấp 1") for p in (cast.an, cast.binh)], by=cast.lan, source="pasted"
    )
    client = client_of(cast.lan)
    answer = undo(client, cast)
    assert answer.status_code == 200
    assert stored(cast.an, "address") == stored(cast.binh, "address") == ""
    assert "Đã hoàn tác: dán 2 ô." in part(answer, "grid-report")
    assert "data-redo" in answer.text
    assert 'data-value=""' in partials(answer.text)[f"c-{cast.an.id}-address"]
    answer = undo(client, cast, "redo")
    assert answer.status_code == 200
    assert "Đã làm lại: dán 2 ô." in answer.text
    assert stored(cast.an, "address") == "Ấp 1"
    assert answer.headers["X-Changeset"]


def test_it_survives_a_new_session(cast: Cast, client_of: ClientOf) -> None:
    typed(cast.an, "Ấp 1", cast.lan)
    assert "sửa 1 ô" in undo(client_of(cast.lan), cast).text
    assert "sửa 1 ô" in undo(client_of(cast.lan), cast, "redo").text
    assert stored(cast.an, "address") == "Ấp 1"


def test_nothing_left_is_said(cast: Cast, client_of: ClientOf) -> None:
    for verb, words in (("undo", "Không còn bước nào"), ("redo", "Không có bước nào để làm lại")):
        answer = undo(client_of(cast.lan), cast, verb)
        assert answer.status_code == 200
        assert words in part(answer, "grid-report")
        assert "X-Changeset" not in answer.headers


def test_a_cell_somebody_changed_since_refuses_with_who_and_when(
    cast: Cast, client_of: ClientOf
) -> None:
    people.change_many(
        [Edit(p, "address", "Ấp 1") for p in (cast.an, cast.binh)], by=cast.lan, source="pasted"
    )
    typed(cast.an, "Của Thư", cast.thu)
    client = client_of(cast.lan)
    before = Change.select().count()
    answer = undo(client, cast)
    sentence = part(answer, "grid-report")
    assert answer.status_code == 409
    assert stored(cast.binh, "address") == "Ấp 1"
    assert all(
        word in sentence
        for word in ("Võ Thị Thư", "Nguyễn Thị An", "Tổ/Thôn/Xóm", "Của Thư", "lúc")
    )
    assert Change.select().count() == before
    answer = undo(client, cast, rest="1")
    assert answer.status_code == 200
    assert "giữ nguyên" in answer.text
    assert (stored(cast.an, "address"), stored(cast.binh, "address")) == ("Của Thư", "")


def test_the_swapped_table_equals_a_fresh_one(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    edits = [
        Edit(cast.an, "identity_number", "1"),
        Edit(cast.binh, "identity_number", cast.an.identity_number),
    ]
    people.change_many(
        [*edits, Edit(cast.an, "district", "Huyện Ba Tri")], by=cast.lan, source="pasted"
    )
    for verb in ("undo", "redo"):
        old = client.get(f"/classes/{cast.class_5a.id}").text
        answer = undo(client, cast, verb)
        assert table_of(swapped(old, answer.text)) == table_of(
            client.get(f"/classes/{cast.class_5a.id}").text
        )


def test_one_audit_row_a_cell_by_the_right_actor(cast: Cast, client_of: ClientOf) -> None:
    typed(cast.an, "Ấp 1", cast.lan)
    answer = undo(client_of(cast.lan), cast)
    [row] = Change.select().where(Change.changeset == answer.headers["X-Changeset"])
    assert (row.user, row.source, row.old, row.new, row.person) == (
        cast.lan,
        "undo",
        "Ấp 1",
        "",
        cast.an,
    )
    assert (row.verb, len(row.undoes)) == ("undo", 32)


def test_a_plain_browser_is_sent_back_with_a_sentence(cast: Cast, client_of: ClientOf) -> None:
    typed(cast.an, "Ấp 1", cast.lan)
    client = client_of(cast.lan)
    answer = client.post("/undo", data={"table": cast.class_5a.id})
    assert answer.status_code == 303
    assert answer.location == f"/classes/{cast.class_5a.id}"
    assert "Đã hoàn tác: sửa 1 ô." in client.get(answer.location).text
    assert stored(cast.an, "address") == ""
    typed(cast.an, "Ấp 2", cast.lan)
    assert client.post("/undo").status_code == 303
    assert stored(cast.an, "address") == ""  # wherever the last step was


def test_without_a_table_the_answer_is_about_the_one_where_the_step_was(
    cast: Cast, client_of: ClientOf
) -> None:
    typed(cast.an, "Ấp 1", cast.lan)
    client = client_of(cast.lan)
    answer = client.post("/undo", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Đã hoàn tác: sửa 1 ô." in answer.text
    drawn = partials(answer.text)
    assert f"c-{cast.an.id}-address" in drawn
    assert '0</b>/2<span class="wide"> đã xác thực' in drawn["counters"]
    nothing = client.post("/undo", headers={"HX-Request": "true"})
    assert "Không còn bước nào" in part(nothing, "grid-report")
    assert "counters" not in partials(nothing.text)


def test_a_step_of_which_nothing_is_left_is_passed_over(cast: Cast, client_of: ClientOf) -> None:
    typed(cast.binh, "Ấp 1", cast.lan)
    typed(cast.an, "Ấp 1", cast.lan)
    typed(cast.an, "Của Thư", cast.thu)
    client = client_of(cast.lan)
    stuck = part(undo(client, cast), "grid-report")
    assert "Bỏ qua bước này" in stuck
    assert "các ô còn lại" not in stuck
    assert "Đã bỏ qua bước này, không ô nào thay đổi." in undo(client, cast, rest="1").text
    assert "Đã hoàn tác: sửa 1 ô." in undo(client, cast).text
    assert stored(cast.binh, "address") == ""


def test_an_added_pupil_is_taken_back_and_comes_again(cast: Cast, client_of: ClientOf) -> None:
    client, page = client_of(cast.lan), f"/classes/{cast.class_5a.id}"
    number = number_for(2012, "Nữ", 41)
    added = {"full_name": "Nhầm Thị Tên", "identity_number": number}
    assert client.post(f"{page}/people", data=added).status_code == 303
    answer = undo(client, cast)
    assert answer.status_code == 200
    assert "data-reload" in part(answer, "grid-report")
    shown = client.get(page).text
    assert "Đã hoàn tác: thêm hồ sơ Nhầm Thị Tên." in shown
    assert "2 học sinh" in shown
    assert "Đã làm lại: thêm hồ sơ" in undo(client, cast, "redo").text
    assert "3 học sinh" in client.get(page).text
    undo(client, cast)
    assert client.post(f"{page}/people", data=added).status_code == 303, (
        "what was a mistake is nobody's record"
    )
    assert Person.select().where(Person.number == number).count() == 1


def test_the_staff_table(cast: Cast, client_of: ClientOf) -> None:
    typed(cast.giang, "Ấp 1", cast.thu)
    typed(cast.an, "Ấp 1", cast.thu)
    assert undo(client_of(cast.thu), cast, table="staff").status_code == 200
    assert (stored(cast.giang, "address"), stored(cast.an, "address")) == ("", "Ấp 1")


def test_a_pupil_who_changed_class_is_out_of_reach(cast: Cast, client_of: ClientOf) -> None:
    people.change_many(
        [Edit(p, "address", "Ấp 1") for p in (cast.an, cast.binh)], by=cast.lan, source="pasted"
    )
    membership.move(Person.get_by_id(cast.an.id), cast.class_5b, by=cast.thu)
    answer = undo(client_of(cast.lan), cast)
    assert answer.status_code == 409
    assert "lớp khác" in answer.text
    assert stored(cast.binh, "address") == "Ấp 1"


@pytest.mark.parametrize("verb", ["undo", "redo"])
def test_who_may(cast: Cast, client_of: ClientOf, client: FlaskClient, verb: str) -> None:
    typed(cast.an, "Ấp 1", cast.lan)
    path = f"/{verb}"
    assert undo(client_of(cast.minh), cast, verb).status_code == 404
    assert undo(client_of(cast.phong), cast, verb).status_code == 403
    assert undo(client_of(cast.lan), cast, verb, table="staff").status_code == 403
    assert undo(client_of(cast.lan), cast, verb, table="999").status_code == 404
    assert undo(client_of(cast.lan), cast, verb, table="x").status_code == 404
    assert client_of(cast.lan).get(path).status_code == 405
    assert (
        client_of(cast.lan).post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert undo(client, cast, verb).status_code == 401
    assert client.post(path).status_code == 302
    assert stored(cast.an, "address") == "Ấp 1"
