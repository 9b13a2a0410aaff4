"""Rows that stand between people and are nobody: titles of sections, sums, signatures.

"HỌC SINH CHUYỂN ĐI", "II. Bỏ học", "Sĩ số: 35", "Danh sách cán bộ nghỉ hưu" stand in the column of names as often as
anywhere else. A title that says that people have left, or are away, holds for the rows below it: what to do with them
is for the user to say.
"""

import re

from idapp.rules import states
from idapp.rules.folding import fold, tidy

_ENUMERATOR = r"(?:(?:[ivx]{1,4}|[a-z]|[0-9]{1,2})\s*[.)/:-]\s*|[-*+•#]+\s*)?"
_STATE = re.compile(
    r"\b(?:chuyen (?:di|truong|cong tac|lop|noi khac)|(?:da|xin) chuyen(?! den)|bo hoc"
    r"|(?:buoc )?thoi (?:hoc|viec)|(?:tam |da |xin )?nghi (?:hoc|huu|viec|hoc luon)|huu tri|ve huu"
    r"|da mat|qua doi|tu vong|tot nghiep|ra truong|hoan thanh (?:chuong trinh|cap hoc)|htcth"
    r"|bao luu|biet phai(?! den)|tinh gian|roi truong|khong con hoc)\b"
)
_PRESENT = re.compile(
    r"\b(?:dang (?:hoc|theo hoc|lam viec|cong tac)|chuyen den|moi den|hoc sinh moi|hien co"
    r"|co mat)\b"
)
# a state may stand alone on a row; then all of it is the state, with a number of people at most
_COUNT = r"(?:\s*[:(–-]?\s*[0-9]{1,4}\s*(?:em|hoc sinh|hs|nguoi|hoc vien|tre|can bo|gv)?\s*\)?)?"
_WHEN = r"(?:\s+(?:hoc )?k[yi]\s?(?:[12]|i{1,2})|\s+trong (?:he|nam)|\s+hk\s?[12])?"
_ONLY_STATE = re.compile(
    rf"{_ENUMERATOR}(?:da |xin |ds |cac em |hs |hoc sinh )*"
    rf"(?:{_STATE.pattern}|{_PRESENT.pattern}){_WHEN}{_COUNT}\s*[:.]?"
)
_SECTION = re.compile(
    rf"{_ENUMERATOR}(?:hoc sinh\b|hs\b|h/s\b|danh sach\b|ds\b|cac em\b|cac chau\b|can bo\b"
    rf"|giao vien\b|cbgv|cbql\b|ban giam hieu\b|bgh\b|hoi dong\b"
    rf"|to (?:truong|chuyen mon|van phong|hanh chinh|[0-9])|khoi (?:lop )?[0-9]"
    rf"|si so\b|tong (?:so|cong|hop)\b|cong\s*:|trong do\b|doi tuong\b|nhom [0-9]|ghi chu\b"
    rf"|nu\s*:|nam\s*:)"
)
# with their marks, for "Tô" and "Ban" are families
_WITH_MARKS = re.compile(rf"{_ENUMERATOR}(?:tổ|nhân viên|bộ phận|khối)\s", re.IGNORECASE)
_BARE = re.compile(rf"{_ENUMERATOR}(?P<text>.*?){_COUNT}\s*[:.]?", re.IGNORECASE)
_KINDS = ("student", "staff")
_LONGEST = 120


def is_section(text: str) -> bool:
    """Can a text that stands alone on a row be no person, but the title of what follows, or a sum?

    >>> is_section("HỌC SINH CHUYỂN ĐI"), is_section("II. Bỏ học"), is_section("Sĩ số: 35"), is_section("Tổ Toán")
    (True, True, True, True)
    >>> is_section("Tô Văn Ba"), is_section("Bàn Thị Nghỉ"), is_section("Lý Văn Tân (bỏ học)")
    (False, False, False)
    """
    words = tidy(text)
    if not words or len(words) > _LONGEST:
        return False
    folded = fold(words)
    if _ONLY_STATE.fullmatch(folded) or _SECTION.match(folded) or _WITH_MARKS.match(words):
        return True
    return _is_a_state(words)


def _is_a_state(words: str) -> bool:
    """Is all of a text the name of a state, but for its number and a number of people?"""
    text = words
    if bare := _BARE.fullmatch(words):
        text = bare["text"]
    if text.isdecimal():
        return False
    return any(states.meaning_of(kind, text) for kind in _KINDS)


def says_who_left(title: str) -> bool:
    """Does a title say that those below it are no longer, or not now, at the school?

    >>> says_who_left("DANH SÁCH HỌC SINH CHUYỂN ĐI"), says_who_left("Học sinh chuyển đến trong năm")
    (True, False)
    """
    if _STATE.search(fold(title)):
        return True
    return bool(_meanings(title) - {"present"})


def ends_a_section(title: str) -> bool:
    """Does a title say that those below it are at the school? "Sĩ số: 35" says nothing about them.

    >>> ends_a_section("Học sinh đang học"), ends_a_section("Sĩ số: 35")
    (True, False)
    """
    if says_who_left(title):
        return False
    return bool(_PRESENT.search(fold(title))) or "present" in _meanings(title)


def _meanings(title: str) -> set[str]:
    """The states a title may speak of, for pupils or for staff; a number in it is no code of a state."""
    text = re.sub(r"[0-9]+", " ", title)
    meanings = (states.meaning_in(kind, text) for kind in _KINDS)
    return set(filter(None, meanings))
