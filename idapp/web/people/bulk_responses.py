"""The one answer to an edit of many cells.

It is the changed cells in table order, the states of their rows, the counters, and a report; or a question with
nothing written. Whoever asks gets fragments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from idapp.models import Person
from idapp.people import Conflict, Saved
from idapp.people.aligning import ConfirmationRequired
from idapp.people.bulk_edits import Report
from idapp.rules.problem import Problem
from idapp.rules.record import FIELD
from idapp.web import cells
from idapp.web.access import the_user
from idapp.web.people import report_words
from idapp.web.people.listings import Listing
from idapp.web.people.reasons import counters_of

DrawnCells = dict[tuple[int, str], cells.Cell]
"""{(id of a record, field): its cell}"""


def result_response(listing: Listing, report: Report) -> AnyResponse:
    """200 after an edit that wrote: its cells and its report."""
    marked: DrawnCells = {}
    for person, name, text, why in report.refused:
        marked[person.id, name] = cells.refused(_cell(person, name), text, why)
    return response(
        listing,
        report.saved,
        conflicts=report.conflicts,
        marked=marked,
        changeset=report.changeset if report.written else "",  # nothing written, nothing to undo
        report=_report(listing, report),
    )


def response(
    listing: Listing,
    saved: Iterable[Saved],
    *,
    report: str = "",
    conflicts: Sequence[Conflict] = (),
    marked: Mapping[tuple[int, str], cells.Cell] | None = None,
    changeset: str = "",
    status: int = 200,
) -> AnyResponse:
    """The cells and rows of the listing that look different now.

    report     a fragment, drawn already
    marked     cells to draw otherwise than they stand: texts that were refused
    changeset  what can be undone now, for the header ``X-Changeset``
    """
    saved = list(saved)
    shown = {person.id for person in listing.people}
    drawn = _changed_cells(saved, shown)
    drawn |= _conflicting_cells(conflicts)
    drawn |= marked or {}
    html = render_template(
        "people/_changed.html",
        cells=_in_table_order(listing, drawn),
        people=[person for person in _touched(saved, conflicts) if person.id in shown],
        counts=counters_of(listing.class_id),
        report=report,
    )
    answer = make_response(html, status)
    if changeset:
        answer.headers["X-Changeset"] = changeset
    return answer


def question_response(question: ConfirmationRequired) -> AnyResponse:
    """422, nothing was written: the user must look first."""
    return make_response(render_template("people/_ask.html", q=question), 422)


def refusal_response(problem: Problem, *, title: str = "Chưa lưu gì") -> AnyResponse:
    """422, nothing was written, and no answer would help."""
    question = ConfirmationRequired(title, problem.message, offers=[("Đóng", {})])
    return question_response(question)


def message_response(sentence: str, status: int = 422) -> AnyResponse:
    """Nothing was written; a sentence beside the table says why."""
    return make_response(render_template("people/_message.html", sentence=sentence), status)


def _report(listing: Listing, report: Report) -> str:
    return render_template(
        "people/_report.html",
        report=report,
        listing=listing,
        labels={name: field.label for name, field in FIELD.items()},
        headline=report_words.headline(report),
        counts=report_words.counts(report),
        lines=report_words.lines_of(report, listing.kind),
        needs_a_look=report_words.needs_a_look(report),
        zeros=report_words.zeros(len(report.zeros)),
        repairs=report_words.repairs(report.repairs),
        replaced=report_words.replaced(report.replaced),
    )


def _changed_cells(saved: Iterable[Saved], shown: set[int]) -> DrawnCells:
    """The cells of the shown records, and the numbers of those who share one with them."""
    drawn: DrawnCells = {}
    user = the_user()
    for record in saved:
        person = record.person
        if person.id in shown:
            for name in record.cells:
                drawn[person.id, name] = cells.cell_of(person, name, user)
        for sharer in record.number_sharers:
            drawn[sharer.id, "identity_number"] = cells.cell_of(sharer, "identity_number", user)
    return drawn


def _conflicting_cells(conflicts: Iterable[Conflict]) -> DrawnCells:
    drawn: DrawnCells = {}
    for conflict in conflicts:
        cell = _cell(conflict.person, conflict.field)
        drawn[conflict.person.id, conflict.field] = cells.in_conflict(cell, conflict)
    return drawn


def _touched(saved: Iterable[Saved], conflicts: Iterable[Conflict]) -> list[Person]:
    """Each record once, as it was read last: its row may say something else now."""
    touched: dict[int, Person] = {}
    for record in saved:
        for person in (*record.number_sharers, record.person):
            touched[person.id] = person
    for conflict in conflicts:
        touched[conflict.person.id] = conflict.person
    return list(touched.values())


def _in_table_order(listing: Listing, drawn: DrawnCells) -> list[cells.Cell]:
    """By row, then by column: the first one is where the eye should go."""
    ordered = []
    for person in listing.people:
        for field in listing.columns:
            cell = drawn.get((person.id, field.name))
            if cell is not None:
                ordered.append(cell)
    return ordered


def _cell(person: Person, name: str) -> cells.Cell:
    return cells.cell_of(person, name, the_user())
