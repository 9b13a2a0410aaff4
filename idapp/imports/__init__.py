"""Workbooks of people: read, shown, and only then written.

``read_bytes`` judges every row of a file and stores what it found; nothing of anybody is touched. The check page shows
it (``reviewing``), the person decides (``decide``), ``confirm`` writes exactly the stored rows through ``idapp.people``
in one transaction. The uploaded file itself is never kept: only its name, its SHA-256 and the rows.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from peewee import ModelSelect

from idapp import audit
from idapp.database import rows, writing
from idapp.imports.applying import HEADING, applied, confirm
from idapp.imports.choices import CONFLICT, LEFT_OUT, cells_to_write, taken
from idapp.imports.choices import decide as _decide
from idapp.imports.columns import WORDS, NoTable, Reading, understand
from idapp.imports.errors_workbook import errors_workbook
from idapp.imports.judging import judge
from idapp.imports.reviewing import VIEWS, Review, review, row_view
from idapp.models import Import, ImportRow, Person, User
from idapp.permissions import classes_of, may_import, may_see_staff
from idapp.school import class_key, the_school
from idapp.workbook import WorkbookRefused
from idapp.workbook import read_bytes as read_cells

__all__ = [
    "CONFLICT",
    "LEFT_OUT",
    "VIEWS",
    "WORDS",
    "FileRefused",
    "Review",
    "applied",
    "cells_to_write",
    "confirm",
    "decide",
    "drop",
    "errors_workbook",
    "import_for",
    "imports_of",
    "previous_of",
    "read_bytes",
    "read_file",
    "review",
    "row_view",
    "taken",
]
MAX_FILE_NAME = 150


class FileRefused(Exception):
    """The file was not taken and nothing of it is kept. ``message`` says in Vietnamese what is wrong and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def read_file(path: Path, file_name: str, *, by: User) -> Import:
    """The same as ``read_bytes`` for a file on this machine (the command line)."""
    return read_bytes(path.read_bytes(), file_name, by=by)


def read_bytes(data: bytes, file_name: str, *, by: User) -> Import:
    """Judge a workbook and keep the judgement. Raises ``FileRefused``."""
    if not may_import(by):
        raise FileRefused("Tài khoản này không nhập tệp được.")
    try:
        reading = understand(read_cells(data, file_name=file_name))
    except WorkbookRefused as refused:
        raise FileRefused(refused.message) from refused
    except NoTable as refused:
        raise FileRefused(str(refused)) from refused
    _check_ours(reading, by)
    judged, aside = judge(reading, by)
    if not judged and not aside:
        raise FileRefused("Tệp có dòng tiêu đề nhưng không có dòng nào là hồ sơ: hãy điền danh sách rồi tải lên lại.")
    return _store(reading, judged, aside, Path(file_name).name[:MAX_FILE_NAME], hashlib.sha256(data).hexdigest(), by)


def imports_of(by: User) -> ModelSelect[Import]:
    """The uploads this user may open: the office all, a teacher the own ones; newest first."""
    query = Import.select(Import, User).join(User).order_by(Import.id.desc())
    return query if may_see_staff(by) and may_import(by) else query.where(Import.user == by)


def import_for(by: User, import_id: int) -> Import | None:
    """One upload this user may open. A teacher who has given the class away no longer sees its pupils through it."""
    upload = imports_of(by).where(Import.id == import_id).first()
    return upload if upload is not None and (by.role != "teacher" or _within(upload, by)) else None


def previous_of(upload: Import) -> Import | None:
    """When the very same file was written before."""
    query = Import.select().where(Import.sha256 == upload.sha256, Import.state == "confirmed", Import.id != upload.id)
    return query.order_by(Import.id.desc()).first()


def decide(row: ImportRow, field: str, *, take: bool) -> None:
    """Keep a choice made on the check page; a file already written has nothing left to decide."""
    with writing():
        if Import.select().where(Import.id == row.upload_id, Import.state == "checked").exists():
            _decide(row, field, take)
            row.save(only=[ImportRow.problems])


def drop(upload: Import, *, by: User) -> None:
    """Put a checked file away unwritten; its rows are personal data and go."""
    with writing():
        if Import.update(state="dropped").where(Import.id == upload.id, Import.state == "checked").execute():
            ImportRow.delete().where(ImportRow.upload == upload).execute()
            audit.record("import.dropped", by=by, subject=f"import {upload.id}")


def _within(upload: Import, by: User) -> bool:
    own = {c.id: class_key(c.name) for c in classes_of(by)}
    query = ImportRow.select(ImportRow.class_name, Person.school_class).left_outer_join(Person)
    found = rows(query.where(ImportRow.upload == upload, ImportRow.verdict != HEADING).distinct())
    return all(class_key(name) in own.values() and (id_ is None or id_ in own) for name, id_ in found)


def _check_ours(reading: Reading, by: User) -> None:
    """Stop a file that is not for this user, this school or this year before anything is compared."""
    if reading.kind == "staff" and not may_see_staff(by):
        raise FileRefused("Đây là danh sách cán bộ, giáo viên: chỉ văn thư và hiệu trưởng nhập được.")
    school = the_school()
    if reading.meta.get("school", school.name) != school.name:
        raise FileRefused("Tệp này được xuất cho một trường khác nên không nhập vào đây: hãy chọn đúng tệp của trường.")
    if reading.meta.get("school_year", str(school.school_year)) != str(school.school_year):
        raise FileRefused("Tệp này được xuất cho một năm học khác: hãy tải tệp mẫu của năm học này rồi điền lại.")


def _store(
    reading: Reading, judged: list[ImportRow], aside: dict[str, int], name: str, sha256: str, by: User
) -> Import:
    # person named though empty: insert_many takes its columns from the first row
    heading = ImportRow(row=reading.tables[0].heading_row, verdict=HEADING, values=reading.headings, person=None)
    with writing():
        upload = Import.create(
            file_name=name, sha256=sha256, user=by, shape=_shape_stored(reading), skipped=reading.skipped | aside,
            unknown_headings=reading.unknown,
        )  # fmt: skip
        stored = [{**row.__data__, "upload": upload.id} for row in (heading, *judged)]
        for start in range(0, len(stored), 90):  # SQLite allows 999 parameters in old builds
            ImportRow.insert_many(stored[start : start + 90]).execute()
        audit.record("import.checked", by=by, subject=f"import {upload.id}", new=f"{len(judged)} dòng")
    return upload


def _shape_stored(reading: Reading) -> str:
    """Our own export of the staff is told apart from that of the pupils."""
    return "staff" if reading.kind == "staff" else reading.shape
