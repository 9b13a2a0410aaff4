"""The audit trail: one row per deed, written by the verb in the verb's own transaction.

No page writes it, nothing updates or deletes it: triggers refuse both (migration 0054), and a chain of hashes shows
what got past them (``history_chain``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from typing import NamedTuple

from peewee import ModelSelect, fn

from idapp import history_chain
from idapp.database import PreparedStatement, writing
from idapp.history_chain import Said
from idapp.models import Change, Person, User, utc_now

_SALT = 32  # characters of the seal of a row that has its texts
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
) -> None:
    """Write one row. ``by`` None: the system itself. No password, token or number ever goes into ``subject``.

    ``undoes``: the changeset that this deed takes back (``verb`` "undo") or does again ("redo"), "" for none.
    """
    content = Said(
        _now(),
        _id_of(by),
        event,
        _id_of(person),
        subject or undo_subject(verb, undoes),
        undoes,
        verb,
        field,
        old,
        new,
        typed,
        source,
        changeset,
        version,
        remote_address.get(),
    )
    _append([content])


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
    moment = _now()
    user_id = _id_of(by)
    subject = undo_subject(verb, undoes)
    address = remote_address.get()
    _append(
        [
            Said(
                moment,
                user_id,
                event,
                person,
                subject,
                undoes,
                verb,
                field,
                old,
                new,
                "",
                source,
                changeset,
                None,
                address,
            )
            for person, old, new in changes
        ]
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
    address: str


def record_changes(entries: Iterable[Entry]) -> None:
    """Write the rows of one deed, all with the same moment."""
    moment = _now()
    # the id is read only now: a newcomer got it after the entry was made
    _append(
        [
            Said(moment, entry.user_id, "person.changed", entry.person.id, *entry[2:])
            for entry in entries
        ]
    )


def erase_texts(person: Person, *, by: User | None, why: str) -> int:
    """Take what was written of a person out of the history for good, where the law wants it; returns of how many rows.

    That something was written, when and by whom, stays, and the chain holds: see ``history_chain``.
    """
    with writing():
        erased = 0
        for row in Change.select().where(Change.person == person, fn.LENGTH(Change.seal) == _SALT):
            erased += _erase(row)
        record(history_chain.ERASED_EVENT, by=by, person=person, subject=why)
    return erased


def _erase(row: Change) -> int:
    hash_ = history_chain.texts_hash(row.seal, row.old, row.new, row.typed)
    empty = Change.update(old="", new="", typed="", seal=hash_)
    return int(empty.where(Change.id == row.id).execute())


def _now() -> str:
    return history_chain.moment(utc_now())


def _id_of(row: User | Person | None) -> int | None:
    return None if row is None else row.id


def _append(contents: Sequence[Said]) -> None:
    """One statement for all: the chain is put together here and not row by row in the database."""
    with writing():  # whoever else wants to write waits, so that both do not follow the same row
        linked = list(history_chain.linked(contents))
        if len(linked) == 1:  # seen by whoever watches the statements
            _INSERT.run(*linked[0])
        else:
            _INSERT.run_many(linked)


_COLUMNS = (*Said._fields, "id", "seal", "link")
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
