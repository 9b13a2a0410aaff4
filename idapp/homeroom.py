"""Who looks after which class: homeroom teachers, several where the school wants it, and stand-ins until a day.

Whether an assignment holds today (the day, the account, the staff record) is ``permissions.assignments``: pages and
permissions read the same rows, so a class that shows as unassigned is open to no teacher.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from peewee import ModelSelect, fn

from idapp import audit, permissions
from idapp.database import PreparedStatement, writing
from idapp.models import ClassTeacher, Person, SchoolClass, User, in_school_order
from idapp.rules.problem import Problem
from idapp.settings import current


def assign_teachers(
    school_class: SchoolClass,
    teachers: Iterable[User],
    *,
    by: User | None,
    changeset: str = "",
) -> bool:
    """Make these the homeroom teachers of a class; stand-ins stay until their day. Was anything changed?

    Raises Problem for an account that is no teacher's.
    """
    wanted = {teacher.id: teacher for teacher in teachers}
    for teacher in wanted.values():
        _check_teacher(teacher)
    with writing():
        stored = {row.teacher_id: row for row in _rows_of(school_class)}
        before = {id_ for id_, row in stored.items() if row.until is None}
        today = {teacher.id for teacher in teachers_of(school_class)}
        # a locked account keeps its class until somebody else gets it: unlocking gives it back
        if set(wanted) in (before, today):
            return False
        _remove([stored[id_] for id_ in before - set(wanted)])
        for id_ in set(wanted) - before:
            _keep(school_class, wanted[id_], None)
        _record(school_class, before, wanted, by, changeset)
    return True


def add_stand_in(school_class: SchoolClass, teacher: User, until: date, *, by: User | None) -> None:
    """Let a teacher look after a class too, up to the day before ``until``.

    Raises Problem for an account that is no teacher's, for a day that has come, and for who has the class anyway.
    """
    _check_teacher(teacher)
    if until <= current().today():
        sentence = "Ngày thôi dạy thay phải sau hôm nay. Hãy kiểm tra lại ngày."
        raise Problem("until", "past", sentence)
    with writing():
        stored = ClassTeacher.get_or_none(school_class=school_class, teacher=teacher)
        if stored is not None and stored.until is None:
            sentence = (
                f"{teacher.full_name} đang chủ nhiệm lớp {school_class.name} rồi, không cần dạy "
                "thay."
            )
            raise Problem("teacher", "homeroom", sentence)
        old = ""
        if stored is not None and stored.until is not None:
            old = _stand_in_words(teacher.id, stored.until)
        _keep(school_class, teacher, until)
        new = _stand_in_words(teacher.id, until)
        subject = f"class {school_class.id}"
        audit.record("class.stand_in", by=by, subject=subject, old=old, new=new)


def end_stand_in(school_class: SchoolClass, teacher: User, *, by: User | None) -> None:
    """Take a stand-in from a class before the day; nothing where there is none."""
    with writing():
        stored = ClassTeacher.get_or_none(school_class=school_class, teacher=teacher)
        if stored is None or stored.until is None:
            return
        old = _stand_in_words(teacher.id, stored.until)
        _remove([stored])
        audit.record("class.stand_in", by=by, subject=f"class {school_class.id}", old=old)


def teachers_of(school_class: SchoolClass) -> list[User]:
    """The homeroom teachers of a class today, without stand-ins, by name."""
    assignments = permissions.assignments().where(
        ClassTeacher.school_class == school_class, ClassTeacher.until.is_null()
    )
    return [row.teacher for row in assignments.order_by(User.full_name, User.id)]


def by_class() -> dict[int, list[ClassTeacher]]:
    """Who looks after each class today, homeroom teachers first; classes without anybody are missing."""
    rows: dict[int, list[ClassTeacher]] = defaultdict(list)
    for row in _ASSIGNED.rows(_today()):
        rows[row.school_class_id].append(row)
    return dict(rows)


def of_class(school_class: SchoolClass) -> list[ClassTeacher]:
    """Who looks after one class today, homeroom teachers first."""
    return _ASSIGNED_TO.rows(_today(), school_class.id)


def _homeroom_first(today: object) -> ModelSelect[ClassTeacher]:
    homeroom_first = ClassTeacher.until.is_null(False)
    return permissions.assignments(today).order_by(homeroom_first, User.full_name, User.id)


_ASSIGNED = PreparedStatement(_homeroom_first)
_ASSIGNED_TO = PreparedStatement(
    lambda today, class_: _homeroom_first(today).where(ClassTeacher.school_class == class_)
)


def _today() -> str:
    return current().today().isoformat()


def by_teacher() -> dict[int, list[ClassTeacher]]:
    """The classes that each teacher looks after today, by the teacher's id, in school order."""
    rows: dict[int, list[ClassTeacher]] = defaultdict(list)
    assignments = permissions.assignments().select_extend(SchoolClass)
    for row in assignments.order_by(*in_school_order()):
        rows[row.teacher_id].append(row)
    return dict(rows)


class ClassName(NamedTuple):
    """A class as a list of names has it."""

    id: int
    name: str


def assigned() -> set[int]:
    """The ids of the classes that somebody looks after today."""
    return {id_ for (id_,) in _ASSIGNED_IDS.raw(_today())}


_ASSIGNED_IDS = PreparedStatement(
    lambda today: permissions.assignments(today).select(ClassTeacher.school_class)
)


def unassigned() -> list[ClassName]:
    """The classes with pupils that nobody looks after today, in school order."""
    return [ClassName(*row) for row in _UNASSIGNED.raw(_today())]


def _without_teacher(today: object) -> ModelSelect[SchoolClass]:
    """Asked class by class, one pupil is enough; an ``IN`` would go through all of them."""
    present = SchoolClass.alias()  # the assignments have classes of their own
    pupils = Person.select().where(Person.active, Person.school_class == present.id)
    assigned = permissions.assignments(today).where(ClassTeacher.school_class == present.id)
    classes = present.select(present.id, present.name).where(~present.is_past)
    classes = classes.where(fn.EXISTS(pupils), ~fn.EXISTS(assigned))
    return classes.order_by(*in_school_order(present))


_UNASSIGNED = PreparedStatement(_without_teacher)


def _check_teacher(user: User) -> None:
    if user.role != "teacher":
        sentence = f"{user.full_name} không có tài khoản giáo viên nên không giao lớp được."
        raise Problem("teacher", "no_teacher", sentence)


def _rows_of(school_class: SchoolClass) -> list[ClassTeacher]:
    return list(ClassTeacher.select().where(ClassTeacher.school_class == school_class))


def _keep(school_class: SchoolClass, teacher: User, until: date | None) -> None:
    """One row for a class and a teacher, whatever stood there."""
    same = (ClassTeacher.school_class == school_class) & (ClassTeacher.teacher == teacher)
    if not ClassTeacher.update(until=until).where(same).execute():
        ClassTeacher.create(school_class=school_class, teacher=teacher, until=until)


def _remove(rows: Iterable[ClassTeacher]) -> None:
    ids = [row.id for row in rows]
    ClassTeacher.delete().where(ClassTeacher.id.in_(ids)).execute()


def _record(
    school_class: SchoolClass,
    before: Iterable[int],
    after: Iterable[int],
    by: User | None,
    changeset: str,
) -> None:
    audit.record(
        "class.teacher",
        by=by,
        subject=f"class {school_class.id}",
        old=_ids(before),
        new=_ids(after),
        changeset=changeset,
    )


def _ids(users: Iterable[int]) -> str:
    """How the history names teachers.

    >>> _ids({7, 3})
    '3,7'
    """
    return ",".join(str(id_) for id_ in sorted(users))


def _stand_in_words(user_id: int, until: date) -> str:
    """How the history names a stand-in: whose account, until which day.

    >>> _stand_in_words(7, date(2022, 10, 20))
    '7 2022-10-20'
    """
    return f"{user_id} {until.isoformat()}"
