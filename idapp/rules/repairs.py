"""Is a stored text a repair of what was handed in: would a person say that it is not what they wrote?

Only such a cell is marked in the table; the history keeps every text that came in otherwise.

A repair: a place of the other epoch or of another kind ("Thị trấn" -> "Xã"), a text in an old font, "Kinh tộc" ->
"Kinh", zeros put back, the century of a short year, a date that stood month first or as a serial number of Excel, a
note taken out of a name.

No repair, for it says the same in the writing of the house: white space, NFD, the place of a tone mark; a date in
another order or with other signs ("2012-03-20", "20.3.2012"); a number in groups; "nu" for "Nữ"; a place without its
prefix or with a short one; the part of a whole address that belongs into the cell.
"""

import re
from collections.abc import Callable

from idapp.rules import catalogues, identity_number, places
from idapp.rules.folding import fold, tidy, tone_key
from idapp.rules.places import spelling

_CATALOGUES = ("gender", "ethnic_group", "nationality", "position")
_YEARS = ("father_birth_year", "mother_birth_year")
_PARTS = re.compile(r"[,;|]|\s[-–]\s")


def is_repair(field: str, handed: str, stored: str) -> bool:
    """Does ``stored``, kept for ``handed``, say it in other words than a change of writing?

    >>> is_repair("commune", "Xã Phú Đông", "Xã Cổ Đô"), is_repair("commune", "xa co do", "Xã Cổ Đô")
    (True, False)
    >>> is_repair("identity_number", "99212000012", "099212000012")
    True
    >>> [is_repair("date_of_birth", text, "20/03/2012") for text in ("2012-03-20 00:00:00", "20.3.2012", "20/3/12")]
    [False, False, True]
    """
    text = tidy(handed)
    if not text or not stored or text == stored:
        return False
    is_same = _IS_SAME.get(field, _is_same_text)
    return not is_same(text, stored)


def _is_same_text(text: str, stored: str) -> bool:
    return tone_key(text) == tone_key(stored)


def _is_same_choice(text: str, stored: str) -> bool:
    return fold(text) == fold(stored)


def _is_same_day(text: str, stored: str) -> bool:
    """The same numbers in the same order or backwards; a time behind them does not matter."""
    stored_digits = re.findall(r"[0-9]+", stored)
    digits = re.findall(r"[0-9]+", text)
    if digits == ["".join(stored_digits)]:  # 20032012
        return True
    day = list(map(int, stored_digits))
    numbers = list(map(int, digits[: len(day)]))
    return numbers in (day, day[::-1])


def _is_same_year(text: str, stored: str) -> bool:
    return stored in re.findall(r"[0-9]{4}", text)


def _is_same_number(text: str, stored: str) -> bool:
    writings = {identity_number.compact(text), identity_number.digits_of(text)}
    return stored.casefold() in {writing.casefold() for writing in writings}


def _is_same_code(text: str, stored: str) -> bool:
    return catalogues.compact_code(text).casefold() == stored.casefold()


def _is_same_place(level: str) -> Callable[[str, str], bool]:
    def is_same(text: str, stored: str) -> bool:
        """Is the place named by the text or by one part of it?"""
        parts = [text, *map(tidy, _PARTS.split(text))]
        return any(_names_it(level, part, stored) for part in parts if part)

    return is_same


def _names_it(level: str, text: str, name: str) -> bool:
    """Is a text this very name, its prefix left out or abbreviated, its diacritics perhaps left out?"""
    key = spelling.folded_key
    if spelling.has_diacritics(text):
        key = spelling.exact_key
    written = spelling.full_name(level, text)
    if spelling.has_prefix(level, text):
        return key(written) == key(name)
    return key(written) == key(spelling.bare_name(level, name))


def _is_same_address(text: str, stored: str) -> bool:
    return tone_key(stored) in tone_key(text)


_IS_SAME: dict[str, Callable[[str, str], bool]] = {
    "date_of_birth": _is_same_day,
    "identity_number": _is_same_number,
    "ministry_code": _is_same_code,
    "address": _is_same_address,
    **dict.fromkeys(_CATALOGUES, _is_same_choice),
    **dict.fromkeys(_YEARS, _is_same_year),
    **{level: _is_same_place(level) for level in places.LEVELS},
}
