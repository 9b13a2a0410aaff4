"""What goes out: the name as a key, the envelope, the JSON of a vendor's gateway, the headers that prove who asks.

SOAP 1.1, POST, ``Content-Type: application/xml``, UTF-8, one person per call. Fields in this order: MaYeuCau, MaDVC,
MaTichHop, MaCanBo, (MaDonVi, TaiKhoan, SoDienThoai), SoDinhDanh, HoVaTen, NgayThangNamSinh with NgayThangNam
``yyyyMMdd`` or Nam ``yyyy``.
"""

import base64
import hashlib
import json
import re
import unicodedata
from datetime import date
from html import escape

from idapp.registry.vocabulary import Question, RegistryConfig
from idapp.rules.folding import tidy

NAMESPACE = "http://dancuquocgia.bca"
SOAP_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
REQUESTS = {"037": "TraCuuThongTinCongDan", "003": "XacThucThongTinCongDan"}
# what XML cannot carry, not even escaped: it would spoil the whole message
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def own_check(question: Question) -> str:
    """The reason not to send this question at all, or "".

    >>> own_check(Question(1, "1", "100314900002", "Lục Thị Ánh Đào", "2014-03-17", "female"))
    ''
    >>> own_check(Question(1, "1", "00314900002", "Lục Thị Ánh Đào", "2014-03-17", "female"))
    'bad_number'
    """
    if not re.fullmatch("[0-9]{12}", question.number):
        return "bad_number"
    key = name_key(question.full_name, "letters")
    # a letter the key cannot carry would be asked about as somebody else's name
    if not key or not key.isascii():
        return "bad_name"
    if not _is_birth(question.born):
        return "bad_birth_date"
    return ""


def name_key(name: str, rule: str) -> str:
    """Upper case, no diacritics, no spaces; under ``letters`` no punctuation either.

    >>> name_key("H'Hư Cấu Niê", "letters"), name_key("H'Hư Cấu Niê", "spaces")
    ('HHUCAUNIE', "H'HUCAUNIE")
    """
    text = unicodedata.normalize("NFD", tidy(name).upper().replace("Đ", "D"))
    text = "".join(c for c in text if not unicodedata.combining(c) and not c.isspace())
    if rule == "letters":
        return "".join(c for c in text if c.isalnum())
    return text


def envelope(question: Question, config: RegistryConfig) -> bytes:
    """The whole SOAP message, in UTF-8."""
    fields = "".join(_element(name, value) for name, value in _fields(question, config))
    fields += f"<dan:NgayThangNamSinh>{_element(*_birth(question, config))}</dan:NgayThangNamSinh>"
    request = REQUESTS[config.operation]
    # written by hand: what other clients send is known to the byte, prefixes included
    message = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_NAMESPACE}" xmlns:dan="{NAMESPACE}">'
        "<soapenv:Header/><soapenv:Body>"
        f"<dan:{request}>{fields}</dan:{request}></soapenv:Body></soapenv:Envelope>"
    )
    return message.encode()


def gateway_request(question: Question, config: RegistryConfig) -> bytes:
    """The same question as JSON, for a vendor's gateway that writes the envelope itself."""
    birth, value = _birth(question, config)
    births = {"NgayThangNam": None, "Nam": None, birth: value}
    request = {
        "HoVaTen": name_key(question.full_name, config.name_key),
        "SoDinhDanh": question.number,
        "SoCMND": None,
        **births,
        "MaTichHop": config.operation,
        "MaDVC": config.procedure,
        "MaCanBo": config.officer,
        "MaYeuCau": question.request_code,
    }
    return json.dumps(request).encode()


def signature_headers(config: RegistryConfig, seconds: float) -> dict[str, str]:
    """Way in A at that moment of the clock: Basic user and SHA-256 of path, user, timestamp and secret."""
    if config.timestamp == "ms":
        seconds *= 1000
    stamp = str(int(seconds))
    signed = config.hash_path + config.user + stamp + config.secret
    digest = hashlib.sha256(signed.encode()).hexdigest()
    basic = base64.b64encode(f"{config.user}:{digest}".encode()).decode()
    return {"Authorization": f"Basic {basic}", "Timestamp": stamp}


def lgsp_header(config: RegistryConfig) -> dict[str, str]:
    """Way in B: who we are at the provincial exchange; goes with the token request and with every call."""
    names = {
        "AccessKey": config.user,
        "SecretKey": config.secret,
        "AppName": config.app_name,
        "PartnerCode": config.partner_code,
        "PartnerCodeCus": config.partner_code_cus,
    }
    text = json.dumps(names, ensure_ascii=False, separators=(",", ":"))
    return {"lgspaccesstoken": base64.b64encode(text.encode()).decode()}


def _is_birth(born: str) -> bool:
    if re.fullmatch("[0-9]{4}", born):
        return True
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", born):
        return False
    try:
        return bool(date.fromisoformat(born))
    except ValueError:
        return False


def _fields(question: Question, config: RegistryConfig) -> list[tuple[str, str]]:
    fields = [
        ("MaYeuCau", question.request_code),
        ("MaDVC", config.procedure),
        ("MaTichHop", config.operation),
        ("MaCanBo", config.officer),
    ]
    if config.unit:  # only newer clients send these three
        fields += [
            ("MaDonVi", config.unit),
            ("TaiKhoan", config.account or config.user),
            ("SoDienThoai", config.phone),
        ]
    fields += [
        ("SoDinhDanh", question.number),
        ("HoVaTen", name_key(question.full_name, config.name_key)),
    ]
    return fields


def _birth(question: Question, config: RegistryConfig) -> tuple[str, str]:
    # 003 only says yes: nothing comes back to compare, so the register itself must have compared the whole date.
    whole = config.match == "full" or config.operation == "003"
    if whole and len(question.born) > 4:
        return "NgayThangNam", question.born.replace("-", "")
    return "Nam", question.born[:4]


def _element(name: str, value: str) -> str:
    return f"<dan:{name}>{escape(_NOT_IN_XML.sub('', value))}</dan:{name}>"
