"""Signing in and out, one's own password."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from idapp import accounts
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, open_to_all, remember, signed_in

bp = Blueprint("accounts", __name__)
limiter = Limiter(get_remote_address, storage_uri="memory://", strategy="moving-window")


def cookie_name() -> str:
    """`__Host-` pins the cookie to this host and to https; browsers refuse it on plain http."""
    return "__Host-idapp" if current().https else "idapp"


def _account_and_address() -> str:
    """A whole school sits behind one address, and a pupil must not lock a teacher out from elsewhere: both count."""
    return f"{get_remote_address()} {tidy(request.form.get('username', '')).lower()[:80]}"


def _was_refused(response: AnyResponse) -> bool:
    return response.status_code == 401


@bp.get("/login")
@open_to_all
def login() -> str | AnyResponse:
    if current_user.is_authenticated:
        return redirect(url_for("people.home"))
    return render_template("accounts/login.html", username="", next=request.args.get("next", ""))


@bp.post("/login")
@open_to_all
@limiter.limit("10 per 10 minutes", key_func=_account_and_address, deduct_when=_was_refused)
@limiter.limit("200 per 10 minutes", deduct_when=_was_refused)
def sign_in() -> AnyResponse:
    username, onward = request.form.get("username", ""), request.form.get("next", "")
    user = accounts.user_with_password(username, request.form.get("password", ""))
    if user is None:
        sentence = "Tên đăng nhập hoặc mật khẩu chưa đúng. Hãy thử lại, hoặc nhờ văn thư đặt lại mật khẩu."
        page = render_template("accounts/login.html", username=username, next=onward, sentence=sentence)
        return make_response(page, 401)
    answer = redirect(own_path(onward))
    answer.set_cookie(
        cookie_name(),
        accounts.start_session(user),
        httponly=True,
        samesite="Lax",
        secure=current().https,
        max_age=int(accounts.ABSOLUTE.total_seconds()),
    )
    return answer


def own_path(path: str) -> str:
    """Where to go after signing in: only an address that leads to one of our own pages."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/") or "\\" in path:
        return url_for("people.home")
    try:
        current_app.url_map.bind(request.host).match(parts.path, method="GET")
    except (RequestRedirect, HTTPException):
        return url_for("people.home")
    return path


@bp.post("/logout")
@open_to_all
def logout() -> AnyResponse:
    if current_user.is_authenticated:
        accounts.end_session(request.cookies.get(cookie_name(), ""), by=current_user)
    answer = redirect(url_for("accounts.login"))
    answer.delete_cookie(cookie_name())
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@bp.get("/password")
@signed_in
def password() -> str:
    return render_template("accounts/password.html", sentence="")


@bp.post("/password")
@signed_in
@limiter.limit("10 per 10 minutes", deduct_when=lambda response: response.status_code == 422)
def change_password() -> AnyResponse | Response:
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        if accounts.user_with_password(current_user.username, old) is None:
            raise Problem("old", "wrong", "Mật khẩu đang dùng chưa đúng. Hãy nhập lại.")
        if new != request.form.get("again", ""):
            raise Problem("again", "differs", "Hai lần nhập mật khẩu mới chưa giống nhau. Hãy nhập lại.")
        accounts.change_password(current_user, new, by=current_user, keep_token=request.cookies.get(cookie_name(), ""))
    except Problem as problem:
        return make_response(render_template("accounts/password.html", sentence=problem.message), 422)
    remember("Đã đổi mật khẩu. Các máy khác đang đăng nhập bằng tài khoản này đã được đăng xuất.")
    return redirect(url_for("people.home"))
