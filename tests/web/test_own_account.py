"""One's own account: where it is signed in, and how to end that elsewhere."""

import re
from collections.abc import Callable

from flask.testing import FlaskClient

from idapp import accounts
from idapp.models import Change, Session, User
from tests.cast import PASSWORD, Cast

ClientOf = Callable[[User], FlaskClient]
ON_A_PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
)


def ids_on(page: str) -> list[str]:
    return re.findall(r'data-session="(\d+)"', page)


def test_every_browser_is_listed_with_what_one_knows_it_by(
    client: FlaskClient, client_of: ClientOf, cast: Cast
) -> None:
    accounts.start_session(cast.minh)
    client.post(
        "/login",
        data={"username": "lan", "password": PASSWORD},
        headers={"User-Agent": ON_A_PHONE},
    )
    page = client_of(cast.lan).get("/account").text
    assert len(ids_on(page)) == 2, "nobody else's"
    assert "Chrome trên Android" in page
    assert "127.0.0.1" in page
    assert "SM-A546E" not in page
    assert page.count("data-this") == 1
    assert [session.browser for session in accounts.open_sessions(cast.lan)][1] == (
        "Chrome trên Android"
    )


def test_one_other_browser_is_signed_out(client_of: ClientOf, cast: Cast) -> None:
    mine, other, third = client_of(cast.lan), client_of(cast.lan), client_of(cast.lan)
    lost = Session.select().where(Session.user == cast.lan).order_by(Session.id)[1]
    answer = mine.post("/account/sessions/end", data={"session": lost.id})
    assert "Đã đăng xuất 1 máy" in mine.get(answer.location).text
    assert other.get("/classes").location.startswith("/login")
    assert mine.get("/classes").status_code == third.get("/classes").status_code == 200
    event = Change.get(Change.event == "account.signed_out")
    assert (event.user, event.new) == (cast.lan, "1")


def test_all_others_are_signed_out_and_this_one_stays(client_of: ClientOf, cast: Cast) -> None:
    mine, other, minh = client_of(cast.lan), client_of(cast.lan), client_of(cast.minh)
    assert mine.post("/account/sessions/end").status_code == 303
    assert other.get("/classes").status_code == 302
    assert mine.get("/classes").status_code == minh.get("/classes").status_code == 200
    again = mine.post("/account/sessions/end", follow_redirects=True)
    assert "Không có máy nào khác" in again.text


def test_nobody_ends_a_colleague_s_session(client_of: ClientOf, cast: Cast) -> None:
    minh, lan = client_of(cast.minh), client_of(cast.lan)
    of_minh = Session.get(Session.user == cast.minh)
    lan.post("/account/sessions/end", data={"session": of_minh.id})
    assert minh.get("/classes").status_code == 200


def test_an_old_sign_in_asks_for_the_password_first(client_of: ClientOf, cast: Cast) -> None:
    mine, other = client_of(cast.lan), client_of(cast.lan)
    Session.update(password_typed_at=None).execute()
    assert "data-confirm-password" in mine.post("/account/sessions/end").text
    assert other.get("/classes").status_code == 200
    assert mine.post("/account/sessions/end", data={"password_again": PASSWORD}).status_code == 303
    assert other.get("/classes").status_code == 302


def test_the_office_signs_somebody_out_everywhere(client_of: ClientOf, cast: Cast) -> None:
    lan, minh, thu = client_of(cast.lan), client_of(cast.minh), client_of(cast.thu)
    path = f"/settings/accounts/{cast.lan.id}/sessions/end"
    assert "ở 1 máy" in thu.post(path, follow_redirects=True).text
    assert lan.get("/classes").status_code == 302
    assert minh.get("/classes").status_code == 200


def test_the_principal_signs_everybody_out(client_of: ClientOf, cast: Cast) -> None:
    everybody = [client_of(user) for user in (cast.lan, cast.thu, cast.phong, cast.hoa)]
    hoa = client_of(cast.hoa)
    assert "4 máy" in hoa.post("/settings/accounts/sessions/end", follow_redirects=True).text
    assert [browser.get("/classes").status_code for browser in everybody] == [302] * 4
    assert hoa.get("/classes").status_code == 200


def test_an_account_has_only_so_many_sessions(cast: Cast) -> None:
    tokens = [accounts.start_session(cast.lan) for _ in range(accounts.MOST_SESSIONS + 2)]
    other = accounts.start_session(cast.minh)
    open_ = [token for token in tokens if accounts.session_of(token)]
    assert open_ == tokens[2:]
    assert accounts.session_of(other)
