"""Finding the lists of people in the sheets of a workbook: where the headings stand, and which lines below are people.

Real files (domain.md "Workbooks in real life") have title rows above, headings with line breaks, NFD letters, stars and
hints in brackets, headings in two rows, columns in any order, class names on rows of their own, the heading again for
each class, two lists beside each other or one below the other, signatures at the end, and phantom rows that hold a
running number or "36" only. Nothing is dropped without a trace: each skipped line is listed with its kind and text,
each sheet that is not read is named. What a value means (whose name, which date) is not decided here.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from idapp.rosters.columns import (
    PERSON_KEYS,
    Column,
    Columns,
    assign,
    lists_of,
    read_headings,
)
from idapp.rosters.fields import COUNTERS, GROUP_SIGN, HeadingBook, heading_key, headings_of
from idapp.rosters.joining import Joined, join
from idapp.rosters.lines import (
    TITLE,
    FoundRow,
    LineSorter,
    Skipped,
    Surroundings,
    class_of_sheet,
)
from idapp.rosters.sections import says_who_left
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, Sheet, WorkbookRefused, letters

HEADING_WITHIN = 30
_WIDE = 3  # lines with as many cells: a table, and no catalogue
_LONGEST_GROUP = 60  # letters; a longer text above the headings is a title
_WORD = re.compile(r"[^\W\d_]+[\u0300-\u036f]*(?:[^\W\d_]|[\u0300-\u036f])*")
_WHOLE_OF = {
    "family_name": "full_name", "middle_name": "full_name", "given_name": "full_name", "birth_day": "date_of_birth",
    "birth_day_month": "date_of_birth", "birth_month": "date_of_birth", "birth_year": "date_of_birth",
    "birth_of_male": "date_of_birth", "birth_of_female": "date_of_birth", "male_mark": "gender",
    "female_mark": "gender",
}  # fmt: skip
_PLACES = frozenset({"province", "district", "commune"})
_ADDRESSES = frozenset({"residence", "present_residence"})


@dataclass(frozen=True)
class FoundTable:
    """One list of people.

    sheet         its sheet, with the place where the sheet holds several lists
    heading_row   the (lower) row of headings, as Excel counts
    columns       {field: its column, from 0}; headings {field: the heading as it stands in the file}
    unknown       the headings of the columns that are not read, one without a heading by its letter
    all_headings  the heading row from its first column to the last one that holds anything
    joined        {field: the columns that make one value}
    others        {field: further columns of it, of which the first filled one counts}
    asked         {field: the columns of which somebody has to say which one it is}; such a field is not read
    unused        columns known to hold what is not asked for
    foreign       those of them that are another person's, or an insurance card's
    notes         sentences about what was read in an unusual way
    kind          student or staff, "" where no heading says
    keys          {column: how an answer about it is named}, of the columns in ``asked``
    """

    sheet: str
    heading_row: int
    columns: dict[str, int]
    headings: dict[str, str]
    unknown: list[str]
    rows: list[FoundRow]
    skipped: list[Skipped]
    all_headings: tuple[str, ...] = ()
    joined: dict[str, tuple[int, ...]] = field(default_factory=dict)
    others: dict[str, tuple[int, ...]] = field(default_factory=dict)
    asked: dict[str, tuple[int, ...]] = field(default_factory=dict)
    unused: frozenset[int] = frozenset()
    foreign: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()
    kind: str = ""
    keys: dict[int, str] = field(default_factory=dict)

    @property
    def read(self) -> set[int]:
        """Every column that a value is taken from."""
        several = [*self.others.values(), *self.joined.values()]
        return set(self.columns.values()).union(*several)

    @property
    def skipped_counts(self) -> dict[str, int]:
        return dict(Counter(line.kind for line in self.skipped))


@dataclass(frozen=True)
class UnreadSheet:
    """A sheet in which no list was found, or that is hidden: its name and how many lines of it hold anything.

    is_list  it holds a list all the same, which was not read because the sheet is hidden
    is_wide  it is a table of several columns, and may be a list whose headings nobody knows
    """

    name: str
    lines: int
    hidden: bool = False
    is_list: bool = False
    is_wide: bool = False


@dataclass(frozen=True)
class Roster:
    """All lists of a workbook, and the sheets that were not read."""

    tables: list[FoundTable]
    unread: list[UnreadSheet] = field(default_factory=list)


def find_roster(
    sheets: Sequence[Sheet],
    book: HeadingBook | None = None,
    keys: frozenset[str] = PERSON_KEYS,
) -> Roster:
    """Every list of people in the sheets that are shown. ``keys``: the fields of which a list must have one.

    Raises ``WorkbookRefused`` (``no_table``) when no row of any sheet holds two headings, one of them of a key.
    """
    book = book or HeadingBook()
    tables: list[FoundTable] = []
    unread: list[UnreadSheet] = []
    for sheet in sheets:
        found = [] if sheet.hidden else _tables_of(sheet, book, keys)
        tables += found
        lines = sum(1 for row in sheet.rows if _has_text(row))
        if not found and lines:
            is_list = sheet.hidden and bool(_headings_of(sheet, book, keys))
            is_wide = sum(1 for row in sheet.rows if _cells_filled(row) >= _WIDE) >= _WIDE
            unread.append(UnreadSheet(sheet.name, lines, sheet.hidden, is_list, is_wide))
    if not tables:
        names = ("full_name", "date_of_birth", "ministry_code")
        raise WorkbookRefused("no_table", ", ".join(f"“{headings_of(name)[0]}”" for name in names))
    return Roster(tables, unread)


def find_tables(
    sheets: Sequence[Sheet],
    book: HeadingBook | None = None,
    keys: frozenset[str] = PERSON_KEYS,
) -> list[FoundTable]:
    """The lists alone. Raises as ``find_roster`` does."""
    return find_roster(sheets, book, keys).tables


def known_headings(texts: Sequence[str], book: HeadingBook) -> dict[str, str]:
    """{field: heading} of what is understood in a row of headings, also where nobody can be read by it."""
    columns = read_headings(texts, None, book)
    assigned = assign(columns, (0, len(columns)), book)
    return {name: assigned.headings[several[0]] for name, several in assigned.fields.items()}


# --- where the headings stand ---


@dataclass(frozen=True)
class Heading:
    """The headings of a list, in one row or in two: the indices of the rows, and the columns."""

    rows: tuple[int, ...]
    columns: tuple[Column, ...]

    @property
    def fields(self) -> set[str]:
        """The fields of a record that stand there, a part of one counting as the whole."""
        own = [column.meaning.field for column in self.columns if column.is_own]
        # "Nơi thường trú" alone is an address, above "Tỉnh" it is a group
        return {_WHOLE_OF.get(name, name) for name in own} - _ADDRESSES

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
        return sum(1 for column in self.columns if GROUP_SIGN in column.heading)


def _texts(sheet: Sheet, index: int) -> list[str]:
    return [cell.text if cell.kind == "text" else "" for cell in sheet.rows[index]]


def _single(sheet: Sheet, index: int, book: HeadingBook) -> Heading:
    return Heading((index,), tuple(read_headings(_texts(sheet, index), None, book)))


def heading_at(sheet: Sheet, index: int, book: HeadingBook) -> Heading:
    """What a row says as headings, with the row below it where both are one heading."""
    single = _single(sheet, index, book)
    double = _double(sheet, index, book) if index + 1 < len(sheet.rows) else None
    return double if double is not None and _is_better(double, single) else single


def _first_heading(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> Heading | None:
    """The row among the first ones with the most fields, with the row above or below it where it groups."""
    best: Heading | None = None
    most = (False, 0)
    for index in range(min(HEADING_WITHIN, len(sheet.rows))):
        single = _single(sheet, index, book)
        worth = (single.is_of_people(keys), len(single.fields))
        if worth > most:
            best, most = single, worth
    return None if best is None else _with_groups(sheet, best, book, keys)


def _with_groups(
    sheet: Sheet, single: Heading, book: HeadingBook, keys: frozenset[str], first: int = 0
) -> Heading:
    """The heading together with the row above it or below it, whichever makes one with it. ``first``: where the lines
    begin that may belong to it."""
    index = single.rows[0]
    for upper in (index - 1, index):
        if not first <= upper < len(sheet.rows) - 1:
            continue
        double = _double(sheet, upper, book)
        if double and double.is_of_people(keys) and _is_better(double, single):
            triple = _triple(sheet, upper, book)
            if triple and triple.is_of_people(keys) and _says_more(triple, double):
                return triple
            return double
    return single


def _triple(sheet: Sheet, first: int, book: HeadingBook) -> Heading | None:
    """Three rows as one heading, each cell counting before the one above it; None where the lowest holds values."""
    if first + 2 >= len(sheet.rows):
        return None
    top, middle = _texts(sheet, first), _texts(sheet, first + 1)
    width = max(len(top), len(middle))
    merged = [_at(middle, index) or _at(top, index) for index in range(width)]
    return _of_rows(sheet, merged, (first, first + 1, first + 2), book)


def _at(texts: Sequence[str], index: int) -> str:
    return texts[index].strip() if index < len(texts) else ""


def _double(sheet: Sheet, upper: int, book: HeadingBook) -> Heading | None:
    """Two rows as one heading; None where the lower one holds values, or the upper one is a title."""
    top = _texts(sheet, upper)
    return _of_rows(sheet, top, (upper, upper + 1), book) if _may_group(top, book) else None


def _of_rows(
    sheet: Sheet, top: Sequence[str], rows: tuple[int, ...], book: HeadingBook
) -> Heading | None:
    """The lowest of the rows below the texts of those above it; None where it holds values."""
    low = _texts(sheet, rows[-1])
    if any(cell.kind in ("number", "date") for cell in sheet.rows[rows[-1]]):
        return None
    columns = tuple(read_headings(top, low, book))
    for column in columns[: min(len(low), len(top))]:
        is_below = bool(low[column.index].strip()) and bool(book.meaning(top[column.index]).field)
        if is_below and (not column.meaning.field or column.meaning.vague):
            return None  # something nobody knows right below a heading: a value
    return Heading(rows, columns)


def _may_group(top: Sequence[str], book: HeadingBook) -> bool:
    """A row of groups is no title: its texts are short, and one alone at the left is a heading."""
    filled = [index for index, text in enumerate(top) if text.strip()]
    texts = [top[index] for index in filled]
    if any(len(text) > _LONGEST_GROUP or TITLE.match(fold(text)) for text in texts):
        return False
    if filled == [0]:
        return bool(book.meaning(texts[0]).field)
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
    return all(
        column.meaning.field or not column.heading or heading_key(column.heading) in COUNTERS
        for column in double.columns
    )


def _headings_of(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> list[Heading]:
    """The headings of all lists that stand below each other on a sheet."""
    first = _first_heading(sheet, book, keys)
    if first is None or not first.is_of_people(keys):
        return []
    headings = [first]
    words = _first_words(book)
    digits = _columns_of_digits(first)
    index = first.rows[-1] + 1
    while index < len(sheet.rows):
        if _may_be_heading(sheet.rows[index], digits, words):
            single = _single(sheet, index, book)
            heading = _with_groups(sheet, single, book, keys, headings[-1].rows[-1] + 1)
            if heading.is_of_people(keys) and _is_another(heading, headings[-1]):
                headings.append(heading)
                digits = _columns_of_digits(heading)
                index = heading.rows[-1]
        index += 1
    return headings


def _may_be_heading(
    row: Sequence[Cell], columns_of_digits: Sequence[int], words: frozenset[str]
) -> bool:
    """A cheap look at a line: people have digits where their date or number stands, and a list has a column of names
    or codes, whose heading begins like all of them."""
    width = len(row)
    for index in columns_of_digits:
        if index < width and row[index].text[:1].isdecimal():
            return False
    if any(cell.kind in ("number", "date") for cell in row):
        return False
    return any(_first_word(cell.text) in words for cell in row if cell.text)


def _first_word(text: str) -> str:
    """
    >>> _first_word("1. Họ và tên"), _first_word("(*) Mã HS"), _first_word("20/03/2012")
    ('họ', 'mã', '')
    """
    match = _WORD.search(text[:_LONGEST_GROUP])
    return tidy(match.group()).lower() if match else ""


def _first_words(book: HeadingBook) -> frozenset[str]:
    """How the headings of names and codes begin, with their marks and without."""
    fields = {*PERSON_KEYS, "family_name"}
    headings = [text for name in fields for text in headings_of(name)]
    explained = [key for key, name in book.explained.items() if name in fields]
    words = {_first_word(text) for text in (*headings, *explained)}
    return frozenset(words | {fold(word) for word in words}) - {""}


def _columns_of_digits(heading: Heading) -> list[int]:
    return [c.index for c in heading.columns if c.meaning.field in _WITH_DIGITS]


_WITH_DIGITS = frozenset({"date_of_birth", "identity_number", "ministry_code", "birth_day"})


def _is_another(heading: Heading, current: Heading) -> bool:
    """Is it the heading of a list with other columns, and not the same heading again?"""
    places = {(c.meaning.field, c.index) for c in heading.columns if c.is_own}
    known = {(c.meaning.field, c.index) for c in current.columns if c.is_own}
    texts = sum(1 for column in heading.columns if column.heading)
    return not places <= known and len(places) * 2 >= texts


# --- the lists of a sheet ---


def _tables_of(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> list[FoundTable]:
    headings = _headings_of(sheet, book, keys)
    if not headings:
        return []
    starts = [0, *(heading.rows[0] for heading in headings[1:])]
    ends = [*starts[1:], len(sheet.rows)]
    hint = class_of_sheet(sheet.name)
    section = sheet.name if says_who_left(sheet.name) else ""
    surroundings = Surroundings(hint, section, is_over_classes=bool(section))
    tables: list[FoundTable] = []
    for heading, start, end in zip(headings, starts, ends, strict=True):
        tables += _side_by_side(sheet, heading, (start, end), surroundings, book)
    return _with_places(tables)


def _side_by_side(
    sheet: Sheet,
    heading: Heading,
    lines: tuple[int, int],
    surroundings: Surroundings,
    book: HeadingBook,
) -> Iterator[FoundTable]:
    """The list below a heading, or the lists that stand there beside each other."""
    ranges = lists_of(heading.columns)
    before = replace(surroundings)
    for number, columns in enumerate(ranges):
        part = sheet
        around = surroundings
        if len(ranges) > 1:
            part = _cut(sheet, heading, columns)
            around = replace(before) if number else surroundings
        assigned = assign(heading.columns, columns, book)
        table = _table(part, heading, assigned, lines, around)
        if (
            number == 0 and table.rows
        ):  # a title above the first list mostly stands above all of them
            before.class_hint = table.rows[0].class_hint
        if len(ranges) > 1:
            first, last = letters(columns[0]), letters(columns[1] - 1)
            table = _named(table, f"{sheet.name}, cột {first}-{last}")
        yield table


def _cut(sheet: Sheet, heading: Heading, columns: tuple[int, int]) -> Sheet:
    """The sheet with only the cells of some columns, each where it stood."""
    first, end = columns
    width = len(heading.columns)
    end = max(end, max(map(len, sheet.rows), default=0)) if end == width else end
    blank = (EMPTY,) * first
    rows: list[tuple[Cell, ...]] = []
    for row in sheet.rows:
        cells = row[first:end]
        rows.append((*blank, *cells) if _has_text(cells) else ())
    return replace(sheet, rows=rows)


def _cells_filled(cells: Sequence[Cell]) -> int:
    return sum(1 for cell in cells if cell.text.strip())


def _has_text(cells: Sequence[Cell]) -> bool:
    return any(cell.text.strip() for cell in cells)


def _with_places(tables: list[FoundTable]) -> list[FoundTable]:
    """Lists below each other are told apart by the row where they begin."""
    names = Counter(table.sheet for table in tables)
    return [
        table
        if names[table.sheet] == 1
        else _named(table, f"{table.sheet}, từ dòng {table.heading_row}")
        for table in tables
    ]


def _named(table: FoundTable, name: str) -> FoundTable:
    return replace(table, sheet=name, rows=[replace(row, sheet=name) for row in table.rows])


def _table(
    sheet: Sheet,
    heading: Heading,
    columns: Columns,
    lines: tuple[int, int],
    surroundings: Surroundings,
) -> FoundTable:
    joined = join(columns, sheet.rows[heading.rows[-1] + 1 : lines[1]])
    sorter = LineSorter(sheet, columns, joined, heading.rows, surroundings)
    rows, skipped = sorter.sorted_lines(*lines)
    read = _fields_read(joined)
    used = {index for found in read.values() for index in found}.union(*joined.places.values())
    bare = _columns_without_heading(rows, columns, used)
    width = max([len(columns.headings), *(column + 1 for column in (*bare, *used))])
    return FoundTable(
        sheet=sheet.name,
        heading_row=heading.rows[-1] + 1,
        columns={name: found[0] for name, found in read.items()},
        headings={name: _heading_at(columns, found[0]) for name, found in read.items()},
        unknown=_unknown(columns, used, bare),
        rows=rows,
        skipped=skipped,
        all_headings=_headings_in(columns, joined, width),
        joined=joined.places,
        others=_others(read, joined),
        asked=joined.asked,
        unused=columns.unused,
        foreign=columns.foreign,
        notes=tuple(note([row.whole for row in rows]) for note in joined.notes),
        kind=columns.kind,
        keys={index: columns.key_of(index) for found in joined.asked.values() for index in found},
    )


def _fields_read(joined: Joined) -> dict[str, list[int]]:
    """{field: its columns} of what is read; a whole address beside its parts says nothing more."""
    not_read = {"present_residence"}
    if _PLACES & set(joined.columns):
        not_read.add("residence")
    return {name: found for name, found in joined.columns.items() if name not in not_read}


def _headings_in(columns: Columns, joined: Joined, width: int) -> tuple[str, ...]:
    """The headings of this list alone, also where others stand beside it."""
    texts = [
        text if columns.first <= index < columns.last else ""
        for index, text in enumerate(columns.headings)
    ]
    texts += [""] * (width - len(texts))
    for index, text in joined.headings.items():
        texts[index] = text
    return tuple(texts)


def _heading_at(columns: Columns, index: int) -> str:
    return columns.headings[index] if index < len(columns.headings) else ""


def _others(read: dict[str, list[int]], joined: Joined) -> dict[str, tuple[int, ...]]:
    """Where else the value of a field may stand; the halves of a name are no other place of it."""
    return {
        name: tuple(found[1:])
        for name, found in read.items()
        if found[1:] and (name not in joined.places or len(found) == 2)
    }


def _unknown(columns: Columns, used: set[int], bare: Sequence[int]) -> list[str]:
    mine = range(columns.first, min(columns.last, len(columns.headings)))
    texts = {index: columns.headings[index] for index in mine if index not in used}
    named = [
        _with_owner(columns, index, text)
        for index, text in texts.items()
        if text and heading_key(text) not in COUNTERS
    ]
    return [*named, *(f"cột {letters(column)} (không có tiêu đề)" for column in bare)]


def _with_owner(columns: Columns, index: int, text: str) -> str:
    """A column that was left out because of the parent's name before it says so."""
    parent = columns.behind.get(index)
    return f"{text} (cột {letters(index)}, sau cột “{parent}”)" if parent else text


def _columns_without_heading(
    rows: Sequence[FoundRow], columns: Columns, used: set[int]
) -> list[int]:
    """Columns of no use that hold something all the same; one that only counts the rows is none."""
    width = max((len(row.whole) for row in rows), default=0)
    bare = [
        index
        for index in range(columns.first, width)
        if index not in used and not _heading_at(columns, index)
    ]
    texts = {c: [row.whole[c].text.strip() for row in rows if c < len(row.whole)] for c in bare}
    return [c for c in bare if any(text and not text.isdecimal() for text in texts[c])]
