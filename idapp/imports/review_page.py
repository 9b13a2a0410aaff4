"""What the check page shows of an upload: sums, and only the rows that need a decision or would change something.

Everything is counted by the database (``ImportRow.marks``, ``ImportRow.writes``); only the rows of one page are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from peewee import ModelSelect, fn

from idapp.database import rows as rows_of
from idapp.imports.applying import applied
from idapp.imports.choices import (
    ASKED,
    BROUGHT,
    ERRORS,
    REPAIRED,
    TWO_SIDES,
    UNDECIDED,
    UNREAD,
    choices_of,
    taken,
)
from idapp.imports.column_repairs import NAMES
from idapp.imports.coverage import Coverage, coverage_of
from idapp.imports.headings import label_of
from idapp.models import Change, Import, ImportRow, Person, SchoolClass, User
from idapp.rosters.dates import day_first_shown
from idapp.rules import old_fonts, places, record
from idapp.rules.folding import fold, tidy
from idapp.school import class_key

PAGE_ROWS = 50
VERDICTS = ("new", "changed", "same", "conflict", "wrong")
VIEWS = {
    "conflict": "Cần quyết định",
    "asked": "Chưa rõ là ai",
    "look": "Nên xem kỹ",
    "errors": "Có ô lỗi",
    "stale": "Đã bị người khác sửa",
    "twice": "Trùng",
    "warned": "Có cảnh báo",
    "changed": "Thay đổi",
    "new": "Hồ sơ mới",
    "repaired": "Đã chuẩn hóa",
    "moved": "Đổi lớp, trạng thái",
    "hidden": "Dòng bị ẩn",
    "struck": "Dòng bị gạch ngang",
}
SKIPPED_WORDS = {
    "title": "dòng tiêu đề", "class": "dòng tên lớp", "heading": "dòng tên cột",
    "signature": "dòng chữ ký, tổng cộng", "empty": "dòng trống hoặc chỉ điền sẵn lớp, giới tính",
    "other_sheet": "dòng ở sheet không có danh sách", "other_kind": "dòng ở danh sách không đọc cùng",
}  # fmt: skip
VIEW_HELP = {
    "conflict": (
        "Mỗi ô dưới đây có hai bên: giá trị hệ thống đang giữ và giá trị trong tệp. Ô này có người vừa sửa trong hệ "
        "thống, hoặc giá trị trong tệp kém hơn giá trị đang có (sai, không có trong danh mục, mất dấu). Chưa chọn thì "
        "hệ thống giữ giá trị đang có."
    ),
    "asked": (
        "Chưa rõ dòng này là người mới hay là người trường đã có. Là người mới thì chọn ghi; là người đã có thì làm "
        "như lời dặn ở dòng ấy rồi tải tệp lên lại."
    ),
    "look": "Những dòng này ghi được, nhưng có thể là dữ liệu của người khác: hãy đối chiếu với giấy tờ trước khi ghi.",
    "errors": (
        "Ô lỗi vẫn được ghi vào ô đang trống, kèm dấu lỗi, để giáo viên thấy trong bảng lớp và sửa theo giấy tờ; hồ sơ "
        "còn lỗi thì chưa gửi xác thực. Ô hệ thống không đọc được thì không ghi."
    ),
    "twice": "Hai dòng cùng một người, hoặc một số định danh đứng ở hai người: mỗi người chỉ có một số.",
    "repaired": "Hệ thống đã viết lại những ô này cho đúng dạng. Không đúng ý thì bấm “Để lại ô này”.",
    "moved": "Theo tệp, những người này đổi lớp hoặc đổi trạng thái.",
    "hidden": "Những dòng này bị lọc hoặc ẩn trong Excel. Không cần nhập thì bỏ chọn.",
    "struck": "Những dòng này bị gạch ngang trong tệp. Người ấy không còn trong danh sách thì bỏ chọn.",
}
_VERDICT_VIEWS = ("conflict", "changed", "new")
_STALE = "Cả dòng chưa ghi. Muốn ghi, hãy tải tệp lên lại: hệ thống so với giá trị mới rồi hỏi."
_NOBODY = "Ô Họ và tên đã bỏ chọn nên không tạo hồ sơ cho dòng này."
_SPECIAL = ("school_class", "state", "")


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
    plain: (
        bool  # a cell of a new record with nothing to say about it: shown in one line with its like
    )

    @property
    def has_error(self) -> bool:
        return bool(self.problems) and self.problems[0]["level"] == "error"


@dataclass(frozen=True)
class RowView:
    row: ImportRow
    name: str
    cells: list[CellView]
    general: list[dict[str, Any]]  # problems of no cell that the row has
    take: bool
    asked: bool  # nobody can tell whose row it is, and nobody has said yet


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
        self._groups = rows_of(query.group_by(ImportRow.verdict, ImportRow.marks))
        self.applied = applied(upload) if upload.confirmed_at else {}

    @cached_property
    def counts(self) -> dict[str, int]:
        """By verdict."""
        return {
            word: sum(n for verdict, _, n, *_ in self._groups if verdict == word)
            for word in VERDICTS
        }

    @cached_property
    def views(self) -> dict[str, int]:
        """Rows in each list the page offers."""
        return {view: self._in_view(view) for view in VIEWS}

    def _in_view(self, view: str) -> int:
        if view == "stale":
            return self.applied.get("stale", 0)
        return sum(
            n for verdict, marks, n, *_ in self._groups if view == verdict or f" {view} " in marks
        )

    @property
    def to_write(self) -> int:
        """Rows that confirming would write, by the choices made so far."""
        return sum(n or 0 for *_, n, _ in self._groups)

    @property
    def cells(self) -> int:
        return sum(n or 0 for *_, n in self._groups)

    @property
    def odd_to_write(self) -> int:
        """Rows with a warning that would be written all the same."""
        return sum(n or 0 for _, marks, _, n, _ in self._groups if " warned " in marks)

    @property
    def brought(self) -> int:
        """Rows that would be written, or were, with an error in one of their cells."""
        return sum(n or 0 for _, marks, _, n, _ in self._groups if f" {BROUGHT} " in marks)

    @property
    def unread(self) -> int:
        """Rows of which something cannot be written at all."""
        return sum(n for _, marks, n, *_ in self._groups if f" {UNREAD} " in marks)

    @cached_property
    def undecided(self) -> int:
        """Rows in which somebody still has to choose."""
        return sum(n for _, marks, n, *_ in self._groups if f" {UNDECIDED} " in marks)

    @property
    def unknown(self) -> int:
        """Rows of which nobody has said yet whose they are."""
        return sum(n for _, marks, n, *_ in self._groups if {ASKED, UNDECIDED} <= {*marks.split()})

    @property
    def undecided_in(self) -> str:
        """The list that shows the first of them."""
        of = {verdict for verdict, marks, *_ in self._groups if f" {UNDECIDED} " in marks}
        return "conflict" if "conflict" in of else "asked"

    @property
    def aside(self) -> dict[str, int]:
        return {k: n for k, n in self.upload.skipped.items() if k in ("other_class", "left")}

    @property
    def skipped(self) -> dict[str, int]:
        return {k: n for k, n in self.upload.skipped.items() if k not in ("other_class", "left")}

    @property
    def total(self) -> int:
        return sum(self.counts.values()) + sum(self.aside.values())


@dataclass(frozen=True)
class Review:
    """A page of an upload."""

    sums: ImportTotals
    new_classes: list[str]
    rollcall: Coverage
    columns: list[ColumnView]
    view: str
    page: int
    pages: int
    rows: list[RowView]

    @property
    def counts(self) -> dict[str, int]:
        return self.sums.counts

    @property
    def views(self) -> dict[str, int]:
        return self.sums.views

    @property
    def total(self) -> int:
        return self.sums.total

    @property
    def to_write(self) -> int:
        return self.sums.to_write

    @property
    def skipped(self) -> dict[str, int]:
        return self.sums.skipped

    @property
    def aside(self) -> dict[str, int]:
        return self.sums.aside


def sums(upload: Import) -> ImportTotals:
    return ImportTotals(upload)


def review(upload: Import, *, by: User, view: str = "", page: int = 1) -> Review:
    """``view`` is one of ``VIEWS``; without it the first that has rows."""
    found = ImportTotals(upload)
    view = (
        view
        if found.views.get(view)
        else next((name for name, n in found.views.items() if n), "new")
    )
    pages = max(1, -(-found.views[view] // PAGE_ROWS))
    page = min(max(1, page), pages)
    shown = rows_in(upload, view).order_by(ImportRow.id).paginate(page, PAGE_ROWS)
    open_ = upload.state == "checked"
    return Review(
        sums=found,
        new_classes=new_classes(upload) if open_ else [],
        rollcall=coverage_of(upload, by) if open_ else Coverage(),
        columns=_columns(upload) if open_ else [],
        view=view,
        page=page,
        pages=pages,
        rows=[row_view(row, upload.left_out) for row in shown],
    )


def rows_in(upload: Import, view: str) -> ModelSelect[ImportRow]:
    """The rows of one list of the check page, each with its record."""
    query = (
        ImportRow.select(ImportRow, Person, SchoolClass)
        .left_outer_join(Person)
        .left_outer_join(SchoolClass)
    )
    query = query.where(ImportRow.upload == upload)
    if view == "stale":
        return query.where(ImportRow.applied == "stale")
    if view in _VERDICT_VIEWS:
        return query.where(ImportRow.verdict == view)
    return query.where(ImportRow.marks.contains(f" {view} "))


def row_view(row: ImportRow, left_out: Collection[str] = ()) -> RowView:
    """A row as the page shows it, by the choices made and the columns left out."""
    problems = [p for p in row.problems if p["level"] != "choice"]
    shown = _fields_shown(row, problems)
    cells = [_cell(row, name, _of_field(name, problems), left_out) for name in shown]
    # an oddity of a cell that the file leaves as it is stands with the row, under the name of the cell
    general = [_named(problem) for problem in problems if problem["field"] not in shown]
    if row.applied == "stale":
        general += _edits_since(row)
    if row.verdict == "new" and not row.writes and taken(row):
        cells, general = [], [_said(_NOBODY)]
    whole = choices_of(row).get("", {})
    is_asked = whole.get("code") == ASKED and not whole.get("decided")
    return RowView(row, name_of(row), cells, general, taken(row), is_asked)


def _fields_shown(row: ImportRow, problems: Collection[dict[str, Any]]) -> list[str]:
    """The cells that would be written, and those of the file with an error, in the order of a record."""
    names = [field.name for field in record.FIELDS if field.name in row.values]
    names += [name for name in _SPECIAL if name in row.seen]
    bad = {problem["field"] for problem in problems if problem["level"] == "error"}
    return [name for name in names if name in row.seen or name in bad]


def _of_field(name: str, problems: Collection[dict[str, Any]]) -> list[dict[str, Any]]:
    """The gravest first."""
    own = [problem for problem in problems if problem["field"] == name]
    return sorted(own, key=lambda problem: problem["level"])


def _named(problem: dict[str, Any]) -> dict[str, Any]:
    return problem | {"label": label_of(problem["field"]) if problem["field"] else ""}


def _said(message: str, label: str = "") -> dict[str, Any]:
    return {"label": label, "message": message, "suggestion": "", "level": "warning"}


def _edits_since(row: ImportRow) -> Iterator[dict[str, Any]]:
    """Why a row was not written after all: what the record holds now, who put it there, and what can be done."""
    person = row.person
    for name, seen in row.seen.items():
        if person is None or name not in record.FIELD or getattr(person, name) == seen:
            continue
        query = (
            Change.select(Change, User)
            .left_outer_join(User)
            .where(Change.person == person, Change.field == name)
        )
        last = query.order_by(Change.id.desc()).first()
        who = last.user.full_name if last and last.user else "Hệ thống"
        now = getattr(person, name) or "(trống)"
        yield _said(f"nay là “{now}”, {who} sửa sau khi xem trước.", label_of(name))
    yield _said(_STALE)


def repair_word(raw: str, stored: str, name: str = "") -> str:
    """What was done to a cell of the field ``name``; some repairs do not show on a screen.

    >>> repair_word("TrÇn ThÞ Hoa", "Trần Thị Hoa", "full_name"), repair_word("Lê An*", "Lê An", "full_name")
    ('đổi từ phông chữ cũ sang Unicode', 'bỏ ghi chú sau tên')
    >>> repair_word("Xã Mỹ Lạc", "Xã Mỹ Thạnh", "commune"), repair_word("Mỹ Lạc", "Xã Mỹ Lạc", "commune")
    ('đổi sang tên trong danh mục', 'viết theo danh mục')
    >>> repair_word("03/25/2016 0:00", "25/03/2016", "date_of_birth")
    'đọc tháng trước ngày'
    >>> repair_word("20032016", "20/03/2016", "date_of_birth"), repair_word("Năm 2016", "2016", "date_of_birth")
    ('viết lại ngày', 'chỉ có năm sinh')

    >>> repair_word("12345678901", "012345678901"), repair_word("100 312 000 012", "100312000012")
    ('trả lại số 0 đầu', 'bỏ dấu ngăn cách')
    >>> repair_word("41053", "24/05/2012"), repair_word("long an", "Tỉnh Long An"), repair_word("xóa", "")
    ('ngày ở dạng số của Excel', 'viết theo danh mục', 'xóa theo yêu cầu trong tệp')
    >>> repair_word("１００３１２００００１２", "100312000012"), repair_word("100\\xa0312000012", "100312000012")
    ('chữ số khổ rộng đổi về chữ số thường', 'bỏ dấu ngăn cách')
    >>> repair_word("100312000012,00", "100312000012"), repair_word("\\xd0ỗ Văn An", "Đỗ Văn An")
    ('bỏ dấu ngăn cách', 'chữ Ð của bảng mã khác đổi về Đ')
    """
    if not stored:
        return "xóa theo yêu cầu trong tệp"
    told_by_field = _repair_of_field(raw, stored, name)
    if told_by_field:
        return told_by_field
    if unicodedata.normalize("NFC", raw) == stored:
        return "đưa về bảng mã dựng sẵn"
    if tidy(raw) == stored:
        return "chữ Ð của bảng mã khác đổi về Đ" if "\u00d0" in raw else "bỏ khoảng trắng, ký tự ẩn"
    whole = re.sub(r"(?<=[0-9])[.,]0{1,2}$", "", unicodedata.normalize("NFKC", raw))
    digits = "".join(c for c in whole if "0" <= c <= "9")
    if stored.isdigit() and digits == stored and any(c.isdigit() and not c.isascii() for c in raw):
        return "chữ số khổ rộng đổi về chữ số thường"
    if stored.isdigit() and digits and stored.endswith(digits):
        return "trả lại số 0 đầu" if len(stored) > len(digits) else "bỏ dấu ngăn cách"
    if "/" in stored and raw.strip().replace(".", "").isdigit():
        return "ngày ở dạng số của Excel"
    return "viết lại ngày" if "/" in stored and digits else "viết theo danh mục"


def _repair_of_field(raw: str, stored: str, name: str) -> str:
    """What only the meaning of the column explains; "" for repairs that any text may need."""
    if name in NAMES:
        in_unicode = old_fonts.restored(raw)
        if in_unicode is not None and fold(in_unicode.text) != fold(raw):
            return "đổi từ phông chữ cũ sang Unicode"
        if fold(stored) in fold(raw) and fold(stored) != fold(raw):
            return "bỏ ghi chú sau tên"
    if name == "commune" and "," in stored:
        return "ghi cả địa chỉ vào một ô, chờ chọn nơi"
    if name in places.LEVELS and not places.is_same_name(name, raw, stored):
        return "đổi sang tên trong danh mục"
    return _repair_of_date(tidy(raw), stored) if name == "date_of_birth" else ""


_NO_SPACES = dict.fromkeys(map(ord, " \u00a0\u200b"))


def _repair_of_date(raw: str, stored: str) -> str:
    """What became of a date; an untouched serial number of Excel has five digits and maybe a time behind them."""
    if raw == stored or re.fullmatch("[0-9]{5}(?:[.,][0-9]+)?", raw):
        return ""
    is_month_first = day_first_shown(raw)[: len(stored)] == stored
    if is_month_first and day_first_shown(raw) != raw and "/" in stored:
        return "đọc tháng trước ngày"
    if re.fullmatch("[0-9]{4}", stored):
        return "chỉ có năm sinh"
    is_rewritten = "/" in stored and raw.translate(_NO_SPACES) != stored
    return "viết lại ngày" if is_rewritten and any(c.isdigit() for c in raw) else ""


def _cell(
    row: ImportRow, name: str, problems: list[dict[str, Any]], left_out: Collection[str]
) -> CellView:
    written = name in row.seen
    made = choices_of(row).get(name)
    take = taken(row, name, left_out)
    raw = row.repairs.get(name, "") if written else row.values[name]
    has_two_sides = made is not None and made["code"] in TWO_SIDES
    is_remarkable = bool(raw or made or problems)
    is_plain = row.verdict == "new" and written and not is_remarkable
    return CellView(
        field=name,
        label=label_of(name),
        old=row.seen.get(name, ""),
        new=row.values[name] if written else "",
        raw=raw,
        repair=repair_word(raw, row.values[name], name) if written and raw else "",
        problems=problems,
        two_sides=made["message"] if made and has_two_sides else "",
        decided=bool(made and made.get("decided")),
        take=take,
        written=written,
        stands=any(problem.get("stands") for problem in problems),
        plain=is_plain and (take or not taken(row)),
    )


def name_of(row: ImportRow) -> str:
    """Whose row it is, in the words that the file or the record has for it."""
    name = row.values.get("full_name", "") or (row.person.full_name if row.person else "")
    return name or row.values.get("ministry_code", "") or f"Dòng {row.row}"


def _columns(upload: Import) -> list[ColumnView]:
    """What each column of the file would do, in the order of the file."""
    places = {f: (at, _heading(t, f)) for t in upload.tables for f, at in t["columns"].items()}
    found = sorted(upload.counts.items(), key=lambda one: places.get(one[0], (999, "")))
    return [
        ColumnView(
            field=field,
            label=label_of(field),
            heading=places.get(field, (0, ""))[1],
            writes=writes,
            repaired=repaired,
            bad=bad,
            brought=next(iter(brought), 0),
            take=field not in upload.left_out,
            take_repaired=field + REPAIRED not in upload.left_out,
            take_errors=field + ERRORS not in upload.left_out,
        )
        for field, (writes, repaired, bad, *brought) in found
        if field
    ]


def _heading(table: dict[str, Any], field: str) -> str:
    """Of a field in several columns all headings."""
    places = table.get("joined", {}).get(field)
    if not places:
        places = [table["columns"][field], *table.get("others", {}).get(field, ())]
    return " + ".join(table["headings"][at] or "(cột bên phải)" for at in places)


def new_classes(upload: Import) -> list[str]:
    """Classes that confirming would create."""
    if upload.shape == "staff":
        return []
    known = {class_key(c.name) for c in SchoolClass.select(SchoolClass.name)}
    query = ImportRow.select(ImportRow.class_name).where(
        ImportRow.upload == upload,
        ImportRow.writes > 0,
        (ImportRow.verdict == "new") | ImportRow.marks.contains(" moved "),
    )
    wanted = [name for (name,) in rows_of(query.distinct()) if name]
    return sorted(
        {class_key(name): name for name in wanted if class_key(name) not in known}.values()
    )
