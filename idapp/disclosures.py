"""What leaves the program: files, papers to print, photos that somebody looked at. One row in the history each.

Who, when and from where the history knows by itself; here come in which way, what, and how many people it names. Never
a value of anybody. Tables and records on the screen are no such row: a teacher opens the own class forty times a day.
``tests/web/test_disclosures.py`` opens every page and fails for one that gives something away and leaves none.
"""

from __future__ import annotations

from idapp import audit
from idapp.database import writing
from idapp.models import Person, User

EVENTS = (
    "export",
    "print.paper",
    "print.slips",
    "print.check_sheets",
    "print.passwords",
    "scan.seen",
    "photo.seen",
    "person.exported",
    "backup.made",
)


def record(
    event: str,
    what: str = "",
    *,
    by: User | None,
    count: int | None = None,
    unit: str = "hồ sơ",
    note: str = "",
    person: Person | None = None,
) -> None:
    """Write the row. Raises ValueError for an event that is none of EVENTS.

    event   one of EVENTS
    what    as ``audit.record`` has its ``subject``: "class 5", "progress report"
    count   of how many people it tells, counted in ``unit``; None where it tells of nobody
    note    which form of it
    person  whose it is, if it is about one person alone
    """
    if event not in EVENTS:
        raise ValueError(event)
    with writing():
        audit.record(event, by=by, person=person, subject=what, new=_in_words(count, unit, note))


def _in_words(count: int | None, unit: str, note: str) -> str:
    """
    >>> _in_words(40, "hồ sơ", "mẫu 4.1.6"), _in_words(None, "hồ sơ", "")
    ('40 hồ sơ (mẫu 4.1.6)', '')
    """
    words = "" if count is None else f"{count} {unit}"
    if note:
        words += f" ({note})"
    return words.strip()
