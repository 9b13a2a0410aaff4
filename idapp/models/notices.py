"""Step 3: the family's paper, and why a record cannot be verified now."""

from __future__ import annotations

from peewee import SQL, CharField, DateTimeField, ForeignKeyField, TextField

from idapp.models.ground import Table, one_of, utc_now
from idapp.models.people import Person
from idapp.models.school import User


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
