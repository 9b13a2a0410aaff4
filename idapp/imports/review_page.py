"""What the check page shows of an upload: figures, and only the rows that need a decision or would change something.

Everything is counted by the database (``ImportRow.marks``, ``ImportRow.writes``); only the rows of one page are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from idapp.database import rows as rows_of
from idapp.imports.coverage import Coverage, coverage_of
from idapp.imports.decisions import (
    ERRORS,
    REPAIRED,
    TWO_SIDES,
    Choice,
    choices_of,
    fields_with_error,
    is_taken,
    is_used,
)
from idapp.imports.headings import label_of
from idapp.imports.marks import ASKED, has_mark
from idapp.imports.repair_words import repair_word
from idapp.imports.row_lists import rows_in
from idapp.imports.totals import ImportTotals
from idapp.models import Change, Import, ImportRow, Person, SchoolClass, User
from idapp.rules import record
from idapp.rules.class_name import class_key

PAGE_ROWS = 50
SKIPPED_WORDS = {
    "title": "dòng tiêu đề",
    "class": "dòng tên lớp",
    "heading": "dòng tên cột",
    "signature": "dòng chữ ký, tổng cộng",
    "empty": "dòng trống hoặc chỉ điền sẵn lớp, giới tính",
    "other_sheet": "dòng ở sheet không có danh sách",
    "other_kind": "dòng ở danh sách không đọc cùng",
}
VIEW_HELP = {
    "conflict": (
        "Mỗi ô dưới đây có hai bên: giá trị hệ thống đang giữ và giá trị trong tệp. "
        "Ô này có người vừa sửa trong hệ thống, hoặc giá trị trong tệp kém hơn giá trị đang có "
        "(sai, không có trong danh mục, mất dấu). Chưa chọn thì hệ thống giữ giá trị đang có."
    ),
    "asked": (
        "Chưa rõ dòng này là người mới hay là người trường đã có. Là người mới thì chọn lưu; "
        "là người đã có thì làm như lời dặn ở dòng ấy rồi tải tệp lên lại."
    ),
    "look": (
        "Những dòng này lưu được, nhưng có thể là dữ liệu của người khác: "
        "hãy đối chiếu với giấy tờ trước khi lưu."
    ),
    "errors": (
        "Ô lỗi vẫn được lưu vào ô đang trống, kèm dấu lỗi, để giáo viên thấy trong bảng lớp và "
        "sửa theo giấy tờ; hồ sơ còn lỗi thì chưa gửi xác thực. "
        "Ô hệ thống không đọc được thì không lưu."
    ),
    "twice": (
        "Hai dòng cùng một người, hoặc một số định danh đứng ở hai người: mỗi người chỉ có một số."
    ),
    "repaired": (
        "Hệ thống đã viết lại những ô này cho đúng dạng. Không đúng ý thì bấm “Để lại ô này”."
    ),
    "moved": "Theo tệp, những người này đổi lớp hoặc đổi trạng thái.",
    "hidden": "Những dòng này bị lọc hoặc ẩn trong Excel. Không cần nhập thì bỏ chọn.",
    "struck": (
        "Những dòng này bị gạch ngang trong tệp. Người ấy không còn trong danh sách thì bỏ chọn."
    ),
}
_STALE = "Cả dòng chưa lưu. Muốn lưu, hãy tải tệp lên lại: hệ thống so với giá trị mới rồi hỏi."
_NOBODY = "Ô Họ và tên đã bỏ chọn nên không tạo hồ sơ cho dòng này."
_SPECIAL = ("school_class", "state", "")
_AFTER_ALL_COLUMNS = 999


@dataclass(frozen=True)
class CellView:
    """One cell of one row: what stood, what would stand, what the file said, and what is wrong or undecided."""

    field: str
    label: str
    old: str
    new: str
    raw: str  # the file's own text where it was brought into form, or of a bad cell
    repair: str  # what was done to it, in words
    problems: list[dict[str, Any]]  # the gravest first
    two_sides: str  # why a side must be chosen, "" if there is nothing to choose
    decided: bool  # did somebody choose a side?
    take: bool
    written: bool  # would be written if taken
    stands: bool  # the record holds the very same, error and all
    # a cell of a new record with nothing to say about it: shown in one line with its like
    plain: bool

    @property
    def has_error(self) -> bool:
        """Is something wrong with the cell, and not only odd?"""
        return bool(self.problems) and self.problems[0]["level"] == "error"


@dataclass(frozen=True)
class RowNote:
    """A sentence about a row. ``label``: the cell it is about, "" for the whole row."""

    message: str
    label: str = ""
    suggestion: str = ""
    level: str = "warning"


@dataclass(frozen=True)
class RowView:
    """One row as the page shows it."""

    row: ImportRow
    name: str
    cells: list[CellView]
    general: list[RowNote]  # what is to be said of no cell shown
    take: bool
    is_asked: bool  # nobody can tell whose row it is, and nobody has said yet


@dataclass(frozen=True)
class ColumnView:
    """A column of the file: how many cells it would write, how many of them were brought into form or have an error;
    ``bad`` counts those too that are not written."""

    field: str
    label: str
    heading: str
    writes: int
    repaired: int
    bad: int
    brought: int
    take: bool
    take_repaired: bool
    take_errors: bool


@dataclass(frozen=True)
class Review:
    """A page of an upload. What only matters before it is written is empty afterwards."""

    totals: ImportTotals
    view: str
    page: int
    pages: int
    rows: list[RowView]
    new_classes: list[str] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    columns: list[ColumnView] = field(default_factory=list)


def totals_of(upload: Import) -> ImportTotals:
    """The figures of an upload, counted now."""
    return ImportTotals(upload)


def review(upload: Import, *, by: User, view: str = "", page: int = 1) -> Review:
    """``view`` is one of ``VIEWS``; without it the first that has rows. ``page`` counts from 1."""
    totals = ImportTotals(upload)
    if not totals.views.get(view):
        view = _first_filled(totals)
    pages = max(1, -(-totals.views[view] // PAGE_ROWS))
    page = min(max(1, page), pages)
    shown = rows_in(upload, view).order_by(ImportRow.id).paginate(page, PAGE_ROWS)
    rows = [row_view(row, upload.left_out) for row in shown]
    if upload.state != "checked":
        return Review(totals, view, page, pages, rows)
    return Review(
        totals,
        view,
        page,
        pages,
        rows,
        new_classes=new_classes(upload),
        coverage=coverage_of(upload, by),
        columns=_columns(upload),
    )


def _first_filled(totals: ImportTotals) -> str:
    for view, n in totals.views.items():
        if n:
            return view
    return "new"


# --- one row ---


def row_view(row: ImportRow, left_out: Collection[str] = ()) -> RowView:
    """A row as the page shows it, by the choices made and the columns left out."""
    is_asked = _is_asked(choices_of(row).get(""))
    if row.verdict == "new" and not row.writes and is_used(row):
        return RowView(row, name_of(row), [], [RowNote(_NOBODY)], True, is_asked)
    shown = _fields_shown(row)
    cells = [_cell(row, name, left_out) for name in shown]
    # an oddity of a cell that the file leaves as it is stands with the row, under the name of the cell
    notes = [_note_of(problem) for problem in row.problems if problem["field"] not in shown]
    if row.applied == "stale":
        notes += _edits_since(row)
    return RowView(row, name_of(row), cells, notes, is_used(row), is_asked)


def _fields_shown(row: ImportRow) -> list[str]:
    """The cells that would be written, and those of the file with an error, in the order of a record."""
    shown = fields_with_error(row).union(row.seen)
    names = [column.name for column in record.FIELDS if column.name in row.values]
    names += filter(row.seen.__contains__, _SPECIAL)
    return list(filter(shown.__contains__, names))


def _note_of(problem: dict[str, Any]) -> RowNote:
    label = ""
    if problem["field"]:
        label = label_of(problem["field"])
    return RowNote(problem["message"], label, problem["suggestion"], problem["level"])


def _edits_since(row: ImportRow) -> Iterator[RowNote]:
    """Why a row was not written after all: what the record holds now, who put it there, and what can be done."""
    person = row.person
    for name, seen in row.seen.items():
        if person is None or name not in record.FIELD:
            continue
        now = getattr(person, name)
        if now != seen:
            shown = now or "(trống)"
            editor = _last_editor(person, name)
            sentence = f"nay là “{shown}”, {editor} sửa sau khi xem trước."
            yield RowNote(sentence, label_of(name))
    yield RowNote(_STALE)


def _last_editor(person: Person, name: str) -> str:
    query = (
        Change.select(Change, User)
        .left_outer_join(User)
        .where(Change.person == person, Change.field == name)
    )
    last = query.order_by(Change.id.desc()).first()
    if last is None or last.user is None:
        return "Hệ thống"
    return str(last.user.full_name)


# --- one cell ---


def _cell(row: ImportRow, name: str, left_out: Collection[str]) -> CellView:
    problems = [problem for problem in row.problems if problem["field"] == name]
    problems.sort(key=lambda problem: problem["level"])
    if name in row.seen:
        return _written_cell(row, name, problems, left_out)
    return CellView(
        field=name,
        label=label_of(name),
        old="",
        new="",
        raw=row.values[name],
        repair="",
        problems=problems,
        two_sides=_two_sides(choices_of(row).get(name)),
        decided=_is_decided(choices_of(row).get(name)),
        take=is_taken(row, name, left_out),
        written=False,
        stands=any(problem.get("stands") for problem in problems),
        plain=False,
    )


def _written_cell(
    row: ImportRow, name: str, problems: list[dict[str, Any]], left_out: Collection[str]
) -> CellView:
    """A cell that would be written if it is taken."""
    made = choices_of(row).get(name)
    take = is_taken(row, name, left_out)
    raw = row.repairs.get(name, "")
    repair = ""
    if raw:
        repair = repair_word(raw, row.values[name], name)
    is_remarkable = bool(raw or made or problems)
    is_as_the_row = take or not is_used(row)
    return CellView(
        field=name,
        label=label_of(name),
        old=row.seen[name],
        new=row.values[name],
        raw=raw,
        repair=repair,
        problems=problems,
        two_sides=_two_sides(made),
        decided=_is_decided(made),
        take=take,
        written=True,
        stands=any(problem.get("stands") for problem in problems),
        plain=row.verdict == "new" and not is_remarkable and is_as_the_row,
    )


def _is_asked(whole: Choice | None) -> bool:
    return whole is not None and whole["code"] == ASKED and not whole.get("decided")


def _two_sides(made: Choice | None) -> str:
    if made is None or made["code"] not in TWO_SIDES:
        return ""
    return made["message"]


def _is_decided(made: Choice | None) -> bool:
    return made is not None and made.get("decided", False)


def name_of(row: ImportRow) -> str:
    """Whose row it is, in the words that the file or the record has for it."""
    name = row.values.get("full_name", "")
    if name:
        return str(name)
    if row.person is not None and row.person.full_name:
        return str(row.person.full_name)
    return row.values.get("ministry_code", "") or f"Dòng {row.row}"


# --- the columns ---


def _columns(upload: Import) -> list[ColumnView]:
    """What each column of the file would do, in the order of the file."""
    places: dict[str, tuple[int, str]] = {}
    for table in upload.tables:
        for name, index in table["columns"].items():
            places[name] = (index, _heading(table, name))
    nowhere = (_AFTER_ALL_COLUMNS, "")
    counts = sorted(upload.counts.items(), key=lambda item: places.get(item[0], nowhere))
    left_out = set(upload.left_out)
    return [
        _column_view(name, figures, places.get(name, nowhere)[1], left_out)
        for name, figures in counts
        if name
    ]


def _column_view(
    name: str, figures: list[int], heading: str, left_out: Collection[str]
) -> ColumnView:
    # files judged by an earlier version have no fourth figure
    writes, repaired, bad, brought = [*figures, 0][:4]
    return ColumnView(
        field=name,
        label=label_of(name),
        heading=heading,
        writes=writes,
        repaired=repaired,
        bad=bad,
        brought=brought,
        take=name not in left_out,
        take_repaired=name + REPAIRED not in left_out,
        take_errors=name + ERRORS not in left_out,
    )


def _heading(table: dict[str, Any], name: str) -> str:
    """Of a field in several columns all headings."""
    indices = table.get("joined", {}).get(name)
    if not indices:
        indices = [table["columns"][name], *table.get("others", {}).get(name, ())]
    return " + ".join(table["headings"][index] or "(cột bên phải)" for index in indices)


def new_classes(upload: Import) -> list[str]:
    """Names of classes that confirming would create, sorted."""
    if upload.shape == "staff":
        return []
    known = {class_key(c.name) for c in SchoolClass.present()}
    query = ImportRow.select(ImportRow.class_name).where(
        ImportRow.upload == upload,
        ImportRow.writes > 0,
        (ImportRow.verdict == "new") | has_mark("moved"),
    )
    by_key: dict[str, str] = {}
    for (name,) in rows_of(query.distinct()):
        if name and class_key(name) not in known:
            by_key[class_key(name)] = name
    return sorted(by_key.values())
