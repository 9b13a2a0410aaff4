"""Between the password and the code: a cookie of five minutes that opens nothing by itself.

It says, signed, whose password was typed and where to go then. It is bound to that password: a new one voids it. There
is nothing on the server to sweep, and the page works without JavaScript.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from idapp.models import User
from idapp.settings import current
from idapp.web.cookies import cookie_path, signer

VALID_FOR = timedelta(minutes=5)


@dataclass(frozen=True)
class HalfSignedIn:
    """Who has typed the right password, and the page that was wanted."""

    user: User
    onward: str


def cookie_name() -> str:
    """`__Host-` as for the session's cookie."""
    if current().https:
        return "__Host-idapp-code"
    return "idapp-code"


def remember(user: User, onward: str, answer: Response) -> None:
    """The password was right."""
    answer.set_cookie(
        cookie_name(),
        _signer().dumps([user.id, _mark(user), onward]),
        path=cookie_path(),
        httponly=True,
        samesite="Lax",
        secure=current().https,
        max_age=int(VALID_FOR.total_seconds()),
    )


def forget(answer: Response) -> None:
    """In, or given up."""
    answer.delete_cookie(cookie_name(), path=cookie_path())


def of_request() -> HalfSignedIn | None:
    """None where the five minutes are over, nobody began, or the account has changed meanwhile."""
    seconds = int(VALID_FOR.total_seconds())
    try:
        id_, mark, onward = _signer().loads(request.cookies.get(cookie_name(), ""), max_age=seconds)
    except BadData:
        return None
    user = User.get_or_none(User.id == id_)
    if user is None or user.disabled or _mark(user) != mark:
        return None
    return HalfSignedIn(user, onward)


def _mark(user: User) -> str:
    """Of the password's hash, which has a salt of its own."""
    return hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]


def _signer() -> URLSafeTimedSerializer:
    return signer("half signed in")
