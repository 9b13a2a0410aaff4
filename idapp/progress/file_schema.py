"""What a progress file must look like: checked once, at the door, before anything of it is stored or shown.

Signed is not the same as sound: whoever signs is known, what stands there may still be nonsense. Every value that a
page of the office will show has its kind and its bounds here. Unknown keys are kept and never shown: a newer version of
the program may say more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from idapp.models.people import STATUSES
from idapp.rules.problem import Problem

UNREADABLE = (
    "Tệp này không phải tệp tiến độ của idapp. "
    "Hãy lấy tệp ở trang Tiến độ của trường, mục “Tải tệp tiến độ”."
)
FROM_THE_FUTURE = (
    "Tệp ghi số liệu lúc {moment}, là lúc chưa tới: ngày giờ trên máy của trường đang sai. "
    "Hãy báo trường chỉnh lại ngày giờ rồi gửi tệp mới."
)
CLOCKS_DIFFER = timedelta(hours=1)  # two machines that nobody has set by the same clock
_FIRST_YEAR = 2020  # the first letter is of 2022
_LAST_YEAR = 2100
_MOST_GROUPS = 1000
_MOST_PEOPLE = 10**6
_LONGEST_TITLE = 400
_LONGEST_NAME = 100
_LAST_GRADE = 12
_COUNTS = ("total", "to_do", "done", "verified", "explained")
_GROUP_COUNTS = ("total", "done")
_POSITION_COUNTS = ("to_do", "done", "verified", "explained")
_MILESTONE_COUNTS = ("to_do", "done")
# of which a page shows a sum or a share where a line has them
_FURTHER_COUNTS = (*STATUSES, "to_do", "with_number", "notice_open")


class Unsound(ValueError):
    """A value that cannot be what it claims to be."""


def check(figures: Any, now: datetime) -> None:
    """``figures``: the file without its signature; ``now`` in UTC, without a zone.

    Raises ``Problem``: ``unreadable``, or ``future`` for figures of a time that has not come.
    """
    try:
        as_of = _moment(figures["as_of"])
        _check_head(figures, as_of)
        _check_lines(figures)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as unsound:
        raise Problem("file", "unreadable", UNREADABLE) from unsound
    if is_yet_to_come(as_of, now):
        sentence = FROM_THE_FUTURE.format(moment=f"{as_of:%H:%M %d/%m/%Y} (giờ quốc tế)")
        raise Problem("file", "future", sentence)


def _check_head(figures: Mapping[str, Any], as_of: datetime) -> None:
    _check_text(figures["school_name"], _LONGEST_TITLE)
    _check_text(figures["campaign"], _LONGEST_TITLE)
    _day(figures["deadline"])
    if figures.get("completed_on"):
        completed_on = _day(figures["completed_on"])
        # Viet Nam is seven hours ahead of the moment, which is in UTC
        _demand(completed_on <= as_of.date() + timedelta(days=1))


def _check_lines(figures: Mapping[str, Any]) -> None:
    groups = _list(figures["groups"])
    positions = _list(figures.get("positions", []))
    milestones = _list(figures.get("milestones", []))
    kinds = figures.get("kinds", {})
    _demand(isinstance(kinds, dict))
    _demand(len(groups) + len(positions) + len(milestones) + len(kinds) <= _MOST_GROUPS)
    _check_line(figures["school"], _COUNTS)
    for line in kinds.values():
        _check_line(line, _GROUP_COUNTS)
    for group in groups:
        _check_group(group)
    for position in positions:
        _check_text(position["name"], _LONGEST_NAME)
        _check_line(position, _POSITION_COUNTS)
    for milestone in milestones:
        _check_milestone(milestone)


def _check_milestone(milestone: Mapping[str, Any]) -> None:
    """An earlier day of the campaign, and for whom, in words."""
    _check_text(milestone["name"], _LONGEST_NAME)
    _check_text(milestone["whom"], _LONGEST_TITLE)
    _day(milestone["deadline"])
    _check_line(milestone, _MILESTONE_COUNTS)


def _check_group(group: Mapping[str, Any]) -> None:
    """A class, or the staff, whose class is null."""
    _check_line(group, _GROUP_COUNTS)
    _demand(group["kind"] in ("student", "staff"))
    if group["class"] is not None:
        _check_text(group["class"], _LONGEST_NAME)
    grade = group.get("grade")
    _demand(grade is None or (_is_count(grade) and grade <= _LAST_GRADE))


def _check_line(line: Mapping[str, Any], required: Iterable[str]) -> None:
    """Counts that are counts, and no more done than there is to do."""
    for name in required:
        _demand(_is_count(line[name]))
    for name in _FURTHER_COUNTS:
        _demand(_is_count(line.get(name, 0)))
    holders = line.get("holders", {})
    _demand(isinstance(holders, dict))
    for holder, count in holders.items():
        _check_text(holder, _LONGEST_NAME)
        _demand(_is_count(count))
    everybody = line.get("total", _MOST_PEOPLE)
    to_do = line.get("to_do", everybody)
    _demand(line["done"] <= to_do <= everybody)
    percent = line.get("percent")
    _demand(percent is None or (_is_number(percent) and 0 <= percent <= 100))


def _list(value: object) -> list[Any]:
    _demand(isinstance(value, list))
    return value  # type: ignore[return-value]


def _moment(text: object) -> datetime:
    _demand(isinstance(text, str))
    moment = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ")
    # 9999 is a date too, and no page can turn it into the time of Viet Nam
    _demand(_FIRST_YEAR <= moment.year <= _LAST_YEAR)
    return moment


def _day(text: object) -> date:
    _demand(isinstance(text, str))
    day = date.fromisoformat(str(text))
    _demand(_FIRST_YEAR <= day.year <= _LAST_YEAR)
    return day


def _check_text(value: object, longest: int) -> None:
    _demand(isinstance(value, str) and 0 < len(value) <= longest)
    _demand(str(value).isprintable())  # no line breaks, and nothing that turns the direction


def _is_count(value: object) -> bool:
    # larger ones would not fit the columns of the page, and no school has a million people
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_PEOPLE


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _demand(is_sound: bool) -> None:
    if not is_sound:
        raise Unsound


def is_yet_to_come(as_of: datetime, now: datetime) -> bool:
    """Figures kept by an earlier version, which did not look: they give way to any sound file."""
    return as_of > now + CLOCKS_DIFFER
