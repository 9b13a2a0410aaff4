"""Signing in and out, headers, errors as pages and as fragments."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts
from idapp.models import Change, User
from tests.cast import PASSWORD, Cast


def sign_in(client: FlaskClient, username: str = "lan", password: str = PASSWORD, **more: str):
    return client.post("/login", data={"username": username, "password": password, **more})


def test_signing_in_leads_home(client: FlaskClient, cast: Cast) -> None:
    answer = sign_in(client)
    assert answer.status_code == 302 and answer.location == "/"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert client.get("/classes").status_code == 200


@pytest.mark.parametrize(
    ("username", "password"), [("lan", "wrong"), ("nobody", PASSWORD), ("", ""), ("lan' or 1=1 --", "x")]
)
def test_one_sentence_for_every_failure(client: FlaskClient, username: str, password: str) -> None:
    answer = sign_in(client, username, password)
    assert answer.status_code == 401 and "Tên đăng nhập hoặc mật khẩu chưa đúng" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_guessing_is_slowed_down(client: FlaskClient, cast: Cast) -> None:
    codes = [sign_in(client, password="wrong").status_code for _ in range(12)]
    assert codes[:10] == [401] * 10 and codes[10:] == [429, 429]
    assert sign_in(client, "minh").status_code == 302, "a colleague behind the same address is not locked out"


@pytest.mark.parametrize(
    ("onward", "where"),
    [
        ("/notices", "/notices"), ("/classes/by-name/5A", "/classes/by-name/5A"), ("//evil.example", "/"),
        ("https://evil.example/", "/"), ("/\\evil.example", "/"), ("/no/such/page", "/"),
        ("javascript:alert(1)", "/"), ("", "/"),
    ],
)  # fmt: skip
def test_only_own_pages_follow(client: FlaskClient, onward: str, where: str) -> None:
    assert sign_in(client, next=onward).location == where


def test_a_copied_cookie_is_dead_after_logout(client: FlaskClient, app: Flask, cast: Cast) -> None:
    sign_in(client)
    copied = client.get_cookie("idapp").value
    assert client.post("/logout").location == "/login"
    thief = app.test_client()
    thief.set_cookie("idapp", copied)
    assert thief.get("/classes").status_code == 302


def test_a_private_page_asks_to_sign_in_and_comes_back(client: FlaskClient) -> None:
    answer = client.get("/notices?class=1")
    assert answer.location == "/login?next=/notices?class%3D1"


def test_an_expired_session_in_a_cell_keeps_the_page(client: FlaskClient, cast: Cast) -> None:
    """The table keeps what was typed: no redirect that htmx would follow into the row."""
    answer = client.post(
        f"/people/{cast.an.id}/cells/address", data={"value": "x", "seen": ""}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 401 and "HX-Redirect" not in answer.headers and "<html" not in answer.text
    answer = client.get("/batches/1/progress", headers={"HX-Request": "true"})
    assert answer.status_code == 401 and answer.headers["HX-Redirect"] == "/login"


def test_errors_are_pages_for_people_and_fragments_for_htmx(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    browser = client_of(cast.lan)
    page, fragment = browser.get("/people/999"), browser.get("/people/999", headers={"HX-Request": "true"})
    assert "<html" in page.text and "<html" not in fragment.text
    assert page.status_code == fragment.status_code == 404 and "Không có trang này" in page.text


def test_a_fault_of_the_machine_is_a_page_without_its_words(
    app: Flask,
    client_of: Callable[[User], FlaskClient],
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    from idapp.web import progress

    def burn(_: User) -> None:
        raise RuntimeError("secret 100312000001")

    monkeypatch.setattr(progress.progress, "board", burn)
    answer = client_of(cast.phong).get("/progress.json")
    assert answer.status_code == 500 and "Máy chủ gặp trục trặc" in answer.text and "secret" not in answer.text


def test_every_answer_carries_the_headers(
    client: FlaskClient, client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    for answer in (
        client.get("/login"),
        client.get("/nowhere"),
        client_of(cast.lan).get("/classes"),
        client.get("/static/page.css"),
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client_of(cast.lan).get("/classes").headers["Cache-Control"] == "no-store"


def test_own_password(client_of: Callable[[User], FlaskClient], cast: Cast) -> None:
    browser = client_of(cast.lan)
    new = {"new": "một câu dễ nhớ", "again": "một câu dễ nhớ"}
    assert browser.post("/password", data={"old": "wrong", **new}).status_code == 422
    assert (
        browser.post("/password", data={"old": PASSWORD, "new": "một câu dễ nhớ", "again": "khác"}).status_code == 422
    )
    assert browser.post("/password", data={"old": PASSWORD, **new}).status_code == 302
    assert accounts.user_with_password("lan", "một câu dễ nhớ")
    assert browser.get("/classes").status_code == 200, "this browser stays signed in"
    assert Change.select().where(Change.event == "account.password").count() == 1


def test_no_log_line_holds_a_number_or_a_password(
    client: FlaskClient, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sign_in(client, password="a very secret word")
    sign_in(client)
    client.post(f"/people/{cast.binh.id}/cells/identity_number", data={"value": "100212000009", "seen": ""})
    assert "100212000009" not in caplog.text and "a very secret word" not in caplog.text
