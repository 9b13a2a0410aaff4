"""What was refused stands in the log, without a word about people, and nobody fills the disk with it."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from idapp import accounts, history_chain
from idapp.models import Change, Session, User, utc_now
from idapp.web import refusals
from tests.cast import PASSWORD, Cast

ClientOf = Callable[[User], FlaskClient]


def lines_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "idapp.web.refusals"]


def test_each_kind_of_refusal_leaves_a_line(
    client: FlaskClient, client_of: ClientOf, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    minh, phong = client_of(cast.minh), client_of(cast.phong)
    client.get(f"/people/{cast.an.id}")
    minh.get(f"/people/{cast.an.id}?q={cast.an.identity_number}")
    phong.get("/settings/accounts")
    client.post("/login", data={"username": "lan", "password": "wrong-wrong"})
    assert lines_of(caplog) == [
        "refused: 401 GET /people/<int:person_id> user=- from=127.0.0.1",
        f"refused: 404 GET /people/<int:person_id> user={cast.minh.id} from=127.0.0.1",
        f"refused: 403 GET /settings/accounts user={cast.phong.id} from=127.0.0.1",
        "refused: 401 POST /login user=- from=127.0.0.1",
    ]
    written = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (cast.an.identity_number, "wrong-wrong", "lan", cast.an.full_name):
        assert secret not in written


def test_too_many_tries_are_a_refusal(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(11):
        client.post("/login", data={"username": "lan", "password": "x"})
    assert "refused: 429 POST /login user=- from=127.0.0.1" in lines_of(caplog)


def test_what_is_no_refusal_leaves_none(
    client: FlaskClient, client_of: ClientOf, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    """Work that goes well; addresses of other programs; the page that asks for the password again."""
    client.get("/wp-login.php")
    client.get("/login")
    client.get(f"/classes/{cast.class_5a.id}/changes?after=0")
    hoa = client_of(cast.hoa)
    hoa.get("/classes")
    Session.update(password_typed_at=None).execute()
    assert hoa.post("/settings/registry").status_code == 403
    assert lines_of(caplog) == []


def test_a_knocker_fills_no_disk(
    client_of: ClientOf,
    cast: Cast,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [60_000.0]
    monkeypatch.setattr(refusals.budget, "_clock", lambda: now[0])
    minh, most = client_of(cast.minh), refusals.MOST_FROM_ONE_PLACE
    for _ in range(most + 15):
        minh.get(f"/people/{cast.an.id}")
    assert len(lines_of(caplog)) == most
    now[0] += 60
    minh.get(f"/people/{cast.an.id}")
    assert lines_of(caplog)[most:][0] == "refused: 15 more in the minute before, not written down"
    assert len(lines_of(caplog)) == most + 2


def test_many_places_together_fill_none_either() -> None:
    budget = refusals.Budget(lambda: 0.0)
    written = [budget.lines_left_out(f"192.0.2.{n % 100}") for n in range(500)]
    assert len(written) - written.count(None) == refusals.MOST_LINES


def test_whoever_is_refused_again_and_again_stands_in_the_history(
    client_of: ClientOf, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_FROM_ONE_PLACE", 1000)
    monkeypatch.setattr(refusals, "MOST_LINES", 1000)
    minh = client_of(cast.minh)
    for _ in range(3 * refusals.OFTEN.amount):
        minh.get(f"/people/{cast.an.id}")
    (row,) = Change.select().where(Change.event == "access.refused")
    assert row.user == cast.minh
    page = client_of(cast.hoa).get("/history?kind=access").text
    assert "mở trang không được phép quá nhiều lần" in page


def test_names_that_do_not_exist_leave_so_many_rows(cast: Cast) -> None:
    """An account that exists is written down all the same."""
    newest = history_chain.head().id
    event = {"event": "login.failed", "subject": "unknown user", "at": utc_now()}
    tries = [event | {"id": newest + n} for n in range(1, accounts.MOST_UNKNOWN)]
    Change.insert_many(tries).execute()
    for name in ("khongco1", "khongco2", "lan"):
        assert accounts.user_with_password(name, PASSWORD + "x") is None
    rows = [row.subject for row in Change.select().where(Change.event == "login.failed")]
    assert rows.count("unknown user") == accounts.MOST_UNKNOWN
    assert rows.count(f"user {cast.lan.id}") == 1


def test_lines_of_all_processes_say_the_zone() -> None:
    """In a process of its own: pytest has set up the log here already."""
    code = "import logging; from idapp import faults; faults.log_to_standard_error(); logging.warning('x')"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"TZ": "UTC"}
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000 WARNING root x\n", ran.stderr)
    for script in ("app.py", "web.py", "worker.py"):
        assert "faults.log_to_standard_error()" in Path(script).read_text(encoding="utf-8")
