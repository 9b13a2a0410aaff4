"""VIQR and its kin: marks typed behind the vowel with the signs of a plain keyboard, "Tra^`n Thi. Hoa".

``^`` circumflex, ``(`` breve, ``+`` or ``*`` horn, ``dd`` đ; the tones ``'`` sắc, ``` ` ``` huyền, ``?`` hỏi, ``~``
ngã, ``.`` nặng. Hat and tone come in either order.

Apostrophes and full stops have other uses too (H'Hen, "Ng. Anh"), so
such a sign alone proves little.
"""

import re
import unicodedata

WORDS = "kiểu gõ VIQR (dấu gõ sau chữ)"
_HATS = {"^": "\u0302", "(": "\u0306", "+": "\u031b", "*": "\u031b"}
_TONES = {"'": "\u0301", "`": "\u0300", "?": "\u0309", "~": "\u0303", ".": "\u0323"}
_HATS_OF = {"a": "^(", "e": "^", "o": "^+*", "u": "+*", "i": "", "y": ""}
# vowel, hat, tone; vowel, tone, hat; vowel and tone: three groups each, of which one kind is filled
_MARKED = re.compile(
    "([aeoAEO])([\\^])([.'`?~]?)|([aA])(\\()([.'`?~]?)|([ouOU])([+*])([.'`?~]?)"
    "|([aeoAEO])([.'`?~])([\\^])|([aA])([.'`?~])(\\()|([ouOU])([.'`?~])([+*])"
    "|([aeiouyAEIOUY])([.'`?~])()"
)
_D_OF = {"dd": "đ", "DD": "Đ", "Dd": "Đ"}
_D = re.compile("|".join(_D_OF))
_TELLING = re.compile(
    "[aeoAEO][.'`?~]?\\^|[aA][.'`?~]?\\([^)]*$|[ouOU][.'`?~]?[+*]|[aeiouyAEIOUY][`~]"
)
SIGNS = re.compile("[aeiouyAEIOUY][.'`?~^(+*]|dd|DD|Dd")  # a text without any of them needs no look


def decode(word: str) -> str:
    """The word with its marks above the vowels.

    >>> decode("Tra^`n"), decode("Ddu+o+ng"), decode("NGUYE~^N"), decode("H'Hen")
    ('Trần', 'Đương', 'NGUYỄN', "H'Hen")
    """
    text = _D.sub(lambda match: _D_OF[match[0]], word)
    return unicodedata.normalize("NFC", _MARKED.sub(_with_marks, text))


def signs(word: str) -> tuple[int, int]:
    """How many signs of a word are nothing but marks, and how many may be something else.

    >>> signs("Nguye^~n"), signs("Thi."), signs("H'Hen"), signs("Tu?a^'n")
    ((1, 0), (0, 1), (0, 0), (1, 1))
    """
    telling = len(_TELLING.findall(word))
    return telling, len(SIGNS.findall(word)) - telling


def _with_marks(match: re.Match[str]) -> str:
    vowel, *signs_behind = (part for part in match.groups() if part)
    # the hat first: "e~^" composes to one letter only in the order of Unicode
    marks = sorted(signs_behind, key=lambda sign: sign not in _HATS)
    return vowel + "".join(_HATS.get(mark) or _TONES[mark] for mark in marks)
