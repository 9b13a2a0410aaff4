"""UTF-8 that somebody's program read as windows-1252 or windows-1258: "Tráº§n Thá»‹ Hoa".

Each letter of Vietnamese outside ASCII is two or three bytes of UTF-8 and so became two or three letters here. Some of
those are invisible (the bytes 81, 8D, 8F, 90, 9D, the soft hyphen) or blanks (A0) and are lost on the way: what is left
may then stand for several letters, and only what makes a Vietnamese word of it counts.
"""

import re
from itertools import product

from idapp.rules.old_fonts.syllables import is_known, is_syllable

WORDS = "bảng mã UTF-8 bị đọc sai (ví dụ “Tráº§n”)"
_MOST_GAPS = 4  # lost bytes in one text; each multiplies the readings
# what the bytes before a lost one may have been
_LOST_ALIKE = {"Ã": "ÁÍÝí", "Ä": "Đ", "áº": "ậ", "á»": "ềọỏỐờử"}
# the same where a blank stands for the lost one
_LOST_BLANK = {"Ã": "à", "Ă": "à", "áº": "Ạ", "á»": "Ỡ", "Æ": "Ơ"}


def _byte_of() -> dict[str, int]:
    """Which byte a letter stood for, in either of the two code pages or in none."""
    bytes_of = {chr(code): code for code in range(0x80, 0x100)}
    for code_page in ("cp1252", "cp1258"):
        for code in range(0x80, 0x100):
            letter = bytes([code]).decode(code_page, "replace")
            if letter != "\ufffd":
                bytes_of[letter] = code
    return bytes_of


_BYTE_OF = _byte_of()
_FOLLOWING = "".join(letter for letter, byte in _BYTE_OF.items() if byte < 0xC0)
_LEADING = "".join(letter for letter, byte in _BYTE_OF.items() if 0xC3 <= byte <= 0xC6)
_WHOLE = re.compile(f"[{_LEADING}][{re.escape(_FOLLOWING)}]|[áâ][{re.escape(_FOLLOWING)}]{{2}}")
_GAP = re.compile("á[º»] ?|[ÃÄ] ?|[ĂÆ] ")
SIGNS = re.compile(f"{_WHOLE.pattern}|á[º»]|Ä(?=inh|o|[a-z])")


def decode(text: str) -> str | None:
    """The text as it was before, or None if nothing of it was read so, or it may have been several.

    >>> decode("Tráº§n Thá»‹ Hoa"), decode("NgÃ´ Huyá»n"), decode("HoÃ ng VÄƒn HÃ "), decode("Müller")
    ('Trần Thị Hoa', 'Ngô Huyền', 'Hoàng Văn Hà', None)
    """
    whole, count = _WHOLE.subn(_letter, text)
    if not count and not re.search("á[º»]|Ä", text):
        return None
    restored = _fill_gaps(whole)
    if restored == text:
        return None
    return restored


def _letter(match: re.Match[str]) -> str:
    """The letter whose bytes were read as these; they stay where that is none that a name is written with."""
    code = bytes(map(_BYTE_OF.__getitem__, match[0]))
    letter = code.decode("utf-8", "ignore")
    if len(letter) == 1 and (letter.isalpha() or letter in "’‘–“”\u0300\u0301"):
        return letter
    return match[0]


def _fill_gaps(text: str) -> str:
    """The one reading of what lost a byte that makes words of it; the text itself if there is none or more."""
    padded = f"{text} "  # a lost byte at the end may have been a blank that was trimmed
    gaps = list(_GAP.finditer(padded))
    if not gaps or len(gaps) > _MOST_GAPS:
        return text
    choices = product(*map(_choices, gaps))
    readings = {_filled(padded, gaps, choice).strip() for choice in choices}
    possible = [reading for reading in readings if _is_vietnamese(reading)]
    if len(possible) > 1:
        most = max(map(_known_in, possible))
        possible = [reading for reading in possible if _known_in(reading) == most]
    if len(possible) != 1:
        return text
    return possible[0]


def _choices(gap: re.Match[str]) -> list[str]:
    """What may have stood in the place of a gap."""
    begun = gap[0].rstrip(" ")
    letters = list(_LOST_ALIKE.get(begun, ""))
    if gap[0] == begun:
        return letters
    before_blank = [f"{letter} " for letter in letters]
    at_blank = _LOST_BLANK.get(begun, "")
    if not at_blank:
        return before_blank
    # the blank was the lost byte, or stood there besides (several blanks have become one)
    return [*before_blank, at_blank, f"{at_blank} "]


def _filled(
    text: str,
    gaps: list[re.Match[str]],
    choice: tuple[str, ...],
) -> str:
    pieces = []
    end = 0
    for gap, letter in zip(gaps, choice, strict=True):
        pieces += [text[end : gap.start()], letter]
        end = gap.end()
    return "".join(pieces) + text[end:]


def _is_vietnamese(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return all(word.isascii() or is_syllable(word) for word in words)


def _known_in(text: str) -> int:
    return sum(map(is_known, text.split()))
