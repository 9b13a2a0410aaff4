"""What one browser has typed on the pages of the set-up: kept on the server until the last page makes the school.

Each browser has its own, by a token in a cookie, so that two people who set up at once never mix their answers. A
password is never among the texts.
"""

import hashlib
import secrets
from collections.abc import Mapping

from idapp.database import writing
from idapp.models import SetupDraft

Texts = dict[str, dict[str, str]]


def begin() -> str:
    """An empty draft; returns the token of the browser, of which only the hash is kept."""
    token = secrets.token_urlsafe(32)
    with writing():
        SetupDraft.create(token_hash=_hash(token))
    return token


def texts_of(token: str) -> Texts | None:
    """{page: {field: text}} of this browser; None for a token that opens nothing."""
    if not token:
        return None
    draft = SetupDraft.get_or_none(SetupDraft.token_hash == _hash(token))
    if draft is None:
        return None
    texts: Texts = draft.texts
    return texts


def keep(token: str, page: str, texts: Mapping[str, str]) -> None:
    """Remember what was typed on a page."""
    with writing():
        draft = SetupDraft.get_or_none(SetupDraft.token_hash == _hash(token))
        if draft is not None:
            draft.texts = draft.texts | {page: dict(texts)}
            draft.save(only=[SetupDraft.texts])


def forget_all() -> None:
    """The school is there: nobody goes on with another one. Called inside the transaction that makes it."""
    SetupDraft.delete().execute()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
