"""Step 3: the family's paper, its photo, why a record cannot be verified now, the day the police come to school."""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    CharField,
    DateField,
    DateTimeField,
    Expression,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of, utc_now, written_out
from idapp.models.people import Person
from idapp.models.school import User

NOTICE_STATES = (
    "open",
    "asked",
    "police",
    "received",
    "compared",
    "register_wrong",
    "waiting",
    "closed",
)
EVIDENCE = ("card", "vneid", "birth_certificate", "notice", "ct07")  # asked for in this order
REGISTER_ERROR_STATES = (
    "prepared",
    "sent",
    "more",
    "corrected",
    "confirmed",
    "still_wrong",
    "refused",
    "withdrawn",
)
OPEN_REGISTER_ERROR = ("prepared", "sent", "more", "corrected")
EXPLANATION_STATES = ("proposed", "approved", "returned", "withdrawn")
OPEN_EXPLANATION = ("proposed", "approved", "returned")


class PaperCase(Table):
    """Step 3 for one person: the family's paper (giấy thông báo số định danh) is needed, asked for, compared.

    police: the family has gone there for its paper. register_wrong: the papers agree with the record, and the school
    has asked the police to correct the population database (:class:`RegisterError`).
    waiting: nothing more to do at school, the record waits for the next batch.
    """

    person_id: int
    owner_id: int | None
    scans: ModelSelect[Any]
    person = ForeignKeyField(Person, backref="notices", on_delete="CASCADE")
    reason = CharField()  # no_number, mismatch, not_found, by_hand
    state = CharField(default="open", constraints=[one_of("state", NOTICE_STATES)])
    opened_at = DateTimeField(default=utc_now)
    state_at = DateTimeField(default=utc_now)
    # null: the homeroom teacher
    owner = ForeignKeyField(User, backref="+", null=True, on_delete="SET NULL")
    due_on = DateField(null=True)  # when to ask the family again
    note = TextField(default="")
    evidence = CharField(default="")  # kind of paper that was compared, one of EVIDENCE
    ticked = JSONText(default=list)  # fields of the paper that were compared and agree
    returns = IntegerField(default=0)  # how often a batch sent the case back
    closed_at = DateTimeField(null=True)
    closed_because = CharField(default="")

    @classmethod
    def is_open(cls) -> Expression:
        """The condition with its state written out, as :meth:`BatchItem.is_open`: with a value that comes later SQLite
        plans the statement anew each time, to see whether a partial index serves it.
        """
        return cls.state != SQL("'closed'")


PaperCase.add_index(
    SQL("CREATE UNIQUE INDEX notice_open_person ON paper_case (person_id) WHERE state <> 'closed'")
)
# counting cases goes through it and through no case
PaperCase.add_index(
    SQL("CREATE INDEX notice_open_state ON paper_case (state, person_id) WHERE state <> 'closed'")
)


class Scan(Table):
    """A photo of a family's paper: re-encoded pages, encrypted, in the data folder. Gone after verification."""

    case_id: int
    case = ForeignKeyField(PaperCase, backref="scans", on_delete="CASCADE")
    evidence = CharField(default="notice")
    name = CharField(unique=True)  # of the encrypted file: random, says nothing
    pages = IntegerField(default=1)
    added_by = ForeignKeyField(User, backref="+")
    added_at = DateTimeField(default=utc_now)
    erased_at = DateTimeField(null=True)
    erased_because = CharField(default="")


class RegisterError(Table):
    """The population database is wrong about a person: what the school asks the commune police to correct.

    ``fields``: {field: [as the papers and the school say, as the register says, or "" where it did not say]}.
    """

    person_id: int
    added_by_id: int
    person = ForeignKeyField(Person, backref="register_errors", on_delete="CASCADE")
    fields = JSONText(default=dict)
    hash = CharField()  # of the school's values that the papers confirm (``Person.outcome_hash``)
    evidence = CharField()  # the paper that proves it, one of EVIDENCE
    note = TextField(default="")
    # "" as long as it is the commune of permanent residence as the record has it
    commune_code = CharField(max_length=5, default="")
    state = CharField(default="prepared", constraints=[one_of("state", REGISTER_ERROR_STATES)])
    added_by = ForeignKeyField(User, backref="+")
    added_at = DateTimeField(default=utc_now)
    sent_on = DateField(null=True)  # the day on the letter
    answered_on = DateField(null=True)
    answer = TextField(default="")  # what the police wrote or said
    ended_at = DateTimeField(null=True)

    @classmethod
    def is_open(cls) -> Expression:
        """The condition with its states written out, as :meth:`BatchItem.is_open`."""
        return cls.state.in_(written_out(OPEN_REGISTER_ERROR))


RegisterError.add_index(
    SQL(
        "CREATE UNIQUE INDEX register_error_open_person ON register_error (person_id) "
        f"WHERE state IN {OPEN_REGISTER_ERROR!r}"
    )
)


class Explanation(Table):
    """Why a record cannot be verified now: proposed by the school, approved by the principal, seen by the office."""

    person_id: int
    proposed_by_id: int
    decided_by_id: int | None
    person = ForeignKeyField(Person, backref="explanations", on_delete="CASCADE")
    reason = CharField()
    note = TextField(default="")
    evidence = TextField(default="")  # what proves it, in words: "giấy hẹn của công an ngày ..."
    comment = TextField(default="")  # why it was returned
    state = CharField(default="proposed", constraints=[one_of("state", EXPLANATION_STATES)])
    proposed_by = ForeignKeyField(User, backref="+")
    proposed_at = DateTimeField(default=utc_now)
    decided_by = ForeignKeyField(User, backref="+", null=True)
    decided_at = DateTimeField(null=True)

    @classmethod
    def is_open(cls) -> Expression:
        """The condition with its states written out, as :meth:`BatchItem.is_open`."""
        return cls.state.in_(written_out(OPEN_EXPLANATION))


Explanation.add_index(
    SQL(
        "CREATE UNIQUE INDEX explanation_open_person ON explanation (person_id) "
        f"WHERE state IN {OPEN_EXPLANATION!r}"
    )
)


class Visit(Table):
    """The police come to the school to issue the papers."""

    appointments: ModelSelect[Any]
    day = DateField()
    place = TextField(default="")
    note = TextField(default="")
    added_by = ForeignKeyField(User, backref="+")
    added_at = DateTimeField(default=utc_now)


class Appointment(Table):
    """One child on that day."""

    visit_id: int
    person_id: int
    visit = ForeignKeyField(Visit, backref="appointments", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="appointments", on_delete="CASCADE")
    time = CharField(default="")  # as written on the list: "8:15"
    guardian_note = TextField(default="")
    came = CharField(default="", constraints=[one_of("came", ("", "yes", "no"))])

    class Meta:
        indexes = ((("visit", "person"), True),)
