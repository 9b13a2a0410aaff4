"""Where our cookies go, who signs those that say something, and the one of the session."""

import hashlib

from flask import request
from itsdangerous import URLSafeTimedSerializer
from werkzeug.wrappers import Response

from idapp import accounts
from idapp.settings import current


def cookie_path() -> str:
    """Below which path the cookies go: ours alone, but `__Host-` demands the whole host."""
    if current().https:
        return "/"
    return request.script_root or "/"


def signer(purpose: str) -> URLSafeTimedSerializer:
    """Signs and dates what a cookie says; what one purpose signed is worth nothing for another."""
    # the library's own choice is SHA-1 (ASVS 11.4.1)
    options = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    return URLSafeTimedSerializer(current().secret_key, salt=purpose, signer_kwargs=options)


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
