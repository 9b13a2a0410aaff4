"""The QR code of a citizen card into a row: shown first, then one step."""

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import people
from idapp.models import Change, Person, User
from idapp.people import former_numbers
from tests.cast import Cast, number_for
from tests.pasted import confirm
from tests.web.fragments import partials, swapped
from tests.web.test_paste import deed, part, stored, table_of

ClientOf = Callable[[User], FlaskClient]
NUMBER = number_for(2012, "Nam", 55)
CARD = f"{NUMBER}||Trần Văn Bình|06062012|Nam|Ấp 3, Mỹ Lạc, Thủ Thừa, Long An|10072021\r\n"


def scan(client: FlaskClient, person: Person, text: str = CARD, **more: object) -> TestResponse:
    return deed(client, f"/people/{person.id}/card", text=text, **more)


def changes() -> int:
    return Change.select().where(Change.event == "person.changed").count()


def test_nothing_is_written_before_it_was_seen(cast: Cast, client_of: ClientOf) -> None:
    before = changes()
    answer = scan(client_of(cast.lan), cast.binh)
    ask = part(answer, "grid-ask")
    assert answer.status_code == 200
    assert changes() == before
    assert not partials(answer.text)
    for old, new in (
        ("(trống)", NUMBER),
        ("05/06/2012", "06/06/2012"),
        ("Xã Mỹ An", "Xã Mỹ Lạc"),
        ("(trống)", "Ấp 3"),
    ):
        assert re.search(
            rf'>{re.escape(old)}</td>\s*<td data-label="Trên thẻ"><strong>{new}</strong></td>', ask
        )
    assert "Lưu 4 mục" in ask
    assert "Chỉ lưu số" in ask
    assert "data-close" in ask
    assert "10/07/2021" in ask


def test_then_it_is_one_step(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    [again, only] = re.findall(r"data-repost='([^']+)'", scan(client, cast.binh).text)
    answer = scan(client, cast.binh, **json.loads(again))
    assert answer.status_code == 200
    assert stored(cast.binh) == NUMBER
    assert stored(cast.binh, "commune") == "Xã Mỹ Lạc"
    rows = list(Change.select().where(Change.changeset == answer.headers["X-Changeset"]))
    assert len(rows) == 4
    assert {(c.source, c.user) for c in rows} == {("card", cast.lan)}
    assert "Đã lưu 4 mục từ thẻ" in part(answer, "grid-report")
    assert "lưu 4 mục từ mã QR" in deed(client, "/undo", table=cast.class_5a.id).text
    assert stored(cast.binh) == ""
    scan(client, cast.binh, **json.loads(only))
    assert stored(cast.binh) == NUMBER
    assert stored(cast.binh, "date_of_birth") == "05/06/2012"


def test_the_swapped_table_equals_a_fresh_one(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    old = client.get(f"/classes/{cast.class_5a.id}").text
    answer = scan(client, cast.binh, confirm="1")
    assert table_of(swapped(old, answer.text)) == table_of(
        client.get(f"/classes/{cast.class_5a.id}").text
    )


def test_a_number_of_a_classmate_is_said_by_name(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "identity_number", NUMBER, seen=cast.an.identity_number, by=cast.thu)
    assert "Số này đang ghi cho Nguyễn Thị An" in scan(client_of(cast.lan), cast.binh).text


def test_a_number_of_another_class_is_said_without_a_name(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.chi, "identity_number", NUMBER, seen=cast.chi.identity_number, by=cast.thu)
    text = scan(client_of(cast.lan), cast.binh).text
    assert "một hồ sơ khác trong trường" in text
    assert "Chi" not in text
    assert "5B" not in text


def test_somebody_elses_card_is_noticed(cast: Cast, client_of: ClientOf) -> None:
    text = scan(client_of(cast.lan), cast.an).text
    assert "Tên trên thẻ là Trần Văn Bình, trong bảng là Nguyễn Thị An" in text


def test_a_verified_record_says_what_another_card_costs(cast: Cast, client_of: ClientOf) -> None:
    confirm(cast.an)
    text = f"{cast.an.identity_number}||Nguyễn Thị Anh|20032012|Nữ||"
    ask = part(scan(client_of(cast.lan), cast.an, text), "grid-ask")
    assert "Hồ sơ này đã xác thực: nếu lưu khác đi thì phải xác thực lại." in ask


def test_capitals_and_lost_marks_do_not_replace_a_name(cast: Cast, client_of: ClientOf) -> None:
    for name in ("TRẦN VĂN BÌNH", "Tran Van Binh"):
        text = scan(client_of(cast.lan), cast.binh, CARD.replace("Trần Văn Bình", name)).text
        assert "Tên trên thẻ" not in text
        assert "Họ và tên" not in text


def test_a_damaged_text_gives_what_is_sure(cast: Cast, client_of: ClientOf) -> None:
    damaged = f"{NUMBER}||Tr?n V?n B?nh|05062012|Nam|?p 3, M? L?c, Th? Th?a, Long An|10072021"
    text = scan(client_of(cast.lan), cast.binh, damaged).text
    assert "Lưu 1 mục" in text
    assert "Không đọc được họ tên" in text
    assert "Không đọc được nơi thường trú" in text


def test_a_card_that_says_what_stands_there(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    scan(client, cast.binh, confirm="1")
    answer = scan(client, cast.binh)
    assert answer.status_code == 200
    assert "Thẻ khớp với bảng" in answer.text
    assert "data-repost" not in answer.text
    assert scan(client, cast.binh, confirm="1").status_code == 200


def test_what_others_wrote_meanwhile_is_a_conflict(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.binh, "identity_number", "100212999999", seen="", by=cast.thu)
    seen = json.dumps({"identity_number": "", "commune": "Xã Mỹ An"})
    answer = scan(client_of(cast.lan), cast.binh, confirm="1", seen=seen)
    assert stored(cast.binh) == "100212999999"
    assert "data-conflict" in answer.text
    assert stored(cast.binh, "commune") == "Xã Mỹ Lạc"


@pytest.mark.parametrize("text", ["", "xin chào", NUMBER, "<script>alert(1)</script>|||||"])
def test_no_card(cast: Cast, client_of: ClientOf, text: str) -> None:
    answer = scan(client_of(cast.lan), cast.binh, text, confirm="1")
    assert answer.status_code == 422
    assert "quét lại" in part(answer, "grid-ask")
    assert "<script>" not in answer.text
    assert stored(cast.binh) == ""


def test_who_may(cast: Cast, client_of: ClientOf, client: FlaskClient) -> None:
    before, path = changes(), f"/people/{cast.binh.id}/card"
    assert scan(client_of(cast.minh), cast.binh, confirm="1").status_code == 404
    assert scan(client_of(cast.phong), cast.binh, confirm="1").status_code == 403
    assert scan(client_of(cast.lan), cast.giang, confirm="1").status_code == 404
    assert deed(client_of(cast.lan), "/people/999/card", text=CARD).status_code == 404
    assert client_of(cast.lan).get(path).status_code == 405
    assert (
        client_of(cast.lan)
        .post(path, data={"text": CARD}, headers={"Origin": "http://evil.example"})
        .status_code
        == 403
    )
    assert scan(client, cast.binh, confirm="1").status_code == 401
    assert client.post(path, data={"text": CARD}).status_code == 302
    assert changes() == before


def test_other_numbers_on_the_card_find_its_bearer(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.lan)
    cancelled = number_for(2012, "Nam", 56)
    card = CARD.strip().replace("||", "|241356780|", 1) + f"||{cancelled}||"
    scan(client, cast.binh, card, confirm="1")
    former = former_numbers.former_numbers_of(Person.get_by_id(cast.binh.id))
    assert {(each.number, each.origin) for each in former} == {
        ("241356780", "card"),
        (cancelled, "card"),
    }
    deed(client, "/undo", table=cast.class_5a.id)
    assert not former_numbers.former_numbers_of(Person.get_by_id(cast.binh.id))
