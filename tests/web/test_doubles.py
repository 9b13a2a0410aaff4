"""The pages of doubles: the list, two side by side, made one and two again, told apart."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import people
from idapp.models import Person, RecordMerge, User
from tests.cast import Cast, pupil

ClientOf = Callable[[User], FlaskClient]


@pytest.fixture
def double(cast: Cast) -> Person:
    values = pupil("Nguyễn Thị An", serial=9, father_name="Nguyễn Văn Ba")
    return people.add(kind="student", school_class=cast.class_5b, values=values, by=cast.minh)


def form_on(page: str, **chosen: str) -> dict[str, str]:
    """What a browser sends that only presses the button, or chooses first."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)">', page))
    radios = re.findall(r'name="(value-\w+)" value="(\w+)" required checked', page)
    return hidden | dict(radios) | {f"value-{group}": side for group, side in chosen.items()}


def test_found_compared_merged_and_taken_back(
    cast: Cast, double: Person, client_of: ClientOf
) -> None:
    client = client_of(cast.thu)
    pair = f"/people/{cast.an.id}/merge/{double.id}"
    listed = client.get("/people/duplicates").text
    assert f'data-pair="{cast.an.id}-{double.id}"' in listed
    assert "Cùng họ tên và ngày sinh" in listed
    assert "1 cặp hồ sơ có thể trùng" in client.get("/people/duplicates/count").text
    assert (
        f'data-pair="{cast.an.id}'
        in client.get(f"/people/duplicates?class={cast.class_5b.id}").text
    )

    page = client.get(pair).text
    assert "bên kia để trống" in page  # why the father's name is proposed
    answer = client.post(pair, data=form_on(page, identity_number="other"))
    assert answer.status_code == 303
    record = client.get(answer.location).text
    assert f'data-merged-from="{double.id}"' in record
    assert cast.an.identity_number in record  # among the former numbers
    put_away = client.get(f"/people/{double.id}").text
    assert f'data-merged-to="{cast.an.id}"' in put_away
    assert 'name="state"' not in put_away  # nothing of it can be edited
    assert client.post(f"/people/{double.id}/state", data={"state": "Đang học"}).status_code == 403
    history = client.get(f"/people/{cast.an.id}/history").text
    assert "Nguyễn Văn Ba" in history  # written in the other record
    assert client.get("/people/duplicates/count").text.strip() == ""

    client.post(f"{pair}/undo")
    assert Person.get_by_id(double.id).active
    assert Person.get_by_id(cast.an.id).identity_number == cast.an.identity_number


def test_an_edit_meanwhile_is_shown_and_nothing_is_merged(
    cast: Cast, double: Person, client_of: ClientOf
) -> None:
    client = client_of(cast.thu)
    pair = f"/people/{cast.an.id}/merge/{double.id}"
    form = form_on(client.get(pair).text, father_name="survivor")
    people.change(double, "father_name", "Nguyễn Văn Bảy", seen="Nguyễn Văn Ba", by=cast.minh)
    answer = client.post(pair, data=form)
    assert answer.status_code == 409
    assert "Nguyễn Văn Ba → Nguyễn Văn Bảy" in " ".join(answer.text.split())
    assert 'name="value-father_name" value="survivor" required checked' in answer.text
    assert not RecordMerge.select().exists()
    assert client.post(pair, data=form_on(answer.text)).status_code == 303


def test_two_people_are_told_apart_once(cast: Cast, double: Person, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    pair = f"/people/{double.id}/merge/{cast.an.id}"
    assert client.post(f"{pair}/different", data={"reason": ""}).status_code == 422
    client.post(f"{pair}/different", data={"reason": "twins"})
    listed = client.get("/people/duplicates").text
    assert "data-pair" not in listed
    assert "Đã lưu là hai người khác nhau: 1 cặp" in listed
    refused = client.post(pair, data=form_on(client.get(pair).text))
    assert (refused.status_code, "hai người khác nhau" in refused.text) == (422, True)
    client.post(f"{pair}/different", data={"again": "1"})
    assert "data-pair" in client.get("/people/duplicates").text
