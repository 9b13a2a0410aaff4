"""What a form says about a coming or going: the day, the other school, the papers."""

from __future__ import annotations

from datetime import date

from flask import request

from idapp.people import transfers
from idapp.people.transfers import Circumstances
from idapp.settings import current
from idapp.web.days import day_in

_ARRIVAL = ("arrived_on", "from_school", "from_province", "from_note")
GOING = ("day", "to_school", "to_province", "note")


def going_asked() -> Circumstances:
    """Where to and when, of a class or a state; without a day, today. Raises ``Problem`` for a day that cannot be."""
    return _read(*GOING)


def arrival_asked() -> Circumstances | None:
    """Where from and when; None if the form says nothing of it. Raises ``Problem`` as ``going_asked``."""
    if not any(request.form.get(name, "").strip() for name in _ARRIVAL):
        return None
    return _read(*_ARRIVAL)


def newcomer_asked() -> Circumstances | None:
    """The same of a new record: one ticked paper, or a day for the others, says already that somebody has arrived."""
    if papers_asked() or request.form.get("papers_due", "").strip():
        return _read(*_ARRIVAL)
    return arrival_asked()


def papers_asked() -> frozenset[str]:
    """Keys of the papers that are ticked."""
    return frozenset(request.form.getlist("papers"))


def due_day_asked() -> date | None:
    """Until when the others are owed; None if nothing is written. Raises ``Problem`` for a text that is no day."""
    text = request.form.get("papers_due", "").strip()
    return day_in(text, "papers_due") if text else None


def _read(day: str, school: str, province: str, note: str) -> Circumstances:
    today = current().today()
    text = request.form.get(day, "").strip()
    return transfers.circumstances(
        day_in(text, day) if text else today,
        today=today,
        school=request.form.get(school, ""),
        province=request.form.get(province, ""),
        note=request.form.get(note, ""),
    )
