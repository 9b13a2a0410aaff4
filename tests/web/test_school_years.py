"""The page on which the principal takes the school into its next year."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import people, school, school_years, verification
from idapp.models import Person, School, SchoolClass, User, YearChange
from tests.cast import Cast, pupil

ClientOf = Callable[[User], FlaskClient]
PAGE = "/settings/year"


@pytest.fixture
def dung(cast: Cast) -> Person:
    School.update(level="TH").execute()
    class_4a = school.add_class("4A", by=cast.thu, homeroom_teacher=cast.minh)
    values = pupil("Phan Văn Dũng", sex="Nam", born="02/02/2013", serial=41)
    return people.add(kind="student", school_class=class_4a, values=values, by=cast.thu)


def form_of(page: str) -> dict[str, str]:
    """What a browser would send with the fields as the page shows them."""
    form = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page))
    for name, body in re.findall(r'<select[^>]* name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        options = re.findall(r'<option value="([^"]*)"( selected)?', body)
        chosen = [value for value, is_selected in options if is_selected] or [options[0][0]]
        form[name] = chosen[0]
    form["new_classes"] = re.search(r'name="new_classes".*?>(.*?)</textarea>', page, re.DOTALL)[1]
    return form


def test_the_page_counts_by_class_and_one_step_does_it(
    cast: Cast, dung: Person, client_of: ClientOf
) -> None:
    client = client_of(cast.hoa)
    page = client.get(PAGE).text
    row = re.search(rf'<tr data-class-id="{cast.class_5a.id}">.*?</tr>', page, re.DOTALL)[0]
    assert ("completed", "2") in re.findall(r'data-count="(\w+)">(\d+)', row)
    assert 'data-next-class="5A"' in page
    answer = client.post(PAGE, data=form_of(page) | {"do": "begin"})
    assert answer.status_code == 303
    page = client.get(PAGE).text
    assert "Trường đã sang năm học 2023-2024." in page
    assert "xem báo cáo đã chốt" in page
    assert "1A" not in [
        each.name for each in SchoolClass.present()
    ]  # the school had no first grade
    assert client.get(f"/classes/{cast.class_5a.id}").status_code == 200  # of the past, to look at
    assert f'/classes/{cast.class_5a.id}"' in client.get("/classes").text
    assert client_of(cast.lan).get(f"/classes/{cast.class_5a.id}").status_code == 404
    assert "2023-2024" in client.get("/history?kind=school").text
    assert client.post("/settings/year/undo").status_code == 303
    assert "trở lại năm học 2022-2023" in client.get(PAGE).text
    assert school.the_school().school_year == 2022


def test_what_nobody_has_seen_in_figures_is_not_carried_out(
    cast: Cast, dung: Person, client_of: ClientOf
) -> None:
    client = client_of(cast.hoa)
    form = form_of(client.get(PAGE).text)
    form[f"go-{cast.class_5b.id}"] = "up"
    form[f"name-{cast.class_5b.id}"] = "6B"
    answer = client.post(PAGE, data=form | {"do": "begin"})
    assert answer.status_code == 422
    assert "Trường không có khối 6" in answer.text
    assert 'value="6B"' in answer.text  # nothing typed is lost
    form[f"name-{dung.school_class_id}"] = "5C"
    form[f"go-{cast.class_5b.id}"] = "completed"
    answer = client.post(PAGE, data=form | {"do": "begin"})
    assert (answer.status_code, "Dự kiến vừa thay đổi" in answer.text) == (422, True)
    answer = client.post(PAGE, data=form_of(answer.text) | {"do": "begin"})
    assert answer.status_code == 303
    assert Person.get_by_id(dung.id).school_class.name == "5C"


def test_a_merge_is_asked_about_with_a_tick(cast: Cast, dung: Person, client_of: ClientOf) -> None:
    school.add_class("4B", by=cast.thu)
    client = client_of(cast.hoa)
    class_4b = school.class_named("4B")
    assert class_4b is not None
    form = form_of(client.get(PAGE).text) | {f"name-{class_4b.id}": "5A", "do": "begin"}
    answer = client.post(PAGE, data=form)
    assert answer.status_code == 422
    assert 'name="merged" value="5A"' in answer.text
    answer = client.post(
        PAGE, data=form | {"merged": "5A"} | {"seen": form_of(answer.text)["seen"]}
    )
    assert answer.status_code == 303


def test_single_pupils_are_chosen_on_the_page_of_their_class(
    cast: Cast, dung: Person, client_of: ClientOf
) -> None:
    client = client_of(cast.hoa)
    answer = client.post(PAGE, data={"do": f"class-{cast.class_5a.id}"})
    page = client.get(answer.location).text
    assert "Ở lại, học lớp 5A" in page
    client.post(
        answer.location, data={f"to-{cast.an.id}": "class:5A", f"to-{cast.chi.id}": "class:5A"}
    )
    plan = school_years.Plan.of_json(YearChange.get().plan)
    assert set(plan.apart) == {cast.an.id}  # Chi is of another class
    assert "1 em riêng, sửa" in client.get(PAGE).text
    client.post(answer.location, data={f"to-{cast.an.id}": ""})
    assert not school_years.Plan.of_json(YearChange.get().plan).apart


def test_a_large_school_sees_how_far_the_work_is(
    cast: Cast, dung: Person, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(school_years, "AT_ONCE", 0)
    client = client_of(cast.hoa)
    client.post(PAGE, data=form_of(client.get(PAGE).text) | {"do": "begin"})
    assert 'data-year-state="running"' in client.get(PAGE).text
    assert 'role="progressbar"' in client.get("/settings/year/progress").text
    client.post("/settings/year/go-on")
    assert client.get("/settings/year/progress").headers["HX-Redirect"] == PAGE


def test_an_open_batch_is_told_before_anything_is_filled_in(
    cast: Cast, dung: Person, client_of: ClientOf
) -> None:
    verification.start("school", by=cast.hoa)
    assert "Đang có đợt xác thực chưa xong" in client_of(cast.hoa).get(PAGE).text
