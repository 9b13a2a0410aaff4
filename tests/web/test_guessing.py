"""Guessing of passwords is slowed down; nobody who knows theirs is locked out by it."""

from dataclasses import replace

from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts
from idapp.models import Change
from idapp.settings import current, use
from idapp.web import guessing
from idapp.web.known_devices import cookie_name
from tests.cast import PASSWORD, Cast

SCHOOL = "127.0.0.9"  # this machine: other networks are let in once an address is chosen
ELSEWHERE = "127.0.0.4"


def sign_in(
    client: FlaskClient, username: str, password: str = PASSWORD, address: str = SCHOOL
) -> int:
    """The status of the answer."""
    form = {"username": username, "password": password}
    place = {"REMOTE_ADDR": address}
    return client.post("/login", data=form, environ_overrides=place).status_code


def use_up(username: str, *, address: str = SCHOOL, tries: int) -> None:
    """So many wrong passwords from a device that nobody knows, without the time that each would take."""
    attempt = guessing.Attempt(username, address, "")
    for _ in range(tries):
        attempt.has_failed()


def test_one_machine_does_not_lock_a_school_out(app: Flask, cast: Cast) -> None:
    """200 wrong passwords for every account there is but one, from the school's only address."""
    for number in range(30):
        use_up(f"gv{number}", tries=10)
    use_up("lan", tries=10)
    assert sign_in(app.test_client(), "lan") == 429
    assert sign_in(app.test_client(), "minh") == 302, "nobody has tried this account"


def test_in_a_flood_each_account_has_three_tries_left(app: Flask, cast: Cast) -> None:
    for number in range(20):
        use_up(f"gv{number}", tries=10)
    stranger = app.test_client()
    codes = [sign_in(stranger, "minh", "wrong") for _ in range(4)]
    assert codes == [401, 401, 401, 429]
    assert sign_in(stranger, "minh", address=ELSEWHERE) == 302, "another address knows no flood"


def test_a_device_that_is_known_is_let_through(app: Flask, cast: Cast) -> None:
    """And only for the account that it has signed in to."""
    own = app.test_client()
    assert sign_in(own, "lan") == 302
    own.post("/logout")
    use_up("lan", tries=10)
    use_up("lan", address=ELSEWHERE, tries=100)
    use_up("minh", tries=10)
    assert sign_in(app.test_client(), "lan") == 429
    assert sign_in(own, "minh") == 429
    assert sign_in(own, "lan") == 302


def test_a_known_device_may_not_guess_either(app: Flask, cast: Cast) -> None:
    """A pupil sits down at the teacher's machine."""
    machine = app.test_client()
    sign_in(machine, "lan")
    machine.post("/logout")
    codes = [sign_in(machine, "lan", "wrong") for _ in range(11)]
    assert codes == [401] * 10 + [429]
    assert sign_in(app.test_client(), "lan") == 302, "her other machine is not concerned"


def test_where_redis_is_away_each_process_counts_for_itself(app: Flask, cast: Cast) -> None:
    """Nobody is kept from signing in by it, and a guesser gets no free tries."""
    use(replace(current(), redis_url="redis://127.0.0.1:9/0"))
    assert sign_in(app.test_client(), "lan") == 302
    use_up("lan", tries=10)
    assert sign_in(app.test_client(), "lan") == 429


def test_a_forged_device_is_a_stranger(app: Flask, cast: Cast) -> None:
    own = app.test_client()
    sign_in(own, "lan")
    real = own.get_cookie(cookie_name()).value
    use_up("lan", tries=10)
    for forged in (real[:-2], real + "x", "[]", ""):
        thief = app.test_client()
        thief.set_cookie(cookie_name(), forged)
        assert sign_in(thief, "lan") == 429


def test_the_cookie_of_a_device_names_nobody(app: Flask, cast: Cast) -> None:
    form = {"username": "lan", "password": PASSWORD}
    cookies = app.test_client().post("/login", data=form).headers.getlist("Set-Cookie")
    cookie = next(c for c in cookies if c.startswith(cookie_name()))
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "lan" not in cookie.lower().split(";")[0]


def test_guessing_from_many_addresses_ends_too(app: Flask, cast: Cast) -> None:
    for number in range(25):
        use_up("lan", address=f"192.0.2.{number}", tries=4)
    assert sign_in(app.test_client(), "lan", address=ELSEWHERE) == 429
    assert sign_in(app.test_client(), "minh", address=ELSEWHERE) == 302


def test_the_sentence_says_how_long_and_keeps_the_name(client: FlaskClient, cast: Cast) -> None:
    for username in ("lan", "nobody"):  # whether there is such an account is not told
        use_up(username, address="127.0.0.1", tries=10)
        answer = client.post("/login", data={"username": username, "password": PASSWORD})
        assert answer.status_code == 429
        assert "Hãy đợi 10 phút rồi thử lại." in answer.text
        assert f'value="{username}"' in answer.text
        assert 590 <= int(answer.headers["Retry-After"]) <= 600


def test_a_refused_try_is_not_even_looked_at(app: Flask, cast: Cast) -> None:
    """It costs the machine no time, fills no history, and does not make the wait longer."""
    use_up("lan", tries=10)
    before = Change.select().count()
    stranger = app.test_client()
    assert [sign_in(stranger, "lan", "wrong") for _ in range(3)] == [429] * 3
    assert Change.select().count() == before


def test_an_unknown_name_costs_the_same_work(cast: Cast, monkeypatch) -> None:
    checked: list[str] = []
    real = accounts.matches

    def counted(hash_: str, password: str) -> bool:
        checked.append(hash_.rsplit("$", 2)[0])
        return real(hash_, password)

    monkeypatch.setattr(accounts, "matches", counted)
    accounts.user_with_password("nobody", "x")
    accounts.user_with_password("lan", "x")
    parameters = {hash_.split("$")[3] for hash_ in checked}
    assert len(checked) == 2
    assert len(parameters) == 1
