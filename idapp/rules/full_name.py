"""A person's full name as registered at birth (*họ, chữ đệm và tên khai sinh*).

Stored as written: NFC, single spaces, never re-spelt, never re-cased. Letters of the Latin script, apostrophes and
hyphens: minority names such as H'Hen Niê, Y Bhiu, K'Brông are names. Errors: digits, symbols, letters of other scripts
(the Cyrillic А looks like A and never matches), TRUE and FALSE. Warnings: one word only, more than six, all capitals,
all small.
Sources: Civil Code 2015 art. 26 (names of Vietnamese citizens are words, not digits or symbols), Circular
59/2021/TT-BCA form 01 field 1, TCVN 6909:2001 (composed Unicode).
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from idapp.rules import old_fonts
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

FIELD = "full_name"
MOST_WORDS = 6
_JOINERS = "'’ʼ‘`‐‑-"
_NO_NAMES = ("TRUE", "FALSE")  # a tick or a formula of Excel, copied as text
_LATIN = re.compile("[A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ ]*")  # most names; letters of these blocks all belong
_PIECES = re.compile(f"([ {re.escape(_JOINERS)}])")


def validate(text: str, field: str = FIELD) -> str:
    """The tidied name, or a ``Problem``.

    >>> validate("  H'Hen   Niê")
    "H'Hen Niê"
    >>> validate("Nguyễn Văn A1")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Họ tên có chữ số “1”: hãy ghi đúng như giấy khai sinh.
    """
    name = tidy(text)
    in_unicode = old_fonts.restored(name)
    if in_unicode is not None and in_unicode.certain:
        raise _old_font(field, in_unicode)
    if name.upper() in _NO_NAMES:
        raise Problem(
            field,
            "not_a_name",
            f"“{name}” là giá trị đúng/sai của Excel, không phải họ tên: hãy ghi họ tên.",
        )
    wrong = (
        "" if _LATIN.fullmatch(name) else "".join(dict.fromkeys(c for c in name if not _belongs(c)))
    )
    if digits := "".join(c for c in wrong if c.isdigit()):
        raise Problem(
            field, "digit_in_name", f"Họ tên có chữ số “{digits}”: hãy ghi đúng như giấy khai sinh."
        )
    if wrong:
        raise Problem(
            field,
            "symbol_in_name",
            f"Họ tên có ký tự lạ “{wrong}”: hãy ghi đúng như giấy khai sinh.",
        )
    if not any(c.isalpha() for c in name):
        raise Problem(
            field, "symbol_in_name", "Họ tên phải có chữ cái: hãy ghi đúng như giấy khai sinh."
        )
    return name


@lru_cache(maxsize=8192)  # a record is judged again and again, and parents have several children
def problems_of(text: str, field: str = FIELD) -> tuple[Problem, ...]:
    """The fault of a name, or what is odd about it.

    >>> [problem.code for problem in problems_of("Nguyễn Văn A1")], problems_of("Nguyễn Văn An")
    (['digit_in_name'], ())
    """
    try:
        validate(text, field)
    except Problem as problem:
        # without the frames, which would keep personal data alive
        return (problem.with_traceback(None),)
    return tuple(warnings(text, field))


def warnings(text: str, field: str = FIELD) -> list[Problem]:
    """What is odd about a valid name.

    >>> warnings("H'HEN NIÊ")[0].suggestion
    "H'Hen Niê"
    """
    name = tidy(text)
    found = []
    words = len(name.split())
    if words == 1:
        found.append(
            ("single_word", "Họ tên chỉ có một từ: hãy xem lại có thiếu họ hoặc chữ đệm không.", "")
        )
    if words > MOST_WORDS:
        found.append(
            ("many_words", "Họ tên dài hơn 6 từ: hãy xem lại có ghi lẫn nội dung khác không.", "")
        )
    if name in (name.upper(), name.lower()) and title_case(name) != name:
        capitals = "chữ hoa" if name == name.upper() else "chữ thường"
        found.append(
            (
                "name_case",
                f"Họ tên viết toàn {capitals}: nên viết hoa chữ đầu mỗi từ.",
                title_case(name),
            )
        )
    return [
        Problem(field, code, message, suggestion, "warning") for code, message, suggestion in found
    ]


def _old_font(field: str, in_unicode: old_fonts.Restored) -> Problem:
    """One possible text is offered to be taken over; of several the user has to choose."""
    texts = [in_unicode.text, *in_unicode.others]
    font = "phông chữ cũ" if in_unicode.others else in_unicode.font
    message = (
        f"Họ tên viết bằng {font} nên hiện sai chữ: có phải là {' hay '.join(f'“{text}”' for text in texts)}? "
        "Hãy ghi lại bằng Unicode, đúng như giấy khai sinh."
    )
    return Problem(field, "old_font", message, "" if in_unicode.others else in_unicode.text)


def title_case(name: str) -> str:
    """
    >>> title_case("K'BRÔNG"), title_case("y-bhiu êban")
    ("K'Brông", 'Y-Bhiu Êban')
    """
    return "".join(piece[:1].upper() + piece[1:].lower() for piece in _PIECES.split(name))


def sex_of(name: str) -> Literal["male", "female"] | None:
    """What the middle name says: Văn male, Thị female, anything else nothing.

    >>> sex_of("Trần Thị Ngọc Mai"), sex_of("Lê Minh Anh")
    ('female', None)
    """
    middle = set(tidy(name).lower().split()[1:-1])
    if ("thị" in middle) == ("văn" in middle):
        return None
    return "female" if "thị" in middle else "male"


@lru_cache(maxsize=1024)
def _belongs(c: str) -> bool:
    # combining marks: letters of highland languages such as ơ̆ have no composed form
    if c == " " or c in _JOINERS or unicodedata.category(c) == "Mn":
        return True
    return c.isalpha() and unicodedata.name(c, "").startswith("LATIN ")
