"""Workbooks of people leaving the house: a class, the school, the staff; our own shape, or the ministry's form 4.1.6.

Each carries the record's id and version in two hidden columns and the school and year on a hidden sheet, so that the
file finds its records again and a cell changed on both sides is noticed (``imports``). It is the template too: 500
spare rows keep numbers as text, and gender, ethnic group, nationality, position and places choose from catalogues.
Every export leaves an audit row: who, what, how many records; no value of anybody.
"""

from collections.abc import Sequence
from typing import Any

from idapp import disclosures, present_residence
from idapp.exports.catalogues import catalogues_of
from idapp.exports.changes import changes_workbook as changes_workbook
from idapp.exports.guide import guide_of
from idapp.exports.layout import Layout, form_416, own
from idapp.models import (
    Person,
    SchoolClass,
    User,
    in_school_order,
    utc_now,
)
from idapp.people import table_of
from idapp.permissions import people_of
from idapp.school import the_campaign, the_school
from idapp.workbook import Catalogue, Column, Letter, Page, workbook_bytes

TEMPLATE_VERSION = "2"
RESULT_HEADING = "Kết quả xác thực"
FORM_SHEET = "Sheet1"  # as the sheet is called in the ministry's own files


def class_workbook(school_class: SchoolClass, *, by: User, form: str = "") -> bytes:
    """One class, in the order of its list. ``form="416"``: the ministry's form."""
    people = table_of(_pupils(by).where(Person.school_class == school_class))
    subject = f"class {school_class.id}"
    title = f"Lớp {school_class.name}"
    return _written(people, "student", subject, title, by=by, form=form)


def school_workbook(*, by: User, form: str = "") -> bytes:
    """Every pupil this user may see, class by class."""
    query = _pupils(by).order_by(*in_school_order(), Person.sort_key, Person.id)
    return _written(list(query), "student", "school", "Học sinh toàn trường", by=by, form=form)


def staff_workbook(*, by: User) -> bytes:
    """Every member of staff this user may see, in our own shape: the ministry's form is for pupils."""
    people = table_of(people_of(by).where(Person.kind == "staff"))
    return _written(people, "staff", "staff", "Cán bộ, giáo viên, nhân viên", by=by)


def batch_workbook(people: Sequence[Person], *, subject: str, by: User) -> bytes:
    """The request of a batch in the file way: pupils in the ministry's form, staff in their own shape on a sheet apart.

    ``people`` carry the values as they were frozen; each sheet ends with an empty column for the result.
    """
    epoch = the_campaign().epoch
    pages: list[Page] = []
    catalogue_names: set[str] = set()
    layouts = (
        ("student", FORM_SHEET, form_416(epoch)),
        ("staff", "Cán bộ", own("staff", epoch)),
    )
    for kind, sheet, layout in layouts:
        of_kind = [person for person in people if person.kind == kind]
        if of_kind:
            pages.append(_request_page(sheet, layout, of_kind))
            catalogue_names |= layout.catalogues
    content = workbook_bytes([*pages, *catalogues_of(epoch, catalogue_names)])
    note = "gửi xác thực bằng tệp"
    disclosures.record("export", subject, by=by, count=len(people), note=note)
    return content


def _request_page(sheet: str, layout: Layout, people: Sequence[Person]) -> Page:
    """The columns of a layout and an empty one for the result; nobody may add a row."""
    columns = [*layout.columns, Column(RESULT_HEADING, 24)]
    rows = [[*row, ""] for row in layout.rows(people)]
    return Page(sheet, columns, rows, spare_rows=0)


def _pupils(by: User) -> Any:
    # with their classes at once: each row says its class
    query = people_of(by).where(Person.kind == "student")
    return query.select(Person, SchoolClass).join(SchoolClass)


def _written(
    people: Sequence[Person], kind: str, subject: str, title: str, *, by: User, form: str = ""
) -> bytes:
    """The bytes of a workbook, with its line in the history."""
    school = the_school()
    if form == "416":
        sheets = _form_sheets(people, kind)
    else:
        sheets = _own_sheets(people, kind, title)
    content = workbook_bytes(
        sheets,
        # by which an upload knows which school and year it belongs to
        {
            "school": school.name,
            "school_year": str(school.school_year),
            "kind": kind,
            "scope": title,
            "template": TEMPLATE_VERSION,
            "exported_at": utc_now().isoformat(timespec="seconds"),
        },
    )
    note = "mẫu 4.1.6" if form else ""
    disclosures.record("export", subject, by=by, count=len(people), note=note)
    return content


def _form_sheets(people: Sequence[Person], kind: str) -> list[Page | Catalogue | Letter]:
    """The ministry's form keeps its sheets in the ministry's order; ours comes last."""
    epoch = the_campaign().epoch
    layout = form_416(epoch)
    # the ministry reads its form from the first row, so there is no title
    page = Page(FORM_SHEET, layout.columns, layout.rows(people), frozen=3)
    catalogues = catalogues_of(epoch, layout.catalogues)
    return [page, *catalogues, guide_of(kind, epoch, is_form=True)]


def _own_sheets(people: Sequence[Person], kind: str, title: str) -> list[Page | Catalogue | Letter]:
    """How to fill it in stands beside the list."""
    epoch = the_campaign().epoch
    groups = present_residence.asked_groups()
    if not any(present_residence.is_asked_of(person, groups) for person in people):
        groups = frozenset()
    layout = own(kind, epoch, present_groups=groups)
    catalogues = catalogues_of(epoch, layout.catalogues)
    guide = guide_of(kind, epoch, is_form=False)
    return [_own_page(layout, people, title), guide, *catalogues]


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
