"""The pages of photos of cards, through the browser's doors."""

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import card_photos
from idapp.models import CardPhoto, Person, User
from idapp.settings import Settings
from tests.cast import Cast
from tests.test_card_photos import BINH, NUMBER, picture
from tests.web.test_paste import stored

ClientOf = Callable[[User], FlaskClient]


def files(*contents: bytes) -> dict[str, object]:
    return {"photos": [(io.BytesIO(data), f"{n}.jpg") for n, data in enumerate(contents, 1)]}


@pytest.fixture
def path(cast: Cast) -> str:
    return f"/classes/{cast.class_5a.id}/photos"


def seen_on(page: str, photo: CardPhoto) -> dict[str, str]:
    """The tick and what was seen, as the form of the page would send them."""
    [seen] = re.findall(rf'name="seen-{photo.id}" value="([^"]*)"', page)
    return {f"seen-{photo.id}": seen.replace("&#34;", '"'), "take": str(photo.id)}


def test_a_stack_from_the_files_to_the_table(
    cast: Cast, client_of: ClientOf, path: str, settings: Settings
) -> None:
    client = client_of(cast.lan)
    assert client.post(path, data=files(picture(BINH), picture("ma <script>"))).status_code == 303
    assert "Đang đọc ảnh" in client.get(path).text
    assert client.post(f"{path}/read").status_code == 303
    page = client.get(path).text
    assert re.findall('data-standing="([a-z]+)"', page) == ["sure", "unread"]
    assert "&lt;script&gt;" in page
    assert "<script>" not in page.split('id="pairs"')[1]
    assert "Nguyễn Thị An" in page  # without a photo
    photo = CardPhoto.get(CardPhoto.code == BINH)
    jpeg = client.get(f"/card-photos/{photo.id}/small")
    assert jpeg.data.startswith(b"\xff\xd8")
    assert jpeg.headers["Cache-Control"] == "no-store"
    answer = client.post(f"{path}/confirm", data=seen_on(page, photo), follow_redirects=True)
    assert "Đã lưu 3 mục của 1 người từ ảnh thẻ" in answer.text
    assert stored(cast.binh) == NUMBER
    client.post("/undo", data={"table": cast.class_5a.id})
    assert stored(cast.binh) == ""


def test_a_choice_by_hand_a_tick_and_a_photo_put_away(
    cast: Cast, client_of: ClientOf, path: str, settings: Settings
) -> None:
    client = client_of(cast.lan)
    odd, unread = [
        CardPhoto.create(user=cast.lan, school_class=cast.class_5a, state="read", code=code)
        for code in (BINH.replace("Trần Văn Bình", "Trần Văn Bính"), "")
    ]
    form = {f"person-{odd.id}": str(cast.binh.id), "drop": str(unread.id)}
    client.post(f"{path}/choose", data=form)
    page = client.get(path).text
    assert f'value="{odd.id}" checked' in page
    assert CardPhoto.select().count() == 1
    nothing = client.post(f"{path}/confirm", data={})
    assert nothing.status_code == 422
    assert "Chưa chọn ảnh nào" in nothing.text
    unseen = client.post(f"{path}/confirm", data={"take": str(odd.id)}, follow_redirects=True)
    assert "Vừa có người sửa" in unseen.text  # a form without what was seen replaces nothing
    assert stored(cast.binh, "full_name") == "Trần Văn Bình"


def test_the_script_sends_one_by_one_and_hears_why_not(
    cast: Cast, client_of: ClientOf, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(cast.lan)
    headers = {"HX-Request": "true"}
    assert client.post(path, data=files(b"x"), headers=headers).status_code == 204
    monkeypatch.setattr("idapp.card_photos.keeping.MOST_PHOTOS", 1)
    full = client.post(path, data=files(b"x"), headers=headers)
    assert (full.status_code, full.mimetype) == (422, "text/plain")
    assert "hãy lưu hoặc bỏ bớt" in full.text
    assert client.post(path).status_code == 422


def test_one_photo_at_a_record(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    address = f"/people/{cast.binh.id}/photos"
    shown = client.post(address, data=files(picture(BINH)), follow_redirects=True)
    assert "Lưu 3 mục" in shown.text
    photo = CardPhoto.get()
    seen = seen_on(shown.text + ' name="take"', photo)
    saved = client.post(f"{address}/{photo.id}/confirm", data=seen, follow_redirects=True)
    assert "Đã lưu 3 mục của 1 người" in saved.text
    assert stored(cast.binh) == NUMBER
    heic = client.post(
        address, data=files(b"\0\0\0\x18ftypheic" + b"\0" * 50), follow_redirects=True
    )
    assert "Ảnh HEIC của iPhone chưa đọc được" in heic.text
    assert not CardPhoto.select().exists()


def test_somebody_elses_card_is_not_saved_without_a_look(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    photo = CardPhoto.create(user=cast.lan, person=cast.an, state="read", code=BINH)
    address = f"/people/{cast.an.id}/photos/{photo.id}"
    page = client.get(address).text
    assert "Tên trên thẻ là Trần Văn Bình" in page
    seen = seen_on(page, photo)
    refused = client.post(f"{address}/confirm", data=seen)
    assert refused.status_code == 422
    assert "đánh dấu ô xác nhận" in refused.text
    assert stored(cast.an, "full_name") == "Nguyễn Thị An"
    client.post(f"{address}/confirm", data=seen | {"looked": "1"})
    assert stored(cast.an, "full_name") == "Trần Văn Bình"


def test_a_photo_without_a_code_stands_beside_the_fields(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    photo = CardPhoto.create(user=cast.lan, person=cast.binh, state="read", code="")
    page = client.get(f"/people/{cast.binh.id}/photos/{photo.id}").text
    assert "Không thấy mã QR trong ảnh" in page
    assert 'name="identity_number"' in page
    assert f'action="/people/{cast.binh.id}"' in page


def test_a_photo_is_seen_by_who_sent_it_only(
    cast: Cast, client_of: ClientOf, settings: Settings
) -> None:
    photo = card_photos.add(
        picture(BINH), "1.jpg", by=cast.lan, school_class=cast.class_5a, settings=settings
    )
    card_photos.read_one(photo, settings)
    address = f"/card-photos/{photo.id}/whole"
    assert client_of(cast.lan).get(address).status_code == 200
    for other in (cast.minh, cast.thu, cast.hoa):
        assert client_of(other).get(address).status_code == 404
    CardPhoto.update(school_class=cast.class_5b).execute()  # no longer the own class
    assert client_of(cast.lan).get(address).status_code == 404


@pytest.mark.parametrize("seen", ["[]", "{", "[" * 5000])
def test_what_no_page_sends(cast: Cast, client_of: ClientOf, path: str, seen: str) -> None:
    photo = CardPhoto.create(user=cast.lan, school_class=cast.class_5a, state="read", code=BINH)
    form = {"take": str(photo.id), f"seen-{photo.id}": seen}
    assert client_of(cast.lan).post(f"{path}/confirm", data=form).status_code == 400
    assert Person.get_by_id(cast.binh.id).identity_number == ""
