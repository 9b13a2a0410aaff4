"""One case: how far it is, its note and reminder, the number typed straight into the list."""

from __future__ import annotations

from typing import NamedTuple

from flask import abort, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from idapp import notices, people
from idapp.models import Person, User
from idapp.notices import listing
from idapp.notices.cases import describe
from idapp.rules.problem import Problem, StoredProblem
from idapp.settings import current
from idapp.web.access import current_user, only, person_or_404, remember, wants_fragment
from idapp.web.days import day_of
from idapp.web.notices import bp, drawn_cases
from idapp.web.notices.lists import way_back

_LONGEST_NOTE = 1000


@bp.post("/notices/<int:person_id>/number")
@only("teacher", "clerk", "principal")
def enter_number(person_id: int) -> Response:
    """The family's number, typed straight into the list."""
    typed = request.form.get("value", "")
    result = _write_number(person_or_404(person_id, to="edit"), typed)
    person = person_or_404(person_id)  # as it stands now
    problem = person.problem_of("identity_number")
    if problem is not None:
        result = _with_problem(result, problem)
    if wants_fragment():
        return make_response(_row(person, result, typed), result.status)
    kind = "done" if result.status == 200 else "error"
    remember(result.refusal or result.confirmation, kind)
    return redirect(way_back())


class _Result(NamedTuple):
    """What became of a number: one of two sentences, and the HTTP status."""

    confirmation: str = ""
    refusal: str = ""
    status: int = 200


def _write_number(person: Person, typed: str) -> _Result:
    seen = request.form.get("seen", "")
    try:
        saved = people.change(
            person, "identity_number", typed, seen=seen, by=current_user, source="notice"
        )
    except people.Conflict as conflict:
        who = conflict.by_name or "Một người khác"
        theirs = conflict.theirs or "trống"
        sentence = f"{who} vừa lưu số {theirs}, nên số {typed} chưa được lưu. Hãy so lại với giấy."
        return _Result(refusal=sentence, status=409)
    except Problem as problem:
        return _Result(refusal=problem.message, status=422)
    notices.sync_cases([person.id])
    if not saved.changed:
        return _Result("Số này đã có sẵn, không có gì đổi.")
    return _Result("Đã lưu.")


def _with_problem(result: _Result, problem: StoredProblem) -> _Result:
    """A number that was written may still be wrong; a warning alone refuses nothing."""
    refusal = result.refusal or problem["message"]
    if problem["level"] == "error":
        return result._replace(refusal=refusal, status=422)
    return result._replace(refusal=refusal)


@bp.post("/notices/<int:person_id>/state")
@only("teacher", "clerk", "principal")
def set_state(person_id: int) -> Response:
    """How far the school has come with this family, chosen in the list."""
    person = person_or_404(person_id, to="edit")
    state = request.form.get("state", "")
    if state not in notices.BY_HAND:
        abort(422)
    result = _Result()
    try:
        notices.set_progress(person, state, by=current_user, today=current().today())
    except Problem as problem:
        result = _Result(refusal=problem.message, status=409)
    if wants_fragment():
        return make_response(_row(person, result), result.status)
    if result.refusal:
        remember(result.refusal, "error")
    return redirect(way_back())


@bp.post("/notices/<int:person_id>/note")
@only("teacher", "clerk", "principal")
def write_note(person_id: int) -> Response:
    """Note, the day to ask again, who looks after it. A day that is none leaves the day as it was and loses no note."""
    person = person_or_404(person_id, to="edit")
    case = notices.open_by_hand(person, by=current_user)
    note = request.form.get("note", "")[:_LONGEST_NOTE]
    owner_id = request.form.get("owner", type=int)
    owner = User.get_or_none(User.id == owner_id, User.role != "reviewer")
    typed = request.form.get("due_on", "").strip()
    try:
        due_on = day_of(typed) if typed else None
    except ValueError:
        describe(case, note=note, due_on=case.due_on, owner=owner, by=current_user)
        remember(f"Đã lưu ghi chú. {_no_such_day(typed)}", "warn")
    else:
        describe(case, note=note, due_on=due_on, owner=owner, by=current_user)
        remember("Đã lưu ghi chú.")
    return redirect(url_for("notices.show", person_id=person.id), 303)


def _no_such_day(typed: str) -> str:
    return (
        f"Ngày nhắc “{typed[:20]}” không có trong lịch hoặc viết chưa đúng: "
        "hãy viết như 25/10/2022."
    )


def _row(person: Person, result: _Result | None = None, typed: str = "") -> str:
    """The row of the list, drawn again; ``typed`` stands in it again where it was refused."""
    result = result or _Result()
    if result.status != 422:  # after a conflict the other's number is shown beside the sentence
        typed = ""
    back = request.form.get("back", url_for("notices.index"))
    return drawn_cases.line_of(
        listing.as_listed(current_user, person),
        drawn_cases.Surroundings.of_request(back),
        saved=result.confirmation,
        wrong=result.refusal,
        typed=typed,
    )
