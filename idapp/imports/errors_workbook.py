"""The rows that need mending, in the shape of the user's own file: mend them, upload that, done.

Sheet by sheet what to mend, in words, and the row number in the file (not twice, where the file is such a workbook
already); then the file's own columns in their order, those the system has no use for included. What to mend stands on
the left and stays in sight: the ministry's export has seventy columns. Each bad cell is coloured and says in a comment
which rule it breaks, what was read and what is proposed. A file of ours keeps its hidden columns and its hidden sheet.
"""

import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from idapp.imports.columns import FILE_ROW, OF_OUR_OWN, WHY
from idapp.imports.headings import label_of
from idapp.imports.review_page import name_of, rows_in
from idapp.models import Import, ImportRow
from idapp.rosters import COUNTERS, heading_key
from idapp.rules import places, record
from idapp.workbook import Column, Mark, Page, write_workbook

_HIDDEN = ("record_id", "version")
_CLASS = "Lớp"
_OURS = (Column(WHY, 46, wrap=True), Column(FILE_ROW, 9))
_IN_SIGHT = 100  # letters; more of them frozen would leave no room for the cells to be mended
_WIDE = ("full_name", "identity_number", "address", "ministry_code")
_WHOLE = dict.fromkeys(
    (*places.LEVELS, "address"), ("residence",)
)  # "Ấp 3, xã Mỹ An, huyện Thủ Thừa"
_KEY = ("full_name", "ministry_code", "record_id")  # where a fault of the whole row is shown


def errors_workbook(upload: Import) -> bytes:
    """Exactly the rows the page counts under "Có ô lỗi"."""
    by_sheet: dict[str, list[ImportRow]] = defaultdict(list)
    for row in rows_in(upload, "errors").order_by(ImportRow.id):
        by_sheet[row.sheet].append(row)
    target = io.BytesIO()
    pages = [_Page(table, rows).page() for table, rows in _tables(upload, by_sheet)]
    write_workbook(target, sheets=pages or [Page(_CLASS, _OURS, [])], meta=upload.meta or None)
    return target.getvalue()


def _tables(
    upload: Import, by_sheet: dict[str, list[ImportRow]]
) -> Iterator[tuple[dict[str, Any], list[ImportRow]]]:
    """Each sheet of the file with rows to mend. A file of one sheet does not name it with its rows."""
    for table in upload.tables:
        rows = by_sheet.pop(table["sheet"], []) or by_sheet.pop("", [])
        if rows:
            yield table, rows


class _Page:
    def __init__(self, table: dict[str, Any], rows: Sequence[ImportRow]) -> None:
        self.rows = rows
        self.kept = [
            at
            for at, word in enumerate(table["headings"])
            if heading_key(word) not in OF_OUR_OWN and (word or self._is_filled(at))
        ]
        self.name = table["sheet"] or "Cần sửa"
        self.places = {
            f: self.kept.index(at) for f, at in table["columns"].items() if at in self.kept
        }
        self.others = {
            f: [self.kept.index(at) for at in several]
            for f, several in table.get("others", {}).items()
        }
        self.needs_class = "school_class" not in self.places and any(row.class_name for row in rows)
        self.columns = self._columns([table["headings"][at] for at in self.kept])
        self.frozen = self._frozen()

    def _is_filled(self, at: int) -> bool:
        return any(at < len(row.raw) and row.raw[at] for row in self.rows)

    def page(self) -> Page:
        marks = {
            at: mark for index, row in enumerate(self.rows) for at, mark in self._marks(index, row)
        }
        rows = [self._values(row) for row in self.rows]
        return Page(self.name, self.columns, rows, marks=marks, spare_rows=0, frozen=self.frozen)

    def _columns(self, headings: Sequence[str]) -> list[Column]:
        names = {at: field for field, at in self.places.items()}
        own = [_column(names.get(at, ""), heading) for at, heading in enumerate(headings)]
        more = [Column(_CLASS, 8)] if self.needs_class else []
        return [*_OURS, *own, *more]

    def _frozen(self) -> int:
        """As far as the name, if it stands near enough."""
        end = len(_OURS) + self.places.get("full_name", len(self.columns)) + 1
        return (
            end if sum(column.width for column in self.columns[:end]) <= _IN_SIGHT else len(_OURS)
        )

    def _values(self, row: ImportRow) -> list[str]:
        more = [row.class_name] if self.needs_class else []
        who = [name_of(row)] if self.frozen == len(_OURS) else []
        return ["; ".join([*who, *_sentences(row)]), str(row.row), *self._raw(row), *more]

    def _raw(self, row: ImportRow) -> list[str]:
        return [row.raw[at] if at < len(row.raw) else "" for at in self.kept]

    def _marks(self, index: int, row: ImportRow) -> Iterator[tuple[tuple[int, int], Mark]]:
        """One for each cell: Excel has room for one comment there."""
        texts: dict[int, list[str]] = defaultdict(list)
        for problem in _errors(row):
            at = self._place(row, problem["field"])
            read = self._raw(row)[at - len(_OURS)] if problem["field"] in self.places else ""
            texts[at].append(_comment(problem, read))
        for at, found in texts.items():
            yield (index, at), Mark("error", "\n\n".join(found))

    def _place(self, row: ImportRow, field: str) -> int:
        """The cell that was read, of a field in several columns; of a fault of the whole row the cell that names it."""
        for name in (field, *_WHOLE.get(field, ()), *_KEY):
            if name in self.places:
                raw, places = self._raw(row), [self.places[name], *self.others.get(name, ())]
                return len(_OURS) + next((at for at in places if raw[at].strip()), places[0])
        return 0


def _comment(problem: dict[str, str], read: str) -> str:
    """The rule, what was read, what is proposed."""
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
    narrow = 6 if heading_key(heading) in COUNTERS else 8 if field == "school_class" else 12
    width = 26 if field in _WIDE else 18 if field in record.FIELD else narrow
    return Column(heading, width, hidden=field in _HIDDEN)
