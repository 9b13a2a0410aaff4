"""Pupils and staff: the tables, their cells, one record with its history, newcomers."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from peewee import ModelSelect
from werkzeug.wrappers import Response as AnyResponse

from idapp import audit, notices, people, permissions, progress, school
from idapp.models import Person, SchoolClass
from idapp.people import newcomers
from idapp.rules import places, record
from idapp.rules.problem import Problem
from idapp.web import cells
from idapp.web.access import class_or_404, current_user, only, person_or_404, remember, signed_in
from idapp.web.audit import EVENT_WORDS, page_of

bp = Blueprint("people", __name__)
_ABOVE_MISSING = {
    "district": "Hãy chọn tỉnh, thành phố trước.",
    "commune": "Hãy chọn tỉnh và quận, huyện trước.",
}


@bp.get("/")
@signed_in
def home() -> AnyResponse:
    """A teacher lands in the own class, everybody else on the board."""
    if current_user.role != "teacher":
        return redirect(url_for("progress.board"))
    own = list(permissions.classes_of(current_user).limit(2))
    if len(own) == 1:
        return redirect(url_for("people.class_table", class_id=own[0].id))
    return redirect(url_for("people.classes"))


# the tables


@bp.get("/classes")
@signed_in
def classes() -> str:
    teachers = {c.id: c.homeroom_teacher for c in permissions.classes_of(current_user)}
    return render_template(
        "people/classes.html", lines=progress.board(current_user).of_kind("student"), teachers=teachers
    )


@bp.get("/classes/by-name/<name>")
@signed_in
def class_by_name(name: str) -> AnyResponse:
    """For printed codes and bookmarks: the address holds the name people know."""
    found = school.class_named(name)
    if found is None:
        abort(404)
    return redirect(url_for("people.class_table", class_id=class_or_404(found.id).id))


@bp.get("/classes/<int:class_id>")
@signed_in
def class_table(class_id: int) -> str:
    return _class_page(class_or_404(class_id))


@bp.get("/staff")
@only("clerk", "principal", "reviewer")
def staff() -> str:
    return _staff_page()


def _class_page(school_class: SchoolClass, **newcomer: object) -> str:
    may_edit = permissions.may_edit_class(current_user, school_class)
    table = _table(_in_class(school_class), "student", school_class)
    title = f"Lớp {school_class.name}"
    return render_template(
        "people/class_table.html", school_class=school_class, title=title, may_edit=may_edit, **table, **newcomer
    )


def _staff_page(**newcomer: object) -> str:
    may_edit = permissions.may_edit(current_user, Person(kind="staff"))
    title = "Cán bộ, giáo viên, nhân viên"
    return render_template(
        "people/staff.html", title=title, may_edit=may_edit, **_table(_all_staff(), "staff"), **newcomer
    )


def _table(query: ModelSelect[Person], kind: str, school_class: SchoolClass | None = None) -> dict[str, object]:
    """What every table needs: columns, rows in Vietnamese order, counters, catalogues."""
    columns = cells.columns_of(kind, school.the_campaign().epoch)
    only_problems = request.args.get("problems") == "1"
    found = people.table_of(query)
    for person in found:
        person.school_class = school_class  # known: spares a query per row
    if only_problems:
        found = [p for p in found if p.problems]
    return {
        "columns": columns,
        "rows": cells.rows_of(found, columns, current_user),
        "counts": people.counts(query),
        "only_problems": only_problems,
        "catalogues": _catalogues(kind),
        "table_id": school_class.id if school_class else "staff",
    }


def _in_class(school_class: SchoolClass) -> ModelSelect[Person]:
    return permissions.people_of(current_user).where(Person.school_class == school_class, Person.kind == "student")


def _all_staff() -> ModelSelect[Person]:
    return permissions.people_of(current_user).where(Person.kind == "staff")


def _catalogues(kind: str) -> dict[str, tuple[str, ...]]:
    """The lists to choose from, for those who may choose."""
    if current_user.role == "reviewer":
        return {}
    return {f.name: record.choices_of(f.name, kind) for f in record.fields_of(kind) if f.kind_of_input == "choice"}


# one cell


@bp.post("/people/<int:person_id>/cells/<field>")
@signed_in
def save_cell(person_id: int, field: str) -> AnyResponse:
    """200 saved; 422 saved with an error, or refused as too long; 409 somebody was there before."""
    person = person_or_404(person_id, to="edit")
    if field not in {f.name for f in record.fields_of(person.kind)}:
        abort(404)
    typed, seen = request.form.get("value", ""), request.form.get("seen", "")
    try:
        saved = people.change(person, field, typed, seen=seen, by=current_user)
    except people.Conflict as conflict:
        return _after_cell(conflict.person, [cells.in_conflict(_cell(conflict.person, field), conflict)], 409)
    except Problem as problem:
        return _after_cell(person, [cells.refused(_cell(person, field), typed, problem.message)], 422)
    peers = [_cell(peer, "identity_number") for peer in saved.peers]
    drawn = [_cell(saved.person, name) for name in sorted(saved.cells | {field})]
    worst = saved.person.problem_of(field)
    return _after_cell(
        saved.person, [*drawn, *peers], 422 if worst and worst["level"] == "error" else 200, peers=saved.peers
    )


def _cell(person: Person, field: str) -> cells.Cell:
    return cells.cell_of(person, field, current_user)


def _after_cell(person: Person, drawn: list[cells.Cell], status: int, *, peers: Iterable[Person] = ()) -> AnyResponse:
    """Fragments, whoever asks: no page posts here without htmx, and scripts rely on the same answer."""
    same_table = [p for p in peers if p.kind == person.kind and p.school_class_id == person.school_class_id]
    visible = {person.id, *(p.id for p in same_table)}
    query = _in_class(person.school_class) if person.school_class else _all_staff()
    html = render_template(
        "people/_saved.html", cells=[c for c in drawn if c.person_id in visible], people=[person, *same_table],
        counts=people.counts(query),
    )  # fmt: skip
    return make_response(html, status)


@bp.get("/places")
@signed_in
def find_places() -> str:
    """Type-ahead for a place. What stands above comes from the record, or from the form as it is being filled."""
    level = request.args.get("field", "")
    if level not in ("province", "district", "commune"):
        abort(404)
    epoch, above = _residence_so_far()
    inside = above["district"] if level == "commune" and epoch == "3level" else None
    inside = None if level == "province" else inside or above["province"]
    found = places.search(epoch, level, request.args.get("q", "")[:100], inside, limit=40)
    with_above = level == "commune" and epoch == "3level" and not above["district"]
    return render_template(
        "people/_places.html",
        places=[(place, _name_above(epoch, place) if with_above else "") for place in found],
        sentence=_ABOVE_MISSING[level]
        if level != "province" and not inside
        else "Không có nơi nào khớp với chữ đã gõ.",
    )


def _residence_so_far() -> tuple[str, dict[str, str | None]]:
    person_id = request.args.get("person", type=int)
    person = person_or_404(person_id) if person_id else None
    epoch = person.epoch if person else school.the_campaign().epoch
    if person and "province" not in request.args:
        return epoch, {"province": person.province_code, "district": person.district_code}
    province = _code(epoch, "province", request.args.get("province", ""), None)
    return epoch, {
        "province": province,
        "district": _code(epoch, "district", request.args.get("district", ""), province),
    }


def _code(epoch: str, level: str, text: str, inside: str | None) -> str | None:
    if not text.strip() or (level != "province" and not inside):
        return None
    try:
        return places.find(epoch, level, text[:100], inside).code
    except Problem:
        return None


def _name_above(epoch: str, place: places.Place) -> str:
    above = places.by_code(epoch, place.parent)
    return above.name if above else ""


# newcomers


@bp.post("/classes/<int:class_id>/people")
@signed_in
def add_pupil(class_id: int) -> AnyResponse:
    """A new pupil, or one who comes from another class or school."""
    school_class = class_or_404(class_id, to="edit")
    return _add("student", school_class)


@bp.post("/staff/people")
@only("clerk", "principal")
def add_staff() -> AnyResponse:
    return _add("staff", None)


def _add(kind: str, school_class: SchoolClass | None) -> AnyResponse:
    values = {f.name: request.form.get(f.name, "") for f in record.fields_of(kind)}
    wish = newcomers.Wish(kind, school_class, values, sure=request.form.get("sure") == "1")
    try:
        person = newcomers.receive(wish, move=request.form.get("move", type=int), by=current_user)
    except newcomers.Known as known:
        page = {"newcomer": values, "sentence": known.sentence, "offer": known.offer, "may_insist": known.may_insist}
    except Problem as problem:
        page = {"newcomer": values, "sentence": problem.message, "wrong_field": problem.field}
    else:
        remember(f"Đã thêm hồ sơ {person.full_name}.")
        return redirect(_table_address(person) + f"#r-{person.id}", 303)
    return make_response(_class_page(school_class, **page) if school_class else _staff_page(**page), 422)


def _table_address(person: Person) -> str:
    if person.kind == "staff":
        return url_for("people.staff")
    return (
        url_for("people.class_table", class_id=person.school_class_id)
        if person.school_class_id
        else url_for("people.classes")
    )


# one record


@bp.get("/people/<int:person_id>")
@signed_in
def person(person_id: int) -> str:
    return _person_page(person_or_404(person_id))


@bp.post("/people/<int:person_id>")
@signed_in
def save_person(person_id: int) -> AnyResponse:
    """The whole form. Only what the user changed is written, so untouched fields cannot conflict."""
    one = person_or_404(person_id, to="edit")
    wishes = [
        people.Edit(one, f.name, request.form[f.name], request.form.get(f"seen-{f.name}", ""))
        for f in record.fields_of(one.kind)
        if f.name in request.form and request.form[f.name] != request.form.get(f"seen-{f.name}")
    ]
    outcome = people.change_many(wishes, by=current_user, door="typed")
    one = person_or_404(person_id)
    special = {c.field: cells.in_conflict(_cell(one, c.field), c) for c in outcome.conflicts}
    for problem in outcome.refused:
        special[problem.field] = cells.refused(_cell(one, problem.field), request.form[problem.field], problem.message)
    if special:
        return make_response(_person_page(one, special=special), 409 if outcome.conflicts else 422)
    _say_saved(one, any(saved.changed for saved in outcome.saved))
    onward = _next_after(one) if request.form.get("go") == "next" else one
    return redirect(url_for("people.person", person_id=onward.id), 303)


def _say_saved(one: Person, changed: bool) -> None:
    left = f" Còn {one.errors} lỗi cần sửa." if one.errors else ""
    remember(
        (f"Đã lưu hồ sơ {one.full_name}." if changed else "Không có gì thay đổi.") + left, "warn" if left else "done"
    )


def _person_page(one: Person, *, special: dict[str, cells.Cell] | None = None) -> str:
    fields = cells.columns_of(one.kind, one.epoch, all_fields=True)
    drawn = [(special or {}).get(cell.field.name, cell) for cell in cells.cells_of(one, fields, current_user)]
    return render_template(
        "people/person.html",
        person=one,
        cells=drawn,
        trouble=bool(special),
        may_edit=permissions.may_edit(current_user, one),
        catalogues=_catalogues(one.kind),
        back=_table_address(one),
        neighbours=_neighbours(one),
        case=notices.open_case(one),
        needs_paper=bool(notices.reason_of(one)),
        notice_words=notices.STATE_WORDS,
    )


def _neighbours(one: Person) -> tuple[Person | None, Person | None]:
    """The records before and after in the order of the table."""
    query = _in_class(one.school_class) if one.school_class else _all_staff()
    order = people.table_of(query.select(Person.id, Person.full_name))
    place = next((i for i, p in enumerate(order) if p.id == one.id), None)
    if place is None:
        return None, None
    return (order[place - 1] if place else None), (order[place + 1] if place + 1 < len(order) else None)


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
        door_words=people.DOOR_WORDS,
        event_words=EVENT_WORDS,
    )
