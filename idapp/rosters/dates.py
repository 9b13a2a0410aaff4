"""What a column of dates proves about each of them: day first or month first.

One cell alone cannot say whether 03/04/2016 is April or March. 25/03 beside it proves that the day comes first, 03/25
that the month does, for the whole column. Where both are proven, or neither, nobody knows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from idapp.rules.folding import tidy

Order = Literal["day", "month", "either", "both", "none"]
_PARTS = re.compile(r"([0-9]{1,2})( ?[/.-] ?)([0-9]{1,2})( ?[/.-] ?(?:[0-9]{4}.*|[0-9]{2}))")
_LAST_MONTH = 12
_LAST_DAY = 31


@dataclass(frozen=True)
class DateOrder:
    """What comes first in the dates of a column.

    order   day or month: proven; both: some cells prove one and some the other; either: no cell proves anything,
            and some could be read both ways; none: no date that could be read both ways
    proof   a text that proves month first, "" if there is none
    unsure  how many texts could be read both ways
    example  one of those
    dates   how many texts are dates of day, month and year at all
    """

    order: Order
    proof: str = ""
    unsure: int = 0
    example: str = ""
    dates: int = 0


def order_of(texts: Sequence[str]) -> DateOrder:
    """The order that a column proves.

    >>> order_of(["03/04/2016", "03/25/2016"])
    DateOrder(order='month', proof='03/25/2016', unsure=1, example='03/04/2016', dates=2)
    >>> order_of(["03/04/2016", "25/03/2016"]).order, order_of(["03/04/2016"]).order, order_of(["2016"]).order
    ('day', 'either', 'none')
    """
    day_first = 0
    month_first: list[str] = []
    unsure: list[str] = []
    for text in texts:
        parts = _PARTS.fullmatch(tidy(text))
        if parts is None:
            continue
        first = int(parts[1])
        second = int(parts[3])
        if second <= _LAST_MONTH < first <= _LAST_DAY:
            day_first += 1
        elif first <= _LAST_MONTH < second <= _LAST_DAY:
            month_first.append(parts[0])
        elif max(first, second) <= _LAST_MONTH and first != second:
            unsure.append(parts[0])
    return DateOrder(
        order=_order(day_first, len(month_first), len(unsure)),
        proof=_first_of(month_first),
        unsure=len(unsure),
        example=_first_of(unsure),
        dates=day_first + len(month_first) + len(unsure),
    )


def _first_of(texts: Sequence[str]) -> str:
    return texts[0] if texts else ""


def _order(day_first: int, month_first: int, unsure: int) -> Order:
    """What these counts of dates prove."""
    if day_first and month_first:
        return "both"
    if month_first:
        return "month"
    if day_first:
        return "day"
    if unsure:
        return "either"
    return "none"


def day_first(text: str) -> str:
    """A text written month first with the day in front; any other text as it is.

    >>> day_first("03/25/2016"), day_first("3.4.16"), day_first("2016-03-25")
    ('25/03/2016', '4.3.16', '2016-03-25')
    """
    parts = _PARTS.fullmatch(tidy(text))
    if parts is None:
        return text
    return f"{parts[3]}{parts[2]}{parts[1]}{parts[4]}"


def day_and_month(text: str) -> tuple[int, int]:
    """The first two numbers of a date, as they stand. Raises ValueError for a text that is no date of three parts.

    >>> day_and_month("03/04/2016")
    (3, 4)
    """
    parts = _PARTS.fullmatch(tidy(text))
    if parts is None:
        raise ValueError("no date of day, month and year")
    return int(parts[1]), int(parts[3])


def day_first_shown(text: str) -> str:
    """The same with two digits for day and month.

    >>> day_first_shown("2/6/2012")
    '06/02/2012'
    """
    parts = _PARTS.fullmatch(tidy(text))
    if parts is None:
        return text
    return f"{int(parts[3]):02d}/{int(parts[1]):02d}{parts[4]}"


def is_swapped(born: str, stored: str) -> bool:
    """Are two clean dates the same but for day and month in each other's place?

    >>> is_swapped("2016-06-11", "2016-11-06"), is_swapped("2016-06-06", "2016-06-06"), is_swapped("2016", "2016")
    (True, False, False)
    """
    if len(born) != 10 or len(stored) != 10 or born == stored:
        return False
    year, month, day = born.split("-")
    return stored == f"{year}-{day}-{month}"
