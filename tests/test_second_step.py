"""The second step of signing in: codes of an app and of a slip, each good once."""

import re
import time
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts, second_step
from idapp.models import Change, RecoveryCode, SecondStep, Session, User
from idapp.rules.problem import Problem
from idapp.settings import Settings
from idapp.web import half_signed_in
from tests.cast import PASSWORD, Cast

ClientOf = Callable[[User], FlaskClient]
NOW = 1_700_000_000


class Phone:
    """An app that tells codes, and a clock that the tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.secret = ""
        monkeypatch.setattr(second_step.time, "time", lambda: self.now)

    def code(self, later: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(self.now + later)


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    return Phone(monkeypatch)


@pytest.fixture
def codes(cast: Cast, settings: Settings, phone: Phone) -> list[str]:
    """Hoa has turned it on; her recovery codes."""
    second_step.begin(cast.hoa, settings)
    phone.secret = second_step.secret_waiting(cast.hoa, settings)
    codes = second_step.confirm(cast.hoa, phone.code(), settings, but=None)
    phone.now += 30
    return codes


def password_of(client: FlaskClient, name: str = "hoa", **more: str):
    return client.post("/login", data={"username": name, "password": PASSWORD, **more})


@pytest.mark.parametrize(
    ("moment", "code"),
    # RFC 6238, appendix B, SHA-1: the last six of its eight figures
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
    ],
)
def test_the_vectors_of_the_standard(moment: int, code: str) -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890"
    assert second_step._step_of(secret, code, moment) == moment // 30
    assert second_step._step_of(secret, code, moment + 30) == moment // 30
    assert second_step._step_of(secret, code, moment + 61) is None


def test_a_clock_may_be_half_a_minute_away() -> None:
    secret, code, moment = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "279037", 2_000_000_000
    assert second_step._step_of(secret, code, moment - 30) == moment // 30
    assert second_step._step_of(secret, code, moment - 61) is None


def test_the_password_alone_opens_nothing(
    client: FlaskClient, codes: list[str], phone: Phone
) -> None:
    answer = password_of(client, next="/notices")
    assert answer.location == "/login/code"
    assert client.get("/classes").location.startswith("/login")
    assert Session.select().count() == 0
    assert "6 chữ số" in client.get("/login/code").text
    wrong = client.post("/login/code", data={"code": "000000"})
    assert wrong.status_code == 401
    assert "Mã chưa đúng" in wrong.text
    right = client.post("/login/code", data={"code": f" {phone.code()[:3]} {phone.code()[3:]} "})
    assert right.location == "/notices"
    assert client.get("/classes").status_code == 200
    assert client.get_cookie(half_signed_in.cookie_name()) is None


def test_a_code_opens_once(cast: Cast, codes: list[str], phone: Phone, settings: Settings) -> None:
    used = phone.code()
    second_step.check(cast.hoa, used, settings)
    with pytest.raises(Problem, match="đã dùng rồi"):
        second_step.check(cast.hoa, used, settings)
    with pytest.raises(Problem, match="đã dùng rồi"):
        second_step.check(cast.hoa, phone.code(-30), settings)
    second_step.check(cast.hoa, phone.code(30), settings)


def test_each_recovery_code_opens_once(
    client: FlaskClient, cast: Cast, codes: list[str], settings: Settings
) -> None:
    assert len(set(codes)) == 10
    stored = "".join(row.code_hash for row in RecoveryCode.select())
    assert not any(code in stored for code in codes)
    password_of(client)
    shown = f"{codes[3][0]}-{codes[3][1:5].upper()}-{codes[3][5:]}"
    assert client.post("/login/code", data={"code": shown}).status_code == 302
    assert "Còn 9 mã dự phòng" in client.get("/account").text
    with pytest.raises(Problem, match="đã dùng rồi"):
        second_step.check(cast.hoa, codes[3], settings)
    with pytest.raises(Problem, match="chưa đúng"):
        second_step.check(cast.hoa, "4" + codes[3][1:], settings)
    assert Change.select().where(Change.event == "account.recovery_code").count() == 1


def test_guessing_codes_is_slowed_down_like_passwords(
    client: FlaskClient, codes: list[str], phone: Phone
) -> None:
    password_of(client)
    answers = [client.post("/login/code", data={"code": "000000"}).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert client.post("/login/code", data={"code": phone.code()}).status_code == 429
    assert password_of(client).status_code == 429


@pytest.mark.parametrize("spoil", ["late", "forged", "new password", "disabled"])
def test_the_time_between_password_and_code_is_short(
    client: FlaskClient,
    cast: Cast,
    codes: list[str],
    phone: Phone,
    spoil: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    password_of(client)
    if spoil == "late":
        later = time.time() + half_signed_in.VALID_FOR.total_seconds() + 2
        monkeypatch.setattr("itsdangerous.timed.time.time", lambda: later)
    if spoil == "forged":
        client.set_cookie(half_signed_in.cookie_name(), "x.y.z")
    if spoil == "new password":
        accounts.change_password(cast.hoa, "một câu khác hẳn", by=cast.hoa)
    if spoil == "disabled":
        User.update(disabled=True).where(User.id == cast.hoa.id).execute()
    answer = client.post("/login/code", data={"code": phone.code()})
    assert answer.location == "/login"
    assert "Hãy đăng nhập lại" in client.get("/login").text
    assert Session.select().count() == 0


def test_the_secret_is_sealed_for_this_account_and_installation(
    cast: Cast, codes: list[str], phone: Phone, settings: Settings
) -> None:
    row = SecondStep.get()
    assert phone.secret not in row.sealed
    SecondStep.create(user=cast.thu, sealed=row.sealed)
    with pytest.raises(Problem, match="không mở được khóa"):
        second_step.check(cast.thu, phone.code(), settings)
    (settings.data / "settings-key").write_text("f" * 64)
    with pytest.raises(Problem, match="không mở được khóa"):
        second_step.check(cast.hoa, phone.code(), settings)
    second_step.check(cast.hoa, codes[0], settings)  # the slip still opens


def test_turning_it_on_in_the_browser(client_of: ClientOf, cast: Cast, phone: Phone) -> None:
    other, browser = client_of(cast.lan), client_of(cast.lan)
    page = browser.post("/account/second-step", follow_redirects=True).text
    secret = re.search(r'data-secret="([A-Z2-7]{32})"', page)
    assert secret is not None
    assert "<svg" in page
    phone.secret = secret[1]
    wrong = browser.post("/account/second-step/confirm", data={"code": "12345"})
    assert wrong.status_code == 422
    assert "ở dòng vừa thêm" in wrong.text, "no word of recovery codes: there are none yet"
    assert secret[1] in wrong.text, "the same secret: the app need not be told again"
    assert not second_step.is_on(User.get_by_id(cast.lan.id))
    slip = browser.post("/account/second-step/confirm", data={"code": phone.code()}).text
    assert len(re.findall(r'data-code="\d[a-z2-9]{8}"', slip)) == 10
    assert other.get("/classes").status_code == 302, "signed out elsewhere"
    assert "Còn 10 mã dự phòng" in browser.get("/account").text
    again = browser.post("/account/second-step/confirm", data={"code": phone.code()})
    assert again.status_code == 303, "shown once"
    assert "đã bật" in browser.post("/account/second-step", follow_redirects=True).text


def test_other_recovery_codes_take_the_place_of_the_old(
    client_of: ClientOf, cast: Cast, codes: list[str], phone: Phone, settings: Settings
) -> None:
    browser = client_of(cast.hoa)
    slip = browser.post("/account/second-step/codes", data={"code": phone.code()}).text
    fresh = re.findall(r'data-code="(\d[a-z2-9]{8})"', slip)
    assert len(fresh) == 10
    with pytest.raises(Problem):
        second_step.check(cast.hoa, codes[0], settings)
    second_step.check(cast.hoa, fresh[0], settings)


def test_it_is_turned_off_with_password_and_code(
    client_of: ClientOf, cast: Cast, codes: list[str], phone: Phone
) -> None:
    browser = client_of(cast.hoa)
    for form in ({"password": "x", "code": phone.code()}, {"password": PASSWORD, "code": "000000"}):
        browser.post("/account/second-step/off", data=form)
        assert second_step.is_on(User.get_by_id(cast.hoa.id))
    form = {"password": PASSWORD, "code": phone.code()}
    page = browser.post("/account/second-step/off", data=form, follow_redirects=True).text
    assert "Từ nay chỉ cần mật khẩu" in page
    assert (SecondStep.select().count(), RecoveryCode.select().count()) == (0, 0)
    assert not second_step.is_on(User.get_by_id(cast.hoa.id))


def test_who_has_lost_the_telephone_is_helped(
    client: FlaskClient, client_of: ClientOf, cast: Cast, codes: list[str], app: Flask
) -> None:
    """By whoever may reset the password, and at last at the terminal; a new password alone removes nothing."""
    path = f"/settings/accounts/{cast.hoa.id}/second-step/remove"
    assert client_of(cast.thu).post(path).status_code == 403, "a clerk: not the principal's"
    User.update(role="principal").where(User.id == cast.minh.id).execute()
    deputy = client_of(User.get_by_id(cast.minh.id))
    deputy.post(f"/settings/accounts/{cast.hoa.id}/password", data={"password": "một câu khác hẳn"})
    assert second_step.is_on(User.get_by_id(cast.hoa.id))
    assert "Đã gỡ mã" in deputy.post(path, follow_redirects=True).text
    assert not second_step.is_on(User.get_by_id(cast.hoa.id))
    event = Change.get(Change.event == "account.second_step_removed")
    assert (event.user_id, event.subject) == (cast.minh.id, f"user {cast.hoa.id}")
    assert "không dùng mã" in deputy.post(path, follow_redirects=True).text


def test_the_last_resort_is_a_command(cast: Cast, codes: list[str], app: Flask) -> None:
    with app.app_context():
        ran = app.test_cli_runner().invoke(args=["remove-second-step", "HOA"])
        assert "Đã gỡ mã khi đăng nhập của hoa" in ran.output
        again = app.test_cli_runner().invoke(args=["remove-second-step", "hoa"])
        assert again.exit_code == 1
        assert "không dùng mã" in again.output
    assert not second_step.is_on(User.get_by_id(cast.hoa.id))
    assert Change.get(Change.event == "account.second_step_removed").user is None


def test_the_dialog_of_the_class_table_asks_for_it_too(
    client: FlaskClient, client_of: ClientOf, cast: Cast, codes: list[str], phone: Phone
) -> None:
    table = client_of(cast.hoa).get(f"/classes/{cast.class_5a.id}").text
    assert 'id="signin-code"' in table
    assert 'id="signin-code"' not in client_of(cast.lan).get(f"/classes/{cast.class_5a.id}").text
    form = {"username": "hoa", "password": PASSWORD}
    htmx = {"HX-Request": "true"}
    assert "cần thêm mã" in client.post("/login", data=form, headers=htmx).text
    wrong = client.post("/login", data=form | {"code": "1"}, headers=htmx)
    assert wrong.status_code == 422
    assert "Mã chưa đúng" in wrong.text
    right = client.post("/login", data=form | {"code": phone.code()}, headers=htmx)
    assert (right.status_code, right.headers["X-User"]) == (204, str(cast.hoa.id))
