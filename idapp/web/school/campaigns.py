"""The campaign: its title and deadline, its end, the next one."""

from flask import request
from werkzeug.wrappers import Response

from idapp import present_residence, school
from idapp.people import catching_up
from idapp.progress import closing
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only
from idapp.web.days import day_in, day_meant
from idapp.web.school import bp
from idapp.web.school.views import done, refused


@bp.post("/settings/campaign")
@only("principal")
def change_campaign() -> Response:
    """Title, letter and deadline of the campaign that is open."""
    form = request.form
    try:
        campaign = school.the_campaign()
        school.change_campaign(
            campaign,
            title=form.get("title", ""),
            letter=form.get("letter", campaign.letter),
            deadline=day_in(form.get("deadline", "")),
            today=current().today(),
            meant=day_meant(form),
            by=current_user,
        )
    except Problem as problem:
        return refused(problem)
    return done("Đã lưu đợt thu thập.")


@bp.post("/settings/campaign/present-residence")
@only("principal")
def ask_present_residence() -> Response:
    """Of whom the campaign asks the present residence; nobody ticked: of nobody."""
    try:
        is_changed = present_residence.ask_of(request.form.getlist("groups"), by=current_user)
    except Problem as problem:
        return refused(problem)
    if is_changed:
        catching_up.compute_anew()  # its warnings come and go
    return done("Đã lưu nơi ở hiện tại.")


@bp.post("/settings/campaign/close")
@only("principal", password=True)
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
            opens_on=day_in(form.get("opens_on", ""), "opens_on"),
            deadline=day_in(form.get("deadline", "")),
            today=current().today(),
            meant=day_meant(form),
            by=current_user,
        )
    except Problem as problem:
        return refused(problem)
    return done("Đã mở đợt thu thập mới.")
