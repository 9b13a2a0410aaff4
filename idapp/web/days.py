"""Days as people write them into a field."""

import re
from datetime import date


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
