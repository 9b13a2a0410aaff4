"""Keeping what a file says: the judged rows, or the questions that come first; and dropping it."""

from typing import Any

from idapp import audit
from idapp.database import PreparedStatement, writing
from idapp.imports import uploads
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.decisions import counted_by_column
from idapp.imports.judging import Judged
from idapp.imports.new_codes import looks_like_the_ministrys
from idapp.imports.skipped_lines import entries_of
from idapp.models import Import, ImportRow, User
from idapp.rosters import FoundTable

_COLUMNS = (
    *("upload", "sheet", "row", "verdict", "person", "class_name", "values", "seen"),
    *("repairs", "handed", "problems", "choices", "raw", "address", "marks", "writes"),
)
# Peewee takes longer to put a row into words than SQLite to store it
_INSERT = PreparedStatement(
    lambda *values: ImportRow.insert(dict(zip(_COLUMNS, values, strict=True), applied="")),
    places=len(_COLUMNS),
)
# the prepared statement takes values as the database keeps them
_TO_TEXT = [getattr(ImportRow, name).db_value for name in _COLUMNS]


def store_question(
    upload: Import, questions: list[dict[str, Any]], data: bytes, by: User
) -> Import:
    """The file waits, unread by anybody, until the user has answered. Values of the file that a question shows are
    kept with the file only: they may be of a column that idapp must not know."""
    with writing():
        is_new = not upload.id
        upload.state = "asking"
        upload.questions = [_without_values(question) for question in questions]
        upload.save()
        uploads.keep(upload, data, questions)
        if is_new:
            audit.record("import.asked", by=by, subject=f"import {upload.id}")
    return upload


def store_unread(upload: Import, data: bytes) -> Import:
    """The file waits for the worker to read it."""
    with writing():
        upload.state = "reading"
        upload.questions = []
        upload.attempts = 0
        upload.save()
        uploads.keep(upload, data)
        uploads.note_progress(upload.id, 0, 0)
    return upload


def still_waits(upload: Import) -> bool:
    """False if somebody has dropped it, or another worker has read it, since ``upload`` was fetched."""
    if upload.id is None:
        return True
    waiting = Import.state.in_(("asking", "reading"))
    return bool(Import.select().where(Import.id == upload.id, waiting).exists())


def store_judged(upload: Import, reading: ParsedWorkbook, judged: Judged, by: User) -> Import:
    """Keep the judged rows for the check page; the file itself goes. One that no longer waits stays as it is."""
    with writing():
        if not still_waits(upload):
            return upload
        upload.state = "checked"
        upload.questions = []
        upload.attempts = 0
        upload.shape = reading.shape
        if reading.kind == "staff":  # our own export of the staff too
            upload.shape = "staff"
        upload.from_ministry = looks_like_the_ministrys(reading.shape, judged.rows)
        upload.skipped = reading.skipped | judged.aside
        upload.unknown_headings = reading.unknown
        upload.meta = reading.meta
        upload.notes = judged.notes
        upload.tables = [_table(table) for table in reading.tables]
        upload.counts = counted_by_column(judged.rows)
        upload.addresses = judged.addresses
        upload.save()
        _INSERT.run_many(_values(upload, row) for row in judged.rows)
        audit.record(
            "import.checked", by=by, subject=f"import {upload.id}", new=f"{len(judged.rows)} dòng"
        )
    uploads.forget(upload)
    return upload


def drop(upload: Import, *, by: User) -> None:
    """Put a file away unwritten; its rows are personal data and go, and so does the file where it still waits."""
    with writing():
        waiting = Import.state.in_(("asking", "reading", "checked"))
        claim = Import.update(state="dropped", questions=[], addresses={}, sentence="")
        if claim.where(Import.id == upload.id, waiting).execute():
            ImportRow.delete().where(ImportRow.upload == upload).execute()
            audit.record("import.dropped", by=by, subject=f"import {upload.id}")
            uploads.forget(upload)


def discard_unread(upload: Import, sentence: str) -> None:
    """A file that waited to be read cannot be: it keeps only the sentence why."""
    with writing():
        away = Import.update(state="dropped", questions=[], sentence=sentence)
        away.where(Import.id == upload.id, Import.state == "reading").execute()
    uploads.forget(upload)


def _without_values(question: dict[str, Any]) -> dict[str, Any]:
    question = _without(question, "examples")
    if "columns" in question:
        question["columns"] = [_without(column, "samples") for column in question["columns"]]
    return question


def _without(question: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in question.items() if key != name}


def _values(upload: Import, row: ImportRow) -> list[Any]:
    values = row.__data__ | {"upload": upload.id}
    return [to_text(values.get(name)) for name, to_text in zip(_COLUMNS, _TO_TEXT, strict=True)]


def _table(table: FoundTable) -> dict[str, Any]:
    return {
        "sheet": table.sheet,
        "heading_row": table.heading_row,
        "headings": list(table.all_headings),
        "columns": table.columns,
        "joined": table.joined,
        "others": table.others,
        "skipped": entries_of(table),
    }
