"""One record: its form, where it stands, its history."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp import audit, notices, people, permissions, verification
from idapp.models import Person, SchoolClass
from idapp.people import residences
from idapp.rules import record
from idapp.web import cells
from idapp.web.access import current_user, person_or_404, remember, signed_in, wants_fragment
from idapp.web.audit import EVENT_WORDS, page_of
from idapp.web.people import bp
from idapp.web.people.states import states_of
from idapp.web.people.tables import all_staff, catalogues_of, in_class, table_address


@bp.get("/people/<int:person_id>")
@signed_in
def person(person_id: int) -> str:
    return _person_page(person_or_404(person_id))


@bp.post("/people/<int:person_id>")
@signed_in
def save_person(person_id: int) -> AnyResponse:
    """The whole form. Only what the user changed is written, so untouched fields cannot conflict. The script of the
    page, which keeps the text until it is saved, gets 204 and where to go on."""
    one = person_or_404(person_id, to="edit")
    result = people.change_many(_edits_of(one), by=current_user, source="typed")
    one = person_or_404(person_id)
    if special := _not_saved(one, result):
        return make_response(_person_page(one, special=special), 409 if result.conflicts else 422)
    _say_saved(one, any(saved.changed for saved in result.saved))
    onward = _next_after(one) if request.form.get("go") == "next" else one
    address = url_for("people.person", person_id=onward.id)
    return (
        Response(status=204, headers={"X-Next": address})
        if wants_fragment()
        else redirect(address, 303)
    )


def _edits_of(one: Person) -> list[people.Edit]:
    form = request.form
    return [
        people.Edit(one, f.name, form[f.name], form.get(f"seen-{f.name}", ""))
        for f in record.fields_of(one.kind)
        if f.name in form and form[f.name] != form.get(f"seen-{f.name}")
    ]


def _not_saved(one: Person, result: people.Written) -> dict[str, cells.Cell]:
    """What the form must show again: fields that somebody else changed meanwhile, and texts that are refused."""
    special = {
        c.field: cells.in_conflict(cells.cell_of(one, c.field, current_user), c)
        for c in result.conflicts
    }
    for problem in result.refused:
        cell, typed = cells.cell_of(one, problem.field, current_user), request.form[problem.field]
        special[problem.field] = cells.refused(cell, typed, problem.message)
    return special


def _say_saved(one: Person, changed: bool) -> None:
    left = f" Còn {one.errors} lỗi cần sửa." if one.errors else ""
    remember(
        (f"Đã lưu hồ sơ {one.full_name}." if changed else "Không có gì thay đổi.") + left,
        "warn" if left else "done",
    )


def _person_page(one: Person, *, special: dict[str, cells.Cell] | None = None) -> str:
    fields = cells.columns_of(one.kind, one.epoch, all_fields=True)
    drawn = [
        (special or {}).get(cell.field.name, cell)
        for cell in cells.cells_of(one, fields, current_user)
    ]
    return render_template(
        "people/person.html",
        person=one,
        cells=drawn,
        trouble=bool(special),
        may_edit=permissions.may_edit(current_user, one),
        states=states_of(one.kind) if permissions.may_set_state(current_user) else (),
        classes=_classes_for(one),
        catalogues=catalogues_of(one.kind),
        back=table_address(one),
        neighbours=_neighbours(one),
        case=notices.open_case(one),
        needs_paper=bool(notices.reason_of(one)),
        residence_note=residences.note_of(one),
        notice_words=notices.STATE_WORDS,
    )


def _classes_for(one: Person) -> list[SchoolClass]:
    """Where the office may put the pupil."""
    may_move = one.kind == "student" and permissions.may_move_between_classes(current_user)
    return list(permissions.classes_of(current_user)) if may_move else []


def _neighbours(one: Person) -> tuple[Person | None, Person | None]:
    """The records before and after in the order of the table."""
    query = in_class(one.school_class) if one.school_class else all_staff()
    order = people.table_of(query.select(Person.id, Person.full_name))
    place = next((i for i, p in enumerate(order) if p.id == one.id), None)
    if place is None:
        return None, None
    return (order[place - 1] if place else None), (
        order[place + 1] if place + 1 < len(order) else None
    )


def _next_after(one: Person) -> Person:
    return _neighbours(one)[1] or one


@bp.get("/people/<int:person_id>/history")
@signed_in
def person_history(person_id: int) -> str:
    one = person_or_404(person_id)
    changes, older = page_of(audit.history_of(one))
    return render_template(
        "people/history.html",
        person=one,
        changes=changes,
        older=older,
        source_labels=people.SOURCE_LABELS,
        event_words=EVENT_WORDS,
        answers=[] if "before" in request.args else verification.answers_about(one),
        ITEM_WORDS=verification.ITEM_WORDS,
        reason_words=verification.reason_words,
    )
