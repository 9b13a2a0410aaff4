"""A block from the clipboard is pasted; lost zeros that it brought are put back."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from idapp.people import bulk_edits, date_checks, font_checks, losses, pasting
from idapp.people.aligning import ConfirmationRequired
from idapp.rules.problem import Problem
from idapp.web.access import current_user, only, signed_in
from idapp.web.people import bp, bulk_responses, form_input
from idapp.web.people.listings import Listing, listing_or_404


@bp.post("/classes/<int:class_id>/paste")
@signed_in
def paste_into_class(class_id: int) -> AnyResponse:
    """A block from the clipboard, into the table of a class."""
    return _paste(listing_or_404(class_id))


@bp.post("/staff/paste")
@only("clerk", "principal")
def paste_into_staff() -> AnyResponse:
    """The same, into the table of the staff."""
    return _paste(listing_or_404("staff"))


@bp.post("/classes/<int:class_id>/zeros")
@signed_in
def put_zeros_back(class_id: int) -> AnyResponse:
    """The zeros that the numbers of these pupils have lost."""
    return _put_zeros_back(listing_or_404(class_id))


@bp.post("/staff/zeros")
@only("clerk", "principal")
def put_zeros_back_in_staff() -> AnyResponse:
    """The same for the staff."""
    return _put_zeros_back(listing_or_404("staff"))


def _paste(listing: Listing) -> AnyResponse:
    """200 written, cells that could not be among it; 422 a question, nothing written."""
    try:
        report = pasting.paste(_wanted(listing), by=current_user)
    except ConfirmationRequired as question:
        return bulk_responses.question_response(question)
    except Problem as problem:
        return bulk_responses.refusal_response(problem)
    return bulk_responses.result_response(listing, report)


def _wanted(listing: Listing) -> pasting.Paste:
    shown = form_input.rows_asked(listing)
    columns = [field.name for field in listing.columns]
    person_id = request.form.get("anchor_person", 0, type=int)
    field_name = request.form.get("anchor_field", "")
    if person_id not in {person.id for person in shown} or field_name not in columns:
        raise Problem("", "no_anchor", "Hãy chọn một ô trong bảng rồi dán lại.")
    return pasting.Paste(
        kind=listing.kind,
        shown=shown,
        everybody=listing.people,
        columns=columns,
        anchor=(person_id, field_name),
        text=request.form.get("tsv", ""),
        seen=form_input.seen_asked(),
        selection=_selection(listing),
        match=_one_of("auto", "position", "name", "code", named="match"),
        sure=request.form.get("confirm") == "1",
        dates=_one_of("", *date_checks.ORDERS, named="dates"),
        years=_one_of("", *date_checks.YEARS, named="years"),
        moved=_one_of("", *date_checks.MOVED, named="moved"),
        font=_one_of("", *font_checks.ANSWERS, named="font"),
        worse=_one_of("", *losses.ANSWERS, named="worse"),
        which=_columns_chosen(),
    )


def _selection(listing: Listing) -> tuple[list[int], list[str]]:
    """The selected rows and fields, if more than one cell is selected."""
    rows, fields = form_input.selection_asked(listing)
    if len(rows) * len(fields) <= 1:
        return [], []
    return [person.id for person in rows], fields


def _columns_chosen() -> dict[str, int]:
    """`which` = `<field>:<column>,...`: the columns chosen where several could be the same field."""
    chosen = {}
    for part in request.form.get("which", "").split(","):
        name, _, index = part.partition(":")
        if index.isdecimal() and len(index) < 4:  # a longer number is no column of anybody's
            chosen[name] = int(index)
    return chosen


def _one_of(default: str, *others: str, named: str) -> str:
    value = request.form.get(named, default)
    return value if value in others else default


def _put_zeros_back(listing: Listing) -> AnyResponse:
    people = form_input.rows_asked(listing, "people")
    report = bulk_edits.put_zeros_back(people, by=current_user, source=pasting.SOURCE)
    return bulk_responses.result_response(listing, report)
