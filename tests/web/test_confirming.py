"""The password is typed again before the deeds that could do most harm."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts
from idapp.models import Session, User, utc_now
from idapp.web.cookies import cookie_name
from tests.cast import PASSWORD, Cast

NEW = {"username": "moi", "full_name": "Trần Thị Mới", "role": "teacher"}


@pytest.fixture
def hoa(cast: Cast, client_of: Callable[[User], FlaskClient]) -> FlaskClient:
    """The principal's machine, left alone for a quarter of an hour."""
    browser = client_of(cast.hoa)
    long_ago = utc_now() - accounts.PASSWORD_COUNTS_FOR - timedelta(seconds=1)
    Session.update(password_typed_at=long_ago).execute()
    return browser


def test_a_machine_left_open_makes_no_account(hoa: FlaskClient) -> None:
    answer = hoa.post("/settings/accounts", data=NEW)
    assert answer.status_code == 403
    assert "Nhập lại mật khẩu" in answer.text
    assert User.get_or_none(username="moi") is None
    for text in NEW.values():
        assert f'value="{text}"' in answer.text, "nothing that was typed is lost"


def test_the_deed_goes_on_with_the_password_and_then_for_a_while(hoa: FlaskClient) -> None:
    wrong = hoa.post("/settings/accounts", data=NEW | {"password_again": "x"})
    assert wrong.status_code == 403
    assert "chưa đúng" in wrong.text
    assert f'value="{NEW["full_name"]}"' in wrong.text
    right = hoa.post("/settings/accounts", data=NEW | {"password_again": PASSWORD})
    assert right.status_code == 303
    assert User.get(username="moi").full_name == NEW["full_name"]
    assert hoa.post("/settings/accounts", data=NEW | {"username": "nua"}).status_code == 303


def test_a_cookie_copied_before_the_password_is_worth_nothing_after_it(
    hoa: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = _token_of(hoa)
    hoa.post("/settings/accounts", data=NEW | {"password_again": PASSWORD})
    assert _token_of(hoa) != copied
    assert hoa.get("/account").status_code == 200
    thief = app.test_client()
    thief.set_cookie(cookie_name(), copied)
    # a second click, or a table that asked meanwhile, signs nobody out
    assert thief.get("/account").status_code == 200
    monkeypatch.setattr(accounts, "utc_now", lambda: utc_now() + timedelta(seconds=11))
    assert thief.get("/account").status_code == 302
    assert hoa.get("/account").status_code == 200


def test_a_new_password_renews_the_cookie_too(hoa: FlaskClient) -> None:
    copied = _token_of(hoa)
    words = {"old": PASSWORD, "new": "một câu dễ nhớ", "again": "một câu dễ nhớ"}
    assert hoa.post("/password", data=words).status_code == 302
    assert _token_of(hoa) != copied
    assert hoa.get("/account").status_code == 200


def _token_of(browser: FlaskClient) -> str:
    cookie = browser.get_cookie(cookie_name())
    assert cookie is not None
    return cookie.value


@pytest.mark.parametrize(
    "path",
    [
        "/settings/accounts/{0}/password",
        "/settings/accounts/{0}/disabled",
        "/settings/accounts/{0}/role",
        "/settings/accounts/from-staff",
        "/settings/accounts/sheet",
        "/settings/registry",
        "/settings/campaign/close",
        "/settings/year/undo",
    ],
)
def test_all_of_these_ask(hoa: FlaskClient, cast: Cast, path: str) -> None:
    answer = hoa.post(path.format(cast.lan.id))
    assert answer.status_code == 403
    assert "data-confirm-password" in answer.text


def test_a_new_school_year_asks_and_its_preview_does_not(hoa: FlaskClient) -> None:
    assert hoa.post("/settings/year", data={"do": "preview"}).status_code == 303
    assert "data-confirm-password" in hoa.post("/settings/year", data={"do": "begin"}).text


def test_looking_and_everyday_work_do_not_ask(hoa: FlaskClient, cast: Cast) -> None:
    assert hoa.get("/settings/accounts").status_code == 200
    cell = hoa.post(f"/people/{cast.an.id}/cells/address", data={"value": "Ấp 9", "seen": ""})
    assert "data-confirm-password" not in cell.text


def test_a_file_is_chosen_again(hoa: FlaskClient) -> None:
    """A browser fills in no file by itself; without the field it would be left out in silence."""
    form = {"way": "soap", "ca_file": (io.BytesIO(b"x"), "may-chu.pem")}
    page = hoa.post("/settings/registry", data=form, content_type="multipart/form-data").text
    assert "Chọn lại tệp may-chu.pem" in page
    assert 'name="ca_file" type="file" required' in page
    assert 'name="way" value="soap"' in page


def test_guessing_there_is_slowed_down_too(hoa: FlaskClient) -> None:
    guess = NEW | {"password_again": "x"}
    pages = [hoa.post("/settings/accounts", data=guess).text for _ in range(11)]
    assert "Hãy đợi" in pages[-1]
    assert "Hãy đợi" not in pages[-2]


def test_a_session_of_an_earlier_version_asks_once(hoa: FlaskClient) -> None:
    Session.update(password_typed_at=None).execute()
    assert hoa.post("/settings/accounts", data=NEW).status_code == 403


def test_nobody_sets_the_own_password_without_the_present_one(
    cast: Cast, client_of: Callable[[User], FlaskClient]
) -> None:
    browser, path = client_of(cast.hoa), f"/settings/accounts/{cast.hoa.id}/password"
    assert browser.post(path, data={"password": "một câu khác hẳn"}).status_code == 422
    assert accounts.user_with_password("hoa", PASSWORD)
