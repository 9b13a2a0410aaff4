"""A block of texts from the clipboard as a list of people: its headings, and its columns as fields.

It is read by the same knowledge as a sheet, with two differences. A block may have no headings at all, so a first line
counts as headings only where it plainly is one. And nobody is left out: which lines are people is for the paste to see.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idapp.rosters.columns import Columns, assign, lists_of
from idapp.rosters.fields import COUNTERS, HeadingBook
from idapp.rosters.headings import Heading, heading_at
from idapp.rosters.joining import Joined, join
from idapp.rosters.owners import Column
from idapp.rosters.row_cells import Cells, ColumnsOf, Row, Rows, cell_at, count_filled, text_at
from idapp.rosters.second_columns import contradicting_fields, first_filled
from idapp.workbook.cells import EMPTY, Cell, Sheet

_TITLES = 5  # lines that may stand above the headings
_SAMPLES = 3
_MARKS = frozenset({"male_mark", "female_mark"})
_KEYS = frozenset({"full_name", "ministry_code", "record_id"})
_HALVES = frozenset({"family_name", "given_name"})


@dataclass(frozen=True)
class Candidate:
    """A column of which nobody can say whether it is the one: where it stands from 0, its heading, some values."""

    index: int
    heading: str
    samples: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """The lines below the headings.

    fields     the field of each column, "" for one that is not read
    headings   what stands above each column in the block; of joined columns all of it
    first      which line of the text ``rows[0]`` was, from 1
    handed     the same lines of the block as it was pasted
    ambiguous  {field: the columns of which the user must choose one}; such a field stands in no column
    lists      how many lists stand beside each other
    """

    fields: list[str]
    headings: list[str]
    rows: list[list[str]]
    first: int
    ambiguous: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    lists: int = 1
    handed: list[list[str]] = field(default_factory=list)


def read_block(
    rows: Sequence[Sequence[str]],
    chosen: Mapping[str, int] | None = None,
    handed: Sequence[Sequence[str]] = (),
) -> Block | None:
    """The block with its headings understood, or None where its first line is data.

    1. Titles above the headings are left out, parts of a name or a date become one column.
    2. Of several lists beside each other the first one says what the columns are.
    3. A field under two headings that contradict each other is asked about.

    ``chosen`` is {field: the column that is to be read}, as the user answered; ``handed`` the rectangle as it was
    pasted, whose lines below the headings are put into the same columns.
    """
    cells = _cells(rows)
    book = HeadingBook()
    heading = _heading(Sheet("", False, cells), book)
    if heading is None:
        return None
    first = heading.rows[-1] + 1
    below = cells[first:]
    if not below:
        return None
    ranges = lists_of(heading.columns)
    assigned = assign(heading.columns, ranges[0], book)
    columns = _with_choice(assigned, chosen or {})
    joined = join(columns, below)
    # fields under two headings that say different things on some line: a table has no place for both
    ambiguous = joined.ambiguous | contradicting_fields(joined.several, below)
    places = _places(columns, joined, ambiguous)
    candidates: dict[str, tuple[Candidate, ...]] = {}
    for name, indices in ambiguous.items():
        candidates[name] = tuple(_candidate(columns, below, index) for index in indices)
    return Block(
        fields=[name for name, _ in places],
        headings=[_heading_of(columns, joined, name, index) for name, index in places],
        rows=_lines(joined, places, below),
        first=first + 1,
        ambiguous=candidates,
        lists=len(ranges),
        handed=_lines(joined, places, _cells(handed)[first:]),
    )


def _cells(rows: Sequence[Sequence[str]]) -> list[Cells]:
    return [tuple(map(_cell, row)) for row in rows]


def _cell(text: str) -> Cell:
    if not text:
        return EMPTY
    return Cell(text, "text")


def _lines(
    joined: Joined, places: Sequence[tuple[str, int]], rows: Iterable[Row]
) -> list[list[str]]:
    """The texts of the block as its columns are in the end: one value for each of ``places``."""
    lines: list[list[str]] = []
    for row in rows:
        texts = [_text(joined, row, name, index) for name, index in places]
        lines.append(texts)
    return lines


def _heading(sheet: Sheet, book: HeadingBook) -> Heading | None:
    """The headings of a block, below a few lines of titles at most; None where its first line is data.

    A title is a line of several cells of which at most one is filled: a line of one cell may be a person.
    """
    for index, row in enumerate(sheet.rows[: _TITLES + 1]):
        heading = heading_at(sheet, index, book)
        if _is_sure(heading):
            return heading
        is_title = len(row) > 1 and count_filled(row) < 2
        if not is_title:
            return None
    return None


def _is_sure(heading: Heading) -> bool:
    """It names the people or their codes, or half of its texts are headings we know.

    Nobody is called "Họ và tên", so that one heading says it all: beside headings nobody knows, taking the row for data
    would write the columns under it into the wrong fields.
    """
    fields = {column.meaning.field for column in heading.columns if column.is_own}
    if fields & _KEYS or fields >= _HALVES:
        return True
    texts = 0
    known = 0
    for column in heading.columns:
        if not column.heading or column.key in COUNTERS:
            continue
        texts += 1
        if _is_a_heading(column):
            known += 1
    return known > 0 and texts <= known * 2


def _is_a_heading(column: Column) -> bool:
    """Does nothing but a heading say this?

    "Nữ" may be a value, and "Lan Anh" names somebody, but is no heading.
    """
    field = column.meaning.field
    return bool(field) and field not in _MARKS and not column.meaning.vague


def _with_choice(columns: Columns, chosen: Mapping[str, int]) -> Columns:
    """The columns as the user chose among them; a choice of any other column is none."""
    fields = dict(columns.fields)
    ambiguous = dict(columns.ambiguous)
    for name, index in chosen.items():
        candidates = (*fields.get(name, ()), *ambiguous.get(name, ()))
        if index in candidates:
            fields[name] = [index]
            ambiguous.pop(name, None)
    return replace(columns, fields=fields, ambiguous=ambiguous)


def _places(columns: Columns, joined: Joined, ambiguous: ColumnsOf) -> list[tuple[str, int]]:
    """(field, column) of each column that the block has in the end, in the order in which they stood.

    A column that is read together with another one, or that is asked about, has no place of its own.
    """
    fields_at: dict[int, list[str]] = {}
    for name, several in joined.columns.items():
        if name not in ambiguous:
            fields_at.setdefault(several[0], []).append(name)
    read = joined.used.difference(*ambiguous.values())
    places: list[tuple[str, int]] = []
    for index in range(columns.last):
        if index in fields_at:
            places += [(name, index) for name in fields_at[index]]
        elif index not in read:
            places.append(("", index))
    return places


def _heading_of(columns: Columns, joined: Joined, name: str, index: int) -> str:
    """What stands above a column, of joined columns all of it."""
    texts: dict[str, None] = {}  # a dict keeps the order
    for column in joined.places.get(name, (index,)):
        heading = columns.heading_at(column)
        if heading and column < columns.last:
            texts[heading] = None
    return " + ".join(texts)


def _text(joined: Joined, row: Row, name: str, index: int) -> str:
    """What stands in a row under a field, or in a column that is no field."""
    if name in joined.readers:
        return joined.readers[name](row).text
    several = joined.columns.get(name, [index])
    if len(several) > 1:
        return first_filled(name, row, several)[0].text
    return cell_at(row, index).text


def _candidate(columns: Columns, rows: Rows, index: int) -> Candidate:
    """A column with its heading and the first different values in it."""
    samples: dict[str, None] = {}  # a dict keeps the order
    for row in rows:
        if len(samples) == _SAMPLES:
            break
        text = text_at(row, index)
        if text:
            samples[text] = None
    return Candidate(index, columns.headings[index], tuple(samples))
