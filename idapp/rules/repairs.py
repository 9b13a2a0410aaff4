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
    >>> [is_repair("date_of_birth", said, "20/03/2012") for said in ("2012-03-20 00:00:00", "20.3.2012", "20/3/12")]
    [False, False, True]
    """
    said = tidy(handed)
    if not said or not stored or said == stored:
        return False
    return not _IS_SAME.get(field, _is_same_text)(said, stored)


def _is_same_text(said: str, stored: str) -> bool:
    return tone_key(said) == tone_key(stored)


def _is_same_choice(said: str, stored: str) -> bool:
    return fold(said) == fold(stored)


def _is_same_day(said: str, stored: str) -> bool:
    day = [int(digits) for digits in re.findall(r"[0-9]+", stored)]
    found = re.findall(r"[0-9]+", said)
    if found == ["".join(re.findall(r"[0-9]+", stored))]:
        return True
    numbers = [int(digits) for digits in found[: len(day)]]
    return numbers in (day, day[::-1])


def _is_same_year(said: str, stored: str) -> bool:
    return stored in re.findall(r"[0-9]{4}", said)


def _is_same_number(said: str, stored: str) -> bool:
    writings = {identity_number.compact(said), identity_number.digits_of(said)}
    return stored.casefold() in {writing.casefold() for writing in writings}


def _is_same_code(said: str, stored: str) -> bool:
    return catalogues.compact_code(said).casefold() == stored.casefold()


def _is_same_place(level: str) -> Callable[[str, str], bool]:
    def is_same(said: str, stored: str) -> bool:
        parts = [said, *(tidy(part) for part in _PARTS.split(said))]
        return any(_names_it(level, part, stored) for part in parts if part)

    return is_same


def _names_it(level: str, said: str, name: str) -> bool:
    """Is a text this very name, its prefix left out or abbreviated, its diacritics perhaps left out?"""
    key = spelling.exact_key if spelling.has_diacritics(said) else spelling.folded_key
    written = spelling.full_name(level, said)
    if spelling.has_prefix(level, said):
        return key(written) == key(name)
    return key(written) == key(spelling.bare_name(level, name))


def _is_same_address(said: str, stored: str) -> bool:
    return tone_key(stored) in tone_key(said)


_IS_SAME: dict[str, Callable[[str, str], bool]] = {
    "date_of_birth": _is_same_day,
    "identity_number": _is_same_number,
    "ministry_code": _is_same_code,
    "address": _is_same_address,
    **dict.fromkeys(_CATALOGUES, _is_same_choice),
    **dict.fromkeys(_YEARS, _is_same_year),
    **{level: _is_same_place(level) for level in places.LEVELS},
}
