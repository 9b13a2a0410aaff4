"""The form of all classes: names, order, homeroom teachers, new and removed ones, saved together or not at all.

Each value comes with what its user saw: what the user left alone is not written, so that two forms open at once take
nothing back from each other; where both changed the same, the second is refused and shown both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from peewee import SQL, fn

from idapp import audit, database, homeroom, school
from idapp.database import writing
from idapp.models import (
    Batch,
    Change,
    ClassTeacher,
    Person,
    Remark,
    SchoolClass,
    User,
    in_school_order,
)
from idapp.people.states import RuleContext, people_with_class, recompute_all
from idapp.rules import class_name
from idapp.rules.class_name import class_key
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

NEW = 0  # stands for the new names among the refused
_BETWEEN_NAMES = re.compile("[\n\r\t,;]+")


@dataclass(frozen=True)
class Row:
    """A class as a form has it: texts, and the ids of its homeroom teachers."""

    name: str
    order: str  # its place within its grade, from 1
    teachers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class ClassEdit:
    """One class of the form: what its user saw, and what the user wants."""

    id: int
    seen: Row
    wanted: Row
    remove: bool = False


class ClassesRefused(Exception):
    """Nothing was saved. ``sentences``: {id of a class, or NEW: what is wrong with it}."""

    def __init__(self, sentences: Mapping[int, str], *, is_conflict: bool) -> None:
        super().__init__("classes")
        self.sentences = sentences
        self.is_conflict = is_conflict


@dataclass
class _Check:
    """What is wrong with a form, by class."""

    sentences: dict[int, str] = field(default_factory=dict)
    is_conflict: bool = False

    def refuse(self, id_: int, sentence: str) -> None:
        """The first sentence about a class is the one that is shown."""
        self.sentences.setdefault(id_, sentence)

    def refuse_as_stale(self, id_: int, sentence: str) -> None:
        """Somebody else was quicker: saving again would do it."""
        self.refuse(id_, sentence)
        self.is_conflict = True


def rows() -> dict[int, Row]:
    """All classes in school order, as a form shows them: {id: row}."""
    teachers_of = homeroom.by_class()
    rows_by_id: dict[int, Row] = {}
    places: dict[int | None, int] = {}
    for school_class in SchoolClass.present().order_by(*in_school_order()):
        place = places[school_class.grade] = places.get(school_class.grade, 0) + 1
        held = teachers_of.get(school_class.id, ())
        teachers = frozenset(row.teacher_id for row in held if row.until is None)
        rows_by_id[school_class.id] = Row(school_class.name, str(place), teachers)
    return rows_by_id


def names_in(text: str) -> list[str]:
    """The names somebody has typed or pasted, one a line, in cells or with commas; each once, as lists write them.

    >>> names_in("Lớp 5C\\n5d, 5 E\\t5F;; 5C")
    ['5C', '5D', '5E', '5F']
    """
    names = [class_name.clean(part) for part in _BETWEEN_NAMES.split(text)]
    return list(dict.fromkeys(name for name in names if name))


def save(edits: Sequence[ClassEdit], new_names: str, *, by: User) -> int:
    """Write all of it in one transaction; how many classes were changed, added or removed.

    Raises ``ClassesRefused`` with every sentence at once, and then nothing is written.
    """
    with writing():
        stored = rows()
        names = names_in(new_names)
        check = _Check()
        for edit in edits:
            _check_edit(edit, stored, check)
        _check_names(edits, names, stored, check)
        if check.sentences:
            raise ClassesRefused(check.sentences, is_conflict=check.is_conflict)
        return _write(edits, names, stored, by)


# --- what is wrong ---


def _check_edit(edit: ClassEdit, stored: Mapping[int, Row], check: _Check) -> None:
    now = stored.get(edit.id)
    if now is None:
        sentence = f"Lớp {edit.seen.name} vừa có người xóa. Bỏ dòng này đi bằng cách mở lại trang."
        check.refuse_as_stale(edit.id, sentence)
        return
    for stale in _stale(edit, now):
        check.refuse_as_stale(edit.id, stale)
    if edit.remove:
        reason = why_kept(SchoolClass.get_by_id(edit.id))
        if reason:
            check.refuse(edit.id, f"Không xóa được lớp {now.name}: {reason}.")
    if not re.fullmatch("[0-9]{1,3}", edit.wanted.order.strip()):
        check.refuse(edit.id, "Thứ tự là một số, ví dụ 1.")


def _stale(edit: ClassEdit, now: Row) -> Iterable[str]:
    """What both this user and somebody else have changed since the form was opened."""
    wanted = _cleaned(edit)
    again = "Bấm Lưu lần nữa nếu vẫn muốn như đã nhập."
    if edit.remove and now != edit.seen:
        yield f"Vừa có người sửa lớp này. {again}"
    if wanted.name not in (edit.seen.name, now.name) and now.name != edit.seen.name:
        yield f"Vừa có người đổi tên lớp này thành {now.name}. {again}"
    if wanted.order not in (edit.seen.order, now.order) and now.order != edit.seen.order:
        yield f"Vừa có người đổi thứ tự lớp này thành {now.order}. {again}"
    is_other = wanted.teachers not in (edit.seen.teachers, now.teachers)
    if is_other and now.teachers != edit.seen.teachers:
        yield f"Vừa có người giao lớp này cho {_teachers_in_words(now.teachers)}. {again}"


def _teachers_in_words(ids: Iterable[int]) -> str:
    users = User.select().where(User.id.in_(list(ids))).order_by(User.full_name)
    return ", ".join(user.full_name for user in users) or "không ai"


def _check_names(
    edits: Iterable[ClassEdit], new: Sequence[str], stored: Mapping[int, Row], check: _Check
) -> None:
    """Grades of new names, and no name twice."""
    gone = {edit.id for edit in edits if edit.remove}
    after = {id_: row.name for id_, row in stored.items() if id_ not in gone}
    renamed = _renamed([edit for edit in edits if edit.id in after], stored)
    added = [(NEW, name) for name in new]
    for id_, name in [*renamed.items(), *added]:
        _check_name(id_, name, check)
    _check_twice([*(after | renamed).items(), *added], check)


def _check_twice(names: Iterable[tuple[int, str]], check: _Check) -> None:
    holder_of: dict[str, int] = {}
    for id_, name in names:
        other = holder_of.setdefault(class_key(name), id_)
        if other != id_:
            check.refuse(id_, f"Trường đã có lớp {name}.")


def _check_name(id_: int, name: str, check: _Check) -> None:
    try:
        class_name.check(name, school.the_school().level)
    except Problem as problem:
        check.refuse(id_, problem.message)


def _changed(renamed: Mapping[int, str], names: Mapping[int, str]) -> list[tuple[int, str]]:
    return [(id_, name) for id_, name in renamed.items() if name != names[id_]]


def _cleaned(edit: ClassEdit) -> Row:
    """What is wanted, in the form in which it is stored."""
    name = edit.wanted.name
    if tidy(name) != edit.seen.name:  # a name from before is not brought into form by the way
        name = class_name.clean(name)
    return Row(tidy(name), edit.wanted.order.strip(), edit.wanted.teachers)


def _name_after(edit: ClassEdit, stored: Mapping[int, Row]) -> str:
    """The name the class has in the end: as stored, unless this user has changed it."""
    wanted = _cleaned(edit).name
    if wanted == edit.seen.name:
        return stored[edit.id].name
    return wanted


def why_kept(school_class: SchoolClass) -> str:
    """Why a class cannot be removed, for people; "" if nobody and nothing belongs to it."""
    pupils = Person.select().where(Person.school_class == school_class)
    return _still_has(pupils.where(Person.active).count()) or _why_kept_empty(school_class)


def why_each_is_kept() -> dict[int, str]:
    """:func:`why_kept` of every class of this year, with one count for all: nearly every class has pupils."""
    of_classes = Person.select(Person.school_class, fn.COUNT(SQL("*"))).where(Person.active)
    count_of = dict(database.rows(of_classes.group_by(Person.school_class)))
    return {
        school_class.id: _still_has(count_of.get(school_class.id, 0))
        or _why_kept_empty(school_class)
        for school_class in SchoolClass.present()
    }


def _still_has(count: int) -> str:
    return f"lớp còn {count} học sinh" if count else ""


def _why_kept_empty(school_class: SchoolClass) -> str:
    """Why a class without anybody cannot be removed."""
    if Person.select().where(Person.school_class == school_class).exists():
        return "hồ sơ học sinh đã rời trường còn ghi lớp này"
    if Remark.select().where(Remark.school_class == school_class).exists():
        return "lớp có nhận xét của cơ quan theo dõi"
    if Batch.select().where(Batch.scope == f"class:{school_class.id}").exists():
        return "lớp đã có đợt xác thực"
    if _has_moves(school_class):
        return "nhật ký còn ghi học sinh từng học lớp này"
    return ""


def _has_moves(school_class: SchoolClass) -> bool:
    """Was anybody ever moved into or out of it, under any of its names?"""
    renamed = Change.select(Change.old).where(
        Change.event == "class.renamed", Change.subject == f"class {school_class.id}"
    )
    names = [school_class.name, *(change.old for change in renamed)]
    named = Change.old.in_(names) | Change.new.in_(names)
    return bool(Change.select().where(Change.event == "person.moved", named).exists())


# --- writing ---


def _write(
    edits: Sequence[ClassEdit], new: Sequence[str], stored: Mapping[int, Row], by: User
) -> int:
    removed = _remove_all(edits, by)
    kept = [edit for edit in edits if not edit.remove]
    renamed = _renamed(kept, stored)
    _rename(renamed, by)
    moved = {edit.id: int(edit.wanted.order) for edit in kept if _has_moved(edit, stored)}
    _order(moved, stored, by)
    assigned = [edit.id for edit in kept if _assign(edit, by)]
    for name in new:
        school.add_class(name, by=by)
    return len({*removed, *renamed, *moved, *assigned}) + len(new)


def _renamed(edits: Iterable[ClassEdit], stored: Mapping[int, Row]) -> dict[int, str]:
    """{id: new name} of the classes that get one."""
    after = {edit.id: _name_after(edit, stored) for edit in edits}
    return dict(_changed(after, {id_: stored[id_].name for id_ in after}))


def _remove_all(edits: Iterable[ClassEdit], by: User) -> list[int]:
    """The ids of the classes that are gone now."""
    removed = [edit.id for edit in edits if edit.remove]
    for id_ in removed:
        _remove(SchoolClass.get_by_id(id_), by)
    return removed


def _remove(school_class: SchoolClass, by: User) -> None:
    homeroom.assign_teachers(school_class, [], by=by)
    for row in ClassTeacher.select().where(ClassTeacher.school_class == school_class):
        homeroom.end_stand_in(school_class, row.teacher, by=by)
    school.take_back_class(school_class, by=by)


def _rename(names: Mapping[int, str], by: User) -> None:
    """New names, which may be each other's; the records of a class that changes its grade are computed again."""
    classes = list(SchoolClass.select().where(SchoolClass.id.in_(list(names))))
    for school_class in classes:
        # out of the way first: 5A and 5B may change places, and a name is there only once
        SchoolClass.update(name=f"~{school_class.id}").where(
            SchoolClass.id == school_class.id
        ).execute()
    for school_class in classes:
        name = names[school_class.id]
        grade = class_name.grade_in(name)
        SchoolClass.update(name=name, grade=grade, level=class_name.level_of(grade)).where(
            SchoolClass.id == school_class.id
        ).execute()
        audit.record(
            "class.renamed",
            by=by,
            subject=f"class {school_class.id}",
            field="class_name",
            old=school_class.name,
            new=name,
        )
    others = [c.id for c in classes if c.grade != class_name.grade_in(names[c.id])]
    if others:
        people = people_with_class(Person.school_class.in_(others), Person.active)
        recompute_all(people, RuleContext(bulk=True))


def _has_moved(edit: ClassEdit, stored: Mapping[int, Row]) -> bool:
    wanted = edit.wanted.order.strip()
    return wanted not in (edit.seen.order, stored[edit.id].order)


def _order(places: Mapping[int, int], stored: Mapping[int, Row], by: User) -> None:
    """Positions for all classes; ``places``: where some are to stand within their grade."""

    def key(school_class: SchoolClass) -> tuple[bool, int, int, int, int]:
        """A class goes before the one whose place it takes from below, behind it from above."""
        grade = school_class.grade
        before = int(stored[school_class.id].order)
        place = places.get(school_class.id, before)
        direction = (place > before) - (place < before)
        return grade is None, grade or 0, place, direction, school_class.position

    present = SchoolClass.present()
    for position, school_class in enumerate(sorted(present, key=key), start=1):
        if position != school_class.position:
            SchoolClass.update(position=position).where(SchoolClass.id == school_class.id).execute()
    for id_, place in places.items():
        audit.record(
            "class.ordered",
            by=by,
            subject=f"class {id_}",
            field="class_order",
            old=stored[id_].order,
            new=str(place),
        )


def _assign(edit: ClassEdit, by: User) -> bool:
    """Give the class its teachers, if this user has changed them."""
    if edit.wanted.teachers == edit.seen.teachers:
        return False
    teachers = list(User.select().where(User.id.in_(list(edit.wanted.teachers))))
    return homeroom.assign_teachers(SchoolClass.get_by_id(edit.id), teachers, by=by)
