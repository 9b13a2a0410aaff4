"""The rows that need mending, in the shape of the user's own file: mend them, upload that, done.

Sheet by sheet the same columns in the same order, those the system has no use for included; then the row number in the
file and, in words, what to mend (not twice, where the file is such a workbook already). Each bad cell is coloured and
says in a comment which rule it breaks, what was read and what is proposed. A file of ours keeps its hidden columns and
its hidden sheet.
"""

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from idapp.imports.columns import FILE_ROW, OF_OUR_OWN, WHY
from idapp.imports.headings import label_of
from idapp.models import Import, ImportRow
from idapp.rules import record
from idapp.workbook import Column, Mark, Page, heading_key, write_workbook

_HIDDEN = ("record_id", "version")
_CLASS = "Lớp"
_FAR = 8  # columns; a name beyond them would fill the screen when frozen
_WIDE = ("full_name", "identity_number", "address", "ministry_code")
_KEY = ("full_name", "ministry_code", "record_id")  # where a fault of the whole row is shown


def errors_workbook(upload: Import) -> bytes:
    """Exactly the rows the page counts under "Có ô lỗi"."""
    query = ImportRow.select().where(ImportRow.upload == upload, ImportRow.marks.contains(" errors "))
    by_sheet: dict[str, list[ImportRow]] = defaultdict(list)
    for row in query.order_by(ImportRow.id):
        by_sheet[row.sheet].append(row)
    target = io.BytesIO()
    pages = [_Page(table, rows).page() for table, rows in _tables(upload, by_sheet)]
    write_workbook(target, sheets=pages or [Page(_CLASS, [Column(WHY, 60)], [])], meta=upload.meta or None)
    return target.getvalue()


def _tables(upload: Import, by_sheet: dict[str, list[ImportRow]]) -> Iterator[tuple[dict[str, Any], list[ImportRow]]]:
    """Each sheet of the file with rows to mend. A file of one sheet does not name it with its rows."""
    for table in upload.tables:
        rows = by_sheet.pop(table["sheet"], []) or by_sheet.pop("", [])
        if rows:
            yield table, rows


class _Page:
    def __init__(self, table: dict[str, Any], rows: Sequence[ImportRow]) -> None:
        self.rows = rows
        self.kept = [at for at, word in enumerate(table["headings"]) if heading_key(word) not in OF_OUR_OWN]
        self.headings = [table["headings"][at] for at in self.kept]
        self.name = table["sheet"] or "Cần sửa"
        self.places = {f: self.kept.index(at) for f, at in table["columns"].items() if at in self.kept}
        self.width = len(self.kept)
        self.needs_class = "school_class" not in self.places and any(row.class_name for row in rows)

    def page(self) -> Page:
        marks = {at: mark for index, row in enumerate(self.rows) for at, mark in self._marks(index, row)}
        rows, at = [self._values(row) for row in self.rows], self.places.get("full_name", _FAR)
        return Page(self.name, self._columns(), rows, marks=marks, spare_rows=0, frozen=at + 1 if at < _FAR else 0)

    def _columns(self) -> list[Column]:
        names = {at: field for field, at in self.places.items()}
        own = [_column(names.get(at, ""), heading) for at, heading in enumerate(self.headings)]
        more = [Column(_CLASS, 8)] if self.needs_class else []
        return [*own, *more, Column(FILE_ROW, 10), Column(WHY, 70, wrap=True)]

    def _values(self, row: ImportRow) -> list[str]:
        raw = self._raw(row)
        more = [row.class_name] if self.needs_class else []
        return [*raw, *more, str(row.row), "; ".join(_sentences(row))]

    def _raw(self, row: ImportRow) -> list[str]:
        return [row.raw[at] if at < len(row.raw) else "" for at in self.kept]

    def _marks(self, index: int, row: ImportRow) -> Iterator[tuple[tuple[int, int], Mark]]:
        """One for each cell: Excel has room for one comment there."""
        texts: dict[int, list[str]] = defaultdict(list)
        for problem in _errors(row):
            texts[self._place(problem["field"])].append(self._comment(row, problem))
        for at, found in texts.items():
            yield (index, at), Mark("error", "\n\n".join(found))

    def _place(self, field: str) -> int:
        for name in (field, *_KEY):
            if name in self.places:
                return self.places[name]
        return self.width + 1 + self.needs_class

    def _comment(self, row: ImportRow, problem: dict[str, str]) -> str:
        """The rule, what was read, what is proposed."""
        at = self.places.get(problem["field"], -1)
        read = self._raw(row)[at] if at >= 0 else ""
        parts = [
            problem["message"],
            f"Đã đọc: {read[:200]}" if read else "",
            f"Gợi ý: {problem['suggestion']}" if problem["suggestion"] else "",
        ]
        return "\n".join(part for part in parts if part)


def _errors(row: ImportRow) -> list[dict[str, str]]:
    return [p for p in row.problems if p["level"] == "error"]


def _sentences(row: ImportRow) -> Iterator[str]:
    for problem in _errors(row):
        label = f"{label_of(problem['field'])}: " if problem["field"] else ""
        proposal = f" (gợi ý: {problem['suggestion']})" if problem["suggestion"] else ""
        yield f"{label}{problem['message'].rstrip('.')}{proposal}"


def _column(field: str, heading: str) -> Column:
    width = 26 if field in _WIDE else 18 if field in record.FIELD else 12
    return Column(heading, width, hidden=field in _HIDDEN)
