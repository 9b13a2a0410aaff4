"""Accounts of those who work here: the list, one more, roles, locking, stand-ins, new first passwords."""

from __future__ import annotations

from datetime import date

from flask import abort, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import accounts, first_passwords, homeroom, permissions, second_step
from idapp.models import (
    Person,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, remember
from idapp.web.days import day_of
from idapp.web.school import bp
from idapp.web.school.password_sheet import key_of_browser, to_sheet
from idapp.web.school.views import role_words, roles_to_give


@bp.get("/settings/accounts")
@only("clerk", "principal")
def show_accounts() -> str:
    """All accounts: role, classes, last sign-in, and what may be done with each."""
    return _page()


@bp.post("/settings/accounts")
@only("clerk", "principal", password=True)
def add_account() -> Response:
    """A new account; without a password in the form a readable one is made, and goes on the sheet."""
    form = request.form
    if form.get("role", "") not in roles_to_give():  # the page offers no other
        abort(403)
    key = key_of_browser()
    username = form.get("username", "")
    typed = form.get("password", "")
    password = typed or first_passwords.readable(username)
    try:
        user = accounts.create_user(
            username, form.get("full_name", ""), form["role"], password, by=current_user
        )
    except Problem as problem:
        return _refused(problem)
    sentence = f"Đã tạo tài khoản {user.username}."
    if typed:
        return _done(sentence)
    first_passwords.keep([first_passwords.FirstPassword(user, password)], key, by=current_user)
    remember(sentence)
    return to_sheet(key)


@bp.post("/settings/accounts/<int:user_id>/password")
@only("clerk", "principal", password=True)
def reset_password(user_id: int) -> Response:
    """A new first password for somebody who has lost theirs: typed, or a readable one on the sheet."""
    user = _account_or_403(user_id)
    if user.id == current_user.id:
        sentence = "Mật khẩu của chính mình thì đổi ở mục Tài khoản của tôi, phía trên trang."
        return _refused(Problem("account", "self", sentence))
    sentence = f"Đã đặt lại mật khẩu cho {user.username}. Người dùng phải đăng nhập lại."
    typed = request.form.get("password", "")
    if not typed:
        key = key_of_browser()
        first_passwords.reset(user, key, by=current_user)
        remember(sentence)
        return to_sheet(key)
    try:
        accounts.change_password(user, typed, by=current_user)
    except Problem as problem:
        return _refused(problem)
    return _done(sentence)


@bp.post("/settings/accounts/<int:user_id>/disabled")
@only("clerk", "principal", password=True)
def set_disabled(user_id: int) -> Response:
    """Lock an account, or open it again. Accounts are never deleted: the audit names them."""
    user = _account_or_403(user_id)
    disabled = request.form.get("disabled") == "1"
    if user.id == current_user.id:
        return _refused(Problem("account", "self", "Không thể tự khóa tài khoản đang dùng."))
    try:
        accounts.set_disabled(user, disabled, by=current_user)
    except Problem as problem:
        return _refused(problem)
    if disabled:
        return _done(f"Đã khóa tài khoản {user.username}.")
    return _done(f"Đã mở tài khoản {user.username}.")


@bp.post("/settings/accounts/<int:user_id>/role")
@only("principal", password=True)
def set_role(user_id: int) -> Response:
    """Another role for an account; its owner signs in anew."""
    user = User.get_or_none(User.id == user_id) or abort(404)
    role = request.form.get("role", "")
    if user.id == current_user.id:
        sentence = "Không thể tự đổi vai trò của mình. Hãy nhờ một tài khoản hiệu trưởng khác."
        return _refused(Problem("account", "self", sentence))
    try:
        accounts.set_role(user, role, by=current_user)
    except Problem as problem:
        return _refused(problem)
    return _done(f"Vai trò của {user.username} bây giờ là {role_words()[role].lower()}.")


@bp.post("/settings/accounts/<int:user_id>/sessions/end")
@only("clerk", "principal", password=True)
def end_sessions_of(user_id: int) -> Response:
    """Sign somebody out everywhere: a telephone was lost, a machine in the library was left open."""
    user = _account_or_403(user_id)
    count = accounts.end_sessions(user, by=current_user, but=g.get("session_of_browser"))
    if not count:
        return _done(f"Tài khoản {user.username} không đăng nhập ở máy nào khác.")
    return _done(f"Đã đăng xuất tài khoản {user.username} ở {count} máy.")


@bp.post("/settings/accounts/<int:user_id>/second-step/remove")
@only("clerk", "principal", password=True)
def remove_second_step(user_id: int) -> Response:
    """For somebody who has lost the telephone and the slip: the password is enough again."""
    user = _account_or_403(user_id)
    if user.id == current_user.id:
        sentence = "Mã của chính mình thì tắt ở mục Tài khoản của tôi, phía trên trang."
        return _refused(Problem("account", "self", sentence))
    if not second_step.is_on(user):
        return _done(f"Tài khoản {user.username} không dùng mã khi đăng nhập.")
    second_step.turn_off(user, by=current_user)
    return _done(
        f"Đã gỡ mã khi đăng nhập của {user.username}; người ấy đăng nhập lại bằng mật khẩu."
    )


@bp.post("/settings/accounts/sessions/end")
@only("principal", password=True)
def end_all_sessions() -> Response:
    """Sign everybody out, apart from this very browser."""
    count = accounts.end_all_sessions(but=g.get("session_of_browser"), by=current_user)
    return _done(f"Đã đăng xuất mọi người: {count} máy. Máy này vẫn đang đăng nhập.")


@bp.post("/settings/accounts/<int:user_id>/stand-in")
@only("clerk", "principal")
def add_stand_in(user_id: int) -> Response:
    """Let a teacher look after another class until a day."""
    user = _account_or_403(user_id)
    try:
        school_class = _class_of_form()
        day = _day_of_form()
        homeroom.add_stand_in(school_class, user, day, by=current_user)
    except Problem as problem:
        return _refused(problem)
    sentence = f"{user.full_name} dạy thay lớp {school_class.name}, hết quyền từ {day:%d/%m/%Y}."
    return _done(sentence)


@bp.post("/settings/accounts/<int:user_id>/stand-in/end")
@only("clerk", "principal")
def end_stand_in(user_id: int) -> Response:
    """Take a stand-in from a class today."""
    user = _account_or_403(user_id)
    try:
        school_class = _class_of_form()
    except Problem as problem:
        return _refused(problem)
    homeroom.end_stand_in(school_class, user, by=current_user)
    return _done(f"{user.full_name} thôi dạy thay lớp {school_class.name}.")


def _class_of_form() -> SchoolClass:
    """Raises Problem where no class is chosen."""
    chosen = SchoolClass.id == request.form.get("class", 0, type=int)
    school_class = SchoolClass.present().where(chosen).first()
    if school_class is None:
        raise Problem("class", "missing", "Hãy chọn lớp dạy thay.")
    return school_class


def _day_of_form() -> date:
    """Raises Problem for what is no day."""
    try:
        return day_of(request.form.get("until", ""))
    except ValueError:
        sentence = "Ghi ngày thôi dạy thay như 25/10/2022."
        raise Problem("until", "bad_date", sentence) from None


def _page(problem: Problem | None = None) -> str:
    users = list(User.select().order_by(User.disabled, User.role, User.username))
    gone = Person.select(Person.id).where(~Person.active)
    who_left = User.select(User.id).where(User.staff_record.in_(gone))
    return render_template(
        "school/accounts.html",
        users=users,
        left={user.id for user in who_left},
        held=homeroom.by_teacher(),
        unassigned=homeroom.unassigned(),
        classes=list(SchoolClass.present().order_by(*in_school_order())),
        ROLE_WORDS=role_words(),
        roles=roles_to_give(),
        problem=problem,
        typed=request.form,
    )


def _refused(problem: Problem) -> Response:
    """The page again, with the sentence that says what to do and what was typed."""
    return make_response(_page(problem), 422)


def _done(sentence: str) -> Response:
    remember(sentence)
    return redirect(url_for("school.show_accounts"))


def _account_or_403(user_id: int) -> User:
    """An account that this user may manage: a clerk must not reset the principal's password."""
    user = User.get_or_none(User.id == user_id) or abort(404)
    if not permissions.may_manage_account(current_user, user):
        abort(403)
    return user
