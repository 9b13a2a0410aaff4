"""The history of one cell."""

from __future__ import annotations

from flask import abort, render_template

from idapp import audit, people
from idapp.models import Change
from idapp.present_residence import is_asked_of
from idapp.rules import record
from idapp.web.access import person_or_404, signed_in
from idapp.web.people import bp

_NEWEST = 20


@bp.get("/people/<int:person_id>/cells/<field>/history")
@signed_in
def cell_history(person_id: int, field: str) -> str:
    """Who wrote what by which source, newest first."""
    person = person_or_404(person_id)
    fields = record.fields_of(person.kind, with_present=is_asked_of(person))
    if field not in {each.name for each in fields}:
        abort(404)
    history = audit.history_of([person.id])
    of_cell = history.where(Change.field == field, Change.event == "person.changed")
    changes = list(of_cell.limit(_NEWEST + 1))  # one more tells that there are older ones
    return render_template(
        "people/_cell_history.html",
        person=person,
        field=record.FIELD[field],
        changes=changes[:_NEWEST],
        more=len(changes) > _NEWEST,
        source_labels=people.SOURCE_LABELS,
    )
