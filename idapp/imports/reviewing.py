"""What the check page shows of an upload: sums, and only the rows that need a decision or would change something."""

import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any

from idapp.imports.applying import HEADING, applied
from idapp.imports.choices import CONFLICT, choices_of, taken
from idapp.models import Import, ImportRow, Person, SchoolClass, User
from idapp.permissions import classes_of, people_of
from idapp.rules import record
from idapp.rules.folding import tidy
from idapp.school import class_key

PAGE_ROWS = 50
VERDICTS = ("new", "changed", "same", "conflict", "wrong")
VIEWS = {
    "conflict": "Cần quyết định",
    "errors": "Có ô lỗi",
    "changed": "Thay đổi",
    "new": "Hồ sơ mới",
    "repaired": "Đã chỉnh dạng",
    "moved": "Đổi lớp, trạng thái",
    "stale": "Đã bị người khác sửa",
}
_LABELS = {"school_class": "Lớp", "state": "Trạng thái", "": "Cả dòng"}


@dataclass(frozen=True)
class CellView:
    """One cell of one row: what stood, what would stand, what the file said, and what is wrong or undecided."""

    field: str
    label: str
    old: str
    new: str
    raw: str  # the file's own text where it was brought into form, or of a bad cell
    repair: str  # what was done to it, in words
    problem: dict[str, Any] | None
    conflict: str  # who changed it here meanwhile, "" if nobody
    take: bool
    written: bool  # would be written if taken
    plain: bool  # a cell of a new record with nothing to say about it: shown in one line with its like


@dataclass(frozen=True)
class RowView:
    row: ImportRow
    name: str
    cells: list[CellView]
    general: list[dict[str, Any]]  # problems of no cell that the row has
    take: bool


@dataclass(frozen=True)
class Review:
    """The sums of an upload; ``rows + aside + skipped`` is every row of the file."""

    counts: dict[str, int]  # by verdict
    views: dict[str, int]  # rows in each list the page offers
    aside: dict[str, int]
    skipped: dict[str, int]
    new_classes: list[str]
    absent: list[Person]
    applied: dict[str, int]
    view: str
    page: int
    pages: int
    rows: list[RowView]

    @property
    def total(self) -> int:
        return sum(self.counts.values()) + sum(self.aside.values())

    @property
    def to_write(self) -> int:
        return self.counts["new"] + self.counts["changed"] + self.counts["conflict"]


def review(upload: Import, *, by: User, view: str = "", page: int = 1) -> Review:
    """``view`` is one of ``VIEWS``; without it the first that has rows."""
    rows = _rows_of(upload)
    views = {name: [row for row in rows if _SHOWN[name](row)] for name in VIEWS}
    view = view if views.get(view) else next((name for name, found in views.items() if found), "new")
    shown = views[view]
    pages = max(1, -(-len(shown) // PAGE_ROWS))
    page = min(max(1, page), pages)
    by_verdict = Counter(row.verdict for row in rows)
    return Review(
        counts={verdict: by_verdict[verdict] for verdict in VERDICTS},
        views={name: len(found) for name, found in views.items()},
        aside={k: n for k, n in upload.skipped.items() if k in ("other_class", "left")},
        skipped={k: n for k, n in upload.skipped.items() if k not in ("other_class", "left")},
        new_classes=_new_classes(rows, upload),
        absent=_absent(rows, upload, by),
        applied=applied(upload),
        view=view,
        page=page,
        pages=pages,
        rows=[row_view(row) for row in shown[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]],
    )


def row_view(row: ImportRow) -> RowView:
    names = [f.name for f in record.FIELDS if f.name in row.values] + [n for n in _LABELS if n in row.seen]
    problems = [p for p in row.problems if p["level"] != "choice"]
    by_field = {p["field"]: p for p in sorted(problems, key=lambda p: p["level"] == "error")}
    shown = [n for n in names if n in row.seen or n in by_field]
    cells = [_cell(row, name, by_field.get(name)) for name in shown]
    return RowView(row, _name(row), cells, [p for p in problems if p["field"] not in shown], taken(row))


def has_errors(row: ImportRow) -> bool:
    return any(p["level"] == "error" for p in row.problems)


def label_of(field: str) -> str:
    return record.FIELD[field].label if field in record.FIELD else _LABELS.get(field, field)


def repair_word(raw: str, stored: str) -> str:
    """What was done to a cell; some repairs do not show on a screen.

    >>> repair_word("12345678901", "012345678901"), repair_word("100 312 000 012", "100312000012")
    ('trả lại số 0 đầu', 'bỏ dấu ngăn cách')
    >>> repair_word("41053", "24/05/2012"), repair_word("long an", "Tỉnh Long An"), repair_word("xoá", "")
    ('ngày ở dạng số của Excel', 'viết theo danh mục', 'xoá theo yêu cầu trong tệp')
    """
    if not stored:
        return "xoá theo yêu cầu trong tệp"
    if unicodedata.normalize("NFC", raw) == stored:
        return "đưa về bảng mã dựng sẵn"
    if tidy(raw) == stored:
        return "bỏ khoảng trắng, ký tự ẩn"
    digits = "".join(c for c in raw if "0" <= c <= "9")
    if stored.isdigit() and digits and stored.endswith(digits):
        return "trả lại số 0 đầu" if len(stored) > len(digits) else "bỏ dấu ngăn cách"
    if "/" in stored and raw.strip().replace(".", "").isdigit():
        return "ngày ở dạng số của Excel"
    return "viết lại ngày" if "/" in stored and digits else "viết theo danh mục"


_SHOWN: dict[str, Any] = {
    "conflict": lambda row: row.verdict == "conflict",
    "errors": has_errors,
    "changed": lambda row: row.verdict == "changed",
    "new": lambda row: row.verdict == "new",
    "repaired": lambda row: bool(row.repairs),
    "moved": lambda row: "school_class" in row.seen or "state" in row.seen,
    "stale": lambda row: row.applied == "stale",
}


def _rows_of(upload: Import) -> list[ImportRow]:
    query = ImportRow.select(ImportRow, Person, SchoolClass).left_outer_join(Person).left_outer_join(SchoolClass)
    return list(query.where(ImportRow.upload == upload, ImportRow.verdict != HEADING).order_by(ImportRow.id))


def _cell(row: ImportRow, name: str, problem: dict[str, Any] | None) -> CellView:
    written = name in row.seen
    made = choices_of(row).get(name)
    raw = row.repairs.get(name, "") if written else row.values[name]
    return CellView(
        field=name,
        label=label_of(name),
        old=row.seen.get(name, ""),
        new=row.values[name] if written else "",
        raw=raw,
        repair=repair_word(raw, row.values[name]) if written and raw else "",
        problem=problem,
        conflict=made["message"] if made and made["code"] == CONFLICT else "",
        take=taken(row, name),
        written=written,
        plain=written and row.verdict == "new" and not (raw or made or problem),
    )


def _name(row: ImportRow) -> str:
    name = row.values.get("full_name", "") or (row.person.full_name if row.person else "")
    return name or row.values.get("ministry_code", "") or f"Dòng {row.row}"


def _new_classes(rows: list[ImportRow], upload: Import) -> list[str]:
    """Classes that confirming would create."""
    if upload.shape == "staff" or upload.state != "checked":
        return []
    known = {class_key(c.name) for c in SchoolClass.select(SchoolClass.name)}
    wanted = [row.class_name for row in rows if row.verdict == "new"]
    wanted += [row.values["school_class"] for row in rows if "school_class" in row.seen]
    return sorted({class_key(name): name for name in wanted if class_key(name) not in known}.values())


def _absent(rows: list[ImportRow], upload: Import, by: User) -> list[Person]:
    """People of the classes in the file whom the file does not name. Told only; nothing happens to them."""
    if upload.state != "checked":
        return []
    named = {row.person_id for row in rows if row.person_id}
    query = people_of(by).order_by(Person.sort_key, Person.id)
    if upload.shape == "staff":
        return [p for p in query.where(Person.kind == "staff") if p.id not in named]
    keys = {class_key(row.class_name) for row in rows}
    classes = [c.id for c in classes_of(by) if class_key(c.name) in keys]
    found = query.select(Person, SchoolClass).join(SchoolClass).where(Person.school_class.in_(classes))
    return [p for p in found if p.id not in named]
