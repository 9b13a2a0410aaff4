"""Whatever the register sends is one word of the vocabulary, and never a false "verified" or "not found"."""

import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from idapp.registry import Outcome, Question, RegistryConfig
from idapp.registry.protocol import envelope, name_key, own_check, read_answer, retry_after
from idapp.registry.simulator.answers import SHAPES, record_answer
from idapp.registry.simulator.people import Citizen
from tests.register import ask, raw_server

SAMPLES = Path(__file__).parent / "samples" / "registry"
FOUND = (SAMPLES / "03-resp-037-found.xml").read_bytes()
NOBODY = (SAMPLES / "04-resp-037-no-match.xml").read_bytes()
GATEWAY = json.dumps({"error_code": "0", "message": FOUND.decode()}, ensure_ascii=False).encode()
CONFIG = RegistryConfig("http://127.0.0.1:9/", procedure="SIM-DVC-01", officer="100084900777")
DAO = Question(7, "SIM1", "100314900002", "Lục Thị Ánh Đào", "2014-03-17", "female")
STRANGER = replace(DAO, number="100314900003")

statuses = st.sampled_from([200, 200, 200, 204, 302, 400, 401, 403, 429, 500, 503])
kinds = st.sampled_from(
    ["text/xml", "text/html", "application/json", "", "text/xml; charset=iso-8859-1"]
)
operations = st.sampled_from(["037", "003"])


def read(
    body: bytes,
    question: Question = DAO,
    status: int = 200,
    kind: str = "text/xml",
    operation: str = "037",
):
    answer = read_answer(body, kind, status, question, replace(CONFIG, operation=operation))
    assert answer.outcome in get_args(Outcome)
    assert (answer.item, answer.request_code) == (7, "SIM1")
    assert bool(answer.differences) == (answer.outcome == "mismatch")
    assert bool(answer.sentence) == (answer.outcome == "not_permitted")
    assert bool(answer.reason) == (answer.outcome in ("unanswered", "not_permitted"))
    return answer


@given(st.binary(max_size=400), statuses, kinds, operations)
@example(b"\xff\xfe<\x00a\x00", 200, "", "037")
@example(b"\xef\xbb\xbf", 200, "", "037")
@example(b'"' * 9, 200, "", "003")
@example(b"1" * 5000, 200, "application/json", "037")
@settings(deadline=None)  # the machine may be busy
def test_any_bytes(body, status, kind, operation):
    assert read(body, status=status, kind=kind, operation=operation).outcome in (
        "unanswered",
        "not_permitted",
    )


@given(st.text(max_size=300), operations)
@settings(deadline=None)  # the machine may be busy
def test_any_text_in_the_middle_of_an_envelope(text, operation):
    before, after = (
        NOBODY.split(b"<ns1:CongdanCollection", 1)[0],
        b"</soapenv:Body></soapenv:Envelope>",
    )
    answer = read(before + text.encode("utf-8", "surrogatepass") + after, operation=operation)
    assert answer.outcome == "unanswered" or (operation == "037" and answer.outcome == "not_found")
    if answer.outcome == "not_found":
        assert says_nobody(before + text.encode() + after)


@st.composite
def damaged(draw, good: bytes) -> bytes:
    """One to three blows: bytes changed, taken out, put in, or a piece of the answer repeated elsewhere."""
    body = bytearray(good)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        length = draw(st.integers(0, 60))
        match draw(st.sampled_from(["change", "take", "put", "repeat", "cut"])):
            case "change":
                body[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
            case "take":
                del body[at : at + length]
            case "put":
                body[at:at] = draw(
                    st.one_of(
                        st.binary(max_size=8),
                        st.sampled_from([b"<x/>", b"100314900003", b"]]>", b"&lt;"]),
                    )
                )
            case "repeat":
                start = draw(st.integers(0, len(good)))
                body[at:at] = good[start : start + length * 10]
            case "cut":
                del body[at:]
    return bytes(body)


@given(st.one_of(damaged(FOUND), damaged(GATEWAY)), statuses)
@settings(deadline=None)  # the machine may be busy
def test_a_damaged_record_verifies_nobody_else_and_is_never_not_found(body, status):
    assert read(body, STRANGER, status).outcome in ("unanswered", "not_permitted")
    answer = read(body, DAO, status)
    assert answer.outcome != "not_found" or says_nobody(body)
    if answer.outcome in ("verified", "mismatch"):
        assert status == 200
        assert b"100314900002" in body


@given(damaged(NOBODY))
@settings(deadline=None)  # the machine may be busy
def test_a_damaged_no_is_believed_only_while_it_still_says_no(body):
    answer = read(body)
    assert answer.outcome == "unanswered" or (answer.outcome == "not_found" and says_nobody(body))


names = st.sampled_from(
    ["c:CongdanCollection", "c:CongDan", "c:SoDinhDanh", "c:HoVaTen", "c:Ten", "c:NgayThangNamSinh"]
)
more_names = st.sampled_from(
    ["c:Nam", "c:GioiTinh", "d:KetQuaXacThuc", "d:TonTai", "e:Fault", "e:Body", "e:Envelope", "x"]
)
leaves = st.sampled_from(
    ["", "100314900002", "LỤC THỊ ÁNH ĐÀO", "2014", "20140317", "2", "true", "loi"]
)


@st.composite
def trees(draw, depth: int) -> str:
    inside = "".join(draw(st.lists(trees(depth=depth - 1), max_size=3))) if depth else ""
    name = draw(st.one_of(names, more_names))
    return f"<{name}>{inside or draw(leaves)}</{name}>"


@given(st.lists(trees(depth=4), max_size=2), operations)
@settings(max_examples=50, deadline=None)
def test_any_tree_of_known_words(parts, operation):
    spaces = 'xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://www.mic.gov.vn/dancu/1.0"'
    body = f'<e:Envelope {spaces} xmlns:d="http://dancuquocgia.bca"><e:Body>{"".join(parts)}</e:Body></e:Envelope>'
    answer = read(body.encode(), STRANGER, operation=operation)
    assert answer.outcome != "mismatch"
    assert operation == "003" or answer.outcome != "verified"
    if operation == "037" and answer.outcome == "not_found":
        assert says_nobody(body.encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["error_code", "message", "errorCode", "CongDan", "SoCongDan", "HoVaTen", "data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(json_values, statuses)
@settings(deadline=None)  # the machine may be busy
def test_any_json(value, status):
    assert read(json.dumps(value).encode(), status=status).outcome in (
        "unanswered",
        "not_permitted",
    )


@pytest.mark.parametrize(
    "charset", ["utf-16", "utf-16-le", "utf-32", "cp1258", "cp1252", "utf-7", "latin-1", "gb18030"]
)
def test_another_charset_is_never_another_name(charset):
    text = FOUND.decode().replace('encoding="UTF-8"', f'encoding="{charset}"')
    answer = read(text.encode(charset, "replace"))
    assert (answer.outcome, bool(answer.reason)) == ("unanswered", True)


@pytest.mark.parametrize("wrong", ["latin-1", "cp1258"])
def test_text_decoded_twice_is_never_another_name(wrong):
    assert (
        read(
            FOUND.decode().replace("ĐÀO", "ĐÀO".encode().decode(wrong, "replace")).encode()
        ).outcome
        == "unanswered"
    )


@pytest.mark.parametrize(
    "body", [b"<a>" * 30_000, b"<a>" * 30_000 + b"</a>" * 30_000, b"[" * 100_000, b'{"a":' * 50_000]
)
def test_depth_is_limited(body):
    assert read(body).outcome == "unanswered"


@pytest.mark.parametrize("operation", ["037", "003"])
@pytest.mark.parametrize(
    "body",
    [
        b" " * 40_000_000,
        b"\n" * 999_999,
        b"\x00" * 5000,
        b"null",
        b"[]",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"data": ' * 100_000,
        b'{"data": "' + b"t" * 900_000 + b'"}',
        b"<a " + b'x="1" ' * 100_000 + b"/>",
        b"<a>" + b"&amp;" * 150_000 + b"</a>",
        b"<!DOCTYPE a [" + b'<!ENTITY b "&a;&a;&a;&a;&a;&a;">' * 20 + b"]><a>&b;</a>",
        b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>',
        b'<?xml version="1.1"?><!DOCTYPE a PUBLIC "-//X" "http://127.0.0.1:9/x"><a/>',
        b'<?xml-stylesheet href="http://127.0.0.1:9/x"?><a/>',
        b"<a><![CDATA[" + b"x" * 900_000 + b"]]></a>",
        FOUND.replace(b"<ns1:SoCMND/>", b"<ns1:SoCMND>" + b"1" * 990_000 + b"</ns1:SoCMND>", 1)
        + b"<!--"
        + b"-" * 9999,
        FOUND.rstrip()[:-1],
        FOUND + FOUND,
        FOUND[3:],
        b"\xef\xbb\xbf" * 2 + FOUND,
        FOUND.decode().encode("utf-16-be"),
        FOUND.replace(b"100314900002", b"100314900003"),
        b'{"error_code": "0", "message": '
        + json.dumps(json.dumps({"message": FOUND.decode()})).encode()
        + b"}",
    ],
    ids=range(23),
)
def test_hostile_bodies_end_quickly_and_decide_nothing(body, operation, caplog):
    caplog.set_level("DEBUG")
    began = time.thread_time()  # of this thread alone, however busy the machine is
    assert read(body, operation=operation).outcome == "unanswered"
    assert time.thread_time() - began < 5
    assert all(
        len(line) < 200 and "LỤC" not in line and "10031490" not in line for line in caplog.messages
    )


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"Content-Length: 9\r\n", b"Transfer-Encoding: chunked\r\n"]),
)
@settings(max_examples=60, deadline=None)
def test_any_bytes_on_the_line(content, header):
    """Whatever stands on the wire, below the level at which HTTP is understood."""
    with raw_server(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n" + content) as url:
        answer = ask(replace(CONFIG, url=url, connect_timeout=1, read_timeout=1))
    assert answer.outcome == "unanswered"
    assert answer.reason


letters = st.text(
    st.sampled_from("AĂÂBCDĐEÊGHIKLMNOÔƠPQRSTUƯVXYÀẢÃÁẠỀỂỄẾỆÒỎÕÓỌ"), min_size=1, max_size=7
)
full_names = st.lists(letters, min_size=1, max_size=6).map(" ".join)


@given(
    full_names,
    st.dates(datetime(1930, 1, 1).date(), datetime(2026, 1, 1).date()),
    st.sampled_from(sorted(SHAPES)),
)
@settings(deadline=None)  # the machine may be busy
def test_what_the_register_holds_is_verified_in_every_shape(full_name, born, shape):
    person = Citizen(DAO.number, full_name, born.isoformat(), 1)
    question = replace(DAO, full_name=full_name.title(), born=born.isoformat(), sex="male")
    text = record_answer([person], shape)
    assert read(text.encode(), question).outcome == "verified"
    assert read(text.encode(), replace(question, number="100314900003")).reason == "wrong_person"
    if shape != "sex_0":
        assert read(text.encode(), replace(question, sex="female")).differences == {
            "gender": ("Nữ", "Nam")
        }


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=12), st.text(max_size=30))
@settings(deadline=None)  # the machine may be busy
def test_any_question_is_refused_or_well_formed(full_name, procedure, born, code):
    question = replace(DAO, full_name=full_name, born=born, request_code=code)
    sent = ElementTree.fromstring(envelope(question, replace(CONFIG, procedure=procedure)))
    assert [len(list(sent)), len(list(sent[1])), len(list(sent[1][0]))] == [2, 1, 7]
    if not own_check(question):
        key = name_key(full_name, "letters")
        assert key.isascii()
        assert key.isalnum()
        assert key == key.upper() == name_key(key, "letters")


@given(st.text(max_size=40))
@example("Mon, 01 Jan 0000 00:00:00 GMT")
@example("Mon, 31 Feb 2026 99:00:00 +9999")
@settings(deadline=None)  # the machine may be busy
def test_any_retry_after(text):
    seconds = retry_after(text, datetime.now(UTC))
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


def says_nobody(body: bytes) -> bool:
    """Asked of another parser: one Body that holds nothing, or one collection that holds nothing."""
    soap = "{http://schemas.xmlsoap.org/soap/envelope/}"
    try:
        text = (
            json.loads(body)["message"]
            if body.lstrip().startswith(b"{")
            else body.decode("utf-8-sig").strip()
        )
        (inside,) = ElementTree.fromstring(text).findall(f"{soap}Body")
    except (ValueError, KeyError, ElementTree.ParseError):
        return False
    tags = [element.tag for element in inside.iter()][1:]
    said = "".join(inside.itertext()).strip()
    return tags in ([], ["{http://www.mic.gov.vn/dancu/1.0}CongdanCollection"]) and not said
