"""Photos of cards on their way into records: gone once written, or after a day."""

from __future__ import annotations

from peewee import BooleanField, CharField, DateTimeField, ForeignKeyField, IntegerField, TextField

from idapp.models.ground import Table, one_of, utc_now
from idapp.models.people import Person
from idapp.models.school import SchoolClass, User

PHOTO_STATES = ("waiting", "reading", "read", "refused")


class CardPhoto(Table):
    """A photo of a card that somebody sent: for a class (whose pupil is found by the card), or for one person.

    Its picture lies encrypted among the scans; while it waits, as it came. The row goes with the picture.
    """

    school_class_id: int | None
    person_id: int | None
    user_id: int
    user = ForeignKeyField(User, backref="+", on_delete="CASCADE")
    school_class = ForeignKeyField(SchoolClass, backref="+", null=True, on_delete="CASCADE")
    # whose it is, where the user said so
    person = ForeignKeyField(Person, backref="card_photos", null=True, on_delete="CASCADE")
    name = CharField(null=True, unique=True)  # of the encrypted file; null where none was kept
    file_name = TextField(default="")
    state = CharField(default="waiting", constraints=[one_of("state", PHOTO_STATES)])
    state_at = DateTimeField(default=utc_now)
    attempts = IntegerField(default=0)
    code = TextField(default="")  # what its QR code says, "" for none
    sentence = TextField(default="")  # why it was refused
    ticked = BooleanField(null=True)  # what the user chose on the check page
    added_at = DateTimeField(default=utc_now)
    seen_at = DateTimeField(null=True)  # first looked at: that is in the audit
