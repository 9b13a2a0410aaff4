"""The key of what somebody typed outlives a session that has run out, and ends with signing out."""

import re
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts, draft_keys
from idapp.models import DraftKey, Session, User, utc_now
from idapp.settings import Settings
from tests.cast import PASSWORD, Cast


def key_in(browser: FlaskClient, cast: Cast, path: str = "") -> str:
    page = browser.get(path or f"/classes/{cast.class_5a.id}").text
    return re.findall(r'data-draft-key="([0-9a-f]{64})"', page)[0]


def sign_in(browser: FlaskClient, user: User, **headers: str) -> str:
    form = {"username": user.username, "password": PASSWORD}
    answer = browser.post("/login", data=form, headers=headers)
    assert answer.status_code in (204, 302)
    return answer.headers.get("X-Draft-Key", "")


def test_who_comes_back_on_the_same_device_finds_the_same_key(
    client: FlaskClient, cast: Cast
) -> None:
    sign_in(client, cast.lan)
    key = key_in(client, cast)
    assert key_in(client, cast, f"/people/{cast.an.id}") == key
    Session.delete().execute()  # run out
    assert sign_in(client, cast.thu, **{"HX-Request": "true"}) == key_in(client, cast) != key
    client.post("/logout")  # the other's; what Lan typed still waits for her
    assert sign_in(client, cast.lan, **{"HX-Request": "true"}) == key
    page = client.post("/logout", follow_redirects=True).text
    assert f'data-signed-out="{cast.lan.id}"' in page
    assert "data-signed-out" not in client.get("/login").text
    assert sign_in(client, cast.lan, **{"HX-Request": "true"}) not in ("", key)


def test_another_device_has_another_key(app: Flask, client: FlaskClient, cast: Cast) -> None:
    one, other = client, app.test_client()
    for browser in (one, other):
        sign_in(browser, cast.lan)
    assert key_in(one, cast) != key_in(other, cast)
    accounts.set_disabled(cast.lan, True, by=cast.hoa)
    assert not DraftKey.select().where(DraftKey.user == cast.lan).exists()


def test_who_only_looks_gets_none(client_of: Callable[[User], FlaskClient], cast: Cast) -> None:
    for path in (f"/classes/{cast.class_5a.id}", f"/people/{cast.an.id}"):
        page = client_of(cast.phong).get(path).text
        assert "data-draft-key" not in page


def test_a_key_in_use_is_not_old(cast: Cast, settings: Settings) -> None:
    key = draft_keys.key_of(cast.lan, "device", settings)
    DraftKey.update(used_at=utc_now() - timedelta(days=29)).execute()
    assert draft_keys.key_of(cast.lan, "device", settings) == key
    assert DraftKey.get().used_at > utc_now() - timedelta(days=1)
