"""Who may do what: facts about a user and a thing. Pages turn a "no" into 404 or 403 (web/access.py).

Three nets: queries scoped to the user (what is outside does not exist for them), ``may_...`` for each deed, and every
page closed unless marked.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from peewee import JOIN, ModelSelect

from idapp.database import PreparedStatement
from idapp.models import ROLES, ClassTeacher, Person, SchoolClass, User, in_school_order
from idapp.settings import current

_OFFICE = ("clerk", "principal")
MERGED = "Đã gộp"  # the state of a record that goes on in another one (people.merging)


def classes_of(user: User) -> ModelSelect[SchoolClass]:
    """The classes of this year that the user may see: a teacher the own ones, everybody else all."""
    query = SchoolClass.present().order_by(*in_school_order())
    if user.role == "teacher":
        return query.where(SchoolClass.id.in_(_classes_taught_by(user.id, _today())))
    return query


def names_and_grades_of(user: User) -> list[tuple[int, str, int | None]]:
    """(id, name, grade) of the classes of :func:`classes_of`, for what has a line for each of them."""
    return _NAMES_AND_GRADES[user.role].raw(user.id, _today())


def _names_and_grades(role: str, user: object, today: object) -> ModelSelect[SchoolClass]:
    query = SchoolClass.present().select(SchoolClass.id, SchoolClass.name, SchoolClass.grade)
    if role == "teacher":
        query = query.where(SchoolClass.id.in_(_classes_taught_by(user, today)))
    return query.order_by(*in_school_order())


_NAMES_AND_GRADES = {
    role: PreparedStatement(partial(_names_and_grades, role), places=2) for role in ROLES
}


def class_of(user: User, class_id: int) -> SchoolClass | None:
    """One class that the user may see; whoever sees all classes sees those of earlier years too."""
    classes: list[SchoolClass] = _CLASS_OF[user.role].rows(user.id, _today(), class_id)
    if not classes:
        return None
    return classes[0]


def _class_within(role: str, user: object, today: object, id_: object) -> ModelSelect[SchoolClass]:
    query = SchoolClass.select().where(SchoolClass.id == id_)
    if role != "teacher":
        return query
    taught = _classes_taught_by(user, today)
    return query.where(~SchoolClass.is_past, SchoolClass.id.in_(taught))


_CLASS_OF = {role: PreparedStatement(partial(_class_within, role), places=3) for role in ROLES}


def names_of_classes(user: User) -> list[str]:
    """The names of the classes that a teacher looks after today, in school order. Asked by every page."""
    return [name for (name,) in _TAUGHT_NAMES.raw(user.id, _today())]


def _names_of_taught(user: object, today: object) -> ModelSelect[SchoolClass]:
    taught = SchoolClass.present().where(SchoolClass.id.in_(_classes_taught_by(user, today)))
    return taught.select(SchoolClass.name).order_by(*in_school_order())


_TAUGHT_NAMES = PreparedStatement(_names_of_taught)


def assignments(today: object = None) -> ModelSelect[ClassTeacher]:
    """Who looks after which class today, with the account: the one rule of who teaches.

    Not a stand-in whose day has come, nor whose account is locked or has another role by now, nor who has left
    the school according to the staff list; nor the classes of earlier years. ``today``: a marker of a prepared
    statement, or a day as text.
    """
    record = Person.alias()
    query = ClassTeacher.select(ClassTeacher, User).join(User)
    query = query.join(record, JOIN.LEFT_OUTER, on=(User.staff_record == record.id))
    query = query.join_from(ClassTeacher, SchoolClass)
    is_due = ClassTeacher.until.is_null() | (ClassTeacher.until > (today or _today()))
    works_here = record.id.is_null() | record.active
    of_this_year = ~SchoolClass.is_past
    return query.where(is_due, works_here, of_this_year, User.role == "teacher", ~User.disabled)


def _classes_taught_by(user: object, today: object) -> ModelSelect[ClassTeacher]:
    """The ids of the classes that this teacher looks after today."""
    return assignments(today).select(ClassTeacher.school_class).where(ClassTeacher.teacher == user)


def _today() -> str:
    return current().today().isoformat()


def people_of(user: User, *, include_inactive: bool = False) -> ModelSelect[Person]:
    """The records this user may see."""
    query = _within(user.role, user.id, _today(), Person.select())
    if include_inactive:
        return query
    return query.where(Person.active)


def limited(query: ModelSelect[Any], user: User) -> ModelSelect[Any]:
    """Of a query that has joined the people: the rows about those whom this user may see, as of :func:`people_of`.

    ``Person.id.in_(people_of(user))`` says the same, but goes through everybody first.
    """
    return _within(user.role, user.id, _today(), query).where(Person.active)


def person_of(user: User, person_id: int) -> Person | None:
    """One record that this user may see, with its class; also of those who left. Asked by every saved cell."""
    people: list[Person] = _ONE_OF[user.role].rows(user.id, _today(), person_id)
    if not people:
        return None
    return people[0]


def _within(role: str, user: object, today: object, query: ModelSelect[Any]) -> ModelSelect[Any]:
    if role != "teacher":
        return query
    classes = _classes_taught_by(user, today)
    # not `kind == "student"`: SQLite would go through all pupils of the school by that index
    return query.where(Person.kind != "staff", Person.school_class.in_(classes))


class PreparedWithin:
    """A prepared statement about the records that somebody may see: one for each role, whose words differ.

    ``build`` gets what :func:`limited` does and a marker for each further value, and returns the query::

        _STATES = PreparedWithin(lambda limit: limit(Person.select(Person.status)))
        _STATES.rows(user)
    """

    def __init__(self, build: Callable[..., Any], *, include_inactive: bool = False) -> None:
        self._build = build
        self._include_inactive = include_inactive
        places = 1 + len(inspect.signature(build).parameters)  # user and day for the limit
        self._of_role = {
            role: PreparedStatement(partial(self._query, role), places=places) for role in ROLES
        }

    def _query(self, role: str, user: object, today: object, *markers: object) -> Any:
        def limit(query: ModelSelect[Any]) -> ModelSelect[Any]:
            """``limited`` for the user who comes later."""
            within = _within(role, user, today, query)
            return within if self._include_inactive else within.where(Person.active)

        return self._build(limit, *markers)

    def rows(self, user: User, *values: object) -> list[Any]:
        """As ``PreparedStatement.rows``, within what this user may see today."""
        return self._of_role[user.role].rows(user.id, _today(), *values)

    def raw(self, user: User, *values: object) -> list[tuple[Any, ...]]:
        """As ``PreparedStatement.raw``, within what this user may see today."""
        return self._of_role[user.role].raw(user.id, _today(), *values)


def _one_of(role: str) -> PreparedStatement:
    with_class = Person.select(Person, SchoolClass).left_outer_join(SchoolClass)
    return PreparedStatement(
        lambda user, today, id_: _within(role, user, today, with_class).where(Person.id == id_)
    )


# one for each role: what a role may see is part of the words of its statement
_ONE_OF = {role: _one_of(role) for role in ROLES}


def may_edit(user: User, person: Person) -> bool:
    """Office: everybody. Teacher: pupils of the own class. Reviewer: nobody.

    Nobody edits a merged record: the one that goes on for it is edited.
    """
    if person.state == MERGED:
        return False
    if user.role in _OFFICE:
        return True
    if person.school_class is None:  # staff
        return False
    return may_edit_class(user, person.school_class)


def editable_of(user: User, people: Iterable[Person]) -> set[int]:
    """The ids of those of ``people`` whom this user may edit, with one query for all; ``may_edit`` of many."""
    if user.role in _OFFICE:
        return {person.id for person in people}
    if user.role != "teacher":
        return set()
    classes = {row.school_class_id for row in _classes_taught_by(user.id, _today())}
    return {person.id for person in people if person.school_class_id in classes}


def may_edit_class(user: User, school_class: SchoolClass) -> bool:
    """Office: every class of this year. Teacher: the own ones. Reviewer: none."""
    if school_class.is_past:
        return False
    if user.role in _OFFICE:
        return True
    return user.role == "teacher" and bool(_TEACHES.raw(user.id, _today(), school_class.id))


_TEACHES = PreparedStatement(
    lambda user, today, class_id: _classes_taught_by(user, today).where(
        ClassTeacher.school_class == class_id
    )
)


def may_import(user: User) -> bool:
    """Who may edit; which rows of the file count, ``may_edit`` says of each."""
    return user.role in ("teacher", *_OFFICE)


def may_export(user: User) -> bool:
    """Workbooks show identity numbers: not for those who only look."""
    return user.role in ("teacher", *_OFFICE)


def may_see_staff(user: User) -> bool:
    """A colleague's number and address are no teacher's business."""
    return user.role != "teacher"


def may_move_between_classes(user: User) -> bool:
    """A teacher could move a pupil into a class that the teacher does not see."""
    return user.role in _OFFICE


def may_set_state(user: User) -> bool:
    """Who leaves the school leaves the sums too: the office says so."""
    return user.role in _OFFICE


def may_merge(user: User) -> bool:
    """Two records become one, or are told apart: the office, which sees both wherever they are."""
    return user.role in _OFFICE


def may_prepare_batch(user: User) -> bool:
    """The office chooses who is to be asked about; the head starts it."""
    return user.role in _OFFICE


def may_start_batch(user: User) -> bool:
    """Only the head of the school sends people's data to the population database."""
    return user.role == "principal"


def may_change_settings(user: User) -> bool:
    """The school, the campaign, the accounts, the catalogue of places."""
    return user.role == "principal"


def roles_to_give(user: User) -> tuple[str, ...]:
    """Whose accounts this user makes, locks and resets: a clerk those of teachers, the principal everybody's."""
    if user.role == "principal":
        return ("teacher", "clerk", "principal", "reviewer")
    if user.role == "clerk":
        return ("teacher",)
    return ()


def may_manage_account(user: User, account: User) -> bool:
    """A clerk must not reset the principal's password."""
    return account.role in roles_to_give(user)


def may_load_places(user: User) -> bool:
    """Newer lists of places change no decision of the school, only the names of the day: the office loads them."""
    return user.role in _OFFICE


def sees_numbers(user: User) -> bool:
    """Those who only look see identity numbers masked (Law 91/2025: no more data than the task needs)."""
    return user.role != "reviewer"


def may_approve_explanations(user: User) -> bool:
    """The head of the school answers for what stays unverified."""
    return user.role == "principal"


def may_send_back_explanations(user: User) -> bool:
    """The office above reads them too, and may ask for better words."""
    return user.role in ("principal", "reviewer")


def may_plan_visits(user: User) -> bool:
    """Who of the school goes to the police with whose papers, and when."""
    return user.role in _OFFICE
