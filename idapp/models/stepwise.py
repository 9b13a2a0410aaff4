"""What a deed has in common that is done in parts, each whole, by the worker: begun, under way, done, or taken back."""

from __future__ import annotations

from datetime import timedelta

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField

from idapp.models.ground import JSONText, Table, utc_now
from idapp.models.school import User

UNDER_WAY = ("running", "undoing")
_SILENT = timedelta(seconds=20)


class StepwiseChange(Table):
    """Who began it, how far it is, and what the history calls all that it wrote (``changeset``)."""

    user_id: int | None
    state: str  # each table says which words there are
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    changeset = CharField(max_length=32)
    started_at = DateTimeField(default=utc_now)
    ended_at = DateTimeField(null=True)
    heartbeat_at = DateTimeField(null=True)
    total = IntegerField(default=0)
    counts = JSONText(default=dict)

    @property
    def is_under_way(self) -> bool:
        """Has it begun and not ended, forwards or backwards?"""
        return self.state in UNDER_WAY

    @property
    def is_silent(self) -> bool:
        """Is it under way, and nobody has said a word about it for a while?"""
        last_sign = self.heartbeat_at or self.started_at
        return self.is_under_way and abs(utc_now() - last_sign) > _SILENT
