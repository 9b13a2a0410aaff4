"""Explanations: proposed by teacher or clerk, approved by the principal, sent back by principal or managing office."""

from __future__ import annotations

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import permissions
from idapp.documents import OfficialPaper
from idapp.models import OPEN_EXPLANATION, Explanation
from idapp.notices import explanations
from idapp.notices.explanations_paper import explanations_paper
from idapp.rules.problem import Problem
from idapp.school import the_campaign
from idapp.settings import current
from idapp.web import documents
from idapp.web.access import current_user, only, person_or_404, remember, signed_in
from idapp.web.notices import bp
from idapp.web.notices.comparing import case_page


@bp.get("/explanations")
@signed_in
def list_explanations() -> str:
    """Explanations within the user's scope. ``?state=`` those in one state, else all open ones."""
    state = request.args.get("state", "")
    return render_template(
        "notices/explanations.html",
        listed=list(explanations.listed(current_user, state)),
        state=state,
        counts=explanations.counts(current_user),
        REASONS=explanations.REASON_WORDS,
        STATES=explanations.STATE_WORDS,
        open_states=OPEN_EXPLANATION,
        may_approve=permissions.may_approve_explanations(current_user),
        may_send_back=permissions.may_send_back_explanations(current_user),
    )


@bp.get("/explanations/list")
@signed_in
def print_explanations() -> str:
    """The list on paper; ``?state=`` as on the page."""
    return documents.printed(
        _explanations_paper(),
        back=url_for("notices.list_explanations"),
        back_words="Giải trình",
        file=url_for("notices.explanations_file", state=_state_asked() or None),
        subject="explanations",
    )


@bp.get("/explanations/list.docx")
@signed_in
def explanations_file() -> Response:
    """The same as a Word file."""
    paper = _explanations_paper()
    return documents.word_file(paper, "danh-sach-giai-trinh.docx", subject="explanations")


def _explanations_paper() -> OfficialPaper:
    return explanations_paper(
        the_campaign(), by=current_user, state=_state_asked(), day=current().today()
    )


def _state_asked() -> str:
    state = request.args.get("state", "")
    return state if state in OPEN_EXPLANATION else ""


@bp.post("/people/<int:person_id>/explanation")
@only("teacher", "clerk", "principal")
def propose_explanation(person_id: int) -> Response:
    """Say why this record cannot be verified now; the principal decides."""
    person = person_or_404(person_id, to="edit")
    form = request.form
    try:
        explanations.propose(
            person,
            reason=form.get("reason", ""),
            note=form.get("note", ""),
            evidence=form.get("evidence", ""),
            by=current_user,
        )
    except Problem as problem:
        return make_response(case_page(person, sentence=problem.message), 422)
    remember("Đã gửi giải trình, chờ hiệu trưởng duyệt.")
    return redirect(url_for("notices.show", person_id=person.id) + "#explanation", 303)


@bp.post("/explanations/approve")
@only("principal")
def approve_explanations() -> Response:
    """Approve those that are ticked in the list."""
    ids = set(request.form.getlist("explanation", type=int))
    listed = explanations.listed(current_user)
    chosen = [explanation for explanation in listed if explanation.id in ids]
    approved = explanations.approve(chosen, by=current_user)
    if approved:
        remember(f"Đã duyệt {approved} giải trình.")
    else:
        remember("Hãy chọn giải trình cần duyệt.", "warn")
    return redirect(url_for("notices.list_explanations"), 303)


@bp.post("/explanations/<int:explanation_id>/return")
@only("principal", "reviewer")
def return_explanation(explanation_id: int) -> Response:
    """Send an explanation back to the school, with the reason why."""
    explanation = _or_404(explanation_id)
    try:
        explanations.send_back(explanation, request.form.get("comment", ""), by=current_user)
    except Problem as problem:
        remember(problem.message, "error")
    else:
        remember("Đã trả lại giải trình kèm nhận xét.")
    return redirect(url_for("notices.list_explanations"), 303)


@bp.post("/explanations/<int:explanation_id>/withdraw")
@only("teacher", "clerk", "principal")
def withdraw_explanation(explanation_id: int) -> Response:
    """Take an explanation back: the record is to be verified after all."""
    explanation = _or_404(explanation_id)
    # Whoever sees it may not be the one who can take it back: 403, it is no secret that it is
    # there.
    if not permissions.may_edit(current_user, explanation.person):
        abort(403)
    explanations.withdraw(explanation, by=current_user)
    remember("Đã rút giải trình.")
    return redirect(url_for("notices.show", person_id=explanation.person_id), 303)


def _or_404(explanation_id: int) -> Explanation:
    listed = explanations.listed(current_user)
    return listed.where(Explanation.id == explanation_id).first() or abort(404)
