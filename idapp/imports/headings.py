"""Headings nobody recognises: what to ask, what to propose, what was said before.

Every province, every version of the ministry's pages and every teacher's own list calls a column otherwise. Where one
that is needed is not found, the user is shown the columns with a few of their values and says what they are. The answer
is kept for the next file: the office's for everybody, a teacher's for that teacher.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from idapp.database import writing
from idapp.imports.columns import KEYS, ParsedWorkbook
from idapp.models import HeadingMeaning, Import, User, utc_now
from idapp.rosters import (
    COUNTERS,
    FoundTable,
    HeadingBook,
    heading_key,
    headings_of,
    known_headings,
)
from idapp.rosters.agreement import agree
from idapp.rosters.fields import is_insurance, whose_is
from idapp.rosters.headings import HEADING_WITHIN
from idapp.rosters.second_columns import contradicting_rows
from idapp.rules import birth_date, record
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.workbook import Cell, Sheet
from idapp.workbook.cells import letters

NEEDED = ("full_name", "date_of_birth", "gender", "identity_number")
_SAMPLES = 3
_LOOKED_AT = 40
_LIKELY = 0.6
_OLD_DISTRICT = "Quận/Huyện (địa chỉ trước 07/2025)"
_DISTRICT = re.compile(r"\b(huyện|quận|thị xã|tx|huyen|quan|thi xa)\b")
_HALF_OF = {"family_name": "full_name", "given_name": "full_name"}
_PATTERNS = {
    "identity_number": r"dinh danh|ddcn|cccd|cmnd|cmt|can cuoc",
    "date_of_birth": r"\bsinh\b|nam sinh",
    "gender": r"gioi tinh|\bphai\b|nam nu",
    "family_name": r"^ho\b.*\b(dem|lot)\b",
    "given_name": r"^ten( goi| rieng)?$",
    "full_name": r"\bten\b",
    "school_class": r"\blop\b",
    "ministry_code": r"\bma\b.*(dinh danh|bo|nganh)",
}


@dataclass(frozen=True)
class UnknownColumn:
    """A column to be explained: its heading, some of its values, what it probably is ("" nobody knows)."""

    key: str
    heading: str
    samples: list[str]
    guess: str


def meanings_for(by: User) -> dict[str, str]:
    """What was explained before: {folded heading: field, or "" for of no use}. The own word counts before others'."""
    query = HeadingMeaning.select(HeadingMeaning, User).join(User).order_by(HeadingMeaning.at)
    found = [m for m in query if m.user_id == by.id or m.user.role in ("clerk", "principal")]
    return {m.key: m.field for m in sorted(found, key=lambda m: m.user_id == by.id)}


def explained_by(by: User) -> list[HeadingMeaning]:
    """For the page that lets the user take an explanation back."""
    return list(
        HeadingMeaning.select().where(HeadingMeaning.user == by).order_by(HeadingMeaning.heading)
    )


def explained_in(upload: Import, by: User) -> list[HeadingMeaning]:
    """Which columns of a file are understood as this user once said."""
    keys = {heading_key(heading) for table in upload.tables for heading in table["headings"]}
    return [meaning for meaning in explained_by(by) if meaning.key in keys]


def forget_all_in(upload: Import, *, by: User) -> int:
    """So that the file is asked about again when it comes again."""
    with writing():
        ids = [meaning.id for meaning in explained_in(upload, by)]
        return int(HeadingMeaning.delete().where(HeadingMeaning.id.in_(ids)).execute())


def remember(columns: Mapping[str, str], headings: Mapping[str, str], *, by: User) -> None:
    """{key: field}; ``headings`` is {key: heading as it stood}."""
    with writing():
        for key, field in columns.items():
            HeadingMeaning.delete().where(
                HeadingMeaning.user == by, HeadingMeaning.key == key
            ).execute()
            HeadingMeaning.create(
                user=by, key=key, heading=headings.get(key, key), field=field, at=utc_now()
            )


def forget(meaning_id: int, *, by: User) -> bool:
    with writing():
        return bool(
            HeadingMeaning.delete()
            .where(HeadingMeaning.id == meaning_id, HeadingMeaning.user == by)
            .execute()
        )


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
        return _which_one(reading.asked, reading)
    if reading.shape == "own":
        return None
    place = _place_of(reading, every=every)
    is_worth_it = _always if every else _is_there
    return _about_columns(place, reading.columns, meanings, answered, is_worth_it)


def _about_columns(
    place: "_Place",
    known: Collection[str],
    meanings: Mapping[str, str],
    answered: Collection[str],
    is_worth_it: Callable[[Sequence[UnknownColumn], Collection[str]], bool],
) -> dict[str, Any] | None:
    """The question about the columns of a list nobody recognises; None where it is not worth to be asked."""
    missing = _missing(known)
    if not missing and is_worth_it is not _always:
        return None
    columns = [c for c in _columns(place) if not meanings.get(c.key) and c.key not in answered]
    new = [column for column in columns if column.key not in meanings]
    if not columns or not is_worth_it(new, missing):
        return None
    sentence = f"Chưa nhận ra cột nào là {_listed(missing)}."
    return {
        "kind": "columns",
        "sheet": place.sheet,
        "row": place.row,
        "missing": missing,
        "known": place.known,
        "columns": [vars(column) for column in columns],
        "sentence": sentence if missing else "Có cột chưa dùng đến.",
    }


def _always(_: Sequence[UnknownColumn], __: Collection[str]) -> bool:
    return True


def _is_there(columns: Sequence[UnknownColumn], missing: Collection[str]) -> bool:
    """Is one of the columns probably what is missing? Else the file simply does not have it."""
    return any(_HALF_OF.get(column.guess, column.guess) in missing for column in columns)


def _which_one(table: FoundTable, reading: ParsedWorkbook) -> dict[str, Any]:
    """Columns of one field, or one that may be a parent's: the user sees all of them and says which it is.

    ``examples`` are rows in which the columns say different things, ``differing`` is how many there are.
    """
    field, preferred_first = next(iter(table.ambiguous.items()))
    likely = _likely(table, field, preferred_first)
    candidates = sorted(preferred_first)
    are_alike = len({heading_key(table.all_headings[index]) for index in candidates}) == 1
    columns = [
        UnknownColumn(
            table.keys[index],
            f"{table.all_headings[index]} (cột {letters(index)}{_behind(table, index) if are_alike else ''})",
            _samples([_text_at(row.whole, index) for row in table.rows]),
            field if index == likely else "",
        )
        for index in candidates
    ]
    return {
        "kind": "columns",
        "repeated": True,
        "staff": table.kind == "staff",
        "sheet": table.sheet,
        "row": table.heading_row,
        "missing": [field],
        "known": table.headings,
        "columns": [
            vars(column) | {"filled": _filled(table, index)}
            for column, index in zip(columns, candidates, strict=True)
        ],
        "sentence": _which_one_sentence(table, field, candidates),
        "rows": len(table.rows),
        "differing": _differing(table, field, candidates, reading),
        "examples": _examples(table, field, candidates),
    }


def _filled(table: FoundTable, index: int) -> int:
    return sum(1 for row in table.rows if _text_at(row.whole, index))


def _differing(
    table: FoundTable, field: str, candidates: Sequence[int], reading: ParsedWorkbook
) -> int:
    """In how many rows the columns say different things, in every list to which the answer will apply."""
    keys = {at: table.keys[at] for at in candidates}
    return sum(
        len(contradicting_rows(field, candidates, [row.whole for row in other.rows]))
        for other in reading.tables
        if keys.items() <= other.keys.items()
    )


def _examples(table: FoundTable, field: str, candidates: Sequence[int]) -> list[dict[str, Any]]:
    """A few rows with what stands in each of the columns; rows that contradict each other first."""
    if len(candidates) < 2:
        return []
    lines = [row.whole for row in table.rows]
    contradicting = contradicting_rows(field, candidates, lines, most=_SAMPLES)
    one_sided = [
        at for at, line in enumerate(lines) if len({_text_at(line, c) for c in candidates}) > 1
    ]
    shown = list(dict.fromkeys([*contradicting, *one_sided]))[:_SAMPLES]
    return [
        {
            "row": table.rows[at].number,
            "name": tidy(table.rows[at].text("full_name"))[:60],
            "texts": [tidy(_text_at(lines[at], index))[:60] for index in candidates],
        }
        for at in shown
    ]


def _likely(table: FoundTable, field: str, candidates: Sequence[int]) -> int | None:
    """The column to be proposed: the one whose numbers have the years of the birth dates, else the first.

    Nothing is proposed for an only column behind a parent's name, or where all numbers are of other years.
    """
    if len(candidates) == 1:
        return None
    date = table.columns.get("date_of_birth")
    if field != "identity_number" or date is None:
        return candidates[0]
    fits = {
        index: agree((_text_at(row.whole, index), _text_at(row.whole, date)) for row in table.rows)
        for index in candidates
    }
    possible = [index for index in candidates if fits[index] is not False]
    proven = [index for index in possible if fits[index]]
    return next(iter(proven or possible), None)


def _which_one_sentence(table: FoundTable, field: str, candidates: Sequence[int]) -> str:
    whose = "cán bộ" if table.kind == "staff" else "học sinh"
    headings = [f"“{table.all_headings[index]}”" for index in candidates]
    places = [letters(index) for index in candidates]
    if len(candidates) == 1:
        return f"Cột {headings[0]} ({places[0]}) là của {whose} hay của cha mẹ?"
    if len(set(headings)) == 1:
        names = f"{headings[0]} ({', '.join(places)})"
    else:
        columns = [f"{text} ({at})" for text, at in zip(headings, places, strict=True)]
        names = f"{', '.join(columns[:-1])} và {columns[-1]}"
    return f"Tệp có {len(candidates)} cột {names}: cột nào là {label_of(field)} của {whose}?"


def _behind(table: FoundTable, index: int) -> str:
    """Between which columns it stands, for whose it is shows there."""
    before = table.all_headings[index - 1] if index else ""
    return f", sau cột “{before}”" if before else ""


def label_of(field: str) -> str:
    words = {
        "school_class": "Lớp",
        "state": "Trạng thái",
        "record_id": "Mã hồ sơ",
        "version": "Phiên bản",
        "family_name": "Họ và tên đệm",
        "given_name": "Tên",
    }
    if field in record.FIELD:
        return record.FIELD[field].label
    return words.get(field) or next(iter(headings_of(field)), field)


def choices(questions: Iterable[Mapping[str, Any]], epoch: str) -> list[tuple[str, str]]:
    """What a column can be: (field, label).

    In two levels the district is one only where a column that is asked about names districts: that is how a file of
    before 01/07/2025 says which commune it means.
    """
    halves = [
        ("family_name", "Họ và tên đệm (ghép với cột Tên)"),
        ("given_name", "Tên (ghép sau cột Họ và tên đệm)"),
    ]
    labels = {f.name: f.label for f in record.FIELDS}
    if epoch == "2level":
        labels.pop("district")
        if any(_names_districts(column) for q in questions for column in q.get("columns", ())):
            labels["district"] = _OLD_DISTRICT
    first, *others = labels.items()
    return [("school_class", "Lớp"), first, *halves, *others, ("state", "Trạng thái")]


def _names_districts(column: Mapping[str, Any]) -> bool:
    texts = [column["heading"], *column.get("samples", ())]
    return any(_DISTRICT.search(tidy(text).lower()) for text in texts)


def _listed(fields: Iterable[str]) -> str:
    return ", ".join(label_of(field) for field in fields)


def _missing(known: Collection[str]) -> list[str]:
    needed = [f for f in NEEDED if f not in known]
    return [f for f in needed if f != "full_name" or not KEYS & set(known)]


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
    row = _fullest_row(sheets)
    if row is None:
        return None
    sheet, at = row
    texts = [cell.text for cell in sheet.rows[at]]
    known = known_headings(texts, HeadingBook(meanings))
    settled = {
        index
        for index, text in enumerate(texts)
        if tidy(text) in known.values() or whose_is(text) or is_insurance(text)
    }
    return _Place(sheet.name, at + 1, known, texts, settled, sheet.rows[at + 1 :])


def _fullest_row(sheets: Sequence[Sheet]) -> tuple[Sheet, int] | None:
    """The row with the most different words among the first of each sheet, if it has more than two."""
    rows = [
        (_words_in(row), sheet, at)
        for sheet in sheets
        if not sheet.hidden
        for at, row in enumerate(sheet.rows[:HEADING_WITHIN])
        if at + 1 < len(sheet.rows)
    ]
    most, sheet, at = max(rows, key=lambda row: row[0], default=(0, None, 0))
    return (sheet, at) if sheet is not None and most > 2 else None


def _words_in(row: Sequence[Cell]) -> int:
    keys = {heading_key(cell.text) for cell in row if cell.kind == "text"}
    return sum(1 for key in keys if re.search("[a-z]", key))


def _once(columns: list[UnknownColumn]) -> list[UnknownColumn]:
    """Many columns hold names (parents, places) or dates: without a word in the heading only the first is proposed as
    such, and none where another heading says it. Half a name is proposed only beside the other half."""
    guesses = {c.guess for c in columns}
    if not guesses >= set(_HALF_OF):
        columns = [replace(c, guess=_HALF_OF.get(c.guess, c.guess)) for c in columns]
    elif "full_name" in guesses:
        columns = [replace(c, guess="") if c.guess == "full_name" else c for c in columns]
    for field in ("full_name", "date_of_birth"):
        found = [c for c in columns if c.guess == field]
        kept = next(
            (c for c in found if re.search(_PATTERNS[field], c.key)), found[0] if found else None
        )
        columns = [c if c is kept or c.guess != field else replace(c, guess="") for c in columns]
    return columns


def _columns(place: _Place) -> list[UnknownColumn]:
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
        guess = _guess(heading, values)
        columns.append(UnknownColumn(key, heading[:120], _samples(values), guess))
    return _once(columns)


def _text_at(row: Sequence[Cell], index: int) -> str:
    return row[index].text.strip() if index < len(row) else ""


def _samples(values: Iterable[str]) -> list[str]:
    texts = (tidy(text)[:60] for text in values)
    return list(dict.fromkeys(text for text in texts if text))[:_SAMPLES]


def _guess(heading: str, values: Sequence[str]) -> str:
    """By the words of the heading where the values allow it, else by the values alone."""
    key = heading_key(heading)
    fitting = {field for field, fits in _FITS.items() if values and _share(values, fits) >= _LIKELY}
    for field, words in _PATTERNS.items():
        if re.search(words, key) and (field in fitting or field not in _FITS):
            return field
    return next(
        (f for f in ("identity_number", "gender", "date_of_birth", "full_name") if f in fitting), ""
    )


def _share(values: Sequence[str], fits: Any) -> float:
    return sum(bool(fits(value)) for value in values) / len(values)


def _is_date(text: str) -> bool:
    try:
        return bool(birth_date.validate(tidy(text), current().today()))
    except Problem:
        return False


_FITS = {
    "identity_number": lambda text: re.fullmatch(
        r"[0-9]{9}|[0-9]{11,12}", re.sub(r"[\s.]", "", text)
    ),
    "date_of_birth": _is_date,
    "gender": lambda text: fold(text) in ("nam", "nu"),
    "full_name": lambda text: (
        1 < len(text.split()) < 7 and text.istitle() and not re.search(r"[0-9,.:/(]", text)
    ),
}
