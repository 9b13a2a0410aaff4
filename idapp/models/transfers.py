"""Coming and going: where somebody came from or went to, and the papers that a newcomer still owes.

The state and the class of a record say where somebody is; the history says since when. Here stands what neither has
room for: the day in the world outside, the other school, the papers.
"""

from __future__ import annotations

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    TextField,
)

from idapp.models.ground import Table, one_of, utc_now
from idapp.models.people import Person
from idapp.models.school import User

TRANSFER_KINDS = ("arrival", "class", "state")


class Transfer(Table):
    """What is known of one coming, going or change of class, beside its audit rows (the same ``changeset``).

    day       when it happened; the audit says when it was written down
    undone    its changeset was taken back: it counts no more, and counts again if that is done again
    """

    person_id: int
    user_id: int | None
    person = ForeignKeyField(Person, backref="transfers", on_delete="CASCADE")
    kind = CharField(max_length=8, constraints=[one_of("kind", TRANSFER_KINDS)])
    day = DateField()
    school = TextField(default="")  # the other school, as it was written
    province = TextField(default="")
    note = TextField(default="")
    changeset = CharField(max_length=32, index=True)
    undone = BooleanField(default=False)
    user = ForeignKeyField(User, backref="+", null=True, on_delete="RESTRICT")
    at = DateTimeField(default=utc_now)


class EntryPaper(Table):
    """One paper that a newcomer has brought, or owes until a day. ``paper``: a key of ``rules.entry_papers``."""

    person_id: int
    person = ForeignKeyField(Person, backref="entry_papers", on_delete="CASCADE")
    paper = CharField(max_length=32)
    due_on = DateField(null=True)
    received_on = DateField(null=True)  # null: still owed

    class Meta:
        table_name = "entry_paper"
        indexes = ((("person", "paper"), True),)


EntryPaper.add_index(
    SQL("CREATE INDEX entry_paper_owed ON entry_paper (person_id) WHERE received_on IS NULL")
)
