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
    "identity_number": "so dinh danh ca nhan|ma dinh danh ca nhan|so dinh danh|so ddcn|ddcn"
    "|so cccd|cccd|so can cuoc|so cmnd|cmnd|dinh danh ca nhan",
    # not compared here
    "": "noi thuong tru|thuong tru|dia chi|noi cu tru|noi o|que quan|noi sinh|dan toc|quoc tich",
}
_WORDS_THAT_CHANGE_NOTHING = (
    "thong tin du lieu cong dan hoc sinh giao vien nguoi ho so trong tren voi ve o tai cua va csdl"
    " csdlqg csdlqgvdc csdlqgvedc co quoc gia cu he ket qua xac thuc doi chieu nay bo an bca duoc"
    " da bi cac hoan toan tat ca deu gd dt gddt nganh"
)
_NOTHING = set(_WORDS_THAT_CHANGE_NOTHING.split())
_FIELD = "field "


def _kind_of_each_phrase() -> dict[str, str]:
    """Each folded phrase -> a mark, ``field <name>``, or ``nothing``."""
    kinds = {"co so du lieu": "nothing", "he thong": "nothing"}
    for mark, phrases in _MARKS.items():
        kinds |= dict.fromkeys(phrases.split("|"), mark)
    for name, phrases in _FIELDS.items():
        kinds |= dict.fromkeys(phrases.split("|"), _FIELD + name)
    return kinds


_PHRASES = _kind_of_each_phrase()
# the longest first: "không khớp" must not be read as "khớp"
_KNOWN = re.compile(r"\b(" + "|".join(sorted(_PHRASES, key=len, reverse=True)) + r")\b")
_CLAUSES = re.compile(r"[,;.()\n\r/|]+|\s[-–]\s|\bnhung\b")


@dataclass(frozen=True)
class Verdict:
    """What a text says of a person.

    ``fields``: names of ``record.FIELDS`` the text blames, in the order of the text; only with ``mismatch``.
    """

    kind: Kind
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Clause:
    """A part of a text between two commas: its marks, the fields it names, and whether the other words are known."""

    marks: list[str]
    fields: list[str]
    is_understood: bool


def understand(text: str, *, blames: bool = False) -> Verdict:
    """What the text of a cell says; ``unclear`` as soon as one word of it is not known.

    ``blames``: a column of reasons, in which the bare name of a field says that it is wrong.
    """
    if not fold(text).strip(" -–./"):
        return Verdict("waiting")
    if _is_about_a_user(text):
        return Verdict("unclear")
    kind = ""
    if blames:
        kind = "mismatch"
    wrong_fields: dict[str, None] = {}
    kinds: set[str] = set()
    for clause in _clauses(text):
        # a clause without a mark goes on in the sense of the last: "sai họ tên, ngày sinh"
        kind = _mark_of(clause.marks) or kind
        if not _makes_sense(clause, kind):
            return Verdict("unclear")
        if kind == "mismatch":
            wrong_fields |= dict.fromkeys(clause.fields)
        if kind != "verified" or not clause.fields:  # "khớp họ tên" says nothing about the whole
            kinds.add(kind)
    wrong_fields.pop("", None)  # a field that is not compared
    return _conclusion(kinds, tuple(wrong_fields))


def _is_about_a_user(text: str) -> bool:
    """ "người dùng" is nobody's confirmation: without its marks it reads like "đúng"."""
    return "dung" in fold(text) and "đúng" not in tidy(text).lower()


def _clauses(text: str) -> Iterator[_Clause]:
    for part in _CLAUSES.split(fold(text)):
        words = " ".join(re.findall("[0-9a-z]+", part))
        if not words:
            continue
        kinds = [_PHRASES[phrase] for phrase in _KNOWN.findall(words)]
        other_words = set(_KNOWN.sub(" ", words).split())
        yield _Clause(
            marks=[kind for kind in kinds if kind in _MARKS],
            fields=[kind.removeprefix(_FIELD) for kind in kinds if kind.startswith(_FIELD)],
            is_understood=other_words <= _NOTHING,
        )


def _mark_of(marks: list[str]) -> str:
    """The one mark of a clause, "" for none: a failure with a cause means the cause.

    "không tìm thấy thông tin khớp" says no, in spite of its "khớp".
    """
    kinds = set(marks)
    if kinds == {"not_found", "verified"} and marks[0] == "not_found":
        return "not_found"
    if len(kinds) > 1:
        kinds.discard("failed")
    if len(kinds) > 1:
        return "unclear"
    return "".join(kinds)


def _makes_sense(clause: _Clause, kind: str) -> bool:
    """Is every word known, is there a mark, and are fields named only where they are blamed?"""
    if not clause.is_understood or kind in ("", "unclear"):
        return False
    names_fields_alone = bool(clause.fields) and not clause.marks
    return kind == "mismatch" or not names_fields_alone


def _conclusion(kinds: set[str], wrong_fields: tuple[str, ...]) -> Verdict:
    """``failed`` beside a reason is the reason; any other two contradict each other."""
    if len(kinds) > 1:
        kinds = kinds - {"failed"}
    if len(kinds) != 1:
        return Verdict("unclear")
    [kind] = kinds
    if kind == "mismatch":
        return Verdict("mismatch", wrong_fields)
    return Verdict(kind)  # type: ignore[arg-type]
