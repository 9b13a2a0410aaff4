"""The audit trail: one row per deed, written by the verb in the verb's own transaction.

No page writes it, nothing updates or deletes it: migration 0001 adds a trigger that refuses both.
"""

from __future__ import annotations

from contextvars import ContextVar

from peewee import ModelSelect

from idapp.models import Change, Person, User

remote_address: ContextVar[str] = ContextVar("remote_address", default="")


def record(
    event: str,
    *,
    by: User | None,
    person: Person | None = None,
    subject: str = "",
    field: str = "",
    old: str = "",
    new: str = "",
    typed: str = "",
    door: str = "",
    step: str = "",
    version: int | None = None,
) -> Change:
    """Write one row. ``by`` None: the system itself. No password, token or number ever goes into ``subject``."""
    return Change.create(
        user=by, event=event, person=person, subject=subject, field=field, old=old, new=new, typed=typed, door=door,
        step=step, version=version, address=remote_address.get(),
    )  # fmt: skip


def history_of(person: Person) -> ModelSelect[Change]:
    """All that happened to one record, newest first."""
    return Change.select(Change, User).left_outer_join(User).where(Change.person == person).order_by(Change.id.desc())
