"""What the columns of a list are, seen together: groups, parents, repeated headings, lists beside each other.

A heading alone does not always say whose column it is. Three things are looked at besides it:

- what stands above it ("Mẹ" above "Họ tên | Năm sinh | Số CCCD"), a merged cell holding for all columns below it;
- what stands before it: right behind "Họ tên mẹ", a second "Số CCCD" is the mother's, and an only one is asked about;
- what stands elsewhere in the row: the same heading twice is asked about, and so is what contradicts it under another.

Pure: texts of heading rows in, columns out; no value of a person is read here.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise, permutations
from zlib import crc32

from idapp.rosters.fields import (
    GROUP_SIGN,
    NOBODY_KNOWS,
    UNUSED,
    HeadingBook,
    Meaning,
    heading_key,
    whose_is,
)
from idapp.rosters.owners import COUNTER, Column, Owners
from idapp.rules.folding import tidy
from idapp.workbook.cells import letters

PERSON_KEYS = frozenset({"full_name", "ministry_code", "record_id"})
"""A list must have one of these columns: without it nobody can say whose a row is."""

_SAYS_A_LIST = frozenset({
    COUNTER, "date_of_birth", "birth_day", "birth_day_month", "birth_of_male", "birth_of_female", "gender",
    "female_mark", "identity_number", "ministry_code", "school_class", "school_code",
})  # fmt: skip
_ONLY_ALONE = frozenset({"nhom chuc vu"})  # a group of posts, where no column names the post


@dataclass(frozen=True)
class Columns:
    """The columns of one list.

    fields  {field: its columns, the preferred first}
    kind    "student" or "staff", "" where no heading says whom the list is about
    asked   {field: the columns of which nobody can say which one it is}
    unused  columns that are known to hold nothing this program may keep
    foreign those of them that are another person's, or an insurance card's: nobody may take one for the pupil's
    behind  {column: the heading of the other person whose it is, by standing behind that}
    suspect {column: how many lines}: it stands behind another person's, and is not the pupil's if so many contradict
    """

    headings: tuple[str, ...]
    fields: dict[str, list[int]]
    asked: dict[str, tuple[int, ...]] = field(default_factory=dict)
    unused: frozenset[int] = frozenset()
    foreign: frozenset[int] = frozenset()
    kind: str = ""
    first: int = 0
    last: int = 0
    behind: dict[int, str] = field(default_factory=dict)
    suspect: dict[int, int] = field(default_factory=dict)

    def key_of(self, index: int) -> str:
        """How an answer about exactly this column of exactly this heading row is named."""
        return f"{heading_key(self.headings[index])}#{letters(index)}{self._signature:x}"

    @property
    def _signature(self) -> int:
        return crc32("|".join(map(heading_key, self.headings)).encode())


def read_headings(top: Sequence[str], low: Sequence[str] | None, book: HeadingBook) -> list[Column]:
    """The columns of a heading row, or of two of which the upper holds groups. Each cell of ``low`` counts before the
    one above it."""
    if low is None:
        texts = [tidy(text) for text in top]
        columns = [Column(index, text, book.meaning(text)) for index, text in enumerate(texts)]
    else:
        columns = _of_two_rows(top, low, book)
    return _with_dates_in_parts(_with_sexes(columns))


def _of_two_rows(top: Sequence[str], low: Sequence[str], book: HeadingBook) -> list[Column]:
    columns: list[Column] = []
    group = ""
    for index in range(max(len(top), len(low))):
        above = _text_at(top, index)
        below = _text_at(low, index)
        if above or not below:
            group = above  # an empty cell above belongs to the heading left of it, as merged cells are read
        if not below or heading_key(above) == heading_key(below):
            columns.append(Column(index, above, book.meaning(above)))
            continue
        meaning = book.meaning(below, group)
        # the group is told where it changes what the column is
        is_told = bool(group) and (meaning != book.meaning(below) or bool(whose_is(group)))
        heading = f"{group}{GROUP_SIGN}{below}" if is_told else below
        columns.append(Column(index, heading, meaning))
    return columns


def _text_at(row: Sequence[str], index: int) -> str:
    return tidy(row[index]) if index < len(row) else ""


def _with_sexes(columns: list[Column]) -> list[Column]:
    """ "Nam" beside "Nữ", or where nothing else says the sex, may be ticked; "Năm" is a year."""
    has_sex = any(c.meaning.field in ("gender", "female_mark") for c in columns)
    keys = [heading_key(column.heading) for column in columns]
    fixed = list(columns)
    for index, column in enumerate(columns):
        beside = {keys[at] for at in (index - 1, index + 1) if 0 <= at < len(keys)}
        is_word = tidy(column.heading).lower() == "nam" and column.meaning == NOBODY_KNOWS
        if is_word and ("nu" in beside or not has_sex):
            fixed[index] = replace(column, meaning=Meaning("male_mark", loose=True))
    return fixed


_DAY = re.compile(r"(?:.* )?ngay(?: sinh)?")
_MONTH = re.compile(r"(?:.* )?thang(?: sinh)?")
_YEAR = re.compile(r"(?:.* )?nam(?: sinh)?")
_DAY_AND_MONTH = re.compile(r"(?:.* )?ngay thang(?: sinh)?")


def _with_dates_in_parts(columns: list[Column]) -> list[Column]:
    """ "Ngày | Tháng | Năm" in any order, with or without "sinh", with or without a heading above them."""
    keys = [heading_key(column.heading) for column in columns]
    parts: dict[int, str] = {}
    for first in range(len(columns) - 2):
        beside = (first, first + 1, first + 2)
        for month, day, year in permutations(beside):
            if not _MONTH.fullmatch(keys[month]) or not _may_be_birth(columns[month]):
                continue
            if _DAY.fullmatch(keys[day]) and _YEAR.fullmatch(keys[year]):
                parts |= {day: "birth_day", month: "birth_month", year: "birth_year"}
    for first, second in pairwise(range(len(columns))):
        if _DAY_AND_MONTH.fullmatch(keys[first]) and _YEAR.fullmatch(keys[second]):
            parts |= {first: "birth_day_month", second: "birth_year"}
    return [
        replace(column, meaning=Meaning(parts[column.index], loose=True))
        if column.index in parts
        else column
        for column in columns
    ]


def _may_be_birth(month: Column) -> bool:
    key = heading_key(month.heading)
    return month.meaning.field == "birth_month" or key in ("thang", "thang sinh")


# --- lists beside each other ---


def lists_of(columns: Sequence[Column]) -> list[tuple[int, int]]:
    """The columns of each list in a row of headings, as (first, end); mostly there is one.

    Lists stand beside each other where the column of names (or of the ministry's codes) comes again and a second
    heading of a person with it.
    """
    end = len(columns)
    exact = _exact_first(columns)
    for key in ("full_name", "family_name", "ministry_code"):
        keys = [
            column.index for column in exact if column.token == key and not column.meaning.whose
        ]
        if len(keys) > 1:
            starts = [
                0,
                *(_start_of(columns, keys[0], at, before) for before, at in pairwise(keys)),
            ]
            ranges = list(zip(starts, [*starts[1:], end], strict=True))
            return ranges if _are_lists(columns, ranges, key) else [(0, end)]
    return [(0, end)]


def _start_of(columns: Sequence[Column], first_key: int, key: int, key_before: int) -> int:
    """Where the list of the key column ``key`` begins: left of it stand what stood left of the first key too."""
    leading = {column.token for column in columns[:first_key] if column.heading}
    start = key
    while start - 1 > key_before and columns[start - 1].token in leading:
        start -= 1
    return start


def _are_lists(columns: Sequence[Column], ranges: Sequence[tuple[int, int]], key: str) -> bool:
    tokens = [{column.token for column in columns[first:end]} for first, end in ranges]
    return all((tokens[0] & other & _SAYS_A_LIST) - {key} for other in tokens[1:])


# --- one list ---


def assign(columns: Sequence[Column], ranges: tuple[int, int], book: HeadingBook) -> Columns:
    """What the columns of one list are, each field with its columns in the order of preference."""
    first, end = ranges
    mine = _exact_first([column for column in columns if first <= column.index < end])
    headings = tuple(column.heading for column in columns)
    owners = Owners(mine)
    parents = {column.index for column in mine if owners.is_a_parents(column)}
    own = [column for column in mine if column.is_own and column.index not in parents]
    foreign = parents | {column.index for column in mine if column.is_foreign}
    unused = parents | {column.index for column in mine if column.meaning.field == UNUSED}
    draft = Columns(
        headings=headings,
        fields=_by_field(own),
        asked=owners.doubtful,
        unused=frozenset(unused),
        foreign=frozenset(foreign),
        kind=_kind_of(mine),
        first=first,
        last=end,
        behind=owners.behind(headings),
        suspect=owners.suspect,
    )
    return _answered(_asking_about_repeated(draft), book.answers)


def _by_field(columns: Iterable[Column]) -> dict[str, list[int]]:
    fields: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        fields[column.meaning.field].append(column)
    return {name: _without_groups(sorted(found, key=_preference)) for name, found in fields.items()}


def _preference(column: Column) -> tuple[int, int]:
    return column.meaning.rank, column.index


def _without_groups(found: Sequence[Column]) -> list[int]:
    better = [c.index for c in found if heading_key(c.heading) not in _ONLY_ALONE]
    return better or [c.index for c in found]


def _exact_first(columns: Sequence[Column]) -> list[Column]:
    """A heading that is understood only loosely is of use only for a field that has no exact one."""
    exact = {c.meaning.field for c in columns if not c.meaning.loose and not c.meaning.whose}
    return [
        replace(column, meaning=NOBODY_KNOWS)
        if column.meaning.loose and not column.meaning.whose and column.meaning.field in exact
        else column
        for column in columns
    ]


def _kind_of(columns: Iterable[Column]) -> str:
    kinds = [column.meaning.kind for column in columns]
    pupils = kinds.count("student")
    teachers = kinds.count("staff")
    if teachers > pupils:
        return "staff"
    return "student" if pupils else ""


def _asking_about_repeated(columns: Columns) -> Columns:
    """The same heading twice is asked about; two headings of one field ("Số CCCD", "Số định danh") are both read,
    unless their cells contradict each other (``second_columns``)."""
    asked = dict(columns.asked)
    for name, several in columns.fields.items():
        keys = [heading_key(columns.headings[index]) for index in several]
        if len(set(keys)) < len(keys) and name not in asked:
            asked[name] = tuple(sorted(several))
    return replace(columns, asked=asked)


def _answered(columns: Columns, answers: Mapping[str, str]) -> Columns:
    """The columns with what the user said about them in this very file."""
    in_doubt = columns.asked | _said_of_several(columns, answers)
    fields = {name: found for name, found in columns.fields.items() if name not in in_doubt}
    asked: dict[str, tuple[int, ...]] = {}
    said_unused: set[int] = set()
    for name, candidates in in_doubt.items():
        keys = {index: columns.key_of(index) for index in candidates}
        if not all(key in answers for key in keys.values()):
            asked[name] = candidates
            continue
        for index, key in keys.items():
            if answers[key]:
                fields.setdefault(answers[key], []).append(index)
            else:
                said_unused.add(index)
    return replace(columns, fields=fields, asked=asked, unused=columns.unused | said_unused)


def _said_of_several(columns: Columns, answers: Mapping[str, str]) -> dict[str, tuple[int, ...]]:
    """The fields under several headings of which the user has said which column counts."""
    if not answers:
        return {}
    several = {name: tuple(found) for name, found in columns.fields.items() if len(found) > 1}
    return {
        name: found
        for name, found in several.items()
        if all(columns.key_of(index) in answers for index in found)
    }
