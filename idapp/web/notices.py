"""Step 3: the list of people whose family's paper is needed, and the page where it is compared with the record."""

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import notices, people, permissions
from idapp.models import Person, SchoolClass
from idapp.rules.problem import Problem
from idapp.web.access import class_or_404, current_user, only, person_or_404, remember, wants_fragment

bp = Blueprint("notices", __name__)
COMPARED = ("identity_number", "full_name", "date_of_birth", "gender")


@bp.get("/notices")
@only("teacher", "clerk", "principal")
def index() -> str:
    class_id = request.args.get("class", type=int)
    school_class = class_or_404(class_id) if class_id else None
    query = notices.waiting_for_paper(current_user, school_class)
    listed = list(query.select(Person, SchoolClass).left_outer_join(SchoolClass))
    return render_template(
        "notices/index.html", listed=listed, cases=notices.cases_of(listed), chosen=school_class,
        classes=list(permissions.classes_of(current_user)), **_words(),
    )  # fmt: skip


@bp.get("/notices/<int:person_id>")
@only("teacher", "clerk", "principal")
def show(person_id: int) -> str:
    return _case_page(person_or_404(person_id, to="edit"))


@bp.post("/notices/<int:person_id>")
@only("teacher", "clerk", "principal")
def compare(person_id: int) -> Response:
    """What stands on the paper goes into the record through the same door as any edit."""
    person = person_or_404(person_id, to="edit")
    edits = [
        people.Edit(person, field, request.form[field], request.form.get(f"seen-{field}", ""))
        for field in COMPARED
        if field in request.form
    ]
    result = people.change_many(edits, by=current_user, door="notice")
    person = person_or_404(person_id)
    if result.conflicts or result.refused or person.errors:
        return make_response(_case_page(person, result), 409 if result.conflicts else 422)
    remember(f"Đã ghi theo giấy: {person.full_name}. Hồ sơ sẽ có trong đợt xác thực sau.")
    return redirect(url_for("notices.index"))


def _case_page(person: Person, result: people.Outcome | None = None) -> str:
    return render_template(
        "notices/show.html", person=person, result=result, COMPARED=COMPARED, case=notices.open_case(person), **_words()
    )


@bp.post("/notices/<int:person_id>/number")
@only("teacher", "clerk", "principal")
def enter_number(person_id: int) -> Response:
    """The family's number, typed straight into the list."""
    person = person_or_404(person_id, to="edit")
    value, seen, sentence, code = request.form.get("value", ""), request.form.get("seen", ""), "", 200
    try:
        people.change(person, "identity_number", value, seen=seen, by=current_user, door="notice")
    except people.Conflict as conflict:
        who, theirs = conflict.by_name or "Một người khác", conflict.theirs or "trống"
        sentence, code = f"{who} vừa ghi số {theirs}. Hãy so lại với giấy.", 409
    except Problem as problem:
        sentence, code = problem.message, 422
    person = person_or_404(person_id)
    if problem_now := person.problem_of("identity_number"):
        sentence, code = sentence or problem_now["message"], 422 if problem_now["level"] == "error" else code
    if not wants_fragment():
        remember(sentence or "Đã lưu số định danh.", "error" if code != 200 else "done")
        return redirect(url_for("notices.index"))
    return make_response(_row(person, sentence, value if code == 422 else ""), code)


@bp.post("/notices/<int:person_id>/state")
@only("teacher", "clerk", "principal")
def set_state(person_id: int) -> Response:
    person, state = person_or_404(person_id, to="edit"), request.form.get("state", "")
    if state not in notices.STATE_WORDS:
        abort(422)
    notices.set_progress(person, state, by=current_user)
    if not wants_fragment():
        return redirect(url_for("notices.index"))
    return make_response(_row(person))


def _row(person: Person, sentence: str = "", typed: str = "") -> str:
    cases = notices.cases_of([person])
    return render_template("notices/_row.html", person=person, cases=cases, sentence=sentence, typed=typed, **_words())


def _words() -> dict[str, object]:
    return {
        "REASON_WORDS": notices.REASON_WORDS,
        "STATE_WORDS": notices.STATE_WORDS,
        "reason_of": notices.reason_of,
    }
