"""The page on which the principal changes the school's catalogue of places."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import jobs, present_residence, school
from idapp.models import EpochChange
from idapp.people import epochs, place_choices
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, remember

bp = Blueprint("places", __name__)
_OTHER = {"3level": "2level", "2level": "3level"}


@bp.get("/settings/places")
@only("principal")
def settings() -> str:
    """Which catalogue is in use, and what changing to the other would do to whom."""
    return _page()


@bp.post("/settings/places")
@only("principal")
def change_epoch() -> Response:
    """Rewrite everybody's residence in the other catalogue."""
    form = request.form
    try:
        # First: the change reads what was chosen.
        place_choices.remember(_choices(), by=current_user)
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
    """How far the change has come, asked for by the page every moment; at the end the page loads afresh."""
    change = epochs.last_change() or abort(404)
    if not change.is_under_way:
        return Response(headers={"HX-Redirect": url_for("places.settings")})
    return render_template("school/_epoch_progress.html", **_progress_of(change))


def _choices() -> dict[str, str]:
    """Old address -> the place that was chosen for it, of the fields ``choice-<old address>`` that say one."""
    choices = {}
    for name, new in request.form.items():
        if name.startswith("choice-") and new:
            choices[name.removeprefix("choice-")] = new
    return choices


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
    values: dict[str, object] = {"may_undo": False, "is_under_way": False, "edited": 0}
    if change is not None:
        values |= _about_change(change)
    if not values["is_under_way"]:  # it reads everybody's address
        values["preview"] = epochs.preview(other)
    return render_template(
        "school/places.html",
        epoch=campaign.epoch,
        other=other,
        EPOCHS=epochs.EPOCHS,
        last=change,
        problem=problem,
        present_kept=present_residence.count_kept(),
        **values,
    )


def _about_change(change: EpochChange) -> dict[str, object]:
    """What the page shows of the last change: how far it is, or whether it can be undone."""
    if change.is_under_way:
        return {"is_under_way": True, "preview": None, **_progress_of(change)}
    if change.state != "done":
        return {}
    return {"may_undo": True, "edited": epochs.edited_since(change)}


def _progress_of(change: EpochChange) -> dict[str, object]:
    return {"change": change, "done": epochs.done_of(change), "total": change.total}
