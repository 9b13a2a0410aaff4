"""The workbook of what must still be entered into the ministry's system: its own forms, of these people only.

First the form 4.1.6, as the ministry reads it; then the whole profiles of pupils and staff, because the form has no
names and no last line of the address; last a list of what stood there before. Changed cells are coloured, with the
former text as a comment.
"""

from collections.abc import Mapping, Sequence

from idapp import disclosures
from idapp.exports.catalogues import catalogues_of
from idapp.exports.layout import Layout, form_416, own
from idapp.ministry_entry import FIELD_WORDS, PendingRecord
from idapp.models import User
from idapp.rules import record
from idapp.school import the_campaign
from idapp.workbook import Column, Mark, Page, workbook_bytes

_CLASS_HEADINGS = ("Lớp", "Mã lớp")
_EMPTY = "(trống)"


def changes_workbook(pending: Sequence[PendingRecord], *, by: User) -> bytes:
    """The bytes of the workbook, with its line in the history. Who has left stands in the list of changes alone."""
    epoch = the_campaign().epoch
    present = [waiting for waiting in pending if waiting.person.active]
    pupils = [waiting for waiting in present if waiting.person.kind == "student"]
    staff = [waiting for waiting in present if waiting.person.kind == "staff"]
    form = form_416(epoch)
    pages = [
        _page("Sheet1", form, pupils, {field.form416: field.name for field in record.FIELDS}),
        _page("Hồ sơ học sinh", own("student", epoch), pupils, _labels()),
    ]
    catalogues = form.catalogues
    if staff:
        layout = own("staff", epoch)
        catalogues = catalogues | layout.catalogues
        pages.append(_page("Cán bộ", layout, staff, _labels()))
    pages.append(_list_of_changes(pending))
    content = workbook_bytes([*pages, *catalogues_of(epoch, catalogues)])
    note = "còn phải nhập vào CSDL ngành"
    disclosures.record("export", "changes", by=by, count=len(pending), note=note)
    return content


def _labels() -> dict[str, str]:
    return {field.label: field.name for field in record.FIELDS}


def _page(
    name: str, layout: Layout, pending: Sequence[PendingRecord], field_of: Mapping[str, str]
) -> Page:
    """A row for each person; ``field_of``: {heading of the layout: name of the field}."""
    marks = {}
    for index, waiting in enumerate(pending):
        cells = waiting.cells
        for column, heading in enumerate(column.heading for column in layout.columns):
            change = cells.get(field_of.get(heading, ""))
            if heading in _CLASS_HEADINGS:
                change = cells.get("school_class")
            if change is not None:
                marks[index, column] = Mark("warning", f"Trước: {change.old or _EMPTY}")
    rows = layout.rows([waiting.person for waiting in pending])
    return Page(name, layout.columns, rows, marks=marks, spare_rows=0, frozen=3)


def _list_of_changes(pending: Sequence[PendingRecord]) -> Page:
    headings = {
        "Lớp": 8,
        "Họ và tên": 26,
        "Mã định danh Bộ GD&ĐT": 24,
        "Mục": 22,
        "Trước": 28,
        "Nay": 28,
        "Ngày sửa": 12,
        "Người sửa": 24,
    }
    rows = [row for waiting in pending for row in _rows_of(waiting)]
    columns = [Column(heading, width) for heading, width in headings.items()]
    return Page("Thay đổi", columns, rows, spare_rows=0)


def _rows_of(waiting: PendingRecord) -> list[list[str]]:
    person = waiting.person
    class_name = person.school_class.name if person.school_class is not None else ""
    who = [class_name, person.full_name, person.ministry_code]
    if waiting.is_new:
        newest = waiting.changes[-1]
        return [[*who, "Hồ sơ mới", "", "", f"{newest.changed_at:%d/%m/%Y}", newest.by_name]]
    return [
        [
            *who,
            FIELD_WORDS[change.field],
            change.old,
            change.new,
            f"{change.changed_at:%d/%m/%Y}",
            change.by_name,
        ]
        for change in waiting.changes
    ]
