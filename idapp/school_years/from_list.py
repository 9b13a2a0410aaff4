"""A plan made of the new year's class lists: who stands in which class there; who is missing must be asked about."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from idapp import imports
from idapp.models import Import, ImportRow, Person, SchoolClass, User
from idapp.rules import catalogues
from idapp.rules.class_name import class_key, grade_in, grades_of, usual_order
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem
from idapp.school import the_school
from idapp.school_years.figures import present_classes, pupils_in_classes
from idapp.school_years.plans import Destination, Plan, proposal


def plan_from(upload: Import, by: User) -> Plan:
    """Each class goes where most of its pupils stand in the file; the others, and who is missing, are named apart.

    A class of which the file names nobody goes as it is usual. Raises ``Problem`` where the file cannot be read yet.
    """
    judged = imports.judged_again(upload, by)
    if judged is None:
        sentence = "Hãy trả lời các câu hỏi khác của tệp trước, hoặc tải tệp lên lại."
        raise Problem("file", "unread", sentence)
    named = _classes_named(judged.rows)
    if not named:
        sentence = (
            "Tệp không có học sinh nào của trường kèm tên lớp: hãy xem lại có đúng tệp không."
        )
        raise Problem("file", "nobody", sentence)
    classes = present_classes()
    usual = proposal(classes, grades_of(the_school().level))
    pupils: dict[int, list[int]] = defaultdict(list)
    for id_, class_id in pupils_in_classes():
        pupils[class_id].append(id_)
    plan = usual
    for school_class in classes:
        plan = _with_class(plan, school_class, pupils[school_class.id], named)
    return replace(
        plan,
        new_classes=_new_classes(judged.rows, plan),
        merged=_merged(plan),
        likely=_likely(judged.rows, plan.missing),
    )


def _classes_named(rows: Sequence[ImportRow]) -> dict[int, str]:
    """{person id: class in the file} of those who are at the school according to it."""
    here = [row for row in rows if row.class_name and _is_here(row)]
    named = _named_by_name(here)
    for row in here:
        if row.person_id is not None:
            named[row.person_id] = tidy(row.class_name)
    return named


def _is_here(row: ImportRow) -> bool:
    state = row.values.get("state", "")
    return not state or catalogues.is_present("student", state)


def _named_by_name(rows: Iterable[ImportRow]) -> dict[int, str]:
    """The same of those whom only name and birth date tell: everybody has another class now, so an import would ask.

    Taken where one row and one pupil bear them, and where code and number of both do not contradict each other.
    """
    rows_by_key: dict[tuple[str, str], list[ImportRow]] = defaultdict(list)
    for row in rows:
        rows_by_key[_key_of_row(row)].append(row)
    pupils: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in Person.select().where(Person.active, Person.kind == "student"):
        pupils[person.search_key, person.date_of_birth].append(person)
    named = {}
    for key, same_rows in rows_by_key.items():
        same_pupils = pupils[key]
        is_certain = all(key) and len(same_rows) == len(same_pupils) == 1
        if is_certain and not _contradict(same_rows[0], same_pupils[0]):
            named[same_pupils[0].id] = tidy(same_rows[0].class_name)
    return named


def _key_of_row(row: ImportRow) -> tuple[str, str]:
    values = row.values
    return fold(values.get("full_name", "")), values.get("date_of_birth", "")


def _contradict(row: ImportRow, person: Person) -> bool:
    """Do both have a code, or a number, and not the same?"""
    if row.person_id is not None:
        return row.person_id != person.id
    for name in ("ministry_code", "identity_number"):
        text = row.values.get(name, "")
        stored = getattr(person, name)
        if text and stored and text != stored:
            return True
    return False


def _with_class(
    plan: Plan, school_class: SchoolClass, pupils: list[int], named: Mapping[int, str]
) -> Plan:
    """The plan with what the file says of one class."""
    present = [named[id_] for id_ in pupils if id_ in named]
    if not present:
        return plan
    class_plan = plan.classes[school_class.id]
    name = _name_of_most(school_class, present)
    if name:
        class_plan = replace(class_plan, name=name, teachers="follow")
    apart: dict[int, Destination | None] = {}
    missing = set()
    for id_ in pupils:
        if id_ not in named:
            if class_plan.name:  # who was in the last grade has completed it
                apart[id_] = None
                missing.add(id_)
        elif class_key(named[id_]) != class_key(class_plan.name):
            apart[id_] = Destination(class_name=named[id_])
    return replace(
        plan,
        classes={**plan.classes, school_class.id: class_plan},
        apart={**plan.apart, **apart},
        missing=plan.missing | missing,
    )


def _name_of_most(school_class: SchoolClass, names: Iterable[str]) -> str:
    """The class of the next grade in which most of a class stand; "" where none does."""
    counts = Counter(names)
    for name, _ in counts.most_common():
        grade = grade_in(name)
        if school_class.grade is None or grade == school_class.grade + 1:
            return name
    return ""


def _new_classes(rows: Iterable[ImportRow], plan: Plan) -> tuple[str, ...]:
    """The classes of the file into which no class goes up as a whole."""
    known = {class_key(class_plan.name) for class_plan in plan.classes.values()}
    names: dict[str, str] = {}
    for row in rows:
        key = class_key(row.class_name)
        if key and key not in known:
            names.setdefault(key, tidy(row.class_name))
    return tuple(sorted(names.values(), key=usual_order))


def _likely(rows: Iterable[ImportRow], missing: frozenset[int]) -> dict[int, str]:
    """Where the file has somebody new who bears the name and the birth date of one who is missing."""
    newcomers = {}
    for row in rows:
        if row.person_id is None:
            newcomers[_key_of_row(row)] = tidy(row.class_name)
    likely = {}
    for person in Person.select().where(Person.id.in_(list(missing))):
        name = newcomers.get((person.search_key, person.date_of_birth))
        if name:
            likely[person.id] = name
    return likely


def _merged(plan: Plan) -> frozenset[str]:
    """What the file brings together is meant to be together."""
    counts = Counter(class_plan.name for class_plan in plan.classes.values() if class_plan.name)
    return frozenset(name for name, n in counts.items() if n > 1)
