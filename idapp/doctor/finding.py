"""What the doctor says of one thing: its name, how bad it is, and a Vietnamese sentence without anybody's data."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "bad"]
_SHOWN_IDS = 5


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``level`` bad: something must be done."""

    name: str
    level: Level
    sentence: str


def verdict(name: str, good: bool, if_good: str, if_bad: str, level: Level = "bad") -> Finding:
    """One of two sentences; ``level`` is that of the second."""
    if good:
        return Finding(name, "ok", if_good)
    return Finding(name, level, if_bad)


def all_good(name: str, wrong_ids: list[int], if_good: str, if_bad: str) -> Finding:
    """Bad if a row of a table is wrong: ``if_bad`` after the number of such rows, then the ids of the first few.

    >>> all_good("versions", [7, 9], "Đủ.", "hồ sơ thiếu nhật ký").sentence
    '2 hồ sơ thiếu nhật ký (mã 7, 9).'
    """
    if not wrong_ids:
        return Finding(name, "ok", if_good)
    ids = ", ".join(map(str, wrong_ids[:_SHOWN_IDS]))
    if len(wrong_ids) > _SHOWN_IDS:
        ids += " ..."
    return Finding(name, "bad", f"{len(wrong_ids)} {if_bad} (mã {ids}).")
