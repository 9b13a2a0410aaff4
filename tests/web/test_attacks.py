"""Hostile requests: no fault of the server, no way round the roles, nothing of another class, no word in the logs."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from idapp import accounts, doctor, people, verification
from idapp.models import Change, Import, PaperCase, Person, User
from idapp.settings import Settings, use
from idapp.web.accounts import cookie_name, own_path
from idapp.web.guessing import limiter
from tests.cast import PASSWORD, Cast

Browser = Callable[[User], FlaskClient]
SCRIPT = '"><img src=x onerror=alert(1)>'
JSON_DEEDS = ("paste", "fill", "clear", "zeros")
JSON_FIELDS = ("rows", "fields", "selection", "seen", "people")
BAD_JSON = {
    "cut": "{", "a number": "17", "null inside": "[null]", "wrong shape": '{"a": 1}', "no text": '{"1": 2}',
    "surrogate": '["\\ud800"]', "surrogate seen": '{"1": {"full_name": "\\ud800"}}', "infinite": "[1e999]",
    "huge id": "[99999999999999999999, -5, 1.5, true]", "huge key": '{"99999999999999999999": {"address": ""}}',
    "5,000 digits": '["' + "9" * 5000 + '"]', "5,000 digits, a number": "[" + "9" * 5000 + "]", "deep": "[" * 100_000,
    "deep inside": '{"rows": ' + "[" * 50_000, "NUL": '["\\u0000"]', "NUL seen": '{"1": {"address": "\\u0000"}}',
}  # fmt: skip
BAD_TEXTS = (
    "\x00",
    "9" * 30,
    "9" * 5000,
    "-1",
    "../../etc/passwd",
    "a\r\nSet-Cookie: x=1",
    "' OR 1=1 --",
    SCRIPT,
)
FIELDS = (
    "value", "seen", "anchor_person", "anchor_field", "field", "source", "move", "table", "text", "only", "owner",
    "due_on", "state", "since", "class", "person", "back", "explanation", "reason", "evidence", "first", "came", "day",
    "take", "view", "page", "shown", "anyway", "key-0", "column-0", "scope", "which", "role", "deadline", "opens_on",
    "teacher", "full_name", "date_of_birth", "identity_number", "after", "before", "column", "grade", "sort", "q",
    "user", "status", "reason", "province", "disabled", "trouble", "only", "note", "title", "comment",
)  # fmt: skip
ENDS = (
    "/stop",
    "/close",
    "/disabled",
    "/password",
    "/logout",
    "/login",
)  # would end the attack itself


@pytest.fixture
def ids(cast: Cast) -> dict[str, str]:
    batch = verification.start("school", by=cast.hoa)
    return {
        "person_id": str(cast.an.id),
        "class_id": str(cast.class_5a.id),
        "batch_id": str(batch.id),
        "field": "full_name",
        "name": "5A",
        "user_id": str(cast.lan.id),
    }


def addresses(app: Flask, method: str, ids: dict[str, str]) -> list[str]:
    rules = [
        r
        for r in app.url_map.iter_rules()
        if method in (r.methods or ()) and r.endpoint != "static"
    ]
    return [
        re.sub(r"<(?:int:)?(\w+)>", lambda part: ids.get(part[1], "1"), rule.rule) for rule in rules
    ]


def text_of(answer: object) -> str:
    return answer.get_data().decode("utf-8", "ignore")  # type: ignore[attr-defined]


# what must never be a fault of the server


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_text_is_a_fault(
    method: str, app: Flask, cast: Cast, client_of: Browser, ids: dict[str, str]
) -> None:
    browser, faults = client_of(cast.hoa), []
    for path in addresses(app, method, ids):
        if path.endswith(ENDS) or path.startswith("/exports"):
            continue
        for text in BAD_TEXTS if method == "POST" else BAD_TEXTS[:1] + BAD_TEXTS[-3:]:
            given = dict.fromkeys(FIELDS, text[:300] if method == "GET" else text)
            ask = {"query_string": given} if method == "GET" else {"data": given}
            if browser.open(path, method=method, **ask).status_code >= 500:  # type: ignore[arg-type]
                faults.append((path, text[:20]))
    assert not faults


def test_a_letter_that_no_server_keeps_becomes_one_that_is_seen(
    cast: Cast, client_of: Browser
) -> None:
    """NUL: SQLite would store it, and the school could never move to PostgreSQL."""
    people.change(cast.an, "identity_number", "", seen=cast.an.identity_number, by=cast.lan)
    answer = client_of(cast.lan).post(f"/notices/{cast.an.id}/note", data={"note": "a\x00b"})
    assert answer.status_code == 303
    assert PaperCase.get(PaperCase.person == cast.an).note == "a\ufffdb"


@pytest.mark.parametrize("name", BAD_JSON)
def test_no_json_is_a_fault(name: str, cast: Cast, client_of: Browser) -> None:
    browser, faults = client_of(cast.lan), []
    good = {
        "rows": json.dumps([cast.an.id, cast.binh.id]),
        "anchor_person": str(cast.an.id),
        "anchor_field": "address",
        "fields": '["address"]',
        "source": str(cast.an.id),
        "tsv": "a\nb",
        "confirm": "1",
    }
    for deed in JSON_DEEDS:
        for field in JSON_FIELDS:
            answer = browser.post(
                f"/classes/{cast.class_5a.id}/{deed}", data=good | {field: BAD_JSON[name]}
            )
            if answer.status_code >= 500:
                faults.append((deed, field))
    assert not faults


@pytest.mark.parametrize(
    "text",
    ["9" * 30, "9" * 5000, "-1", "1.5", "٣", "staff", "\x00"],
    ids=lambda text: repr(text[:8]),
)
def test_no_table_name_is_a_fault(text: str, cast: Cast, client_of: Browser) -> None:
    assert client_of(cast.lan).post("/undo", data={"table": text}).status_code in (403, 404)


def test_a_form_that_is_no_file_is_bounded(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.lan).post(
        f"/people/{cast.an.id}/cells/address", data={"value": "a" * 3_000_000}
    )
    assert answer.status_code == 413
    assert len(answer.data) < 100_000


def test_a_hundred_megabytes_are_refused_unread(cast: Cast, client_of: Browser) -> None:
    class Large(io.RawIOBase):
        at = taken = 0

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def seek(self, to: int, whence: int = 0) -> int:
            self.at = to if whence == 0 else 100 * 1024 * 1024
            return self.at

        def tell(self) -> int:
            return self.at

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            self.taken += len(buffer)
            return len(buffer)

    stream = Large()
    answer = client_of(cast.lan).post(
        "/imports", input_stream=stream, content_type="multipart/form-data; boundary=b"
    )
    assert answer.status_code == 413
    assert stream.taken < 1024 * 1024
    assert "10 MB" in text_of(answer)
    assert Import.select().count() == 0


# nothing of another class


def test_ids_of_another_class_in_form_fields_do_nothing(cast: Cast, client_of: Browser) -> None:
    browser, table, theirs = (
        client_of(cast.lan),
        f"/classes/{cast.class_5a.id}",
        json.dumps([cast.chi.id]),
    )
    before = {p.id: (p.version, p.school_class_id, p.active) for p in Person.select()}
    mine = str(cast.an.id)
    deeds = [
        (
            f"{table}/fill",
            {"field": "province", "source": cast.chi.id, "rows": json.dumps([cast.binh.id])},
        ),
        (f"{table}/fill", {"field": "address", "source": mine, "rows": theirs}),
        (f"{table}/clear", {"fields": '["full_name"]', "rows": theirs, "confirm": "1"}),
        (
            f"{table}/paste",
            {"anchor_person": cast.chi.id, "anchor_field": "full_name", "tsv": "X Y"},
        ),
        (
            f"{table}/paste",
            {
                "anchor_person": mine,
                "anchor_field": "full_name",
                "match": "code",
                "tsv": "Mã định danh Bộ GD&ĐT\tHọ và tên\n1000000003\tX Y",
            },
        ),
        (f"{table}/zeros", {"people": json.dumps([cast.chi.id, cast.giang.id])}),
        (
            f"{table}/people",
            {"full_name": "Ai Đó", "ministry_code": "1000000003", "move": cast.chi.id},
        ),
        ("/notices/bulk", {"person": cast.chi.id, "since": "open", "state": "slip_sent"}),
        ("/undo", {"table": cast.class_5b.id}),
    ]
    for path, data in deeds:
        answer = browser.post(path, data={k: str(v) for k, v in data.items()})
        assert answer.status_code < 500, path
        assert "Lê Thị Chi" not in text_of(answer), path
    assert {p.id: (p.version, p.school_class_id, p.active) for p in Person.select()} == before


def test_a_teacher_sees_nobody_of_another_class_anywhere(
    app: Flask, cast: Cast, client_of: Browser, ids: dict[str, str]
) -> None:
    people.change(
        cast.binh, "identity_number", cast.chi.identity_number, seen="", by=cast.lan
    )  # shared: who has it?
    browser, leaks = client_of(cast.lan), []
    for path in [
        *addresses(app, "GET", ids),
        f"/places?field=commune&person={cast.chi.id}",
        "/notices/slips?staff=1",
        "/notices?class=staff",
        f"/people/{cast.binh.id}",
        f"/notices/{cast.binh.id}",
    ]:
        shown = text_of(browser.get(path))
        if any(word in shown for word in ("Lê Thị Chi", "Đỗ Văn Giang", "1000000003")):
            leaks.append(path)
    assert not leaks


def test_the_reviewer_reads_no_number_anywhere(
    app: Flask, cast: Cast, client_of: Browser, ids: dict[str, str]
) -> None:
    people.change(
        cast.an, "identity_number", "100312000077", seen=cast.an.identity_number, by=cast.lan
    )
    client_of(cast.lan).post(
        f"/people/{cast.an.id}/explanation", data={"reason": "other", "note": "số 100312000077"}
    )
    numbers = [
        n for n in {p.identity_number for p in Person.select()} | {cast.an.identity_number} if n
    ]
    browser = client_of(cast.phong)
    for path in addresses(app, "GET", ids):
        answer = browser.get(path)
        assert not any(number in text_of(answer) for number in numbers), path
        assert path.startswith("/static") or answer.headers["Cache-Control"] == "no-store", path


def test_somebody_elses_import_does_not_exist(cast: Cast, client_of: Browser) -> None:
    sheet = "Họ và tên,Ngày sinh,Lớp\nNguyễn Thị Mới,01/02/2012,5A\n".encode()
    client_of(cast.lan).post("/imports", data={"file": (io.BytesIO(sheet), "a.csv")})
    upload = Import.get()
    for user, code in ((cast.minh, 404), (cast.phong, 403)):
        browser = client_of(user)
        for end in ("", "/errors.xlsx", "/progress"):
            assert browser.get(f"/imports/{upload.id}{end}").status_code == code
        for end in ("confirm", "undo", "drop", "rows", "rows/1", "columns", "answers"):
            assert (
                browser.post(f"/imports/{upload.id}/{end}", data={"take": "1"}).status_code == code
            )
    assert Import.get().state == "checked"


def test_only_the_fields_of_the_form_can_change(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.lan)
    more = {
        "status": "verified",
        "version": "99",
        "school_class": cast.class_5b.id,
        "active": "0",
        "kind": "staff",
    }
    browser.post(f"/people/{cast.an.id}", data={**more, "address": "Ấp 9", "seen-address": ""})
    now = Person.get_by_id(cast.an.id)
    assert (now.address, now.status, now.version) == ("Ấp 9", "ready", 2)
    assert (now.school_class_id, now.active, now.kind) == (cast.class_5a.id, True, "student")
    for field in ("status", "version", "id", "school_class", "problems", "__class__", "position"):
        assert (
            browser.post(f"/people/{cast.an.id}/cells/{field}", data={"value": "x"}).status_code
            == 404
        )


# scripts


def test_no_text_becomes_markup(
    app: Flask, cast: Cast, client_of: Browser, ids: dict[str, str]
) -> None:
    lan, hoa, phong = (client_of(user) for user in (cast.lan, cast.hoa, cast.phong))
    sheet = io.BytesIO(f"Họ và tên,Lớp\n{SCRIPT[2:]},5A\n".encode())
    answers = [
        lan.post(
            f"/people/{cast.an.id}/cells/{f}", data={"value": SCRIPT, "seen": getattr(cast.an, f)}
        )
        for f in ("full_name", "address", "identity_number", "date_of_birth", "gender", "province")
    ]
    answers += [
        hoa.post(
            "/settings/school", data={"name": SCRIPT, "office": SCRIPT, "reviewer_title": SCRIPT}
        ),
        hoa.post(
            "/settings/accounts",
            data={
                "username": "la",
                "full_name": SCRIPT,
                "role": "teacher",
                "password": "rat-dai-va-kho-doan",
            },
        ),
        hoa.post("/settings/classes", data={"names": SCRIPT}),
        hoa.post("/notices/visits", data={"day": "2022-10-20", "place": SCRIPT, "note": SCRIPT}),
        lan.post(
            f"/people/{cast.an.id}/explanation",
            data={"reason": "other", "note": SCRIPT, "evidence": SCRIPT},
        ),
        lan.post(f"/notices/{cast.binh.id}/note", data={"note": SCRIPT}),
        lan.post(
            f"/people/{cast.an.id}/card",
            data={"text": f"100312000077||{SCRIPT}|20032012|Nữ|{SCRIPT}|01012021"},
        ),
        phong.post("/progress/remarks", data={"class": cast.class_5a.id, "text": SCRIPT}),
        lan.post("/imports", data={"file": (sheet, f"{SCRIPT}.csv")}),
        lan.post(
            f"/classes/{cast.class_5a.id}/paste",
            data={
                "anchor_person": cast.binh.id,
                "anchor_field": "full_name",
                "tsv": f"{SCRIPT}\t{SCRIPT}",
                "confirm": "1",
            },
        ),
    ]
    for browser in (lan, hoa, phong):
        for path in [*addresses(app, "GET", ids), f"/notices/{cast.binh.id}"]:
            if not path.startswith("/exports"):
                answers += [browser.get(path), browser.get(path, headers={"HX-Request": "true"})]
    html = [a for a in answers if a.mimetype == "text/html"]
    assert len(html) > 100
    assert not [a.request.path for a in html if "<img src=x" in text_of(a)]


# signing in


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "///evil.example",
        "/%5cevil.example",
        "javascript:alert(1)",
        "/classes\r\nX: y",
        "/classes?a=\r\nSet-Cookie: z=1",
        "/classes?a=\u2028",
        "/\x00",
        "/logout",
        "//[",
    ],
)
def test_signing_in_leads_to_our_own_pages_only(
    onward: str, app: Flask, client: FlaskClient
) -> None:
    with app.test_request_context():
        assert own_path(onward) == "/"
    answer = client.post("/login", data={"username": "lan", "password": PASSWORD, "next": onward})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/"


def test_a_cookie_from_before_is_worth_nothing(app: Flask, cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.lan)
    old = browser.get_cookie(cookie_name())
    browser.post(
        "/login", data={"username": "minh", "password": PASSWORD}
    )  # another sits down at the same computer
    thief = app.test_client()
    thief.set_cookie(cookie_name(), old.value if old else "")
    assert thief.get("/classes").status_code == 302
    new = browser.get_cookie(cookie_name())
    browser.post("/logout")
    thief.set_cookie(cookie_name(), new.value if new else "")
    assert thief.get("/classes").status_code == 302


def test_a_disabled_account_is_out_at_once(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.lan)
    accounts.set_disabled(cast.lan, True, by=cast.hoa)
    assert browser.get(f"/classes/{cast.class_5a.id}").status_code == 302
    assert (
        browser.post(f"/people/{cast.an.id}/cells/address", data={"value": "x"}).status_code == 302
    )
    assert Person.get_by_id(cast.an.id).address == cast.an.address


def test_other_spellings_of_a_name_do_not_buy_more_tries(client: FlaskClient) -> None:
    limiter.reset()
    names = (
        "lan",
        "LAN",
        " lan",
        "lan ",
        "Lan",
        "lan\u200b",
        "\tlan",
        "LaN",
        "lAn",
        "laN",
        "lan",
        "LAn",
    )
    codes = [
        client.post("/login", data={"username": name, "password": "x"}).status_code
        for name in names
    ]
    limiter.reset()
    assert codes == [401] * 10 + [429] * 2


def test_the_cookie_over_https(cast: Cast, settings: Settings, app: Flask) -> None:
    use(replace(settings, https=True))
    answer = app.test_client().post("/login", data={"username": "lan", "password": PASSWORD})
    use(settings)
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("__Host-idapp="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


# afterwards


def test_logs_and_records_after_an_attack(
    cast: Cast,
    client_of: Browser,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault whose message holds people's data leaves neither in the answer nor in the log a word of it."""

    def fall(*_: object, **__: object) -> None:
        raise ValueError(f"{cast.an.full_name} {cast.an.identity_number}")

    monkeypatch.setattr(people, "change", fall)
    answer = client_of(cast.lan).post(
        f"/people/{cast.an.id}/cells/address", data={"value": "x", "seen": ""}
    )
    assert answer.status_code == 500
    assert cast.an.identity_number not in text_of(answer)
    assert caplog.text
    assert cast.an.identity_number not in caplog.text
    assert cast.an.full_name not in caplog.text
    assert all(finding.level == "ok" for finding in doctor.invariants())
    assert not any(cast.an.identity_number in change.subject for change in Change.select())
