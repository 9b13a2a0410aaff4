"""Workbooks of people: read, shown, and only then written.

``read_bytes`` judges every row of a file and stores what it found; nothing of anybody is touched. Where the file leaves
a doubt (a column nobody recognises; another school, year or level) it is kept aside until ``answer``. The check page
shows the judged rows (``review_page``), the person decides (``decisions``), ``confirm`` writes exactly the stored rows
through ``idapp.people``; ``undo`` takes all of it back; both in parts. The uploaded file itself is not kept beyond
the questions about it: only its name, its SHA-256 and the rows, without the columns nobody asks for.

Memory: the web process takes files in two at a time, at most 10 MB each, and judges the short ones only
(``intake.LARGE_BYTES``); the parser's child is held to 768 MB of addresses and 20 seconds. A large file is judged
in the worker's process for this one job: see ``make bench`` for 50,000 x 16 cells.
"""

from __future__ import annotations

from peewee import ModelSelect

from idapp.database import rows
from idapp.imports import headings
from idapp.imports.address_questions import asked_in as asked_addresses
from idapp.imports.address_questions import decide as decide_addresses
from idapp.imports.address_questions import open_questions as open_addresses
from idapp.imports.applying import applied, confirm, queue, write
from idapp.imports.columns import SHAPE_WORDS
from idapp.imports.decisions import (
    CONFLICT,
    LEFT_OUT,
    cells_to_write,
    decide,
    decide_all,
    is_taken,
    is_used,
    leave_out_columns,
    set_all_or_nothing,
    set_from_ministry,
)
from idapp.imports.errors_workbook import errors_workbook, export_errors
from idapp.imports.headings import explained_by, forget
from idapp.imports.intake import (
    FileRefused,
    answer,
    judged_again,
    read_bytes,
    read_file,
    read_kept,
    read_stream,
)
from idapp.imports.plausibility import WARNINGS
from idapp.imports.reverting import NotUndone, queue_undo, take_back, undo
from idapp.imports.review_page import (
    SKIPPED_WORDS,
    VIEW_HELP,
    Review,
    review,
    row_view,
    totals_of,
)
from idapp.imports.row_lists import VIEWS
from idapp.imports.skipped_lines import sentences_of as skipped_lines
from idapp.imports.storing import drop
from idapp.imports.summary import left_out, lines_after, lines_before
from idapp.imports.totals import ImportTotals
from idapp.imports.under_way import how_far, overdue
from idapp.imports.uploads import forget_old, questions_of
from idapp.models import Import, ImportRow, Person, User
from idapp.permissions import classes_of, may_import, may_see_staff
from idapp.rules.class_name import class_key

__all__ = [
    "CONFLICT",
    "IN_BACKGROUND_FROM",
    "LEFT_OUT",
    "SHAPE_WORDS",
    "SKIPPED_WORDS",
    "VIEWS",
    "VIEW_HELP",
    "WARNINGS",
    "FileRefused",
    "ImportTotals",
    "NotUndone",
    "Review",
    "answer",
    "applied",
    "asked_addresses",
    "cells_to_write",
    "confirm",
    "decide",
    "decide_addresses",
    "decide_all",
    "drop",
    "errors_workbook",
    "explained_by",
    "export_errors",
    "forget",
    "forget_old",
    "go_on",
    "headings",
    "how_far",
    "import_for",
    "imports_of",
    "is_taken",
    "is_used",
    "judged_again",
    "leave_out_columns",
    "left_out",
    "lines_after",
    "lines_before",
    "may_open",
    "open_addresses",
    "overdue",
    "previous_of",
    "questions_of",
    "queue",
    "queue_undo",
    "read_bytes",
    "read_file",
    "read_stream",
    "review",
    "row_view",
    "set_all_or_nothing",
    "set_from_ministry",
    "skipped_lines",
    "take_back",
    "totals_of",
    "undo",
    "write",
]
IN_BACKGROUND_FROM = 500  # rows; fewer are written while the page waits


def go_on(import_id: int) -> None:
    """The work of the background: read the file, write it or take it back, whichever it waits for."""
    read_kept(import_id)
    write(import_id)
    take_back(import_id)


def imports_of(by: User) -> ModelSelect[Import]:
    """The uploads this user may know of: the office all, a teacher the own ones; newest first."""
    query = Import.select(Import, User).join(User, on=Import.user).order_by(Import.id.desc())
    if may_see_staff(by) and may_import(by):
        return query
    return query.where(Import.user == by)


def import_for(by: User, import_id: int) -> Import | None:
    """The upload of this id, as far as this user may open it."""
    upload = imports_of(by).where(Import.id == import_id).first()
    if upload is None or not may_open(upload, by):
        return None
    return upload


def may_open(upload: Import, by: User) -> bool:
    """A teacher no longer sees, through an upload, a pupil who left for another class or a class given away."""
    return by.role != "teacher" or _within(upload, by)


def previous_of(upload: Import) -> Import | None:
    """When the very same file was written before."""
    query = Import.select().where(
        Import.sha256 == upload.sha256, Import.state == "confirmed", Import.id != upload.id
    )
    return query.order_by(Import.id.desc()).first()


def _within(upload: Import, by: User) -> bool:
    """Are all rows, and the records they mean, of classes that the user has now?"""
    key_of_class = {c.id: class_key(c.name) for c in classes_of(by)}
    keys = set(key_of_class.values())
    query = ImportRow.select(ImportRow.class_name, Person.school_class).left_outer_join(Person)
    for name, class_id in rows(query.where(ImportRow.upload == upload).distinct()):
        if class_key(name) not in keys:
            return False
        if class_id is not None and class_id not in key_of_class:
            return False
    return True
