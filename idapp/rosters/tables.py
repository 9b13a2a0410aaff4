"""Finding the lists of people in the sheets of a workbook, and which lines below their headings are people.

Real files have columns in any order, class names on rows of their own, two lists beside each other or one below the
other, signatures at the end, and phantom rows that hold a running number or "36" only. Nothing is dropped without a
trace: each skipped line is listed with its kind and text, each sheet that is not read is named. What a value means
(whose name, which date) is not decided here.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from idapp.rosters.class_titles import class_of_sheet
from idapp.rosters.columns import PERSON_KEYS, Columns, assign, lists_of
from idapp.rosters.fields import COUNTERS, HeadingBook, heading_key, headings_of
from idapp.rosters.headings import Heading, headings_on
from idapp.rosters.joining import Joined, join
from idapp.rosters.lines import FoundRow, LineClassifier, Skipped, Surroundings
from idapp.rosters.row_cells import Cells, ColumnsOf, Fields, cell_at, count_filled, has_text
from idapp.rosters.second_columns import contradicting_fields
from idapp.rosters.sections import says_who_left
from idapp.workbook.cells import EMPTY, Sheet, WorkbookRefused, letters

T = TypeVar("T")
_WIDE = 3  # cells, and lines with as many cells: a table, and no catalogue
_NAMES_OF_A_LIST = ("full_name", "date_of_birth", "ministry_code")  # for a file without any
_PLACES = frozenset({"province", "district", "commune"})


@dataclass(frozen=True)
class FoundTable:
    """One list of people.

    sheet         its sheet, with the place where the sheet holds several lists
    heading_row   the (lower) row of headings, as Excel counts
    columns       {field: its column, from 0}; headings {field: the heading as it stands in the file}
    unknown       the headings of the columns that are not read, one without a heading by its letter
    all_headings  the heading row from its first column to the last one that holds anything
    joined        {field: the columns that make one value}
    others        {field: further columns of it, which say the same or are read where the first one is empty}
    ambiguous     {field: the columns of which somebody has to say which one it is}; such a field is not read
    unused        columns known to hold what is not asked for
    foreign       those of them that are another person's, or an insurance card's
    notes         sentences about what was read in an unusual way
    kind          student or staff, "" where no heading says
    keys          {column: how an answer about it is named}, of the columns in ``ambiguous``
    """

    sheet: str
    heading_row: int
    columns: dict[str, int]
    headings: dict[str, str]
    unknown: list[str]
    rows: list[FoundRow]
    skipped: list[Skipped]
    all_headings: tuple[str, ...] = ()
    joined: ColumnsOf = field(default_factory=dict)
    others: ColumnsOf = field(default_factory=dict)
    ambiguous: ColumnsOf = field(default_factory=dict)
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
        """{kind of line: how many of it are not people}."""
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
    """Every list of people in the sheets that are shown, and the sheets that hold none.

    ``book`` holds what the user explained, ``keys`` are the fields of which a list must have one.

    Raises ``WorkbookRefused`` (``no_table``) when no row of any sheet holds two headings, one of them of a key.
    """
    book = book or HeadingBook()
    tables: list[FoundTable] = []
    unread: list[UnreadSheet] = []
    for sheet in sheets:
        tables_of_sheet: list[FoundTable] = []
        if not sheet.hidden:
            tables_of_sheet = _tables_of(sheet, book, keys)
        tables += tables_of_sheet
        if not tables_of_sheet and any(map(has_text, sheet.rows)):
            unread.append(_unread(sheet, book, keys))
    if not tables:
        raise WorkbookRefused("no_table", ", ".join(map(_usual_heading, _NAMES_OF_A_LIST)))
    return Roster(tables, unread)


def _usual_heading(name: str) -> str:
    return f"“{headings_of(name)[0]}”"


def _unread(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> UnreadSheet:
    """A sheet that is not read, with what the user needs to see whether it ought to be."""
    filled = [count_filled(row) for row in sheet.rows]
    lines = sum(count > 0 for count in filled)
    wide_lines = sum(count >= _WIDE for count in filled)
    is_list = sheet.hidden and bool(headings_on(sheet, book, keys))
    return UnreadSheet(sheet.name, lines, sheet.hidden, is_list, is_wide=wide_lines >= _WIDE)


def find_tables(
    sheets: Sequence[Sheet],
    book: HeadingBook | None = None,
    keys: frozenset[str] = PERSON_KEYS,
) -> list[FoundTable]:
    """The lists alone. Raises as ``find_roster`` does."""
    return find_roster(sheets, book, keys).tables


def _tables_of(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> list[FoundTable]:
    """All lists of a sheet, from top to bottom, each with the lines down to the next one."""
    headings = headings_on(sheet, book, keys)
    if not headings:
        return []
    starts = [0, *(heading.rows[0] for heading in headings[1:])]
    ends = [*starts[1:], len(sheet.rows)]
    hint = class_of_sheet(sheet.name)
    surroundings = Surroundings(hint)
    if says_who_left(sheet.name):
        surroundings = Surroundings(hint, section=sheet.name, is_over_classes=True)
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
    """The list below a heading, or the lists that stand there beside each other.

    ``lines`` are (first, end) of all lines of the heading, from those above it to the next heading. What was said
    above the lists (``surroundings``) holds for each of them; what the first one says holds for the lists below, too.
    """
    ranges = lists_of(heading.columns)
    if len(ranges) == 1:
        columns = assign(heading.columns, ranges[0], book)
        yield _table(sheet, heading, columns, lines, surroundings)
        return
    # each list begins with what was said above all of them; the first one carries it on to the lists below
    before = replace(surroundings)
    for first, end in ranges:
        part = _cut(sheet, heading, (first, end))
        around = surroundings
        if first:
            around = replace(before)
        columns = assign(heading.columns, (first, end), book)
        table = _table(part, heading, columns, lines, around)
        if first == 0 and table.rows:
            # a title above the first list mostly stands above all of them
            before.class_hint = table.rows[0].class_hint
        yield _named(table, f"{sheet.name}, cột {letters(first)}-{letters(end - 1)}")


def _cut(sheet: Sheet, heading: Heading, columns: tuple[int, int]) -> Sheet:
    """The sheet with only the cells of some columns, each where it stood."""
    first, end = columns
    if end == len(heading.columns):
        # the last list has what stands right of the headings, too
        end = max(end, max(map(len, sheet.rows), default=0))
    blank = (EMPTY,) * first
    rows: list[Cells] = []
    for row in sheet.rows:
        cells = row[first:end]
        if has_text(cells):
            rows.append((*blank, *cells))
        else:
            rows.append(())
    return replace(sheet, rows=rows)


def _with_places(tables: list[FoundTable]) -> list[FoundTable]:
    """Lists below each other are told apart by the row where they begin."""
    count_of = Counter(table.sheet for table in tables)
    placed: list[FoundTable] = []
    for table in tables:
        if count_of[table.sheet] > 1:
            table = _named(table, f"{table.sheet}, từ dòng {table.heading_row}")
        placed.append(table)
    return placed


def _named(table: FoundTable, name: str) -> FoundTable:
    """The list with another name of its sheet, in each of its rows as well."""
    rows = [replace(row, sheet=name) for row in table.rows]
    return replace(table, sheet=name, rows=rows)


def _table(
    sheet: Sheet,
    heading: Heading,
    columns: Columns,
    lines: tuple[int, int],
    surroundings: Surroundings,
) -> FoundTable:
    """The list below a heading: ``lines`` are its first line and the line behind its last one, as indices."""
    first_below = heading.rows[-1] + 1
    joined = join(columns, sheet.rows[first_below : lines[1]])
    classifier = LineClassifier(sheet, columns, joined, heading.rows, surroundings)
    rows, skipped = classifier.classify(*lines)
    joined, rows = _asking_about_contradicting(joined, rows)
    fields = _fields_read(joined)
    used: set[int] = set()
    used.update(*fields.values(), *joined.places.values())
    bare = _columns_without_heading(rows, columns, used)
    first_columns = {name: several[0] for name, several in fields.items()}
    whole_rows = [row.whole for row in rows]
    return FoundTable(
        sheet=sheet.name,
        heading_row=first_below,  # as Excel counts, from 1
        columns=first_columns,
        headings={name: columns.heading_at(index) for name, index in first_columns.items()},
        unknown=_unknown(columns, used, bare),
        rows=rows,
        skipped=skipped,
        all_headings=_headings_in(columns, joined, {*bare, *used}),
        joined=joined.places,
        others=_others(fields, joined),
        ambiguous=joined.ambiguous,
        unused=columns.unused | joined.unread,
        foreign=columns.foreign,
        notes=tuple(note(whole_rows) for note in joined.notes),
        kind=columns.kind,
        keys=_keys_of_answers(columns, joined),
    )


def _keys_of_answers(columns: Columns, joined: Joined) -> dict[int, str]:
    """{column: how an answer about it is named} of the columns that somebody is asked about."""
    keys: dict[int, str] = {}
    for candidates in joined.ambiguous.values():
        for index in candidates:
            keys[index] = columns.key_of(index)
    return keys


def _asking_about_contradicting(
    joined: Joined, rows: list[FoundRow]
) -> tuple[Joined, list[FoundRow]]:
    """Columns of one field that say different things are asked about, and till then not read.

    Returns how the list is read now, and its people without the fields in question.
    """
    contradicting = _contradicting(joined, rows)
    if not contradicting:
        return joined, rows
    columns = _without(joined.columns, contradicting)
    unread: list[FoundRow] = []
    for row in rows:
        cells = _without(row.cells, contradicting)
        more = _without(row.more, contradicting)
        unread.append(replace(row, cells=cells, more=more))
    ambiguous = joined.ambiguous | contradicting
    return replace(joined, columns=columns, ambiguous=ambiguous), unread


def _contradicting(joined: Joined, rows: Sequence[FoundRow]) -> ColumnsOf:
    """{field: its columns} of the fields whose columns say different things in some row."""
    fields = _fields_read(joined)
    several: Fields = {}
    for name, columns in joined.several.items():
        if name in fields:
            several[name] = columns
    unsure = [row.whole for row in rows if row.more]  # only those can hold different texts
    contradicting = contradicting_fields(several, unsure)
    if joined.repeated:
        # of a repeated heading one column alone was read, so that nothing stands in ``more``
        contradicting |= contradicting_fields(joined.repeated, [row.whole for row in rows])
    return contradicting


def _without(values: Mapping[str, T], names: Container[str]) -> dict[str, T]:
    """
    >>> _without({"gender": 1, "state": 2}, {"state"})
    {'gender': 1}
    """
    return {name: value for name, value in values.items() if name not in names}


def _fields_read(joined: Joined) -> Fields:
    """{field: its columns} of what is read; a whole address beside its parts says nothing more."""
    not_read = {"present_residence"}
    if not _PLACES.isdisjoint(joined.columns):
        not_read.add("residence")
    return _without(joined.columns, not_read)


def _headings_in(columns: Columns, joined: Joined, used: Iterable[int]) -> tuple[str, ...]:
    """The headings of this list alone, also where others stand beside it; as many as reach all ``used`` columns."""
    end = max(used, default=-1) + 1
    texts = [""] * max(end, len(columns.headings))
    for index in columns.indices:
        texts[index] = columns.headings[index]
    for index, text in joined.headings.items():
        texts[index] = text
    return tuple(texts)


def _others(fields: Fields, joined: Joined) -> ColumnsOf:
    """Where else the value of a field may stand; the halves of a name are no other place of it."""
    others: ColumnsOf = {}
    for name, several in fields.items():
        is_in_parts = len(several) > 2 and name in joined.places
        if len(several) > 1 and not is_in_parts:
            others[name] = tuple(several[1:])
    return others


def _unknown(columns: Columns, used: set[int], bare: Sequence[int]) -> list[str]:
    """The headings of the columns that are not read, then those without a heading by their letters."""
    unknown: list[str] = []
    for index in columns.indices:
        text = columns.headings[index]
        if text and index not in used and heading_key(text) not in COUNTERS:
            unknown.append(_with_owner(columns, index, text))
    for column in bare:
        unknown.append(f"cột {letters(column)} (không có tiêu đề)")
    return unknown


def _with_owner(columns: Columns, index: int, text: str) -> str:
    """A column that was left out because of the parent's name before it says so."""
    parent = columns.behind.get(index)
    if not parent:
        return text
    return f"{text} (cột {letters(index)}, sau cột “{parent}”)"


def _columns_without_heading(
    rows: Sequence[FoundRow], columns: Columns, used: set[int]
) -> list[int]:
    """Columns of no use that hold something all the same; one that only counts the rows is none."""
    width = max((len(row.whole) for row in rows), default=0)
    bare: list[int] = []
    for index in range(columns.first, width):
        if index in used or columns.heading_at(index):
            continue
        if _holds_more_than_numbers(rows, index):
            bare.append(index)
    return bare


def _holds_more_than_numbers(rows: Sequence[FoundRow], column: int) -> bool:
    """Does a column hold any text but the numbers of the rows?"""
    for row in rows:
        text = cell_at(row.whole, column).text.strip()
        if text and not text.isdecimal():
            return True
    return False
