"""The lists of the check page: what each is called, and which rows stand in it."""

from __future__ import annotations

from peewee import ModelSelect

from idapp.imports.marks import has_mark
from idapp.models import Import, ImportRow, Person, SchoolClass

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
_VERDICT_VIEWS = ("conflict", "changed", "new")


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
    return query.where(has_mark(view))
