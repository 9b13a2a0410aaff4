"""The tables of classes and staff, and where a user lands."""

from __future__ import annotations

import string
from collections.abc import Iterable

from flask import abort, redirect, render_template, request, url_for
from peewee import ModelSelect, fn
from werkzeug.wrappers import Response as AnyResponse

from idapp import people, permissions, progress, school
from idapp.models import Change, Person, SchoolClass
from idapp.rules import record
from idapp.settings import current
from idapp.web import cells
from idapp.web.access import class_or_404, current_user, only, signed_in, the_user
from idapp.web.people import bp, filters
from idapp.web.people.reasons import counters_over


@bp.get("/")
@signed_in
def home() -> AnyResponse:
    """A teacher lands in the own class, everybody else on the board."""
    if current_user.role != "teacher":
        return redirect(url_for("progress.board"))
    own = list(permissions.classes_of(current_user).limit(2))
    if len(own) == 1:
        return redirect(url_for("people.class_table", class_id=own[0].id))
    return redirect(url_for("people.classes"))


# the tables


@bp.get("/classes")
@signed_in
def classes() -> str:
    teachers = {c.id: c.homeroom_teacher for c in permissions.classes_of(current_user)}
    return render_template(
        "people/classes.html",
        lines=progress.board(current_user).of_kind("student"),
        teachers=teachers,
    )


@bp.get("/classes/by-name/<name>")
@signed_in
def class_by_name(name: str) -> AnyResponse:
    """For printed codes and bookmarks: the address holds the name people know."""
    found = school.class_named(name)
    if found is None:
        abort(404)
    address = url_for("people.class_table", class_id=class_or_404(found.id).id)
    wanted = request.query_string.decode("ascii", "ignore")  # a filter goes along
    return redirect(f"{address}?{wanted}" if wanted else address)


@bp.get("/classes/<int:class_id>")
@signed_in
def class_table(class_id: int) -> str:
    return class_page(class_or_404(class_id))


@bp.get("/staff")
@only("clerk", "principal", "reviewer")
def staff() -> str:
    return staff_page()


def class_page(school_class: SchoolClass, **newcomer: object) -> str:
    may_edit = permissions.may_edit_class(current_user, school_class)
    table = _table(in_class(school_class), "student", school_class)
    title = f"Lớp {school_class.name}"
    return render_template(
        "people/class_table.html",
        school_class=school_class,
        title=title,
        may_edit=may_edit,
        **table,
        **newcomer,
    )


def staff_page(**newcomer: object) -> str:
    may_edit = permissions.may_edit(current_user, Person(kind="staff"))
    title = "Cán bộ, giáo viên, nhân viên"
    return render_template(
        "people/staff.html",
        title=title,
        may_edit=may_edit,
        **_table(all_staff(), "staff"),
        **newcomer,
    )


def _table(
    query: ModelSelect[Person], kind: str, school_class: SchoolClass | None = None
) -> dict[str, object]:
    """What every table needs: columns, rows in Vietnamese order and which of them are shown, counters, catalogues."""
    columns = cells.columns_of(kind, school.the_campaign().epoch)
    wanted = filters.asked_for()
    newest = (
        Change.select(fn.MAX(Change.id)).scalar() or 0
    )  # read before the rows: what comes later is told later
    found = people.table_of(query)
    for person in found:
        person.school_class = school_class  # known: spares a query per row
    rows = cells.rows_of(found, columns, the_user())
    return {
        "newest_change": newest,
        "standing": standing(
            sorted((one.id, one.status, one.errors, one.warnings) for one in found)
        ),
        "columns": columns,
        "rows": rows,
        "wanted": wanted,
        "shown": {row.person.id for row in rows if wanted.matches(row)},
        "counts": counters_over(found),
        "left": _left(kind, school_class),
        "status_words": people.STATUS_WORDS,
        "catalogues": catalogues_of(kind),
        "today": current().today(),
        "table_id": school_class.id if school_class else "staff",
    }


def _left(kind: str, school_class: SchoolClass | None) -> list[Person]:
    """Who is no longer in this list: the way back to a record that was put aside by mistake."""
    everybody = permissions.people_of(current_user, include_inactive=True)
    gone = everybody.where(~Person.active, Person.kind == kind, Person.school_class == school_class)
    return people.table_of(gone.select(Person.id, Person.full_name, Person.state, Person.sort_key))


def standing(states: Iterable[tuple[int, str, int, int]]) -> str:
    """What the table shows of its records (id, status, errors, warnings), two signs for each in the order of the ids.

    The browser only gives it back: an answer of the register, or somebody with the same number in another class,
    changes them without a change in this table.

    >>> standing([(17, "ready", 0, 2), (18, "incomplete", 1, 0)])
    'b2aA'
    """
    return "".join(
        _LETTERS[state] + _SIGNS[(10 * errors + warnings) % len(_SIGNS)]
        for _, state, errors, warnings in states
    )


_LETTERS = {state: chr(ord("a") + at) for at, state in enumerate(people.STATUS_WORDS)}
_SIGNS = string.digits + string.ascii_uppercase


def in_class(school_class: SchoolClass) -> ModelSelect[Person]:
    return permissions.people_of(current_user).where(
        Person.school_class == school_class, Person.kind == "student"
    )


def all_staff() -> ModelSelect[Person]:
    return permissions.people_of(current_user).where(Person.kind == "staff")


def catalogues_of(kind: str) -> dict[str, tuple[str, ...]]:
    """The lists to choose from, for those who may choose."""
    if current_user.role == "reviewer":
        return {}
    return {
        f.name: record.choices_of(f.name, kind)
        for f in record.fields_of(kind)
        if f.kind_of_input == "choice"
    }


def table_address(person: Person) -> str:
    if person.kind == "staff":
        return url_for("people.staff")
    return (
        url_for("people.class_table", class_id=person.school_class_id)
        if person.school_class_id
        else url_for("people.classes")
    )
