"""The settings page of the connection, trying it out, and rehearsing trouble against the real simulator."""

import http.server
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from idapp.models import Batch, Change, School, User
from idapp.registry import trial
from idapp.settings import Settings, use
from idapp.web import registry as page
from tests.cast import Cast
from tests.register import ACCESS, PEOPLE, log, raw_server, running_simulator, tell

Browser = Callable[[User], FlaskClient]
SECRET = ACCESS["secret"]
GRANTED = {
    "REGISTRY": "soap", "REGISTRY_USER": ACCESS["user"], "REGISTRY_SECRET": SECRET, "REGISTRY_API_KEY": "khoa-api-mat",
    "REGISTRY_HASH_PATH": ACCESS["hash_path"], "REGISTRY_PROCEDURE": "SIM-DVC-01", "REGISTRY_OFFICER": "SIM-CB",
}  # fmt: skip


def connected_to(settings: Settings, url: str = "", *, demo: bool = False, **more: str) -> Settings:
    """The same installation with a connection; what is "" is not set."""
    registry = {k: v for k, v in {**GRANTED, "REGISTRY_URL": url, **more}.items() if v}
    School.update(demo=demo).execute()
    return use(replace(settings, registry=registry, demo=demo))


@pytest.fixture
def service() -> Iterator[str]:
    with running_simulator(
        PEOPLE, {"access": {"mode": "signature", **ACCESS}, "slow_ms": 15_000}
    ) as url:
        yield url + "tracuu"


@pytest.fixture(autouse=True)
def _at_any_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SECONDS_BETWEEN", 0.0)


class _Config:
    """What ``tell`` and ``log`` want of a configuration."""

    def __init__(self, url: str) -> None:
        self.url = url


def rules(url: str, **settings: Any) -> None:
    assert tell(_Config(url), **settings) == 200  # type: ignore[arg-type]


def try_out(browser: FlaskClient) -> tuple[int, str]:
    answer = browser.post("/settings/registry/trial", headers={"HX-Request": "true"})
    return answer.status_code, answer.text


@pytest.mark.parametrize("who", ["lan", "thu", "phong"])
def test_only_the_principal_sees_the_connection(cast: Cast, client_of: Browser, who: str) -> None:
    browser = client_of(getattr(cast, who))
    assert browser.get("/settings/registry").status_code == 403
    assert browser.post("/settings/registry/trial").status_code == 403


def test_the_settings_page_leads_there(cast: Cast, client_of: Browser) -> None:
    assert 'href="/settings/registry"' in client_of(cast.hoa).get("/settings").text
    assert 'href="/settings/registry"' not in client_of(cast.thu).get("/settings").text


def test_without_a_connection_the_page_names_both_ways(
    cast: Cast, client_of: Browser, settings: Settings
) -> None:
    browser = client_of(cast.hoa)
    off = browser.get("/settings/registry").text
    assert "Đang dùng: <b>chưa gửi</b>" in off
    assert "Thử kết nối" not in off
    connected_to(settings, REGISTRY="file")
    by_file = browser.get("/settings/registry").text
    assert "Đang dùng: <b>gửi bằng tệp</b>" in by_file
    assert "Thử kết nối" not in by_file
    assert try_out(browser)[0] == 422


def test_what_is_missing_is_said_and_nothing_is_sent(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    connected_to(settings, service, REGISTRY_SECRET="", REGISTRY_OFFICER="")
    browser = client_of(cast.hoa)
    text = browser.get("/settings/registry").text
    assert "Chưa có khóa bí mật" in text
    assert "REGISTRY_OFFICER" in text
    assert "/settings/registry/trial" not in text
    assert try_out(browser)[0] == 422
    assert log(_Config(service))["calls"] == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"REGISTRY_AUTH": "signed"},
        {"REGISTRY_READ_TIMEOUT": "long"},
        {"REGISTRY_RATE": "0,5"},
        {"REGISTRY": "on"},
    ],
)
def test_a_setting_that_makes_no_sense_is_shown_not_a_crash(
    cast: Cast, client_of: Browser, settings: Settings, service: str, wrong: dict[str, str]
) -> None:
    connected_to(settings, service, **wrong)
    browser = client_of(cast.hoa)
    text = browser.get("/settings/registry").text
    assert next(iter(wrong)) in text
    assert next(iter(wrong.values())) in text
    assert browser.get("/settings").status_code == 200
    assert try_out(browser)[0] == 422
    assert "viết chưa đúng" in browser.get("/batches/new").text
    refused = browser.post("/batches", data={"scope": "school"})
    assert refused.status_code == 422
    assert "viết chưa đúng" in refused.text
    assert not Batch.select().exists()


def test_no_secret_is_shown_audited_or_logged(
    cast: Cast,
    client_of: Browser,
    settings: Settings,
    service: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with_key = service.replace("127.0.0.1", "ten:mat-khau@127.0.0.1") + "?key=khoa-trong-dia-chi"
    connected_to(settings, with_key)
    browser = client_of(cast.hoa)
    said = browser.get("/settings/registry").text + try_out(browser)[1] + caplog.text
    said += "".join(
        f"{c.subject}{c.old}{c.new}{c.typed}"
        for c in Change.select().where(Change.event ** "registry%")
    )
    assert "đã đặt, không hiện" in said
    assert not any(
        word in said for word in (SECRET, "khoa-api-mat", "mat-khau", "khoa-trong-dia-chi")
    )


def test_a_good_line_is_told_apart_from_a_wrong_secret(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    browser = client_of(cast.hoa)
    connected_to(settings, service)
    status, text = try_out(browser)
    assert status == 200
    assert 'data-trial="not_found"' in text
    assert "Đã nối được" in text
    assert "giây" in text
    connected_to(settings, service, REGISTRY_SECRET="khác")
    status, text = try_out(browser)
    assert status == 200
    assert 'data-reason="http_401"' in text
    assert "chữ ký" in text
    rows = list(Change.select().where(Change.event == "registry.tried").order_by(Change.id))
    assert [(row.user_id, row.subject, row.new) for row in rows] == [
        (cast.hoa.id, "registry", "not_found"),
        (cast.hoa.id, "registry", "not_permitted http_401"),
    ]
    assert "thử kết nối" in browser.get("/history?kind=registry").text


def test_the_trial_asks_about_nobody_of_the_school(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    received: list[bytes] = []
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", received=received) as url:
        connected_to(settings, url)
        try_out(client_of(cast.hoa))
    sent = b"".join(received)
    assert b"NGUYENVANTHUKETNOI" in sent
    assert b">100090000000<" in sent
    assert cast.an.identity_number.encode() not in sent


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("error_004", "004"),
        ("error_005", "005"),
        ("error_01", "thử lại"),
        ("forbidden", "403"),
        ("html_200", "trang web"),
        ("fault_500", "báo lỗi xử lý"),
        ("http_502", "đang lỗi (502)"),
        ("http_503", "đang lỗi (503)"),
        ("throttle", "hỏi chậm lại"),
        ("redirect", "chuyển hướng"),
        ("empty", "rỗng"),
        ("drop", "cắt kết nối"),
        ("close", "cắt kết nối"),
        ("cut", "đứt giữa chừng"),
        ("garbage", "không phải câu trả lời"),
        ("utf16", "không phải câu trả lời"),
        ("wrong_person", "một người khác"),
        ("gateway_text", "Cổng kết nối"),
    ],
)
def test_every_answer_is_explained(
    cast: Cast, client_of: Browser, settings: Settings, service: str, fault: str, words: str
) -> None:
    connected_to(settings, service)
    rules(service, shares={fault: 1.0})
    status, text = try_out(client_of(cast.hoa))
    assert status == 200
    assert words in text
    assert "Có thể gửi đợt xác thực" not in text


def test_nobody_there_and_a_slow_service_end_in_time(
    cast: Cast,
    client_of: Browser,
    settings: Settings,
    service: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = client_of(cast.hoa)
    connected_to(settings, "http://127.0.0.1:9/")
    refused = try_out(browser)[1]
    assert 'data-reason="no_connection"' in refused
    assert "kiểm tra số cổng" in refused.replace("\n", " ")
    connected_to(settings, "https://khong-co.invalid/")
    assert "Không tìm thấy máy chủ nào có tên này" in try_out(browser)[1]
    connected_to(settings, service, REGISTRY_READ_TIMEOUT="0.4", REGISTRY_CONNECT_TIMEOUT="0.1")
    rules(service, shares={"slow": 1.0})
    assert 'data-reason="time_out"' in try_out(browser)[1]
    monkeypatch.setattr(
        trial, "LONGEST_SECONDS", 0.5
    )  # way in B may call four times: the page does not wait for all
    connected_to(settings, service)
    assert 'data-reason="time_out"' in try_out(browser)[1]
    assert log(_Config(service))["in_flight"], "the call goes on when the page has answered"


def test_two_clicks_are_one_question(
    cast: Cast,
    client_of: Browser,
    settings: Settings,
    service: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(page, "SECONDS_BETWEEN", 5.0)
    connected_to(settings, service)
    browser = client_of(cast.hoa)
    first, second = try_out(browser), try_out(browser)
    assert (first[0], second[0]) == (200, 429)
    assert "năm giây" in second[1]
    assert log(_Config(service))["calls"] == 1  # type: ignore[arg-type]


def test_the_piece_is_the_same_as_in_the_page(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    connected_to(settings, service)
    browser = client_of(cast.hoa)
    piece, whole = try_out(browser)[1], browser.post("/settings/registry/trial").text
    assert piece.split("Mất")[0].strip() in whole
    assert "<html" not in piece


def test_a_clock_that_is_wrong_is_told_from_a_wrong_secret(
    cast: Cast, client_of: Browser, settings: Settings
) -> None:
    head = b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n"
    with raw_server(head + b"Date: Sat, 01 Jan 2000 00:00:00 GMT\r\n\r\n") as url:
        connected_to(settings, url)
        assert "đồng hồ của máy này nhanh" in try_out(client_of(cast.hoa))[1]
    with raw_server(head + b"\r\n") as url:
        connected_to(settings, url)
        assert "khóa bí mật, đường dẫn dùng để ký" in try_out(client_of(cast.hoa))[1]


# --- rehearsing -------------------------------------------------------------------------------------------------------


def test_trouble_is_rehearsed_and_taken_back(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    connected_to(settings, service, demo=True)
    teacher = client_of(cast.lan)
    assert "Mất mạng 60 giây" in teacher.get("/settings/simulator").text
    assert teacher.post("/settings/simulator", data={"trouble": "outage"}).status_code == 302
    piece = teacher.get("/settings/simulator", headers={"HX-Request": "true"}).text
    assert "Đang mất mạng" in piece
    assert "<html" not in piece
    assert 'data-reason="dropped"' in try_out(client_of(cast.hoa))[1]
    teacher.post("/settings/simulator", data={"trouble": "slow"})
    page_now = teacher.get("/settings/simulator").text
    assert "20 % câu hỏi" in page_now
    assert "Đang mất mạng" not in page_now
    assert "cắt kết nối" in page_now
    teacher.post("/settings/simulator", data={"trouble": "usual"})
    assert "Bình thường: " in teacher.get("/settings/simulator").text
    assert 'data-trial="not_found"' in try_out(client_of(cast.hoa))[1]
    assert (
        Change.select().where(Change.event == "registry.rehearsed", Change.user == cast.lan).count()
        == 3
    )


@pytest.mark.parametrize(
    "trouble", ["outage", "slow", "fault", "login", "busy", "stranger", "license", "usual"]
)
def test_every_button_is_taken_by_the_simulator(
    cast: Cast, client_of: Browser, settings: Settings, service: str, trouble: str
) -> None:
    connected_to(settings, service, demo=True)
    browser = client_of(cast.hoa)
    browser.post("/settings/simulator", data={"trouble": trouble})
    assert "không trả lời" not in browser.get("/settings/simulator").text


def test_the_page_shows_no_number_and_no_secret(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    connected_to(settings, service, demo=True)
    rules(service, faults={PEOPLE[0]["number"]: "drop"})
    try_out(client_of(cast.hoa))
    text = client_of(cast.lan).get("/settings/simulator").text
    assert "không khớp ai" in text
    assert not any(w in text for w in (SECRET, "100090000000", str(PEOPLE[0]["number"])))


def test_rehearsing_is_for_the_demo_and_a_simulator_of_this_machine(
    cast: Cast, client_of: Browser, settings: Settings, service: str
) -> None:
    browser = client_of(cast.hoa)
    connected_to(settings, service)
    assert browser.get("/settings/simulator").status_code == 404
    assert browser.post("/settings/simulator", data={"trouble": "outage"}).status_code == 404
    connected_to(settings, "https://dan-cu.example/", demo=True)
    assert browser.get("/settings/simulator").status_code == 404
    connected_to(settings, service, demo=True)
    assert client_of(cast.phong).get("/settings/simulator").status_code == 403
    assert browser.post("/settings/simulator", data={"trouble": "no such"}).status_code == 422


def test_another_service_on_this_machine_is_told_nothing(
    cast: Cast, client_of: Browser, settings: Settings
) -> None:
    asked: list[str] = []

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.command)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    connected_to(settings, f"http://127.0.0.1:{server.server_address[1]}/", demo=True)
    browser = client_of(cast.hoa)
    browser.post("/settings/simulator", data={"trouble": "fault"})
    assert "không trả lời" in browser.get("/settings/simulator").text
    server.shutdown()
    server.server_close()
    assert set(asked) == {"GET"}
