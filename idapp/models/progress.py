"""Step 4: progress as it was on each day, remarks of the managing office, the figures of other schools."""

from __future__ import annotations

from peewee import (
    SQL,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of, utc_now
from idapp.models.school import Campaign, SchoolClass, User


class Snapshot(Table):
    """The board at one moment. One row a day is kept up to date until midnight, one more follows each batch."""

    campaign_id: int
    campaign = ForeignKeyField(Campaign, backref="+", on_delete="CASCADE")
    day = DateField()
    at = DateTimeField(default=utc_now)
    reason = CharField(constraints=[one_of("reason", ("day", "batch", "closed"))])
    subject = CharField(default="")  # "batch 3"
    # [{kind, class_id, class, grade, total, ...}]: figures only, nothing of a person
    lines = JSONText(default=list)

    class Meta:
        indexes = ((("campaign", "day"), False),)


Snapshot.add_index(
    SQL("CREATE UNIQUE INDEX snapshot_of_day ON snapshot (campaign_id, day) WHERE reason = 'day'")
)


class Remark(Table):
    """What the managing office says about a class, or about the staff (no class). Answered by the school."""

    school_class_id: int | None
    author_id: int
    school_class = ForeignKeyField(SchoolClass, backref="+", null=True, on_delete="CASCADE")
    author = ForeignKeyField(User, backref="+")
    at = DateTimeField(default=utc_now)
    text = TextField()
    answer = TextField(default="")
    answered_by = ForeignKeyField(User, backref="+", null=True)
    answered_at = DateTimeField(null=True)


class SchoolFigures(Table):
    """The newest progress file of one school, in the managing office's own installation. Figures only."""

    key = CharField(unique=True)  # the school's public key: who may replace this row
    name = TextField()
    campaign = TextField(default="")
    deadline = DateField(null=True)
    as_of = DateTimeField()
    received_at = DateTimeField(default=utc_now)
    received_by = ForeignKeyField(User, backref="+", null=True)
    total = IntegerField(default=0)
    to_do = IntegerField(default=0)
    done = IntegerField(default=0)
    completed_on = DateField(null=True)  # since when nobody is missing
    counts = JSONText(default=dict)  # {column: n} of the whole school
    figures = JSONText(default=dict)  # the whole file
