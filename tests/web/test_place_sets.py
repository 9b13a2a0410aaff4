"""The page on which newer lists of places are loaded."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import place_sets, school
from idapp.models import Campaign, User
from idapp.people import epochs
from idapp.settings import Settings
from tests.cast import Cast
from tests.place_files import CITY, changes, zipped

ClientOf = Callable[[User], FlaskClient]
PAGE = "/settings/places/lists"


def upload(client: FlaskClient, data: bytes, name: str = "danh-muc.zip") -> TestResponse:
    return client.post(PAGE, data={"file": (BytesIO(data), name)})


def test_the_clerk_loads_a_zip_and_sees_what_it_brought(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.thu)
    answer = upload(client, zipped({"places_2level_changes.csv": changes(CITY)}))
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Đã nạp danh-muc.zip: 1 nơi đổi tên." in page
    assert "Tỉnh Tây Ninh → Thành phố Tây Ninh" in page
    history = client.get("/history?kind=places").text
    assert "nạp bản danh mục địa chỉ mới" in history
    assert "Võ Thị Thư" in history


def test_every_page_offers_the_new_name_at_once(cast: Cast, client_of: ClientOf) -> None:
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    upload(client_of(cast.thu), changes(CITY).encode(), "places_2level_changes.csv")
    client = client_of(cast.lan)
    for written in ("Tây Ninh", "Tỉnh Tây Ninh"):
        offered = client.get("/places", query_string={"field": "province", "q": written}).text
        assert 'data-value="Thành phố Tây Ninh"' in offered
    assert "Thành phố Tây Ninh" in client.get(f"/classes/{cast.class_5a.id}").text


def test_a_refusal_is_a_sentence_and_changes_nothing(cast: Cast, client_of: ClientOf) -> None:
    answer = upload(client_of(cast.thu), "Mã,Tên\n".encode(), "x.csv")
    assert answer.status_code == 422
    assert "x.csv: dòng đầu “Mã,Tên” không phải tiêu đề" in answer.text
    assert place_sets.state().about is None
    assert client_of(cast.thu).post(PAGE).status_code == 422


def test_a_name_of_a_file_is_only_text(cast: Cast, client_of: ClientOf, settings: Settings) -> None:
    client = client_of(cast.thu)
    upload(client, changes(CITY).encode(), "../<b>x</b>.csv")
    assert "<b>x</b>" not in client.get(PAGE).text
    assert {path.name for path in settings.data.iterdir()} & {"x.csv", "<b>x"} == set()


def test_the_way_back_is_a_button(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.hoa)
    upload(client, changes(CITY).encode())
    assert "Trở lại bản kèm phần mềm" in client.get(PAGE).text
    answer = client.post(f"{PAGE}/back", data={"to": ""})
    assert answer.status_code == 303
    assert "Đang dùng danh mục địa chỉ kèm phần mềm" in client.get(PAGE).text
    assert client.post(f"{PAGE}/back", data={"to": "../.."}).status_code == 422


@pytest.mark.parametrize(("who", "links"), [("thu", 1), ("hoa", 1)])
def test_the_office_finds_the_page_among_the_settings(
    cast: Cast, client_of: ClientOf, who: str, links: int
) -> None:
    assert client_of(getattr(cast, who)).get("/settings").text.count(PAGE) == links


def test_an_old_catalogue_is_said_on_the_page(cast: Cast, client_of: ClientOf) -> None:
    assert Campaign.select().count() == 1
    assert school.the_campaign().epoch == "3level"
    page = client_of(cast.thu).get(PAGE).text
    assert "tra cứu ngày 25/09/2026" in page
    assert "hơn một năm" not in page
