"""One record: its form, where it stands, its history."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from idapp import audit, notices, people, permissions, verification
from idapp.models import Person
from idapp.notices import explanations
from idapp.people import entry_papers, former_numbers, residences, survivors, transfers
from idapp.present_residence import is_asked_of
from idapp.rules import record
from idapp.settings import current
from idapp.web import cells
from idapp.web.access import (
    current_user,
    person_or_404,
    remember,
    signed_in,
    the_user,
    wants_fragment,
)
from idapp.web.audit import EVENT_WORDS, page_of
from idapp.web.drawn_options import options_of
from idapp.web.people import bp
from idapp.web.people.life import life_of
from idapp.web.people.states import account_to_lock, states_of
from idapp.web.people.tables import all_staff, catalogues_of, in_class, table_address


@bp.get("/people/<int:person_id>")
@signed_in
def person(person_id: int) -> str:
    """The page of one record."""
    return _person_page(person_or_404(person_id))


@bp.post("/people/<int:person_id>")
@signed_in
def save_person(person_id: int) -> AnyResponse:
    """The whole form. Only what the user changed is written, so untouched fields cannot conflict.

    The script of the page, which keeps the text until it is saved, gets 204 and where to go on.
    """
    before = person_or_404(person_id, to="edit")
    result = people.change_many(_edits_of(before), by=current_user, source="typed")
    record_now = person_or_404(person_id)  # as it is stored now, with its state
    special = _not_saved(record_now, result)
    if special:
        page = _person_page(record_now, special=special)
        return make_response(page, 409 if result.conflicts else 422)
    _say_saved(record_now, any(saved.changed for saved in result.saved))
    address = url_for("people.person", person_id=_onward_from(record_now).id)
    if wants_fragment():
        return Response(status=204, headers={"X-Next": address})
    return redirect(address, 303)


def _edits_of(person: Person) -> list[people.Edit]:
    form = request.form
    edits = []
    for field in record.fields_of(person.kind, with_present=is_asked_of(person)):
        text = form.get(field.name)  # None: the form had no such field, as a district of 2025
        seen = form.get(f"seen-{field.name}")
        if text is not None and text != seen:
            edits.append(people.Edit(person, field.name, text, seen or ""))
    return edits


def _not_saved(person: Person, result: people.Written) -> dict[str, cells.Cell]:
    """What the form must show again: fields that somebody else changed meanwhile, and texts that are refused."""
    special = {}
    for conflict in result.conflicts:
        cell = cells.cell_of(person, conflict.field, current_user)
        special[conflict.field] = cells.in_conflict(cell, conflict)
    for problem in result.refused:
        cell = cells.cell_of(person, problem.field, current_user)
        typed = request.form[problem.field]
        special[problem.field] = cells.refused(cell, typed, problem.message)
    return special


def _say_saved(person: Person, changed: bool) -> None:
    sentence = "Không có gì thay đổi."
    if changed:
        sentence = f"Đã lưu hồ sơ {person.full_name}."
    if person.errors:
        remember(f"{sentence} Còn {person.errors} lỗi cần sửa.", "warn")
    else:
        remember(sentence, "done")


def _person_page(person: Person, *, special: dict[str, cells.Cell] | None = None) -> str:
    """``special``: {field: the cell to draw instead of what is stored}."""
    special = special or {}
    fields = cells.columns_of(
        person.kind, person.epoch, all_fields=True, with_present=is_asked_of(person)
    )
    stored = cells.cells_of(person, fields, current_user)
    return render_template(
        "people/person.html",
        person=person,
        cells=[special.get(cell.field.name, cell) for cell in stored],
        trouble=bool(special),
        may_edit=permissions.may_edit(current_user, person),
        states=states_of(person.kind) if permissions.may_set_state(current_user) else (),
        account_to_lock=account_to_lock(person),
        class_options=_class_options(person),
        life=life_of(person),
        paused=not person.active and explanations.of(person) is not None,
        arrival=transfers.arrival_of(person),
        owed=[line for line in entry_papers.lines_of(person) if line.is_owed],
        today=current().today(),
        catalogues=catalogues_of(person.kind),
        back=table_address(person),
        neighbours=_neighbours(person),
        case=notices.open_case(person),
        needs_paper=bool(notices.reason_of(person)),
        residence_note=residences.note_of(person),
        former_numbers=former_numbers.former_numbers_of(person),
        origin_words=former_numbers.ORIGIN_WORDS,
        merged_to=survivors.survivor_of(person),
        merged_from=survivors.merged_into(person),
        notice_words=notices.STATE_WORDS,
    )


def _class_options(person: Person) -> Markup | None:
    """Where the office may put the pupil; None where there is no choice."""
    if person.kind != "student" or not permissions.may_move_between_classes(current_user):
        return None
    classes = permissions.names_and_grades_of(the_user())
    return options_of([(id_, name) for id_, name, _ in classes], person.school_class_id) or None


def _neighbours(person: Person) -> tuple[Person | None, Person | None]:
    """The records before and after in the order of the table."""
    query = all_staff()
    if person.school_class:
        query = in_class(person.school_class)
    order = people.table_of(query.select(Person.id, Person.full_name))
    ids = [neighbour.id for neighbour in order]
    if person.id not in ids:
        return None, None
    place = ids.index(person.id) + 1
    framed = [None, *order, None]  # so that the first and the last have neighbours too
    return framed[place - 1], framed[place + 1]


def _onward_from(person: Person) -> Person:
    """Where the user goes after saving: to the next record if so asked and there is one."""
    if request.form.get("go") != "next":
        return person
    return _neighbours(person)[1] or person


@bp.get("/people/<int:person_id>/history")
@signed_in
def person_history(person_id: int) -> str:
    """All that happened to a record, newest first; the register's answers on the first page."""
    person = person_or_404(person_id)
    # of a record that others were merged into: the history of all of them
    ids = survivors.ids_of_one(person)
    changes, older = page_of(audit.history_of(ids))
    answers = []
    if "before" not in request.args:
        answers = verification.answers_about(person)
    return render_template(
        "people/history.html",
        person=person,
        changes=changes,
        of_several=len(ids) > 1,
        older=older,
        source_labels=people.SOURCE_LABELS,
        event_words=EVENT_WORDS,
        answers=answers,
        ITEM_WORDS=verification.ITEM_WORDS,
        reason_words=verification.reason_words,
    )
