"""The tables of classes and staff, and where a user lands."""

from __future__ import annotations

import string
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from flask import abort, redirect, render_template, request, url_for
from peewee import ModelSelect, fn
from werkzeug.wrappers import Response as AnyResponse

from idapp import people, permissions, progress, school, school_years
from idapp.database import PreparedStatement
from idapp.models import Change, Person, SchoolClass, in_school_order
from idapp.people import codes, entry_papers
from idapp.permissions import sees_numbers
from idapp.progress.grade_sums import GradeSums, grade_sums
from idapp.rules import record
from idapp.rules.entry_papers import papers_for
from idapp.settings import current
from idapp.web import cells, grades, homeroom_words
from idapp.web.access import class_or_404, current_user, only, signed_in, the_user
from idapp.web.people import bp, filters
from idapp.web.people.drawn_rows import Look, Row, rows_of_class, rows_of_staff
from idapp.web.people.reasons import counters_over
from idapp.web.progress import completion
from idapp.web.progress.completion import board_of_user


@bp.get("/")
@signed_in
def home() -> AnyResponse:
    """A teacher lands in the own class, everybody else on the board."""
    if current_user.role != "teacher":
        return redirect(url_for("progress.board"))
    classes_of_teacher = list(permissions.classes_of(current_user).limit(2))  # two: not one alone
    if len(classes_of_teacher) == 1:
        return redirect(url_for("people.class_table", class_id=classes_of_teacher[0].id))
    return redirect(url_for("people.classes"))


# the tables


@bp.get("/classes")
@signed_in
def classes() -> str:
    """The classes that the user may see, with their figures."""
    classes_of_user = permissions.names_and_grades_of(the_user())
    if grades.is_folded(classes_of_user):
        return _classes_by_grade(grade_sums(the_user(), classes_of_user))
    lines = board_of_user().of_kind("student")
    shown = grades.of_grade(lines, grades.wanted_grade())
    return render_template(
        "people/classes.html",
        lines=shown,
        how_many=len(shown),
        by_grade=_by_grade(lines),
        is_one_grade=bool(grades.wanted_grade()),
        grade_key=grades.key_of,
        owing=entry_papers.owing_by_class(the_user()),
        teachers=homeroom_words.by_class(),
        without_code=codes.missing_by_class(the_user()),
        past=_past_classes(),
    )


def _classes_by_grade(sums: GradeSums) -> str:
    """Of a large school the sums of the grades; their classes are fetched when they are opened."""
    completion.keep(*sums.completion)
    return render_template(
        "people/classes.html",
        lines=(),
        how_many=sums.classes,
        by_grade=sums.grades,
        grade_key=grades.key_of,
        past=_past_classes(),
    )


def _by_grade(lines: list[progress.ProgressRow]) -> Sequence[progress.ProgressRow]:
    """The sums of the grades where there are too many classes to show; who is in no class is in no sum."""
    if not grades.is_folded(lines):
        return ()
    return progress.Board([line for line in lines if line.class_id]).by_grade()


def _past_classes() -> list[tuple[int, list[SchoolClass]]]:
    """(school year, its classes) of the years that are over, the last one first; a teacher has none of them."""
    if current_user.role == "teacher":
        return []
    query = SchoolClass.select().where(SchoolClass.is_past)
    in_order = query.order_by(SchoolClass.school_year.desc(), *in_school_order())
    return [(year, list(of_year)) for year, of_year in groupby(in_order, attrgetter("school_year"))]


@bp.get("/classes/by-name/<name>")
@signed_in
def class_by_name(name: str) -> AnyResponse:
    """For printed codes and bookmarks: the address holds the name people know."""
    school_class = school.class_named(name)
    if school_class is None:
        abort(404)
    address = url_for("people.class_table", class_id=class_or_404(school_class.id).id)
    # a filter goes along
    query = request.query_string.decode("ascii", "ignore")
    if query:
        address += f"?{query}"
    return redirect(address)


@bp.get("/classes/<int:class_id>")
@signed_in
def class_table(class_id: int) -> str:
    """The table of a class."""
    return class_page(class_or_404(class_id))


@bp.post("/classes/<int:class_id>")
@signed_in
def filter_class(class_id: int) -> str:
    """The filter without JavaScript: what was typed may be a number, and stays out of the address. Changes nothing.

    At the address of the table itself: its links, such as `?reason=`, lead on from there.
    """
    return class_page(class_or_404(class_id))


@bp.get("/staff")
@only("clerk", "principal", "reviewer")
def staff() -> str:
    """The table of the staff."""
    return staff_page()


@bp.post("/staff")
@only("clerk", "principal", "reviewer")
def filter_staff() -> str:
    """As ``filter_class``."""
    return staff_page()


def class_page(school_class: SchoolClass, **newcomer: object) -> str:
    """The page of a class. ``newcomer``: what the form for a new pupil shows again, and why nobody was added."""
    may_edit = permissions.may_edit_class(current_user, school_class)
    table = _table(may_edit, school_class)
    title = f"Lớp {school_class.name}"
    if school_class.is_past:
        title += f" năm học {school_years.year_words(school_class.school_year)}"
    return render_template(
        "people/class_table.html",
        school_class=school_class,
        teachers=homeroom_words.of_class(school_class),
        title=title,
        may_edit=may_edit,
        filter_address=url_for("people.filter_class", class_id=school_class.id),
        **table,
        **newcomer,
    )


def staff_page(**newcomer: object) -> str:
    """The page of the staff; ``newcomer`` as of ``class_page``."""
    may_edit = permissions.may_edit(current_user, Person(kind="staff"))
    title = "Cán bộ, giáo viên, nhân viên"
    return render_template(
        "people/staff.html",
        title=title,
        may_edit=may_edit,
        filter_address=url_for("people.filter_staff"),
        **_table(may_edit),
        **newcomer,
    )


def _table(may_edit: bool, school_class: SchoolClass | None = None) -> dict[str, object]:
    """What every table needs: columns, rows in Vietnamese order and which of them are shown, counters, catalogues."""
    kind = "student" if school_class else "staff"
    epoch = school.the_campaign().epoch
    wanted = filters.asked_for()
    # read before the rows: what comes later is told later
    newest = _newest_change()
    rows = _rows(
        Look(kind, epoch, may_edit, not sees_numbers(the_user()), request.script_root), school_class
    )
    owing = _owing(school_class)
    return {
        "owing": owing,
        "entry_lines": _entry_lines(school_class),
        "newest_change": newest,
        "standing": standing(
            sorted((row.id, row.status, row.errors, row.warnings) for row in rows)
        ),
        "columns": cells.columns_of(kind, epoch),
        "rows": rows,
        "wanted": wanted,
        "shown": {row.id for row in rows if wanted.matches(row, owing)},
        "counts": counters_over(
            (row.status, row.errors, row.warnings, row.reasons) for row in rows
        ),
        "left": _left(school_class),
        "status_words": people.STATUS_WORDS,
        "catalogues": catalogues_of(kind),
        "today": current().today(),
        "table_id": school_class.id if school_class else "staff",
    }


def _rows(look: Look, school_class: SchoolClass | None) -> list[Row]:
    if school_class is None:
        return rows_of_staff(the_user(), look)
    return rows_of_class(school_class, the_user(), look)


def _newest_change() -> int:
    [(newest,)] = _NEWEST.raw()
    return newest or 0


_NEWEST = PreparedStatement(lambda: Change.select(fn.MAX(Change.id)))


def _owing(school_class: SchoolClass | None) -> set[int]:
    """Who of the class owes papers, for those who ask for them."""
    if school_class is None or current_user.role == "reviewer":
        return set()
    return entry_papers.owing_ids(the_user(), school_class)


def _entry_lines(school_class: SchoolClass | None) -> list[entry_papers.Line]:
    """The papers that the form for a newcomer asks for."""
    if school_class is None:
        return []
    return [
        entry_papers.Line(paper.key, paper.label, paper.is_needed)
        for paper in papers_for(school_class.grade)
    ]


def _left(school_class: SchoolClass | None) -> list[Person]:
    """Who is no longer in this list: the way back to a record that was put aside by mistake."""
    if school_class is None:
        return _LEFT_STAFF.rows(the_user())
    return _LEFT_CLASS.rows(the_user(), school_class.id)


# who was merged has not left: the other record is there
_GONE = (
    Person.select(Person.id, Person.full_name, Person.state)
    .where(~Person.active, Person.state != permissions.MERGED)
    .order_by(Person.sort_key, Person.id)
)
_LEFT_CLASS = permissions.PreparedWithin(
    lambda limit, class_: limit(
        _GONE.where(Person.kind == "student", Person.school_class == class_)
    ),
    include_inactive=True,
)
_LEFT_STAFF = permissions.PreparedWithin(
    lambda limit: limit(_GONE.where(Person.kind == "staff", Person.school_class.is_null())),
    include_inactive=True,
)


def standing(states: Iterable[tuple[int, str, int, int]]) -> str:
    """What the table shows of its records (id, status, errors, warnings), two signs for each in the order of the ids.

    The browser only gives it back: an answer of the register, or somebody with the same number in another class,
    changes them without a change in this table.

    >>> standing([(17, "ready", 0, 2), (18, "incomplete", 1, 0)])
    'b2aA'
    """
    signs = []
    for _, status, errors, warnings in states:
        # a digest: ten warnings look like one error, but hardly ever become one unseen
        count_sign = _SIGNS[(10 * errors + warnings) % len(_SIGNS)]
        signs.append(_LETTERS[status] + count_sign)
    return "".join(signs)


_LETTERS = dict(zip(people.STATUS_WORDS, string.ascii_lowercase, strict=False))
_SIGNS = string.digits + string.ascii_uppercase


def in_class(school_class: SchoolClass) -> ModelSelect[Person]:
    """The pupils of a class whom the user may see."""
    return permissions.people_of(current_user).where(
        Person.school_class == school_class, Person.kind == "student"
    )


def all_staff() -> ModelSelect[Person]:
    """The staff whom the user may see."""
    return permissions.people_of(current_user).where(Person.kind == "staff")


def catalogues_of(kind: str) -> dict[str, tuple[str, ...]]:
    """The lists to choose from, for those who may choose."""
    if current_user.role == "reviewer":
        return {}  # only looks on
    return {
        field.name: record.choices_of(field.name, kind)
        for field in record.fields_of(kind)
        if field.kind_of_input == "choice"
    }


def table_address(person: Person) -> str:
    """Where the record is listed: its class, the staff, or for a pupil without a class the list of classes."""
    if person.kind == "staff":
        return url_for("people.staff")
    if person.school_class_id is None:
        return url_for("people.classes")
    return url_for("people.class_table", class_id=person.school_class_id)
