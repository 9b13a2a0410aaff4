"""The campaign: its title and deadline, its end, the next one."""

from datetime import date

from flask import request
from werkzeug.wrappers import Response

from idapp import school
from idapp.progress import closing
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only
from idapp.web.days import day_of
from idapp.web.school import bp
from idapp.web.school.views import done, refused


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
        return refused(problem)
    return done("Đã lưu đợt thu thập.")


@bp.post("/settings/campaign/close")
@only("principal")
def close_campaign() -> Response:
    """End the campaign and freeze its report."""
    try:
        closing.close(today=current().today(), by=current_user)
    except Problem as problem:
        return refused(problem)
    return done("Đã kết thúc và chốt báo cáo.")


@bp.post("/settings/campaign/reopen")
@only("principal")
def reopen_campaign() -> Response:
    """Take back the end of the campaign."""
    try:
        closing.reopen(by=current_user)
    except Problem as problem:
        return refused(problem)
    return done("Đã mở lại đợt thu thập.")


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
        return refused(problem)
    return done("Đã mở đợt thu thập mới.")


def _day(text: str) -> date:
    """A day from a form. Raises Problem for a text that is none."""
    try:
        return day_of(text)
    except ValueError:
        sentence = "Ngày này không có trong lịch hoặc viết chưa đúng dạng. Hãy viết như 25/10/2022."
        raise Problem("deadline", "bad_date", sentence) from None
