"""Who has no code of the ministry yet, and which code stands at two people: counted, never mended by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL, Case, fn

from idapp.database import rows
from idapp.models import Person, SchoolClass, User, in_school_order
from idapp.permissions import PreparedWithin, people_of


@dataclass(frozen=True)
class CodesOfGroup:
    """The pupils of a class, or the staff (``class_id`` None).

    missing    without a code of the ministry, those with a temporary one among them
    temporary  with a code that somebody made up until then
    """

    kind: str
    class_id: int | None
    class_name: str
    total: int
    missing: int
    temporary: int


def lacks_code() -> Any:
    """The condition of the database for ``not rules.ministry_codes.is_final(person.ministry_code)``.

    Written out to the last value: by these very words SQLite finds the index ``person_without_code``.
    """
    code = Person.ministry_code
    has_length = fn.LENGTH(code).in_([SQL("10"), SQL("20")])
    digits = [SQL(f"'{digit}'") for digit in range(10)]
    begins_with_digit = fn.SUBSTR(code, SQL("1"), SQL("1")).in_(digits)
    has_no_space = fn.REPLACE(code, SQL("' '"), SQL("''")) == code
    return ~(has_length & begins_with_digit & has_no_space)


def missing_count(user: User) -> int:
    """How many people this user may see have no code of the ministry yet."""
    return people_of(user).where(lacks_code()).count()


def missing_by_class(user: User) -> dict[int | None, int]:
    """{class id: how many of its pupils have no code}; classes where all have one are missing."""
    return dict(_MISSING_BY_CLASS.raw(user))


_MISSING_BY_CLASS = PreparedWithin(
    lambda limit: (
        limit(Person.select(Person.school_class, fn.COUNT(Person.id)))
        .where(lacks_code(), Person.kind == "student")
        .group_by(Person.school_class)
    )
)


def by_group(user: User) -> list[CodesOfGroup]:
    """Every class that the user may see and the staff, in school order; only those with somebody in it."""
    missing = fn.SUM(Case(None, [(lacks_code(), 1)], 0))
    temporary = fn.SUM(Case(None, [(lacks_code() & (Person.ministry_code != ""), 1)], 0))
    of_class = (SchoolClass.id, SchoolClass.name, SchoolClass.position)
    query = people_of(user).left_outer_join(SchoolClass)
    query = query.select(
        Person.kind, Person.school_class, SchoolClass.name, fn.COUNT(Person.id), missing, temporary
    )
    query = query.group_by(Person.kind, Person.school_class, *of_class).order_by(
        Person.kind.desc(), *in_school_order()
    )
    return [
        CodesOfGroup(kind, class_id, name or "", total, missing, temporary)
        for kind, class_id, name, total, missing, temporary in rows(query)
    ]


def shared(user: User) -> list[Sequence[Person]]:
    """People this user may see who bear one code: the ministry gives a code to one person only."""
    visible = people_of(user)
    twice = visible.select(Person.ministry_code).where(Person.ministry_code != "")
    twice = twice.group_by(Person.ministry_code).having(fn.COUNT(Person.id) > 1)
    query = people_of(user).select(Person, SchoolClass).left_outer_join(SchoolClass)
    query = query.where(Person.ministry_code.in_(twice))
    groups: dict[str, list[Person]] = {}
    for person in query.order_by(Person.ministry_code, Person.sort_key, Person.id):
        groups.setdefault(person.ministry_code, []).append(person)
    return list(groups.values())
