"""A new pupil or member of staff, or one who comes from another class or school."""

from __future__ import annotations

from flask import make_response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from idapp.models import Person, SchoolClass
from idapp.people import newcomers
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.web.access import class_or_404, current_user, only, remember, signed_in
from idapp.web.people import bp
from idapp.web.people.circumstances_asked import due_day_asked, newcomer_asked, papers_asked
from idapp.web.people.tables import class_page, staff_page, table_address


@bp.post("/classes/<int:class_id>/people")
@signed_in
def add_pupil(class_id: int) -> AnyResponse:
    """A new pupil, or one who comes from another class or school."""
    school_class = class_or_404(class_id, to="edit")
    return _add("student", school_class)


@bp.post("/staff/people")
@only("clerk", "principal")
def add_staff() -> AnyResponse:
    """A new member of staff."""
    return _add("staff", None)


def _add(kind: str, school_class: SchoolClass | None) -> AnyResponse:
    values = {f.name: request.form.get(f.name, "") for f in record.fields_of(kind)}
    known = request.form.get("move", type=int)  # the offer that the user has taken
    try:
        arrival = _arrival(kind, school_class, values)
        received = newcomers.receive(arrival, move=known, by=current_user)
    except newcomers.Known as refusal:
        page: dict[str, object] = {
            "newcomer": values,
            "sentence": refusal.sentence,
            "offer": refusal.offer,
            "may_insist": refusal.may_insist,
        }
    except Problem as problem:
        page = {"newcomer": values, "sentence": problem.message, "wrong_field": problem.field}
    else:
        person = received.person
        if person.id == known:
            remember(_moved(received, arrival))
        else:
            remember(_added(person))
        return redirect(table_address(person) + f"#r-{person.id}", 303)
    page |= {"typed": dict(request.form.items()), "received": papers_asked()}
    if school_class is None:
        return make_response(staff_page(**page), 422)
    return make_response(class_page(school_class, **page), 422)


def _arrival(
    kind: str, school_class: SchoolClass | None, values: dict[str, str]
) -> newcomers.Arrival:
    """What the form says. Raises ``Problem`` for a day that cannot be."""
    sure = request.form.get("sure") == "1"
    if kind == "staff":
        return newcomers.Arrival(kind, school_class, values, sure)
    return newcomers.Arrival(
        kind, school_class, values, sure, newcomer_asked(), papers_asked(), due_day_asked()
    )


def _added(person: Person) -> str:
    return f"Đã thêm hồ sơ {person.full_name}. Nếu thêm nhầm, hãy bấm Hoàn tác."


def _moved(received: newcomers.Received, arrival: newcomers.Arrival) -> str:
    where = f"lớp {arrival.school_class.name}" if arrival.school_class else "danh sách cán bộ"
    sentences = [f"Đã chuyển hồ sơ {received.person.full_name} về {where}."]
    if received.kept:
        labels = ", ".join(received.kept)
        sentences.append(f"Mục vừa gõ khác với hồ sơ nên không lưu: {labels}.")
    sentences.append("Nếu nhầm, hãy bấm Hoàn tác.")
    return " ".join(sentences)
