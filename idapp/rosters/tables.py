"""Finding the lists of people in the sheets of a workbook, and which lines below their headings are people.

Real files have columns in any order, class names on rows of their own, two lists beside each other or one below the
other, signatures at the end, and phantom rows that hold a running number or "36" only. Nothing is dropped without a
trace: each skipped line is listed with its kind and text, each sheet that is not read is named. What a value means
(whose name, which date) is not decided here.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from idapp.rosters.columns import (
    PERSON_KEYS,
    Columns,
    assign,
    lists_of,
)
from idapp.rosters.fields import COUNTERS, HeadingBook, heading_key, headings_of
from idapp.rosters.headings import Heading, headings_on
from idapp.rosters.joining import Joined, join
from idapp.rosters.lines import (
    FoundRow,
    LineSorter,
    Skipped,
    Surroundings,
    class_of_sheet,
)
from idapp.rosters.second_columns import contradicting_fields
from idapp.rosters.sections import says_who_left
from idapp.workbook.cells import EMPTY, Cell, Sheet, WorkbookRefused, letters

_WIDE = 3  # lines with as many cells: a table, and no catalogue
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
            is_list = sheet.hidden and bool(headings_on(sheet, book, keys))
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


def _tables_of(sheet: Sheet, book: HeadingBook, keys: frozenset[str]) -> list[FoundTable]:
    headings = headings_on(sheet, book, keys)
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
    joined, rows = _asking_about_contradicting(joined, rows)
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


def _asking_about_contradicting(
    joined: Joined, rows: list[FoundRow]
) -> tuple[Joined, list[FoundRow]]:
    """Columns of one field that say different things are asked about, and till then not read."""
    read = _fields_read(joined)
    several = {name: found for name, found in joined.several.items() if name in read}
    unsure = [row.whole for row in rows if row.more]  # only those can hold different texts
    asked = contradicting_fields(several, unsure)
    if joined.repeated:
        asked |= contradicting_fields(joined.repeated, [row.whole for row in rows])
    if not asked:
        return joined, rows
    columns = {name: found for name, found in joined.columns.items() if name not in asked}
    without = [
        replace(
            row,
            cells={name: cell for name, cell in row.cells.items() if name not in asked},
            more={name: cells for name, cells in row.more.items() if name not in asked},
        )
        for row in rows
    ]
    return replace(joined, columns=columns, asked=joined.asked | asked), without


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
