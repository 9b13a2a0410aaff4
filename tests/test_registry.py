"""The connector to the population database without a network: what is sent, what an answer means."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from idapp.registry import Question, new_request_code, soap
from idapp.registry.protocol import (
    envelope,
    gateway_request,
    lgsp_header,
    name_key,
    own_check,
    retry_after,
    signature_headers,
)
from idapp.registry.simulator.answers import record_answer
from idapp.registry.simulator.people import Citizen
from idapp.registry.transport import Reply
from tests.register import (
    COLLECTION,
    CONFIG,
    DAO,
    NO_MATCH,
    NUMBER,
    SOAP,
    VECTORS,
    read,
    sample,
)

# --- what is sent ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", VECTORS["names"], ids=lambda v: v["name_key_keep_punct"])
def test_name_key_follows_both_rules(vector):
    assert name_key(vector["in"], "letters") == vector["name_key"]
    assert name_key(vector["in"], "spaces") == vector["name_key_keep_punct"]


def test_signature_is_the_one_three_clients_compute():
    auth = VECTORS["auth"]
    config = replace(CONFIG, user=auth["user"], secret=auth["secret"], hash_path=auth["hash_path"])
    headers = signature_headers(config, auth["timestamp_ms"] / 1000)
    assert headers == {
        "Authorization": auth["authorization"],
        "Timestamp": str(auth["timestamp_ms"]),
    }
    assert (
        signature_headers(replace(config, timestamp="s"), 1791767415.9)["Timestamp"] == "1791767415"
    )


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
    assert (
        lgsp_header(config)["lgspaccesstoken"]
        == exchange["token_request"]["headers"]["lgspaccesstoken"]
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (
            "01-req-037-full-dob.xml",
            {"match": "full", "unit": "SIM-DONVI-01", "account": "sim.vanthu"},
        ),
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
    assert (
        json.loads(gateway_request(replace(DAO, request_code="SIM42"), config))
        == exchange["json_gateway_request"]
    )


def test_every_value_is_escaped_and_no_document_type_is_sent():
    config = replace(
        CONFIG,
        procedure="<x>&\"'\x00]]>",
        officer="</dan:MaCanBo>",
        unit="đơn vị",
        account="\ufffe",
    )
    sent = envelope(replace(DAO, full_name="H'Hư <b> & Cấu"), replace(config, name_key="spaces"))
    said = dict(elements(sent))
    assert said["MaDVC"] == "<x>&\"']]>"
    assert said["MaCanBo"] == "</dan:MaCanBo>"
    assert said["HoVaTen"] == "H'HU<B>&CAU"
    assert b"DOCTYPE" not in sent
    assert b"ENTITY" not in sent


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
    assert len(codes) == 200
    assert all(code.isascii() and code.isdigit() and len(code) == 25 for code in codes)


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
    assert (answer.item, answer.request_code, answer.outcome, answer.reason) == (
        7,
        "SIM1",
        outcome,
        reason,
    )


def test_split_names_and_a_record_without_sex_are_read():
    question = Question(1, "1", "100213900001", "Phùng Hữu Đức", "2013-09-05", "male")
    assert read(sample("07-resp-nhanthan-found.xml"), question).outcome == "verified"


def test_gateway_samples():
    exchange = json.loads(sample("08-lgsp-exchange.json"))
    assert read(json.dumps(exchange["json_gateway_response_found"])).outcome == "verified"
    assert read(json.dumps(exchange["json_gateway_response_error"])).reason == "gateway_error"
    assert (
        read(json.dumps(exchange["dongthap_json_response"]), operation="003").outcome == "verified"
    )
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
def test_names_are_compared_with_their_diacritics_and_damage_is_no_difference(
    ours, theirs, outcome
):
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
    ("code", "outcome"),
    [("0", "verified"), ("1", "mismatch"), ("2", "verified"), ("3", "unanswered")],
)
def test_sex_codes(code, outcome):
    text = sample("03-resp-037-found.xml").replace(
        b"<ns1:GioiTinh>2<", f"<ns1:GioiTinh>{code}<".encode()
    )
    assert read(text).outcome == outcome


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
        (
            '<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://example.invalid/a.dtd">' + NO_MATCH,
            "unanswered",
            "dtd",
        ),
        (NO_MATCH.encode("utf-16"), "unanswered", "charset"),
        (
            "<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>".encode("latin-1"),
            "unanswered",
            "charset",
        ),
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
        (
            SOAP
            % "<d:KetQuaXacThuc><d:TonTai>1</d:TonTai><d:TonTai>0</d:TonTai></d:KetQuaXacThuc>",
            "unanswered",
        ),
        (SOAP % "<d:KetQuaXacThuc><d:TonTai>?</d:TonTai></d:KetQuaXacThuc>", "unanswered"),
        (
            counted := SOAP
            % "<d:XacThucThongTinCongDanResponse>%s</d:XacThucThongTinCongDanResponse>",
            "unanswered",
        ),
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


@pytest.mark.parametrize(
    "status", [201, 204, 301, 302, 400, 404, 405, 408, 413, 422, 429, 500, 502, 503, 504]
)
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
    assert all(
        "SIM1" in line and "1003149" not in line and "Đào" not in line for line in caplog.messages
    )


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


def elements(xml: bytes) -> list[tuple[str, str]]:
    request = ElementTree.fromstring(xml).find("{http://schemas.xmlsoap.org/soap/envelope/}Body")[0]
    assert all(element.tag.startswith("{http://dancuquocgia.bca}") for element in request.iter())
    return [
        (element.tag.partition("}")[2], (element.text or "").strip()) for element in request.iter()
    ]


@pytest.mark.parametrize(
    ("promised", "seconds"),
    [(3600, 3570), (40, 20), (0, 3570), (-1, 3570), (10**9, 3570), ("60", 3570), (None, 3570)],
)
def test_a_token_is_used_a_little_less_long_than_was_sensibly_promised(promised, seconds):
    body = json.dumps({"access_token": "abc", "expires_in": promised}).encode()
    assert soap._token_in(Reply(200, body=body)) == ("abc", seconds)
