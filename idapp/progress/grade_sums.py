"""The pupils of each grade, for the list of classes of a large school: what the board says of them, and no more.

The board also says who has a number, who needs a paper and who has to act, and has a line for each class. Where only
the sums of the grades are shown, a count of everybody by class and state is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from peewee import SQL, fn

from idapp import permissions
from idapp.models import DONE, Person, User
from idapp.progress.board import Counts, grade_name


@dataclass
class GradeSum:
    """The pupils in the classes of one grade; None: of all classes without one."""

    grade: int | None
    by_status: Counts = field(default_factory=Counts)

    @property
    def name(self) -> str:
        """As the board calls it."""
        return grade_name(self.grade)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_status.values())

    @property
    def done(self) -> int:
        """Verified or explained."""
        return sum(self.by_status[status] for status in DONE)

    @property
    def to_do(self) -> int:
        """What 100 % means here."""
        return self.total - self.by_status["foreign"]


@dataclass(frozen=True)
class GradeSums:
    """The sums in the order of the board; ``others``: everybody who is in none of them, the staff too.

    classes  on how many lines the board has pupils: a line for each class, and for those without one
    """

    grades: Sequence[GradeSum]
    others: GradeSum
    classes: int

    @property
    def completion(self) -> tuple[int, int]:
        """(done, to do) of everybody, as ``board.completion`` says it."""
        every = (*self.grades, self.others)
        return sum(part.done for part in every), sum(part.to_do for part in every)


def grade_sums(user: User, classes: Iterable[tuple[int, str, int | None]]) -> GradeSums:
    """Of the classes that the user may see: ``permissions.names_and_grades_of``."""
    grade_of = {class_id: grade for class_id, _, grade in classes}
    sums = {grade: GradeSum(grade) for grade in grade_of.values()}
    others = GradeSum(None)
    outside = set()
    for class_id, kind, status, count in _BY_CLASS_AND_STATE.raw(user):
        if kind == "student" and class_id in grade_of:
            by_status = sums[grade_of[class_id]].by_status
        else:
            by_status = others.by_status
        by_status[status] += count
        if kind == "student" and class_id not in grade_of:
            outside.add(class_id)
    in_order = sorted(sums.values(), key=lambda part: (part.grade is None, part.grade))
    return GradeSums(in_order, others, classes=len(grade_of) + len(outside))


_GROUPS = (Person.school_class, Person.kind, Person.status)
_BY_CLASS_AND_STATE = permissions.PreparedWithin(
    lambda limit: limit(Person.select(*_GROUPS, fn.COUNT(SQL("*")))).group_by(*_GROUPS)
)
