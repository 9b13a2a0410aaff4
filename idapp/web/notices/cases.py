"""One case: how far it is, its note and reminder, the number typed straight into the list."""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import notices, people
from idapp.models import Person, User
from idapp.notices import listing
from idapp.notices.cases import describe
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only, person_or_404, remember, wants_fragment
from idapp.web.days import day_of
from idapp.web.notices import bp
from idapp.web.notices.lists import way_back, words


@bp.post("/notices/<int:person_id>/number")
@only("teacher", "clerk", "principal")
def enter_number(person_id: int) -> Response:
    """The family's number, typed straight into the list."""
    value = request.form.get("value", "")
    said, sentence, code = _write_number(person_or_404(person_id, to="edit"), value)
    person = person_or_404(person_id)
    if problem_now := person.problem_of("identity_number"):
        sentence, code = (
            sentence or problem_now["message"],
            422 if problem_now["level"] == "error" else code,
        )
    if not wants_fragment():
        remember(sentence or said, "error" if code != 200 else "done")
        return redirect(way_back())
    return make_response(_row(person, sentence, value if code == 422 else "", said), code)


def _write_number(person: Person, value: str) -> tuple[str, str, int]:
    """(what was done, why it was not, status)."""
    seen = request.form.get("seen", "")
    try:
        saved = people.change(
            person, "identity_number", value, seen=seen, by=current_user, source="notice"
        ).changed
    except people.Conflict as conflict:
        who, theirs = conflict.by_name or "Một người khác", conflict.theirs or "trống"
        return (
            "",
            f"{who} vừa ghi số {theirs}, nên số {value} chưa được ghi. Hãy so lại với giấy.",
            409,
        )
    except Problem as problem:
        return "", problem.message, 422
    notices.sync_cases([person.id])
    return "Đã lưu." if saved else "Số này đã có sẵn, không có gì đổi.", "", 200


@bp.post("/notices/<int:person_id>/state")
@only("teacher", "clerk", "principal")
def set_state(person_id: int) -> Response:
    person, state = person_or_404(person_id, to="edit"), request.form.get("state", "")
    if state not in notices.BY_HAND:
        abort(422)
    notices.set_progress(person, state, by=current_user, today=current().today())
    if not wants_fragment():
        return redirect(way_back())
    return make_response(_row(person))


@bp.post("/notices/<int:person_id>/note")
@only("teacher", "clerk", "principal")
def write_note(person_id: int) -> Response:
    """Note, the day to ask again, who looks after it. A day that is none leaves the day as it was and loses no note."""
    person = person_or_404(person_id, to="edit")
    case = notices.open_by_hand(person, by=current_user)
    typed, wrong = request.form.get("due_on", "").strip(), ""
    try:
        due_on = day_of(typed) if typed else None
    except ValueError:
        due_on = case.due_on
        wrong = f" Ngày nhắc “{typed[:20]}” không có trong lịch hoặc viết chưa đúng: hãy viết như 25/10/2022."
    owner = User.get_or_none(
        User.id == request.form.get("owner", type=int), User.role != "reviewer"
    )
    describe(
        case, note=request.form.get("note", "")[:1000], due_on=due_on, owner=owner, by=current_user
    )
    remember(f"Đã lưu ghi chú.{wrong}", "warn" if wrong else "done")
    return redirect(url_for("notices.show", person_id=person.id), 303)


def _row(person: Person, sentence: str = "", typed: str = "", said: str = "") -> str:
    person = listing.as_listed(current_user, person)
    back = request.form.get("back", url_for("notices.index"))
    told = {"sentence": sentence, "typed": typed, "said": said}
    return render_template("notices/_row.html", person=person, back=back, **told, **words())
