"""Workbooks of people: read, shown, and only then written.

``read_bytes`` judges every row of a file and stores what it found; nothing of anybody is touched. Where the file leaves
a doubt (a column nobody recognises; another school, year or level) it is kept aside until ``answer``. The check page
shows the judged rows (``reviewing``), the person decides (``deciding``), ``confirm`` writes exactly the stored rows
through ``idapp.people`` in one transaction; ``undo`` takes all of it back. The uploaded file itself is not kept beyond
the questions about it: only its name, its SHA-256 and the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import IO

from peewee import ModelSelect

from idapp.database import rows
from idapp.imports import headings, uploads
from idapp.imports.applying import applied, confirm, overdue, queue, write
from idapp.imports.choices import CONFLICT, LEFT_OUT, cells_to_write, taken
from idapp.imports.circumstances import doubts
from idapp.imports.columns import KEYS, WORDS, Reading, understand
from idapp.imports.deciding import decide, decide_all, leave_out_columns, set_all_or_nothing
from idapp.imports.errors_workbook import errors_workbook
from idapp.imports.headings import explained_by, forget, meanings_for
from idapp.imports.judging import judge
from idapp.imports.reviewing import VIEWS, Review, Sums, review, row_view, sums
from idapp.imports.storing import drop, store_judged, store_question
from idapp.imports.uploads import forget_old, progress_of
from idapp.imports.withdrawing import NotUndone, undo
from idapp.models import Import, ImportRow, Person, User
from idapp.permissions import classes_of, may_import, may_see_staff
from idapp.school import class_key
from idapp.workbook import MAX_FILE_BYTES, Sheet, WorkbookRefused, turn
from idapp.workbook import read_bytes as read_cells

__all__ = [
    "CONFLICT",
    "IN_BACKGROUND_FROM",
    "LEFT_OUT",
    "VIEWS",
    "WORDS",
    "FileRefused",
    "NotUndone",
    "Review",
    "Sums",
    "answer",
    "applied",
    "cells_to_write",
    "confirm",
    "decide",
    "decide_all",
    "drop",
    "errors_workbook",
    "explained_by",
    "forget",
    "forget_old",
    "headings",
    "import_for",
    "imports_of",
    "leave_out_columns",
    "overdue",
    "previous_of",
    "progress_of",
    "queue",
    "read_bytes",
    "read_file",
    "review",
    "row_view",
    "set_all_or_nothing",
    "sums",
    "taken",
    "undo",
    "write",
]  # fmt: skip
MAX_FILE_NAME = 150
IN_BACKGROUND_FROM = 500  # rows; fewer are written while the page waits
_NO_TABLE = (
    "Tệp không có cột Họ tên hay Mã định danh Bộ GD&ĐT nên không biết dòng nào là của ai: "
    "hãy tải tệp mẫu ở trang này rồi điền vào đó."
)


class FileRefused(Exception):
    """The file was not taken and nothing of it is kept. ``message`` says in Vietnamese what is wrong and what to do.

    ``doubt``: the kind that the caller may set aside (``anyway``), "" if there is none.
    """

    def __init__(self, message: str, *, doubt: str = "") -> None:
        super().__init__(message)
        self.message, self.doubt = message, doubt


def read_file(path: Path, file_name: str, *, by: User, anyway: Collection[str] = ()) -> Import:
    """The same as ``read_bytes`` for a file on this machine (the command line)."""
    return read_bytes(path.read_bytes(), file_name, by=by, anyway=anyway)


def read_bytes(data: bytes, file_name: str, *, by: User, ask: bool = False, anyway: Collection[str] = ()) -> Import:
    """Judge a workbook and keep the judgement. Raises ``FileRefused``.

    ``ask``: there is somebody to answer, so a doubt gives an upload in state ``asking``; otherwise a doubt refuses the
    file, unless its kind (``school``, ``year``, ``level``) stands in ``anyway``.
    """
    if not may_import(by):
        raise FileRefused("Tài khoản này không nhập tệp được.")
    sheets = _cells(data, file_name)
    upload = Import(
        file_name=Path(file_name).name[:MAX_FILE_NAME], sha256=hashlib.sha256(data).hexdigest(), user=by,
        answers={"columns": {}, "anyway": list(anyway)},
    )  # fmt: skip
    return _go_on(upload, sheets, data if ask else None, by)


def answer(upload: Import, *, columns: Mapping[str, str], anyway: Collection[str], by: User) -> Import:
    """What the user said to the questions of an upload that is ``asking``: headings explained, doubts set aside."""
    data = uploads.kept(upload)
    if upload.state != "asking" or data is None:
        raise FileRefused("Tệp này không còn chờ trả lời nữa: hãy tải tệp lên lại.")
    asked = {c["key"]: c["heading"] for q in upload.questions for c in q.get("columns", ())}
    said = {key: field for key, field in columns.items() if key in asked}
    headings.remember(said, asked, by=by)
    upload.answers = {
        "columns": upload.answers["columns"] | said, "anyway": sorted({*upload.answers["anyway"], *anyway}),
    }  # fmt: skip
    return _go_on(upload, _cells(data, upload.file_name), data, by)


def read_stream(stream: IO[bytes], file_name: str, *, by: User) -> Import:
    """An upload from the browser. It is taken into memory only when its turn to be read has come: few are at once."""
    try:
        with turn():
            return read_bytes(stream.read(MAX_FILE_BYTES + 1), file_name, by=by, ask=True)
    except WorkbookRefused as refused:
        raise FileRefused(refused.message) from refused


def imports_of(by: User) -> ModelSelect[Import]:
    """The uploads this user may open: the office all, a teacher the own ones; newest first."""
    query = Import.select(Import, User).join(User, on=Import.user).order_by(Import.id.desc())
    return query if may_see_staff(by) and may_import(by) else query.where(Import.user == by)


def import_for(by: User, import_id: int) -> Import | None:
    """One upload this user may open. A teacher who has given the class away no longer sees its pupils through it."""
    upload = imports_of(by).where(Import.id == import_id).first()
    return upload if upload is not None and (by.role != "teacher" or _within(upload, by)) else None


def previous_of(upload: Import) -> Import | None:
    """When the very same file was written before."""
    query = Import.select().where(Import.sha256 == upload.sha256, Import.state == "confirmed", Import.id != upload.id)
    return query.order_by(Import.id.desc()).first()


def _cells(data: bytes, file_name: str) -> list[Sheet]:
    try:
        return read_cells(data, file_name=file_name)
    except WorkbookRefused as refused:
        raise FileRefused(refused.message) from refused


def _go_on(upload: Import, sheets: list[Sheet], data: bytes | None, by: User) -> Import:
    """Ask what there is to ask (``data`` is then kept), else judge."""
    meanings = meanings_for(by) | upload.answers["columns"]
    reading = understand(sheets, meanings)
    question = headings.question(sheets, reading, meanings)
    if reading is None and question is None:
        raise FileRefused(_NO_TABLE)
    if reading is not None:
        _check_allowed(reading, by)
    asked = [question] if question and (data is not None or reading is None) else []
    if reading is not None:
        asked += [doubt for doubt in doubts(reading) if doubt["kind"] not in upload.answers["anyway"]]
    if asked and data is None:
        if reading is None:
            raise FileRefused(_NO_TABLE)
        raise FileRefused(f"{asked[0]['sentence']} Hãy chọn đúng tệp của trường.", doubt=asked[0]["kind"])
    if asked or reading is None:
        return store_question(upload, asked, data or b"", by)
    judged, aside = judge(reading, by)
    if not judged and not aside:
        raise FileRefused("Tệp có dòng tiêu đề nhưng không có dòng nào là hồ sơ: hãy điền danh sách rồi tải lên lại.")
    return store_judged(upload, reading, judged, aside, by)


def _check_allowed(reading: Reading, by: User) -> None:
    if reading.kind == "staff" and not may_see_staff(by):
        raise FileRefused("Đây là danh sách cán bộ, giáo viên: chỉ văn thư và hiệu trưởng nhập được.")
    if not KEYS & reading.columns:
        raise FileRefused(_NO_TABLE)


def _within(upload: Import, by: User) -> bool:
    own = {c.id: class_key(c.name) for c in classes_of(by)}
    query = ImportRow.select(ImportRow.class_name, Person.school_class).left_outer_join(Person)
    found = rows(query.where(ImportRow.upload == upload).distinct())
    return all(class_key(name) in own.values() and (id_ is None or id_ in own) for name, id_ in found)
