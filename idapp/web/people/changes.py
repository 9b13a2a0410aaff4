"""What changed in a table since it was drawn, by whomever: asked every few seconds, mostly answered with nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC

from flask import make_response, render_template, request
from peewee import ModelSelect, fn
from werkzeug.wrappers import Response as AnyResponse

from idapp import progress
from idapp.database import rows
from idapp.models import Change, Person, User
from idapp.settings import VIETNAM, current
from idapp.web import cells
from idapp.web.access import current_user, only, signed_in
from idapp.web.people import bp
from idapp.web.people.listings import Listing, listing_or_404
from idapp.web.people.reasons import counters_of
from idapp.web.people.tables import standing

# a new value in one of them may change what is said about the others
_FIELDS_TOGETHER = (
    frozenset({"full_name", "date_of_birth", "gender", "identity_number", "nationality"}),
    frozenset({"province", "district", "commune", "address"}),
)
# something may be said about them without a change: by the register, by others' numbers
_JUDGED_FROM_OUTSIDE = frozenset({"date_of_birth", "gender", "identity_number"})
_TOO_MANY = 400  # changes above which the browser loads the page again
_FAR = 300  # changes elsewhere after which it is told where to go on from
State = tuple[int, str, int, int]  # id, status, errors, warnings


@bp.get("/classes/<int:class_id>/changes")
@signed_in
def class_changes(class_id: int) -> AnyResponse:
    """What changed in a class since the change that the address names."""
    return _changes(listing_or_404(class_id, to="see"))


@bp.get("/staff/changes")
@only("clerk", "principal", "reviewer")
def staff_changes() -> AnyResponse:
    """The same of the staff."""
    return _changes(listing_or_404("staff", to="see"))


def _changes(listing: Listing) -> AnyResponse:
    """204 nothing new; else the cells with who and when, and where to go on asking from."""
    after = request.args.get("after", 0, type=int)
    # read first: what is written while this answer is made is told in the next one
    newest = Change.select(fn.MAX(Change.id)).scalar() or 0
    changes = list(_changes_since(listing, after, newest).limit(_TOO_MANY + 1))
    columns = (Person.id, Person.status, Person.errors, Person.warnings)
    states: list[State] = rows(listing.query.select(*columns).order_by(Person.id))
    restated = _restated(states)
    if not changes and not restated and newest - after < _FAR:
        return make_response("", 204)
    if len(changes) > _TOO_MANY or any(_comes_or_goes(change) for change in changes):
        return _answer(listing, newest, states, [], [], reload=True)
    touched = _touched(listing, changes, restated)
    drawn: list[cells.Cell] = []
    for person in touched:
        drawn += _fresh_cells(listing, person, changes)
    return _answer(listing, newest, states, drawn, touched)


def _touched(listing: Listing, changes: Iterable[Change], restated: set[int]) -> list[Person]:
    """The records about which the table must say something else."""
    ids = restated | {change.person_id for change in changes if change.person_id}
    touched = [person for person in listing.people if person.id in ids]
    return touched + _sharers(listing, changes, ids)


def _comes_or_goes(change: Change) -> bool:
    """Somebody was added, moved or put aside: the rows of the table are others."""
    return change.event != "person.changed" or change.version == 1


def _restated(states: list[State]) -> set[int]:
    """Whose state or number of problems is another than the table shows.

    The register has answered, a batch or an explanation has moved, somebody in another class bears the same number or
    does no longer.
    """
    shown = request.args.get("states", "")
    present = standing(states)
    if len(shown) != len(present):
        return set()  # somebody came or went, which the changes say; or an older page asks
    restated = set()
    for position, (id_, *_) in enumerate(states):
        signs = slice(2 * position, 2 * position + 2)
        if shown[signs] != present[signs]:
            restated.add(id_)
    return restated


def _changes_since(listing: Listing, after: int, newest: int) -> ModelSelect[Change]:
    """Changes of this table's records (one's own too: from another tab), and comings and goings."""
    query = Change.select(Change, User).left_outer_join(User)
    new = query.where(Change.id > after, Change.id <= newest)
    events = Change.event.in_(("person.changed", "person.state", "person.moved"))
    inside = events & Change.person.in_(_everybody(listing))
    if listing.school_class:
        # who was moved out is in another class by now; the row says where from
        inside |= (Change.event == "person.moved") & (Change.old == listing.school_class.name)
    return new.where(inside).order_by(Change.id)


def _everybody(listing: Listing) -> ModelSelect[Person]:
    """Also those who left: their going is news."""
    query = Person.select(Person.id).where(Person.kind == listing.kind)
    if listing.school_class is None:
        return query
    return query.where(Person.school_class == listing.school_class)


def _fresh_cells(listing: Listing, person: Person, edits: Iterable[Change]) -> list[cells.Cell]:
    """The changed cells with their news, and those about which something else may be said now."""
    last = {change.field: change for change in edits if change.person_id == person.id}
    names = _JUDGED_FROM_OUTSIDE.union(last)
    for group in _FIELDS_TOGETHER:
        if group & frozenset(last):
            names |= group
    fields = [field for field in listing.columns if field.name in names]
    drawn = []
    for cell in cells.cells_of(person, fields, current_user):
        change = last.get(cell.field.name)
        drawn.append(replace(cell, fresh=_news(change)) if change else cell)
    return drawn


def _news(change: Change) -> str:
    who = "Hệ thống"
    if change.user:
        who = change.user.full_name
    moment = change.at.replace(tzinfo=UTC).astimezone(VIETNAM)  # stored without a zone, in UTC
    return f"{who}, {moment:%H:%M}"


def _sharers(listing: Listing, edits: Iterable[Change], drawn: set[int]) -> list[Person]:
    """Rows that bear a number which came or went elsewhere in the table: they are duplicates now, or no longer.

    Or the number of somebody who has another name now: theirs is said there.
    """
    renamed: set[int | None] = set()
    numbers: set[str] = set()
    for change in edits:
        if change.field == "full_name":  # the warning beside the same number names this person
            renamed.add(change.person_id)
        elif change.field == "identity_number":
            numbers |= {change.old, change.new}
    numbers |= {person.identity_number for person in listing.people if person.id in renamed}
    numbers.discard("")
    return [
        person
        for person in listing.people
        if person.identity_number in numbers and person.id not in drawn
    ]


def _answer(
    listing: Listing,
    newest: int,
    states: list[State],
    drawn: list[cells.Cell],
    people: list[Person],
    *,
    reload: bool = False,
) -> AnyResponse:
    html = render_template(
        "people/_changes.html",
        cells=drawn,
        people=people,
        newest=newest,
        standing=standing(states),
        counts=counters_of(listing.class_id),
        reload=reload,
        listing=listing,
        banner=progress.banner(current_user, current().today()),
    )
    return make_response(html)
