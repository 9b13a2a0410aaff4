"""The page on which the principal changes the school's catalogue of places."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import jobs, school
from idapp.models import EpochChange
from idapp.people import epochs, place_choices
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, remember

bp = Blueprint("places", __name__)
_OTHER = {"3level": "2level", "2level": "3level"}


@bp.get("/settings/places")
@only("principal")
def settings() -> str:
    return _page()


@bp.post("/settings/places")
@only("principal")
def change_epoch() -> Response:
    """Rewrite everybody's residence in the other catalogue."""
    form = request.form
    choices = {name[len("choice-") :]: form[name] for name in form if name.startswith("choice-")}
    try:
        place_choices.remember({old: new for old, new in choices.items() if new}, by=current_user)
        change = epochs.begin(form.get("epoch", ""), by=current_user)
    except Problem as problem:
        return make_response(_page(problem), 422)
    return _work_on(change, "Đã đổi danh mục địa chỉ.")


@bp.post("/settings/places/undo")
@only("principal")
def undo() -> Response:
    """Write back what the last change rewrote."""
    try:
        change = epochs.begin_undo(by=current_user)
    except Problem as problem:
        return make_response(_page(problem), 422)
    return _work_on(change, "Đã hoàn tác: địa chỉ trở lại như trước khi đổi danh mục.")


@bp.post("/settings/places/go-on")
@only("principal")
def go_on() -> Response:
    """Do the work while the page waits: the worker does not answer."""
    change = epochs.last_change()
    if change is not None:
        epochs.go_on(change.id)
    return redirect(url_for("places.settings"), 303)


@bp.get("/settings/places/progress")
@only("principal")
def progress() -> Response | str:
    change = epochs.last_change() or abort(404)
    if not change.is_under_way:
        return Response(headers={"HX-Redirect": url_for("places.settings")})
    return render_template("school/_epoch_progress.html", **_progress_of(change))


def _work_on(change: EpochChange, sentence: str) -> Response:
    """A small school waits for its page, a large one for the worker."""
    if change.total <= epochs.AT_ONCE:
        epochs.go_on(change.id)
        remember(sentence)
    else:
        jobs.change_epoch_later(change.id)
    return redirect(url_for("places.settings"), 303)


def _page(problem: Problem | None = None) -> str:
    campaign = school.the_campaign()
    change = epochs.last_change()
    other = _OTHER[campaign.epoch]
    is_under_way = change is not None and change.is_under_way
    may_undo = change is not None and change.state == "done"
    progress_of_change = _progress_of(change) if change is not None and is_under_way else {}
    return render_template(
        "school/places.html",
        epoch=campaign.epoch,
        other=other,
        EPOCHS=epochs.EPOCHS,
        preview=None if is_under_way else epochs.preview(other),
        last=change,
        may_undo=may_undo,
        edited=epochs.edited_since(change) if change is not None and may_undo else 0,
        problem=problem,
        is_under_way=is_under_way,
        **progress_of_change,
    )


def _progress_of(change: EpochChange) -> dict[str, object]:
    return {"change": change, "done": epochs.done_of(change), "total": change.total}
