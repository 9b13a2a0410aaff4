"""Workbooks of people leaving the house: a class, the school, the staff; our own shape, or the ministry's form 4.1.6.

Each carries the record's id and version in two hidden columns and the school and year on a hidden sheet, so that the
file finds its records again and a cell changed on both sides is noticed (``imports``). It is the template too: 500
spare rows keep numbers as text, and gender, ethnic group, nationality, position and places choose from catalogues.
Every export leaves an audit row: who, what, how many records; no value of anybody.
"""

import io
from collections.abc import Sequence
from typing import Any

from idapp import audit
from idapp.database import writing
from idapp.exports.catalogues import catalogues_of
from idapp.exports.guide import guide_of
from idapp.exports.layout import Layout, form_416, own
from idapp.models import Person, SchoolClass, User, utc_now
from idapp.people import table_of
from idapp.permissions import people_of
from idapp.school import the_campaign, the_school
from idapp.workbook import Column, Page, write_workbook

TEMPLATE_VERSION = "2"
RESULT_HEADING = "Kết quả xác thực"
FORM_SHEET = "Sheet1"


def class_workbook(school_class: SchoolClass, *, by: User, form: str = "") -> bytes:
    """One class, in the order of its list. ``form="416"``: the ministry's form."""
    people = table_of(_pupils(by).where(Person.school_class == school_class))
    return _written(
        people, "student", f"class {school_class.id}", f"Lớp {school_class.name}", by=by, form=form
    )


def school_workbook(*, by: User, form: str = "") -> bytes:
    """Every pupil this user may see, class by class."""
    query = _pupils(by).order_by(SchoolClass.grade, SchoolClass.name, Person.sort_key, Person.id)
    return _written(list(query), "student", "school", "Học sinh toàn trường", by=by, form=form)


def staff_workbook(*, by: User) -> bytes:
    people = table_of(people_of(by).where(Person.kind == "staff"))
    return _written(people, "staff", "staff", "Cán bộ, giáo viên, nhân viên", by=by)


def batch_workbook(people: Sequence[Person], *, subject: str, by: User) -> bytes:
    """The request of a batch in the file way: pupils in the ministry's form, staff in their own shape on a sheet apart.

    ``people`` carry the values as they were frozen; each sheet ends with an empty column for the result.
    """
    epoch, pages, used = the_campaign().epoch, list[Page](), set[str]()
    for kind, name in (("student", FORM_SHEET), ("staff", "Cán bộ")):
        found = [person for person in people if person.kind == kind]
        if found:
            layout = form_416(epoch) if kind == "student" else own(kind, epoch)
            columns = [*layout.columns, Column(RESULT_HEADING, 24)]
            pages.append(
                Page(name, columns, [[*row, ""] for row in layout.rows(found)], spare_rows=0)
            )
            used |= layout.catalogues
    target = io.BytesIO()
    write_workbook(target, sheets=[*pages, *catalogues_of(epoch, used)])
    with writing():
        audit.record(
            "export", by=by, subject=subject, new=f"{len(people)} hồ sơ (gửi xác thực bằng tệp)"
        )
    return target.getvalue()


def _pupils(by: User) -> Any:
    query = people_of(by).where(Person.kind == "student")
    return query.select(Person, SchoolClass).join(SchoolClass)


def _written(
    people: Sequence[Person], kind: str, subject: str, title: str, *, by: User, form: str = ""
) -> bytes:
    epoch, school = the_campaign().epoch, the_school()
    is_form = form == "416"
    layout = form_416(epoch) if is_form else own(kind, epoch)
    page = _form_page(layout, people) if is_form else _own_page(layout, people, title)
    guide, catalogues = (
        guide_of(kind, epoch, is_form=is_form),
        catalogues_of(epoch, layout.catalogues),
    )
    target = io.BytesIO()
    write_workbook(  # the ministry's form keeps its sheets in the ministry's order
        target,
        sheets=[page, *catalogues, guide] if is_form else [page, guide, *catalogues],
        meta={
            "school": school.name,
            "school_year": str(school.school_year),
            "kind": kind,
            "scope": title,
            "template": TEMPLATE_VERSION,
            "exported_at": utc_now().isoformat(timespec="seconds"),
        },
    )
    with writing():
        audit.record(
            "export",
            by=by,
            subject=subject,
            new=f"{len(people)} hồ sơ{' (mẫu 4.1.6)' if form else ''}",
        )
    return target.getvalue()


def _form_page(layout: Layout, people: Sequence[Person]) -> Page:
    """The ministry reads its form from the first row, so there is no title."""
    return Page(FORM_SHEET, layout.columns, layout.rows(people), frozen=3)


def _own_page(layout: Layout, people: Sequence[Person], title: str) -> Page:
    school = the_school()
    titles = [school.name, f"{title} - Năm học {school.school_year}-{school.school_year + 1}"]
    return Page(
        "Danh sách",
        layout.columns,
        layout.rows(people),
        titles=titles,
        frozen=layout.name_column + 1,
    )
