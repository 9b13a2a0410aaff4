"""What an unknown column probably is: by the words of its heading, else by its values alone."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from idapp.rosters import heading_key
from idapp.rules import birth_date
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem
from idapp.settings import current

_LIKELY = 0.6  # of the values must fit
HALF_OF = {"family_name": "full_name", "given_name": "full_name"}
# where two fields fit, the one that is easier mistaken for nothing else comes first
_BY_VALUES_ALONE = ("identity_number", "gender", "date_of_birth", "full_name")
_PATTERNS = {
    "identity_number": r"dinh danh|ddcn|cccd|cmnd|cmt|can cuoc",
    "date_of_birth": r"\bsinh\b|nam sinh",
    "gender": r"gioi tinh|\bphai\b|nam nu",
    "family_name": r"^ho\b.*\b(dem|lot)\b",
    "given_name": r"^ten( goi| rieng)?$",
    "full_name": r"\bten\b",
    "school_class": r"\blop\b",
    "ministry_code": r"\bma\b.*(dinh danh|bo|nganh)",
}
_NUMBER = re.compile(r"[0-9]{9}|[0-9]{11,12}")
_NO_NAME = re.compile(r"[0-9,.:/(]")


@dataclass(frozen=True)
class UnknownColumn:
    """A column to be explained: its heading, some of its values, what it probably is ("" nobody knows)."""

    key: str
    heading: str
    samples: list[str]
    guess: str


def guess(heading: str, values: Sequence[str]) -> str:
    """The field that a column probably is, "" where nothing speaks for any.

    >>> guess("Số CCCD/ĐDCN", ["100212000012"]), guess("Cột 7", ["Nam", "Nữ"]), guess("Ghi chú", ["đã nộp"])
    ('identity_number', 'gender', '')
    """
    key = heading_key(heading)
    fitting = _fields_that_fit(values)
    for field, words in _PATTERNS.items():
        may_be = field in fitting or field not in _FITS
        if may_be and re.search(words, key):
            return field
    for field in _BY_VALUES_ALONE:
        if field in fitting:
            return field
    return ""


def each_once(columns: list[UnknownColumn]) -> list[UnknownColumn]:
    """Many columns hold names (parents, places) or dates: without a word in the heading only the first is proposed as
    such, and none where another heading says it. Half a name is proposed only beside the other half."""
    guesses = {column.guess for column in columns}
    if not guesses.issuperset(HALF_OF):
        columns = [_as_whole_name(column) for column in columns]
    elif "full_name" in guesses:
        columns = [_without_guess(column, "full_name") for column in columns]
    # only these stand in so many columns of a list: of parents, of places, of papers
    for field in ("full_name", "date_of_birth"):
        columns = _proposed_once(columns, field)
    return columns


def _proposed_once(columns: list[UnknownColumn], field: str) -> list[UnknownColumn]:
    candidates = [column for column in columns if column.guess == field]
    named = [column for column in candidates if re.search(_PATTERNS[field], column.key)]
    best = next(iter(named or candidates), None)
    once = []
    for column in columns:
        if column is best:
            once.append(column)
        else:
            once.append(_without_guess(column, field))
    return once


def _without_guess(column: UnknownColumn, field: str) -> UnknownColumn:
    if column.guess != field:
        return column
    return replace(column, guess="")


def _as_whole_name(column: UnknownColumn) -> UnknownColumn:
    return replace(column, guess=HALF_OF.get(column.guess, column.guess))


def _fields_that_fit(values: Sequence[str]) -> set[str]:
    if not values:
        return set()
    least = _LIKELY * len(values)
    return {field for field, fits in _FITS.items() if sum(map(fits, values)) >= least}


def _is_number(text: str) -> bool:
    return _NUMBER.fullmatch(re.sub(r"[\s.]", "", text)) is not None


def _is_date(text: str) -> bool:
    try:
        return bool(birth_date.validate(tidy(text), current().today()))
    except Problem:
        return False


def _is_gender(text: str) -> bool:
    return fold(text) in ("nam", "nu")


def _is_name(text: str) -> bool:
    if not 1 < len(text.split()) < 7 or not text.istitle():
        return False
    return _NO_NAME.search(text) is None


_FITS: dict[str, Callable[[str], bool]] = {
    "identity_number": _is_number,
    "date_of_birth": _is_date,
    "gender": _is_gender,
    "full_name": _is_name,
}
