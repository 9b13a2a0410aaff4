"""The second step of signing in: the page that asks for the code, and the pages that turn it on and off."""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import second_step
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web import half_signed_in
from idapp.web.access import current_user, only, open_to_all, remember, signed_in, the_user
from idapp.web.accounts import end_session, start_session, welcome
from idapp.web.confirming import password_was_typed
from idapp.web.guessing import check_code_of, check_password_of

bp = Blueprint("second_step", __name__)
_EVERYBODY = ("teacher", "clerk", "principal", "reviewer")
_ISSUER = "Hồ sơ định danh"


@bp.get("/login/code")
@open_to_all
def ask() -> str | Response:
    """The page for the code; back to the password where five minutes are over."""
    if half_signed_in.of_request() is None:
        return _too_late()
    return render_template("accounts/code.html", sentence="")


@bp.post("/login/code")
@open_to_all
def enter() -> Response:
    """Signed in with the right code; else the page again, with the reason."""
    half = half_signed_in.of_request()
    if half is None:
        return _too_late()
    try:
        check_code_of(half.user, request.form.get("code", ""))
    except Problem as problem:
        page = render_template("accounts/code.html", sentence=problem.message)
        return make_response(page, 429 if problem.code == "too_often" else 401)
    end_session()
    answer = welcome(half.user, half.onward)
    half_signed_in.forget(answer)
    start_session(half.user, answer)
    return answer


def _too_late() -> Response:
    remember("Đã quá 5 phút kể từ lúc gõ mật khẩu. Hãy đăng nhập lại.", "warn")
    answer = redirect(url_for("accounts.login"))
    half_signed_in.forget(answer)
    return answer


@bp.get("/account/second-step")
@signed_in
def show() -> str | Response:
    """The code to photograph, and the field for the first code of the app."""
    return _set_up_page()


@bp.post("/account/second-step")
@only(*_EVERYBODY, password=True)
def begin() -> Response:
    """A new secret for an app, asked for at sign-in only when a first code was right."""
    try:
        second_step.begin(the_user(), current())
    except Problem as problem:
        return _back(problem.message, "error")
    return redirect(url_for("second_step.show"), 303)


@bp.post("/account/second-step/confirm")
@only(*_EVERYBODY, password=True)
def confirm() -> Response:
    """The first code of the app; the answer shows the recovery codes, this once."""
    try:
        codes = second_step.confirm(
            the_user(), request.form.get("code", ""), current(), but=g.get("session_of_browser")
        )
    except Problem as problem:
        return _refused(problem)
    return make_response(_slip(codes, is_new=True))


@bp.post("/account/second-step/codes")
@only(*_EVERYBODY, password=True)
def renew_codes() -> Response:
    """Ten other recovery codes; those on the old slip open nothing any more."""
    try:
        check_code_of(the_user(), request.form.get("code", ""))
    except Problem as problem:
        return _back(problem.message, "error")
    return make_response(_slip(second_step.new_codes(the_user(), by=current_user), is_new=False))


@bp.post("/account/second-step/off")
@signed_in
def turn_off() -> Response:
    """With password and code: whoever finds a machine left open has neither."""
    try:
        check_password_of(current_user, request.form.get("password", ""), "password")
        check_code_of(the_user(), request.form.get("code", ""))
    except Problem as problem:
        return _back(problem.message, "error")
    second_step.turn_off(the_user(), by=current_user, but=g.get("session_of_browser"))
    password_was_typed()
    return _back("Đã tắt mã khi đăng nhập. Từ nay chỉ cần mật khẩu.", "done")


def _refused(problem: Problem) -> Response:
    """The page again; where it is on by now, or nothing was begun, the account's."""
    page = _set_up_page(problem.message)
    if isinstance(page, str):
        return make_response(page, 422)
    return _back(problem.message, "error")


def _back(sentence: str, kind: str) -> Response:
    remember(sentence, kind)
    return redirect(url_for("own_account.show"), 303)


def _set_up_page(sentence: str = "") -> str | Response:
    user = the_user()
    secret = second_step.secret_waiting(user, current())
    if not secret:
        return redirect(url_for("own_account.show"))
    return render_template(
        "accounts/second_step.html",
        secret=secret,
        address=second_step.address_of(secret, user, _ISSUER),
        sentence=sentence,
    )


def _slip(codes: list[str], *, is_new: bool) -> str:
    return render_template("accounts/recovery_codes.html", codes=codes, is_new=is_new)
