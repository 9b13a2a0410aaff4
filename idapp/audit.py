"""The audit trail: one row per deed, written by the verb in the verb's own transaction.

No page writes it, nothing updates or deletes it: migration 0001 adds a trigger that refuses both.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

from peewee import ModelSelect

from idapp.database import PreparedStatement
from idapp.models import Change, Person, User, utc_now

remote_address: ContextVar[str] = ContextVar("remote_address", default="")


def record(
    event: str,
    *,
    by: User | None,
    person: Person | None = None,
    subject: str = "",
    undoes: str = "",
    verb: str = "",
    field: str = "",
    old: str = "",
    new: str = "",
    typed: str = "",
    source: str = "",
    changeset: str = "",
    version: int | None = None,
) -> Change:
    """Write one row. ``by`` None: the system itself. No password, token or number ever goes into ``subject``.

    ``undoes``: the changeset that this deed takes back (``verb`` "undo") or does again ("redo"), "" for none.
    """
    return Change.create(
        user=by,
        event=event,
        person=person,
        subject=subject or undo_subject(verb, undoes),
        undoes=undoes,
        verb=verb,
        field=field,
        old=old,
        new=new,
        typed=typed,
        source=source,
        changeset=changeset,
        version=version,
        address=remote_address.get(),
    )


def record_many(
    event: str,
    changes: Iterable[tuple[int, str, str]],
    *,
    by: User | None,
    undoes: str = "",
    verb: str = "",
    field: str = "",
    source: str = "",
    changeset: str = "",
) -> None:
    """One row for each (id of a record, old, new): a deed that touches many; the rest as in ``record``."""
    moment = utc_now().isoformat(" ")
    user_id = None
    if by is not None:
        user_id = by.id
    deed = (undo_subject(verb, undoes), undoes, verb, field)
    origin = ("", source, changeset, None, remote_address.get())
    _INSERT.run_many(
        (moment, user_id, event, person, *deed, old, new, *origin) for person, old, new in changes
    )


def undo_subject(verb: str, undoes: str) -> str:
    """How ``undoes`` and ``verb`` read as the subject of a row, for people; "" if nothing is undone.

    >>> undo_subject("undo", "4f2a"), undo_subject("", "")
    ('undo 4f2a', '')
    """
    return f"{verb} {undoes}" if undoes else ""


class Entry(NamedTuple):
    """One change of one cell, before it is written; its record may still be waiting for an id."""

    user_id: int | None
    person: Person
    subject: str
    undoes: str
    verb: str
    field: str
    old: str
    new: str
    typed: str
    source: str
    changeset: str
    version: int


def record_changes(entries: Iterable[Entry]) -> None:
    """Write the rows of one deed, all with the same moment."""
    moment = utc_now().isoformat(" ")
    address = remote_address.get()
    # the id is read only now: a newcomer got it after the entry was made
    _INSERT.run_many(
        (moment, entry.user_id, "person.changed", entry.person.id, *entry[2:], address)
        for entry in entries
    )


_COLUMNS = ("at", "user", "event", "person", *Entry._fields[2:], "address")
_INSERT = PreparedStatement(
    lambda *values: Change.insert(dict(zip(_COLUMNS, values, strict=True))), places=len(_COLUMNS)
)


def history_of(ids: Iterable[int]) -> ModelSelect[Change]:
    """All that happened to the records with these ids, newest first, with their people."""
    query = Change.select(Change, User, Person).left_outer_join(User)
    query = query.switch(Change).join(Person)
    return query.where(Change.person.in_(list(ids))).order_by(Change.id.desc())


def changes_since(newest: int, ids: Iterable[int]) -> list[Change]:
    """What happened to these records after the row ``newest`` of the history, oldest first."""
    return list(history_of(ids).where(Change.id > newest).order_by(Change.id))
