"""What the deeds on many cells share: which listing, what the user saw, and the one answer.

An answer is the changed cells in table order, the states of their rows, the counters, and a report; or a question with
nothing written. Whoever asks gets fragments.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import abort, make_response, render_template, request
from peewee import ModelSelect
from werkzeug.wrappers import Response as AnyResponse

from idapp import people, permissions, school
from idapp.models import Person, SchoolClass
from idapp.people import Conflict, Saved
from idapp.people.aligning import ConfirmationRequired
from idapp.people.bulk_edits import Report, Seen
from idapp.rules.problem import Problem
from idapp.rules.record import FIELD, Field
from idapp.web import cells
from idapp.web.access import class_or_404, current_user
from idapp.web.people import report_words
from idapp.web.people.reasons import counters_of
from idapp.web.people.tables import all_staff, in_class

_LONGEST_ID = 18  # digits


@dataclass(frozen=True)
class Listing:
    """The pupils of a class, or the staff: what one page shows as its table."""

    school_class: SchoolClass | None = None

    @property
    def id(self) -> int | str:
        return self.school_class.id if self.school_class else "staff"

    @property
    def path(self) -> str:
        return f"/classes/{self.school_class.id}" if self.school_class else "/staff"

    @property
    def kind(self) -> str:
        return "student" if self.school_class else "staff"

    @property
    def query(self) -> ModelSelect[Person]:
        return in_class(self.school_class) if self.school_class else all_staff()

    @property
    def ever(self) -> ModelSelect[Person]:
        """Also those who left."""
        everybody = permissions.people_of(current_user, include_inactive=True).where(
            Person.kind == self.kind
        )
        return (
            everybody.where(Person.school_class == self.school_class)
            if self.school_class
            else everybody
        )

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        return cells.columns_of(self.kind, school.the_campaign().epoch)

    @cached_property
    def people(self) -> list[Person]:
        found = people.table_of(self.query)
        for person in found:
            person.school_class = self.school_class  # known: spares a query per row
        return found


def listing_or_404(named: int | str, *, to: str = "edit") -> Listing:
    """The listing of this class id, or of "staff", if the user may edit (or see) it."""
    if named == "staff":
        allowed = permissions.may_see_staff(current_user) and (
            to == "see" or permissions.may_edit(current_user, Person(kind="staff"))
        )
        return Listing() if allowed else abort(403)
    id_ = _whole(named)
    return Listing(class_or_404(id_, to=to)) if id_ else abort(404)


def listing_of(person: Person) -> Listing:
    """The listing in which a record stands."""
    return Listing(person.school_class if person.kind == "student" else None)


# what came in


def rows_asked(listing: Listing, name: str = "rows") -> list[Person]:
    """The records whose ids stand in a form value, in that order; without one, all of the listing."""
    ids = _json(name)
    return listing.people if ids is None else _rows(listing, ids)


def fields_asked(listing: Listing, name: str) -> list[str]:
    """The columns named in a form value; [] without one."""
    return _fields(listing, _json(name) or [])


def selection_asked(listing: Listing) -> tuple[list[Person], list[str]]:
    """The selected rows and columns, both [] if nothing but one cell was selected."""
    selected = _json("selection") or {}
    if not isinstance(selected, dict):
        abort(400)
    return _rows(listing, selected.get("rows", [])), _fields(listing, selected.get("fields", []))


def _rows(listing: Listing, ids: object) -> list[Person]:
    if not isinstance(ids, list):
        abort(400)
    own = {person.id: person for person in listing.people}
    return [own[id_] for id_ in dict.fromkeys(_whole(one) for one in ids) if id_ in own]


def _fields(listing: Listing, names: object) -> list[str]:
    if not isinstance(names, list):
        abort(400)
    shown = {field.name for field in listing.columns}
    return [name for name in names if isinstance(name, str) and name in shown]


def seen_asked() -> Seen:
    """{person: {field: text}} of what the user saw; {} if nothing was sent."""
    seen = _json("seen") or {}
    try:
        return {int(id_): {str(k): str(v) for k, v in texts.items()} for id_, texts in seen.items()}
    except (AttributeError, ValueError):
        abort(400)


def _json(name: str) -> Any:
    text = request.form.get(name, "")
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        abort(400)


def _whole(one: object) -> int:
    """An id, as a number or as its digits; 0 for anything else (nobody has it)."""
    if isinstance(one, str) and len(one) <= _LONGEST_ID and one.isdecimal():
        return int(one)
    return one if isinstance(one, int) and 0 < one < 10**_LONGEST_ID else 0


# what goes out


def done(listing: Listing, report: Report) -> AnyResponse:
    """A deed that wrote: its cells and its report."""
    marked = {
        (p.id, name): cells.refused(_cell(p, name), text, why)
        for p, name, text, why in report.refused
    }
    return answer(
        listing,
        report.saved,
        conflicts=report.conflicts,
        marked=marked,
        changeset=report.changeset if report.written else "",
        report=render_template(
            "people/_report.html", report=report, listing=listing, **_words(report, listing.kind)
        ),
    )


def answer(
    listing: Listing,
    saved: Iterable[Saved],
    *,
    report: str = "",
    conflicts: Sequence[Conflict] = (),
    marked: Mapping[tuple[int, str], cells.Cell] | None = None,
    changeset: str = "",
    status: int = 200,
) -> AnyResponse:
    saved, drawn = list(saved), dict[tuple[int, str], cells.Cell]()
    own = {person.id for person in listing.people}
    for one in saved:
        for name in one.cells if one.person.id in own else ():
            drawn[one.person.id, name] = _cell(one.person, name)
        for peer in one.number_sharers:
            drawn[peer.id, "identity_number"] = _cell(peer, "identity_number")
    for clash in conflicts:
        drawn[clash.person.id, clash.field] = cells.in_conflict(
            _cell(clash.person, clash.field), clash
        )
    drawn |= marked or {}
    touched = {p.id: p for one in saved for p in (*one.number_sharers, one.person)} | {
        c.person.id: c.person for c in conflicts
    }
    html = render_template(
        "people/_deed.html",
        cells=_in_table_order(listing, drawn),
        people=[p for p in touched.values() if p.id in own],
        counts=counters_of(listing.query),
        report=report,
    )
    response = make_response(html, status)
    if changeset:
        response.headers["X-Changeset"] = changeset
    return response


def asked(question: ConfirmationRequired) -> AnyResponse:
    """Nothing was written: the user must look first."""
    return make_response(render_template("people/_ask.html", q=question), 422)


def refused(problem: Problem, *, title: str = "Chưa ghi gì") -> AnyResponse:
    """Nothing was written, and no answer would help."""
    return asked(ConfirmationRequired(title, problem.message, offers=[("Đóng", {})]))


def told(sentence: str, status: int = 422) -> AnyResponse:
    """Nothing was written; a sentence beside the table says why."""
    return make_response(render_template("people/_told.html", sentence=sentence), status)


def _in_table_order(
    listing: Listing, drawn: Mapping[tuple[int, str], cells.Cell]
) -> list[cells.Cell]:
    shown = [field.name for field in listing.columns]
    return [
        drawn[person.id, name]
        for person in listing.people
        for name in shown
        if (person.id, name) in drawn
    ]  # by row, then by column: the first one is where the eye should go


def _cell(person: Person, name: str) -> cells.Cell:
    return cells.cell_of(person, name, current_user)


def _words(report: Report, kind: str) -> dict[str, object]:
    return {
        "labels": {name: field.label for name, field in FIELD.items()},
        "headline": report_words.headline(report),
        "counts": report_words.counts(report),
        "lines": report_words.lines_of(report, kind),
        "needs_a_look": report_words.needs_a_look(report),
    }
