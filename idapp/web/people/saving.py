"""One cell is saved."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Response, abort, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from idapp import people
from idapp.models import Person
from idapp.present_residence import is_asked_of
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.web import cells
from idapp.web.access import person_or_404, signed_in, the_user
from idapp.web.people import bp
from idapp.web.people.reasons import counters_of


@bp.post("/people/<int:person_id>/cells/<field>")
@signed_in
def save_cell(person_id: int, field: str) -> AnyResponse:
    """200 saved; 422 saved with an error, or refused as too long; 409 somebody was there before."""
    person = person_or_404(person_id, to="edit")
    if not _has_field(person, field):
        abort(404)
    typed = request.form.get("value", "")
    seen = request.form.get("seen", "")
    try:
        saved = people.change(person, field, typed, seen=seen, by=the_user())
    except people.Conflict as conflict:
        contested = cells.in_conflict(_cell(conflict.person, field), conflict)
        return _after_cell(conflict.person, [contested], 409)
    except Problem as problem:
        turned_away = cells.refused(_cell(person, field), typed, problem.message)
        return _after_cell(person, [turned_away], 422)
    drawn = [_cell(saved.person, name) for name in sorted(saved.cells | {field})]
    drawn += [_cell(sharer, "identity_number") for sharer in saved.number_sharers]
    status = _status(saved.person, field)
    return _after_cell(saved.person, drawn, status, number_sharers=saved.number_sharers)


def _has_field(person: Person, field: str) -> bool:
    """The campaign is asked only about what not every campaign asks for."""
    known = record.FIELD.get(field)
    if known is None or person.kind not in known.kinds:
        return False
    return not known.optional or is_asked_of(person)


def _status(person: Person, field: str) -> int:
    worst = person.problem_of(field)
    if worst and worst["level"] == "error":
        return 422  # stored all the same: the user sees the error where it was typed
    return 200


def _cell(person: Person, field: str) -> cells.Cell:
    return cells.cell_of(person, field, the_user())


def _after_cell(
    person: Person,
    drawn: list[cells.Cell],
    status: int,
    *,
    number_sharers: Iterable[Person] = (),
) -> AnyResponse:
    """Fragments, whoever asks: no page posts here without htmx, and scripts rely on the same answer."""
    table = (person.kind, person.school_class_id)
    rows = [person]
    for sharer in number_sharers:
        # a row of another class is not on this page, and the user may have no right to see it
        if (sharer.kind, sharer.school_class_id) == table:
            rows.append(sharer)
    visible = {row.id for row in rows}
    class_id = person.school_class_id if person.kind == "student" else None
    # without what Flask adds for the layout of a page
    template = current_app.jinja_env.get_template("people/_saved.html")
    html = template.render(
        cells=[cell for cell in drawn if cell.person_id in visible],
        people=rows,
        counts=counters_of(class_id),
    )
    return Response(html, status)
