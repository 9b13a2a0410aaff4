"""The tables of people as one thing: the pupils of a class, or the staff."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from flask import abort, request
from peewee import ModelSelect

from idapp import permissions, school
from idapp.models import Change, Person, SchoolClass
from idapp.people.placements import names_class
from idapp.people.tables import in_table_order
from idapp.rules.record import Field
from idapp.web import cells
from idapp.web.access import class_or_404, current_user, the_user
from idapp.web.people.form_input import whole
from idapp.web.people.tables import all_staff, in_class


@dataclass(frozen=True)
class Listing:
    """The pupils of a class, or the staff (``school_class`` None): what one page shows as its table."""

    school_class: SchoolClass | None = None

    @property
    def id(self) -> int | str:
        """The id of the class, or "staff"."""
        if self.school_class is None:
            return "staff"
        return self.school_class.id

    @property
    def class_id(self) -> int | None:
        """The id of the class; None of the staff."""
        return self.school_class.id if self.school_class else None

    @property
    def path(self) -> str:
        """The address of the page."""
        if self.school_class is None:
            return f"{request.script_root}/staff"
        return f"{request.script_root}/classes/{self.school_class.id}"

    @property
    def kind(self) -> str:
        """``Person.kind`` of everybody in it."""
        return "student" if self.school_class else "staff"

    @property
    def query(self) -> ModelSelect[Person]:
        """Who is in it now, as far as the user may see them."""
        if self.school_class is None:
            return all_staff()
        return in_class(self.school_class)

    @property
    def ever(self) -> ModelSelect[Person]:
        """Also those who left, and whom the user has moved to another class: the step was made here."""
        everybody = permissions.people_of(current_user, include_inactive=True)
        of_kind = everybody.where(Person.kind == self.kind)
        if self.school_class is None:
            return of_kind
        moved_out = Change.select(Change.person).where(
            Change.event == "person.moved",
            Change.event != "person.changed",  # says to the database which index has them
            Change.user == current_user.id,
            names_class(Change.old, self.school_class),
        )
        return of_kind.where((Person.school_class == self.school_class) | Person.id.in_(moved_out))

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The fields of the table, from left to right."""
        return cells.columns_of(self.kind, school.the_campaign().epoch)

    @cached_property
    def people(self) -> list[Person]:
        """The records in the order of the table."""
        records: list[Person]
        if self.school_class is None:
            records = _STAFF.rows(the_user())
        else:
            records = _PUPILS.rows(the_user(), self.school_class.id)
        for person in records:
            person.school_class = self.school_class  # known: spares a query per row
        return records


_STAFF = permissions.PreparedWithin(
    lambda limit: in_table_order(limit(Person.select().where(Person.kind == "staff")))
)
_PUPILS = permissions.PreparedWithin(
    lambda limit, class_: in_table_order(
        limit(Person.select().where(Person.school_class == class_, Person.kind == "student"))
    )
)


def listing_or_404(named: int | str, *, to: str = "edit") -> Listing:
    """The listing of this class id, or of "staff", if the user may edit (or ``to`` "see") it.

    Aborts with 404 for a class of others, with 403 where the role does not allow it.
    """
    if named == "staff":
        if not _may_open_staff(to):
            abort(403)
        return Listing()
    id_ = whole(named)
    if not id_:
        abort(404)
    return Listing(class_or_404(id_, to=to))


def listing_of(person: Person) -> Listing:
    """The listing in which a record stands."""
    if person.kind == "staff":
        return Listing()  # a homeroom teacher is no pupil of the class
    return Listing(person.school_class)


def _may_open_staff(to: str) -> bool:
    if not permissions.may_see_staff(current_user):
        return False
    return to == "see" or permissions.may_edit(current_user, Person(kind="staff"))
