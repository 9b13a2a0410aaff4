"""Which rows of a table are shown. The page always holds all of them; those left out are ``hidden``, so that the
browser can show them again without asking, and a browser without script filters by the same addresses.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from idapp.people import STATUS_WORDS
from idapp.rules.folding import fold
from idapp.web.cells import Row
from idapp.web.people.reasons import NEEDS_WORK, REASON_WORDS, reasons_of


@dataclass(frozen=True)
class Filter:
    """What the address asks for; "" asks for nothing.

    problems  ``1`` rows that need work, ``error`` or ``warning`` rows with one
    reason    a key of ``reasons.REASON_WORDS``
    status    a status of the record
    query     words anywhere in the row, without regard to diacritics
    """

    problems: str = ""
    reason: str = ""
    status: str = ""
    query: str = ""

    def matches(self, row: Row) -> bool:
        status, levels = row.person.status, {p["level"] for p in row.person.problems}
        if self.problems == "1" and not (levels or status in NEEDS_WORK):
            return False
        if self.problems in ("error", "warning") and self.problems not in levels:
            return False
        if self.reason and self.reason not in reasons_of(status, row.person.problems):
            return False
        if self.status and status != self.status:
            return False
        text = fold(" ".join(cell.value for cell in row.cells)) if self.query else ""
        return all(word in text for word in fold(self.query).split())


def asked_for() -> Filter:
    """The filter in the address; what is not known there is left out."""
    told = request.args
    return Filter(
        problems=told.get("problems", "")
        if told.get("problems") in ("1", "error", "warning")
        else "",
        reason=told.get("reason", "") if told.get("reason") in REASON_WORDS else "",
        status=told.get("status", "") if told.get("status") in STATUS_WORDS else "",
        query=told.get("q", "")[:100],
    )
