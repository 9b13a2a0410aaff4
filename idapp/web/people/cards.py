"""The QR code of a citizen card, read into a row."""

from __future__ import annotations

from flask import make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from idapp.people import cards
from idapp.rules.problem import Problem
from idapp.rules.record import FIELD
from idapp.web.access import current_user, person_or_404, signed_in
from idapp.web.people import bp, bulk_responses, form_input
from idapp.web.people.listings import listing_of

_LONGEST = 2000  # characters: the code of a card holds some hundred


@bp.post("/people/<int:person_id>/card")
@signed_in
def read_card(person_id: int) -> AnyResponse:
    """First what the card would change, then, with ``confirm``, the change; ``only`` one field if asked so."""
    person = person_or_404(person_id, to="edit")
    try:
        proposal = cards.propose(person, request.form.get("text", "")[:_LONGEST])
    except Problem as problem:
        return bulk_responses.refusal_response(problem, title="Không đọc được thẻ")
    if not proposal.differences or request.form.get("confirm") != "1":
        return make_response(render_template("people/_card.html", card=proposal, labels=_labels()))
    fields = list(filter(None, [request.form.get("only", "")]))  # [] for all of them
    report = cards.apply(proposal, form_input.texts_seen(), by=current_user, fields=fields)
    return bulk_responses.result_response(listing_of(person), report)


def _labels() -> dict[str, str]:
    return {name: field.label for name, field in FIELD.items()}
