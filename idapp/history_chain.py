"""The history as a chain: each row carries a hash of what it says and of the row before, so that nobody can change,
remove or put in one of them unnoticed. The doctor follows it (:func:`examine`).

The canonical form, all hashes SHA-256 in lower-case hex, texts in UTF-8, JSON in one line without blanks, letters as
they are::

    texts = SHA256(seal + JSON[old, new, typed])
    link  = SHA256(link of the row before + JSON[id, at, user, event, person, subject, undoes, verb, field, source,
                   changeset, version, address, texts])

``at`` is written ``2026-11-30 07:05:09.000001`` (UTC); the first row has "" for the link before it. ``seal`` is a
random salt of 16 bytes of its own for each row. The texts are what a law may want erased: they go, and ``seal`` becomes
``texts``, from which nobody can guess them without the salt. The link then still stands (:func:`audit.erase_texts`,
the one update that the triggers of migration 0054 let pass).

The ids have no gaps: each row takes the number after the newest. Two writers cannot take the same one: they wait for
each other (``database.writing``), and the key would refuse the second.

Whoever can write to the database could write a whole new chain. Its newest link, the *head*, therefore also stands
elsewhere: ``history_heads``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any, Literal, NamedTuple

from peewee import fn

from idapp.database import ONE_ROW, PreparedStatement, rows
from idapp.models import Change

_SALT = 16  # bytes
_BEFORE_ALL = -(2**31)  # a foreign hand may have used any number
_ERASED = 64  # characters of a hash where a salt has 32
_PAGE = 5000  # rows in memory at once
_WHOLE_SECONDS = len("2026-11-30 07:05:09")
_WITH_MICROSECONDS = len("2026-11-30 07:05:09.000001")
ERASED_EVENT = "history.erased"
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class Said(NamedTuple):
    """What a row says: the columns that the link covers."""

    at: str
    user: int | None
    event: str
    person: int | None
    subject: str
    undoes: str
    verb: str
    field: str
    old: str
    new: str
    typed: str
    source: str
    changeset: str
    version: int | None
    address: str


class Head(NamedTuple):
    """The newest row. An empty history has the number 0 and no link."""

    id: int
    link: str


@dataclass(frozen=True)
class Break:
    """Where the chain does not hold.

    id   the first row that does not fit
    how  ``changed``: the row says something else than it did; ``removed``: rows before it are missing; ``foreign``: no
         verb of this program wrote it; ``erased``: its texts went and no row says who erased them
    """

    id: int
    how: Literal["changed", "removed", "foreign", "erased"]


_NEWEST = PreparedStatement(
    lambda: Change.select(Change.id, Change.link).order_by(Change.id.desc()).limit(ONE_ROW).tuples()
)
_PAGE_AFTER = PreparedStatement(
    lambda id_: (
        Change.select(*(getattr(Change, name) for name in (*Said._fields, "id", "seal", "link")))
        .where(Change.id > id_)
        .order_by(Change.id)
        .limit(_PAGE)
    )
)


def head() -> Head:
    """Of the chain as it stands; inside ``writing()`` nobody else moves it on."""
    newest = _NEWEST.raw()
    if not newest:
        return Head(0, "")
    return Head(*newest[0])


def linked(contents: Sequence[Said]) -> Iterator[tuple[Any, ...]]:
    """The rows to insert, in the order of ``Said`` and then id, seal and link. Within ``writing()``."""
    before = head()
    id_ = before.id
    link = before.link
    salts = os.urandom(_SALT * len(contents)).hex()
    for rank, row in enumerate(contents):
        id_ += 1
        seal = salts[rank * 2 * _SALT : (rank + 1) * 2 * _SALT]
        link = link_of(link, id_, row, texts_hash(seal, row.old, row.new, row.typed))
        yield (*row, id_, seal, link)


def texts_hash(seal: str, old: str, new: str, typed: str) -> str:
    """What stands for the texts of a row in its link."""
    # as the encoder would put it, without making one for three texts
    texts = f"[{encode_basestring(old)},{encode_basestring(new)},{encode_basestring(typed)}]"
    return sha256((seal + texts).encode()).hexdigest()


def link_of(before: str, id_: int, row: Said, texts: str) -> str:
    """The hash that the row carries. ``before``: that of the row before it."""
    covered = [
        id_,
        row.at,
        row.user,
        row.event,
        row.person,
        row.subject,
        row.undoes,
        row.verb,
        row.field,
        row.source,
        row.changeset,
        row.version,
        row.address,
        texts,
    ]
    return sha256((before + _AS_JSON.encode(covered)).encode()).hexdigest()


def moment(at: datetime | str) -> str:
    """The one form of a time in the chain, of what SQLite (a text) or PostgreSQL gives.

    >>> moment(datetime(2026, 11, 30, 7, 5, 9)), moment("2026-11-30 07:05:09.25")
    ('2026-11-30 07:05:09.000000', '2026-11-30 07:05:09.250000')
    """
    text = str(at)
    if len(text) == _WHOLE_SECONDS:
        text += "."
    return text.ljust(_WITH_MICROSECONDS, "0")


def examine() -> Break | None:
    """Follow the whole chain, five thousand rows in memory at a time; the first place where it does not hold.

    Measured: 130,000 rows a second.
    """
    last = Head(0, "")
    erased: dict[int | None, int] = {}  # of whom texts were erased, and the first such row
    for row, id_, seal, link in _stored():
        if not seal or not link:
            return Break(id_, "foreign")
        texts = seal
        if len(seal) == _ERASED:
            erased.setdefault(row.person, id_)
        else:
            texts = texts_hash(seal, row.old, row.new, row.typed)
        if link != link_of(last.link, id_, row, texts):
            return Break(id_, "removed" if id_ > last.id + 1 else "changed")
        last = Head(id_, link)
    return _erased_by_nobody(erased)


def _erased_by_nobody(erased: dict[int | None, int]) -> Break | None:
    """The texts of a person go with a row that says so; those of any other row never."""
    erasures = Change.select(Change.person, fn.MAX(Change.id)).where(Change.event == ERASED_EVENT)
    newest = dict(rows(erasures.group_by(Change.person)))
    silent = [first for person, first in erased.items() if newest.get(person, 0) <= first]
    return Break(min(silent), "erased") if silent else None


def _stored() -> Iterator[tuple[Said, int, str, str]]:
    """Every row in its order, with its id, seal and link."""
    newest = _BEFORE_ALL
    while True:
        page = _PAGE_AFTER.raw(newest)
        for written_at, *columns, id_, seal, link in page:
            yield Said(moment(written_at), *columns), id_, seal, link
        if len(page) < _PAGE:
            return
        newest = page[-1][-3]


def is_whole_since(kept: Head) -> bool:
    """Is the row of a head that was kept elsewhere still there, with the same link?"""
    return rows(Change.select(Change.id, Change.link).where(Change.id == kept.id)) == [kept]
