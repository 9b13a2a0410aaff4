"""Who wrote what into one cell, by which door."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import people
from idapp.models import User
from idapp.people import Edit, undoing
from tests.cast import Cast, number_for
from tests.web.test_paste import HTMX

ClientOf = Callable[[User], FlaskClient]


def test_newest_first_with_the_door(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "address", "ấp  1", seen="", by=cast.thu)
    for text, source in (
        ("Ấp 2", "pasted"),
        ("Ấp 3", "fill"),
        ("Ấp 4", "card"),
        ("Ấp 5", "import"),
        ("Ấp 6", "notice"),
    ):
        people.change_many([Edit(cast.an, "address", text)], by=cast.lan, source=source)
    answer = client_of(cast.lan).get(f"/people/{cast.an.id}/cells/address/history", headers=HTMX)
    doors = re.findall(r"Lê Thị Lan, ([^<]+?)</span>", answer.text)
    assert answer.status_code == 200
    assert '<ol class="cell-history"' in answer.text
    assert doors == ["giấy tờ", "tệp Excel", "mã QR thẻ căn cước", "điền xuống", "dán"]
    assert "Võ Thị Thư, gõ tay, đã gõ “ấp  1”" in answer.text
    assert "“Ấp 5” → “Ấp 6”" in answer.text
    assert f'href="/people/{cast.an.id}/history"' in answer.text


def test_undo_and_redo_say_so(cast: Cast, client_of: ClientOf) -> None:
    people.change(cast.an, "address", "Ấp 1", seen="", by=cast.lan)
    table = type(cast.an).select().where(type(cast.an).school_class == cast.class_5a)
    undoing.undo(table, by=cast.lan)
    undoing.redo(table, by=cast.lan)
    text = client_of(cast.lan).get(f"/people/{cast.an.id}/cells/address/history").text
    assert re.findall(r"Lê Thị Lan, ([^<]+?)</span>", text) == ["làm lại", "hoàn tác", "gõ tay"]


def test_only_this_cell_and_at_most_twenty(cast: Cast, client_of: ClientOf) -> None:
    for n in range(25):
        people.change(cast.an, "address", str(n), seen=str(n - 1) if n else "", by=cast.lan)
    people.change(cast.an, "ethnic_group", "Kinh", seen="", by=cast.lan)
    text = client_of(cast.lan).get(f"/people/{cast.an.id}/cells/address/history").text
    assert text.count("<li>") == 20
    assert "Kinh" not in text
    assert "Xem hết" in text


def test_a_cell_nobody_changed(cast: Cast, client_of: ClientOf) -> None:
    assert (
        "chưa được sửa"
        in client_of(cast.lan).get(f"/people/{cast.an.id}/cells/address/history").text
    )


def test_numbers_are_masked_for_those_who_only_look(cast: Cast, client_of: ClientOf) -> None:
    number = number_for(2012, "Nam", 81)
    people.change(cast.binh, "identity_number", number[:3] + " " + number[3:], seen="", by=cast.lan)
    text = client_of(cast.phong).get(f"/people/{cast.binh.id}/cells/identity_number/history").text
    assert number not in text
    assert number[3:] not in text
    assert "100•••••••81" in text


@pytest.mark.parametrize(
    "typed",
    [
        "100 2 12 000 099",
        "１００２１２００００９９",
        "100.212.000.097 x",
        "1OO 2I2 000 097",
        "100,212,000,097",
        "100’212’000’097",
        "100–212–000–097",
        "100 - 212 - 000 - 097",
    ],
)
def test_no_spelling_of_a_number_is_shown_to_those_who_only_look(
    cast: Cast, client_of: ClientOf, typed: str
) -> None:
    people.change(cast.binh, "identity_number", typed, seen="", by=cast.lan)
    people.change(cast.binh, "address", f"theo giấy {typed}", seen="", by=cast.lan)
    browser = client_of(cast.phong)
    for path in ("cells/identity_number/history", "cells/address/history", "history", ""):
        text = browser.get(f"/people/{cast.binh.id}/{path}".rstrip("/")).text
        shown = unicodedata.normalize("NFKC", text)
        assert not re.search(r"1[0O]{2}\W*2\W*[1I]\W*2\W*000", shown), path


def test_who_may(cast: Cast, client_of: ClientOf, client: FlaskClient) -> None:
    path = f"/people/{cast.an.id}/cells/address/history"
    assert client_of(cast.minh).get(path).status_code == 404
    assert client_of(cast.lan).get("/people/999/cells/address/history").status_code == 404
    for field in ("status", "position", "version"):
        assert (
            client_of(cast.lan).get(f"/people/{cast.an.id}/cells/{field}/history").status_code
            == 404
        )
    assert client_of(cast.lan).post(path).status_code == 405
    assert client.get(path).status_code == 302
    assert client.get(path, headers=HTMX).status_code == 401
