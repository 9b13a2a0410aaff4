"""The form of all classes: everything at once or nothing, what is refused, two browsers, ids and the history."""

from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import audit, classes, history_chain, homeroom, permissions, school
from idapp.models import Change, SchoolClass, User
from idapp.people import membership
from tests.cast import Cast

Browser = Callable[[User], FlaskClient]


def form_now(**changes: str | list[str]) -> dict[str, str | list[str]]:
    """What the page would send, untouched, and then with these fields."""
    form: dict[str, str | list[str]] = {"class": []}
    for id_, row in classes.rows().items():
        teachers = [str(teacher) for teacher in sorted(row.teachers)]
        form["class"] = [*form["class"], str(id_)]
        form |= {f"seen-name-{id_}": row.name, f"name-{id_}": row.name}
        form |= {f"seen-order-{id_}": row.order, f"order-{id_}": row.order}
        form |= {f"seen-teachers-{id_}": " ".join(teachers), f"teachers-{id_}": [*teachers, ""]}
    return form | changes


def post(browser: FlaskClient, form: dict[str, str | list[str]]) -> TestResponse:
    return browser.post("/settings/classes", data=form)


def names(cast: Cast) -> list[str]:
    return [school_class.name for school_class in permissions.classes_of(cast.thu)]


def test_all_of_it_at_once(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.thu)
    a, b = cast.class_5a.id, cast.class_5b.id
    changes = {
        f"name-{a}": "Lớp 5A1",
        f"order-{b}": "1",
        f"teachers-{b}": [str(cast.lan.id), str(cast.minh.id)],
    }
    answer = post(browser, form_now(names="lop 6a5, 5C\n7/1\tMầm 1", **changes))
    assert answer.status_code == 303
    assert names(cast) == ["5B", "5A1", "5C", "6A5", "7/1", "Mầm 1"]
    assert [user.username for user in homeroom.teachers_of(cast.class_5b)] == ["lan", "minh"]
    events = [
        c.event
        for c in Change.select()
        .where(Change.event.startswith("class."))
        .order_by(Change.id.desc())
        .limit(7)
    ]
    assert sorted(events) == ["class.added"] * 4 + [
        "class.ordered",
        "class.renamed",
        "class.teacher",
    ]
    board = browser.get("/classes").text
    assert board.index("Lớp 5B") < board.index("Lớp 5A1") < board.index("Lớp 5C")
    assert browser.get("/classes/by-name/5A").status_code == 404
    history = unescape(browser.get("/history").text)
    assert "đổi tên lớp" in history


def test_names_may_change_places(cast: Cast, client_of: Browser) -> None:
    a, b = cast.class_5a.id, cast.class_5b.id
    assert (
        post(client_of(cast.thu), form_now(**{f"name-{a}": "5B", f"name-{b}": "5A"})).status_code
        == 303
    )
    assert SchoolClass.get_by_id(a).name == "5B"
    assert SchoolClass.get_by_id(b).name == "5A"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name-A": "5b"}, "Trường đã có lớp 5B"),
        ({"names": "5C\n5a"}, "Trường đã có lớp 5A"),
        ({"name-A": "10A"}, "khối 1 đến 9"),
        ({"names": "13A"}, "khối 1 đến 9"),
        ({"name-A": " "}, "Tên lớp viết ngắn gọn"),
        ({"order-A": "đầu"}, "Thứ tự là một số"),
        ({"delete-A": "1"}, "lớp còn 2 học sinh"),
    ],
)
def test_nothing_is_saved_of_a_form_with_a_mistake(
    cast: Cast, client_of: Browser, changes: dict[str, str], sentence: str
) -> None:
    form = form_now(**{f"order-{cast.class_5b.id}": "1"})
    form |= {name.replace("A", str(cast.class_5a.id)): text for name, text in changes.items()}
    answer = post(client_of(cast.thu), form)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert sentence in page
    assert f'name="order-{cast.class_5b.id}" value="1"' in page  # nothing typed is lost
    assert all(text.strip() in page for text in changes.values())
    assert names(cast) == ["5A", "5B"]


def test_an_empty_class_goes_and_its_name_is_free(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.hoa)
    empty = school.add_class("5C", by=cast.thu, homeroom_teacher=cast.minh)
    assert post(browser, form_now(names="5c", **{f"delete-{empty.id}": "1"})).status_code == 303
    assert SchoolClass.get(SchoolClass.name == "5C").id > empty.id


def test_a_class_with_a_past_stays(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.thu)
    once = school.add_class("5C", by=cast.thu)
    membership.move(cast.chi, once, by=cast.thu)
    membership.move(cast.chi, cast.class_5b, by=cast.thu)
    post(browser, form_now(**{f"name-{once.id}": "5D"}))
    answer = post(browser, form_now(**{f"delete-{once.id}": "1"}))
    assert answer.status_code == 422
    assert "từng học lớp này" in unescape(answer.text)


def test_two_browsers_at_once(cast: Cast, client_of: Browser) -> None:
    """What only one changed is kept of both; of what both changed the second is shown both."""
    a, b = cast.class_5a.id, cast.class_5b.id
    opened = form_now()
    first, second = client_of(cast.thu), client_of(cast.hoa)
    assert post(first, opened | {f"name-{a}": "5A1"}).status_code == 303
    assert post(second, opened | {f"name-{b}": "5B1"}).status_code == 303
    assert names(cast) == ["5A1", "5B1"]
    answer = post(second, opened | {f"name-{a}": "5A2"})
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert "đổi tên lớp này thành 5A1" in page
    assert f'name="name-{a}" value="5A2"' in page
    assert post(second, form_now(**{f"name-{a}": "5A2"})).status_code == 303
    assert names(cast) == ["5A2", "5B1"]


def test_another_grade_is_weighed_anew(cast: Cast, client_of: Browser) -> None:
    a = cast.class_5a.id
    assert post(client_of(cast.thu), form_now(**{f"name-{a}": "9A"})).status_code == 303
    renamed = SchoolClass.get_by_id(a)
    assert (renamed.grade, renamed.level) == (9, "THCS")
    an = type(cast.an).get_by_id(cast.an.id)
    assert an.warnings > cast.an.warnings  # ten years old in grade 9


def test_a_former_name_means_its_bearer(cast: Cast) -> None:
    audit.record("test", by=None)
    since = history_chain.head().id
    a, b = cast.class_5a.id, cast.class_5b.id
    for form in ({a: "5B", b: "5A"}, {a: "5X"}):
        edits = [
            classes.ClassEdit(
                id_, row, classes.Row(form.get(id_, row.name), row.order, row.teachers)
            )
            for id_, row in classes.rows().items()
        ]
        classes.save(edits, "", by=cast.thu)
    called = {name: school.class_called(name, since) for name in ("5A", "5B")}
    assert {name: found and found.id for name, found in called.items()} == {"5A": a, "5B": b}


def test_the_form_without_its_rows_adds_only(cast: Cast, client_of: Browser) -> None:
    assert (
        client_of(cast.thu).post("/settings/classes", data={"names": "5C\n5D"}).status_code == 303
    )
    assert names(cast) == ["5A", "5B", "5C", "5D"]
    assert len(homeroom.teachers_of(cast.class_5a)) == 1
