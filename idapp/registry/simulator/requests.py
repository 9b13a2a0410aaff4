"""What a caller asked, read as strictly as a register would: names, namespace, order of the fields."""

import json
import re
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

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
    "HoVaTen",
    "NgayThangNamSinh",
]
_NEEDED = {"MaYeuCau", "MaDVC", "MaTichHop", "MaCanBo", "HoVaTen", "NgayThangNamSinh"}
_BIRTH_TAGS = {f"{{{NAMESPACE}}}Nam", f"{{{NAMESPACE}}}NgayThangNam"}


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
    if "json" in content_type:
        request = _of_json(body)
    else:
        request = _of_soap(body)
    is_number = re.fullmatch("[0-9]{12}|[0-9]{9}", request.number)
    is_birth = re.fullmatch("[0-9]{4}([0-9]{4})?", request.born)
    if not is_number or not is_birth:
        raise ValueError("number or birth date is malformed")
    if not request.key or re.search(r"[a-z\s]", request.key) or not request.request_code:
        raise ValueError("name is no key, or no request code")
    return request


def _of_soap(body: bytes) -> ReadRequest:
    request = _content_of(body)
    operations = {f"{{{NAMESPACE}}}{name}": code for code, name in REQUESTS.items()}
    if request is None or request.tag not in operations:
        raise ValueError("unknown operation")
    texts = _texts_of_fields(request)
    births = list(request[-1])
    is_one_birth = len(births) == 1 and births[0].tag in _BIRTH_TAGS
    if texts["MaTichHop"] != operations[request.tag] or not is_one_birth:
        raise ValueError("operation or birth date is malformed")
    return ReadRequest(
        request_code=texts["MaYeuCau"],
        operation=texts["MaTichHop"],
        number=texts.get("SoDinhDanh") or texts.get("SoCMND", ""),
        key=texts["HoVaTen"],
        born=births[0].text or "",
        gateway=False,
        procedure=texts["MaDVC"],
        officer=texts["MaCanBo"],
        unit=texts.get("MaDonVi", ""),
    )


def _content_of(body: bytes) -> Element | None:
    """What stands in the SOAP Body."""
    try:
        return fromstring(body, forbid_dtd=True).find(f"{{{SOAP_NAMESPACE}}}Body/*")
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("no XML") from error


def _texts_of_fields(request: Element) -> dict[str, str]:
    """Raises ValueError unless every field that is needed is there, each once and in its order."""
    names = [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in request]
    # the register turns away what stands in another order
    in_order = [name for name in _ORDER if name in names]
    if names != in_order or not _NEEDED.issubset(names):
        raise ValueError("fields are missing or in another order")
    texts = [(child.text or "").strip() for child in request]
    return dict(zip(names, texts, strict=True))


def _of_json(body: bytes) -> ReadRequest:
    values: Any = json.loads(body)
    if not isinstance(values, dict) or values.get("MaTichHop") not in REQUESTS:
        raise ValueError("unknown operation")
    texts: list[Any] = [
        values.get("MaYeuCau"),
        values.get("SoDinhDanh") or values.get("SoCMND"),
        values.get("HoVaTen"),
        # both are there, one of them null
        values.get("NgayThangNam") or values.get("Nam"),
    ]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("fields are missing")
    code, number, key, born = texts
    return ReadRequest(
        request_code=code,
        operation=values["MaTichHop"],
        number=number,
        key=key,
        born=born,
        gateway=True,
        procedure=str(values.get("MaDVC", "")),
        officer=str(values.get("MaCanBo", "")),
    )
