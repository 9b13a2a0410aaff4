"""Everything that can go wrong on the other side, by name; each is a whole reply of the simulator.

Shares and per-person rules choose among these names. ``drop`` (a reset), ``close``, ``drip`` and ``slow``
are played by the server itself.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from idapp.registry.simulator.answers import fault_answer

_FAULT = fault_answer("Server", "SIM: backend unavailable")
_PAGE = (
    "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head>"
    "<body><h1>502 Bad Gateway</h1></body></html>"
)
_LOGIN = "<html><body><form action='/login'>Đăng nhập<input name='user'></form></body></html>"


@dataclass(frozen=True)
class Response:
    """``missing``: so many bytes of the announced length never come. ``play``: "", drop, close, drip or slow."""

    status: int
    body: bytes
    content_type: str = "text/xml; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    play: str = ""


def _text(
    status: int, body: str, content_type: str = "text/xml; charset=utf-8"
) -> Callable[[Response], Response]:
    return lambda good: Response(status, body.encode(), content_type)


def _json(status: int, body: object) -> Callable[[Response], Response]:
    return _text(status, json.dumps(body, ensure_ascii=False), "application/json")


def _played(play: str) -> Callable[[Response], Response]:
    return lambda good: Response(good.status, good.body, good.content_type, play=play)


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Response], Response]:
    return lambda good: Response(good.status, change(good.body), good.content_type)


def _in_a_while(good: Response) -> Response:
    moment = datetime.now(UTC) + timedelta(seconds=3)  # the header counts whole seconds
    return Response(429, b"", headers={"Retry-After": format_datetime(moment, usegmt=True)})


def _in_gateway_json(good: Response) -> Response:
    return _json(200, {"error_code": "0", "message": good.body.decode()})(good)


def _cut(good: Response) -> Response:
    """The length of the whole is announced, and the connection ends after the first part."""
    missing = len(good.body) - 300
    return Response(good.status, good.body[:300], good.content_type, missing=missing)


def _with_doctype(body: bytes) -> bytes:
    return body.replace(b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY a "b">]>', 1)


FAULTS: dict[str, Callable[[Response], Response]] = {
    "fault_500": _text(500, _FAULT),
    "fault_200": _text(200, _FAULT),
    "http_500": _text(500, "", "text/plain"),
    "http_502": _text(502, _PAGE, "text/html"),
    # an empty Retry-After is filled in by the rules
    "http_503": lambda good: Response(503, b"", headers={"Retry-After": ""}),
    "throttle": lambda good: Response(429, b"", headers={"Retry-After": ""}),
    "throttle_date": _in_a_while,
    "throttle_soon": lambda good: Response(429, b"", headers={"Retry-After": "soon"}),
    "throttle_silent": lambda good: Response(429, b""),
    "html_200": _text(200, _LOGIN, "text/html; charset=utf-8"),
    "empty": _text(200, ""),
    "white_space": lambda good: Response(200, b" " * 40_000_000),
    "json_null": _json(200, None),
    "json_list": _json(200, []),
    "gateway_xml": _in_gateway_json,
    "gateway_text": _json(200, {"error_code": "-1", "message": "SIM: service error text, not XML"}),
    "expired_token": _json(401, {"fault": {"code": 900901, "message": "Invalid Credentials"}}),
    "forbidden": _text(403, "", "text/plain"),
    "error_004": _json(400, {"errorCode": "004", "message": "..."}),
    "error_005": _json(400, {"errorCode": "005", "message": "..."}),
    "error_01": _json(400, {"errorCode": "01", "message": "No token found"}),
    "redirect": lambda good: Response(302, b"", headers={"Location": "/elsewhere"}),
    "slow": _played("slow"),
    "drip": _played("drip"),
    "drop": _played("drop"),
    "close": _played("close"),
    "cut": _cut,
    "half": _changed(lambda body: body[: len(body) // 2]),
    "garbage": _text(200, "\x00\x01 this is not an answer", "application/octet-stream"),
    "doctype": _changed(_with_doctype),
    "nested": _text(200, "<a>" * 100_000),
    "nested_arrays": _text(200, "[" * 100_000, "application/json"),
    "utf16": _changed(lambda body: body.decode().encode("utf-16")),
    "other_service": _text(200, '<?xml version="1.0"?><ok xmlns="http://example.invalid/other"/>'),
    # The two below are made where the record is: the server looks at the name.
    "wrong_person": lambda good: good,
    "two_persons": lambda good: good,
}
