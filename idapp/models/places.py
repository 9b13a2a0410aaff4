"""The change of a school from one catalogue of places to the other, and what it has chosen on the way."""

from peewee import SQL, CharField, DateTimeField, ForeignKeyField

from idapp.models.ground import Table, one_of, utc_now
from idapp.models.school import User
from idapp.models.stepwise import UNDER_WAY, StepwiseChange

EPOCH_CHANGE_STATES = ("running", "done", "undoing", "undone")


class EpochChange(StepwiseChange):
    """Everybody's residence read in the other catalogue: one deed, written in parts that are each whole.

    A record belongs to the part that is done as soon as ``Person.epoch`` is the new one, so the work may be taken up
    again at any moment. ``counts`` says what became of the residences: converted, same, choose, unknown, empty.
    """

    from_epoch = CharField(max_length=8)
    to_epoch = CharField(max_length=8)
    state = CharField(max_length=8, constraints=[one_of("state", EPOCH_CHANGE_STATES)])

    class Meta:
        table_name = "epoch_change"


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
