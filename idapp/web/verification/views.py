"""What the pages of batches share: which batches a user sees, words, pages of a list."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from flask import abort, request
from peewee import ModelSelect

from idapp import permissions, verification
from idapp.database import PreparedStatement
from idapp.models import Batch, BatchItem, Person, User
from idapp.registry.rehearsal import rehearsal_of
from idapp.settings import current
from idapp.verification.counting import reason_words
from idapp.web.access import current_user

PAGE = 100


def batches_of(user: User) -> ModelSelect[Batch]:
    """Teachers see a batch once it asks about one of their pupils; everybody else sees all."""
    if user.role != "teacher":
        return _EVERY_BATCH
    pupils = permissions.people_of(user, include_inactive=True).select(Person.id)
    items = BatchItem.select(BatchItem.batch).where(BatchItem.person.in_(pupils))
    return _EVERY_BATCH.where(Batch.id.in_(items))


_EVERY_BATCH = Batch.select(Batch, User).join(User, on=Batch.started_by)
_BATCH = PreparedStatement(lambda id_: _EVERY_BATCH.where(Batch.id == id_))


def batch_or_404(batch_id: int) -> Batch:
    """A batch that this user may see."""
    batches: list[Batch] = _BATCH.rows(batch_id)
    if current_user.role == "teacher":
        batches = list(batches_of(current_user).where(Batch.id == batch_id))
    if not batches:
        abort(404)
    return batches[0]


@dataclass(frozen=True)
class Pages:
    """Where in a long list the reader is."""

    number: int  # of the page that is shown, from 1
    last: int
    total: int  # of the rows


def page_of(query: ModelSelect[Any]) -> tuple[list[Any], Pages]:
    """The rows of the page that ``?page=`` asks for; of the last one if it asks for more than there are."""
    total = query.count()
    last = max(1, ceil(total / PAGE))
    number = min(max(request.args.get("page", 1, type=int), 1), last)
    return list(query.paginate(number, PAGE)), Pages(number, last, total)


def in_words(seconds: float | None) -> str:
    """A length of time as people say it, never more exact than it can be.

    >>> in_words(75), in_words(200), in_words(9000)
    ('75 giây', '3 phút', '2,5 giờ')
    """
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{max(round(seconds), 1)} giây"
    if seconds < 5400:
        return f"{round(seconds / 60)} phút"
    hours = f"{seconds / 3600:.1f}".replace(".", ",")
    return f"{hours} giờ"


def words() -> dict[str, object]:
    """Words and facts that all templates of batches use."""
    return {
        "STATE_WORDS": verification.STATE_WORDS,
        "ITEM_WORDS": verification.ITEM_WORDS,
        "ITEM_ENDS": verification.ITEM_ENDS,
        "EXCLUDED_WORDS": verification.EXCLUDED_WORDS,
        "DIFFERENCE_WORDS": verification.DIFFERENCE_WORDS,
        "WHICH_WORDS": verification.WHICH_WORDS,
        "scope_words": verification.scope_words,
        "reason_words": reason_words,
        "in_words": in_words,
        "rehearsal": rehearsal_of(current()) is not None,
    }
