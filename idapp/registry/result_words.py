"""What a file says of a person in its own words: verified, mismatch, not found, failed, waiting, or unclear.

No list of the words that the sector's system writes is public, and clerks write their own. So a text is understood
only when each of its words is: marks ("không khớp"), fields ("ngày sinh") and words that change nothing ("thông tin",
"trên", "CSDL"). One word more ("không tìm thấy máy chủ") and it is unclear, for a person to look at: an outage written
into a cell must not send a family to the police, and no unknown sentence may verify anybody.

>>> understand("Đã xác thực").kind, understand("Không khớp: ngày sinh, giới tính").fields
('verified', ('date_of_birth', 'gender'))
>>> understand("Không tìm thấy máy chủ").kind
'unclear'
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from idapp.rules.folding import fold, tidy

Kind = Literal["verified", "mismatch", "not_found", "failed", "waiting", "unclear"]
_MARKS: dict[Kind, str] = {
    "waiting": "chua xac thuc|chua duoc xac thuc|chua xac thuc xong|cho xac thuc|dang cho xac thuc"
    "|dang xac thuc|dang cho|dang cho ket qua|dang xu ly|cho xu ly|chua co ket qua|cho ket qua"
    "|chua gui|da gui|chua dinh danh|chua kiem tra|chua doi chieu",
    "failed": "xac thuc khong thanh cong|khong thanh cong|khong xac thuc duoc|xac thuc that bai"
    "|that bai|xac thuc loi|loi xac thuc|loi|chua xac thuc thanh cong",
    "not_found": "khong tim thay|khong co thong tin|khong ton tai|khong co du lieu|khong thay"
    "|khong co trong",
    "mismatch": "khong khop|chua khop|khong trung khop|chua trung khop|khong trung|sai lech|bi sai"
    "|sai|lech|khong dung|chua dung|khong chinh xac|chua chinh xac|khong giong",
    "verified": "da xac thuc thanh cong|xac thuc thanh cong|da duoc xac thuc|da xac thuc|da khop"
    "|khop dung|trung khop|khop|thanh cong|dung|da dinh danh|dinh danh thanh cong|chinh xac",
}
_FIELDS = {
    "full_name": "ho chu dem va ten|ho va ten|ho ten|ten",
    "date_of_birth": "ngay thang nam sinh|ngay sinh|nam sinh",
    "gender": "gioi tinh",
    "identity_number": "so dinh danh ca nhan|ma dinh danh ca nhan|so dinh danh|so ddcn|ddcn|so "
    "cccd|cccd|so can cuoc|so cmnd|cmnd|dinh danh ca nhan",
    "": "noi thuong tru|thuong tru|dia chi|noi cu tru|noi o|que quan|noi sinh|dan toc|quoc tich",  # not compared here
}
_NOTHING = {
    "thong", "tin", "du", "lieu", "cong", "dan", "hoc", "sinh", "giao", "vien", "nguoi", "ho", "so", "trong", "tren",
    "voi", "ve", "o", "tai", "cua", "va", "csdl", "csdlqg", "csdlqgvdc", "csdlqgvedc", "co", "quoc", "gia", "cu",
    "he", "ket", "qua", "xac", "thuc", "doi", "chieu", "nay", "bo", "an", "bca", "duoc", "da", "bi", "cac", "hoan",
    "toan", "tat", "ca", "deu", "gd", "dt", "gddt", "nganh",
}  # fmt: skip
_PHRASES = {
    phrase: kind
    for table in (_MARKS, {f"field {name}": phrases for name, phrases in _FIELDS.items()})
    for kind, phrases in table.items()
    for phrase in phrases.split("|")
} | {"co so du lieu": "nothing", "he thong": "nothing"}
_KNOWN = re.compile(r"\b(" + "|".join(sorted(_PHRASES, key=len, reverse=True)) + r")\b")
_CLAUSES = re.compile(r"[,;.()\n\r/|]+|\s[-–]\s|\bnhung\b")


@dataclass(frozen=True)
class Said:
    """``fields``: names of ``record.FIELDS`` the text blames, in the order of the text; only with ``mismatch``."""

    kind: Kind
    fields: tuple[str, ...] = ()


def understand(text: str, *, blames: bool = False) -> Said:
    """``blames``: a column of reasons, in which the bare name of a field says that it is wrong."""
    if not fold(text).strip(" -–./"):
        return Said("waiting")
    if (
        "dung" in fold(text) and "đúng" not in tidy(text).lower()
    ):  # "người dùng" is nobody's confirmation
        return Said("unclear")
    kind: str = "mismatch" if blames else ""
    wrong: dict[str, None] = {}
    kinds: set[str] = set()
    for marks, fields, understood in _clauses(text):
        kind = _one(marks) or kind
        if (
            not understood
            or not kind
            or kind == "unclear"
            or (fields and kind != "mismatch" and len(marks) == 0)
        ):
            return Said("unclear")
        if kind == "mismatch":
            wrong |= dict.fromkeys(name for name in fields if name)
        if kind != "verified" or not fields:  # "khớp họ tên" says nothing about the whole
            kinds.add(kind)
    return _whole(kinds, tuple(wrong))


def _clauses(text: str) -> Iterator[tuple[list[str], list[str], bool]]:
    """Of each clause: its marks, the fields it names, and whether every other word changes nothing."""
    for clause in _CLAUSES.split(fold(text)):
        words = " ".join(re.findall("[0-9a-z]+", clause))
        if words:
            found = [_PHRASES[phrase] for phrase in _KNOWN.findall(words)]
            rest = set(_KNOWN.sub(" ", words).split())
            fields = [name.removeprefix("field ") for name in found if name.startswith("field ")]
            yield [name for name in found if name in _MARKS], fields, rest <= _NOTHING


def _one(marks: list[str]) -> str:
    """The mark of a clause, "" for none: "không tìm thấy thông tin khớp" says no, a failure with a cause the cause."""
    kinds = set(marks)
    if kinds == {"not_found", "verified"} and marks[0] == "not_found":
        return "not_found"
    kinds -= {"failed"} if len(kinds) > 1 else set()
    return "unclear" if len(kinds) > 1 else "".join(kinds)


def _whole(kinds: set[str], wrong: tuple[str, ...]) -> Said:
    """``failed`` beside a reason is the reason; any other two contradict each other."""
    if len(kinds) > 1:
        kinds = kinds - {"failed"}
    if len(kinds) != 1:
        return Said("unclear")
    [kind] = kinds
    return Said(kind, wrong if kind == "mismatch" else ())  # type: ignore[arg-type]
