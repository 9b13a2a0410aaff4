"""The figures of an upload, counted by the database: so many rows of each verdict, list and outcome."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from peewee import fn

from idapp.database import rows as rows_of
from idapp.imports.applying import AT_ONCE, applied
from idapp.imports.marks import ASKED, BROUGHT, UNDECIDED, UNREAD
from idapp.imports.row_lists import VERDICTS, VIEWS
from idapp.models import Import, ImportRow

_ASIDE = ("other_class", "left")  # rows of people who are not to be entered; the rest is no record


class _Group(NamedTuple):
    """Rows of one verdict with the same marks: how many, how many of them would be written, and of these the cells."""

    verdict: str
    marks: list[str]
    rows: int
    to_write: int
    cells: int


class ImportTotals:
    """The figures of an upload; ``total + skipped`` is every row of the file."""

    def __init__(self, upload: Import) -> None:
        self.upload = upload
        count = fn.COUNT(ImportRow.id)
        is_to_write = (ImportRow.writes > 0) & ImportRow.applied.in_(("", "created", "changed"))
        figures = (count, count.filter(is_to_write), fn.SUM(ImportRow.writes))
        query = ImportRow.select(ImportRow.verdict, ImportRow.marks, *figures).where(
            ImportRow.upload == upload
        )
        groups = rows_of(query.group_by(ImportRow.verdict, ImportRow.marks))
        self._groups = list(map(_Group._make, groups))
        self.applied: dict[str, int] = {}
        if upload.confirmed_at:
            self.applied = applied(upload)

    def _marked(self, *marks: str) -> list[_Group]:
        """The groups that have all of these marks."""
        return [group for group in self._groups if set(marks).issubset(group.marks)]

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows by verdict."""
        counts = dict.fromkeys(VERDICTS, 0)
        for group in self._groups:
            counts[group.verdict] += group.rows
        return counts

    @cached_property
    def views(self) -> dict[str, int]:
        """Rows in each list the page offers."""
        return {view: self._in_view(view) for view in VIEWS}

    def _in_view(self, view: str) -> int:
        if view == "stale":
            return self.applied.get("stale", 0)
        if view in VERDICTS:
            return self.counts[view]
        return _rows_in(self._marked(view))

    @property
    def to_write(self) -> int:
        """Rows that confirming would write, by the choices made so far."""
        return _to_write_in(self._groups)

    @property
    def fits_one_part(self) -> bool:
        """Would all of it be written under one lock, where only all of it may be?"""
        return self.to_write <= AT_ONCE

    @property
    def unwritten(self) -> int:
        """Rows of a confirmed file that were never reached: its writing had stopped, and its way back found nothing."""
        if self.upload.state != "confirmed":
            return 0
        return self.total - sum(self.aside.values()) - sum(self.applied.values())

    @property
    def cells(self) -> int:
        """Cells that confirming would write, by the choices made so far."""
        return sum(group.cells for group in self._groups)

    @property
    def odd_to_write(self) -> int:
        """Rows with a warning that would be written all the same."""
        return _to_write_in(self._marked("warned"))

    @property
    def brought(self) -> int:
        """Rows that would be written, or were, with an error in one of their cells."""
        return _to_write_in(self._marked(BROUGHT))

    @property
    def unread(self) -> int:
        """Rows of which something cannot be written at all."""
        return _rows_in(self._marked(UNREAD))

    @cached_property
    def undecided(self) -> int:
        """Rows in which somebody still has to choose."""
        return _rows_in(self._marked(UNDECIDED))

    @property
    def unknown(self) -> int:
        """Rows of which nobody has said yet whose they are."""
        return _rows_in(self._marked(ASKED, UNDECIDED))

    @property
    def undecided_in(self) -> str:
        """The list that shows the first of them."""
        for group in self._marked(UNDECIDED):
            if group.verdict == "conflict":
                return "conflict"
        return "asked"

    @property
    def aside(self) -> dict[str, int]:
        """Rows of people who are not to be entered, by the reason."""
        return {kind: n for kind, n in self.upload.skipped.items() if kind in _ASIDE}

    @property
    def skipped(self) -> dict[str, int]:
        """Lines that are no record, by kind."""
        return {kind: n for kind, n in self.upload.skipped.items() if kind not in _ASIDE}

    @property
    def total(self) -> int:
        """All rows that are a record."""
        return sum(self.counts.values()) + sum(self.aside.values())


def _rows_in(groups: Iterable[_Group]) -> int:
    return sum(group.rows for group in groups)


def _to_write_in(groups: Iterable[_Group]) -> int:
    return sum(group.to_write for group in groups)
