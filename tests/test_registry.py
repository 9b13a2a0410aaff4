"""The connector to the population database: what is sent, what an answer means, one contract over every way in."""

import contextlib
import ipaddress
import json
import logging
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from idapp.registry import Question, RegistryConfig, new_request_code, open_connector
from idapp.registry.protocol import (
    envelope,
    gateway_request,
    lgsp_header,
    name_key,
    own_check,
    read_answer,
    retry_after,
    signature_headers,
)
from idapp.registry.simulator import running_simulator
from idapp.registry.simulator.access import Access, signed
from idapp.registry.simulator.answers import SHAPES, record_answer
from idapp.registry.simulator.faults import FAULTS
from idapp.registry.simulator.people import Citizen
from idapp.registry.simulator.rules import Rules, fate

SAMPLES = Path(__file__).parent / "samples" / "registry"
VECTORS = json.loads((SAMPLES / "vectors.json").read_text(encoding="utf-8"))
CONFIG = RegistryConfig("http://127.0.0.1:9/", procedure="SIM-DVC-01", officer="100084900777")
NUMBER = "100314900002"
DAO = Question(7, "SIM1", NUMBER, "Lục Thị Ánh Đào", "2014-03-17", "female")
PEOPLE = [
    {"number": NUMBER, "full_name": "Lục Thị Ánh Đào", "born": "2014-03-17", "sex": 2, "father": "Lục Hư Cấu"},
    {"number": "100213900001", "full_name": "Phùng Hữu Đức", "born": "2013-09-05", "sex": 1},
    {"number": "100215900003", "full_name": "H'Hư Cấu Niê", "born": "2015", "sex": 0},
]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def ask(config: RegistryConfig, question: Question = DAO, **changes: str):
    connector = open_connector(config)
    try:
        code = new_request_code(datetime.now(UTC))
        return connector.ask(replace(question, request_code=code, **changes))
    finally:
        connector.close()


def read(body: bytes | str, question: Question = DAO, status: int = 200, kind: str = "text/xml", **config: str):
    body = body.encode() if isinstance(body, str) else body
    return read_answer(body, kind, status, question, replace(CONFIG, **config))


# --- what is sent ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["names"], ids=lambda v: v["name_key_keep_punct"])
def test_name_key_follows_both_rules(vector):
    assert name_key(vector["in"], "letters") == vector["name_key"]
    assert name_key(vector["in"], "spaces") == vector["name_key_keep_punct"]


def test_signature_is_the_one_three_clients_compute():
    auth = VECTORS["auth"]
    config = replace(CONFIG, user=auth["user"], secret=auth["secret"], hash_path=auth["hash_path"])
    headers = signature_headers(config, auth["timestamp_ms"] / 1000)
    assert headers == {"Authorization": auth["authorization"], "Timestamp": str(auth["timestamp_ms"])}
    assert signature_headers(replace(config, timestamp="s"), 1791767415.9)["Timestamp"] == "1791767415"


def test_exchange_header_is_the_sampled_one():
    exchange = json.loads(sample("08-lgsp-exchange.json"))
    config = replace(
        CONFIG,
        user="sim-access",
        secret="sim-secret",
        app_name="sim-app",
        partner_code="SIM",
        partner_code_cus="SIM-CUS",
    )
    assert lgsp_header(config)["lgspaccesstoken"] == exchange["token_request"]["headers"]["lgspaccesstoken"]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("01-req-037-full-dob.xml", {"match": "full", "unit": "SIM-DONVI-01", "account": "sim.vanthu"}),
        ("02-req-037-year-only.xml", {"unit": "SIM-DONVI-01", "account": "sim.vanthu"}),
    ],
)
def test_envelope_has_the_observed_fields_in_their_order(name, changes):
    question = replace(DAO, request_code="SIM20261012083015123")
    assert elements(envelope(question, replace(CONFIG, **changes))) == elements(sample(name))


def test_older_clients_form_and_operation_003():
    question = Question(1, "1791767415123", "100213900001", "Phùng Hữu Đức", "2013-09-05", "male")
    config = replace(CONFIG, operation="003", officer="sim.vanthu")
    # 003 compares nothing afterwards, so it always carries the whole date.
    assert elements(envelope(question, config)) == elements(sample("05-req-003-xacthuc.xml"))


def test_gateway_request_is_the_sampled_one():
    exchange = json.loads(sample("08-lgsp-exchange.json"))
    config = replace(CONFIG, officer="sim.vanthu")
    assert json.loads(gateway_request(replace(DAO, request_code="SIM42"), config)) == exchange["json_gateway_request"]


def test_every_value_is_escaped_and_no_document_type_is_sent():
    config = replace(CONFIG, procedure="<x>&\"'\x00]]>", officer="</dan:MaCanBo>", unit="đơn vị", account="\ufffe")
    sent = envelope(replace(DAO, full_name="H'Hư <b> & Cấu"), replace(config, name_key="spaces"))
    said = dict(elements(sent))
    assert said["MaDVC"] == "<x>&\"']]>" and said["MaCanBo"] == "</dan:MaCanBo>" and said["HoVaTen"] == "H'HU<B>&CAU"
    assert b"DOCTYPE" not in sent and b"ENTITY" not in sent


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"number": "10031490000"}, "bad_number"),
        ({"number": "１00314900002"}, "bad_number"),
        ({"number": "100314900002\n"}, "bad_number"),
        ({"full_name": ""}, "bad_name"),
        ({"full_name": " \u200b "}, "bad_name"),
        ({"full_name": "李小龍"}, "bad_name"),
        ({"born": ""}, "bad_birth_date"),
        ({"born": "2014-02-31"}, "bad_birth_date"),
        ({"born": "17/03/2014"}, "bad_birth_date"),
        ({"born": "2014"}, ""),
        ({"full_name": "Ðào Hòa"}, ""),
    ],
)
def test_own_check_stops_what_cannot_be_asked(changes, reason):
    assert own_check(replace(DAO, **changes)) == reason


def test_request_codes_are_fresh_within_one_millisecond():
    now = datetime.now(UTC)
    codes = {new_request_code(now) for _ in range(200)}
    assert len(codes) == 200 and all(code.isascii() and code.isdigit() and len(code) == 25 for code in codes)


# --- what an answer means -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "operation", "outcome", "reason"),
    [
        ("03-resp-037-found.xml", "037", "verified", ""),
        ("04-resp-037-no-match.xml", "037", "not_found", ""),
        ("06-resp-003-ketqua.xml", "003", "verified", ""),
        ("06-resp-003-ketqua.xml", "037", "unanswered", "unexpected"),
        ("04-resp-037-no-match.xml", "003", "unanswered", "unexpected"),
        ("07-resp-nhanthan-found.xml", "037", "unanswered", "wrong_person"),
        ("09-json-congdan-variant.json", "037", "verified", ""),
        ("10-soap-fault.xml", "037", "unanswered", "fault"),
        ("02-req-037-year-only.xml", "037", "unanswered", "unexpected"),
    ],
)
def test_sample_messages(name, operation, outcome, reason):
    answer = read(sample(name), operation=operation)
    assert (answer.item, answer.request_code, answer.outcome, answer.reason) == (7, "SIM1", outcome, reason)


def test_split_names_and_a_record_without_sex_are_read():
    question = Question(1, "1", "100213900001", "Phùng Hữu Đức", "2013-09-05", "male")
    assert read(sample("07-resp-nhanthan-found.xml"), question).outcome == "verified"


def test_gateway_samples():
    exchange = json.loads(sample("08-lgsp-exchange.json"))
    assert read(json.dumps(exchange["json_gateway_response_found"])).outcome == "verified"
    assert read(json.dumps(exchange["json_gateway_response_error"])).reason == "gateway_error"
    assert read(json.dumps(exchange["dongthap_json_response"]), operation="003").outcome == "verified"
    codes = {"004": "not_permitted", "005": "not_permitted", "01": "unanswered"}
    for error in exchange["opencps_facade_errors"]:
        answer = read(json.dumps(error["body"]), status=error["http"])
        assert (answer.outcome, answer.reason) == (codes[answer.reason], error["body"]["errorCode"])
        assert bool(answer.sentence) == (answer.outcome == "not_permitted")


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({}, {}),
        ({"full_name": "LỤC THỊ ÁNH ĐÀO"}, {}),
        ({"full_name": "Lục Thị Ánh Ðào"}, {}),
        ({"full_name": "Lục Thị Anh Đào"}, {"full_name": ("Lục Thị Anh Đào", "LỤC THỊ ÁNH ĐÀO")}),
        ({"born": "2014-03-18"}, {"date_of_birth": ("18/03/2014", "17/03/2014")}),
        ({"born": "2014"}, {"date_of_birth": ("2014", "17/03/2014")}),
        ({"sex": "male"}, {"gender": ("Nam", "Nữ")}),
        ({"sex": ""}, {}),
        (
            {"sex": "male", "born": "2013-03-17"},
            {"gender": ("Nam", "Nữ"), "date_of_birth": ("17/03/2013", "17/03/2014")},
        ),
    ],
)
def test_differences_name_the_field_and_both_values(changes, differences):
    answer = read(sample("03-resp-037-found.xml"), replace(DAO, **changes))
    assert answer.differences == differences
    assert answer.outcome == ("mismatch" if differences else "verified")


@pytest.mark.parametrize(
    ("ours", "theirs", "outcome"),
    [
        ("Trần Hoà", "TRẦN HÒA", "verified"),
        ("Trần Thuý", "TRẦN THÚY", "verified"),
        ("Trần Hoa", "TRẦN HÒA", "mismatch"),
        ("H’Hư Niê", "H'HƯ NIÊ", "verified"),
        ("Trần Hòa", "TRẦN H?A", "unanswered"),
        ("Trần Hòa", "TRẦN H\ufffdA", "unanswered"),
        ("Trần Đức", "TRáº¦N", "unanswered"),
        ("Trần Hòa", "", "unanswered"),
    ],
)
def test_names_are_compared_with_their_diacritics_and_damage_is_no_difference(ours, theirs, outcome):
    text = record_answer([Citizen(NUMBER, theirs, "2014-03-17", 2)], "")
    assert read(text, replace(DAO, full_name=ours)).outcome == outcome


@pytest.mark.parametrize(
    ("day", "year", "outcome"),
    [
        ("20140317", "", "verified"),
        ("", "2014", "verified"),
        ("2014", "", "verified"),
        ("20140000", "2014", "verified"),
        ("20140400", "2014", "mismatch"),
        ("", "2013", "mismatch"),
        ("20140318", "2014", "mismatch"),
        ("20140317", "2013", "unanswered"),
        ("20140231", "", "unanswered"),
        ("17/03/2014", "", "unanswered"),
        ("", "", "unanswered"),
        ("٢٠١٤٠٣١٧", "", "unanswered"),
    ],
)
def test_birth_dates_of_the_register(day, year, outcome):
    text = sample("03-resp-037-found.xml").decode()
    text = text.replace(">20140317<", f">{day}<").replace("<ns1:Nam>2014<", f"<ns1:Nam>{year}<")
    assert read(text).outcome == outcome


@pytest.mark.parametrize(
    ("code", "outcome"), [("0", "verified"), ("1", "mismatch"), ("2", "verified"), ("3", "unanswered")]
)
def test_sex_codes(code, outcome):
    text = sample("03-resp-037-found.xml").replace(b"<ns1:GioiTinh>2<", f"<ns1:GioiTinh>{code}<".encode())
    assert read(text).outcome == outcome


SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://www.mic.gov.vn/dancu/1.0" '
    'xmlns:d="http://dancuquocgia.bca"><e:Body>%s</e:Body></e:Envelope>'
)
NO_MATCH, COLLECTION = SOAP % "<c:CongdanCollection/>", SOAP % "<c:CongdanCollection %s>%s</c:CongdanCollection>"


@pytest.mark.parametrize(
    ("body", "outcome", "reason"),
    [
        (NO_MATCH, "not_found", ""),
        (SOAP % "", "not_found", ""),
        ("\ufeff" + NO_MATCH, "not_found", ""),
        (COLLECTION % ('SoCongDan="0" GhiChu="x"', ""), "not_found", ""),
        (COLLECTION % ('GhiChu="He thong ban"', ""), "unanswered", "remark"),
        (COLLECTION % ('SoCongDan="1"', ""), "unanswered", "unexpected_value"),
        (COLLECTION % ("", "<c:CongDam/>"), "unanswered", "unexpected"),
        (COLLECTION % ("", "<CongDan/>"), "unanswered", "unexpected"),
        (COLLECTION % ("", "loi he thong"), "unanswered", "unexpected"),
        (COLLECTION % ("", "<c:CongDan/>"), "unanswered", "incomplete_answer"),
        (SOAP % "<CongdanCollection/>", "unanswered", "unexpected"),
        (SOAP % "loi", "unanswered", "unexpected"),
        (SOAP % "<c:CongdanCollection/><c:CongdanCollection/>", "unanswered", "unexpected"),
        (NO_MATCH.replace("schemas.xmlsoap.org", "example.invalid"), "unanswered", "unexpected"),
        (NO_MATCH.replace("e:Envelope", "e:Other"), "unanswered", "unexpected"),
        ("<CongdanCollection/>", "unanswered", "unexpected"),
        ("", "unanswered", "empty"),
        (" \r\n ", "unanswered", "empty"),
        ("null", "unanswered", "unexpected"),
        ("[]", "unanswered", "unexpected"),
        ("{}", "unanswered", "unexpected"),
        ("[" * 100_000, "unanswered", "not_xml"),
        ("<a>" * 100_000, "unanswered", "too_complex"),
        ("<a>" + "<b/>" * 100_000, "unanswered", "too_complex"),
        (" " * 1_000_001, "unanswered", "too_large"),
        ("<!DOCTYPE html><html></html>", "unanswered", "html"),
        ("<html><body>Đăng nhập</body></html>", "unanswered", "html"),
        ('<!DOCTYPE a [<!ENTITY x "y">]>' + NO_MATCH, "unanswered", "dtd"),
        ('<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://example.invalid/a.dtd">' + NO_MATCH, "unanswered", "dtd"),
        (NO_MATCH.encode("utf-16"), "unanswered", "charset"),
        ("<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>".encode("latin-1"), "unanswered", "charset"),
        ('{"error_code": "0", "message": ""}', "unanswered", "gateway_error"),
        ('{"error_code": "0", "message": null}', "unanswered", "gateway_error"),
        (json.dumps({"error_code": "-1", "message": NO_MATCH}), "unanswered", "gateway_error"),
        (json.dumps({"error_code": "0", "message": NO_MATCH}), "not_found", ""),
        ('{"error_code": "004", "message": ""}', "not_permitted", "004"),
        ('{"errorCode": "99", "message": ""}', "unanswered", "gateway_error"),
        ('{"CongDan": null, "SoCongDan": "0"}', "unanswered", "unexpected"),
        ('{"data": "true"}', "unanswered", "unexpected"),
        ('{"data": 1, "data": 2}', "unanswered", "not_xml"),
    ],
)
def test_nothing_but_a_clear_no_is_not_found(body, outcome, reason):
    answer = read(body)
    assert (answer.outcome, answer.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (SOAP % "<d:KetQuaXacThuc><d:TonTai>true</d:TonTai></d:KetQuaXacThuc>", "verified"),
        (SOAP % "<d:KetQuaXacThuc><d:TonTai>false</d:TonTai></d:KetQuaXacThuc>", "not_found"),
        (SOAP % "<d:KetQuaXacThuc><d:TonTai/></d:KetQuaXacThuc>", "unanswered"),
        (SOAP % "<d:KetQuaXacThuc/>", "unanswered"),
        (SOAP % "<d:KetQuaXacThuc><d:TonTai>1</d:TonTai><d:TonTai>0</d:TonTai></d:KetQuaXacThuc>", "unanswered"),
        (SOAP % "<d:KetQuaXacThuc><d:TonTai>?</d:TonTai></d:KetQuaXacThuc>", "unanswered"),
        (counted := SOAP % "<d:XacThucThongTinCongDanResponse>%s</d:XacThucThongTinCongDanResponse>", "unanswered"),
        (counted % "<d:SoLuongCongDan>1</d:SoLuongCongDan>", "verified"),
        (counted % "<SoLuongCongDan>1</SoLuongCongDan>", "verified"),
        (counted % "<d:SoLuongCongDan>0</d:SoLuongCongDan>", "not_found"),
        (counted % "<d:SoLuongCongDan>2</d:SoLuongCongDan>", "unanswered"),
        (counted % "<d:SoLuongCongDan>-1</d:SoLuongCongDan>", "unanswered"),
        ('{"data": "true"}', "verified"),
        ('{"data": false}', "not_found"),
        ('{"data": null}', "unanswered"),
        ('{"data": "false", "error": "timeout"}', "unanswered"),
        (SOAP % "", "unanswered"),
    ],
)
def test_operation_003_in_its_three_forms(body, outcome):
    assert read(body, operation="003").outcome == outcome


@pytest.mark.parametrize("status", [201, 204, 301, 302, 400, 404, 405, 408, 413, 422, 429, 500, 502, 503, 504])
def test_a_good_body_under_a_bad_status_is_no_answer(status):
    for body in (sample("03-resp-037-found.xml"), NO_MATCH, "", "<html>"):
        answer = read(body, status=status)
        assert (answer.outcome, answer.reason) == ("unanswered", f"http_{status}")


@pytest.mark.parametrize("status", [401, 403])
def test_no_access_stops_the_run_with_a_sentence(status):
    answer = read(NO_MATCH, status=status)
    assert (answer.outcome, answer.reason) == ("not_permitted", f"http_{status}")
    assert answer.sentence.endswith(".")


def test_two_persons_and_a_stranger_raise_an_alarm_without_personal_data(caplog):
    dao = Citizen(NUMBER, "Lục Thị Ánh Đào", "2014-03-17", 2)
    assert read(record_answer([dao, dao], "")).reason == "two_persons"
    assert read(record_answer([replace(dao, number="100314900003")], "")).reason == "wrong_person"
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    assert all("SIM1" in line and "1003149" not in line and "Đào" not in line for line in caplog.messages)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2),
        (" 120 ", 120),
        ("0", 0),
        ("Sat, 15 Oct 2022 00:00:30 GMT", 30),
        ("Fri, 14 Oct 2022 00:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٢", None),
        ("9" * 400, None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(text, seconds):
    assert retry_after(text, datetime(2022, 10, 15, tzinfo=UTC)) == seconds


def test_personal_values_stay_out_of_repr():
    said = repr(DAO) + repr(replace(CONFIG, secret="s3cret")) + repr(read(NO_MATCH))
    said += repr(read(sample("03-resp-037-found.xml"), replace(DAO, born="2014-03-18")))
    assert not any(private in said for private in (NUMBER, "Đào", "2014", "s3cret"))


# --- one contract, every way in, over real HTTP ---------------------------------------------------------------------

ACCESS = {"user": "SIM_TRUONG", "secret": "sim-not-a-secret", "hash_path": "/sim/tracuu037"}
PARTNER = {"app_name": "sim-app", "partner_code": "SIM", "partner_code_cus": "SIM-CUS"}
WAYS = {
    "signature": ({"mode": "signature", **ACCESS}, {"auth": "signature", **ACCESS}),
    "signature in seconds": (
        {"mode": "signature", "timestamp": "s", **ACCESS},
        {"auth": "signature", "timestamp": "s", "unit": "SIM-DONVI-01", **ACCESS},
    ),
    "exchange": ({"mode": "lgsp", **ACCESS, **PARTNER}, {"auth": "lgsp", **ACCESS, **PARTNER}),
    "gateway": ({"mode": "gateway", "api_key": "sim-key"}, {"auth": "gateway", "api_key": "sim-key"}),
    "none": ({"mode": "none"}, {"auth": "none", "match": "full", "name_key": "spaces"}),
}


@contextlib.contextmanager
def register(way: str = "none", **rules: object) -> Iterator[RegistryConfig]:
    access, config = WAYS[way]
    with running_simulator(PEOPLE, {"access": access, "slow_ms": 3000, **rules}) as url:
        limits = {"connect_timeout": 0.3, "read_timeout": 0.4, "concurrency": 20}
        yield replace(CONFIG, url=url + "tracuu", token_url=url + "token", **limits, **config)


def tell(config: RegistryConfig, **rules: object) -> int:
    url = config.url.replace("tracuu", "rules")
    return urllib3.request("POST", url, json=rules, headers={"Content-Type": "application/json"}).status


def log(config: RegistryConfig, calls: bool = False) -> dict:
    return urllib3.request("GET", config.url.replace("tracuu", "log?calls=1" if calls else "log")).json()


@pytest.mark.parametrize("way", WAYS)
def test_contract(way):
    with register(way) as config:
        assert ask(config).outcome == "verified"
        assert ask(config, born="2014-03-18").outcome == ("not_found" if config.match == "full" else "mismatch")
        assert ask(config, sex="male").differences == {"gender": ("Nam", "Nữ")}
        assert ask(config, full_name="Lục Thị Anh Đao").differences.keys() == {"full_name"}
        assert ask(config, full_name="Lục Thị Hoa").outcome == "not_found"
        assert ask(config, born="2013-03-17").outcome == "not_found"
        assert ask(config, number="100314900009").outcome == "not_found"
        assert ask(config, number="x").outcome == "rejected"
        assert (
            ask(config, number="100215900003", full_name="H'Hư Cấu Niê", born="2015", sex="male").outcome == "verified"
        )
        connector = open_connector(config)
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
        for wrong in (replace(config, secret="x", api_key="x"), replace(config, user="x", api_key="")):
            answer = ask(wrong)
            assert answer.outcome == "not_permitted" and answer.sentence
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
            began = time.monotonic()
            answer = ask(config)
            assert answer.outcome == outcome and answer.reason == (answer.reason if reason is None else reason), fault
            assert time.monotonic() - began < 1.5, fault
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
    assert waits[0] == waits[3] == 7 and 1 < waits[1] <= 3 and waits[2] is None and waits[4] is None


def test_an_expired_token_is_renewed_once_and_then_believed():
    with register("exchange", faults={NUMBER: ["expired_token"]}) as config:
        assert ask(config).outcome == "verified"
        assert log(config)["outcomes"] == {"expired_token": 1, "found": 1}
        tell(config, faults={NUMBER: "expired_token"})
        assert ask(config).outcome == "not_permitted"
        assert log(config)["outcomes"]["expired_token"] == 3  # asked, renewed, asked: no third time


def test_twenty_threads_share_one_connector_and_one_token():
    with register("exchange", latency_ms=100) as config:
        connector = open_connector(replace(config, read_timeout=5))
        questions = [replace(DAO, request_code=f"C{n}", number=f"10031490{n:04d}") for n in range(60)]
        began = time.monotonic()
        with ThreadPoolExecutor(20) as pool:
            outcomes = [answer.outcome for answer in pool.map(connector.ask, questions)]
        took = time.monotonic() - began
        connector.close()
        told = log(config)
    assert outcomes.count("verified") == 1 and outcomes.count("not_found") == 59
    assert (
        took < 1.5
        and told["most_at_once"] >= 16
        and told["in_flight_twice"] == 0
        and "no_access" not in told["outcomes"]
    )


def test_nobody_listening_and_a_wrong_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        assert ask(replace(CONFIG, url=url)).reason == "no_connection"
    for url, reason in [("", "bad_address"), ("ftp://x/", "bad_address"), ("http://x:99999/", "bad_address")]:
        assert ask(replace(CONFIG, url=url)).reason == reason
    refused = ask(replace(CONFIG, url="http://dan-cu.invalid/"))
    assert (refused.outcome, refused.reason) == ("not_permitted", "plain_http") and refused.sentence
    assert ask(replace(CONFIG, auth="lgsp", url=url, token_url="http://127.0.0.1:9/")).reason == "no_connection"


def test_headers_that_drip_for_ever_end_at_the_limit():
    with raw_server(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 500, pause=0.05) as url:
        began = time.monotonic()
        assert ask(replace(CONFIG, url=url, connect_timeout=0.2, read_timeout=0.5)).reason == "time_out"
        assert time.monotonic() - began < 1.5


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
        assert ask(replace(CONFIG, url=url, connect_timeout=1, read_timeout=1)).outcome == "unanswered"


def test_chunked_answers_are_read_whole():
    body = sample("03-resp-037-found.xml")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:900], body[900:]))
    with raw_server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n") as url:
        assert ask(replace(CONFIG, url=url)).outcome == "verified"


@pytest.mark.parametrize("trusted_name", ["nobody", "other.invalid", "localhost"])
def test_no_record_leaves_over_an_unverified_connection(tmp_path, trusted_name):
    """Self-signed and unknown; known but for another host; known and right."""
    certificate = certificate_for("localhost" if trusted_name == "nobody" else trusted_name, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    received: list[bytes] = []
    body = sample("03-resp-037-found.xml")
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with raw_server(reply, context=context, received=received) as url:
        url = url.replace("http://127.0.0.1", "https://localhost")
        known = "" if trusted_name == "nobody" else str(certificate)
        answer = ask(replace(CONFIG, url=url, ca_file=known, connect_timeout=2, read_timeout=2))
    if trusted_name == "localhost":
        assert answer.outcome == "verified" and NUMBER.encode() in b"".join(received)
    else:
        assert (answer.outcome, answer.reason) == ("not_permitted", "certificate")
        assert answer.sentence and b"".join(received) == b""


def test_no_log_of_ours_holds_a_number_a_name_or_a_secret(caplog):
    caplog.set_level(logging.DEBUG)
    with register("signature") as config:
        for fault in [*FAULTS, ""]:
            tell(config, faults={NUMBER: fault} if fault else {})
            ask(replace(config, read_timeout=0.1, connect_timeout=0.1))
        told = json.dumps(log(config, calls=True))
    said = caplog.text + told
    assert "not_permitted" in said and len(caplog.records) > len(FAULTS)
    assert not any(private in said for private in (NUMBER, "Đào", "LUCTHI", "20140317", ACCESS["secret"]))


# --- the simulator itself -------------------------------------------------------------------------------------------


def test_faults_repeat_with_the_seed_and_follow_their_shares():
    rules = Rules(shares={"http_503": 0.1, "drop": 0.05}, shapes={"split_name": 0.5})
    numbers = [f"1003149{n:05d}" for n in range(3000)]
    first = [fate(rules, number, 1, 0) for number in numbers]
    assert first == [fate(rules, number, 1, 0) for number in numbers]
    assert first != [fate(replace(rules, seed=2), number, 1, 0) for number in numbers]
    assert first != [fate(rules, number, 2, 0) for number in numbers]
    faults, shapes = [fault for fault, _ in first], [shape for _, shape in first]
    assert 220 < faults.count("http_503") < 380 and 100 < faults.count("drop") < 200
    assert 1350 < shapes.count("split_name") < 1650


def test_signature_is_checked_against_the_vectors_and_the_clock():
    auth = VECTORS["auth"]
    access = Access("signature", auth["user"], auth["secret"], auth["hash_path"])
    headers = {"authorization": auth["authorization"], "timestamp": str(auth["timestamp_ms"])}
    now = auth["timestamp_ms"] / 1000
    assert signed(headers, access, now) and signed(headers, access, now + 299)
    assert not signed(headers, access, now + 301) and not signed(headers, access, now - 301)
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
        assert urllib3.request("POST", url, body=b"{}", headers={"Content-Type": "text/plain"}).status == 403
        assert tell(config, shares={"no such fault": 1}) == 400
        assert tell(config, nonsense=1) == 400
        assert tell(config, faults={NUMBER: 5}) == 400
        assert ask(config).outcome == "verified"


def test_a_malformed_request_is_refused_with_a_client_fault():
    with register() as config:
        good = envelope(DAO, config)
        swapped = (
            good.replace(b"dan:MaDVC", b"dan:X").replace(b"dan:MaCanBo", b"dan:MaDVC").replace(b"dan:X", b"dan:MaCanBo")
        )
        bodies = [swapped, good.replace(b"dancuquocgia.bca", b"example.invalid"), b"", b"<!DOCTYPE a><a/>"]
        for body in bodies:
            answer = urllib3.request("POST", config.url, body=body, headers={"Content-Type": "application/xml"})
            assert answer.status == 500 and b"soapenv:Client" in answer.data
        assert urllib3.request("POST", config.url, body=good, headers={"Content-Type": "application/xml"}).status == 200


def test_own_process_reads_its_files_again_and_stops_at_once(tmp_path):
    people, rules, calls = tmp_path / "people.json", tmp_path / "rules.json", tmp_path / "calls.jsonl"
    people.write_text(json.dumps(PEOPLE[1:]), encoding="utf-8")
    rules.write_text("{}")
    command = [sys.executable, "-m", "idapp.registry.simulator", "--people", people, "--rules", rules, "--log", calls]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent)
    try:
        url = process.stdout.readline().strip()
        config = replace(CONFIG, auth="none", url=url + "tracuu", read_timeout=5)
        assert "bịa ra" in urllib3.request("GET", url).data.decode()
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
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=5) == 0
            assert time.monotonic() - began < 2 and waiting.result().outcome in ("verified", "unanswered")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    lines = [json.loads(line) for line in calls.read_text().splitlines()]
    assert [line["outcome"] for line in lines][:4] == ["no_match", "found", "found", "http_502"]
    assert NUMBER not in calls.read_text() and len({line["person"] for line in lines[:4]}) == 1


# --- what the tests above are built of ------------------------------------------------------------------------------


def elements(xml: bytes) -> list[tuple[str, str]]:
    request = ElementTree.fromstring(xml).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]
    assert all(element.tag.startswith("{http://dancuquocgia.bca}") for element in request.iter())
    return [(element.tag.partition("}")[2], (element.text or "").strip()) for element in request.iter()]


@contextlib.contextmanager
def raw_server(reply: bytes, pause: float = 0, context: ssl.SSLContext | None = None, received: list | None = None):
    """Answers every connection with these bytes, ``pause`` seconds between each ten, then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    done = threading.Event()

    def answer() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connection.settimeout(2)
            with connection, context.wrap_socket(connection, server_side=True) if context else connection as wire:
                said = b""
                while not said.rstrip().endswith(b"Envelope>"):
                    said += wire.recv(65_536) or b"Envelope>"
                if received is not None:
                    received.append(said)
                for at in range(0, len(reply), 10 if pause else len(reply) or 1):
                    wire.sendall(reply[at : at + 10] if pause else reply)
                    if done.wait(pause):
                        break

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        done.set()
        thread.join(timeout=5)
        listener.close()


def certificate_for(host: str, folder: Path) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
    signed_by_itself = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "certificate.pem"
    file.write_bytes(secret + signed_by_itself.public_bytes(serialization.Encoding.PEM))
    return file
