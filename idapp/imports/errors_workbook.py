"""The rows that need mending, in the shape of the user's own file: mend them, upload that, done.

Sheet by sheet what to mend, in words, and the row number in the file (not twice, where the file is such a workbook
already); then the file's own columns in their order, those the system has no use for included. What to mend stands on
the left and stays in sight: the ministry's export has seventy columns. Each bad cell is coloured and says in a comment
which rule it breaks, what was read and what is proposed. A file of ours keeps its hidden columns and its hidden sheet.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from idapp import disclosures
from idapp.imports.columns import FILE_ROW, OF_OUR_OWN, WHY
from idapp.imports.headings import label_of
from idapp.imports.review_page import name_of
from idapp.imports.row_lists import rows_in
from idapp.models import Import, ImportRow, User
from idapp.rosters import COUNTERS, heading_key
from idapp.rules import places, record
from idapp.workbook import Column, Mark, Page, workbook_bytes

_HIDDEN = ("record_id", "version")
_CLASS = "Lớp"
_OURS = (Column(WHY, 46, wrap=True), Column(FILE_ROW, 9))
_IN_SIGHT = 100  # letters; more of them frozen would leave no room for the cells to be mended
_WIDE = ("full_name", "identity_number", "address", "ministry_code")
# "Ấp 3, xã Mỹ An, huyện Thủ Thừa": where these stand in one text
_WHOLE = dict.fromkeys((*places.LEVELS, "address"), ("residence",))
_KEY = ("full_name", "ministry_code", "record_id")  # where a fault of the whole row is shown
_LONGEST_READ = 200


def errors_workbook(upload: Import) -> bytes:
    """Exactly the rows the page counts under "Có ô lỗi"."""
    by_sheet: dict[str, list[ImportRow]] = defaultdict(list)
    for row in rows_in(upload, "errors").order_by(ImportRow.id):
        by_sheet[row.sheet].append(row)
    pages = [_Page(table, rows).page() for table, rows in _tables(upload, by_sheet)]
    return workbook_bytes(pages or [Page(_CLASS, _OURS, [])], upload.meta or None)


def export_errors(upload: Import, *, by: User) -> bytes:
    """The workbook on its way out, with its line in the history."""
    what = f"rows to mend of import {upload.id}"
    count = rows_in(upload, "errors").count()
    disclosures.record("export", what, by=by, count=count, unit="dòng")
    return errors_workbook(upload)


def _tables(
    upload: Import, by_sheet: dict[str, list[ImportRow]]
) -> Iterator[tuple[dict[str, Any], list[ImportRow]]]:
    """Each sheet of the file with rows to mend. A file of one sheet does not name it with its rows."""
    for table in upload.tables:
        rows = by_sheet.pop(table["sheet"], []) or by_sheet.pop("", [])
        if rows:
            yield table, rows


class _Page:
    """One sheet of the workbook.

    columns_kept  indices of the file's columns that are given back, in their order
    places  {field: position among the kept columns}        others  {field: positions of its further columns}
    """

    def __init__(self, table: dict[str, Any], rows: Sequence[ImportRow]) -> None:
        self.rows = rows
        self.name = table["sheet"] or "Cần sửa"
        self.columns_kept = self._columns_to_keep(table["headings"])
        position_of = {index: position for position, index in enumerate(self.columns_kept)}
        self.places = {
            field: position_of[index]
            for field, index in table["columns"].items()
            if index in position_of
        }
        self.others = {
            field: [position_of[index] for index in indices]
            for field, indices in table.get("others", {}).items()
        }
        has_classes = any(row.class_name for row in rows)
        self.needs_class = has_classes and "school_class" not in self.places
        self.columns = self._columns([table["headings"][index] for index in self.columns_kept])
        self.frozen = self._frozen()

    def _columns_to_keep(self, headings: Sequence[str]) -> list[int]:
        """Without those that our own workbook of errors added, and without empty ones."""
        indices = []
        for index, heading in enumerate(headings):
            if heading_key(heading) in OF_OUR_OWN:
                continue
            if heading or self._is_filled(index):
                indices.append(index)
        return indices

    def _is_filled(self, index: int) -> bool:
        return any(index < len(row.raw) and row.raw[index] for row in self.rows)

    def page(self) -> Page:
        """The sheet, ready to be written."""
        marks: dict[tuple[int, int], Mark] = {}
        for index, row in enumerate(self.rows):
            marks.update(self._marks(index, row))
        rows = [self._values(row) for row in self.rows]
        return Page(self.name, self.columns, rows, marks=marks, spare_rows=0, frozen=self.frozen)

    def _columns(self, headings: Sequence[str]) -> list[Column]:
        field_at = {position: field for field, position in self.places.items()}
        columns = list(_OURS)
        for position, heading in enumerate(headings):
            columns.append(_column(field_at.get(position, ""), heading))
        if self.needs_class:
            columns.append(Column(_CLASS, 8))
        return columns

    def _frozen(self) -> int:
        """As far as the name, if it stands near enough."""
        end = len(_OURS) + self.places.get("full_name", len(self.columns)) + 1
        if sum(column.width for column in self.columns[:end]) > _IN_SIGHT:
            return len(_OURS)
        return end

    def _values(self, row: ImportRow) -> list[str]:
        sentences = list(_sentences(row))
        if self.frozen == len(_OURS):  # the name is out of sight
            sentences.insert(0, name_of(row))
        values = ["; ".join(sentences), str(row.row), *self._raw(row)]
        if self.needs_class:
            values.append(row.class_name)
        return values

    def _raw(self, row: ImportRow) -> list[str]:
        """The texts of the kept columns."""
        texts = list(row.raw) + [""] * (max(self.columns_kept, default=0) + 1 - len(row.raw))
        return [texts[index] for index in self.columns_kept]

    def _marks(self, index: int, row: ImportRow) -> Iterator[tuple[tuple[int, int], Mark]]:
        """One for each cell: Excel has room for one comment there."""
        raw = self._raw(row)
        comments: dict[int, list[str]] = defaultdict(list)
        for problem in _errors(row):
            column = self._place(raw, problem["field"])
            read = ""
            if problem["field"] in self.places:
                read = raw[column - len(_OURS)]
            comments[column].append(_comment(problem, read))
        for column, texts in comments.items():
            yield (index, column), Mark("error", "\n\n".join(texts))

    def _place(self, raw: Sequence[str], field: str) -> int:
        """The cell that was read, of a field in several columns; of a fault of the whole row the cell that names it."""
        for name in (field, *_WHOLE.get(field, ()), *_KEY):
            if name in self.places:
                positions = [self.places[name], *self.others.get(name, ())]
                filled = (position for position in positions if raw[position].strip())
                return len(_OURS) + next(filled, positions[0])
        return 0


def _comment(problem: dict[str, str], read: str) -> str:
    """The rule, what was read, what is proposed."""
    parts = [problem["message"]]
    if read:
        parts.append(f"Đã đọc: {read[:_LONGEST_READ]}")
    if problem["suggestion"]:
        parts.append(f"Gợi ý: {problem['suggestion']}")
    return "\n".join(parts)


def _errors(row: ImportRow) -> list[dict[str, str]]:
    return [p for p in row.problems if p["level"] == "error"]


def _sentences(row: ImportRow) -> Iterator[str]:
    for problem in _errors(row):
        sentence = problem["message"].rstrip(".")
        if problem["field"]:
            sentence = f"{label_of(problem['field'])}: {sentence}"
        if problem["suggestion"]:
            sentence += f" (gợi ý: {problem['suggestion']})"
        yield sentence


def _column(field: str, heading: str) -> Column:
    return Column(heading, _width(field, heading), hidden=field in _HIDDEN)


def _width(field: str, heading: str) -> int:
    """Letters that a column of the file gets room for."""
    if field in _WIDE:
        return 26
    if field in record.FIELD:
        return 18
    if heading_key(heading) in COUNTERS:
        return 6
    if field == "school_class":
        return 8
    return 12
