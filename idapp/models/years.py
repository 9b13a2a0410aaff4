"""The step of a school into its next school year: what was planned, and what became of each pupil."""

from __future__ import annotations

from typing import Any

from peewee import (
    SQL,
    BooleanField,
    CharField,
    ForeignKeyField,
    IntegerField,
    ModelSelect,
    TextField,
)

from idapp.models.ground import JSONText, Table, one_of
from idapp.models.imports import Import
from idapp.models.people import Person
from idapp.models.school import Campaign, SchoolClass
from idapp.models.stepwise import UNDER_WAY, StepwiseChange

YEAR_CHANGE_STATES = ("planned", "running", "done", "undoing", "undone", "dropped")


class YearChange(StepwiseChange):
    """From one school year to the next: first a plan that somebody may still change, then one deed in parts.

    upload           the list of the new year from which the plan was made, if it was
    closed_campaign  the campaign that was closed with it; undoing opens it again
    plan             see ``school_years.plans.Plan``
    counts           {up, stay, completed, left: pupils}
    """

    moves: ModelSelect[Any]
    upload_id: int | None
    closed_campaign_id: int | None
    from_year = IntegerField()
    to_year = IntegerField()
    state = CharField(max_length=8, constraints=[one_of("state", YEAR_CHANGE_STATES)])
    upload = ForeignKeyField(Import, null=True, backref="+", on_delete="SET NULL")
    closed_campaign = ForeignKeyField(Campaign, null=True, backref="+", on_delete="SET NULL")
    plan = JSONText(default=dict)

    class Meta:
        table_name = "year_change"


YearChange.add_index(
    SQL(
        "CREATE UNIQUE INDEX year_change_under_way ON year_change ((1)) "
        f"WHERE state IN {UNDER_WAY!r}"
    )
)


class YearMove(Table):
    """One pupil on the way into the next year: to a class, or out of the school.

    to_class            None for who leaves; then ``to_state`` says how
    from_class, from_state  where the pupil was, written when the move is done
    kept                what else was changed and comes back with an undo: {"explanation": {...}, "case": {...}}
    """

    change_id: int
    person_id: int
    to_class_id: int | None
    from_class_id: int | None
    change = ForeignKeyField(YearChange, backref="moves", on_delete="CASCADE")
    person = ForeignKeyField(Person, backref="+", on_delete="CASCADE")
    to_class = ForeignKeyField(SchoolClass, null=True, backref="+", on_delete="SET NULL")
    to_state = TextField(default="")
    from_class = ForeignKeyField(SchoolClass, null=True, backref="+", on_delete="SET NULL")
    from_state = TextField(default="")
    kept = JSONText(default=dict)
    done = BooleanField(default=False)

    class Meta:
        table_name = "year_move"
        indexes = ((("change", "person"), True),)
