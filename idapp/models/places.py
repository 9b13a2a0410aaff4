"""The change of a school from one catalogue of places to the other, and what it has chosen on the way."""

from datetime import timedelta

from peewee import SQL, CharField, DateTimeField, ForeignKeyField, IntegerField

from idapp.models.ground import JSONText, Table, one_of, utc_now
from idapp.models.school import User

EPOCH_CHANGE_STATES = ("running", "done", "undoing", "undone")
UNDER_WAY = ("running", "undoing")
_SILENT = timedelta(seconds=20)


class EpochChange(Table):
    """Everybody's residence read in the other catalogue: one deed, written in parts that are each whole.

    A record belongs to the part that is done as soon as ``Person.epoch`` is the new one, so the work may be taken up
    again at any moment. ``counts`` says what became of the residences: converted, same, choose, unknown, empty.
    """

    user_id: int | None
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    from_epoch = CharField(max_length=8)
    to_epoch = CharField(max_length=8)
    state = CharField(max_length=8, constraints=[one_of("state", EPOCH_CHANGE_STATES)])
    changeset = CharField(max_length=32)  # what the history calls all that it wrote
    started_at = DateTimeField(default=utc_now)
    ended_at = DateTimeField(null=True)
    heartbeat_at = DateTimeField(null=True)
    total = IntegerField(default=0)
    counts = JSONText(default=dict)

    class Meta:
        table_name = "epoch_change"

    @property
    def is_under_way(self) -> bool:
        """Has it begun and not ended, forwards or backwards?"""
        return self.state in UNDER_WAY

    @property
    def is_silent(self) -> bool:
        """Is it under way, and nobody has said a word about it for a while?"""
        last_sign = self.heartbeat_at or self.started_at
        return self.is_under_way and abs(utc_now() - last_sign) > _SILENT


EpochChange.add_index(
    SQL(
        "CREATE UNIQUE INDEX epoch_change_under_way ON epoch_change ((1)) "
        f"WHERE state IN {UNDER_WAY!r}"
    )
)


class PlaceChoice(Table):
    """Where the people of an address with several successors live, as somebody of this school has once said.

    address_key  see ``rules.places.choice_key``: mostly the code of a commune of 3level that was split
    new_code     the place that was chosen, in the epoch of the key
    """

    address_key = CharField(unique=True)
    new_code = CharField(max_length=5)
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT")
    at = DateTimeField(default=utc_now)

    class Meta:
        table_name = "place_choice"
