"""Headings nobody recognises: what to ask, what to propose, what was said before.

Every province, every version of the ministry's pages and every teacher's own list calls a column otherwise. Where one
that is needed is not found, the user is shown the columns with a few of their values and says what they are. The answer
is kept for the next file: the office's for everybody, a teacher's for that teacher.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from idapp.database import writing
from idapp.imports.columns import KEYS, MARKS, Reading, known_in
from idapp.models import HeadingMeaning, Import, User, utc_now
from idapp.rosters import COUNTERS, heading_key
from idapp.rosters.tables import HEADING_WITHIN
from idapp.rules import birth_date, record
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.workbook import Sheet

NEEDED = ("full_name", "date_of_birth", "gender", "identity_number")
_SAMPLES = 3
_LOOKED_AT = 40
_LIKELY = 0.6
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
    reading: Reading | None,
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
    sheet, at = _heading_row(sheets, reading)
    if sheet is None or (reading is not None and reading.shape == "own"):
        return None
    known = known_in(sheet, at + 1, meanings) if reading is None else reading.tables[0].headings
    missing = _missing(set(known) if reading is None else reading.columns)
    if not missing and not every:
        return None
    row = (
        tuple(cell.text for cell in sheet.rows[at])
        if reading is None
        else reading.tables[0].all_headings
    )
    found = [c for c in _columns(sheet, at, row, set(known.values())) if c.key not in COUNTERS]
    columns = [c for c in found if not meanings.get(c.key) and c.key not in answered]
    if not columns:
        return None
    new = [c for c in columns if c.key not in meanings]
    if (
        reading is not None
        and not every
        and not any(_HALF_OF.get(c.guess, c.guess) in missing for c in new)
    ):
        return None  # the file simply does not have it
    return {
        "kind": "columns",
        "sheet": sheet.name,
        "row": at + 1,
        "missing": missing,
        "known": known,
        "columns": [vars(column) for column in columns],
        "sentence": f"Chưa nhận ra cột nào là {_listed(missing)}."
        if missing
        else "Có cột chưa dùng đến.",
    }


def label_of(field: str) -> str:
    words = {
        "school_class": "Lớp",
        "state": "Trạng thái",
        "record_id": "Mã hồ sơ",
        "version": "Phiên bản",
        "family_name": "Họ và tên đệm",
        "given_name": "Tên",
    }
    return (
        record.FIELD[field].label
        if field in record.FIELD
        else words.get(field, MARKS.get(field, (field,))[0])
    )


def choices() -> list[tuple[str, str]]:
    """What a column can be: (field, label)."""
    halves = [
        ("family_name", "Họ và tên đệm (ghép với cột Tên)"),
        ("given_name", "Tên (ghép sau cột Họ và tên đệm)"),
    ]
    first, *others = [(f.name, f.label) for f in record.FIELDS]
    return [("school_class", "Lớp"), first, *halves, *others, ("state", "Trạng thái")]


def _listed(fields: Iterable[str]) -> str:
    return ", ".join(label_of(field) for field in fields)


def _missing(known: Collection[str]) -> list[str]:
    needed = [f for f in NEEDED if f not in known]
    return [f for f in needed if f != "full_name" or not KEYS & set(known)]


def _heading_row(sheets: Sequence[Sheet], reading: Reading | None) -> tuple[Sheet | None, int]:
    """Where the headings stand; without a reading, the first row that is as full of words as any."""
    shown = [sheet for sheet in sheets if not sheet.hidden and sheet.rows]
    if reading is not None:
        table = reading.tables[0]
        return next((s for s in shown if s.name == table.sheet), None), table.heading_row - 1
    best: tuple[Sheet | None, int] = (None, 0)
    most = 2
    for sheet in shown:
        for at, row in enumerate(sheet.rows[:HEADING_WITHIN]):
            words = {
                heading_key(c.text)
                for c in row
                if c.kind == "text" and re.search("[a-z]", heading_key(c.text))
            }
            if len(words) > most and len(sheet.rows) > at + 1:
                best, most = (sheet, at), len(words)
    return best


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


def _columns(
    sheet: Sheet, at: int, headings: Sequence[str], known: set[str]
) -> list[UnknownColumn]:
    """``headings``: of the row at this index, or of two rows as they are read as one."""
    found = []
    for index, text in enumerate(headings):
        heading = tidy(text)
        if not heading or heading in known:
            continue
        key = heading_key(heading)
        below = (row[index].text.strip() for row in sheet.rows[at + 1 :] if index < len(row))
        values = [
            text
            for text in islice((t for t in below if t), 2 * _LOOKED_AT)
            if heading_key(text) != key
        ]
        values = values[:_LOOKED_AT]  # without the heading that stands again above the next class
        samples = list(dict.fromkeys(tidy(text)[:60] for text in values))[:_SAMPLES]
        found.append(UnknownColumn(key, heading[:120], samples, _guess(heading, values)))
    return _once(found)


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
