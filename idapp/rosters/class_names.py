"""Names of classes that Excel has turned into something else, matched with the classes the school has.

Excel takes "5/1" for the fifth of January, "5.10" for the number 5.1, and "1E1" for ten. What is left is no name any
more, but often only one class of the school can have been meant. A date or a number never becomes a class by itself.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from idapp.rosters.looks import EXCEL_WORDS
from idapp.rules import look_alikes
from idapp.rules.folding import fold, tidy

_DATE = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-][0-9]{4}(?: [0-9:.]+)?")
_ISO = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2})(?:[ T][0-9:.]+)?")
_NUMBER = re.compile(r"([0-9]{1,2})[.,]([0-9]{1,2})")
_EXPONENT = re.compile(r"([0-9]{1,2})(?:[.,]0+)?E\+?([0-9]{1,2})", re.IGNORECASE)
# as a csv shows the fifth of January and the first of May: "5-Jan", "May-01", "5-thg1", "01-Tháng 5"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:(?P<name>{'|'.join(_MONTHS)})[a-z]*|th(?:g|ang) ?(?P<number>[0-9]{{1,2}}))"
_DAY_OF_MONTH = re.compile(rf"(?P<day>[0-9]{{1,2}})[ ./-]{_MONTH}")
_MONTH_AND_DAY = re.compile(rf"{_MONTH}[ ./-](?P<day>[0-9]{{1,2}})")
_SERIAL = re.compile(r"[34][0-9]{4}(?:[.,]0+)?")
_CALLED = re.compile(r"^(?:l[oớ]p|nh[oó]m|kh[oố]i l[oớ]p)\s*[:.]?\s+", re.IGNORECASE)
_EXCEL_ZERO = date(1899, 12, 30)


@dataclass(frozen=True)
class ClassName:
    """What a cell says about a class.

    state  exact: the school has such a class; repaired: only one class of the school can have been meant;
           new: a name, of no class of the school; damaged: a date, a number, a grade or an error of Excel,
           and nobody can tell what it was
    name   the class of the school, or the name as written; of a damaged one the text as it stands
    """

    state: Literal["exact", "repaired", "new", "damaged"]
    name: str


def read_class(text: str, names: Iterable[str]) -> ClassName:
    """The class a cell means; ``names`` are the classes of the school.

    >>> read_class("05/01/2026", ["5/1", "5/2"]), read_class("05/01/2026", ["5A"])
    (ClassName(state='repaired', name='5/1'), ClassName(state='damaged', name='05/01/2026'))
    >>> read_class("Lớp 6A5", ["6A5"]).name, read_class("5.1", ["5.10"]).name, read_class("6A6", ["6A5"]).state
    ('6A5', '5.10', 'new')
    >>> read_class("05A", ["5A"]).name, read_class("5-Jan", ["5/1"]).name, read_class("#N/A", ["5A"]).state
    ('5A', '5/1', 'damaged')
    >>> read_class("5А", ["5A"])  # in the file a Cyrillic letter
    ClassName(state='repaired', name='5A')
    """
    by_key = {_key(name): name for name in names}
    bare = bare_name(text)
    exact = by_key.get(_key(bare))
    if exact is not None:
        return ClassName("exact", exact)
    if look_alikes.foreign_letter(bare):
        return _class_in_latin(bare, by_key)
    guesses = _damaged_names(bare)
    if not guesses and bare not in EXCEL_WORDS and not _is_only_a_grade(bare, by_key):
        return ClassName("new", bare)
    possible = {by_key[key] for key in map(_key, guesses) if key in by_key}
    if len(possible) == 1:
        return ClassName("repaired", possible.pop())
    return ClassName("damaged", bare)


def _class_in_latin(bare: str, by_key: dict[str, str]) -> ClassName:
    """A second class that only looks like the first is never meant."""
    meant = by_key.get(_key(look_alikes.in_latin(bare)))
    if meant is None:
        return ClassName("damaged", bare)
    return ClassName("repaired", meant)


def bare_name(text: str) -> str:
    """The name without the word for a class.

    >>> bare_name("Lớp 6A5"), bare_name("Lớp: 5A"), bare_name("Lá 1")
    ('6A5', '5A', 'Lá 1')
    """
    return _CALLED.sub("", tidy(text)).strip(" .:")


def _key(name: str) -> str:
    """The name for comparing, without signs, the word for a class and zeros in front.

    >>> _key("Lớp 5/1"), _key("05A"), _key("Mầm 1")
    ('51', '5a', 'mam1')
    """
    key = re.sub(r"[\s./_-]", "", fold(name)).removeprefix("lop")
    return re.sub("^0+(?=[0-9])", "", key)  # "05A" is the class 5A


def _damaged_names(text: str) -> list[str]:
    """The names that Excel may have made this of; [] if it looks like a name."""
    return _names_of_date(text) or _names_of_number(text)


def _names_of_date(text: str) -> list[str]:
    """Names with a stroke or a dash, which became a day of some year."""
    if match := _DATE.fullmatch(text):
        return _names_of_day(int(match[1]), int(match[2]))
    if match := _ISO.fullmatch(text):
        return _names_of_day(int(match[2]), int(match[1]))
    folded = fold(text)
    if match := _DAY_OF_MONTH.fullmatch(folded) or _MONTH_AND_DAY.fullmatch(folded):
        return _names_of_day(int(match["day"]), _month_of(match))
    if _SERIAL.fullmatch(text):
        day = _EXCEL_ZERO + timedelta(days=int(text[:5]))
        return _names_of_day(day.day, day.month)
    return []


def _names_of_number(text: str) -> list[str]:
    """Names with a point, or with the E of an exponent."""
    if match := _NUMBER.fullmatch(text):
        # 5.10 became 5.1
        return [f"{match[1]}.{match[2]}", f"{match[1]}.{match[2]}0"]
    if match := _EXPONENT.fullmatch(text):
        return [f"{match[1]}E{int(match[2])}"]
    if re.fullmatch("[1-9][0-9]*0+", text):  # 1E1 became 10, 2E2 became 200
        digits = text.rstrip("0")
        return [f"{digits}E{len(text) - len(digits)}"]
    return []


def _is_only_a_grade(text: str, keys: Iterable[str]) -> bool:
    """Is it a number with which several of the school's classes begin, as "5" where there are 5A and 5B?"""
    grade = text.removesuffix(".0")
    if not re.fullmatch("[0-9]{1,2}", grade):
        return False
    return any(re.match(rf"{int(grade)}(?![0-9])", key) for key in keys)


def _month_of(match: re.Match[str]) -> int:
    """The month by its English name or its Vietnamese number.

    >>> [_month_of(match) for text in ("5-jan", "5-thg 12") if (match := _DAY_OF_MONTH.fullmatch(text))]
    [1, 12]
    """
    if match["number"]:
        return int(match["number"])
    return _MONTHS.index(match["name"]) + 1


def _names_of_day(day: int, month: int) -> list[str]:
    """A Vietnamese Excel reads the fifth of January in 5/1, an American one the first of May."""
    return [f"{day}/{month}", f"{month}/{day}"]
