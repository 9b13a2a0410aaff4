"""Where the headings of a list of people stand on a sheet: in which row, or in which rows together.

Real files have title rows above, headings with line breaks, NFD letters, stars and hints in brackets, headings in two
or three rows, groups above headings, and the heading again for each class, or another one for the list below.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from idapp.rosters.columns import PERSON_KEYS, Column, assign, read_headings
from idapp.rosters.fields import COUNTERS, GROUP_SIGN, HeadingBook, headings_of
from idapp.rosters.lines import TITLE
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import Cell, Sheet

HEADING_WITHIN = 30
_LONGEST_GROUP = 60  # letters; a longer text above the headings is a title
_WORD = re.compile(r"[^\W\d_]+[\u0300-\u036f]*(?:[^\W\d_]|[\u0300-\u036f])*")
_WHOLE_OF = {
    "family_name": "full_name",
    "middle_name": "full_name",
    "given_name": "full_name",
    "birth_day": "date_of_birth",
    "birth_day_month": "date_of_birth",
    "birth_month": "date_of_birth",
    "birth_year": "date_of_birth",
    "birth_of_male": "date_of_birth",
    "birth_of_female": "date_of_birth",
    "male_mark": "gender",
    "female_mark": "gender",
}
_ADDRESSES = frozenset({"residence", "present_residence"})
_WITH_DIGITS = frozenset({"date_of_birth", "identity_number", "ministry_code", "birth_day"})


@dataclass(frozen=True)
class Heading:
    """The headings of a list, in one row or in two: the indices of the rows, and the columns."""

    rows: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def fields(self) -> set[str]:
        """The fields of a record that stand there, a part of one counting as the whole."""
        fields: set[str] = set()
        for column in self.columns:
            if column.is_own:
                name = column.meaning.field
                fields.add(_WHOLE_OF.get(name, name))
        # "Nơi thường trú" alone is an address, above "Tỉnh" it is a group
        return fields - _ADDRESSES

    def is_of_people(self, keys: frozenset[str]) -> bool:
        """Are these the headings of a list of people: one of the keys, and something besides?"""
        fields = self.fields
        return len(fields) > 1 and bool(fields & keys)

    @property
    def has_groups(self) -> bool:
        """Does a heading mean something else for what stands above it?"""
        return self.count_of_groups > 0

    @property
    def count_of_groups(self) -> int:
        """How many headings say the group they stand below."""
        return sum(GROUP_SIGN in column.heading for column in self.columns)


def known_headings(texts: Sequence[str], book: HeadingBook) -> dict[str, str]:
    """{field: heading} of what is understood in a row of headings, also where nobody can be read by it."""
    columns = read_headings(texts, None, book)
    assigned = assign(columns, (0, len(columns)), book)
    headings: dict[str, str] = {}
    for name, several in assigned.fields.items():
        headings[name] = assigned.headings[several[0]]
    return headings


def heading_at(sheet: Sheet, index: int, book: HeadingBook) -> Heading:
    """What a row says as headings, with the row below it where both are one heading.

    ``index`` is the row, from 0. The answer may be the heading of no list: the caller looks at its columns.
    """
    single = _single(sheet, index, book)
    if index + 1 == len(sheet.rows):
        return single
    double = _double(sheet, index, book)
    if double is not None and _is_better(double, single):
        return double
    return single


def headings_on(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> list[Heading]:
    """The headings of all lists that stand below each other on a sheet, from top to bottom.

    1. The first heading is the row among the first ones that says most, with the rows that belong to it.
    2. Below it another heading counts only if it is of people, and not the same heading once more.

    ``keys`` are the fields of which a list must have one. [] where no row is the heading of a list.
    """
    first = _first_heading(sheet, book, keys)
    if first is None or not first.is_of_people(keys):
        return []
    headings = [first]
    words = _first_words(book)
    digits = _columns_of_digits(first)
    index = first.rows[-1] + 1
    while index < len(sheet.rows):
        heading = None
        if _may_be_heading(sheet.rows[index], digits, words):
            heading = _another_heading(sheet, index, headings[-1], book, keys)
        if heading is not None:
            headings.append(heading)
            digits = _columns_of_digits(heading)
            index = heading.rows[-1]
        index += 1
    return headings


def _another_heading(
    sheet: Sheet, index: int, current: Heading, book: HeadingBook, keys: frozenset[str]
) -> Heading | None:
    """The heading of another list at this row, below the list of ``current``; None where there is none."""
    single = _single(sheet, index, book)
    heading = _with_groups(sheet, single, book, keys, first=current.rows[-1] + 1)
    if not heading.is_of_people(keys) or not _is_another(heading, current):
        return None
    return heading


def _texts(sheet: Sheet, index: int) -> list[str]:
    """The texts of a row; a number or a date is no heading, and counts as an empty cell."""
    return [cell.text if cell.kind == "text" else "" for cell in sheet.rows[index]]


def _single(sheet: Sheet, index: int, book: HeadingBook) -> Heading:
    """A row alone as headings."""
    columns = read_headings(_texts(sheet, index), None, book)
    return Heading((index,), tuple(columns))


def _first_heading(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> Heading | None:
    """The row among the first ones with the most fields, with the row above or below it where it groups.

    A row by which people can be read comes before any other; of several that say as much, the first.
    """
    best: Heading | None = None
    most = (False, 0)
    for index in range(min(HEADING_WITHIN, len(sheet.rows))):
        single = _single(sheet, index, book)
        worth = (single.is_of_people(keys), len(single.fields))
        if worth > most:
            best = single
            most = worth
    if best is None:
        return None
    return _with_groups(sheet, best, book, keys)


def _with_groups(
    sheet: Sheet, single: Heading, book: HeadingBook, keys: frozenset[str], first: int = 0
) -> Heading:
    """The heading together with the row above it or below it, whichever makes one with it.

    ``first``: where the lines begin that may belong to it; what stands above is of another list.
    """
    index = single.rows[0]
    for upper in (index - 1, index):
        if not first <= upper < len(sheet.rows) - 1:
            continue
        double = _double(sheet, upper, book)
        if double and double.is_of_people(keys) and _is_better(double, single):
            return _with_third_row(sheet, double, book, keys)
    return single


def _with_third_row(
    sheet: Sheet, double: Heading, book: HeadingBook, keys: frozenset[str]
) -> Heading:
    """The heading of two rows together with the row below them, where that says more."""
    triple = _triple(sheet, double.rows[0], book)
    if triple and triple.is_of_people(keys) and _says_more(triple, double):
        return triple
    return double


def _triple(sheet: Sheet, first: int, book: HeadingBook) -> Heading | None:
    """Three rows as one heading, each cell counting before the one above it; None where the lowest holds values."""
    if first + 2 >= len(sheet.rows):
        return None
    top = _texts(sheet, first)
    middle = _texts(sheet, first + 1)
    merged: list[str] = []
    for above, below in zip_longest(top, middle, fillvalue=""):
        merged.append(below.strip() or above.strip())
    return _of_rows(sheet, merged, (first, first + 1, first + 2), book)


def _double(sheet: Sheet, upper: int, book: HeadingBook) -> Heading | None:
    """Two rows as one heading; None where the lower one holds values, or the upper one is a title."""
    top = _texts(sheet, upper)
    if not _may_group(top, book):
        return None
    return _of_rows(sheet, top, (upper, upper + 1), book)


def _of_rows(
    sheet: Sheet, top: Sequence[str], rows: tuple[int, ...], book: HeadingBook
) -> Heading | None:
    """The lowest of the rows below the texts of those above it; None where it holds values."""
    if _holds_values(sheet.rows[rows[-1]]):
        return None
    low = _texts(sheet, rows[-1])
    columns = tuple(read_headings(top, low, book))
    for column in columns[: min(len(low), len(top))]:
        if column.meaning.field and not column.meaning.vague:
            continue
        is_filled = bool(low[column.index].strip())
        if is_filled and book.meaning(top[column.index]).field:
            return None  # something nobody knows right below a heading: a value
    return Heading(rows, columns)


def _holds_values(row: Sequence[Cell]) -> bool:
    """Does a row hold a number or a date? A row of headings holds words only."""
    return any(cell.kind in ("number", "date") for cell in row)


def _may_group(top: Sequence[str], book: HeadingBook) -> bool:
    """Can a row stand above headings as their groups?

    A row of groups is no title: its texts are short, and one alone at the left is a heading.
    """
    filled: list[int] = []
    for index, text in enumerate(top):
        if not text.strip():
            continue
        if len(text) > _LONGEST_GROUP or TITLE.match(fold(text)):
            return False
        filled.append(index)
    if filled == [0]:
        return bool(book.meaning(top[0]).field)
    return bool(filled)


def _says_more(heading: Heading, other: Heading) -> bool:
    """Does a heading of more rows hold all fields of the other and more, or say of more columns whose they are?"""
    if heading.fields > other.fields:
        return True
    return heading.count_of_groups > other.count_of_groups and heading.fields >= other.fields


def _is_better(double: Heading, single: Heading) -> bool:
    """Do two rows say more than one: more fields, or whose a column is?"""
    if _says_more(double, single) or double.has_groups:
        return True
    if double.rows[0] != single.rows[0] or double.fields != single.fields:
        return False
    # the lower row adds nothing, but all of it are headings ("Họ đệm | Tên"): it is nobody
    return all(map(_is_known_or_empty, double.columns))


def _is_known_or_empty(column: Column) -> bool:
    """Is it a heading we know, one that numbers the rows, or none at all?"""
    if column.meaning.field or not column.heading:
        return True
    return column.key in COUNTERS


def _may_be_heading(
    row: Sequence[Cell], columns_of_digits: Sequence[int], words: frozenset[str]
) -> bool:
    """A cheap look at a line: people have digits where their date or number stands, and a list has a column of names
    or codes, whose heading begins like all of them."""
    width = len(row)
    for index in columns_of_digits:
        if index < width and row[index].text[:1].isdecimal():
            return False
    if _holds_values(row):
        return False
    for cell in row:
        if cell.text and _first_word(cell.text) in words:
            return True
    return False


def _first_word(text: str) -> str:
    """
    >>> _first_word("1. Họ và tên"), _first_word("(*) Mã HS"), _first_word("20/03/2012")
    ('họ', 'mã', '')
    """
    match = _WORD.search(text[:_LONGEST_GROUP])
    if match is None:
        return ""
    return tidy(match.group()).lower()


def _first_words(book: HeadingBook) -> frozenset[str]:
    """How the headings of names and codes begin, with their marks and without."""
    words: set[str] = set()
    for name in (*PERSON_KEYS, "family_name"):
        words.update(map(_first_word, headings_of(name)))
        for key, field in book.explained.items():
            if field == name:
                words.add(_first_word(key))
    words.update([fold(word) for word in words])
    return frozenset(words - {""})


def _columns_of_digits(heading: Heading) -> list[int]:
    """Where people have digits: their birth date, a number or a code."""
    columns: list[int] = []
    for column in heading.columns:
        if column.meaning.field in _WITH_DIGITS:
            columns.append(column.index)
    return columns


def _is_another(heading: Heading, current: Heading) -> bool:
    """Is it the heading of a list with other columns, and not the same heading again?

    At least half of its texts must be understood: a person's line may hold a word that is a heading, too.
    """
    places = _places(heading)
    texts = sum(bool(column.heading) for column in heading.columns)
    return not places <= _places(current) and len(places) * 2 >= texts


def _places(heading: Heading) -> set[tuple[str, int]]:
    """(field, column) of all that is the person's."""
    places: set[tuple[str, int]] = set()
    for column in heading.columns:
        if column.is_own:
            places.add((column.meaning.field, column.index))
    return places
