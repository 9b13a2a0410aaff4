"""Settings of the school: its names, the campaign, classes and accounts."""

from datetime import date

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import accounts, jobs, school
from idapp.models import SchoolClass, User
from idapp.people import epochs
from idapp.progress import closing
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only, remember
from idapp.web.days import day_of

bp = Blueprint("school", __name__)
ROLE_WORDS = {
    "teacher": "Giáo viên",
    "clerk": "Văn thư",
    "principal": "Hiệu trưởng",
    "reviewer": "Cán bộ quản lý",
}


@bp.get("/settings")
@only("clerk", "principal")
def settings() -> str:
    """The school's names, the campaign, classes and accounts, each with its form."""
    return _page()


def _page(problem: Problem | None = None) -> str:
    the_school = school.the_school()
    campaign = school.the_campaign()
    users = list(User.select().order_by(User.role, User.username))
    classes = list(SchoolClass.select().order_by(SchoolClass.grade, SchoolClass.name))
    return render_template(
        "school/settings.html",
        school=the_school,
        campaign=campaign,
        users=users,
        classes=classes,
        # the managing office is called as this school calls it
        ROLE_WORDS=ROLE_WORDS | {"reviewer": f"Cán bộ {school.reviewing_office()}"},
        EPOCHS=epochs.EPOCHS,
        usual_office=school.usual_office(the_school.level, campaign.epoch),
        old_office=school.names_old_office(the_school.office, campaign.epoch),
        problem=problem,
        roles=_roles_to_give(),
        registry_mode=jobs.channel_of(current())[0],
        typed=request.form,
    )


def _refused(problem: Problem) -> Response:
    return make_response(_page(problem), 422)


def _done(sentence: str) -> Response:
    remember(sentence)
    return redirect(url_for("school.settings"))


@bp.post("/settings/school")
@only("principal")
def change_school() -> Response:
    """The school's name, its managing office, and what the reviewer is called."""
    form = request.form
    try:
        school.change_school(
            school.the_school(),
            name=form.get("name", ""),
            office=form.get("office", ""),
            reviewer_title=form.get("reviewer_title", ""),
            by=current_user,
        )
    except Problem as problem:
        return _refused(problem)
    return _done("Đã lưu thông tin trường.")


@bp.post("/settings/campaign")
@only("principal")
def change_campaign() -> Response:
    """Title and deadline of the campaign that is open."""
    try:
        deadline = _day(request.form.get("deadline", ""))
        school.change_campaign(
            school.the_campaign(),
            title=request.form.get("title", ""),
            deadline=deadline,
            by=current_user,
        )
    except Problem as problem:
        return _refused(problem)
    return _done("Đã lưu đợt thu thập.")


@bp.post("/settings/campaign/close")
@only("principal")
def close_campaign() -> Response:
    """End the campaign and freeze its report."""
    try:
        closing.close(today=current().today(), by=current_user)
    except Problem as problem:
        return _refused(problem)
    return _done("Đã kết thúc và chốt báo cáo.")


@bp.post("/settings/campaign/reopen")
@only("principal")
def reopen_campaign() -> Response:
    """Take back the end of the campaign."""
    try:
        closing.reopen(by=current_user)
    except Problem as problem:
        return _refused(problem)
    return _done("Đã mở lại đợt thu thập.")


@bp.post("/settings/campaign/next")
@only("principal")
def open_campaign() -> Response:
    """Answer the next letter of the managing office."""
    form = request.form
    try:
        closing.open_next(
            title=form.get("title", ""),
            letter=form.get("letter", ""),
            opens_on=_day(form.get("opens_on", "")),
            deadline=_day(form.get("deadline", "")),
            by=current_user,
        )
    except Problem as problem:
        return _refused(problem)
    return _done("Đã mở đợt thu thập mới.")


def _day(text: str) -> date:
    """A day from a form. Raises Problem for a text that is none."""
    try:
        return day_of(text)
    except ValueError:
        sentence = "Ngày này không có trong lịch hoặc viết chưa đúng dạng. Hãy viết như 25/10/2022."
        raise Problem("deadline", "bad_date", sentence) from None


@bp.post("/settings/accounts")
@only("clerk", "principal")
def add_account() -> Response:
    """A new account with a first password, which its owner must replace."""
    form = request.form
    if form.get("role", "") not in _roles_to_give():  # the page offers no other
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
        return _refused(problem)
    return _done(f"Đã tạo tài khoản {user.username}.")


def _roles_to_give() -> tuple[str, ...]:
    """A clerk makes accounts for teachers; the principal for everybody."""
    if current_user.role == "clerk":
        return ("teacher",)
    return tuple(ROLE_WORDS)


@bp.post("/settings/accounts/<int:user_id>/password")
@only("clerk", "principal")
def reset_password(user_id: int) -> Response:
    """A new first password for somebody who has lost theirs."""
    user = _account_or_403(user_id)
    try:
        accounts.change_password(user, request.form.get("password", ""), by=current_user)
    except Problem as problem:
        return _refused(problem)
    return _done(f"Đã đặt lại mật khẩu cho {user.username}. Người dùng phải đăng nhập lại.")


@bp.post("/settings/accounts/<int:user_id>/disabled")
@only("clerk", "principal")
def set_disabled(user_id: int) -> Response:
    """Lock an account, or open it again. Accounts are never deleted: the audit names them."""
    user = _account_or_403(user_id)
    disabled = request.form.get("disabled") == "1"
    if user.id == current_user.id:  # the only principal could not open it again
        return _refused(Problem("account", "self", "Không thể tự khóa tài khoản đang dùng."))
    accounts.set_disabled(user, disabled, by=current_user)
    verb = "khóa" if disabled else "mở"
    return _done(f"Đã {verb} tài khoản {user.username}.")


def _account_or_403(user_id: int) -> User:
    """An account that this user may manage: a clerk must not reset the principal's password."""
    user = User.get_or_none(User.id == user_id) or abort(404)
    if user.role not in _roles_to_give():
        abort(403)
    return user


@bp.post("/settings/classes")
@only("clerk", "principal")
def add_class() -> Response:
    """A class by its name, from which its grade is read."""
    try:
        added = school.add_class(request.form.get("name", ""), by=current_user)
    except Problem as problem:
        return _refused(problem)
    return _done(f"Đã thêm lớp {added.name}.")


@bp.post("/settings/classes/<int:class_id>/teacher")
@only("clerk", "principal")
def assign_teacher(class_id: int) -> Response:
    """The homeroom teacher of a class, or nobody."""
    school_class = SchoolClass.get_or_none(SchoolClass.id == class_id) or abort(404)
    chosen = request.form.get("teacher", type=int)
    teacher = None
    if chosen:
        teacher = User.get_or_none(User.id == chosen, User.role == "teacher") or abort(422)
    school.assign_teacher(school_class, teacher, by=current_user)
    return _done(f"Đã phân công lớp {school_class.name}.")
