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
from idapp.rosters.row_cells import ColumnsOf, Fields
from idapp.rules.folding import tidy
from idapp.workbook.cells import letters

PERSON_KEYS = frozenset({"full_name", "ministry_code", "record_id"})
"""A list must have one of these columns: without it nobody can say whose a row is."""

_SAYS_A_LIST = frozenset(
    {
        COUNTER,
        "date_of_birth",
        "birth_day",
        "birth_day_month",
        "birth_of_male",
        "birth_of_female",
        "gender",
        "female_mark",
        "identity_number",
        "ministry_code",
        "school_class",
        "school_code",
    }
)
_ONLY_ALONE = frozenset({"nhom chuc vu"})  # a group of posts, where no column names the post


@dataclass(frozen=True)
class Columns:
    """The columns of one list.

    headings   of the whole row, one for each column of it
    fields     {field: its columns, the preferred first}
    ambiguous  {field: the columns of which nobody can say which one it is}
    unused     columns that are known to hold nothing this program may keep
    foreign    those of them that are another person's, or an insurance card's: nobody may take one for the pupil's
    kind       "student" or "staff", "" where no heading says whom the list is about
    first      where the list begins, from 0; ``last`` is the column behind its end
    behind     {column: the heading of the other person whose it is, by standing behind that}
    suspect    {column: how many lines}: it stands behind another person's, and is not the pupil's if so many contradict
    """

    headings: tuple[str, ...]
    fields: Fields
    ambiguous: ColumnsOf = field(default_factory=dict)
    unused: frozenset[int] = frozenset()
    foreign: frozenset[int] = frozenset()
    kind: str = ""
    first: int = 0
    last: int = 0
    behind: dict[int, str] = field(default_factory=dict)
    suspect: dict[int, int] = field(default_factory=dict)

    def heading_at(self, index: int) -> str:
        """The heading of a column, "" right of the headings."""
        if index >= len(self.headings):
            return ""
        return self.headings[index]

    @property
    def indices(self) -> range:
        """The columns of this list that stand below the row of headings."""
        return range(self.first, min(self.last, len(self.headings)))

    def key_of(self, index: int) -> str:
        """How an answer about exactly this column of exactly this heading row is named."""
        return f"{heading_key(self.headings[index])}#{letters(index)}{self._signature:x}"

    @property
    def _signature(self) -> int:
        """Of the whole heading row: an answer about a column holds for a row with the same headings only."""
        return crc32("|".join(map(heading_key, self.headings)).encode())


def read_headings(top: Sequence[str], low: Sequence[str] | None, book: HeadingBook) -> list[Column]:
    """The columns of a heading row, or of two of which the upper holds groups.

    ``top`` and ``low`` are the texts of the rows. Each cell of ``low`` counts before the one above it.
    """
    if low is None:
        columns = _of_one_row(top, book)
    else:
        columns = _of_two_rows(top, low, book)
    return _with_dates_in_parts(_with_sexes(columns))


def _of_one_row(texts: Sequence[str], book: HeadingBook) -> list[Column]:
    columns: list[Column] = []
    for index, text in enumerate(texts):
        heading = tidy(text)
        columns.append(Column(index, heading, book.meaning(heading)))
    return columns


def _of_two_rows(top: Sequence[str], low: Sequence[str], book: HeadingBook) -> list[Column]:
    """Each column by its lower heading below its group; where the lower one is empty, by the upper one."""
    columns: list[Column] = []
    group = ""
    width = max(len(top), len(low))
    for index in range(width):
        above = _text_at(top, index)
        below = _text_at(low, index)
        if above or not below:
            # an empty cell above belongs to the heading left of it, as merged cells are read
            group = above
        if not below or heading_key(above) == heading_key(below):
            columns.append(Column(index, above, book.meaning(above)))
            continue
        meaning = book.meaning(below, group)
        heading = below
        # the group is named where it changes what the column is
        if group and (meaning != book.meaning(below) or whose_is(group)):
            heading = f"{group}{GROUP_SIGN}{below}"
        columns.append(Column(index, heading, meaning))
    return columns


def _text_at(row: Sequence[str], index: int) -> str:
    if index >= len(row):
        return ""
    return tidy(row[index])


def _with_sexes(columns: list[Column]) -> list[Column]:
    """ "Nam" beside "Nữ", or where nothing else says the sex, may be ticked; "Năm" is a year."""
    has_sex = any(c.meaning.field in ("gender", "female_mark") for c in columns)
    keys = ["", *(column.key for column in columns), ""]
    fixed: list[Column] = []
    for column, left, right in zip(columns, keys[:-2], keys[2:], strict=True):
        may_be_ticked = not has_sex or "nu" in (left, right)
        if may_be_ticked and _says_man(column):
            column = _read_as(column, "male_mark")
        fixed.append(column)
    return fixed


def _says_man(column: Column) -> bool:
    """Is its heading "Nam" and nothing else? Its key is that of "Năm", too."""
    return column.meaning == NOBODY_KNOWS and tidy(column.heading).lower() == "nam"


def _read_as(column: Column, name: str) -> Column:
    """The column as what the headings beside it make of it."""
    return replace(column, meaning=Meaning(name, loose=True))


_DAY = re.compile(r"(?:.* )?ngay(?: sinh)?")
_MONTH = re.compile(r"(?:.* )?thang(?: sinh)?")
_YEAR = re.compile(r"(?:.* )?nam(?: sinh)?")
_DAY_AND_MONTH = re.compile(r"(?:.* )?ngay thang(?: sinh)?")


def _with_dates_in_parts(columns: list[Column]) -> list[Column]:
    """ "Ngày | Tháng | Năm" in any order, with or without "sinh", with or without a heading above them."""
    keys = [column.key for column in columns]
    parts = _dates_in_three(columns, keys) | _dates_in_two(keys)
    with_parts: list[Column] = []
    for column in columns:
        if column.index in parts:
            column = _read_as(column, parts[column.index])
        with_parts.append(column)
    return with_parts


def _dates_in_three(columns: Sequence[Column], keys: Sequence[str]) -> dict[int, str]:
    """{column: part of the birth date} of three columns beside each other, in whatever order."""
    parts: dict[int, str] = {}
    for first in range(len(columns) - 2):
        # most rows of headings have no month, and permutations of all of them would be dear
        if not any(map(_MONTH.fullmatch, keys[first : first + 3])):
            continue
        for month, day, year in permutations((first, first + 1, first + 2)):
            if not _MONTH.fullmatch(keys[month]) or not _may_be_birth(columns[month]):
                continue
            if _DAY.fullmatch(keys[day]) and _YEAR.fullmatch(keys[year]):
                parts |= {day: "birth_day", month: "birth_month", year: "birth_year"}
    return parts


def _dates_in_two(keys: Sequence[str]) -> dict[int, str]:
    """{column: part of the birth date} of "Ngày tháng | Năm"."""
    parts: dict[int, str] = {}
    for first, second in pairwise(range(len(keys))):
        if _DAY_AND_MONTH.fullmatch(keys[first]) and _YEAR.fullmatch(keys[second]):
            parts |= {first: "birth_day_month", second: "birth_year"}
    return parts


def _may_be_birth(month: Column) -> bool:
    """Is it a month that is not known to be the month of something else?"""
    key = month.key
    return month.meaning.field == "birth_month" or key in ("thang", "thang sinh")


# --- lists beside each other ---


def lists_of(columns: Sequence[Column]) -> list[tuple[int, int]]:
    """The columns of each list in a row of headings, as (first, end); mostly there is one.

    Lists stand beside each other where the column of names (or of the ministry's codes) comes again and a second
    heading of a person with it.
    """
    whole_row = [(0, len(columns))]
    exact = _exact_first(columns)
    for token in ("full_name", "family_name", "ministry_code"):
        keys: list[int] = []
        for column in exact:
            if column.token == token and not column.meaning.whose:
                keys.append(column.index)
        if len(keys) > 1:
            ranges = _ranges_of(columns, keys)
            return ranges if _are_lists(columns, ranges, token) else whole_row
    return whole_row


def _ranges_of(columns: Sequence[Column], keys: Sequence[int]) -> list[tuple[int, int]]:
    """The (first, end) of the lists whose key columns are ``keys``."""
    starts = [0]
    for key_before, key in pairwise(keys):
        starts.append(_start_of(columns, keys[0], key, key_before))
    return list(pairwise([*starts, len(columns)]))


def _start_of(columns: Sequence[Column], first_key: int, key: int, key_before: int) -> int:
    """Where the list of the key column ``key`` begins: left of it stand what stood left of the first key too."""
    leading = {column.token for column in columns[:first_key] if column.heading}
    start = key
    while start - 1 > key_before and columns[start - 1].token in leading:
        start -= 1
    return start


def _are_lists(columns: Sequence[Column], ranges: Sequence[tuple[int, int]], key: str) -> bool:
    """Has every range another heading of a person besides its key, the same as the first range has?"""
    first_list, *others = ranges
    of_a_person = _tokens_of(columns, first_list) & _SAYS_A_LIST - {key}
    for other in others:
        if of_a_person.isdisjoint(_tokens_of(columns, other)):
            return False
    return True


def _tokens_of(columns: Sequence[Column], part: tuple[int, int]) -> set[str]:
    """What the columns from the first to the end of a part are."""
    first, end = part
    return {column.token for column in columns[first:end]}


# --- one list ---


def assign(columns: Sequence[Column], ranges: tuple[int, int], book: HeadingBook) -> Columns:
    """What the columns of one list are, each field with its columns in the order of preference.

    1. A heading that is understood only loosely counts only for a field without an exact one.
    2. What stands behind a parent's name is the parent's (``Owners``), or asked about.
    3. The same heading twice is asked about.
    4. What the user has answered about exactly these columns settles that.

    ``columns`` are those of the whole row, ``ranges`` the (first, end) of the list among them.
    """
    first, end = ranges
    mine = _exact_first(columns[first:end])
    headings = tuple(column.heading for column in columns)
    owners = Owners(mine)
    of_the_person: list[Column] = []
    unused: set[int] = set()
    foreign: set[int] = set()
    for column in mine:
        if owners.is_a_parents(column):
            foreign.add(column.index)
            unused.add(column.index)
            continue
        if column.is_own:
            of_the_person.append(column)
        if column.is_foreign:
            foreign.add(column.index)
        if column.meaning.field == UNUSED:
            unused.add(column.index)
    assigned = Columns(
        headings=headings,
        fields=_by_field(of_the_person),
        ambiguous=owners.doubtful,
        unused=frozenset(unused),
        foreign=frozenset(foreign),
        kind=_kind_of(mine),
        first=first,
        last=end,
        behind=owners.behind(headings),
        suspect=owners.suspect,
    )
    return _answered(_asking_about_repeated(assigned), book.answers)


def _by_field(columns: Iterable[Column]) -> Fields:
    """{field: its columns, the preferred first}."""
    columns_of: dict[str, list[Column]] = defaultdict(list)
    for column in columns:
        columns_of[column.meaning.field].append(column)
    fields: Fields = {}
    for name, several in columns_of.items():
        fields[name] = _without_groups(sorted(several, key=_preference))
    return fields


def _preference(column: Column) -> tuple[int, int]:
    """For sorting the columns of a field: the preferred heading first, then as they stand."""
    return column.meaning.rank, column.index


def _without_groups(columns: Sequence[Column]) -> list[int]:
    """The columns without those that count only where a field has no other."""
    better = [column for column in columns if column.key not in _ONLY_ALONE]
    return [column.index for column in better or columns]


def _exact_first(columns: Sequence[Column]) -> list[Column]:
    """A heading that is understood only loosely is of use only for a field that has no exact one."""
    exact: set[str] = set()
    loose: set[int] = set()
    for column in columns:
        if column.meaning.whose:
            continue
        if column.meaning.loose:
            loose.add(column.index)
        else:
            exact.add(column.meaning.field)
    remaining: list[Column] = []
    for column in columns:
        if column.index in loose and column.meaning.field in exact:
            column = replace(column, meaning=NOBODY_KNOWS)
        remaining.append(column)
    return remaining


def _kind_of(columns: Iterable[Column]) -> str:
    """Whom the list is about: what more of its headings say."""
    kinds = [column.meaning.kind for column in columns]
    pupils = kinds.count("student")
    teachers = kinds.count("staff")
    if teachers > pupils:
        return "staff"
    if pupils:
        return "student"
    return ""


def _asking_about_repeated(columns: Columns) -> Columns:
    """The same heading twice is asked about; two headings of one field ("Số CCCD", "Số định danh") are both read,
    unless their cells contradict each other (``second_columns``)."""
    ambiguous = dict(columns.ambiguous)
    for name, several in columns.fields.items():
        keys = [heading_key(columns.headings[index]) for index in several]
        if len(set(keys)) < len(keys) and name not in ambiguous:
            ambiguous[name] = tuple(sorted(several))
    return replace(columns, ambiguous=ambiguous)


def _answered(columns: Columns, answers: Mapping[str, str]) -> Columns:
    """The columns with what the user said about them in this very file.

    A field is settled once each of its columns has an answer: a field for one that counts, "" for one of no use.
    A column may be answered to be of another field than the one it was asked for.
    """
    in_doubt = columns.ambiguous | _answered_of_several(columns, answers)
    fields: Fields = {}
    for name, several in columns.fields.items():
        if name not in in_doubt:
            fields[name] = several
    ambiguous: ColumnsOf = {}
    unused = set(columns.unused)
    for name, candidates in in_doubt.items():
        if not _are_answered(columns, candidates, answers):
            ambiguous[name] = candidates
            continue
        for index in candidates:
            answer = answers[columns.key_of(index)]
            if answer:
                fields.setdefault(answer, []).append(index)
            else:
                unused.add(index)
    return replace(columns, fields=fields, ambiguous=ambiguous, unused=frozenset(unused))


def _answered_of_several(columns: Columns, answers: Mapping[str, str]) -> ColumnsOf:
    """The fields under several headings of which the user has said which column counts."""
    answered: ColumnsOf = {}
    if not answers:
        return answered
    for name, several in columns.fields.items():
        if len(several) > 1 and _are_answered(columns, several, answers):
            answered[name] = tuple(several)
    return answered


def _are_answered(columns: Columns, indices: Iterable[int], answers: Mapping[str, str]) -> bool:
    """Has the user answered about each of these columns?"""
    return all(columns.key_of(index) in answers for index in indices)
