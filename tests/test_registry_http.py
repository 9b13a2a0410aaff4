"""The connector over real HTTP: one contract for every way in, every fault of the other side, TLS."""

import json
import logging
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from idapp.registry import SoapConnector, transport
from idapp.registry.simulator.answers import SHAPES
from idapp.registry.simulator.faults import FAULTS
from tests.register import (
    ACCESS,
    CONFIG,
    DAO,
    NUMBER,
    WAYS,
    ask,
    log,
    raw_server,
    register,
    sample,
    tell,
)


@pytest.mark.parametrize("way", WAYS)
def test_contract(way):
    with register(way) as config:
        assert ask(config).outcome == "verified"
        assert ask(config, born="2014-03-18").outcome == (
            "not_found" if config.match == "full" else "mismatch"
        )
        assert ask(config, sex="male").differences == {"gender": ("Nam", "Nữ")}
        assert ask(config, full_name="Lục Thị Anh Đao").differences.keys() == {"full_name"}
        assert ask(config, full_name="Lục Thị Hoa").outcome == "not_found"
        assert ask(config, born="2013-03-17").outcome == "not_found"
        assert ask(config, number="100314900009").outcome == "not_found"
        assert ask(config, number="x").outcome == "rejected"
        assert (
            ask(
                config, number="100215900003", full_name="H'Hư Cấu Niê", born="2015", sex="male"
            ).outcome
            == "verified"
        )
        connector = SoapConnector(config)
        assert list(connector.collect([1, 2])) == []
        connector.close()
        told = log(config)
        assert told["calls"] == told["outcomes"]["found"] + told["outcomes"]["no_match"] == 8


@pytest.mark.parametrize("way", WAYS)
def test_contract_for_yes_and_no(way):
    with register(way) as config:
        config = replace(config, operation="003")
        for shape in ("", "counted", "json", "other_prefix"):
            tell(config, shapes={shape: 1.0} if shape else {})
            assert ask(config).outcome == "verified"
            assert ask(config, full_name="Lục Thị Hoa").outcome == "not_found"
            assert ask(config, born="2014-03-18").outcome == "not_found"


@pytest.mark.parametrize("way", ["signature", "exchange", "gateway"])
def test_a_stranger_is_not_permitted(way):
    with register(way) as config:
        for wrong in (
            replace(config, secret="x", api_key="x"),
            replace(config, user="x", api_key=""),
        ):
            answer = ask(wrong)
            assert answer.outcome == "not_permitted"
            assert answer.sentence
        assert "found" not in log(config)["outcomes"]


EXPECTED = {
    **dict.fromkeys(FAULTS, ("unanswered", None)),
    "fault_500": ("unanswered", "fault"),
    "http_502": ("unanswered", "http_502"),
    "http_503": ("unanswered", "http_503"),
    "html_200": ("unanswered", "html"),
    "empty": ("unanswered", "empty"),
    "white_space": ("unanswered", "too_large"),
    "gateway_xml": ("verified", ""),
    "gateway_text": ("unanswered", "gateway_error"),
    "expired_token": ("not_permitted", "http_401"),
    "forbidden": ("not_permitted", "http_403"),
    "error_004": ("not_permitted", "004"),
    "error_005": ("not_permitted", "005"),
    "error_01": ("unanswered", "01"),
    "redirect": ("unanswered", "http_302"),
    "slow": ("unanswered", "time_out"),
    "drip": ("unanswered", "time_out"),
    "drop": ("unanswered", "dropped"),
    "cut": ("unanswered", "cut"),
    "doctype": ("unanswered", "dtd"),
    "wrong_person": ("unanswered", "wrong_person"),
    "two_persons": ("unanswered", "two_persons"),
}


def test_every_fault_is_an_outcome_and_none_is_not_found():
    with register("signature") as config:
        for fault, (outcome, reason) in EXPECTED.items():
            assert tell(config, faults={NUMBER: fault}) == 200
            patient = (
                config
                if fault in ("slow", "drip")
                else replace(config, connect_timeout=5, read_timeout=5)
            )
            answer = ask(patient)
            assert answer.outcome == outcome, fault
            assert answer.reason == (answer.reason if reason is None else reason), fault
        assert log(config)["calls"] == len(FAULTS)  # nothing was retried, no redirect followed
        tell(config, faults={})
        assert ask(config).outcome == "verified"


def test_every_shape_of_a_good_answer_is_read():
    with register("signature") as config:
        for shape in sorted(SHAPES):
            tell(config, faults={NUMBER: shape}, shapes={shape: 1.0})
            assert ask(config).outcome == "verified", shape
            assert ask(config, number="100314900009").outcome == "not_found", shape


def test_throttling_says_how_long_to_wait():
    with register(
        faults={NUMBER: ["throttle", "throttle_date", "throttle_soon", "http_503"]}, retry_after="7"
    ) as config:
        waits = [ask(config).retry_after for _ in range(5)]
    assert waits[0] == waits[3] == 7
    assert 1 < waits[1] <= 3
    assert waits[2] is None
    assert waits[4] is None


def test_an_expired_token_is_renewed_once_and_then_believed():
    with register("exchange", faults={NUMBER: ["expired_token"]}) as config:
        assert ask(config).outcome == "verified"
        assert log(config)["outcomes"] == {"expired_token": 1, "found": 1}
        tell(config, faults={NUMBER: "expired_token"})
        assert ask(config).outcome == "not_permitted"
        assert log(config)["outcomes"]["expired_token"] == 3  # asked, renewed, asked: no third time


def test_twenty_threads_share_one_connector_and_one_token():
    with register("exchange", latency_ms=300) as config:
        connector = SoapConnector(replace(config, connect_timeout=5, read_timeout=5))
        questions = [
            replace(DAO, request_code=f"C{n}", number=f"10031490{n:04d}") for n in range(60)
        ]
        with ThreadPoolExecutor(20) as pool:
            outcomes = [answer.outcome for answer in pool.map(connector.ask, questions)]
        connector.close()
        told = log(config)
    assert outcomes.count("verified") == 1
    assert outcomes.count("not_found") == 59
    assert told["most_at_once"] >= 16
    assert told["in_flight_twice"] == 0
    assert "no_access" not in told["outcomes"]


def test_nobody_listening_and_a_wrong_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert ask(replace(CONFIG, url=url)).reason == "no_connection"
    for url, reason in [
        ("", "bad_address"),
        ("ftp://x/", "bad_address"),
        ("http://x:99999/", "bad_address"),
    ]:
        assert ask(replace(CONFIG, url=url)).reason == reason
    refused = ask(replace(CONFIG, url="http://dan-cu.invalid/"))
    assert (refused.outcome, refused.reason) == ("not_permitted", "plain_http")
    assert refused.sentence
    assert (
        ask(replace(CONFIG, auth="lgsp", url=url, token_url="http://127.0.0.1:9/")).reason
        == "no_connection"
    )


def test_headers_that_drip_for_ever_end_at_the_limit():
    with raw_server(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 500, pause=0.05) as url:
        assert (
            ask(replace(CONFIG, url=url, connect_timeout=0.2, read_timeout=0.5)).reason
            == "time_out"
        )


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<a>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n<a>\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b garbage",
        b"HTTP/1.1 999 \r\nA: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_broken_http_is_unanswered(reply):
    with raw_server(reply) as url:
        assert (
            ask(replace(CONFIG, url=url, connect_timeout=1, read_timeout=1)).outcome == "unanswered"
        )


def test_chunked_answers_are_read_whole():
    body = sample("03-resp-037-found.xml")
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:900], body[900:])
    )
    with raw_server(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    ) as url:
        assert ask(replace(CONFIG, url=url)).outcome == "verified"


def test_no_log_of_ours_holds_a_number_a_name_or_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with register("signature") as config:
        for fault in [*FAULTS, ""]:
            tell(config, faults={NUMBER: fault} if fault else {})
            ask(replace(config, read_timeout=0.1, connect_timeout=0.1))
        told = json.dumps(log(config, calls=True))
    said = caplog.text + told
    assert "not_permitted" in said
    assert len(caplog.records) > len(FAULTS)
    assert not any(
        private in said for private in (NUMBER, "Đào", "LUCTHI", "20140317", ACCESS["secret"])
    )


def test_the_thread_that_watches_calls_rests_and_begins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No thread for each call; between two batches none at all."""
    monkeypatch.setattr(transport, "_IDLE_SECONDS", 0.05)
    deadlines = transport._Deadlines(0.1)
    for _ in range(2):
        with deadlines.begin() as in_time, deadlines.begin():
            pass
        with deadlines.begin() as late, deadlines.begin() as later:
            assert _until(lambda: late.expired and later.expired)
        assert not in_time.expired
        assert _until(lambda: deadlines._thread is None)


def _until(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not is_so() and time.monotonic() < end:
        time.sleep(0.01)
    return is_so()
