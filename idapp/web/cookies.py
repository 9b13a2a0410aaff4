"""Where our cookies go, and the one of the session."""

from flask import request
from werkzeug.wrappers import Response

from idapp import accounts
from idapp.settings import current


def cookie_path() -> str:
    """Below which path the cookies go: ours alone, but `__Host-` demands the whole host."""
    if current().https:
        return "/"
    return request.script_root or "/"


def cookie_name() -> str:
    """`__Host-` pins the cookie to this host and to https; browsers refuse it on plain http."""
    if current().https:
        return "__Host-idapp"
    return "idapp"


def hand_out(token: str, answer: Response) -> Response:
    """The answer brings the browser the token of its session."""
    answer.set_cookie(
        cookie_name(),
        token,
        path=cookie_path(),
        httponly=True,
        samesite="Lax",
        secure=current().https,
        max_age=int(accounts.ABSOLUTE.total_seconds()),
    )
    return answer
