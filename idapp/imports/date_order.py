"""Birth dates of a file that could all be read day first or month first: what decides, and what is asked.

A column in which one date proves the order needs nothing of this (``rosters.dates``). Where none does, the file itself
may still say it (other lists in it, other columns of dates), and so may the birth dates that the school has stored of
the people in it. Vietnamese lists are written day first; only where nothing decides is the user asked, once for the
file, with day first chosen already. A few such dates are read day first and named on the check page, where each of
them stands in sight anyway; nobody sees all dates of a long list.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from idapp.imports.columns import ParsedWorkbook
from idapp.imports.matching import RecordMatcher
from idapp.models import Person, User
from idapp.people.identifiers import class_key_of
from idapp.permissions import classes_of
from idapp.rosters import FoundRow, FoundTable
from idapp.rosters.dates import day_and_month, day_first, order_of
from idapp.rosters.linkage import Identifiers, birth_key
from idapp.rules import birth_date
from idapp.rules.class_name import class_key
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.settings import current

KIND = "dates"
ANSWERS = ("day", "month")
_BIRTH = "date_of_birth"
_SHOWN = 5
_ASKED_FROM = 5  # dates; fewer are named in a sentence
_WORDS = {"day": "ngày trước, tháng sau", "month": "tháng trước, ngày sau"}
_OF_THREE_COLUMNS = 3  # "Ngày | Tháng | Năm": the headings say which is which


@dataclass(frozen=True)
class DateDecision:
    """What comes first in the dates that prove nothing themselves.

    order      day, month, or "" where there is nothing to decide, or nobody has
    sentence   why, for the check page
    questions  what to ask; [] or one
    """

    order: str = ""
    sentence: str = ""
    questions: list[dict[str, Any]] = field(default_factory=list)

    def applied_to(self, reading: ParsedWorkbook) -> ParsedWorkbook:
        """The reading with the decision, for whoever reads its dates."""
        return replace(reading, date_order=self.order, date_sentence=self.sentence)


@dataclass(frozen=True)
class _Unsure:
    """A date that can be read both ways, and what the school has stored of that person ("" nothing)."""

    row: FoundRow
    text: str
    stored: str = ""

    @property
    def days(self) -> dict[str, str]:
        """{order: the day it is then}, in ISO; "" for a date that cannot be read, as with a short year."""
        today = current().today()
        return {
            "day": birth_key(self.text, today),
            "month": birth_key(day_first(self.text), today),
        }


def is_typed_date(row: FoundRow) -> bool:
    """Only texts can be in doubt: a real date of Excel knows its day."""
    cell = row.cells.get(_BIRTH)
    return cell is not None and cell.kind == "text" and bool(cell.text.strip())


def has_named_parts(table: FoundTable) -> bool:
    """Are the dates made of columns of their own for day, month and year? Then nothing is in doubt."""
    return len(table.joined.get(_BIRTH, ())) == _OF_THREE_COLUMNS


def decide(reading: ParsedWorkbook, answer: str, by: User) -> DateDecision:
    """What the dates of a file mean for the user who brought it. ``answer``: day or month, "" not asked yet."""
    if reading.shape == "own":
        return DateDecision()
    unsure = list(_unsure_dates(reading))
    if not unsure:
        return DateDecision()
    if answer in ANSWERS:
        return _decision(answer, "theo lựa chọn của thầy cô")
    order = _order_in_file(reading)
    if order:
        return _decision(order, "như các ngày khác trong tệp")
    return _decide_by_records(_with_stored_dates(unsure, reading, by))


def _decide_by_records(unsure: Sequence[_Unsure]) -> DateDecision:
    """What the stored birth dates say; where they say nothing, or both, a few dates are named and many asked about."""
    day = _count_agreeing(unsure, "day")
    month = _count_agreeing(unsure, "month")
    if day and not month:
        return _decision("day", _as_stored(day))
    if month and not day:
        return _decision("month", _as_stored(month))
    is_mixed = day > 0  # and month too
    if len(unsure) < _ASKED_FROM and not is_mixed:
        return DateDecision("day", _naming(unsure))
    return DateDecision(questions=[_question(unsure, is_mixed=is_mixed)])


def _decision(order: str, why: str) -> DateDecision:
    sentence = f"Cột Ngày sinh: ngày nào đọc được hai cách thì đọc {_WORDS[order]}, {why}."
    return DateDecision(order, sentence)


# --- which dates are in doubt ---


def _unsure_dates(reading: ParsedWorkbook) -> Iterator[_Unsure]:
    """The dates of the lists in which no date proves anything."""
    for table in reading.tables:
        if has_named_parts(table):
            continue
        rows = list(filter(is_typed_date, table.rows))
        if order_of([row.text(_BIRTH) for row in rows]).order == "either":
            yield from _unsure_among(rows)


def _unsure_among(rows: Sequence[FoundRow]) -> Iterator[_Unsure]:
    for row in rows:
        text = tidy(row.text(_BIRTH))
        if order_of([text]).order == "either":
            yield _Unsure(row, text)


# --- what decides ---


def _order_in_file(reading: ParsedWorkbook) -> str:
    """The order that other columns of dates prove, here or in another list; "" where none does, or they disagree."""
    proven: set[str] = set()
    for table in reading.tables:
        width = max((len(row.whole) for row in table.rows), default=0)
        proven |= {order_of(_typed_texts(table, index)).order for index in range(width)}
    orders = proven & set(ANSWERS)
    if "both" in proven or len(orders) != 1:
        return ""
    return orders.pop()


def _typed_texts(table: FoundTable, index: int) -> list[str]:
    """The texts of a column; real dates, and numbers, know what they are."""
    texts = []
    for row in table.rows:
        if index < len(row.whole) and row.whole[index].kind == "text":
            texts.append(row.whole[index].text)
    return texts


def _with_stored_dates(
    unsure: Sequence[_Unsure], reading: ParsedWorkbook, by: User
) -> list[_Unsure]:
    """The same with the birth dates the user may see of those people, who are found without a birth date."""
    matcher = RecordMatcher(by, reading.kind)
    classes = {class_key(c.name): class_key_of(c.id) for c in classes_of(by)}
    unnamed_class = ""
    if by.role == "teacher":  # the list of a teacher need not name the class
        unnamed_class = next(iter(classes.values()), "")
    with_stored = []
    for date in unsure:
        name = tidy(date.row.text("school_class") or date.row.class_hint)
        in_class = unnamed_class
        if name:
            in_class = classes.get(class_key(name), "")
        person = _find(matcher, date.row, in_class)
        if person is not None and person.born:
            date = replace(date, stored=person.born)
        with_stored.append(date)
    return with_stored


def _find(matcher: RecordMatcher, row: FoundRow, in_class: str) -> Person | None:
    marks = Identifiers(
        code=tidy(row.text("ministry_code")),
        numbers=(tidy(row.text("identity_number")),),
        name=tidy(row.text("full_name")),
        class_key=in_class,
    )
    try:
        return matcher.find(marks)
    except Problem:  # nobody can tell who it is: no proof of anything
        return None


def _count_agreeing(unsure: Sequence[_Unsure], order: str) -> int:
    """Of how many people the school has stored the very day that a date is in this order."""
    count = 0
    for date in unsure:
        if date.stored and date.stored == date.days[order]:
            count += 1
    return count


def _as_stored(count: int) -> str:
    return f"vì như vậy mới khớp ngày sinh đang có của {count} người"


def _naming(unsure: Sequence[_Unsure]) -> str:
    """Says of a few dates how each of them was read."""
    readings = []
    for text in dict.fromkeys(date.text for date in unsure):
        day, month = day_and_month(text)
        readings.append(f"{text} là {day} tháng {month}")
    return (
        "Cột Ngày sinh: không dòng nào cho biết ngày hay tháng viết trước, "
        f"nên đọc ngày trước: {', '.join(readings)}. "
        "Nếu tệp viết tháng trước, hãy sửa ngày trong tệp rồi nhập lại."
    )


# --- the question ---


def _question(unsure: Sequence[_Unsure], *, is_mixed: bool) -> dict[str, Any]:
    """Whom the school knows stands first: there both sides can be compared."""
    shown = sorted(unsure, key=lambda date: not date.stored)[:_SHOWN]
    return {
        "kind": KIND,
        "sentence": "Ngày sinh trong tệp viết ngày trước hay tháng trước?",
        "count": len(unsure),
        "known": any(date.stored for date in shown),
        "mixed": is_mixed,
        "examples": [_example(date) for date in shown],
    }


def _example(date: _Unsure) -> dict[str, Any]:
    first, second = day_and_month(date.text)
    return {
        "row": date.row.number,
        "name": tidy(date.row.text("full_name"))[:60],
        "text": date.text[:20],
        "day": f"{first} tháng {second}",
        "month": f"{second} tháng {first}",
        "stored": birth_date.show(date.stored),
    }
