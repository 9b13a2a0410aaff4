"""Birth dates and sexes that stand in several columns, or as ticks.

    Ngày sinh            Ngày sinh          Giới tính       Nữ
    Ngày | Tháng | Năm   Nam     | Nữ       Nam | Nữ        x
    2    | 3     | 2016  02/03/80|          x   |

Each is found by headings and values together and read into one cell; a sentence says how, for the user to see.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from idapp.rosters.row_cells import Fields, Row, Rows, cell_at, has_text, text_at
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, letters

Reader = Callable[[Row], Cell]
Note = Callable[[Rows], str]

_MARKS = frozenset({"x", "xx", "v", "vv", "1", "co", "true", "dung", "yes", *"✓✔√•*+☑☒●"})
_NO_MARKS = frozenset({"", "0", "false", "sai", "khong", "no", "-", "k", "o", "☐", "□"})
_DATE = re.compile(
    r"[0-9]{1,2} ?[/.-] ?[0-9]{1,2} ?[/.-] ?[0-9]{2,4}.*"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}.*|(?:19|20)[0-9]{2}"
)
_DECIMALS = re.compile(r"\.0+$")  # a year that was a number with a fraction
_WHOLE_DATE = re.compile(r".*[0-9][/.-][0-9].*[/.-].*")
_MOSTLY = 0.8


@dataclass(frozen=True)
class Finding:
    """Fields that are read from several columns together, and the sentence that says so for the rows of the list.

    ``headings``: what stands above columns that have no heading of their own, now that it is known.
    """

    columns: tuple[int, ...]
    readers: Mapping[str, Reader]
    note: Note
    headings: Mapping[int, str] = field(default_factory=dict)


def birth_and_sex(headings: Sequence[str], fields: Fields, rows: Rows) -> list[Finding]:
    """What is found in columns that hold a part each. These leave ``fields``; one that stays unread is of no use."""
    parts = {name: fields.pop(name)[0] for name in _PART_FIELDS if name in fields}
    findings: list[Finding] = []
    date = _date_of_parts(headings, fields, parts, rows)
    if date is not None:
        findings.append(date)
    sex = _by_sex(headings, fields, parts, rows)
    if sex is not None:
        findings.append(sex)
    return findings


_DAY_MONTH_YEAR = ("birth_day", "birth_month", "birth_year")
_PART_FIELDS = (
    *_DAY_MONTH_YEAR,
    "birth_day_month",
    "birth_of_male",
    "birth_of_female",
    "male_mark",
    "female_mark",
)


# --- day, month and year ---


def _date_of_parts(
    headings: Sequence[str],
    fields: Fields,
    parts: Mapping[str, int],
    rows: Rows,
) -> Finding | None:
    """A birth date in three columns, or in two. A year alone is a birth date by itself, and goes into ``fields``."""
    if "date_of_birth" in fields:
        return _date_under_one_heading(headings, fields["date_of_birth"][0], rows)
    for names in (_DAY_MONTH_YEAR, ("birth_day_month", "birth_year")):
        if parts.keys() >= set(names):
            return _joined_date(tuple(parts[name] for name in names))
    if "birth_year" in parts:
        fields["date_of_birth"] = [parts["birth_year"]]
    return None


def _date_under_one_heading(headings: Sequence[str], start: int, rows: Rows) -> Finding | None:
    """Day, month and year under one heading that is merged over three columns."""
    columns = (start, start + 1, start + 2)
    headings_beside = headings[start + 1 : start + 3]
    if any(headings_beside) or not _are_dates_in_parts(columns, rows):
        return None
    named = {
        columns[0]: f"{headings[start]}: Ngày",
        columns[1]: f"{headings[start]}: Tháng",
        columns[2]: f"{headings[start]}: Năm",
    }
    return _joined_date(columns, named)


def _joined_date(columns: tuple[int, ...], headings: Mapping[int, str] | None = None) -> Finding:
    """Two or three columns as one birth date; ``headings`` is {column: its name}, where it has none of its own."""
    words = "hai cột ngày tháng và năm"
    if len(columns) > 2:
        words = "ba cột ngày, tháng, năm"
    note = f"Ngày sinh được ghép từ {words} ({_listed(columns)})."
    reader = partial(_date_of_row, columns)
    return Finding(columns, {"date_of_birth": reader}, _always(note), headings or {})


def _always(sentence: str) -> Note:
    """The same sentence, whatever the rows are."""
    return lambda rows: sentence


def _are_dates_in_parts(columns: Sequence[int], rows: Rows) -> bool:
    """Do nearly all rows that fill all three columns hold a day, a month and a year in them?"""
    filled = 0
    fitting = 0
    for row in rows:
        texts = [text_at(row, column) for column in columns]
        if not all(texts):
            continue
        filled += 1
        if _is_date_in_parts(*texts):
            fitting += 1
    return filled > 0 and fitting >= _MOSTLY * filled


def _is_date_in_parts(day: str, month: str, year: str) -> bool:
    """Could this be a day of some month, with the year in full?

    >>> _is_date_in_parts("2", "3", "2016"), _is_date_in_parts("2", "13", "2016"), _is_date_in_parts("2", "3", "16")
    (True, False, False)
    """
    if not (day.isdecimal() and month.isdecimal() and year.isdecimal()):
        return False
    if len(year) != 4:
        return False
    return 1 <= int(day) <= 31 and 1 <= int(month) <= 12


def _date_of_row(columns: Sequence[int], row: Row) -> Cell:
    return _date_cell(_cells_at(row, columns))


def _date_cell(parts: Sequence[Cell]) -> Cell:
    """One cell of those that hold day, month and year, or day with month and the year.

    >>> [_date_cell([Cell(text, "number") for text in texts]).text for texts in (("2", "3", "2016"), ("", "", "2016"))]
    ['02/03/2016', '2016']
    """
    texts: list[str] = []
    for part in parts:
        if part.kind in ("formula", "error"):
            return part
        texts.append(_DECIMALS.sub("", tidy(part.text)))
    first = parts[0]
    is_day_and_month = first.kind == "date" and len(parts) == 2
    if is_day_and_month and texts[1].isdecimal():
        # Excel put its own year behind "02/03": the year that counts stands in the next column
        texts[0] = texts[0][:5]
    elif _WHOLE_DATE.fullmatch(first.text):
        return first  # a whole date in the column of days
    padded = map(_with_two_digits, filter(None, texts))
    return _text_cell("/".join(padded))


def _text_cell(text: str) -> Cell:
    if not text:
        return EMPTY
    return Cell(text, "text")


def _with_two_digits(text: str) -> str:
    """
    >>> _with_two_digits("3"), _with_two_digits("2016"), _with_two_digits("?")
    ('03', '2016', '?')
    """
    if text.isdecimal():
        return text.zfill(2)
    return text


# --- one column for men, one for women ---


def _by_sex(
    headings: Sequence[str],
    fields: Fields,
    parts: Mapping[str, int],
    rows: Rows,
) -> Finding | None:
    """What columns for men and for women say: birth dates, the sex, or both. None where they hold neither."""
    men = parts.get("birth_of_male", parts.get("male_mark"))
    women = parts.get("birth_of_female", parts.get("female_mark"))
    if men is not None and women is not None:
        return _by_two_columns(headings, fields, (men, women), rows)
    if "gender" in fields:
        return None
    if women is not None and _hold(rows, (women,), _is_mark):
        return _one_ticked(headings, women, "Nữ", "Nam")
    if men is not None and _hold(rows, (men,), _is_mark):
        return _one_ticked(headings, men, "Nam", "Nữ")
    return None


def _by_two_columns(
    headings: Sequence[str],
    fields: Fields,
    columns: tuple[int, int],
    rows: Rows,
) -> Finding | None:
    """A column for men beside one for women: birth dates stand in them, or ticks."""
    if "date_of_birth" not in fields and _hold(rows, columns, _is_date):
        return _dates_by_sex(headings, fields, columns)
    if "gender" not in fields and _hold(rows, columns, _is_mark):
        return _both_ticked(headings, columns)
    return None


def _dates_by_sex(headings: Sequence[str], fields: Fields, columns: tuple[int, int]) -> Finding:
    """The date stands under "Nam" or under "Nữ": where it stands says the sex, unless a column of its own does."""
    men, women = columns
    readers: dict[str, Reader] = {"date_of_birth": partial(_date_in_either, columns)}
    if "gender" not in fields:
        readers["gender"] = partial(_sex_by_date, columns)
    note = (
        f"Ngày sinh nằm ở hai cột “{_last(headings[men])}” và “{_last(headings[women])}” "
        f"({_listed(columns)}): giới tính được hiểu theo cột có ngày."
    )
    return Finding(columns, readers, _always(note))


def _date_in_either(columns: tuple[int, int], row: Row) -> Cell:
    """The birth date of a row, from the one of the two columns that is filled."""
    filled = [cell for cell in _cells_at(row, columns) if cell.text.strip()]
    if not filled:
        return EMPTY
    if len(filled) == 1:
        return filled[0]
    # under both: not to be decided here, and no date anybody could read by accident
    return Cell("; ".join(tidy(cell.text) for cell in filled), "text")


def _sex_by_date(columns: tuple[int, int], row: Row) -> Cell:
    """The sex of a row by the column in which its date stands."""
    of_man, of_woman = _cells_at(row, columns)
    return _sex_of(has_text([of_man]), has_text([of_woman]))


def _one_ticked(headings: Sequence[str], column: int, word: str, other: str) -> Finding:
    """A tick under "Nữ" is a girl, none a boy; or the other way round."""
    reader = partial(_sex_by_tick, column, word, other)

    def note_of_ticks(rows: Rows) -> str:
        """How many rows of the list are ticked."""
        ticked = sum(reader(row).text == word for row in rows)
        return (
            f"Cột “{_last(headings[column])}” ({_listed([column])}) có dấu ở {ticked} dòng: "
            f"các dòng ấy được hiểu là {word}, {len(rows) - ticked} dòng còn lại là {other}."
        )

    return Finding((column,), {"gender": reader}, note_of_ticks)


def _sex_by_tick(column: int, word: str, other: str, row: Row) -> Cell:
    """The sex of a row by one column; a text that is neither a tick nor a sex is left for the rules to refuse."""
    cell = cell_at(row, column)
    if fold(cell.text) == fold(other) or _is_no_mark(cell):
        return Cell(other, "text")
    if _is_mark(cell):
        return Cell(word, "text")
    return cell


def _both_ticked(headings: Sequence[str], columns: tuple[int, int]) -> Finding:
    """A tick under "Nam" or under "Nữ" says the sex."""
    men, women = columns
    note = (
        f"Giới tính được hiểu theo dấu ở hai cột “{_last(headings[men])}” và "
        f"“{_last(headings[women])}” ({_listed(columns)})."
    )
    return Finding(columns, {"gender": partial(_sex_by_ticks, columns)}, _always(note))


def _sex_by_ticks(columns: tuple[int, int], row: Row) -> Cell:
    """The sex of a row by two columns; a text that is no tick is left for the rules to refuse."""
    of_man, of_woman = _cells_at(row, columns)
    for cell in (of_man, of_woman):
        if not _is_clear(cell):
            return cell
    return _sex_of(_is_mark(of_man), _is_mark(of_woman))


def _sex_of(is_man: bool, is_woman: bool) -> Cell:
    """
    >>> _sex_of(True, False).text, _sex_of(True, True).text, _sex_of(False, False).text
    ('Nam', 'Nam, Nữ', '')
    """
    words: list[str] = []
    if is_man:
        words.append("Nam")
    if is_woman:
        words.append("Nữ")
    # both together are no sex anybody could read: it is shown and asked about
    return _text_cell(", ".join(words))


# --- cells ---


def _hold(rows: Rows, columns: Sequence[int], fits: Callable[[Cell], bool]) -> bool:
    """Do these columns hold such values, and nearly only such?"""
    filled = 0
    fitting = 0
    for row in rows:
        for cell in _cells_at(row, columns):
            if _is_no_mark(cell):
                continue
            filled += 1
            if fits(cell):
                fitting += 1
    return filled > 0 and fitting >= _MOSTLY * filled


def _is_date(cell: Cell) -> bool:
    """
    >>> _is_date(Cell("2/3/2016", "text")), _is_date(Cell("2016", "number")), _is_date(Cell("x", "text"))
    (True, True, False)
    """
    return cell.kind == "date" or bool(_DATE.fullmatch(tidy(cell.text)))


def _is_mark(cell: Cell) -> bool:
    """Is a cell ticked? Some write the sex itself below its heading."""
    key = fold(cell.text)
    return key in _MARKS or key in ("nu", "nam")


def _is_no_mark(cell: Cell) -> bool:
    """Is a cell left empty, or says in some way that it does not hold?"""
    return fold(cell.text) in _NO_MARKS


def _is_clear(cell: Cell) -> bool:
    return _is_mark(cell) or _is_no_mark(cell)


def _cells_at(row: Row, columns: Sequence[int]) -> list[Cell]:
    return [cell_at(row, column) for column in columns]


def _last(heading: str) -> str:
    """The heading itself, without the group that stands above it.

    >>> _last("Ngày sinh: Nam"), _last("Nữ")
    ('Nam', 'Nữ')
    """
    return heading.rpartition(": ")[2]


def _listed(columns: Sequence[int]) -> str:
    """
    >>> _listed((2, 3, 4))
    'cột C, D, E'
    """
    return f"cột {', '.join(map(letters, columns))}"
