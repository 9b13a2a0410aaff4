"""The figures of an upload, counted by the database: so many rows of each verdict, list and outcome."""

from __future__ import annotations

from functools import cached_property

from peewee import fn

from idapp.database import rows as rows_of
from idapp.imports.applying import applied
from idapp.imports.marks import ASKED, BROUGHT, UNDECIDED, UNREAD
from idapp.imports.row_lists import VERDICTS, VIEWS
from idapp.models import Import, ImportRow

_ASIDE = ("other_class", "left")  # rows of people who are not to be entered; the rest is no record


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
        # (verdict, marks, rows, of them to be written, cells to be written)
        self._groups = rows_of(query.group_by(ImportRow.verdict, ImportRow.marks))
        self.applied: dict[str, int] = {}
        if upload.confirmed_at:
            self.applied = applied(upload)

    def _rows_marked(self, mark: str) -> int:
        return sum(n for _, marks, n, *_ in self._groups if mark in marks)

    def _to_write_marked(self, mark: str) -> int:
        return sum(n or 0 for _, marks, _, n, _ in self._groups if mark in marks)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Rows by verdict."""
        counts = dict.fromkeys(VERDICTS, 0)
        for verdict, _, n, *_ in self._groups:
            counts[verdict] += n
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
        return self._rows_marked(view)

    @property
    def to_write(self) -> int:
        """Rows that confirming would write, by the choices made so far."""
        return sum(n or 0 for *_, n, _ in self._groups)

    @property
    def cells(self) -> int:
        """Cells that confirming would write, by the choices made so far."""
        return sum(n or 0 for *_, n in self._groups)

    @property
    def odd_to_write(self) -> int:
        """Rows with a warning that would be written all the same."""
        return self._to_write_marked("warned")

    @property
    def brought(self) -> int:
        """Rows that would be written, or were, with an error in one of their cells."""
        return self._to_write_marked(BROUGHT)

    @property
    def unread(self) -> int:
        """Rows of which something cannot be written at all."""
        return self._rows_marked(UNREAD)

    @cached_property
    def undecided(self) -> int:
        """Rows in which somebody still has to choose."""
        return self._rows_marked(UNDECIDED)

    @property
    def unknown(self) -> int:
        """Rows of which nobody has said yet whose they are."""
        both = {ASKED, UNDECIDED}
        return sum(n for _, marks, n, *_ in self._groups if both.issubset(marks))

    @property
    def undecided_in(self) -> str:
        """The list that shows the first of them."""
        verdicts = {verdict for verdict, marks, *_ in self._groups if UNDECIDED in marks}
        if "conflict" in verdicts:
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
