"""The page on which the principal changes the catalogue of places."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import people, school
from idapp.models import EpochChange, Person, User
from idapp.people import epochs
from tests.cast import Cast, pupil

ClientOf = Callable[[User], FlaskClient]


def test_the_page_counts_by_class_before_anything_is_written(
    cast: Cast, client_of: ClientOf
) -> None:
    page = client_of(cast.hoa).get("/settings/places").text
    row = re.search(rf'<tr data-class-id="{cast.class_5a.id}">.*?</tr>', page, re.DOTALL)[0]
    assert re.findall(r'data-count="(\w+)">(\d+)', row)[0] == ("converted", "2")
    assert school.the_campaign().epoch == "3level"


def test_a_small_school_is_done_when_the_page_comes_back(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.hoa)
    answer = client.post("/settings/places", data={"epoch": "2level"})
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Đã đổi danh mục địa chỉ." in page
    assert Person.get_by_id(cast.an.id).province == "Tỉnh Tây Ninh"
    answer = client.post("/settings/places/undo")
    assert answer.status_code == 303
    assert Person.get_by_id(cast.an.id).province == "Tỉnh Long An"


def test_a_choice_on_the_page_goes_into_the_records(cast: Cast, client_of: ClientOf) -> None:
    home = {"district": "Huyện Thủ Thừa", "commune": "Xã Tân Thành"}
    values = pupil("Hồ Văn Chia", sex="Nam", serial=77) | home
    split = people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    client = client_of(cast.hoa)
    page = client.get("/settings/places").text
    offered = re.search(rf'name="choice-{split.commune_code}".*?</select>', page, re.DOTALL)[0]
    code = re.findall(r'<option value="(\d+)"', offered)[1]
    form = {"epoch": "2level", f"choice-{split.commune_code}": code}
    assert client.post("/settings/places", data=form).status_code == 303
    assert Person.get_by_id(split.id).commune_code == code


def test_a_refusal_is_one_sentence(cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.hoa).post("/settings/places", data={"epoch": "3level"})
    assert answer.status_code == 422
    assert "Trường đang dùng danh mục ba cấp" in answer.text


def test_a_large_school_sees_how_far_the_work_is(
    cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(epochs, "AT_ONCE", 0)
    client = client_of(cast.hoa)
    client.post("/settings/places", data={"epoch": "2level"})
    page = client.get("/settings/places").text
    assert 'data-epoch-state="running"' in page
    assert 'role="progressbar"' in client.get("/settings/places/progress").text
    client.post("/settings/places/go-on")
    assert EpochChange.get().state == "done"
    assert client.get("/settings/places/progress").headers["HX-Redirect"] == "/settings/places"


def test_the_history_names_the_catalogues(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.hoa)
    client.post("/settings/places", data={"epoch": "2level"})
    page = client.get("/history").text
    assert "Danh mục địa chỉ" in page
    assert "hai cấp (tỉnh, xã)" in page


def test_only_a_commune_can_be_chosen_for_all(cast: Cast, client_of: ClientOf) -> None:
    values = pupil("Hồ Thị Thiếu", serial=79) | {"commune": ""}
    people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    page = client_of(cast.hoa).get("/settings/places").text
    assert "Huyện Thủ Thừa, Tỉnh Long An" in page
    assert 'name="choice-"' not in page
