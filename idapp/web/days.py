"""Days as people write them into a field."""

import re
from collections.abc import Mapping
from datetime import date

from idapp.rules.problem import Problem


def day_of(text: str) -> date:
    """25/10/2022, 25-10-22 or 25.10.2022, and 2022-10-25 as a date field sends it. Raises ValueError for all else."""
    parts = [int(part) for part in re.split(r"[/.\-]", text.strip())]
    if len(parts) != 3:
        raise ValueError("not a day, a month and a year")
    if parts[0] > 99:  # the year comes first
        parts.reverse()
    day, month, year = parts
    if year < 100:
        year += 2000
    return date(year, month, day)


def day_in(text: str, field: str = "deadline") -> date:
    """A day from a form. Raises Problem for a text that is none."""
    try:
        return day_of(text)
    except ValueError:
        sentence = "Ngày này không có trong lịch hoặc viết chưa đúng dạng. Hãy viết như 25/10/2022."
        raise Problem(field, "bad_date", sentence) from None


def day_meant(form: Mapping[str, str]) -> date | None:
    """The deadline beside which somebody has ticked "vẫn dùng ngày này": that day and no other."""
    try:
        return day_of(form.get("deadline_meant", ""))
    except ValueError:
        return None
