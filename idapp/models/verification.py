"""Batches against the population database, their items, every single call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateTimeField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
)

from idapp.models.ground import JSONText, Table, utc_now
from idapp.models.people import Person
from idapp.models.school import User

OPEN_BATCH = ("queued", "running", "paused", "waiting_for_answers")
OPEN_ITEM = ("waiting", "sending")
HEARTBEAT_STALE = timedelta(seconds=8)


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
