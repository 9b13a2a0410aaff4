"""One child, one record: numbers of before, records that became one, people who only look like one."""

from __future__ import annotations

from peewee import SQL, CharField, DateTimeField, ForeignKeyField, TextField

from idapp.models.ground import JSONText, Table, one_of, utc_now
from idapp.models.people import Person
from idapp.models.school import User

# typed over, of a merged record, crossed out by the card
NUMBER_ORIGINS = ("replaced", "merged", "card")
# why two records alike are two people
DISTINCT_REASONS = ("twins", "namesake", "other")


class FormerNumber(Table):
    """A number under which older lists may know somebody. Never the number of the record itself."""

    person_id: int
    person = ForeignKeyField(Person, backref="former_numbers", on_delete="CASCADE")
    # the key of rosters.linkage: 12 digits, or 9 of an old card
    number = CharField(max_length=12, index=True)
    origin = CharField(max_length=8, constraints=[one_of("origin", NUMBER_ORIGINS)])
    # the deed that replaced it; "" where only the history knew it
    changeset = CharField(default="", index=True)
    noted_at = DateTimeField(default=utc_now)

    class Meta:
        indexes = ((("person", "number"), True),)


class RecordMerge(Table):
    """Two records that are one person: ``other`` is put away, ``survivor`` goes on with all that hung on both."""

    survivor_id: int
    other_id: int
    by_id: int
    survivor = ForeignKeyField(Person, backref="merges", on_delete="CASCADE")
    other = ForeignKeyField(Person, backref="merged_away", on_delete="CASCADE")
    by = ForeignKeyField(User, backref="+")
    merged_at = DateTimeField(default=utc_now)
    changeset = CharField(index=True)
    # [[table, id, column, value before, value left]], what an undo puts back (people.merging)
    journal = JSONText(default=list)
    undone_at = DateTimeField(null=True)


RecordMerge.add_index(
    SQL("CREATE UNIQUE INDEX record_merge_other ON record_merge (other_id) WHERE undone_at IS NULL")
)


class DistinctPair(Table):
    """Two records that somebody looked at: two people. ``first`` has the smaller id."""

    first_id: int
    second_id: int
    by_id: int
    first = ForeignKeyField(Person, backref="distinct_first", on_delete="CASCADE")
    second = ForeignKeyField(Person, backref="distinct_second", on_delete="CASCADE")
    reason = CharField(max_length=16, constraints=[one_of("reason", DISTINCT_REASONS)])
    note = TextField(default="")
    by = ForeignKeyField(User, backref="+")
    noted_at = DateTimeField(default=utc_now)

    class Meta:
        indexes = ((("first", "second"), True),)
