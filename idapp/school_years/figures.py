"""A plan carried out on paper: who would be where, counted by class before and after, and what is wrong with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from idapp.database import rows
from idapp.models import Person, SchoolClass, in_school_order
from idapp.rules.class_name import LONGEST, class_key, grade_in, grades_of, usual_order
from idapp.rules.problem import Problem
from idapp.school import the_school
from idapp.school_years.plans import COMPLETED, ClassPlan, Destination, Plan

KINDS = ("up", "stay", "completed", "left", "open")


@dataclass
class OldClass:
    """A class of this year: how many of its pupils go up, stay down, complete, leave, or are not decided."""

    school_class: SchoolClass
    counts: Counter[str] = field(default_factory=Counter)


@dataclass
class NextClass:
    """A class of the next year, and how many come into it from which class of this year."""

    name: str
    sources: Counter[str] = field(default_factory=Counter)

    @property
    def grade(self) -> int | None:
        """As the name says it."""
        return grade_in(self.name)


@dataclass(frozen=True)
class Outcome:
    """Everybody's place in the next year.

    places   {person id: destination}, None where nobody has said it
    before   the classes of this year, in school order    after  those of the next, in school order
    """

    places: Mapping[int, Destination | None]
    before: list[OldClass]
    after: list[NextClass]

    @property
    def counts(self) -> Counter[str]:
        """{up, stay, completed, left, open: pupils} of the whole school."""
        return sum((line.counts for line in self.before), Counter[str]())

    @property
    def open_ids(self) -> list[int]:
        """Of whom nobody has said where they go."""
        return [id_ for id_, goal in self.places.items() if goal is None]

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anybody would go elsewhere, or another class be made."""
        lines = [f"{id_} {goal.key if goal else ''}" for id_, goal in sorted(self.places.items())]
        lines += [line.name for line in self.after]
        return sha256("\n".join(lines).encode()).hexdigest()[:16]


def outcome_of(plan: Plan) -> Outcome:
    """The plan with the pupils as they sit in their classes at this moment."""
    classes = present_classes()
    before = {school_class.id: OldClass(school_class) for school_class in classes}
    after = {class_key(name): NextClass(name) for name in next_names(plan)}
    places: dict[int, Destination | None] = {}
    for id_, class_id in pupils_in_classes():
        old = before[class_id]
        goal = _destination(plan, id_, old.school_class)
        places[id_] = goal
        old.counts[_kind(goal, old.school_class)] += 1
        if goal is not None and goal.class_name:
            name = goal.class_name
            line = after.setdefault(class_key(name), NextClass(name))
            line.sources[old.school_class.name] += 1
    in_order = sorted(after.values(), key=lambda line: usual_order(line.name))
    return Outcome(places, list(before.values()), in_order)


def present_classes() -> list[SchoolClass]:
    """The classes of this year in school order; while a year changes, those of the old one."""
    this_year = SchoolClass.school_year == the_school().school_year
    query = SchoolClass.present().where(this_year)
    return list(query.order_by(*in_school_order()))


def pupils_in_classes() -> list[tuple[int, int]]:
    """(person id, class id) of everybody in a class of this year, class by class in the order of the lists."""
    ids = [school_class.id for school_class in present_classes()]
    query = Person.select(Person.id, Person.school_class).where(
        Person.active, Person.kind == "student", Person.school_class.in_(ids)
    )
    return rows(query.order_by(Person.school_class, Person.sort_key, Person.id))


def next_names(plan: Plan) -> list[str]:
    """The classes of the next year that a plan makes, each once, as it is first written."""
    names = [class_plan.name for class_plan in plan.classes.values()]
    by_key: dict[str, str] = {}
    for name in [*plan.new_classes, *names]:
        if name:
            by_key.setdefault(class_key(name), name)
    return list(by_key.values())


def _destination(plan: Plan, person_id: int, school_class: SchoolClass) -> Destination | None:
    if person_id in plan.apart:
        return plan.apart[person_id]
    return plan.classes.get(school_class.id, ClassPlan("")).destination


def _kind(goal: Destination | None, school_class: SchoolClass) -> str:
    """What it means for somebody of this class: a name of ``KINDS``."""
    if goal is None:
        return "open"
    if goal.state:
        return "completed" if goal.state == COMPLETED else "left"
    if school_class.grade is not None and grade_in(goal.class_name) == school_class.grade:
        return "stay"
    return "up"


# --- what is wrong with a plan ---


class MergeQuestion(Problem):
    """Several classes go into one: asked, because it is mostly a slip of the pen. ``name``: into which."""

    def __init__(self, sources: Sequence[str], name: str) -> None:
        self.name = name
        sentence = (
            f"Lớp {' và '.join(sources)} cùng lên lớp {name}. Nếu đúng là gộp lớp thì đánh dấu "
            f"“Gộp vào lớp {name}”, nếu không thì sửa lại tên lớp."
        )
        super().__init__("classes", "merged", sentence)


def check(plan: Plan, outcome: Outcome) -> None:
    """Raises Problem for the first thing that cannot be meant; ``MergeQuestion`` where it may be."""
    for problem in _problems(plan, outcome):
        raise problem


def _problems(plan: Plan, outcome: Outcome) -> Iterator[Problem]:
    grades = grades_of(the_school().level)
    for old in outcome.before:
        class_plan = plan.classes.get(old.school_class.id)
        if class_plan is None:
            sentence = (
                f"Lớp {old.school_class.name} vừa được thêm, chưa có trong dự kiến. Hãy xem lại."
            )
            yield Problem("classes", "unplanned", sentence)
        elif class_plan.name:
            yield from _problems_of_name(class_plan.name, grades)
            yield from _problems_of_step(old.school_class, class_plan.name)
    yield from _problems_of_new_classes(plan, grades)
    yield from _merges(plan, outcome)
    yield from _problems_of_apart(plan, outcome)


def _problems_of_name(name: str, grades: Collection[int]) -> Iterator[Problem]:
    if len(name) > LONGEST:
        yield Problem("classes", "bad_class_name", f"Tên lớp “{name}” dài quá. Ví dụ: 5A.")
    grade = grade_in(name)
    if grade is not None and grade not in grades:
        sentence = (
            f"Trường không có khối {grade} nên không xếp lớp {name} được. Hãy sửa tên lớp, hoặc "
            f"chọn “{COMPLETED}”; nếu trường có thêm cấp học thì sửa ở Cài đặt trước."
        )
        yield Problem("classes", "no_such_grade", sentence)


def _problems_of_step(school_class: SchoolClass, name: str) -> Iterator[Problem]:
    grade = grade_in(name)
    if school_class.grade is None or grade == school_class.grade + 1:
        return
    sentence = (
        f"Lớp {school_class.name} lên lớp {name} là chưa đúng khối: năm tới lớp này thuộc khối "
        f"{school_class.grade + 1}. Ai ở lại lớp thì chọn riêng từng em."
    )
    yield Problem("classes", "wrong_step", sentence)


def _problems_of_new_classes(plan: Plan, grades: Collection[int]) -> Iterator[Problem]:
    taken = {class_key(class_plan.name) for class_plan in plan.classes.values()}
    for name in plan.new_classes:
        yield from _problems_of_name(name, grades)
        if class_key(name) in taken:
            sentence = (
                f"Lớp mới {name} trùng tên với một lớp khác của năm tới. Hãy đặt tên khác hoặc bỏ."
            )
            yield Problem("new_classes", "taken", sentence)
        taken.add(class_key(name))


def _merges(plan: Plan, outcome: Outcome) -> Iterator[Problem]:
    sources: dict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    for old in outcome.before:
        class_plan = plan.classes.get(old.school_class.id, ClassPlan(""))
        if class_plan.name:
            sources[class_key(class_plan.name)].append(old.school_class.name)
            names.setdefault(class_key(class_plan.name), class_plan.name)
    meant = {class_key(name) for name in plan.merged}
    for key, several in sources.items():
        if len(several) > 1 and key not in meant:
            yield MergeQuestion(several, names[key])


def _problems_of_apart(plan: Plan, outcome: Outcome) -> Iterator[Problem]:
    known = {class_key(name) for name in next_names(plan)}
    for line in outcome.after:
        if class_key(line.name) not in known:
            sentence = (
                f"{line.sources.total()} học sinh được xếp vào lớp {line.name}, nhưng năm tới "
                f"không có lớp ấy. Hãy thêm lớp {line.name} vào các lớp mới, hoặc xếp lại các em."
            )
            yield Problem("apart", "no_class", sentence)
    missing = len(outcome.open_ids)
    if missing:
        sentence = (
            f"Còn {missing} học sinh không có trong danh sách năm mới mà chưa chọn đi đâu. "
            "Hãy chọn cho từng em, hoặc chọn một lần cho tất cả."
        )
        yield Problem("apart", "undecided", sentence)
