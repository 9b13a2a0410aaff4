"""The records of pupils and staff, and the history of everything that was done."""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateTimeField,
    Expression,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of, utc_now, written_out
from idapp.models.school import SchoolClass, User
from idapp.rules.problem import StoredProblem

STATUSES = (
    "incomplete",
    "ready",
    "sent",
    "verified",
    "mismatch",
    "not_found",
    "rejected",
    "unanswered",
    "changed",
    "explained",
    "foreign",
)
DONE = ("verified", "explained")  # accounted for: nobody has to act any more
DISAGREES = ("mismatch", "not_found")  # the register has somebody else under this number, or nobody


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
    # only where the campaign asks for it; kept when it no longer does
    present_province = TextField(default="")
    present_district = TextField(default="")
    present_commune = TextField(default="")
    present_address = TextField(default="")

    # clean values, computed from the texts by people.recompute, never typed
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
    problems = JSONText(default=list)  # list[StoredProblem]
    errors = IntegerField(default=0)
    warnings = IntegerField(default=0)

    # {field: what was handed in}, where the last step on a cell stored something else (rules.repairs)
    repaired = JSONText(default=dict)

    # the last answer of the population database, and the values it was about
    outcome = CharField(default="")
    outcome_hash = CharField(default="")
    outcome_at = DateTimeField(null=True)
    differences = JSONText(default=dict)  # {field: [ours, register's]}
    outcome_reason = CharField(default="")
    # {province, district, commune}: the register's codes
    register_residence = JSONText(default=dict)

    class Meta:
        indexes = ((("kind", "active", "status"), False),)

    def problem_of(self, field: str) -> StoredProblem | None:
        """The gravest problem of a field, errors first; None if it has none."""
        of_field = [problem for problem in self.problems if problem["field"] == field]
        return min(of_field, key=lambda problem: problem["level"] != "error", default=None)

    @classmethod
    def is_in_need(cls, somebody: Any = None) -> Expression:
        """The condition on an active record without which no paper is needed (``notices.needs_paper``), also true of a
        few that need none.

        Its values are written out: by these very words SQLite finds the index ``person_in_need``. ``somebody``: an
        alias of the table.
        """
        who = somebody or cls
        disagrees = written_out(DISAGREES)
        no_number = (who.status == SQL("'incomplete'")) & (who.identity_number == SQL("''"))
        is_asked_again = (who.status == SQL("'sent'")) & who.outcome.in_(disagrees)
        return who.status.in_(disagrees) | no_number | is_asked_again


Person.add_index(Person.school_class, Person.active, Person.sort_key)
Person.add_index(
    SQL("CREATE UNIQUE INDEX person_number ON person (number) WHERE active AND number IS NOT NULL")
)


Person.add_index(
    SQL(
        "CREATE INDEX person_search"
        " ON person (active DESC, sort_key, search_key, kind, school_class_id)"
    )
)


# counting everybody goes through it and through no record
Person.add_index(
    SQL(
        "CREATE INDEX person_standing"
        " ON person (status, kind, school_class_id, number) WHERE active"
    )
)
Person.add_index(
    SQL(
        "CREATE INDEX person_in_need ON person (status, kind, school_class_id, sort_key)"
        " WHERE active AND"
        " (status IN ('mismatch', 'not_found')"
        " OR (status = 'incomplete' AND identity_number = '')"
        " OR (status = 'sent' AND outcome IN ('mismatch', 'not_found')))"
    )
)
Person.add_index(
    SQL(
        "CREATE INDEX person_without_code ON person (kind, school_class_id)"
        " WHERE active AND NOT (LENGTH(ministry_code) IN (10, 20)"
        " AND SUBSTR(ministry_code, 1, 1) IN ('0','1','2','3','4','5','6','7','8','9')"
        " AND REPLACE(ministry_code, ' ', '') = ministry_code)"
    )
)


class Change(Table):
    """The audit: who did what, when, from where, from which source. Append only (a trigger refuses anything else)."""

    user_id: int | None
    person_id: int | None
    at = DateTimeField(default=utc_now, index=True)
    user = ForeignKeyField(User, null=True, on_delete="RESTRICT")  # null: the system itself
    event = CharField()  # person.changed, login.failed, batch.started ...
    person = ForeignKeyField(Person, backref="changes", null=True, on_delete="RESTRICT")
    subject = CharField(default="")  # "batch 3", "import 5": what else it was about, for people
    undoes = CharField(default="")  # the changeset that this one takes back or does again
    verb = CharField(default="")  # undo, redo; "" if it is a deed of its own
    field = CharField(default="")
    old = TextField(default="")
    new = TextField(default="")
    typed = TextField(default="")  # what came in, where it differs from what is stored
    source = CharField(default="")  # typed, pasted, fill, card, import, notice, undo
    changeset = CharField(default="", index=True)  # changes of one deed, undone together
    version = IntegerField(null=True)
    address = CharField(default="")
    seal = CharField(default="")  # the salt of old, new and typed; of an erased row their hash
    link = CharField(default="")  # of the chain: see history_chain


Change.add_index(SQL("CREATE INDEX change_backup_made ON change (id) WHERE event = 'backup.made'"))


class EnteredChange(Table):
    """How far the ministry's own system has one cell of a record: all changes up to this one are entered there."""

    person_id: int
    person = ForeignKeyField(Person, backref="entered_changes", on_delete="RESTRICT")
    field = CharField()
    up_to = IntegerField()  # the id of a Change
    at = DateTimeField(default=utc_now)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    changeset = CharField(index=True)  # what was ticked at once
    undone_at = DateTimeField(null=True)

    class Meta:
        indexes = ((("person", "field"), False),)
