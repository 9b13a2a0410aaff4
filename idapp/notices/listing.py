"""The list of cases as the school works through it: who is on it, how many in each state, a page at a time.

Whoever has an approved explanation is at rest: there is nothing to ask the family for now, so the record stands apart
(``explained``), outside every other list, count and reminder. Its case stays as it is and comes back with its state,
note and reminder when the explanation is sent back or withdrawn. While an explanation waits for the principal the
record stays on the list, and the family is not reminded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from peewee import JOIN, SQL, Case, Expression, Function, ModelSelect, fn

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
    needs_paper_of_active,
    reason_of,
)
from idapp.permissions import PreparedWithin
from idapp.rules import identity_number
from idapp.rules.folding import fold

AT_REST = "explained"
DUE = "due"
NEED = "need"
FILTERS = (*STATE_WORDS, DUE, NEED, AT_REST)
Limit = Callable[[Any], Any]
"""Of ``PreparedWithin``: a query, within what somebody may see."""


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
    query = _everybody(permissions.people_of(user), school_class, staff, name)
    return _in_order(
        _found_by_index(query, user.role).where(_matches(chosen, today, needs_paper_of_active()))
    )


def page_of(
    user: User,
    number: int,
    size: int,
    *,
    school_class: SchoolClass | None = None,
    staff: bool = False,
    name: str = "",
    chosen: str = "",
    today: date | None = None,
) -> list[Person]:
    """``size`` records of :func:`listed`, of the page with this ``number`` from 1 on."""
    if name.strip():
        query = listed(
            user, school_class=school_class, staff=staff, name=name, chosen=chosen, today=today
        )
        return list(query.paginate(number, size))
    statement = _page_statement(user.role, school_class is not None, staff, chosen)
    day = today.isoformat() if today else ""
    return statement.rows(user, day, _id_of(school_class), size, (number - 1) * size)


@cache
def _page_statement(role: str, of_class: bool, staff: bool, chosen: str) -> PreparedWithin:
    """A page of the list without a name to look for: the ids first, for to find it all of the list is sorted, and whole
    records would be sorted with it.
    """

    def page(limit: Limit, day: Any, class_id: Any, size: Any, offset: Any) -> ModelSelect[Person]:
        """The query, with markers for what comes later."""
        people = limit(Person.select())
        of_one = class_id if of_class else None
        # whoever is in need stands on the list whatever the case says: unless it is asked for, it is not read
        parts = _parts(people, role, of_one, staff, with_case=chosen != "")
        ids = _ids_in_order(
            [part.people.where(_matches(chosen, day, part.needs)) for part in parts]
        )
        people = _everybody(limit(Person.select()), None, False)
        return _in_order(people.where(Person.id.in_(ids.limit(size).offset(offset))))

    return PreparedWithin(page)


def _ids_in_order(parts: Sequence[ModelSelect[Person]]) -> Any:
    """The ids of all that are in one of these parts, as the list has them one after another."""
    if len(parts) == 1:
        return _in_order(parts[0]).select(Person.id)
    sorted_by = (Person.id, Person.kind, Person.school_class, Person.sort_key)
    together = _all_of([part.select(*sorted_by) for part in parts]).alias("together")
    classes = SchoolClass.alias()  # the parts may have joined their own
    of_class = classes.id == together.c.school_class_id
    with_class = together.join(classes, JOIN.LEFT_OUTER, on=of_class)
    school_order = (together.c.kind.desc(), *in_school_order(classes), together.c.sort_key)
    ids = classes.select(together.c.id).from_(with_class)
    return ids.order_by(*school_order, together.c.id)


def _all_of(parts: Sequence[Any]) -> Any:
    """The rows of all of these queries."""
    first, *others = parts
    for other in others:
        first = first.union_all(other)
    return first


def _id_of(school_class: SchoolClass | None) -> int:
    return school_class.id if school_class is not None else 0


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
    by_state = Counter[str]()
    due = 0
    need = 0
    for state, due_of_state, need_of_state, count in _counted(
        user, today, school_class, staff, name
    ):
        by_state[state] += count
        if state != AT_REST:
            due += due_of_state
            need += need_of_state
    at_rest = by_state.pop(AT_REST, 0)
    return Counts(by_state, due, need, at_rest)


def _counted(
    user: User, today: date, school_class: SchoolClass | None, staff: bool, name: str
) -> list[tuple[Any, ...]]:
    """(state, how many are due, how many need the paper, how many); several rows of a state add up."""
    if name.strip():
        query = _everybody(permissions.people_of(user), school_class, staff, name)
        by_index = _found_by_index(query, user.role)
        return rows(_by_state(_Part(by_index, needs_paper_of_active()), today))
    statement = _counts_statement(user.role, school_class is not None, staff)
    return statement.raw(user, today.isoformat(), _id_of(school_class))


@cache
def _counts_statement(role: str, of_class: bool, staff: bool) -> PreparedWithin:
    """The counts of the list without a name to look for."""

    def counted(limit: Limit, day: Any, class_id: Any) -> Any:
        """The query, with markers for what comes later."""
        parts = _parts(limit(Person.select()), role, class_id if of_class else None, staff)
        return _all_of([_by_state(part, day) for part in parts])

    return PreparedWithin(counted)


def _by_state(part: _Part, today: Any) -> ModelSelect[Person]:
    needs = _how_many(_asks_the_family(part.needs))
    columns = (_state().alias("standing"), _how_many(_is_due(today)), needs)
    return part.people.select(*columns, fn.COUNT(SQL("*"))).group_by(SQL("standing"))


class _Part(NamedTuple):
    """Some of the people of the list, with their case; ``needs``: the condition that one of them needs the paper."""

    people: ModelSelect[Person]
    needs: Any


def _parts(
    people: ModelSelect[Person],
    role: str,
    school_class: Any,
    staff: bool,
    *,
    with_case: bool = True,
) -> Sequence[_Part]:
    """All of the list; nobody is in two parts.

    Of the whole school first those whom the index of those in need has, out of it and no record read; among them apart
    who is asked about again, for there the record has to say more; then the others with an open case, who are few:
    corrected since, opened by hand, at rest.
    """
    if role == "teacher" or school_class is not None:  # a class or two: all of their people
        everybody = _everybody(people, school_class, staff)
        return [_Part(everybody, needs_paper_of_active())]
    if staff:
        people = people.where(Person.kind == "staff")
    case = (PaperCase.person == Person.id) & PaperCase.is_open()
    and_case = people.left_outer_join(PaperCase, on=case)
    in_need = and_case if with_case else people
    in_need = in_need.where(Person.is_in_need(), Person.status != SQL("'sent'"))
    needs_again = needs_paper_of_active()
    asked_again = and_case.where(Person.is_in_need(), Person.status == SQL("'sent'"))
    asked_again = asked_again.where(needs_again | PaperCase.id.is_null(False))
    somebody = Person.alias()
    ids = somebody.select(somebody.id).where(somebody.active, Person.is_in_need(somebody))
    others = people.join(PaperCase, on=case).where(PaperCase.person.not_in(ids))
    return [
        _Part(in_need, SQL("1 = 1")),
        _Part(asked_again, needs_again),
        _Part(others, SQL("1 = 0")),
    ]


def _how_many(condition: Expression) -> Function:
    """SQL that counts the rows of a group for which the condition is true."""
    return fn.SUM(Case(None, [(condition, 1)], 0))


def as_listed(user: User, person: Person) -> Person:
    """One record as the list shows it, with case and explanation, whichever filter it would stand under."""
    query = _everybody(permissions.people_of(user), None, False)
    return query.where(Person.id == person.id).first() or person


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
    people: ModelSelect[Person], school_class: Any, staff: bool, name: str = ""
) -> ModelSelect[Person]:
    """Whoever of these has an open case or needs the paper, in whichever state, with class, case and explanation."""
    case = (PaperCase.person == Person.id) & PaperCase.is_open()
    explained = (Explanation.person == Person.id) & Explanation.is_open()
    query = people.select(Person, SchoolClass, PaperCase, Explanation)
    query = query.left_outer_join(SchoolClass, on=Person.school_class == SchoolClass.id).switch(
        Person
    )
    query = query.left_outer_join(PaperCase, on=case, attr="case").switch(Person)
    query = query.left_outer_join(Explanation, on=explained, attr="explanation")
    query = query.where(needs_paper_of_active() | PaperCase.id.is_null(False))
    if school_class is not None:
        query = query.where(Person.school_class == school_class)
    if staff:
        query = query.where(Person.kind == "staff")
    if name.strip():
        query = query.where(_is_called(name))
    return query


def _found_by_index(query: ModelSelect[Person], role: str) -> ModelSelect[Person]:
    """The same rows of the whole list, by two indexes: SQLite would go through everybody to find them."""
    if role == "teacher":  # whose own classes are fewer
        return query
    somebody = Person.alias()
    by_state = somebody.select(somebody.id)
    by_state = by_state.where(somebody.active, somebody.status.in_(MAY_NEED_PAPER))
    with_case = PaperCase.select(PaperCase.person).where(PaperCase.is_open())
    return query.where(Person.id.in_(by_state.union_all(with_case)))


def _is_called(name: str) -> Expression:
    is_called = Person.search_key.contains(fold(name))
    number = identity_number.compact(name)
    if not number.isdecimal():
        return is_called
    return is_called | Person.identity_number.contains(number)


def _matches(chosen: str, today: Any, needs: Any) -> Expression:
    """The condition of one of FILTERS; ``today``: a day, or the marker of one; ``needs``: as of :class:`_Part`."""
    if chosen == AT_REST:
        return Person.status == "explained"
    if chosen == NEED:
        return _asks_the_family(needs)  # never of one at rest: its status is another
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


def _is_due(today: Any) -> Expression:
    proposed = Explanation.select(Explanation.id).where(
        Explanation.person == Person.id, Explanation.state == "proposed"
    )
    is_day = PaperCase.due_on.is_null(False) & (PaperCase.due_on <= today)
    return is_day & ~fn.EXISTS(proposed)


def _asks_the_family(needs: Any) -> Expression:
    """``asks_the_family`` of somebody of whom ``needs`` says whether the paper is needed."""
    return (fn.COALESCE(PaperCase.state, "") != AT_POLICE) & needs
