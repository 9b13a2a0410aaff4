"""The simulator itself: repeatable, strict about its callers, changed while it runs."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from idapp.registry.protocol import (
    envelope,
)
from idapp.registry.simulator.access import Access, signed
from idapp.registry.simulator.behaviour import Behaviour
from idapp.registry.simulator.calls import CallLog
from idapp.registry.simulator.rules import Rules, fault_for
from tests.register import (
    ACCESS,
    CONFIG,
    DAO,
    NUMBER,
    PEOPLE,
    VECTORS,
    ask,
    log,
    register,
    tell,
)


def test_two_calls_about_one_person_at_once_are_told():
    calls = CallLog()
    first = calls.begin(NUMBER, "A", "")
    calls.end(first, "verified")
    second, third = (calls.begin(NUMBER, code, "") for code in "BC")
    assert [first.twice, second.twice, third.twice] == [False, False, True]
    assert calls.summary()["in_flight_twice"] == 1


def test_faults_repeat_with_the_seed_and_follow_their_shares():
    rules = Rules(shares={"http_503": 0.1, "drop": 0.05}, shapes={"split_name": 0.5})
    numbers = [f"1003149{n:05d}" for n in range(3000)]
    first = [fault_for(rules, number, 1, 0) for number in numbers]
    assert first == [fault_for(rules, number, 1, 0) for number in numbers]
    assert first != [fault_for(replace(rules, seed=2), number, 1, 0) for number in numbers]
    assert first != [fault_for(rules, number, 2, 0) for number in numbers]
    faults, shapes = [fault for fault, _ in first], [shape for _, shape in first]
    assert 220 < faults.count("http_503") < 380
    assert 100 < faults.count("drop") < 200
    assert 1350 < shapes.count("split_name") < 1650


def test_signature_is_checked_against_the_vectors_and_the_clock():
    auth = VECTORS["auth"]
    access = Access("signature", auth["user"], auth["secret"], auth["hash_path"])
    headers = {"authorization": auth["authorization"], "timestamp": str(auth["timestamp_ms"])}
    now = auth["timestamp_ms"] / 1000
    assert signed(headers, access, now)
    assert signed(headers, access, now + 299)
    assert not signed(headers, access, now + 301)
    assert not signed(headers, access, now - 301)
    assert not signed(headers, replace(access, secret="x"), now)
    assert not signed({**headers, "timestamp": "1791767415124"}, access, now)
    assert not signed({}, access, now)


def test_outage_window_rate_limit_and_duplicates_in_flight():
    with register(outage={"after_s": 0, "for_s": 60, "fault": "http_502"}) as config:
        assert ask(config).reason == "http_502"
        tell(config, outage={"for_s": 0}, per_second=2)
        # The first call, in the outage, counts towards the same second.
        assert [ask(config).outcome for _ in range(3)][1:] == ["unanswered"] * 2
        assert log(config)["outcomes"]["too_many"] >= 2
        tell(config, per_second=0, latency_ms=200)
        assert log(config)["in_flight_twice"] == 0
        with ThreadPoolExecutor(2) as pool:
            assert [a.outcome for a in pool.map(ask, [config, config])] == ["verified"] * 2
        assert log(config)["in_flight_twice"] == 1


def test_rules_are_changed_only_properly():
    with register() as config:
        url = config.url.replace("tracuu", "rules")
        assert (
            urllib3.request("POST", url, body=b"{}", headers={"Content-Type": "text/plain"}).status
            == 403
        )
        assert tell(config, shares={"no such fault": 1}) == 400
        assert tell(config, nonsense=1) == 400
        assert tell(config, faults={NUMBER: 5}) == 400
        assert ask(config).outcome == "verified"


def test_a_malformed_request_is_refused_with_a_client_fault():
    with register() as config:
        good = envelope(DAO, config)
        swapped = (
            good.replace(b"dan:MaDVC", b"dan:X")
            .replace(b"dan:MaCanBo", b"dan:MaDVC")
            .replace(b"dan:X", b"dan:MaCanBo")
        )
        bodies = [
            swapped,
            good.replace(b"dancuquocgia.bca", b"example.invalid"),
            b"",
            b"<!DOCTYPE a><a/>",
        ]
        for body in bodies:
            answer = urllib3.request(
                "POST", config.url, body=body, headers={"Content-Type": "application/xml"}
            )
            assert answer.status == 500
            assert b"soapenv:Client" in answer.data
        assert (
            urllib3.request(
                "POST", config.url, body=good, headers={"Content-Type": "application/xml"}
            ).status
            == 200
        )


def test_own_process_reads_its_files_again_and_stops_at_once(tmp_path):
    people, rules, calls = (
        tmp_path / "people.json",
        tmp_path / "rules.json",
        tmp_path / "calls.jsonl",
    )
    people.write_text(json.dumps(PEOPLE[1:]), encoding="utf-8")
    rules.write_text("{}")
    command = [
        sys.executable,
        "-m",
        "idapp.registry.simulator",
        "--people",
        people,
        "--rules",
        rules,
        "--log",
        calls,
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    )
    try:
        url = process.stdout.readline().strip()
        config = replace(CONFIG, auth="none", url=url + "tracuu", read_timeout=5)
        assert "giả lập" in urllib3.request("GET", url).data.decode()
        assert ask(config).outcome == "not_found"
        people.write_text(json.dumps(PEOPLE), encoding="utf-8")
        assert ask(config).outcome == "verified"
        people.write_text("[{", encoding="utf-8")
        assert ask(config).outcome == "verified"  # a file half written changes nothing
        rules.write_text('{"faults": {"100314900002": "http_502"}, "slow_ms": 60000}')
        assert ask(config).reason == "http_502"
        tell(config, faults={NUMBER: "slow"})
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(ask, config)
            while log(config)["in_flight"] == 0:
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=40) == 0, (
                "not after the minute which the answer on its way takes"
            )
            assert waiting.result().outcome in ("verified", "unanswered")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    lines = [json.loads(line) for line in calls.read_text().splitlines()]
    assert [line["outcome"] for line in lines][:4] == ["no_match", "found", "found", "http_502"]
    assert NUMBER not in calls.read_text()
    assert len({line["person"] for line in lines[:4]}) == 1


def test_an_outage_runs_on_while_other_rules_change_and_all_can_be_put_back():
    with register(shares={"http_502": 1.0}) as config:
        assert tell(config, outage={"for_s": 60, "fault": "close"}) == 200
        assert tell(config, latency_ms=1) == 200
        told = rules_now(config)
        assert 50 < told["outage_left_s"] < 60
        assert told["latency_ms"] == 1
        assert told["usual_shares"]
        assert ask(config).reason == "dropped"
        tell(config, outage={"for_s": 0}, shares={})
        assert ask(config).outcome == "verified"
        assert not rules_now(config)["usual_shares"]
        assert tell(config, reset=True) == 200
        assert ask(config).reason == "http_502"
        assert rules_now(config)["usual_shares"]


def test_what_the_police_have_corrected_outlasts_a_restart(tmp_path):
    file = tmp_path / "corrected.json"
    Behaviour(Rules(), None, file).change({"corrected": [NUMBER]})
    after = Behaviour(Rules(), None, file)
    assert list(after.now()[0].corrected) == [NUMBER]
    after.change({"corrected": []})
    assert not Behaviour(Rules(), None, file).now()[0].corrected


def test_the_rules_are_told_without_secrets_and_numbers():
    with register("signature", faults={NUMBER: "drop"}, log_key="geheim") as config:
        text = json.dumps(rules_now(config))
    assert json.loads(text)["faults"] == 1
    assert not any(
        private in text for private in (NUMBER, ACCESS["secret"], ACCESS["user"], "geheim")
    )


def test_the_newest_calls_are_told_masked():
    with register() as config:
        for _ in range(5):
            ask(config)
        url = config.url.replace("tracuu", "log?last=2")
        told = urllib3.request("GET", url).json()
        assert [call["attempt"] for call in told["log"]] == [4, 5]
        assert told["calls"] == 5
        assert NUMBER not in json.dumps(told)
        assert "log" not in urllib3.request("GET", url.replace("=2", "=x")).json()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("procedure", "004"), ("officer", "005"), ("unit", "005"), ("api_key", "http_401")],
)
def test_who_is_not_licensed_is_told_so_and_nobody_is_looked_up(name, reason):
    with register() as config:
        tell(config, access={name: "another"})
        assert ask(config).reason == reason
        assert "found" not in log(config)["outcomes"]


def rules_now(config):
    return urllib3.request("GET", config.url.replace("tracuu", "rules")).json()
