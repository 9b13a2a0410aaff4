"""What an answer means. Whatever arrives, bytes of any kind, becomes one outcome of the vocabulary; nothing is raised.

Only three things say "nobody found": a ``CongdanCollection`` with nothing in it, a SOAP Body with nothing in it, and a
plain no of operation 003. Everything else that is not a whole, plausible answer about the very person asked for is
``unanswered``. Answers are UTF-8 by contract: a byte order mark is forgiven, another charset is not guessed, because
guessed letters would show as a wrong name.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree.ElementTree import Element

from idapp.registry.protocol.asking import NAMESPACE, SOAP_NAMESPACE
from idapp.registry.protocol.comparing import (
    RegisterPerson,
    Unclear,
    born_of,
    differences,
    name_of,
    residence_of,
    sex_of,
)
from idapp.registry.protocol.parsing import blank, leaf, only, parse_json, parse_xml
from idapp.registry.vocabulary import (
    Answer,
    Outcome,
    Question,
    RegisterResidence,
    RegistryConfig,
)

ANSWER_NAMESPACE = "http://www.mic.gov.vn/dancu/1.0"
_log = logging.getLogger("idapp.registry")
_ALARMS = {"wrong_person", "two_persons"}
_SENTENCES = {
    "http_401": "Cơ sở dữ liệu quốc gia về dân cư không chấp nhận tài khoản kết nối của trường. "
    "Hãy kiểm tra tài khoản, mật khẩu kết nối và đồng hồ của máy chủ, rồi gửi lại.",
    "http_403": "Tài khoản kết nối của trường không có quyền tra cứu Cơ sở dữ liệu quốc gia về "
    "dân cư. Hãy liên hệ cơ quan cấp quyền, rồi gửi lại.",
    "004": "Thủ tục chưa được cấp phép khai thác Cơ sở dữ liệu quốc gia về dân cư (mã 004). "
    "Hãy kiểm tra mã thủ tục trong phần cài đặt hoặc liên hệ cơ quan cấp phép, rồi gửi lại.",
    "005": "Tài khoản cán bộ không có quyền tra cứu (mã 005). "
    "Hãy kiểm tra mã cán bộ trong phần cài đặt hoặc liên hệ cơ quan cấp quyền, rồi gửi lại.",
}


@dataclass(frozen=True)
class _Verdict:
    """What an answer means, before the person in it is compared with ours."""

    outcome: Outcome
    reason: str = ""
    person: RegisterPerson | None = None


_NOBODY = _Verdict("not_found")
_NAME_PARTS = ("Ho", "ChuDem", "Ten")
_PLACE_CODES = ("MaTinhThanh", "MaQuanHuyen", "MaPhuongXa")
# operation 003: root of the answer -> the element in it that says yes or no
_YES_NO_ROOTS = {"KetQuaXacThuc": "TonTai", "XacThucThongTinCongDanResponse": "SoLuongCongDan"}
_YES_NO_SPACES = (NAMESPACE, ANSWER_NAMESPACE, "")


def read_answer(
    body: bytes, content_type: str, status: int, question: Question, config: RegistryConfig
) -> Answer:
    """One whole HTTP answer to one question: the bytes as they came, their type, the status. Never raises."""
    differing: dict[str, tuple[str, str]] = {}
    residence = None
    try:
        verdict = _verdict(body, content_type, status, config)
        if verdict.person:
            differing = differences(question, verdict.person)
            residence = verdict.person.residence
    except Unclear as unclear:
        verdict = _Verdict("unanswered", unclear.reason)
    if verdict.reason in _ALARMS:
        _log.warning(
            "the register answered with %s to request %s", verdict.reason, question.request_code
        )
    outcome = verdict.outcome
    if differing:
        outcome = "mismatch"
    sentence = ""
    if outcome == "not_permitted":
        sentence = _SENTENCES[verdict.reason]
    return Answer(
        question.item,
        question.request_code,
        outcome,
        verdict.reason,
        differing,
        sentence=sentence,
        residence=residence,
    )


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from ``Retry-After: 120`` or an HTTP date; None when absent or unreadable.

    >>> retry_after("2", datetime.now(UTC)), retry_after("soon", datetime.now(UTC))
    (2.0, None)
    """
    text = (value or "").strip()
    if re.fullmatch("[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # HTTP knows no other zone
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _verdict(body: bytes, content_type: str, status: int, config: RegistryConfig) -> _Verdict:
    if status in (401, 403):
        return _Verdict("not_permitted", f"http_{status}")
    try:
        verdict = _read(body, content_type, config)
    except Unclear as unclear:
        # a SOAP fault comes with status 500 by its standard, and says more than the number
        if status == 200 or unclear.reason in ("fault", "01"):
            raise
        raise Unclear(f"http_{status}") from None
    if status != 200 and verdict.outcome != "not_permitted":
        raise Unclear(f"http_{status}")
    return verdict


def _read(body: bytes, content_type: str, config: RegistryConfig) -> _Verdict:
    if len(body) > config.answer_limit:
        raise Unclear("too_large")
    try:
        text = body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Unclear("charset") from None
    if not text:
        raise Unclear("empty")
    if _is_web_page(text, content_type):
        raise Unclear("html")
    if text.startswith("<"):
        return _read_soap(text, config)
    return _read_json(text, config)


def _is_web_page(text: str, content_type: str) -> bool:
    """A page to sign in, or of an error. Some services send their SOAP as text/html."""
    if re.match(r"(?i)<!doctype\s+html|<html", text):
        return True
    return "html" in content_type.lower() and "Envelope" not in text


def _read_soap(text: str, config: RegistryConfig) -> _Verdict:
    content = _content_of(parse_xml(text))
    if content is not None and content.tag == f"{{{SOAP_NAMESPACE}}}Fault":
        raise Unclear("fault")
    if config.operation == "037":
        return _read_record(content)
    return _read_yes_no(content)


def _content_of(envelope: Element) -> Element | None:
    """The only element in the Body, or None if there is nothing in it."""
    body = only(envelope, SOAP_NAMESPACE, "Body")
    if envelope.tag != f"{{{SOAP_NAMESPACE}}}Envelope" or body is None:
        raise Unclear("unexpected")
    if not blank(envelope) or not blank(body) or len(body) > 1:
        raise Unclear("unexpected")
    if len(body) == 0:
        return None
    return body[0]


def _read_record(content: Element | None) -> _Verdict:
    if content is None:
        return _NOBODY
    if content.tag != f"{{{ANSWER_NAMESPACE}}}CongdanCollection" or not blank(content):
        raise Unclear("unexpected")
    if any(child.tag != f"{{{ANSWER_NAMESPACE}}}CongDan" for child in content):
        raise Unclear("unexpected")
    persons = [_person(child) for child in content]
    return _only_person(persons, content.get("SoCongDan", ""), content.get("GhiChu", ""))


def _only_person(persons: list[RegisterPerson], announced: str, remark: str) -> _Verdict:
    """The one person of a collection, nobody, or an answer that contradicts itself."""
    if len(persons) > 1:
        return _Verdict("unanswered", "two_persons")
    if announced not in ("", str(len(persons))):
        raise Unclear("unexpected_value")
    if persons:
        return _Verdict("verified", person=persons[0])
    if remark and not announced:  # nobody knows what is said here; it may be an outage
        raise Unclear("remark")
    return _NOBODY


def _person(element: Element) -> RegisterPerson:
    """Reads the compared fields; the rest of the record is dropped here."""
    space = ANSWER_NAMESPACE
    name = only(element, space, "HoVaTen")
    birth = only(element, space, "NgayThangNamSinh")
    if name is None or birth is None:
        raise Unclear("incomplete_answer")
    parts = [name.text or ""]
    if len(name):
        parts = [leaf(name, space, part) for part in _NAME_PARTS]
    return RegisterPerson(
        leaf(element, space, "SoDinhDanh"),
        name_of(parts),
        born_of(leaf(birth, space, "NgayThangNam"), leaf(birth, space, "Nam")),
        sex_of(leaf(element, space, "GioiTinh")),
        _residence(element),
    )


def _residence(element: Element) -> RegisterResidence | None:
    """The codes of ThuongTru. Whatever is odd about them, the answer stays an answer."""
    try:
        home = only(element, ANSWER_NAMESPACE, "ThuongTru")
        if home is None:
            return None
        codes = [leaf(home, ANSWER_NAMESPACE, name) for name in _PLACE_CODES]
    except Unclear:
        return None
    return residence_of(*codes)


def _read_yes_no(content: Element | None) -> _Verdict:
    """Two forms are seen: ``KetQuaXacThuc/TonTai``, a boolean, and ``.../SoLuongCongDan``, a count."""
    if content is None:
        raise Unclear("unexpected")
    space, _, root = content.tag.rpartition("}")
    is_known = root in _YES_NO_ROOTS and space.lstrip("{") in _YES_NO_SPACES
    if not is_known or not blank(content):
        raise Unclear("unexpected")
    # the element may stand in another namespace than its root
    texts = {leaf(content, any_space, _YES_NO_ROOTS[root]) for any_space in _YES_NO_SPACES}
    texts.discard("")
    if len(texts) != 1:
        raise Unclear("unexpected")
    return _yes_or_no(texts.pop(), counted=root != "KetQuaXacThuc")


def _yes_or_no(text: str, *, counted: bool) -> _Verdict:
    if counted and re.fullmatch("[0-9]{1,6}", text) and int(text) > 1:
        return _Verdict("unanswered", "two_persons")
    words = {"true": True, "false": False, "1": True, "0": False}
    yes = words.get(text.lower())
    if yes is None or (counted and not text.isdigit()):
        raise Unclear("unexpected_value")
    if not yes:
        return _NOBODY
    return _Verdict("verified")


def _read_json(text: str, config: RegistryConfig) -> _Verdict:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise Unclear("unexpected")
    if "errorCode" in value:
        return _read_refusal(value["errorCode"])
    if "error_code" in value and "message" in value:
        return _read_gateway(value["error_code"], value["message"], config)
    if config.operation == "003":
        return _read_json_yes_no(value)
    if isinstance(value.get("CongDan"), dict):
        persons = [_json_person(value["CongDan"])]
        return _only_person(persons, str(value.get("SoCongDan") or ""), "")
    raise Unclear("unexpected")


def _read_json_yes_no(value: dict[str, Any]) -> _Verdict:
    if set(value) != {"data"} or not isinstance(value["data"], str | bool):
        raise Unclear("unexpected")
    return _yes_or_no(str(value["data"]), counted=False)


def _read_refusal(code: Any) -> _Verdict:
    """Errors of the facades: 004 procedure not licensed, 005 officer not permitted, else their own trouble."""
    if code in ("004", "005"):
        return _Verdict("not_permitted", code)
    if code == "01":
        raise Unclear("01")
    raise Unclear("gateway_error")


def _read_gateway(code: Any, message: Any, config: RegistryConfig) -> _Verdict:
    """``message`` holds the whole SOAP text. Known clients ignore the code; a no beside an error is not believed."""
    if code in ("004", "005"):
        return _read_refusal(code)
    if not isinstance(message, str) or not message.lstrip("\ufeff \t\r\n").startswith("<"):
        raise Unclear("gateway_error")
    verdict = _read(message.encode("utf-8", "replace"), "", config)
    if verdict is _NOBODY and str(code).startswith("-"):
        raise Unclear("gateway_error")
    return verdict


def _json_person(record: dict[str, Any]) -> RegisterPerson:
    """A provincial variant: the record as JSON with the same names."""
    name = record.get("HoVaTen")
    birth = record.get("NgayThangNamSinh")
    if not isinstance(name, dict) or not isinstance(birth, dict):
        raise Unclear("incomplete_answer")
    return RegisterPerson(
        _text(record.get("SoDinhDanh")),
        name_of([_text(name.get(part)) for part in _NAME_PARTS]),
        born_of(_text(birth.get("NgayThangNam")), _text(birth.get("Nam"))),
        sex_of(_text(record.get("GioiTinh"))),
        _json_residence(record.get("ThuongTru")),
    )


def _json_residence(home: Any) -> RegisterResidence | None:
    """This variant has one code for each address: that of the commune."""
    if not isinstance(home, dict):
        return None
    code = home.get("MaDonViHanhChinh")
    if not isinstance(code, str):
        return None
    return residence_of("", "", code)


def _text(value: Any) -> str:
    """Of a JSON value: a number is written out."""
    if value is None:
        return ""
    # in Python a boolean is an int, in JSON it is none
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).strip()
    raise Unclear("unexpected_value")
