"""Accounts of those who work here: made, locked, opened, given a new first password."""

from flask import abort, request
from werkzeug.wrappers import Response

from idapp import accounts
from idapp.models import User
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only
from idapp.web.school import bp
from idapp.web.school.views import done, refused, roles_to_give


@bp.post("/settings/accounts")
@only("clerk", "principal")
def add_account() -> Response:
    """A new account with a first password, which its owner must replace."""
    form = request.form
    if form.get("role", "") not in roles_to_give():  # the page offers no other
        abort(403)
    try:
        user = accounts.create_user(
            form.get("username", ""),
            form.get("full_name", ""),
            form["role"],
            form.get("password", ""),
            by=current_user,
        )
    except Problem as problem:
        return refused(problem)
    return done(f"Đã tạo tài khoản {user.username}.")


@bp.post("/settings/accounts/<int:user_id>/password")
@only("clerk", "principal")
def reset_password(user_id: int) -> Response:
    """A new first password for somebody who has lost theirs."""
    user = _account_or_403(user_id)
    try:
        accounts.change_password(user, request.form.get("password", ""), by=current_user)
    except Problem as problem:
        return refused(problem)
    return done(f"Đã đặt lại mật khẩu cho {user.username}. Người dùng phải đăng nhập lại.")


@bp.post("/settings/accounts/<int:user_id>/disabled")
@only("clerk", "principal")
def set_disabled(user_id: int) -> Response:
    """Lock an account, or open it again. Accounts are never deleted: the audit names them."""
    user = _account_or_403(user_id)
    disabled = request.form.get("disabled") == "1"
    if user.id == current_user.id:  # the only principal could not open it again
        return refused(Problem("account", "self", "Không thể tự khóa tài khoản đang dùng."))
    accounts.set_disabled(user, disabled, by=current_user)
    verb = "khóa" if disabled else "mở"
    return done(f"Đã {verb} tài khoản {user.username}.")


def _account_or_403(user_id: int) -> User:
    """An account that this user may manage: a clerk must not reset the principal's password."""
    user = User.get_or_none(User.id == user_id) or abort(404)
    if user.role not in roles_to_give():
        abort(403)
    return user
