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

_FIELDS_TOGETHER = (  # a new value in one of them may change what is said about the others
    frozenset({"full_name", "date_of_birth", "gender", "identity_number", "nationality"}),
    frozenset({"province", "district", "commune", "address"}),
)
_TOLD_FROM_OUTSIDE = frozenset(
    {"date_of_birth", "gender", "identity_number"}
)  # by the register, by others' numbers
_TOO_MANY, _FAR = 400, 300
State = tuple[int, str, int, int]


@bp.get("/classes/<int:class_id>/changes")
@signed_in
def class_changes(class_id: int) -> AnyResponse:
    return _changes(listing_or_404(class_id, to="see"))


@bp.get("/staff/changes")
@only("clerk", "principal", "reviewer")
def staff_changes() -> AnyResponse:
    return _changes(listing_or_404("staff", to="see"))


def _changes(listing: Listing) -> AnyResponse:
    """204 nothing new; else the cells with who and when, and where to go on asking from."""
    after = request.args.get("after", 0, type=int)
    newest = Change.select(fn.MAX(Change.id)).scalar() or 0
    found = list(_changes_since(listing, after, newest).limit(_TOO_MANY + 1))
    columns = (Person.id, Person.status, Person.errors, Person.warnings)
    states: list[State] = rows(listing.query.select(*columns).order_by(Person.id))
    turned = _turned(states)
    if not found and not turned and newest - after < _FAR:
        return make_response("", 204)
    moves = [c for c in found if c.event != "person.changed" or c.version == 1]
    edits = [c for c in found if c.event == "person.changed"]
    if len(found) > _TOO_MANY or moves:
        return _answer(listing, newest, states, [], [], reload=True)
    ids = turned | {c.person_id for c in edits if c.person_id}
    touched = [p for p in listing.people if p.id in ids]
    sharers = _sharers(listing, edits, ids)
    drawn = [
        cell for person in [*touched, *sharers] for cell in _fresh_cells(listing, person, edits)
    ]
    return _answer(listing, newest, states, drawn, [*touched, *sharers])


def _turned(states: list[State]) -> set[int]:
    """Whose state or number of problems is another than the table shows: the register has answered, a batch or an
    explanation has moved, somebody in another class bears the same number or does no longer."""
    shown, now = request.args.get("states", ""), standing(states)
    if len(shown) != len(now):
        return set()  # somebody came or went, which is told by the changes; or an older page asks
    return {
        one[0]
        for at, one in zip(range(0, len(now), 2), states, strict=True)
        if shown[at : at + 2] != now[at : at + 2]
    }


def _changes_since(listing: Listing, after: int, newest: int) -> ModelSelect[Change]:
    """Changes of this table's records (one's own too: from another tab), and comings and goings."""
    query = (
        Change.select(Change, User)
        .left_outer_join(User)
        .where(Change.id > after, Change.id <= newest)
    )
    inside = Change.event.in_(
        ("person.changed", "person.state", "person.moved")
    ) & Change.person.in_(_everybody(listing))
    if listing.school_class:
        inside |= (Change.event == "person.moved") & (Change.old == listing.school_class.name)
    return query.where(inside).order_by(Change.id)


def _everybody(listing: Listing) -> ModelSelect[Person]:
    """Also those who left: their going is news."""
    query = Person.select(Person.id).where(Person.kind == listing.kind)
    return (
        query.where(Person.school_class == listing.school_class) if listing.school_class else query
    )


def _fresh_cells(listing: Listing, person: Person, edits: Iterable[Change]) -> list[cells.Cell]:
    """The changed cells with their news, and those about which something else may be said now."""
    last = {c.field: c for c in edits if c.person_id == person.id}
    near = _TOLD_FROM_OUTSIDE.union(
        last, *(group for group in _FIELDS_TOGETHER if group & frozenset(last))
    )
    drawn = cells.cells_of(person, [f for f in listing.columns if f.name in near], current_user)
    return [
        replace(c, fresh=_news(last[c.field.name])) if c.field.name in last else c for c in drawn
    ]


def _news(change: Change) -> str:
    who = change.user.full_name if change.user else "Hệ thống"
    return f"{who}, {change.at.replace(tzinfo=UTC).astimezone(VIETNAM):%H:%M}"


def _sharers(listing: Listing, edits: Iterable[Change], drawn: set[int]) -> list[Person]:
    """Rows that bear a number which came or went elsewhere in the table: they are duplicates now, or no longer; or the
    number of somebody who has another name now: theirs is said there."""
    renamed = {c.person_id for c in edits if c.field == "full_name"}
    numbers = {text for c in edits if c.field == "identity_number" for text in (c.old, c.new)}
    numbers = (numbers | {p.identity_number for p in listing.people if p.id in renamed}) - {""}
    return [p for p in listing.people if p.identity_number in numbers and p.id not in drawn]


def _answer(
    listing: Listing,
    newest: int,
    states: list[State],
    drawn: list[cells.Cell],
    people: list[Person],
    *,
    reload: bool = False,
) -> AnyResponse:
    shown = {field.name for field in listing.columns}
    html = render_template(
        "people/_changes.html",
        cells=[c for c in drawn if c.field.name in shown],
        people=people,
        newest=newest,
        standing=standing(states),
        counts=counters_of(listing.query),
        reload=reload,
        listing=listing,
        banner=progress.banner(current_user, current().today()),
    )
    return make_response(html)
