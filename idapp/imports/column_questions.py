"""What must be asked about the columns of a file: what an unknown one is, or which of several is meant.

The user is shown the columns with a few of their values, and a proposal where there is one (``column_guesses``).
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from idapp.imports.column_guesses import HALF_OF, UnknownColumn, each_once, guess
from idapp.imports.columns import KEYS, ParsedWorkbook
from idapp.imports.headings import label_of
from idapp.rosters import COUNTERS, FoundTable, HeadingBook, heading_key, known_headings
from idapp.rosters.agreement import agree
from idapp.rosters.fields import is_insurance, whose_is
from idapp.rosters.headings import HEADING_WITHIN
from idapp.rosters.second_columns import contradicting_rows
from idapp.rules.folding import tidy
from idapp.workbook import Cell, Sheet
from idapp.workbook.cells import letters

NEEDED = ("full_name", "date_of_birth", "gender", "identity_number")
_SAMPLES = 3
_LONGEST_SAMPLE = 60
_LONGEST_HEADING = 120
_LOOKED_AT = 40
_LETTER = re.compile("[a-z]")  # of a folded text
_FEWEST_WORDS = 3  # of a row that may be one of headings


def question(
    sheets: Sequence[Sheet],
    reading: ParsedWorkbook | None,
    meanings: Mapping[str, str],
    answered: Collection[str] = (),
    *,
    every: bool = False,
) -> dict[str, Any] | None:
    """What must be asked about the columns of this file, or None; ``every``: also where none that is needed is missing.
    Kept with the upload as it is.

    A column once said to be of no use is shown again when something else is asked, not when it was ``answered`` for
    this very file.
    """
    if reading is None:
        place = _place_in(sheets, meanings)
        if place is None:
            return None
        return _about_columns(place, set(place.known), meanings, answered, _always)
    if reading.asked is not None:
        return _which_column(reading.asked, reading)
    if reading.shape == "own":
        return None
    place = _place_of(reading, every=every)
    if every:
        return _about_columns(place, reading.columns, meanings, answered, _always)
    if not _missing(reading.columns):  # spares most files a look at all their values
        return None
    return _about_columns(place, reading.columns, meanings, answered, _is_there)


# --- what is an unknown column? ---


def _about_columns(
    place: "_Place",
    known: Collection[str],
    meanings: Mapping[str, str],
    answered: Collection[str],
    is_worth_it: Callable[[Sequence[UnknownColumn], Collection[str]], bool],
) -> dict[str, Any] | None:
    """The question about the columns of a list nobody recognises; None where it is not worth to be asked."""
    missing = _missing(known)
    settled = {key for key, field in meanings.items() if field}.union(answered)
    columns = [column for column in _unknown_columns(place) if column.key not in settled]
    new = [column for column in columns if column.key not in meanings]
    if not columns or not is_worth_it(new, missing):
        return None
    return {
        "kind": "columns",
        "sheet": place.sheet,
        "row": place.row,
        "missing": missing,
        "known": place.known,
        "columns": list(map(vars, columns)),
        "sentence": _columns_sentence(missing),
    }


def _columns_sentence(missing: Collection[str]) -> str:
    if not missing:
        return "Có cột chưa dùng đến."
    return f"Chưa nhận ra cột nào là {', '.join(map(label_of, missing))}."


def _always(_: Sequence[UnknownColumn], __: Collection[str]) -> bool:
    return True


def _is_there(columns: Sequence[UnknownColumn], missing: Collection[str]) -> bool:
    """Is one of the columns probably what is missing? Else the file simply does not have it."""
    return any(HALF_OF.get(column.guess, column.guess) in missing for column in columns)


def _missing(known: Collection[str]) -> list[str]:
    missing = [field for field in NEEDED if field not in known]
    # a code, or our hidden id, says whose row it is without a name
    if "full_name" in missing and KEYS & set(known):
        missing.remove("full_name")
    return missing


def _unknown_columns(place: "_Place") -> list[UnknownColumn]:
    columns: list[UnknownColumn] = []
    for index, text in enumerate(place.headings):
        heading = tidy(text)
        key = heading_key(heading)
        if not heading or index in place.settled or key in COUNTERS:
            continue
        below = (_text_at(row, index) for row in place.lines)
        # without the heading that stands again above the next class
        filled = (text for text in below if text and heading_key(text) != key)
        values = list(islice(filled, _LOOKED_AT))
        columns.append(
            UnknownColumn(key, heading[:_LONGEST_HEADING], _samples(values), guess(heading, values))
        )
    return each_once(columns)


# --- which of several columns is it? ---


def _which_column(table: FoundTable, reading: ParsedWorkbook) -> dict[str, Any]:
    """Columns of one field, or one that may be a parent's: the user sees all of them and says which it is.

    ``examples`` are rows in which the columns say different things, ``differing`` is how many there are.
    """
    field, preferred_first = next(iter(table.ambiguous.items()))
    likely = _likely(table, field, preferred_first)
    candidates = sorted(preferred_first)
    names = {heading_key(table.all_headings[index]) for index in candidates}
    are_alike = len(names) == 1
    columns = []
    for index in candidates:
        column = _candidate(table, index, are_alike=are_alike)
        column["filled"] = len(list(filter(None, _column_texts(table, index))))
        if index == likely:
            column["guess"] = field
        columns.append(column)
    return {
        "kind": "columns",
        "repeated": True,
        "staff": table.kind == "staff",
        "sheet": table.sheet,
        "row": table.heading_row,
        "missing": [field],
        "known": table.headings,
        "columns": columns,
        "sentence": _which_column_sentence(table, field, candidates),
        "rows": len(table.rows),
        "differing": _differing(table, field, candidates, reading),
        "examples": _examples(table, field, candidates),
    }


def _candidate(table: FoundTable, index: int, *, are_alike: bool) -> dict[str, Any]:
    """One of the columns, with its place; of columns with the same heading also what stands before it."""
    place = f"cột {letters(index)}"
    if are_alike:
        place += _behind(table, index)
    samples = _samples(_column_texts(table, index))
    heading = f"{table.all_headings[index]} ({place})"
    return dict(vars(UnknownColumn(table.keys[index], heading, samples, "")))


def _differing(
    table: FoundTable, field: str, candidates: Sequence[int], reading: ParsedWorkbook
) -> int:
    """In how many rows the columns say different things, in every list to which the answer will apply."""
    keys = {index: table.keys[index] for index in candidates}
    count = 0
    for other in reading.tables:
        if keys.items() <= other.keys.items():
            lines = [row.whole for row in other.rows]
            count += len(contradicting_rows(field, candidates, lines))
    return count


def _examples(table: FoundTable, field: str, candidates: Sequence[int]) -> list[dict[str, Any]]:
    """A few rows with what stands in each of the columns; rows that contradict each other first."""
    if len(candidates) < 2:
        return []
    lines = [row.whole for row in table.rows]
    contradicting = contradicting_rows(field, candidates, lines, most=_SAMPLES)
    in_columns = zip(*(_column_texts(table, index) for index in candidates), strict=True)
    one_sided = [position for position, texts in enumerate(in_columns) if len(set(texts)) > 1]
    shown = list(dict.fromkeys([*contradicting, *one_sided]))[:_SAMPLES]
    return [_example(table, position, candidates) for position in shown]


def _example(table: FoundTable, position: int, candidates: Sequence[int]) -> dict[str, Any]:
    row = table.rows[position]
    return {
        "row": row.number,
        "name": tidy(row.text("full_name"))[:_LONGEST_SAMPLE],
        "texts": [tidy(_text_at(row.whole, index))[:_LONGEST_SAMPLE] for index in candidates],
    }


def _likely(table: FoundTable, field: str, candidates: Sequence[int]) -> int | None:
    """The column to be proposed: the one whose numbers have the years of the birth dates, else the first.

    Nothing is proposed for an only column behind a parent's name, or where all numbers are of other years.
    """
    if len(candidates) == 1:
        return None
    date = table.columns.get("date_of_birth")
    if field != "identity_number" or date is None:
        return candidates[0]
    possible = []
    for index in candidates:
        fits = _agrees_with_births(table, index, date)
        if fits:
            return index
        if fits is None:  # too few numbers to tell
            possible.append(index)
    return next(iter(possible), None)


def _agrees_with_births(table: FoundTable, index: int, date: int) -> bool | None:
    """Of the numbers in a column; None where too few can be compared."""
    return agree(zip(_column_texts(table, index), _column_texts(table, date), strict=True))


def _which_column_sentence(table: FoundTable, field: str, candidates: Sequence[int]) -> str:
    whose = "học sinh"
    if table.kind == "staff":
        whose = "cán bộ"
    headings = [f"“{table.all_headings[index]}”" for index in candidates]
    places = [letters(index) for index in candidates]
    if len(candidates) == 1:
        return f"Cột {headings[0]} ({places[0]}) là của {whose} hay của cha mẹ?"
    if len(set(headings)) == 1:
        names = f"{headings[0]} ({', '.join(places)})"
    else:
        columns = [f"{text} ({place})" for text, place in zip(headings, places, strict=True)]
        names = f"{', '.join(columns[:-1])} và {columns[-1]}"
    return f"Tệp có {len(candidates)} cột {names}: cột nào là {label_of(field)} của {whose}?"


def _behind(table: FoundTable, index: int) -> str:
    """Between which columns it stands, for whose it is shows there."""
    if index == 0 or not table.all_headings[index - 1]:
        return ""
    return f", sau cột “{table.all_headings[index - 1]}”"


# --- where the headings stand ---


@dataclass(frozen=True)
class _Place:
    """The headings of a list, what is understood of them, and the lines below."""

    sheet: str
    row: int
    known: Mapping[str, str]
    headings: Sequence[str]
    settled: Collection[int]  # columns that need no explanation
    lines: Sequence[Sequence[Cell]]


def _place_of(reading: ParsedWorkbook, *, every: bool) -> _Place:
    """``every``: a column known to be of no use is shown too, unless it is another person's."""
    table = reading.tables[0]
    settled = table.read | table.foreign
    if not every:
        settled |= table.unused
    lines = [row.whole for row in table.rows]
    return _Place(
        table.sheet, table.heading_row, table.headings, table.all_headings, settled, lines
    )


def _place_in(sheets: Sequence[Sheet], meanings: Mapping[str, str]) -> _Place | None:
    """Where nobody can be read yet: the first row that is as full of words as any."""
    fullest = _fullest_row(sheets)
    if fullest is None:
        return None
    sheet, index = fullest
    texts = [cell.text for cell in sheet.rows[index]]
    known = known_headings(texts, HeadingBook(meanings))
    settled = set[int]()
    for column, text in enumerate(texts):
        if tidy(text) in known.values() or whose_is(text) or is_insurance(text):
            settled.add(column)
    return _Place(sheet.name, index + 1, known, texts, settled, sheet.rows[index + 1 :])


def _fullest_row(sheets: Sequence[Sheet]) -> tuple[Sheet, int] | None:
    """The row with the most different words among the first of each sheet, if it has enough of them."""
    fullest: tuple[Sheet, int] | None = None
    most = _FEWEST_WORDS - 1
    for sheet in sheets:
        if sheet.hidden:
            continue
        # the last row has nobody below it
        for index, row in enumerate(sheet.rows[:-1][:HEADING_WITHIN]):
            words = _words_in(row)
            if words > most:
                most = words
                fullest = (sheet, index)
    return fullest


def _words_in(row: Sequence[Cell]) -> int:
    """How many different texts with letters; a number, or a line of signs, is no heading."""
    keys = set[str]()
    for cell in row:
        key = heading_key(cell.text)
        if cell.kind == "text" and _LETTER.search(key):
            keys.add(key)
    return len(keys)


def _column_texts(table: FoundTable, index: int) -> list[str]:
    return [_text_at(row.whole, index) for row in table.rows]


def _text_at(row: Sequence[Cell], index: int) -> str:
    if index >= len(row):
        return ""
    return row[index].text.strip()


def _samples(values: Iterable[str]) -> list[str]:
    texts = (tidy(text)[:_LONGEST_SAMPLE] for text in values)
    return list(dict.fromkeys(filter(None, texts)))[:_SAMPLES]
