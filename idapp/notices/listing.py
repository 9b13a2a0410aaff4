"""The list of cases as the school works through it: who is on it, how many in each state, a page at a time.

Whoever has an approved explanation is at rest: there is nothing to ask the family for now, so the record stands apart
(``explained``), outside every other list, count and reminder. Its case stays as it is and comes back with its state,
note and reminder when the explanation is sent back or withdrawn. While an explanation waits for the principal the
record stays on the list, and the family is not reminded.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from peewee import SQL, Case, Expression, ModelSelect, fn

from idapp import permissions
from idapp.database import rows
from idapp.models import OPEN_EXPLANATION, Explanation, PaperCase, Person, SchoolClass, User
from idapp.notices.cases import STATE_WORDS, needs_paper
from idapp.rules import identity_number
from idapp.rules.folding import fold

AT_REST, DUE, NEED = "explained", "due", "need"
FILTERS = (*STATE_WORDS, DUE, NEED, AT_REST)


@dataclass(frozen=True)
class Counts:
    """``by_state`` adds up to ``total``; whoever is due or needs the paper is in it too, whoever is at rest is not."""

    by_state: Counter[str]
    due: int
    need: int
    at_rest: int

    @property
    def total(self) -> int:
        return self.by_state.total()


def listed(
    user: User,
    *,
    school_class: SchoolClass | None = None,
    staff: bool = False,
    name: str = "",
    wish: str = "",
    today: date | None = None,
) -> ModelSelect[Person]:
    """Open cases and needs for one within the user's scope, with class, case and explanation.

    name  a part of the name, with or without marks, or of the number
    wish  one of WISHES, or "" for everybody who is not at rest
    """
    query = _everybody(user, school_class, staff, name).where(_suits(wish, today))
    return query.order_by(
        Person.kind.desc(), SchoolClass.grade, SchoolClass.name, Person.sort_key, Person.id
    )


def counts(
    user: User,
    *,
    today: date,
    school_class: SchoolClass | None = None,
    staff: bool = False,
    name: str = "",
) -> Counts:
    """Over the whole list, whichever page of it is shown."""
    query = _everybody(user, school_class, staff, name)
    due, need = (
        fn.SUM(Case(None, [(condition, 1)], 0)) for condition in (_is_due(today), needs_paper())
    )
    found = rows(
        query.select(_state().alias("standing"), due, need, fn.COUNT(Person.id)).group_by(
            SQL("standing")
        )
    )
    by_state = Counter({state: n for state, _, _, n in found})
    at_rest, active = by_state.pop(AT_REST, 0), [line for line in found if line[0] != AT_REST]
    return Counts(
        by_state, sum(n for _, n, _, _ in active), sum(n for _, _, n, _ in active), at_rest
    )


def as_listed(user: User, person: Person) -> Person:
    """One record as the list shows it, with case and explanation, whichever filter it would stand under."""
    return _everybody(user, None, False).where(Person.id == person.id).first() or person


def is_at_rest(person: Person) -> bool:
    return person.status == "explained"


def is_due(person: Person, today: date) -> bool:
    """The same as the list's own condition, for a record that came from it."""
    case, explanation = getattr(person, "case", None), getattr(person, "explanation", None)
    asked = explanation is not None and explanation.state == "proposed"
    return bool(
        case and case.due_on and case.due_on <= today and not asked and not is_at_rest(person)
    )


def _everybody(
    user: User, school_class: SchoolClass | None, staff: bool, name: str = ""
) -> ModelSelect[Person]:
    case = (PaperCase.person == Person.id) & (PaperCase.state != "closed")
    explained = (Explanation.person == Person.id) & Explanation.state.in_(OPEN_EXPLANATION)
    query = permissions.people_of(user).select(Person, SchoolClass, PaperCase, Explanation)
    query = query.left_outer_join(SchoolClass, on=Person.school_class == SchoolClass.id).switch(
        Person
    )
    query = query.left_outer_join(PaperCase, on=case, attr="case").switch(Person)
    query = query.left_outer_join(Explanation, on=explained, attr="explanation")
    query = query.where(needs_paper() | PaperCase.id.is_null(False))
    if school_class is not None:
        query = query.where(Person.school_class == school_class)
    if staff:
        query = query.where(Person.kind == "staff")
    return query.where(_is_called(name)) if name.strip() else query


def _is_called(name: str) -> Expression:
    number = identity_number.compact(name)
    called = Person.search_key.contains(fold(name))
    return called | Person.identity_number.contains(number) if number.isdecimal() else called


def _suits(wish: str, today: date | None) -> Expression:
    if wish == AT_REST:
        return Person.status == "explained"
    active = Person.status != "explained"
    if wish == DUE and today is not None:
        return active & _is_due(today)
    if wish == NEED:
        return needs_paper()
    return active & (_state() == wish) if wish in STATE_WORDS else active


def _state() -> Case:
    return Case(
        None, [(Person.status == "explained", AT_REST)], fn.COALESCE(PaperCase.state, "open")
    )


def _is_due(today: date) -> Expression:
    proposed = fn.COALESCE(Explanation.state, "") == "proposed"
    return PaperCase.due_on.is_null(False) & (PaperCase.due_on <= today) & ~proposed
