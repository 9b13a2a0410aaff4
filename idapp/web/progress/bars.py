"""How the board draws where records stand: one bar a line instead of a column for every state.

A state that nobody is in takes no room; nor does a column that is zero in every line. The workbook keeps all of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from idapp.models import DONE, STATUSES
from idapp.progress.board import ProgressRow
from idapp.progress.report import COLUMNS

_ALWAYS = ("total",)


@dataclass(frozen=True)
class Segment:
    """One part of a bar."""

    state: str  # of STATUSES
    words: str  # as the workbook's heading has it
    n: int  # never 0
    share: int  # of the bar, in whole percent from 1 to 100: the class `w<share>` in progress.css


def segments(counts: Mapping[str, int]) -> list[Segment]:
    """The states that somebody is in, those that are done first. Other counts and missing ones do not matter.

    >>> [(part.words, part.n, part.share) for part in segments({"ready": 2, "verified": 1, "total": 3})]
    [('Đã xác thực', 1, 33), ('Sẵn sàng gửi', 2, 67)]
    """
    states = [name for name, _ in COLUMNS if name in STATUSES and counts.get(name)]
    states.sort(key=lambda name: name not in DONE)
    whole = sum(counts[name] for name in states)
    words = dict(COLUMNS)
    return [
        Segment(name, words[name], counts[name], max(1, round(100 * counts[name] / whole)))
        for name in states
    ]


def summed(lines: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Column by column, the columns of the report only.

    >>> summed([{"total": 2, "ready": 2}, {"total": 1}])["total"]
    3
    """
    counts = list(lines)
    return {name: sum(line.get(name, 0) for line in counts) for name, _ in COLUMNS}


def further_columns(lines: Sequence[Mapping[str, int]]) -> list[tuple[str, str]]:
    """(name, heading) of the columns beside the bar, without those that are zero in every line.

    >>> further_columns([{"total": 2, "with_number": 1}, {"total": 1}])
    [('total', 'Tổng số'), ('with_number', 'Có số')]
    """
    sums = summed(lines)
    beside = [column for column in COLUMNS if column[0] not in STATUSES]
    return [(name, words) for name, words in beside if name in _ALWAYS or sums[name]]


def numbers_of(lines: Iterable[ProgressRow]) -> list[dict[str, int]]:
    """The counts of each line."""
    return [line.numbers() for line in lines]
