"""Milestones of the campaign: one page with a form for each, and one for a new one."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import school
from idapp.progress import milestones
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, remember
from idapp.web.days import day_in
from idapp.web.school import bp

_NEW = 0  # the id of the form for a new one


@bp.get("/settings/milestones")
@only("clerk", "principal")
def show_milestones() -> str:
    """The milestones of the campaign; the principal sets them."""
    return _page()


@bp.post("/settings/milestones")
@only("principal")
def add_milestone() -> Response:
    """A new one."""
    return _saved(_NEW)


@bp.post("/settings/milestones/<int:milestone_id>")
@only("principal")
def change_milestone(milestone_id: int) -> Response:
    """Set one anew, or remove it (``remove``)."""
    if request.form.get("remove") != "1":
        return _saved(milestone_id)
    try:
        milestones.remove(milestone_id, by=current_user)
    except Problem as problem:
        return make_response(_page(problem), 422)
    return _done("Đã xóa mốc.")


def _saved(milestone_id: int) -> Response:
    form = request.form
    name = form.get("name", "")
    groups = form.getlist("groups")
    try:
        deadline = day_in(form.get("deadline", ""))
        if milestone_id == _NEW:
            milestones.add(name=name, deadline=deadline, groups=groups, by=current_user)
        else:
            milestones.change(
                milestone_id, name=name, deadline=deadline, groups=groups, by=current_user
            )
    except Problem as problem:
        return make_response(_page(problem, milestone_id), 422)
    return _done("Đã lưu mốc.")


def _done(sentence: str) -> Response:
    remember(sentence)
    return redirect(url_for("school.show_milestones"), 303)


def _page(problem: Problem | None = None, refused: int | None = None) -> str:
    """``refused``: the form (id of its milestone) that keeps what was typed."""
    campaign = school.the_campaign()
    return render_template(
        "school/milestones.html",
        campaign=campaign,
        milestones=milestones.of_campaign(campaign),
        groups=milestones.groups_of_school(),
        problem=problem,
        refused=refused,
        typed=request.form,
    )
