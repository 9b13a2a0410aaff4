"""One value is filled down over many rows, or many cells are cleared; each is one step."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from idapp.people import bulk_edits, losses
from idapp.people.aligning import ConfirmationRequired
from idapp.rules.record import FIELD
from idapp.web.access import current_user, only, signed_in
from idapp.web.people import bp, bulk_responses, form_input
from idapp.web.people.listings import Listing, listing_or_404

_FIRST_IS_EMPTY = "Ô đầu tiên còn trống: hãy nhập ô ấy trước rồi điền xuống."


@bp.post("/classes/<int:class_id>/fill")
@signed_in
def fill_down_class(class_id: int) -> AnyResponse:
    """The values of one pupil, into the rows of others."""
    return _fill(listing_or_404(class_id))


@bp.post("/staff/fill")
@only("clerk", "principal")
def fill_down_staff() -> AnyResponse:
    """The same among the staff."""
    return _fill(listing_or_404("staff"))


@bp.post("/classes/<int:class_id>/clear")
@signed_in
def clear_in_class(class_id: int) -> AnyResponse:
    """The selected cells of a class are emptied."""
    return _clear(listing_or_404(class_id))


@bp.post("/staff/clear")
@only("clerk", "principal")
def clear_in_staff() -> AnyResponse:
    """The same among the staff."""
    return _clear(listing_or_404("staff"))


def _fill(listing: Listing) -> AnyResponse:
    """Only what many people share: residence, ethnic group, nationality. 422 a question, nothing written."""
    fields = form_input.fields_asked(listing, "fields") or [request.form.get("field", "")]
    refusal = _refusal(fields)
    if refusal:
        return bulk_responses.message_response(refusal)
    records = {person.id: person for person in listing.people}
    source = records.get(request.form.get("source", 0, type=int))
    texts = {name: getattr(source, name) for name in fields} if source else {}
    if not any(texts.values()):
        return bulk_responses.message_response(_FIRST_IS_EMPTY)
    rows = form_input.rows_asked(listing)
    cells = [(person, texts) for person in rows if person is not source]
    bulk_edit = losses.BulkEdit(
        cells,
        form_input.seen_asked(),
        current_user,
        "fill",
        "filled",
        listing.people,
        verb="điền",
    )
    try:
        report = losses.write_unless_worse(bulk_edit, request.form.get("worse", ""))
    except ConfirmationRequired as question:
        return bulk_responses.question_response(question)
    return bulk_responses.result_response(listing, report)


def _refusal(fields: list[str]) -> str:
    """Why these columns are not filled down; "" if they may be."""
    for name in fields:
        if name not in FIELD:
            return "Cột này không điền được, nên không điền xuống."
        if not FIELD[name].fill_down:
            return f"{FIELD[name].label} của mỗi người một khác, nên không điền xuống."
    return ""


def _clear(listing: Listing) -> AnyResponse:
    """Erasing many cells is asked about once."""
    fields = form_input.fields_asked(listing, "fields")
    rows = form_input.rows_asked(listing)
    cells: list[bulk_edits.Texts] = []
    full = 0
    for person in rows:
        names = [name for name in fields if getattr(person, name)]
        cells.append((person, dict.fromkeys(names, "")))
        full += len(names)
    if not full:
        return bulk_responses.message_response("Các ô đã chọn đều đang trống.")
    if request.form.get("confirm") != "1":
        return bulk_responses.question_response(_sure_to_clear(cells, full))
    report = bulk_edits.write(
        cells,
        form_input.seen_asked(),
        by=current_user,
        source="typed",
        how="cleared",
        blank=True,  # elsewhere an empty text never erases
    )
    return bulk_responses.result_response(listing, report)


def _sure_to_clear(cells: Sequence[bulk_edits.Texts], full: int) -> ConfirmationRequired:
    sentence = _what_clearing_costs(cells)
    offers = [(f"Xóa {full} ô", {"confirm": "1"}), ("Giữ nguyên", {})]
    return ConfirmationRequired(f"Xóa nội dung {full} ô?", sentence, offers=offers)


def _what_clearing_costs(cells: Sequence[bulk_edits.Texts]) -> str:
    sentence = "Nội dung các ô này sẽ mất khỏi bảng. Có thể lấy lại bằng Hoàn tác (Ctrl+Z)."
    verified = 0
    for person, texts in cells:
        if person.status == "verified" and any(FIELD[name].identity for name in texts):
            verified += 1
    if not verified:
        return sentence
    return f"{verified} hồ sơ đã xác thực sẽ phải xác thực lại. {sentence}"
