"""Which accounts this browser has signed in to before: a long-lived cookie that names nobody.

It holds a random number of the device and, for each account, a keyed hash of both, signed and dated. It opens nothing:
a password is asked all the same. It only keeps what strangers guess apart from the owner's mistakes (``guessing``).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from idapp.settings import current
from idapp.web.cookies import cookie_path, signer

KEPT_FOR = timedelta(days=400)  # browsers keep no cookie for longer
MOST_ACCOUNTS = 30  # of one machine in the staff room; the oldest goes first


def cookie_name() -> str:
    """`__Host-` as for the session's cookie."""
    if current().https:
        return "__Host-idapp-device"
    return "idapp-device"


def device_for(username: str) -> str:
    """The number of this device, if it has signed in to this account before; else ""."""
    device, marks = _of_request()
    if device and _mark(device, username) in marks:
        return device
    return ""


def device_of_request() -> str:
    """The number of this browser; "" for one that has none yet, or keeps no cookies that long."""
    return _of_request()[0]


def remember(username: str, answer: Response) -> str:
    """The answer tells the browser that it has signed in to this account. Returns the number of the device."""
    device, marks = _of_request()
    device = device or secrets.token_urlsafe(16)
    mark = _mark(device, username)
    others = [other for other in marks if other != mark]
    kept_marks = [*others, mark][-MOST_ACCOUNTS:]
    answer.set_cookie(
        cookie_name(),
        _signer().dumps([device, *kept_marks]),
        path=cookie_path(),
        httponly=True,
        samesite="Lax",
        secure=current().https,
        max_age=int(KEPT_FOR.total_seconds()),
    )
    return device


def _of_request() -> tuple[str, list[str]]:
    """The number and the marks of the cookie; "" and none where there is none, or one that is not ours."""
    seconds = int(KEPT_FOR.total_seconds())
    try:
        device, *marks = _signer().loads(request.cookies.get(cookie_name(), ""), max_age=seconds)
    except BadData:
        return "", []
    return device, marks


def _mark(device: str, username: str) -> str:
    key = current().secret_key.encode()
    return hmac.new(key, f"{device} {username}".encode(), hashlib.sha256).hexdigest()[:24]


def _signer() -> URLSafeTimedSerializer:
    return signer("known device")
