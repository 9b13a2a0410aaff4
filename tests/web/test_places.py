"""The list of a place cell: names of both epochs, and what a former one becomes."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from flask.testing import FlaskClient

from idapp.models import Person, User
from idapp.people import Edit, change_many, epochs, place_choices
from idapp.settings import Settings, use
from tests.cast import Cast
from tests.web.test_cells import save

ClientOf = Callable[[User], FlaskClient]
OLD_WARD = "Phường Ngọc Hà, Quận Ba Đình, Thành phố Hà Nội"
SUCCESSORS = [
    f"{OLD_WARD} → Phường Ba Đình, Thành phố Hà Nội",
    f"{OLD_WARD} → Phường Ngọc Hà, Thành phố Hà Nội",
]


@pytest.fixture
def hanoi(cast: Cast) -> Cast:
    """The cast in a campaign of two levels, An in Hà Nội."""
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    texts = {"province": "Thành phố Hà Nội", "commune": ""}
    change_many(
        [Edit(cast.an, name, text) for name, text in texts.items()], by=cast.lan, source="typed"
    )
    return cast


def offered(client: FlaskClient, query: str, field: str = "commune", **more: object) -> list[str]:
    """The texts that the options would give the cell."""
    text = client.get("/places", query_string={"field": field, "q": query, **more}).text
    return [unescape(value) for value in re.findall(r'data-value="([^"]*)"', text)]


def test_a_former_commune_shows_its_successor(client_of: ClientOf, hanoi: Cast) -> None:
    client = client_of(hanoi.lan)
    text = client.get(f"/places?person={hanoi.an.id}&field=commune&q=Phú+Đông").text
    assert "Xã Phú Đông, Huyện Ba Vì (cũ) → Xã Cổ Đô" in text
    [value] = [v for v in offered(client, "Phú Đông", person=hanoi.an.id) if "→" in v]
    answer = save(client, Person.get_by_id(hanoi.an.id), "commune", value)
    assert answer.status_code == 200
    assert Person.get_by_id(hanoi.an.id).commune == "Xã Cổ Đô"


def test_a_former_province_shows_its_successor(client_of: ClientOf, hanoi: Cast) -> None:
    client = client_of(hanoi.lan)
    values = offered(client, "long an", "province", person=hanoi.an.id)
    assert values == ["Tỉnh Long An → Tỉnh Tây Ninh"]
    save(client, Person.get_by_id(hanoi.an.id), "province", values[0])
    assert Person.get_by_id(hanoi.an.id).province == "Tỉnh Tây Ninh"


def test_a_split_commune_lists_its_successors_likeliest_first(
    client_of: ClientOf, hanoi: Cast
) -> None:
    values = offered(client_of(hanoi.lan), "Ngọc Hà", person=hanoi.an.id)
    assert values == ["Phường Ngọc Hà", *SUCCESSORS]


def test_what_was_taken_is_remembered_and_offered_first(client_of: ClientOf, hanoi: Cast) -> None:
    client = client_of(hanoi.lan)
    assert save(client, Person.get_by_id(hanoi.an.id), "commune", SUCCESSORS[1]).status_code == 200
    assert len(place_choices.remembered()) == 1
    values = offered(client, "Ngọc Hà", person=hanoi.an.id)
    assert values == ["Phường Ngọc Hà", *reversed(SUCCESSORS)]


def test_an_address_that_waits_in_its_cell_lists_its_places_at_once(
    client_of: ClientOf, hanoi: Cast
) -> None:
    client = client_of(hanoi.lan)
    save(client, Person.get_by_id(hanoi.an.id), "commune", OLD_WARD)
    assert offered(client, "", person=hanoi.an.id)[:2] == SUCCESSORS


def test_a_transfer_with_an_old_address_lives_in_todays_place(
    client_of: ClientOf, hanoi: Cast
) -> None:
    data = {
        "full_name": "Hồ Thị Chuyển",
        "province": "Tỉnh Long An",
        "district": "Huyện Thủ Thừa",
        "commune": "Xã Mỹ Lạc",
    }
    client_of(hanoi.lan).post(f"/classes/{hanoi.class_5a.id}/people", data=data)
    person = Person.get(Person.full_name == "Hồ Thị Chuyển")
    assert (person.province, person.district, person.commune) == (
        "Tỉnh Tây Ninh",
        "",
        "Xã Mỹ Thạnh",
    )


def test_a_transfer_may_take_the_place_of_an_old_name(client_of: ClientOf, hanoi: Cast) -> None:
    data = {"full_name": "Hồ Thị Chuyển", "commune": SUCCESSORS[0]}
    client_of(hanoi.lan).post(f"/classes/{hanoi.class_5a.id}/people", data=data)
    person = Person.get(Person.full_name == "Hồ Thị Chuyển")
    assert (person.province, person.commune) == ("Thành phố Hà Nội", "Phường Ba Đình")


def test_a_new_commune_in_three_levels_lists_the_old_ones(
    client_of: ClientOf, cast: Cast, settings: Settings
) -> None:
    client = client_of(cast.lan)
    in_2022 = offered(client, "Mỹ Thạnh", province="Tỉnh Long An")
    assert not any("→" in value for value in in_2022), "nobody has new names before the reform"
    use(replace(settings, fixed_today=date(2026, 9, 1)))
    query = {"field": "commune", "q": "Mỹ Thạnh", "province": "Tỉnh Long An"}
    text = client.get("/places", query_string=query).text
    assert "Xã Mỹ Thạnh (mới) → Xã Mỹ Lạc" in text
    values = offered(client, "Mỹ Thạnh", province="Tỉnh Long An")
    assert "Xã Mỹ Thạnh, Tỉnh Tây Ninh → Xã Mỹ Lạc, Huyện Thủ Thừa, Tỉnh Long An" in values


def test_a_former_commune_of_another_province_is_offered_and_never_marked(
    client_of: ClientOf, hanoi: Cast
) -> None:
    """The province stands there wrongly, or nobody has chosen it yet."""
    query = {"field": "commune", "q": "Xã Phú Đông", "province": "Tỉnh Tây Ninh"}
    text = client_of(hanoi.lan).get("/places", query_string=query).text
    assert "Xã Phú Đông, Huyện Ba Vì, Thành phố Hà Nội (cũ) → Xã Cổ Đô" in unescape(text)
