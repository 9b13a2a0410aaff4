"""Where a newcomer has come from, and which papers are still owed: of one pupil, and everybody's who owes some."""

from __future__ import annotations

from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp import permissions
from idapp.database import writing
from idapp.models import Person, SchoolClass
from idapp.people import entry_papers, transfers
from idapp.rules import entry_papers as lists
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only, person_or_404, remember
from idapp.web.people import bp
from idapp.web.people.circumstances_asked import arrival_asked, due_day_asked, papers_asked

_ROLES = ("teacher", "clerk", "principal")


@bp.get("/people/<int:person_id>/papers")
@only(*_ROLES)
def person_papers(person_id: int) -> str:
    """The form of one pupil."""
    return _page(_pupil_or_404(person_id))


@bp.post("/people/<int:person_id>/papers")
@only(*_ROLES)
def save_person_papers(person_id: int) -> AnyResponse:
    """Where from, when, what is here. Who only ticks papers says nothing about an arrival."""
    person = _pupil_or_404(person_id)
    try:
        due_on = due_day_asked()
        about = arrival_asked()
        with writing():
            if about is not None:
                transfers.note_arrival(person, about, by=current_user)
            entry_papers.note(
                person, papers_asked(), due_on=due_on, by=current_user, today=current().today()
            )
    except Problem as problem:
        return make_response(_page(person, problem), 422)
    remember(f"Đã lưu nơi đến và giấy tờ của {person.full_name}.")
    return redirect(url_for("people.person", person_id=person.id), 303)


@bp.get("/people/owing")
@only(*_ROLES)
def owing_papers() -> str:
    """Everybody who owes papers, the longest overdue first."""
    owed = entry_papers.owed_lines(current_user)
    query = permissions.people_of(current_user).where(Person.id.in_(list(owed)))
    people = query.select(Person, SchoolClass).left_outer_join(SchoolClass)
    place = {id_: number for number, id_ in enumerate(owed)}
    return render_template(
        "people/owing.html",
        people=sorted(people, key=lambda person: place[person.id]),
        owed=owed,
        labels=lists.LABELS,
        today=current().today(),
    )


@bp.post("/people/<int:person_id>/papers/received")
@only(*_ROLES)
def receive_papers(person_id: int) -> AnyResponse:
    """Ticked in the list of everybody who owes some."""
    person = person_or_404(person_id, to="edit")
    if entry_papers.receive(person, papers_asked(), by=current_user, today=current().today()):
        remember(f"Đã lưu giấy tờ của {person.full_name}.")
    else:
        remember("Hãy đánh dấu giấy tờ đã nhận rồi bấm Lưu.", "warn")
    return redirect(url_for("people.owing_papers"), 303)


def _pupil_or_404(person_id: int) -> Person:
    """A pupil whom the user may edit; staff have no such papers."""
    person = person_or_404(person_id, to="edit")
    if person.kind != "student":
        abort(404)
    return person


def _page(person: Person, problem: Problem | None = None) -> str:
    arrival = transfers.arrival_of(person)
    typed: dict[str, Any] = dict(request.form.items())
    if not typed and arrival is not None:
        typed = {
            "arrived_on": f"{arrival.day:%d/%m/%Y}",
            "from_school": arrival.school,
            "from_province": arrival.province,
            "from_note": arrival.note,
        }
    lines = entry_papers.lines_of(person)
    return render_template(
        "people/papers.html",
        person=person,
        lines=lines,
        received=_received(lines),
        typed=typed,
        usual_due=lists.usual_due_day(current().today()),
        problem=problem,
    )


def _received(lines: list[entry_papers.Line]) -> frozenset[str]:
    """What is ticked: as stored, or as it was typed when the form comes back."""
    if request.method == "POST":
        return papers_asked()
    return frozenset(line.key for line in lines if line.received_on)
