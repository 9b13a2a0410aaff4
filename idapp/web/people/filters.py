"""Which rows of a table are shown. The page always holds all of them; those left out are ``hidden``, so that the
browser can show them again without asking, and a browser without script filters by the same addresses.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from flask import request

from idapp.people import STATUS_WORDS
from idapp.rules.folding import fold
from idapp.web.people.drawn_rows import Row
from idapp.web.people.reasons import NEEDS_WORK, REASON_WORDS

_PROBLEMS = ("1", "error", "warning")


@dataclass(frozen=True)
class Filter:
    """What the address asks for; "" asks for nothing.

    problems  ``1`` rows that need work, ``error`` or ``warning`` rows with one
    reason    a key of ``reasons.REASON_WORDS``
    status    a status of the record
    query     words anywhere in the row, without regard to diacritics
    owing     only who owes papers
    """

    problems: str = ""
    reason: str = ""
    status: str = ""
    query: str = ""
    owing: bool = False

    def matches(self, row: Row, owing: Container[int] = ()) -> bool:
        """Is the row shown? All that is asked for must be true of it. ``owing``: ids of those who owe papers."""
        if self.owing and row.id not in owing:
            return False
        return self._matches_problems(row) and self._matches_state(row) and self._matches_query(row)

    def _matches_problems(self, row: Row) -> bool:
        if not self.problems:
            return True
        if self.problems == "1":
            return bool(row.levels) or row.status in NEEDS_WORK
        return self.problems in row.levels

    def _matches_state(self, row: Row) -> bool:
        if self.reason and self.reason not in row.reasons:
            return False
        return not self.status or row.status == self.status

    def _matches_query(self, row: Row) -> bool:
        if not self.query:
            return True
        text = fold(" ".join(row.texts))
        return all(word in text for word in fold(self.query).split())


def asked_for() -> Filter:
    """The filter in the address or, without JavaScript, in the form; what is not known there is left out."""
    return Filter(
        problems=_known("problems", _PROBLEMS),
        reason=_known("reason", REASON_WORDS),
        status=_known("status", STATUS_WORDS),
        query=request.values.get("q", "")[:100],
        owing=request.values.get("owing") == "1",
    )


def _known(name: str, values: Container[str]) -> str:
    value = request.values.get(name, "")  # an old bookmark may hold a word of before
    return value if value in values else ""
