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

from peewee import SQL, Case, Expression, Function, ModelSelect, fn

from idapp import permissions
from idapp.database import rows
from idapp.models import (
    Explanation,
    PaperCase,
    Person,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.notices.cases import (
    AT_POLICE,
    MAY_NEED_PAPER,
    STATE_WORDS,
    asks_the_family,
    needs_paper,
    reason_of,
)
from idapp.rules import identity_number
from idapp.rules.folding import fold

AT_REST = "explained"
DUE = "due"
NEED = "need"
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
        """How many stand on the list."""
        return self.by_state.total()


def listed(
    user: User,
    *,
    school_class: SchoolClass | None = None,
    staff: bool = False,
    name: str = "",
    chosen: str = "",
    today: date | None = None,
) -> ModelSelect[Person]:
    """Open cases and needs for one within the user's scope, with class, case and explanation.

    name    a part of the name, with or without marks, or of the number
    chosen  one of FILTERS, or "" for everybody who is not at rest
    today   needed for the filter DUE only
    """
    query = _found_by_index(user, _everybody(user, school_class, staff, name))
    return _in_order(query.where(_matches(chosen, today)))


def of_ids(user: User, ids: list[int]) -> ModelSelect[Person]:
    """Of a page of the list the records, as :func:`listed` gives them, by the ids that it has found."""
    return _in_order(_everybody(user, None, False).where(Person.id.in_(ids)))


def _in_order(query: ModelSelect[Person]) -> ModelSelect[Person]:
    school_order = (Person.kind.desc(), *in_school_order(), Person.sort_key)
    return query.order_by(*school_order, Person.id)


def counts(
    user: User,
    *,
    today: date,
    school_class: SchoolClass | None = None,
    staff: bool = False,
    name: str = "",
) -> Counts:
    """Over the whole list, whichever page of it is shown."""
    query = _found_by_index(user, _everybody(user, school_class, staff, name))
    needs = _how_many(asks_the_family())
    columns = (_state().alias("standing"), _how_many(_is_due(today)), needs)
    query = query.select(*columns, fn.COUNT(Person.id)).group_by(SQL("standing"))
    by_state = Counter[str]()
    due = 0
    need = 0
    for state, due_of_state, need_of_state, count in rows(query):
        by_state[state] = count
        if state != AT_REST:
            due += due_of_state
            need += need_of_state
    at_rest = by_state.pop(AT_REST, 0)
    return Counts(by_state, due, need, at_rest)


def _how_many(condition: Expression) -> Function:
    """SQL that counts the rows of a group for which the condition is true."""
    return fn.SUM(Case(None, [(condition, 1)], 0))


def as_listed(user: User, person: Person) -> Person:
    """One record as the list shows it, with case and explanation, whichever filter it would stand under."""
    return _everybody(user, None, False).where(Person.id == person.id).first() or person


def is_at_rest(person: Person) -> bool:
    """Has the principal approved why the record cannot be verified now?"""
    return person.status == "explained"


def asks_family_of(person: Person) -> bool:
    """Is a slip due, or an appointment with the police? For a record that came from the list, with its case.

    Whoever was corrected waits for the next batch; where the register is wrong the family has done its part.
    """
    case = getattr(person, "case", None)
    return bool(reason_of(person)) and (case is None or case.state != AT_POLICE)


def is_due(person: Person, today: date) -> bool:
    """The same as the list's own condition, for a record that came from it."""
    case = getattr(person, "case", None)
    if case is None or case.due_on is None or is_at_rest(person):
        return False
    explanation = getattr(person, "explanation", None)
    if explanation is not None and explanation.state == "proposed":
        return False  # the family is not reminded while the principal decides
    return bool(case.due_on <= today)


def _everybody(
    user: User, school_class: SchoolClass | None, staff: bool, name: str = ""
) -> ModelSelect[Person]:
    """Whoever has an open case or needs the paper, in whichever state, with class, case and explanation."""
    case = (PaperCase.person == Person.id) & (PaperCase.state != "closed")
    explained = (Explanation.person == Person.id) & Explanation.is_open()
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
    if name.strip():
        query = query.where(_is_called(name))
    return query


def _found_by_index(user: User, query: ModelSelect[Person]) -> ModelSelect[Person]:
    """The same rows of the whole list, by two indexes: SQLite would go through everybody to find them."""
    if user.role == "teacher":  # whose own classes are fewer
        return query
    somebody = Person.alias()
    by_state = somebody.select(somebody.id)
    by_state = by_state.where(somebody.active, somebody.status.in_(MAY_NEED_PAPER))
    with_case = PaperCase.select(PaperCase.person).where(PaperCase.state != "closed")
    return query.where(Person.id.in_(by_state.union_all(with_case)))


def _is_called(name: str) -> Expression:
    is_called = Person.search_key.contains(fold(name))
    number = identity_number.compact(name)
    if not number.isdecimal():
        return is_called
    return is_called | Person.identity_number.contains(number)


def _matches(chosen: str, today: date | None) -> Expression:
    """The condition of one of FILTERS."""
    if chosen == AT_REST:
        return Person.status == "explained"
    if chosen == NEED:
        return asks_the_family()  # never of one at rest: its status is another
    is_active = Person.status != "explained"
    if chosen == DUE and today is not None:
        return is_active & _is_due(today)
    if chosen in STATE_WORDS:
        return is_active & (_state() == chosen)
    return is_active


def _state() -> Case:
    """Under which state a record counts: whoever has no case yet is to be asked like one whose case is open."""
    return Case(
        None, [(Person.status == "explained", AT_REST)], fn.COALESCE(PaperCase.state, "open")
    )


def _is_due(today: date) -> Expression:
    # COALESCE: where there is no explanation the comparison would be NULL, and NOT NULL is not
    # true.
    is_proposed = fn.COALESCE(Explanation.state, "") == "proposed"
    return PaperCase.due_on.is_null(False) & (PaperCase.due_on <= today) & ~is_proposed
