"""Birth dates and sexes that stand in several columns, or as ticks.

    Ngày sinh            Ngày sinh          Giới tính       Nữ
    Ngày | Tháng | Năm   Nam     | Nữ       Nam | Nữ        x
    2    | 3     | 2016  02/03/80|          x   |

Each is found by headings and values together and read into one cell; a sentence says how, for the user to see.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, letters

Row = Sequence[Cell]
Reader = Callable[[Row], Cell]

_MARKS = {
    "x",
    "xx",
    "v",
    "vv",
    "1",
    "co",
    "true",
    "dung",
    "yes",
    "✓",
    "✔",
    "√",
    "•",
    "*",
    "+",
    "☑",
    "☒",
    "●",
}
_NO_MARKS = {"", "0", "false", "sai", "khong", "no", "-", "k", "o", "☐", "□"}
_DATE = re.compile(
    r"[0-9]{1,2} ?[/.-] ?[0-9]{1,2} ?[/.-] ?[0-9]{2,4}.*|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|(?:19|20)[0-9]{2}"
)
_WHOLE_DATE = re.compile(r".*[0-9][/.-][0-9].*[/.-].*")
_MOSTLY = 0.8
_WORDS = {"male": "Nam", "female": "Nữ"}


@dataclass(frozen=True)
class Finding:
    """Fields that are read from several columns together, and the sentence that says so for the rows of the list.

    ``headings``: what stands above columns that have no heading of their own, now that it is known.
    """

    columns: tuple[int, ...]
    readers: Mapping[str, Reader]
    note: Callable[[Sequence[Row]], str]
    headings: Mapping[int, str] = field(default_factory=dict)


def birth_and_sex(
    headings: Sequence[str], fields: dict[str, list[int]], rows: Sequence[Row]
) -> list[Finding]:
    """What is found in columns that hold a part each. These leave ``fields``; one that stays unread is of no use."""
    parts = {name: fields.pop(name)[0] for name in _PART_FIELDS if name in fields}
    found = [_date_of_parts(headings, fields, parts, rows), _by_sex(headings, fields, parts, rows)]
    return [finding for finding in found if finding is not None]


_PART_FIELDS = (
    "birth_day", "birth_day_month", "birth_month", "birth_year", "birth_of_male", "birth_of_female",
    "male_mark", "female_mark",
)  # fmt: skip


# --- day, month and year ---


def _date_of_parts(
    headings: Sequence[str],
    fields: dict[str, list[int]],
    parts: Mapping[str, int],
    rows: Sequence[Row],
) -> Finding | None:
    if "date_of_birth" in fields:
        return _date_under_one_heading(headings, fields["date_of_birth"][0], rows)
    for names in (("birth_day", "birth_month", "birth_year"), ("birth_day_month", "birth_year")):
        if all(name in parts for name in names):
            return _joined_date(tuple(parts[name] for name in names))
    if "birth_year" in parts:
        fields["date_of_birth"] = [parts["birth_year"]]
    return None


def _date_under_one_heading(
    headings: Sequence[str], start: int, rows: Sequence[Row]
) -> Finding | None:
    columns = _bare_columns(headings, start, rows)
    if columns is None:
        return None
    words = zip(columns, ("Ngày", "Tháng", "Năm"), strict=True)
    named = {index: f"{headings[start]}: {word}" for index, word in words}
    return replace(_joined_date(columns), headings=named)


def _joined_date(columns: tuple[int, ...]) -> Finding:
    where = _listed(columns)
    words = "ba cột ngày, tháng, năm" if len(columns) > 2 else "hai cột ngày tháng và năm"

    def read(row: Row) -> Cell:
        return _date_cell([_at(row, column) for column in columns])

    def note(_: Sequence[Row]) -> str:
        return f"Ngày sinh được ghép từ {words} ({where})."

    return Finding(columns, {"date_of_birth": read}, note)


def _bare_columns(
    headings: Sequence[str], start: int, rows: Sequence[Row]
) -> tuple[int, int, int] | None:
    """Day, month and year under one heading that is merged over three columns."""
    columns = (start, start + 1, start + 2)
    if any(index < len(headings) and headings[index] for index in columns[1:]):
        return None
    texts = [[_text(row, index) for index in columns] for row in rows]
    dates = [text for text in texts if all(text)]
    fitting = [text for text in dates if _are_date(*text)]
    return columns if dates and len(fitting) >= _MOSTLY * len(dates) else None


def _are_date(day: str, month: str, year: str) -> bool:
    if not (day.isdecimal() and month.isdecimal() and year.isdecimal()):
        return False
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12 and len(year) == 4


def _date_cell(parts: Sequence[Cell]) -> Cell:
    """
    >>> [_date_cell([Cell(text, "number") for text in texts]).text for texts in (("2", "3", "2016"), ("", "", "2016"))]
    ['02/03/2016', '2016']
    """
    bad = next((part for part in parts if part.kind in ("formula", "error")), None)
    if bad is not None:
        return bad
    texts = [re.sub(r"\.0+$", "", tidy(part.text)) for part in parts]
    if parts[0].kind == "date" and len(parts) == 2 and texts[1].isdecimal():
        # Excel put its own year behind "02/03": the year that counts stands in the next column
        texts[0] = texts[0][:5]
    elif _WHOLE_DATE.fullmatch(parts[0].text):
        return parts[0]  # a whole date in the column of days
    padded = [text.zfill(2) if text.isdecimal() else text for text in texts if text]
    return Cell("/".join(padded), "text") if padded else EMPTY


# --- one column for men, one for women ---


def _by_sex(
    headings: Sequence[str],
    fields: Mapping[str, list[int]],
    parts: Mapping[str, int],
    rows: Sequence[Row],
) -> Finding | None:
    men = parts.get("birth_of_male", parts.get("male_mark"))
    women = parts.get("birth_of_female", parts.get("female_mark"))
    columns = tuple(index for index in (men, women) if index is not None)
    if men is not None and women is not None:
        if "date_of_birth" not in fields and _hold(rows, columns, _is_date):
            return _dates_by_sex(headings, fields, men, women)
    if not columns or "gender" in fields or not _hold(rows, columns, _is_mark):
        return None
    if men is not None and women is not None:
        return _both_ticked(headings, men, women)
    if men is None:
        return _one_ticked(headings, columns[0], "Nữ", "Nam")
    return _one_ticked(headings, columns[0], "Nam", "Nữ")


def _dates_by_sex(
    headings: Sequence[str], fields: Mapping[str, list[int]], men: int, women: int
) -> Finding:
    columns = (men, women)

    def date(row: Row) -> Cell:
        filled = [cell for cell in (_at(row, men), _at(row, women)) if _has_text(cell)]
        if len(filled) < 2:
            return filled[0] if filled else EMPTY
        # under both: not to be decided here, and no date anybody could read by accident
        return Cell("; ".join(tidy(cell.text) for cell in filled), "text")

    def sex(row: Row) -> Cell:
        return _sex_of(_has_text(_at(row, men)), _has_text(_at(row, women)))

    readers: dict[str, Reader] = {"date_of_birth": date}
    if "gender" not in fields:
        readers["gender"] = sex

    def note(_: Sequence[Row]) -> str:
        return (
            f"Ngày sinh nằm ở hai cột “{_last(headings[men])}” và “{_last(headings[women])}” ({_listed(columns)}): "
            "giới tính được hiểu theo cột có ngày."
        )

    return Finding(columns, readers, note)


def _one_ticked(headings: Sequence[str], column: int, word: str, other: str) -> Finding:
    """A tick under "Nữ" is a girl, none a boy; or the other way round."""

    def sex(row: Row) -> Cell:
        cell = _at(row, column)
        if fold(cell.text) == fold(other) or _is_no_mark(cell):
            return Cell(other, "text")
        return Cell(word, "text") if _is_mark(cell) else cell

    def note(rows: Sequence[Row]) -> str:
        ticked = sum(sex(row).text == word for row in rows)
        return (
            f"Cột “{_last(headings[column])}” ({_listed([column])}) có dấu ở {ticked} dòng: các dòng ấy được hiểu là "
            f"{word}, {len(rows) - ticked} dòng còn lại là {other}."
        )

    return Finding((column,), {"gender": sex}, note)


def _both_ticked(headings: Sequence[str], men: int, women: int) -> Finding:
    columns = (men, women)

    def sex(row: Row) -> Cell:
        other = [cell for cell in (_at(row, men), _at(row, women)) if not _is_clear(cell)]
        return other[0] if other else _sex_of(_is_mark(_at(row, men)), _is_mark(_at(row, women)))

    def note(_: Sequence[Row]) -> str:
        return (
            f"Giới tính được hiểu theo dấu ở hai cột “{_last(headings[men])}” và “{_last(headings[women])}” "
            f"({_listed(columns)})."
        )

    return Finding(columns, {"gender": sex}, note)


def _sex_of(is_man: bool, is_woman: bool) -> Cell:
    words = [word for word, holds in (("Nam", is_man), ("Nữ", is_woman)) if holds]
    return Cell(", ".join(words), "text") if words else EMPTY


# --- cells ---


def _hold(rows: Sequence[Row], columns: Sequence[int], fits: Callable[[Cell], bool]) -> bool:
    """Do these columns hold such values, and nearly only such?"""
    cells = [_at(row, column) for row in rows for column in columns]
    filled = [cell for cell in cells if not _is_no_mark(cell)]
    fitting = sum(map(fits, filled))
    return bool(filled) and fitting >= _MOSTLY * len(filled)


def _is_date(cell: Cell) -> bool:
    return cell.kind == "date" or bool(_DATE.fullmatch(tidy(cell.text)))


def _is_mark(cell: Cell) -> bool:
    key = fold(cell.text)
    return key in _MARKS or key in ("nu", "nam")


def _is_no_mark(cell: Cell) -> bool:
    return fold(cell.text) in _NO_MARKS


def _is_clear(cell: Cell) -> bool:
    return _is_mark(cell) or _is_no_mark(cell)


def _has_text(cell: Cell) -> bool:
    return bool(cell.text.strip())


def _at(row: Row, column: int) -> Cell:
    return row[column] if column < len(row) else EMPTY


def _text(row: Row, column: int) -> str:
    return tidy(_at(row, column).text)


def _last(heading: str) -> str:
    return heading.rpartition(": ")[2]


def _listed(columns: Sequence[int]) -> str:
    """
    >>> _listed((2, 3, 4))
    'cột C, D, E'
    """
    return f"cột {', '.join(map(letters, columns))}"
