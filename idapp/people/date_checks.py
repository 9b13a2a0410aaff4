"""Birth dates of a pasted block, read by the column: what one cell alone cannot tell is asked about once.

Month first, a century that is missing, a day that a time zone may have moved, day and month that only change places.
Each check answers the block as the user wants it read, or raises
``ConfirmationRequired`` while the user has not been asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from idapp.models import Person
from idapp.people.aligning import STOP, ConfirmationRequired, Offer, PasteLayout, RowComparison
from idapp.people.bulk_edits import Texts
from idapp.people.field_texts import FieldTexts
from idapp.rosters.dates import DateOrder, day_first, day_first_shown, is_swapped, order_of
from idapp.rosters.linkage import birth_key
from idapp.rules import birth_date
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

STORED = "stored"  # the dates in the table stay where the pasted ones only swap day and month
ORDERS = ("day", "month", STORED)
YEARS = ("whole", "short")
MOVED = ("next", "same")
_FIELD = birth_date.FIELD


def in_order(layout: PasteLayout, order: str) -> PasteLayout:
    """The layout with its dates day first; any other layout as it is.

    order  ``month``: the user said that the month stands first; "": not asked yet; anything else: day first.
    Raises ``ConfirmationRequired`` where the column proves that the month stands first and the user was not asked.
    """
    if order not in ("", "month"):
        return layout
    if order == "month":
        return _with_dates(layout, day_first)
    proven = order_of(_dates(layout))
    if proven.order == "month" and proven.dates > 1:
        question = _month_first(proven)
        raise question
    return layout


def with_whole_years(layout: PasteLayout, answer: str, today: date) -> PasteLayout:
    """The layout with birth years of four digits.

    answer  ``whole`` or ``short`` (the texts as they came), as the user said; "": not asked yet

    Raises ``ConfirmationRequired`` if there are short years and the user was not asked.
    """
    if answer == "short":
        return layout
    whole = _proposals(layout, "two_digit_year", today)
    if whole and not answer:
        question = _short_years(whole)
        raise question
    return _with_dates(layout, lambda text: whole.get(text, text))


def with_days_of_vietnam(layout: PasteLayout, answer: str, today: date) -> PasteLayout:
    """The layout without dates that stand beside a time of the evening.

    answer  ``next`` or ``same`` day, as the user said; "": not asked yet

    Raises ``ConfirmationRequired`` if there are such dates and the user was not asked.
    """
    next_days = _proposals(layout, "moved_day", today)
    if not next_days:
        return layout
    if not answer:
        question = _moved_days(layout, next_days)
        raise question
    days = next_days
    if answer == "same":
        days = {text: _day_before(day) for text, day in next_days.items()}
    return _with_dates(layout, lambda text: days.get(text, text))


def without_swapped_dates(
    cells: Sequence[Texts],
    everybody: Sequence[Person],
    answer: str,
    today: date,
) -> list[Texts]:
    """The cells without birth dates that only swap day and month of the stored ones, where the user wants it so.

    answer  "" not asked yet; STORED: leave those dates out; anything else: write them

    Raises ``ConfirmationRequired`` if there are such dates and the user was not asked.
    """
    swapped = {}
    for person, texts in cells:
        if _swaps(texts, person, today):
            swapped[person.id] = texts[_FIELD]
    if swapped and not answer:
        question = _swap_question(cells, swapped, everybody, today)
        raise question
    if answer != STORED:
        return list(cells)
    remaining: list[Texts] = []
    for person, texts in cells:
        if person.id in swapped:
            texts = {name: text for name, text in texts.items() if name != _FIELD}
        remaining.append((person, texts))
    return remaining


# --- the column of dates ---


def _dates(layout: PasteLayout) -> list[str]:
    """The texts under the birth date; [] if the block has none."""
    if _FIELD not in layout.fields:
        return []
    return layout.block.column(layout.fields.index(_FIELD))


def _with_dates(layout: PasteLayout, read: Callable[[str], str]) -> PasteLayout:
    texts = _dates(layout)
    if not texts:
        return layout
    column = layout.fields.index(_FIELD)
    block = layout.block.with_column(column, [read(text) for text in texts])
    return replace(layout, block=block)


def _proposals(layout: PasteLayout, code: str, today: date) -> dict[str, str]:
    """{text: the day that the rule proposes} for the dates with this fault."""
    proposals = {}
    for text in _dates(layout):
        try:
            birth_date.validate(text, today)
        except Problem as problem:
            if problem.code == code and problem.suggestion:
                proposals[text] = problem.suggestion
    return proposals


def _day_before(day: str) -> str:
    """
    >>> _day_before("01/03/2016")
    '29/02/2016'
    """
    return f"{datetime.strptime(day, '%d/%m/%Y') - timedelta(days=1):%d/%m/%Y}"


def _month_first(proven: DateOrder) -> ConfirmationRequired:
    then = ""
    if proven.example:
        then = f" Nếu vậy, {proven.example} là ngày {day_first_shown(proven.example)}."
    sentence = (
        f"Bảng dán có ngày như {proven.proof}, nên có vẻ viết tháng trước ngày (kiểu Mỹ).{then} "
        "Chưa lưu gì."
    )
    offers: list[Offer] = [
        ("Đúng, đổi cả cột về ngày/tháng/năm", {"dates": "month"}),
        ("Không, cứ đọc ngày trước tháng", {"dates": "day"}),
        STOP,
    ]
    return ConfirmationRequired("Ngày sinh viết tháng trước ngày?", sentence, offers=offers)


def _short_years(whole: Mapping[str, str]) -> ConfirmationRequired:
    short, day = next(iter(whole.items()))
    sentence = (
        f"Bảng dán có ngày như {tidy(short)}. Nếu ghi đủ năm thì đó là ngày {day}. Chưa lưu gì."
    )
    offers: list[Offer] = [
        ("Đúng, ghi đủ năm sinh", {"years": "whole"}),
        ("Dán nguyên như vậy", {"years": "short"}),
        STOP,
    ]
    return ConfirmationRequired("Năm sinh chỉ có hai chữ số?", sentence, offers=offers)


def _moved_days(layout: PasteLayout, next_days: Mapping[str, str]) -> ConfirmationRequired:
    sides = [
        RowComparison(line, tidy(text), next_days[text])
        for line, text in enumerate(_dates(layout), start=layout.block.first)
        if text in next_days
    ]
    question = ConfirmationRequired(
        "Ngày sinh bị lùi một ngày?",
        f"{len(sides)} ngày sinh trong bảng dán có kèm giờ buổi tối. "
        "Phần mềm xuất danh sách hay làm vậy khi tính theo "
        "giờ nước khác: ngày đúng khi ấy là ngày hôm sau. "
        "Hãy xem vài em theo giấy khai sinh. Chưa lưu gì.",
        sides=sides,
        offers=[
            ("Lấy ngày hôm sau", {"moved": "next"}),
            ("Lấy đúng ngày đã ghi, bỏ giờ", {"moved": "same"}),
            STOP,
        ],
    )
    question.ours = "Bảng dán ghi"
    question.theirs = "Ngày hôm sau"
    return question


# --- day and month in each other's place ---


def _swaps(texts: FieldTexts, person: Person, today: date) -> bool:
    text = texts.get(_FIELD, "")
    if not text.strip() or person.born is None:
        return False
    return is_swapped(birth_key(text, today), person.born)


def _swap_question(
    cells: Sequence[Texts],
    swapped: Mapping[int, str],
    everybody: Sequence[Person],
    today: date,
) -> ConfirmationRequired:
    place_of = {person.id: place for place, person in enumerate(everybody, start=1)}
    sides = [
        RowComparison(
            place_of.get(person.id, 0),
            f"{person.full_name}: {birth_date.show(person.born or '')}",
            tidy(texts[_FIELD]),
        )
        for person, texts in cells
        if person.id in swapped
    ]
    offers: list[Offer] = [
        ("Giữ các ngày đang có, dán phần còn lại", {"dates": STORED}),
        ("Lưu theo bảng dán", {"dates": "day"}),
        STOP,
    ]
    sentence = (
        f"{len(swapped)} ngày sinh trong bảng dán chỉ khác ngày đang có "
        "ở chỗ ngày và tháng đổi chỗ. "
        "Excel hay gây ra lỗi này. Hãy xem giấy khai sinh. Chưa lưu gì."
    )
    if _is_most(cells, swapped, today):
        offers.insert(0, ("Đổi cả cột: tháng viết trước ngày", {"dates": "month"}))
    return ConfirmationRequired(
        "Ngày và tháng sinh đổi chỗ cho nhau?", sentence, sides=sides, offers=offers
    )


def _is_most(cells: Sequence[Texts], swapped: Mapping[int, str], today: date) -> bool:
    """Do most of the dates that another one stands for swap day and month?"""
    differing = 0
    for person, texts in cells:
        pasted = birth_key(texts.get(_FIELD, ""), today)
        if pasted and person.born and pasted != person.born:
            differing += 1
    return len(swapped) > 1 and len(swapped) * 2 > differing
