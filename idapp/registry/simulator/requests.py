"""What a caller asked, read as strictly as a register would: names, namespace, order of the fields."""

import json
import re
from dataclasses import dataclass
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from idapp.registry.protocol.asking import NAMESPACE, REQUESTS, SOAP_NAMESPACE

_ORDER = [
    "MaYeuCau",
    "MaDVC",
    "MaTichHop",
    "MaCanBo",
    "MaDonVi",
    "TaiKhoan",
    "SoDienThoai",
    "SoDinhDanh",
    "SoCMND",
]
_ORDER += ["HoVaTen", "NgayThangNamSinh"]
_NEEDED = {"MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "HoVaTen", "NgayThangNamSinh"}


@dataclass(frozen=True)
class ReadRequest:
    """``born`` is ``yyyyMMdd`` or ``yyyy``; ``unit`` (MaDonVi) only newer clients send."""

    request_code: str
    operation: str
    number: str
    key: str
    born: str
    gateway: bool
    procedure: str = ""
    officer: str = ""
    unit: str = ""


def read_request(body: bytes, content_type: str) -> ReadRequest:
    """ValueError with the reason when the request is not as the contract says."""
    asked = _of_json(body) if "json" in content_type else _of_soap(body)
    if not re.fullmatch("[0-9]{12}|[0-9]{9}", asked.number) or not re.fullmatch(
        "[0-9]{4}([0-9]{4})?", asked.born
    ):
        raise ValueError("number or birth date is malformed")
    if not asked.key or re.search(r"[a-z\s]", asked.key) or not asked.request_code:
        raise ValueError("name is no key, or no request code")
    return asked


def _of_soap(body: bytes) -> ReadRequest:
    try:
        request = fromstring(body, forbid_dtd=True).find(f"{{{SOAP_NAMESPACE}}}Body/*")
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("no XML") from error
    operations = {f"{{{NAMESPACE}}}{name}": code for code, name in REQUESTS.items()}
    if request is None or request.tag not in operations:
        raise ValueError("unknown operation")
    names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in request]
    if names != [name for name in _ORDER if name in names] or not set(names) >= _NEEDED:
        raise ValueError("fields are missing or in another order")
    said = {name: (child.text or "").strip() for name, child in zip(names, request, strict=True)}
    birth = {part.tag.removeprefix(f"{{{NAMESPACE}}}"): part.text or "" for part in request[-1]}
    if (
        said["MaTichHop"] != operations[request.tag]
        or len(birth) != 1
        or not set(birth) <= {"Nam", "NgayThangNam"}
    ):
        raise ValueError("operation or birth date is malformed")
    number = said.get("SoDinhDanh") or said.get("SoCMND", "")
    born, who = (
        next(iter(birth.values())),
        (said["MaDVC"], said["MaCanBo"], said.get("MaDonVi", "")),
    )
    return ReadRequest(
        said["MaYeuCau"], said["MaTichHop"], number, said["HoVaTen"], born, False, *who
    )


def _of_json(body: bytes) -> ReadRequest:
    said: Any = json.loads(body)
    if not isinstance(said, dict) or said.get("MaTichHop") not in REQUESTS:
        raise ValueError("unknown operation")
    number, born = (
        said.get("SoDinhDanh") or said.get("SoCMND"),
        said.get("NgayThangNam") or said.get("Nam"),
    )
    texts = [
        part
        for part in (said.get("MaYeuCau"), number, said.get("HoVaTen"), born)
        if isinstance(part, str)
    ]
    if len(texts) < 4:
        raise ValueError("fields are missing")
    code, number, key, born = texts
    who = (str(said.get("MaDVC", "")), str(said.get("MaCanBo", "")))
    return ReadRequest(code, said["MaTichHop"], number, key, born, True, *who)
