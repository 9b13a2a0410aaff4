"""Letters that look like others: names that nobody can tell apart, or that no Vietnamese keyboard types.

A Cyrillic `а` in "lаn" makes a second account that looks like the first; in "5А" a second class. Vietnamese names have
letters of the Latin script only (TCVN 6909:2001). The pairs are those of Unicode's confusables (UTS 39) which stand in
Cyrillic, Greek, Armenian and among the full-width letters, as people meet them.
"""

import re
import unicodedata

from idapp.rules.folding import tidy, tone_key
from idapp.rules.problem import Problem

LONGEST_USERNAME = 40
_CYRILLIC = dict(
    zip(
        "асеіјорԛѕѡхуԁһӏвкмнтгпАСЕІЈОРԚЅХУВКМНТ",
        "aceijopqswxydhlbkmhtrnACEIJOPQSXYBKMHT",
        strict=True,
    )
)
_GREEK = dict(zip("αορυνιΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aopuviABEZHIKMNOPTYX", strict=True))
_LATIN_OF = str.maketrans({**_CYRILLIC, **_GREEK, "ı": "i", "ɑ": "a", "ɡ": "g", "օ": "o", "ս": "u"})
_USERNAME = re.compile(
    r"[a-z0-9à-öø-ýăĩũơưđạ-ỹ](?:[a-z0-9à-öø-ýăĩũơưđạ-ỹ._-]*[a-z0-9à-öø-ýăĩũơưđạ-ỹ])?"
)
_SAME_LOOK = str.maketrans("01", "ol")


def in_latin(text: str) -> str:
    """The text with Latin letters in place of those that look like them.

    >>> in_latin("5А"), in_latin("lаn"), in_latin("ｌａｎ")
    ('5A', 'lan', 'lan')
    """
    full_width = "".join(unicodedata.normalize("NFKC", c) if "！" <= c <= "～" else c for c in text)
    return full_width.translate(_LATIN_OF)


def check_letters(text: str, field: str, what: str) -> None:
    """Raises Problem for the first letter of another script; ``what``: "Tên lớp", as the sentence begins.

    >>> check_letters("Trường TH&THCS Thủ Thừa số 2 – Đắk Lắk", "name", "Tên trường")
    >>> check_letters("5中", "name", "Tên lớp")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Tên lớp có chữ “中” không phải chữ tiếng Việt. Hãy sửa chữ ấy.
    """
    letter = foreign_letter(text)
    if not letter:
        return
    twin = in_latin(letter)
    if twin == letter:
        sentence = f"{what} có chữ “{letter}” không phải chữ tiếng Việt. Hãy sửa chữ ấy."
    else:
        sentence = (
            f"{what} có chữ “{letter}” không phải chữ tiếng Việt, chỉ trông giống chữ “{twin}”. "
            "Hãy gõ lại chữ ấy."
        )
    raise Problem(field, "foreign_letter", sentence)


def foreign_letter(text: str) -> str:
    """The first letter or figure of another script, "" where there is none.

    >>> foreign_letter("5А"), foreign_letter("5中"), foreign_letter("Lá 1 – H'Hen Niê")
    ('А', '中', '')
    """
    return next((c for c in text if _is_foreign(c)), "")


def _is_foreign(c: str) -> bool:
    if c.isascii() or unicodedata.category(c)[0] not in "LN":
        return False
    return not unicodedata.name(c, "").startswith("LATIN ")


def check_username(username: str) -> None:
    """Of an account, tidied and in small letters. Raises Problem with the letter that cannot be.

    >>> check_username("gv5a"), check_username("cô.lan-2"), check_username("lân")
    (None, None, None)
    >>> check_username("gv 5a")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Tên đăng nhập viết liền, không để trống, ví dụ gv5a.
    >>> check_username("lan!")
    Traceback (most recent call last):
    idapp.rules.problem.Problem: Tên đăng nhập có “!”: chỉ dùng chữ cái, chữ số, dấu chấm, gạch nối, ví dụ gv5a.
    """
    if not username or " " in username:
        sentence = "Tên đăng nhập viết liền, không để trống, ví dụ gv5a."
        raise Problem("username", "bad_username", sentence)
    check_letters(username, "username", "Tên đăng nhập")
    sentence = _trouble_with_username(username)
    if sentence:
        raise Problem("username", "bad_username", sentence)


def _trouble_with_username(username: str) -> str:
    if len(username) > LONGEST_USERNAME:
        return f"Tên đăng nhập dài quá {LONGEST_USERNAME} ký tự. Hãy chọn tên ngắn hơn."
    if _USERNAME.fullmatch(username):
        return ""
    strange = next((c for c in username if not _USERNAME.fullmatch(c) and c not in "._-"), "")
    if strange:
        return (
            f"Tên đăng nhập có “{strange}”: chỉ dùng chữ cái, chữ số, dấu chấm, gạch nối, "
            "ví dụ gv5a."
        )
    return "Tên đăng nhập bắt đầu và kết thúc bằng chữ cái hoặc chữ số, ví dụ gv5a."


def look_of(username: str) -> str:
    """What two names have in common that nobody can tell apart at a glance: 0 and o, 1 and l, hoà and hòa.

    >>> look_of("gv0a") == look_of("gvoa"), look_of("hoà") == look_of("hòa"), look_of("lan") == look_of("lân")
    (True, True, False)
    """
    # tone_key puts digits behind a syllable: they are none of the name's
    return tone_key(in_latin(tidy(username)).lower().translate(_SAME_LOOK))


def difference(username: str, other: str) -> str:
    """The letter of ``username`` by which alone it differs from one that looks the same.

    >>> difference("gv0a", "gvoa"), difference("hoà", "hòa")
    ('0', 'o')
    """
    for letter, its_twin in zip(username, other, strict=False):
        if letter != its_twin:
            return letter
    return username[-1:]
