"""Batches against the population database, their items, every single call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateTimeField,
    Expression,
    FloatField,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
)

from idapp.models.ground import JSONText, Table, utc_now, written_out
from idapp.models.people import Person
from idapp.models.school import User

OPEN_BATCH = ("prepared", "queued", "running", "paused", "waiting_for_answers")
OPEN_ITEM = ("waiting", "sending")
HEARTBEAT_STALE = timedelta(seconds=8)


class Batch(Table):
    """One run of a scope against the population database. Rows decide; Redis only wakes the worker."""

    started_by_id: int
    prepared_by_id: int | None
    items: ModelSelect[Any]
    files: ModelSelect[Any]
    scope = CharField()  # school, grade:5, class:12, staff
    which = CharField(max_length=16, default="ready")  # ready, changed, unanswered, unverified
    # soap: the worker asks; file: a workbook carried by hand
    channel = CharField(max_length=8, default="soap")
    state = CharField(default="queued")
    reason = CharField(default="")  # why paused, stopped or failed
    sentence = TextField(default="")  # the same for people
    started_by = ForeignKeyField(User, backref="+")  # of a prepared batch: who prepared it
    prepared_by = ForeignKeyField(User, backref="+", null=True)
    created_at = DateTimeField(default=utc_now)
    started_at = DateTimeField(null=True)
    finished_at = DateTimeField(null=True)
    # how many were frozen; written with them, and nobody comes or goes afterwards
    total = IntegerField(default=0)
    excluded = JSONText(default=dict)  # {reason: n} at the start
    lease = CharField(default="")
    lease_until = DateTimeField(null=True)
    heartbeat_at = DateTimeField(null=True)
    resume_at = DateTimeField(null=True)
    # the service has not answered since; ask one record before all others
    outage_since = DateTimeField(null=True)

    @property
    def shown_state(self) -> str:
        """`interrupted` is not stored: it is a running batch whose worker has fallen silent."""
        if self.state == "running" and abs(utc_now() - self.last_sign) > HEARTBEAT_STALE:
            return "interrupted"
        return self.state

    @property
    def last_sign(self) -> datetime:
        """Of life. It may lie in the future: clocks are put back."""
        return self.heartbeat_at or self.started_at or self.created_at

    @property
    def open(self) -> bool:
        """May anything of it still be asked or answered?"""
        return self.state in OPEN_BATCH


Batch.add_index(
    SQL(f"CREATE UNIQUE INDEX batch_open_scope ON batch (scope) WHERE state IN {OPEN_BATCH!r}")
)


class BatchItem(Table):
    """One person in one batch: the values frozen at the start and what came of them."""

    batch_id: int
    person_id: int
    calls: ModelSelect[Any]
    batch = ForeignKeyField(Batch, backref="items", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="items")
    values = JSONText()
    hash = CharField()
    # the register's last word on this person before the start
    outcome_before = CharField(max_length=16, default="")
    # waiting, sending, then an outcome of registry.Outcome or skipped
    state = CharField(default="waiting")
    reason = CharField(default="")
    differences = JSONText(default=dict)
    # the record had been edited when the answer came: stored, not applied; while it is asked: the
    # police have corrected the register since
    stale = BooleanField(default=False)
    attempts = IntegerField(default=0)
    request_code = CharField(default="")
    not_before = DateTimeField(null=True)
    lease = CharField(max_length=32, default="")  # whose question it is
    # by then a question that is being asked has ended, come what may
    lease_until = DateTimeField(null=True)
    settled_at = DateTimeField(null=True)
    seconds = FloatField(null=True)  # what the last call took

    class Meta:
        # all that the counts of a batch read
        indexes = ((("batch", "state", "stale", "settled_at"), False),)

    @classmethod
    def is_open(cls) -> Expression:
        """The condition with its states written out: SQLite finds a partial index only by the words of its own
        condition, and goes through the items of all batches otherwise.
        """
        return cls.state.in_(written_out(OPEN_ITEM))

    @property
    def counted_as(self) -> str:
        """What counts: an answer about values that stand there no more says nothing about the record."""
        if self.stale and self.state not in OPEN_ITEM:
            return "stale"
        return self.state


BatchItem.add_index(
    SQL(
        "CREATE UNIQUE INDEX batch_item_open_person ON batch_item (person_id) "
        f"WHERE state IN {OPEN_ITEM!r}"
    )
)


class Attempt(Table):
    """One call: the request code (MaYeuCau) under which the register keeps its own log."""

    item_id: int
    item = ForeignKeyField(BatchItem, backref="calls", on_delete="CASCADE")
    request_code = CharField(unique=True)
    at = DateTimeField(default=utc_now)
    outcome = CharField(default="")
    reason = CharField(default="")


class BatchFile(Table):
    """A result file that was brought back for a batch, and the rows of it that settled nothing."""

    batch_id: int
    user_id: int
    batch = ForeignKeyField(Batch, backref="files", on_delete="CASCADE")
    user = ForeignKeyField(User, backref="+")
    file_name = TextField()
    sha256 = CharField(max_length=64)
    at = DateTimeField(default=utc_now)
    counts = JSONText(default=dict)  # rows, settled, waiting, already, same, odd, and the outcomes
    odd = JSONText(default=list)  # [{sheet, row, name, sentence}]
