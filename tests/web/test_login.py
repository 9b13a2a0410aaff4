"""Signing in and out, headers, errors as pages and as fragments."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts
from idapp.models import Change, Session, User, utc_now
from tests.cast import PASSWORD, Cast


def sign_in(client: FlaskClient, username: str = "lan", password: str = PASSWORD, **more: str):
    return client.post("/login", data={"username": username, "password": password, **more})


def test_signing_in_leads_home(client: FlaskClient, cast: Cast) -> None:
    answer = sign_in(client)
    assert answer.status_code == 302
    assert answer.location == "/"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/classes").status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [("lan", "wrong"), ("nobody", PASSWORD), ("", ""), ("lan' or 1=1 --", "x")],
)
def test_one_sentence_for_every_failure(client: FlaskClient, username: str, password: str) -> None:
    answer = sign_in(client, username, password)
    assert answer.status_code == 401
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_guessing_is_slowed_down(client: FlaskClient, cast: Cast) -> None:
    codes = [sign_in(client, password="wrong").status_code for _ in range(12)]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429, 429]
    assert sign_in(client, "minh").status_code == 302, (
        "a colleague behind the same address is not locked out"
    )


@pytest.mark.parametrize(
    ("onward", "where"),
    [
        ("/notices", "/notices"),
        ("/classes/by-name/5A", "/classes/by-name/5A"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/no/such/page", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
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
        f"/people/{cast.an.id}/cells/address",
        data={"value": "x", "seen": ""},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert "<html" not in answer.text
    answer = client.get("/batches/1/progress", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


def test_after_a_session_has_ended_one_is_told_and_led_back(
    client: FlaskClient, cast: Cast
) -> None:
    path, here = f"/notices/{cast.an.id}/state", "http://localhost/notices?class=1"
    plain = client.post(path, data={"state": "asked"}, headers={"Referer": here})
    swapped = client.post(
        path, data={"state": "asked"}, headers={"HX-Request": "true", "HX-Current-URL": here}
    )
    assert (
        plain.location
        == swapped.headers["HX-Redirect"]
        == "/login?next=/notices?class%3D1&undone=1"
    )
    assert client.post(path, headers={"Referer": "http://["}).location == "/login?undone=1"
    page = client.get(plain.location).text
    assert "việc vừa làm chưa được lưu" in page
    assert 'value="/notices?class=1"' in page
    assert sign_in(client, next="/notices?class=1").location == "/notices?class=1"
    assert "chưa được lưu" not in client.get("/login?next=/notices", follow_redirects=True).text


def test_errors_are_pages_for_people_and_fragments_for_htmx(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    browser = client_of(cast.lan)
    page, fragment = (
        browser.get("/people/999"),
        browser.get("/people/999", headers={"HX-Request": "true"}),
    )
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert page.status_code == fragment.status_code == 404
    assert "Không có trang này" in page.text


def test_a_fault_of_the_machine_is_a_page_without_its_words(
    app: Flask,
    client_of: Callable[[User], FlaskClient],
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def burn(_: User) -> None:
        raise RuntimeError("secret 100312000001")

    monkeypatch.setattr("idapp.progress.progress_file", burn)
    answer = client_of(cast.phong).get("/progress.json")
    assert answer.status_code == 500
    assert "Máy chủ gặp trục trặc" in answer.text
    assert "secret" not in answer.text


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
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Content-Type"].endswith("; charset=utf-8")
    own_page = client_of(cast.lan).get("/classes")
    assert own_page.headers["Cache-Control"] == "no-store"
    assert "data-signs-out" in own_page.text, "the way out stands on every page"
    assert client.open("/login", method="TRACE").status_code == 405


def test_own_password(client_of: Callable[[User], FlaskClient], cast: Cast) -> None:
    browser = client_of(cast.lan)
    new = {"new": "một câu dễ nhớ", "again": "một câu dễ nhớ"}
    assert browser.post("/password", data={"old": "wrong", **new}).status_code == 422
    assert (
        browser.post(
            "/password", data={"old": PASSWORD, "new": "một câu dễ nhớ", "again": "khác"}
        ).status_code
        == 422
    )
    same = browser.post("/password", data={"old": PASSWORD, "new": PASSWORD, "again": PASSWORD})
    assert same.status_code == 422
    assert "chọn mật khẩu khác" in same.text
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
    client.post(
        f"/people/{cast.binh.id}/cells/identity_number", data={"value": "100212000009", "seen": ""}
    )
    assert "100212000009" not in caplog.text
    assert "a very secret word" not in caplog.text


FROM_THE_TABLE = {"HX-Request": "true"}


def test_signing_in_from_the_table_stays_on_the_page(client: FlaskClient, cast: Cast) -> None:
    answer = client.post(
        "/login", data={"username": "lan", "password": PASSWORD}, headers=FROM_THE_TABLE
    )
    assert answer.status_code == 204
    assert answer.text == ""
    assert answer.headers["X-User"] == str(cast.lan.id)
    assert client.get("/classes").status_code == 200


def test_a_wrong_password_from_the_table_is_a_sentence_and_counts(
    client: FlaskClient, cast: Cast
) -> None:
    wrong = {"username": "lan", "password": "wrong"}
    answers = [client.post("/login", data=wrong, headers=FROM_THE_TABLE) for _ in range(11)]
    assert [a.status_code for a in answers] == [422] * 10 + [429]
    assert all('hx-target="#signin-problem"' in a.text and "<html" not in a.text for a in answers)
    assert "chưa đúng" in answers[0].text
    assert "Đã thử quá nhiều lần" in answers[-1].text
    assert all("Set-Cookie" not in a.headers for a in answers)


@pytest.mark.parametrize(
    "path", ["/classes/{0}/paste", "/classes/{0}/fill", "/undo", "/redo", "/people/{1}/card"]
)
def test_an_expired_session_keeps_the_page_for_every_deed_of_the_table(
    client: FlaskClient, cast: Cast, path: str
) -> None:
    answer = client.post(path.format(cast.class_5a.id, cast.an.id), headers=FROM_THE_TABLE)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers


@pytest.mark.parametrize("path", ["/exports/changes/count", "/people/duplicates/count"])
def test_what_a_table_counts_after_it_has_opened_never_leads_away_from_it(
    client: FlaskClient, cast: Cast, path: str
) -> None:
    answer = client.get(path, query_string={"class": cast.class_5a.id}, headers=FROM_THE_TABLE)
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers


def test_what_one_user_typed_is_not_saved_by_the_next(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    """The page was drawn for cô Lan; by now somebody else is signed in in this browser."""
    browser, path = client_of(cast.thu), f"/people/{cast.an.id}/cells/address"
    typed = {"value": "Ấp 9", "seen": ""}
    answer = browser.post(path, data=typed, headers=FROM_THE_TABLE | {"X-User": str(cast.lan.id)})
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert Change.select().where(Change.new == "Ấp 9").count() == 0
    assert (
        browser.post(
            path, data=typed, headers=FROM_THE_TABLE | {"X-User": str(cast.thu.id)}
        ).status_code
        == 200
    )


def test_a_table_that_asks_for_news_is_no_sign_of_life(
    client_of: Callable[[User], FlaskClient], cast: Cast
) -> None:
    """An open page alone must not keep a session alive for ever."""
    browser, long_ago = client_of(cast.lan), utc_now() - accounts.IDLE + timedelta(minutes=5)
    Session.update(seen_at=long_ago).execute()
    assert browser.get(f"/classes/{cast.class_5a.id}/changes?after=0").status_code in (200, 204)
    assert Session.get(Session.user == cast.lan).seen_at == long_ago
    browser.get("/classes")
    assert Session.get(Session.user == cast.lan).seen_at > long_ago


def test_everybody_finds_the_way_to_an_own_password(
    cast: Cast, client_of: Callable[[User], FlaskClient]
) -> None:
    for user in (cast.lan, cast.thu, cast.hoa, cast.phong):
        browser = client_of(user)
        assert 'href="/account"' in browser.get("/", follow_redirects=True).text
        assert 'href="/password"' in browser.get("/account").text
