"""The day the police come to the school: planned by the office, lists per class, printed."""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import notices, permissions
from idapp.models import Appointment, Visit
from idapp.notices import listing, visits
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import class_or_404, current_user, only, remember
from idapp.web.days import day_of
from idapp.web.notices import bp


@bp.get("/notices/visits")
@only("teacher", "clerk", "principal")
def list_visits(sentence: str = "") -> str:
    """All visits, newest first, with how many of this user's people are on the list of each.

    ``sentence``: why the visit on the form could not be planned; what was typed stays there.
    """
    listed = []
    for visit in Visit.select().order_by(Visit.day.desc(), Visit.id.desc()):
        count = visits.appointments_of(visit, current_user).count()
        listed.append((visit, count))
    return render_template(
        "notices/visits.html",
        visits=listed,
        may_plan=permissions.may_plan_visits(current_user),
        sentence=sentence,
        typed=request.form,
    )


@bp.post("/notices/visits")
@only("clerk", "principal")
def plan_visit() -> Response:
    """A new day on which the police come."""
    form = request.form
    try:
        day = day_of(form.get("day", ""))
        visit = visits.plan(
            day,
            place=form.get("place", ""),
            note=form.get("note", ""),
            by=current_user,
            today=current().today(),
        )
    except ValueError:  # no day at all; one that is over is a Problem
        return make_response(list_visits("Hãy chọn ngày công an đến trường."), 422)
    except Problem as problem:
        return make_response(list_visits(problem.message), 422)
    return redirect(url_for("notices.show_visit", visit_id=visit.id), 303)


@bp.get("/notices/visits/<int:visit_id>")
@only("teacher", "clerk", "principal")
def show_visit(visit_id: int) -> str:
    """The list of one visit, to print and to tick off; ``?chosen=`` the class invited last."""
    visit = _visit_or_404(visit_id)
    return render_template(
        "notices/visit.html",
        visit=visit,
        appointments=list(visits.appointments_of(visit, current_user)),
        classes=list(permissions.classes_of(current_user)),
        may_plan=permissions.may_plan_visits(current_user),
        chosen=request.args.get("chosen", type=int),
    )


@bp.post("/notices/visits/<int:visit_id>/people")
@only("teacher", "clerk", "principal")
def invite(visit_id: int) -> Response:
    """Everybody of a class (or of the school) who still needs the paper."""
    visit = _visit_or_404(visit_id)
    class_id = request.form.get("class", type=int)
    school_class = None
    if class_id:
        school_class = class_or_404(class_id, to="edit")
    listed = notices.listed(current_user, school_class=school_class)
    people = [person for person in listed if listing.asks_family_of(person)]
    try:
        added = visits.invite(visit, people, first=request.form.get("first", ""), by=current_user)
    except Problem as problem:
        remember(problem.message, "error")
    else:
        _remember_invited(added)
    return redirect(url_for("notices.show_visit", visit_id=visit.id, chosen=class_id), 303)


def _remember_invited(count: int) -> None:
    if count:
        remember(f"Đã thêm {count} người vào danh sách hẹn.")
    else:
        remember("Không có thêm ai cần giấy.", "warn")


@bp.post("/notices/visits/<int:visit_id>/lines/<int:appointment_id>")
@only("teacher", "clerk", "principal")
def change_appointment(visit_id: int, appointment_id: int) -> Response:
    """A line of the list: when, who comes along, whether they came; or leave it out."""
    appointment = _appointment_or_404(_visit_or_404(visit_id), appointment_id)
    if request.form.get("leave_out") == "1":
        visits.leave_out(appointment, by=current_user)
    else:
        _describe(appointment)
    address = url_for("notices.show_visit", visit_id=visit_id)
    return redirect(f"{address}#line-{appointment_id}", 303)


def _describe(appointment: Appointment) -> None:
    form = request.form
    came = form.get("came", "")
    if came not in ("", "yes", "no"):
        came = ""
    try:
        visits.describe(
            appointment,
            time=form.get("time", ""),
            guardian_note=form.get("guardian_note", ""),
            came=came,
            by=current_user,
        )
    except Problem as problem:
        remember(problem.message, "error")


def _visit_or_404(visit_id: int) -> Visit:
    return Visit.get_or_none(Visit.id == visit_id) or abort(404)


def _appointment_or_404(visit: Visit, appointment_id: int) -> Appointment:
    seen = visits.appointments_of(visit, current_user)
    return seen.where(Appointment.id == appointment_id).first() or abort(404)
