"""What somebody sets for the own account: telephone number, and where it is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import accounts, second_step
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, remember, signed_in, the_user
from idapp.web.accounts import own_path

bp = Blueprint("own_account", __name__)
_EVERYBODY = ("teacher", "clerk", "principal", "reviewer")


@bp.get("/account")
@signed_in
def show() -> str:
    """The own account: password, telephone, the second step, the browsers that are signed in with it."""
    return _page()


@bp.post("/account/sessions/end")
@only(*_EVERYBODY, password=True)
def end_sessions() -> Response:
    """Sign out one other browser (``session``: its id), or without it all the others."""
    session_id = request.form.get("session", type=int)
    this = g.get("session_of_browser")
    count = accounts.end_sessions(the_user(), by=current_user, but=this, only=session_id)
    remember(ended_sentence(count))
    return redirect(url_for("own_account.show"), 303)


def ended_sentence(count: int) -> str:
    """What came of it.

    >>> ended_sentence(0), ended_sentence(2)
    ('Không có máy nào khác đang đăng nhập.', 'Đã đăng xuất 2 máy.')
    """
    if not count:
        return "Không có máy nào khác đang đăng nhập."
    return f"Đã đăng xuất {count} máy."


@bp.post("/account/phone")
@only("teacher", "clerk", "principal")
def save_phone() -> Response:
    """One's own telephone number on the papers for families; an empty text takes it away."""
    typed = request.form.get("phone", "")
    try:
        accounts.set_phone(current_user, typed)
    except Problem as problem:
        page = _page(phone_typed=typed[:30], phone_problem=problem.message)
        return make_response(page, 422)
    remember("Đã lưu số điện thoại.")
    return redirect(own_path(request.form.get("back", "")), 303)


def _page(**more: Any) -> str:
    return render_template(
        "accounts/own.html",
        sessions=accounts.open_sessions(the_user()),
        this=g.get("session_of_browser"),
        codes_left=second_step.codes_left(the_user()),
        **more,
    )
