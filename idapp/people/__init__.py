"""Pupils and staff: what the other subjects say to records. ``changing`` is the only way in which one changes."""

from idapp.people.adding import add, add_many
from idapp.people.changing import (
    Conflict,
    Edit,
    Saved,
    Written,
    change_many,
    mark_repairs,
    new_changeset,
    same_text,
)
from idapp.people.joint_saving import change
from idapp.people.states import around, recompute, values_of
from idapp.people.tables import SOURCE_LABELS, STATUS_WORDS, Counts, counts, table_of

__all__ = [
    "SOURCE_LABELS",
    "STATUS_WORDS",
    "Conflict",
    "Counts",
    "Edit",
    "Saved",
    "Written",
    "add",
    "add_many",
    "around",
    "change",
    "change_many",
    "counts",
    "mark_repairs",
    "new_changeset",
    "recompute",
    "same_text",
    "table_of",
    "values_of",
]
