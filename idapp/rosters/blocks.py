"""A block of texts from the clipboard as a list of people: its headings, and its columns as fields.

It is read by the same knowledge as a sheet, with two differences. A block may have no headings at all, so a first line
counts as headings only where it plainly is one. And nobody is left out: which lines are people is for the paste to see.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idapp.rosters.columns import Columns, assign, lists_of
from idapp.rosters.fields import COUNTERS, HeadingBook, heading_key
from idapp.rosters.headings import Heading, heading_at
from idapp.rosters.joining import Joined, Row, join
from idapp.rosters.owners import Column
from idapp.rosters.second_columns import contradicting_fields, first_filled
from idapp.rules.folding import tidy
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

    fields    the field of each column, "" for one that is not read
    headings  what stands above each column in the block; of joined columns all of it
    first     which line of the text ``rows[0]`` was, from 1
    handed    the same lines of the block as it was pasted
    asked     {field: the columns of which the user must choose one}; such a field stands in no column
    lists     how many lists stand beside each other
    """

    fields: list[str]
    headings: list[str]
    rows: list[list[str]]
    first: int
    asked: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    lists: int = 1
    handed: list[list[str]] = field(default_factory=list)


def read_block(
    rows: Sequence[Sequence[str]],
    chosen: Mapping[str, int] | None = None,
    handed: Sequence[Sequence[str]] = (),
) -> Block | None:
    """The block with its headings understood, or None where its first line is data.

    ``chosen`` is {field: the column that is to be read}, as the user answered; ``handed`` the rectangle as it was
    pasted, whose lines below the headings are put into the same columns.
    """
    cells = _cells(rows)
    book = HeadingBook()
    found = _heading(Sheet("", False, cells), book)
    if found is None or found.rows[-1] + 1 >= len(cells):
        return None
    ranges = lists_of(found.columns)
    below = cells[found.rows[-1] + 1 :]
    columns = _with_choice(assign(found.columns, ranges[0], book), chosen or {})
    joined = join(columns, below)
    asked = joined.asked | _differing(joined, below)
    places = _places(columns, joined, asked)
    return Block(
        [name for name, _ in places],
        [_heading_of(columns, joined, name, index) for name, index in places],
        _lines(joined, places, below),
        found.rows[-1] + 2,
        {name: _candidates(columns, below, indices) for name, indices in asked.items()},
        len(ranges),
        _lines(joined, places, _cells(handed)[found.rows[-1] + 1 :]),
    )


def _cells(rows: Sequence[Sequence[str]]) -> list[tuple[Cell, ...]]:
    return [tuple(Cell(text, "text") if text else EMPTY for text in row) for row in rows]


def _lines(
    joined: Joined, places: Sequence[tuple[str, int]], rows: Iterable[Row]
) -> list[list[str]]:
    return [[_text(joined, row, name, index) for name, index in places] for row in rows]


def _heading(sheet: Sheet, book: HeadingBook) -> Heading | None:
    """The headings of a block, below a few lines of titles at most."""
    for index, row in enumerate(sheet.rows[: _TITLES + 1]):
        heading = heading_at(sheet, index, book)
        if _is_sure(heading):
            return heading
        is_title = len(row) > 1 and sum(1 for cell in row if cell.text.strip()) < 2
        if not is_title:
            return None
    return None


def _is_sure(heading: Heading) -> bool:
    """It names the people or their codes, or half of its texts are headings we know.

    Nobody is called "Họ và tên", so that one heading says it all: beside headings nobody knows, taking the row for data
    would write the columns under it into the wrong fields.
    """
    own = {column.meaning.field for column in heading.columns if column.is_own}
    if _KEYS & own or own >= _HALVES:
        return True
    texts = [c for c in heading.columns if c.heading and heading_key(c.heading) not in COUNTERS]
    known = [column for column in texts if _is_a_heading(column)]
    return bool(known) and len(texts) <= len(known) * 2


def _is_a_heading(column: Column) -> bool:
    """Does nothing but a heading say this? "Nữ" may be a value, and "Lan Anh" names somebody, but is no heading."""
    field = column.meaning.field
    return bool(field) and field not in _MARKS and not column.meaning.vague


def _with_choice(columns: Columns, chosen: Mapping[str, int]) -> Columns:
    fields = dict(columns.fields)
    asked = dict(columns.asked)
    for name, index in chosen.items():
        if index in (*fields.get(name, ()), *asked.get(name, ())):
            fields[name] = [index]
            asked.pop(name, None)
    return replace(columns, fields=fields, asked=asked)


def _differing(joined: Joined, rows: Sequence[Row]) -> dict[str, tuple[int, ...]]:
    """Fields under two headings that say different things on some line: in a table there is no place for both."""
    return contradicting_fields(joined.several, rows)


def _places(
    columns: Columns, joined: Joined, asked: Mapping[str, tuple[int, ...]]
) -> list[tuple[str, int]]:
    """(field, column) of each column that the block has in the end, in the order in which they stood."""
    fields_at: dict[int, list[str]] = {}
    for name, found in joined.columns.items():
        if name not in asked:
            fields_at.setdefault(found[0], []).append(name)
    read = joined.used - {index for candidates in asked.values() for index in candidates}
    places: list[tuple[str, int]] = []
    for index in range(columns.last):
        if index in fields_at:
            places += [(name, index) for name in fields_at[index]]
        elif index not in read:
            places.append(("", index))
    return places


def _heading_of(columns: Columns, joined: Joined, name: str, index: int) -> str:
    texts = [columns.headings[at] for at in joined.places.get(name, (index,)) if at < columns.last]
    return " + ".join(dict.fromkeys(text for text in texts if text))


def _text(joined: Joined, row: Row, name: str, index: int) -> str:
    if name in joined.readers:
        return joined.readers[name](row).text
    found = joined.columns.get(name, [index])
    if len(found) > 1:
        return first_filled(name, row, found)[0].text
    return row[index].text if index < len(row) else ""


def _candidates(
    columns: Columns, rows: Sequence[Row], indices: Sequence[int]
) -> tuple[Candidate, ...]:
    found: list[Candidate] = []
    for index in indices:
        texts = [tidy(row[index].text) for row in rows if index < len(row)]
        samples = tuple(dict.fromkeys(text for text in texts if text))[:_SAMPLES]
        found.append(Candidate(index, columns.headings[index], samples))
    return tuple(found)
