"""The map of the data: tables in order of foreign keys. Questions are allowed here, verbs are not.

Times are UTC (``utc_now``), naive in the database. Dates of people are kept twice: the text a person reads and the
clean ISO value. A place is (epoch, code): codes were reused under other names in 2025.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    ModelSelect,
    NodeList,
    TextField,
)

from idapp.database import db

STATUSES = (
    "incomplete", "ready", "sent", "verified", "mismatch", "not_found", "rejected", "unanswered", "changed",
    "explained",
)  # fmt: skip
ROLES = ("teacher", "clerk", "principal", "reviewer")
OPEN_BATCH = ("queued", "running", "paused", "waiting_for_answers")
OPEN_ITEM = ("waiting", "sending")
HEARTBEAT_STALE = timedelta(seconds=8)


def utc_now() -> datetime:
    """Now in UTC, without a zone: the one form of time in the database."""
    return datetime.now(UTC).replace(tzinfo=None)


def one_of(column: str, values: tuple[str, ...]) -> SQL | NodeList:
    return Check(f"{column} IN ({', '.join(repr(v) for v in values)})")


class JSONText(TextField):
    """Small structured values, readable in any database browser."""

    def db_value(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def python_value(self, value: str | None) -> Any:
        return json.loads(value) if value else None


class Table(Model):
    """Foreign keys also have their bare ``..._id``, and backrefs; they are declared where they exist, for mypy."""

    id = AutoField()

    class Meta:
        database = db
        legacy_table_names = False


class School(Table):
    """The one school of this installation."""

    name = TextField()
    office = TextField(default="")  # the managing office the letter came from
    reviewer_title = TextField(default="Phòng GDĐT")  # since 01/07/2025 there is no Phòng GDĐT: a setting
    level = TextField(default="TH;THCS")
    province = TextField(default="")
    school_year = IntegerField()  # first calendar year: 2022 means 2022-2023


class Campaign(Table):
    """One order of the managing office: complete and verify everybody by the deadline."""

    title = TextField()
    letter = TextField(default="")
    opens_on = DateField()
    deadline = DateField()
    epoch = CharField(max_length=8, default="3level")
    closed_at = DateTimeField(null=True)

    def days_left(self, today: date) -> int:
        return (self.deadline - today).days


class User(Table):
    classes: ModelSelect[Any]
    sessions: ModelSelect[Any]
    imports: ModelSelect[Any]

    username = CharField(unique=True)
    full_name = TextField()
    role = CharField(constraints=[one_of("role", ROLES)])
    password_hash = TextField()
    must_change_password = BooleanField(default=False)
    disabled = BooleanField(default=False)
    created_at = DateTimeField(default=utc_now)

    # what Flask-Login asks of a user
    is_authenticated = True
    is_anonymous = False

    @property
    def is_active(self) -> bool:
        return not self.disabled

    def get_id(self) -> str:
        return str(self.id)


class Session(Table):
    """A signed-in browser. The cookie holds a random token, this row its hash; no row, no entry."""

    user_id: int
    token_hash = CharField(unique=True)
    user = ForeignKeyField(User, backref="sessions", on_delete="CASCADE")
    created_at = DateTimeField(default=utc_now)
    seen_at = DateTimeField(default=utc_now)


class SchoolClass(Table):
    homeroom_teacher_id: int | None
    people: ModelSelect[Any]
    name = CharField(unique=True)
    grade = IntegerField(null=True)
    level = CharField(default="")
    homeroom_teacher = ForeignKeyField(User, backref="classes", null=True, on_delete="SET NULL")


class Person(Table):
    """A pupil or a staff member. Both go through the same completing, verifying and explaining."""

    school_class_id: int | None
    changes: ModelSelect[Any]
    items: ModelSelect[Any]
    notices: ModelSelect[Any]
    explanations: ModelSelect[Any]

    kind = CharField(constraints=[one_of("kind", ("student", "staff"))])
    school_class = ForeignKeyField(SchoolClass, backref="people", null=True, on_delete="RESTRICT")
    state = TextField(default="Đang học")
    active = BooleanField(default=True)
    version = IntegerField(default=1)

    # the fields of rules.record.FIELDS: canonical where the rules accept it, else as it came in
    full_name = TextField(default="")
    date_of_birth = TextField(default="")
    gender = TextField(default="")
    identity_number = TextField(default="", index=True)
    province = TextField(default="")
    district = TextField(default="")
    commune = TextField(default="")
    address = TextField(default="")
    ethnic_group = TextField(default="")
    nationality = TextField(default="")
    ministry_code = TextField(default="", index=True)
    father_name = TextField(default="")
    father_birth_year = TextField(default="")
    mother_name = TextField(default="")
    mother_birth_year = TextField(default="")
    position = TextField(default="")

    # clean values, computed from the texts by people.restate, never typed
    number = CharField(max_length=12, null=True)  # 12 ASCII digits, held by one active person only
    born = CharField(max_length=10, null=True)  # 2012-03-20, or 2012 where only the year is known
    sex = CharField(max_length=6, null=True)
    epoch = CharField(max_length=8, default="3level")
    province_code = CharField(max_length=5, null=True)
    district_code = CharField(max_length=5, null=True)
    commune_code = CharField(max_length=5, null=True)
    foreign_national = BooleanField(default=False)
    sort_key = TextField(default="")
    search_key = TextField(default="")

    # where the record stands, computed too
    status = CharField(default="incomplete", constraints=[one_of("status", STATUSES)])
    problems = JSONText(default=list)  # [{field, code, message, suggestion, level}]
    errors = IntegerField(default=0)
    warnings = IntegerField(default=0)

    # the last answer of the population database, and the values it was about
    outcome = CharField(default="")
    outcome_hash = CharField(default="")
    outcome_at = DateTimeField(null=True)
    differences = JSONText(default=dict)  # {field: [ours, register's]}
    outcome_reason = CharField(default="")

    class Meta:
        indexes = ((("kind", "active", "status"), False),)

    def problem_of(self, field: str) -> dict[str, str] | None:
        """The gravest problem of a field, errors first."""
        own = [p for p in self.problems if p["field"] == field]
        return min(own, key=lambda p: p["level"] != "error", default=None)


Person.add_index(Person.school_class, Person.active, Person.sort_key)
Person.add_index(SQL("CREATE UNIQUE INDEX person_number ON person (number) WHERE active AND number IS NOT NULL"))


class Change(Table):
    """The audit: who did what, when, from where, by which door. Append only (a trigger refuses anything else)."""

    user_id: int | None
    person_id: int | None
    at = DateTimeField(default=utc_now, index=True)
    user = ForeignKeyField(User, null=True, on_delete="RESTRICT")  # null: the system itself
    event = CharField()  # person.changed, login.failed, batch.started ...
    person = ForeignKeyField(Person, backref="changes", null=True, on_delete="RESTRICT")
    subject = CharField(default="")  # "batch 3", "import 5": what else it was about
    field = CharField(default="")
    old = TextField(default="")
    new = TextField(default="")
    typed = TextField(default="")  # what came in, where it differs from what is stored
    door = CharField(default="")  # typed, pasted, import, notice, undo, batch
    step = CharField(default="", index=True)  # changes of one deed, undone together
    version = IntegerField(null=True)
    address = CharField(default="")


class Import(Table):
    """An uploaded workbook on its way: read, checked, confirmed."""

    user_id: int
    rows: ModelSelect[Any]
    file_name = TextField()
    sha256 = CharField(index=True)
    user = ForeignKeyField(User, backref="imports")
    created_at = DateTimeField(default=utc_now)
    state = CharField(default="checked", constraints=[one_of("state", ("checked", "confirmed", "dropped"))])
    confirmed_at = DateTimeField(null=True)
    shape = CharField(default="")  # profile, form416, staff
    skipped = JSONText(default=dict)  # rows that are no record, by kind
    unknown_headings = JSONText(default=list)
    step = CharField(default="")


class ImportRow(Table):
    """One row of an uploaded workbook, as it was judged on the check page. Only these rows are ever written."""

    upload_id: int
    person_id: int | None
    upload = ForeignKeyField(Import, backref="rows", on_delete="CASCADE")
    row = IntegerField()  # row number in the sheet, as the user sees it in Excel
    verdict = CharField()  # new, changed, same, conflict, wrong
    person = ForeignKeyField(Person, null=True)
    class_name = CharField(default="")
    values = JSONText(default=dict)  # {field: text to store}
    seen = JSONText(default=dict)  # {field: what the record held when the file was checked}
    repairs = JSONText(default=dict)  # {field: text as it stood in the file}
    problems = JSONText(default=list)
    applied = CharField(default="")  # created, changed, unchanged, stale


class Batch(Table):
    """One run of a scope against the population database. Rows decide; Redis only wakes the worker."""

    started_by_id: int
    items: ModelSelect[Any]
    scope = CharField()  # school, grade:5, class:12, staff
    state = CharField(default="queued")
    reason = CharField(default="")  # why paused, stopped or failed
    sentence = TextField(default="")  # the same for people
    started_by = ForeignKeyField(User)
    created_at = DateTimeField(default=utc_now)
    finished_at = DateTimeField(null=True)
    total = IntegerField(default=0)
    excluded = JSONText(default=dict)  # {reason: n} at the start
    lease = CharField(default="")
    lease_until = DateTimeField(null=True)
    heartbeat_at = DateTimeField(null=True)
    resume_at = DateTimeField(null=True)
    failures_in_row = IntegerField(default=0)

    @property
    def shown_state(self) -> str:
        """`interrupted` is not stored: it is a running batch whose worker has fallen silent."""
        if self.state == "running" and utc_now() - (self.heartbeat_at or self.created_at) > HEARTBEAT_STALE:
            return "interrupted"
        return self.state

    @property
    def open(self) -> bool:
        return self.state in OPEN_BATCH


Batch.add_index(SQL(f"CREATE UNIQUE INDEX batch_open_scope ON batch (scope) WHERE state IN {OPEN_BATCH!r}"))


class BatchItem(Table):
    """One person in one batch: the values frozen at the start and what came of them."""

    batch_id: int
    person_id: int
    calls: ModelSelect[Any]
    batch = ForeignKeyField(Batch, backref="items", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="items")
    values = JSONText()
    hash = CharField()
    state = CharField(default="waiting")  # waiting, sending, then an outcome of registry.Outcome or skipped
    reason = CharField(default="")
    differences = JSONText(default=dict)
    stale = BooleanField(default=False)  # the record had been edited when the answer came: kept, not applied
    attempts = IntegerField(default=0)
    request_code = CharField(default="")
    not_before = DateTimeField(null=True)
    lease_until = DateTimeField(null=True)
    settled_at = DateTimeField(null=True)
    seconds = FloatField(null=True)

    class Meta:
        indexes = ((("batch", "state"), False),)


BatchItem.add_index(
    SQL(f"CREATE UNIQUE INDEX batch_item_open_person ON batch_item (person_id) WHERE state IN {OPEN_ITEM!r}")
)


class Attempt(Table):
    """One call: the request code (MaYeuCau) under which the register keeps its own log."""

    item_id: int
    item = ForeignKeyField(BatchItem, backref="calls", on_delete="CASCADE")
    request_code = CharField(unique=True)
    at = DateTimeField(default=utc_now)
    outcome = CharField(default="")
    reason = CharField(default="")


class Notice(Table):
    """Step 3 for one person: the family's paper (giấy thông báo số định danh) is needed, asked for, compared."""

    person_id: int
    person = ForeignKeyField(Person, backref="notices", on_delete="CASCADE")
    reason = CharField()  # no_number, mismatch, not_found, rejected, by_hand
    state = CharField(
        default="open", constraints=[one_of("state", ("open", "asked", "police", "received", "compared", "closed"))]
    )
    opened_at = DateTimeField(default=utc_now)
    closed_at = DateTimeField(null=True)
    closed_because = CharField(default="")


Notice.add_index(SQL("CREATE UNIQUE INDEX notice_open_person ON notice (person_id) WHERE state <> 'closed'"))


class Explanation(Table):
    """Why a record cannot be verified now: proposed by the school, approved by the principal."""

    person_id: int
    proposed_by_id: int
    decided_by_id: int | None
    person = ForeignKeyField(Person, backref="explanations", on_delete="CASCADE")
    reason = CharField()
    note = TextField(default="")
    state = CharField(
        default="proposed", constraints=[one_of("state", ("proposed", "approved", "returned", "withdrawn"))]
    )
    proposed_by = ForeignKeyField(User, backref="+")
    proposed_at = DateTimeField(default=utc_now)
    decided_by = ForeignKeyField(User, backref="+", null=True)
    decided_at = DateTimeField(null=True)


TABLES = (
    School, Campaign, User, Session, SchoolClass, Person, Change, Import, ImportRow, Batch, BatchItem, Attempt, Notice,
    Explanation,
)  # fmt: skip
