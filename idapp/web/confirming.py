"""Deeds that could do most harm ask for the password again, unless it was typed a few minutes ago.

Somebody at a machine left open could else make an account, change the keys of the register or end the campaign. What
was sent is not lost: the page that asks carries it, and the deed goes on when the password is right.
"""

from __future__ import annotations

from functools import partial

from flask import after_this_request, g, make_response, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from idapp import accounts
from idapp.models import Session
from idapp.rules.problem import Problem
from idapp.web.cookies import hand_out
from idapp.web.drawn_for import FIELD as DRAWN_FOR
from idapp.web.guessing import check_password_of

FIELD = "password_again"


def password_first() -> Response | None:
    """The page that asks, with everything that was sent in it; None where the deed may go on."""
    session: Session | None = g.get("session_of_browser")
    if session is None or accounts.was_password_typed_lately(session):
        return None
    if FIELD not in request.form:
        return _ask("")
    try:
        check_password_of(current_user, request.form[FIELD], FIELD)
    except Problem as problem:
        return _ask(problem.message)
    password_was_typed()
    return None


def password_was_typed() -> None:
    """The right one, in this session: it goes on under another token, which the answer brings."""
    session: Session | None = g.get("session_of_browser")
    if session is not None:
        token = accounts.note_password_typed(session)
        after_this_request(partial(hand_out, token))


def _ask(sentence: str) -> Response:
    texts = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in (FIELD, DRAWN_FOR)
    ]
    # A page cannot fill in a file again: it is chosen once more, under the same name.
    files = [(name, file.filename) for name, file in request.files.items(multi=True) if file]
    page = render_template(
        "accounts/confirm.html",
        action=request.script_root + request.full_path.rstrip("?"),
        texts=texts,
        files=files,
        field=FIELD,
        sentence=sentence,
    )
    g.refused_with = 200  # it asks, and refuses nothing (``refusals``)
    return make_response(page, 403)
