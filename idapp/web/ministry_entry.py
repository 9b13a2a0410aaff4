"""What must still be entered into the ministry's own system: the list, its workbook, and the ticks."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from idapp import exports, ministry_entry, permissions
from idapp.ministry_entry import Part, PendingRecord
from idapp.models import Change, Person, SchoolClass
from idapp.people import codes
from idapp.web.access import class_or_404, current_user, only, person_or_404, remember
from idapp.web.exports import download

bp = Blueprint("ministry_entry", __name__, url_prefix="/exports")
_STAFF = "Cán bộ, giáo viên, nhân viên"
_Place = dict[
    str, Any
]  # what an address says of a part of the school: {"class": 7}, {"kind": "staff"}
_Group = tuple[str, _Place, list[PendingRecord]]  # name, place, who waits
_ALL_AT_ONCE = 60  # people; a longer list is shown class by class


@bp.get("/changes")
@only("teacher", "clerk", "principal")
def show() -> str:
    """How many people wait in each class; of one class, or where they are few, each of them with old and new."""
    newest = Change.select(Change.id).order_by(Change.id.desc()).limit(1).scalar() or 0
    pending = ministry_entry.pending_records(current_user, _place())
    is_listed = _place() != Part() or len(pending) <= _ALL_AT_ONCE
    return render_template(
        "ministry_entry/show.html",
        place=request.args.to_dict(),
        place_word=_place_word(),
        groups=_groups(pending),
        total=len(pending),
        is_listed=is_listed,
        newest=newest,
        FIELD_WORDS=ministry_entry.FIELD_WORDS,
        recent=ministry_entry.recent_entries(current_user),
    )


@bp.get("/changes/count")
@only("teacher", "clerk", "principal")
def count() -> str:
    """How many pupils of ``class`` wait, as a link for its page; nothing where nobody does."""
    school_class = class_or_404(request.args.get("class", 0, type=int))
    pending = ministry_entry.pending_records(current_user, Part(class_id=school_class.id))
    return render_template(
        "ministry_entry/_count.html", count=len(pending), school_class=school_class
    )


@bp.get("/changes/school-count")
@only("clerk", "principal")
def school_count() -> str:
    """What the office owes the ministry's system, for the board, which asks for it when it is there."""
    return render_template(
        "ministry_entry/_school_count.html",
        without_code=codes.missing_count(current_user),
        to_enter=len(ministry_entry.pending_records(current_user)),
    )


@bp.get("/changes.xlsx")
@only("teacher", "clerk", "principal")
def workbook() -> Response:
    """The ministry's own forms, of these people only."""
    pending = ministry_entry.pending_records(current_user, _place())
    return download(exports.changes_workbook(pending, by=current_user), "nhap-csdl-nganh.xlsx")


@bp.post("/changes/entered")
@only("teacher", "clerk", "principal")
def enter() -> AnyResponse:
    """Tick one person (``person``), a class (``class``), the staff (``kind``) or all (``all``), as they were ``seen``.

    ``seen``: the newest change of the page; what somebody has changed since waits on.
    """
    seen = request.form.get("seen", type=int)
    chosen = _chosen()
    if seen is None or chosen is None:
        abort(422)
    pending = ministry_entry.pending_records(current_user, chosen, until=seen)
    changeset = ministry_entry.enter(pending, by=current_user)
    if changeset:
        remember(f"Đã đánh dấu {len(pending)} người là đã nhập vào CSDL ngành.")
    else:
        remember("Không còn gì phải nhập ở đây: có người đã đánh dấu trước.", "warn")
    return redirect(url_for("ministry_entry.show", **_back()), 303)


@bp.post("/changes/entered/undo")
@only("teacher", "clerk", "principal")
def take_back() -> AnyResponse:
    """What was ticked at once (``changeset``) waits again."""
    people = ministry_entry.take_back(request.form.get("changeset", ""), by=current_user)
    if not people:
        abort(404)
    remember(f"Đã bỏ đánh dấu: {people} người lại ở trong danh sách còn phải nhập.")
    return redirect(url_for("ministry_entry.show", **_back()), 303)


def _place() -> Part:
    """Which part of the school the address asks for. Aborts with 404."""
    class_id = request.args.get("class", type=int)
    if class_id is not None:
        return Part(class_id=class_or_404(class_id).id)
    if request.args.get("kind") == "staff" and permissions.may_see_staff(current_user):
        return Part(kind="staff")
    return Part()


def _place_word() -> str:
    place = _place()
    if place.class_id is not None:
        return f"Lớp {SchoolClass.get_by_id(place.class_id).name}"
    return _STAFF if place.kind else ""


def _chosen() -> Part | None:
    """The same for what was ticked; None where the form says nothing. Aborts with 404 for what is another's."""
    form = request.form
    person_id = form.get("person", type=int)
    if person_id is not None:
        return Part(person_id=person_or_404(person_id, to="edit").id)
    class_id = form.get("class", type=int)
    if class_id is not None:
        return Part(class_id=class_or_404(class_id, to="edit").id)
    if form.get("kind") == "staff":
        if not permissions.may_edit(current_user, Person(kind="staff")):
            abort(403)
        return Part(kind="staff")
    return Part() if form.get("all") == "1" else None


def _back() -> dict[str, Any]:
    """The part of the list that was on the page."""
    given = {name: request.form.get(f"in_{name}") for name in ("class", "kind")}
    return {name: value for name, value in given.items() if value}


def _groups(
    pending: list[PendingRecord],
) -> list[tuple[str, dict[str, object], list[PendingRecord]]]:
    """(name, address values, people) of each class, and of the staff; in school order."""
    groups: dict[str, tuple[dict[str, object], list[PendingRecord]]] = {}
    for waiting in pending:
        name, place = _group_of(waiting.person)
        groups.setdefault(name, (place, []))[1].append(waiting)
    return [(name, place, people) for name, (place, people) in groups.items()]


def _group_of(person: Person) -> tuple[str, _Place]:
    if person.kind == "staff":
        return _STAFF, {"kind": "staff"}
    if person.school_class is None:
        return "Chưa xếp lớp", {}
    return f"Lớp {person.school_class.name}", {"class": person.school_class_id}
