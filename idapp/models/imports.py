"""Uploaded workbooks and their judged rows, and headings that somebody explained once."""

from __future__ import annotations

from typing import Any

from peewee import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of, utc_now
from idapp.models.people import Person
from idapp.models.school import User

IMPORT_STATES = (
    *("reading", "asking", "checked", "writing", "confirmed"),
    *("undoing", "undone", "dropped"),
)
IN_PARTS = ("writing", "undoing")  # states in which a worker takes one part after another


class Import(Table):
    """An uploaded workbook on its way: to be read, asked about, checked, written, confirmed, undone or dropped."""

    user_id: int
    confirmed_by_id: int | None
    undone_by_id: int | None
    rows: ModelSelect[Any]
    file_name = TextField()
    sha256 = CharField(index=True)
    user = ForeignKeyField(User, backref="imports")
    created_at = DateTimeField(default=utc_now)
    state = CharField(default="checked", constraints=[one_of("state", IMPORT_STATES)])
    shape = CharField(default="")  # profile, form416, staff, own
    skipped = JSONText(default=dict)  # rows that are no record, by kind
    unknown_headings = JSONText(default=list)
    # [{sheet, heading_row, headings: all in order, columns: {field: index}, joined: {field: indices}, skipped:
    # [[first line, last line, kind, text]]}]
    tables = JSONText(default=list)
    meta = JSONText(default=dict)  # what our own export says about itself
    # sentences about columns that were read otherwise than they stand
    notes = JSONText(default=list)
    # {field: [cells the file would write, of them brought into form, bad cells, of them to be written]}
    counts = JSONText(default=dict)

    # {"asked": [addresses to be chosen], "converted": [[old, new, rows]]}, see imports.address_questions
    addresses = JSONText(default=dict)

    # what somebody must answer before the file is judged; without values of the file (imports.uploads)
    questions = JSONText(default=list)
    # {"columns": {heading key: field}, "anyway": [kinds of question]}
    answers = JSONText(default=dict)
    # columns that stay unwritten: "address", "date_of_birth:repaired"
    left_out = JSONText(default=list)
    all_or_nothing = BooleanField(default=False)
    # taken as it is from the ministry's own system: what it brings need not be entered there again
    from_ministry = BooleanField(default=False)

    confirmed_at = DateTimeField(null=True)
    confirmed_by = ForeignKeyField(User, null=True, backref="+")
    changeset = CharField(default="")
    sentence = TextField(
        default=""
    )  # why nothing was read or written, or why it stopped on its way
    attempts = IntegerField(default=0)  # since something of it was last done
    heartbeat_at = DateTimeField(null=True)  # of the last part of the writing or of the way back
    undone_at = DateTimeField(null=True)
    undone_by = ForeignKeyField(User, null=True, backref="+")
    # how far the way back is, see imports.reverting.UndoProgress
    undo_progress = JSONText(default=dict)

    @property
    def is_in_parts(self) -> bool:
        """Is it being written or taken back?"""
        return self.state in IN_PARTS

    @property
    def is_stopped(self) -> bool:
        """Has that ended on its way, so that somebody must say how it goes on?"""
        return self.is_in_parts and bool(self.sentence)


class ImportRow(Table):
    """One row of an uploaded workbook, as it was judged on the check page. Only these rows are ever written."""

    upload_id: int
    person_id: int | None
    upload = ForeignKeyField(Import, backref="rows", on_delete="CASCADE")
    sheet = CharField(default="")  # only where the file has several
    row = IntegerField()  # row number in the sheet, as the user sees it in Excel
    verdict = CharField()  # new, changed, same, conflict, wrong
    person = ForeignKeyField(Person, null=True)
    class_name = CharField(default="")
    values = JSONText(default=dict)  # {field: text to store}
    seen = JSONText(default=dict)  # {field: what the record held when the file was checked}
    repairs = JSONText(default=dict)  # {field: text as it stood in the file}
    problems = JSONText(default=list)  # [{field, code, message, suggestion, level}]
    # {field, "" for the whole row: what is to be decided, or was} (imports.decisions.Choice)
    choices = JSONText(default=dict)
    handed = JSONText(default=dict)  # {place: more of the residence than its own cell said}
    raw = JSONText(default=list)  # of rows that need mending: as it stood, in the columns we use
    # of a row whose address must be chosen: which one, and its cells while nobody has (imports.address_questions)
    address = JSONText(default=dict)
    marks = JSONText(
        default=list
    )  # ["errors", "repaired"]: the lists of the check page that show it
    writes = IntegerField(default=0)  # cells that would be written, by the choices made
    # created, changed, unchanged, left_out, refused, stale; after an undo created_kept, changed_kept, changed_part too
    applied = CharField(default="")

    class Meta:
        indexes = ((("upload", "verdict"), False),)


class HeadingMeaning(Table):
    """A heading nobody recognised, and what the user said it is: a field, or "" for a column of no use."""

    user_id: int
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    key = CharField()
    heading = TextField()
    field = CharField()
    at = DateTimeField(default=utc_now)

    class Meta:
        indexes = ((("user", "key"), True),)
