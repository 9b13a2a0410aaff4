"""Columns that say whose line it is, as people write them: names with a number before them or a note behind them,
names with their numbers in one cell, codes.

Whether a column holds names is told by the table itself: half of them stand in it. Names of people outside the table
count too, but only where a text under the chosen cell can hardly be anything else.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from idapp.models import Person
from idapp.people.clipboard import Block
from idapp.rosters.linkage import code_key
from idapp.rosters.looks import DAY_PATTERN, is_number, is_phone
from idapp.rosters.name_notes import without_note
from idapp.rules import full_name
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem

_NUMBERED = re.compile(r"([0-9]{1,3}) ?[.)/-] ?(.*)")
_LABEL_WORDS = "số|mã|cccd|căn cước|định danh|cá nhân|đdcn|ngày sinh|sinh ngày|ns"
# possessive (++, *+): without going back, a long line cannot take exponential time
_LABEL = rf"[\s:;,|=(–—-]++(?:(?:{_LABEL_WORDS})[\s:.]*+)*+"
_PARTS = ("name", "born", "number")  # the groups of _IN_ONE, in the order of the columns they make
_LONGEST_LINE = 150  # of a message that is a name with its number
_IN_ONE = re.compile(
    rf"(?:[0-9]{{1,3}} ?[.)/-] ?)?(?P<name>\D+?)(?:{_LABEL}(?P<born>{DAY_PATTERN}))?"
    rf"{_LABEL}'?(?P<number>[0-9][0-9 .]*[0-9])\)?",
    re.IGNORECASE,
)
# brackets, dashes, marks, and the words of a state
_MAY_BE_NOTED = re.compile(r"[(\[{*#†+.,:;/–—-]|học|trường|chuyển|lưu|nghỉ|mất", re.IGNORECASE)
_NOT_NAMES = {
    "province",
    "district",
    "commune",
    "address",
    "ethnic_group",
    "nationality",
    "position",
}


def key_in(texts: Sequence[str], anchor: str, everybody: Sequence[Person]) -> str:
    """``code`` or ``name`` where the texts say whose line it is, "" where they do not. anchor: the chosen field."""
    filled = [text for text in texts if text.strip()]
    if not filled:
        return ""
    codes = {code_key(person.ministry_code) for person in everybody} - {""}
    if _share(filled, lambda text: code_key(text) in codes) >= 1 / 2:
        return "code"
    names = {fold(person.full_name) for person in everybody} - {""}
    if _share(filled, lambda text: fold(text) in names) >= 1 / 2:
        return "name"
    # names of nobody in the table: only where the chosen field can hardly hold such a text
    if anchor not in _NOT_NAMES and _share(filled, looks_like_name) >= 3 / 5:
        return "name"
    return ""


def _share(texts: Sequence[str], fits: Callable[[str], bool]) -> float:
    return sum(map(fits, texts)) / len(texts)


def looks_like_name(text: str) -> bool:
    """Two words or more that a name may consist of."""
    if len(tidy(text).split()) < 2:
        return False
    try:
        full_name.validate(text)
    except Problem:
        return False
    return True


# --- numbers before the names, notes behind them ---


def are_row_numbers(texts: Sequence[str]) -> bool:
    """1, 2, 3 ...: the column STT of a list.

    >>> are_row_numbers(["4", "", "5", "6"]), are_row_numbers(["1", "2"])
    (True, True)
    >>> are_row_numbers(["4", "6"]), are_row_numbers(["1"])
    (False, False)
    """
    numbers = [tidy(text) for text in texts if text.strip()]
    if len(numbers) < 2 or not all(map(_is_short_number, numbers)):
        return False
    return _follow([int(number) for number in numbers])


def _is_short_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 4


def _follow(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def unnumbered(block: Block, everybody: Sequence[Person]) -> Block:
    """Names that carry the number of their line ("1. Lê Thị Giàu", as in lists from Word or Zalo) without it."""
    for column in range(min(block.width, 2)):  # a code or a class may stand before the names
        texts = list(map(tidy, block.column(column)))
        filled = list(filter(None, texts))
        if _are_numbered(filled, everybody):
            names = [_NUMBERED.sub(r"\2", text) for text in texts]
            return block.with_plain_column(column, names)
    return block


def _are_numbered(texts: Sequence[str], everybody: Sequence[Person]) -> bool:
    """Is each text a number and a name, and do the numbers count on?"""
    numbers = []
    for text in texts:
        line = _NUMBERED.fullmatch(text)
        if line is None or not looks_like_name(bare_name(line[2], everybody)):
            return False
        numbers.append(int(line[1]))
    return bool(numbers) and _follow(numbers)


def bare_name(text: str, everybody: Sequence[Person]) -> str:
    """The name without the note behind it; the text as it came if it is no name with a note.

    Whose record bears the note inside the name is found by the whole text.
    """
    if not _MAY_BE_NOTED.search(text):
        return text
    if any(person.full_name == tidy(text) for person in everybody):
        return text
    kind = everybody[0].kind if everybody else "student"
    noted = without_note(text, kind)
    if noted is None or not looks_like_name(noted.name):
        return text
    return noted.name


# --- names with their numbers in one cell ---


def parted(block: Block) -> Block:
    """Names with their numbers in one cell, as in a message ("1. Lê Thị Giàu: 100312000012"), apart from each other.

    The block as it is where fewer than two lines, or fewer than four in five, are like that.
    """
    if block.width > 1 or block.headings is not None:
        return block
    texts = list(map(tidy, block.column(0)))
    filled = list(filter(None, texts))
    parts_of = _parts_of(filled)
    if len(parts_of) < 2 or _share(filled, parts_of.__contains__) < 4 / 5:
        return block
    rows = _rows_of_parts(texts, parts_of)
    return replace(block, rows=rows, handed=rows)  # each part as it stood there


def _rows_of_parts(
    texts: Sequence[str], parts_of: Mapping[str, Mapping[str, str]]
) -> list[list[str]]:
    """A column for each part that any line has; a line that has none is a name."""
    columns = [name for name in _PARTS if _has_part(name, parts_of.values())]
    without_parts = dict.fromkeys(columns, "")
    rows = []
    for text in texts:
        parts = parts_of.get(text, without_parts | {"name": text})
        rows.append([parts[column] for column in columns])
    return rows


def _parts_of(texts: Sequence[str]) -> dict[str, Mapping[str, str]]:
    """{text: its parts} of those that are a name with its number."""
    parts_of = {}
    for text in texts:
        parts = _parts(text)
        if parts is not None:
            parts_of[text] = parts
    return parts_of


def _has_part(name: str, lines: Iterable[Mapping[str, str]]) -> bool:
    return any(parts[name] for parts in lines)


def _parts(text: str) -> Mapping[str, str] | None:
    """Name, birth date and number of a line; None if it is not a name with its number."""
    if len(text) > _LONGEST_LINE:
        return None
    match = _IN_ONE.fullmatch(text)
    if match is None or not looks_like_name(match["name"]):
        return None
    if not is_number(match["number"]) and not is_phone(match["number"]):
        return None
    return match.groupdict("")
