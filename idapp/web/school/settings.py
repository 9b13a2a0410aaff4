"""The school's names, and the page of all settings."""

from flask import request
from werkzeug.wrappers import Response

from idapp import school
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only
from idapp.web.school import bp
from idapp.web.school.views import done, page, refused


@bp.get("/settings")
@only("clerk", "principal")
def settings() -> str:
    """The school's names, the campaign, classes and accounts, each with its form."""
    return page()


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
        return refused(problem)
    return done("Đã lưu thông tin trường.")
