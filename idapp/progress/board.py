"""Where things stand: ``GROUP BY`` over what the user may see, never a second rule.

Every record is in exactly one state, so each line adds up to its total; and everyone who is not done is held by exactly
one party, so "who is holding it" adds up too. People of another nationality have a state of their own, ``foreign``:
they stand in the total and outside the percentage.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from peewee import SQL, ModelSelect, Value, fn

from idapp import permissions
from idapp.database import rows
from idapp.models import (
    DONE,
    STATUSES,
    Person,
    SchoolClass,
    User,
    in_school_order,
    written_out,
)
from idapp.notices import asks_the_family
from idapp.progress.holders import (
    HOLDER_WORDS,
    counted,
    holder,
    usual_holder,
    with_cases,
)
from idapp.rules.positions import GROUP_WORDS, group_of

WITHOUT_CLASS = "Chưa xếp lớp"
KIND_WORDS = {"student": "Học sinh", "staff": "Cán bộ, giáo viên, nhân viên"}


def percent_of(done: int, to_do: int) -> float | None:
    """Rounded down to a tenth: 100 is only said when nobody is missing. None where there is nobody at all."""
    if not to_do:
        return None
    return 1000 * done // to_do / 10


class Counts(dict[str, int]):
    """How many of each kind; 0 of a kind that nobody was counted under. Made much faster than a ``Counter``."""

    def __missing__(self, kind: str) -> int:
        """Nobody."""
        return 0


@dataclass
class ProgressRow:
    """One line of the board: a class, a grade, a kind or the whole school."""

    kind: str
    name: str
    grade: int | None = None
    class_id: int | None = None
    total: int = 0
    with_number: int = 0
    notice_open: int = 0
    done: int = 0  # verified or explained
    by_status: Counts = field(default_factory=Counts)
    by_holder: Counts = field(default_factory=Counts)
    position: str | None = (
        None  # of a line of the staff by position: a key of rules.positions.GROUP_WORDS
    )
    is_grade: bool = False  # the sum of the classes of ``grade``; None: of all without a grade

    @property
    def foreign(self) -> int:
        """How many have another nationality: nobody asks about them."""
        return self.by_status["foreign"]

    @property
    def to_do(self) -> int:
        """What 100 % means here."""
        return self.total - self.foreign

    @property
    def left(self) -> int:
        """How many are still to be verified or explained."""
        return self.to_do - self.done

    @property
    def percent(self) -> float | None:
        """Of those to do, see :func:`percent_of`."""
        return percent_of(self.done, self.to_do)

    def include(self, other: ProgressRow) -> None:
        """Count everybody of another line here too."""
        self.total += other.total
        self.with_number += other.with_number
        self.notice_open += other.notice_open
        self.done += other.done
        for status, n in other.by_status.items():
            if n:
                self.by_status[status] += n
        for held_by, n in other.by_holder.items():
            if n:
                self.by_holder[held_by] += n

    def numbers(self) -> dict[str, int]:
        """The counts of a line in the words of `/progress.json`."""
        states = {status: self.by_status[status] for status in STATUSES}
        return {
            "total": self.total,
            "with_number": self.with_number,
            **states,
            "notice_open": self.notice_open,
            "done": self.done,
            "to_do": self.to_do,
        }

    def as_dict(self) -> dict[str, Any]:
        """The whole line, for a snapshot or a report. :meth:`of` reads it back."""
        place = {
            "kind": self.kind,
            "name": self.name,
            "grade": self.grade,
            "class_id": self.class_id,
        }
        if self.position is not None:
            place["position"] = self.position
        return place | self.numbers() | {"holders": dict(self.by_holder)}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ProgressRow:
        """The line that :meth:`as_dict` has written down. Raises KeyError if it is not whole."""
        return cls(
            stored["kind"],
            stored["name"],
            stored["grade"],
            stored["class_id"],
            stored["total"],
            stored["with_number"],
            stored["notice_open"],
            stored["done"],
            Counts(with_foreigners_apart(stored)),
            Counts(stored.get("holders", {})),
            stored.get("position"),
        )


def with_foreigners_apart(stored: Mapping[str, Any]) -> dict[str, int]:
    """The states of a line that was written down, ``foreign`` among them. Raises KeyError if it is not whole.

    Lines of before say how many are foreign too, but counted them under ``incomplete``, or under ``explained`` where
    the principal had approved it. Only ``done`` left them out: so it tells how many were which.
    """
    states = {status: stored.get(status, 0) for status in STATUSES}
    if sum(states.values()) <= stored["total"]:
        return states
    more_than_done = states["verified"] + states["explained"] - stored["done"]
    explained = min(max(0, more_than_done), states["foreign"])
    states["explained"] -= explained
    states["incomplete"] -= states["foreign"] - explained
    return states


@dataclass
class Board:
    """All lines that a user may see, in school order, the staff last.

    positions  the staff once more, a line for each group of positions; it adds up to their line
    """

    lines: list[ProgressRow]
    positions: list[ProgressRow] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[ProgressRow]:
        """The lines of pupils (``student``) or of staff (``staff``)."""
        return [line for line in self.lines if line.kind == kind]

    @property
    def with_pupils(self) -> list[ProgressRow]:
        """The lines of classes that have somebody in them."""
        return [line for line in self.of_kind("student") if line.class_id and line.total]

    def parts_of(self, kind: str) -> list[ProgressRow]:
        """The same for a report: pupils by class, the staff by position where that was counted."""
        if kind == "staff" and self.positions:
            return self.positions
        return self.of_kind(kind)

    def sum_of(self, kind: str) -> ProgressRow:
        """All lines of a kind as one."""
        lines = self.by_grade() if kind == "student" else self.of_kind(kind)
        return _sum(ProgressRow(kind, KIND_WORDS[kind]), lines)

    def by_grade(self) -> Sequence[ProgressRow]:
        """The pupils, a line a grade; groups without a grade (kindergarten) stand together at the end."""
        return self._grades

    @cached_property
    def _grades(self) -> Sequence[ProgressRow]:
        """Every sum of pupils is made of these: a large school has hundreds of lines."""
        grades: dict[int | None, ProgressRow] = {}
        for line in self.of_kind("student"):
            if line.grade not in grades:
                grades[line.grade] = ProgressRow(
                    "student", grade_name(line.grade), line.grade, is_grade=True
                )
            grades[line.grade].include(line)
        return tuple(sorted(grades.values(), key=lambda line: (line.grade is None, line.grade)))

    @property
    def about_foreigners(self) -> str:
        """A sentence without which the figures do not seem to add up; "" where nobody is outside."""
        count = self.whole.foreign
        if not count:
            return ""
        return (
            f"{count} người có quốc tịch nước ngoài (ngoài diện) nằm trong tổng số và không tính "
            "vào tỷ lệ."
        )

    @cached_property
    def whole(self) -> ProgressRow:
        """Everybody of the board as one line."""
        return _sum(ProgressRow("", "Toàn trường"), map(self.sum_of, KIND_WORDS))


def _sum(nobody: ProgressRow, lines: Iterable[ProgressRow]) -> ProgressRow:
    """The line of nobody yet, with everybody of ``lines``."""
    for line in lines:
        nobody.include(line)
    return nobody


def grade_name(grade: int | None) -> str:
    """What the sum of a grade is called; None: of all classes without one."""
    if grade is None:
        return "Nhóm, lớp khác"
    return f"Khối {grade}"


def board(user: User) -> Board:
    """One line per class, in school order, and one for the staff; only what the user may see."""
    # Every class has its line, also one without anybody; whoever belongs to none gets one as they
    # come.
    lines: dict[tuple[str, int | None], ProgressRow] = {
        ("student", class_id): ProgressRow("student", name, grade, class_id)
        for class_id, name, grade in permissions.names_and_grades_of(user)
    }
    for kind, class_id, status, *count in _BY_CLASS[_is_of_whole_school(user)].raw(user):
        line = lines.get((kind, class_id))
        if line is None:
            line = lines[kind, class_id] = _line_without_class(kind)
        _add(line, status, *count)
    return Board(list(lines.values()), _by_position(user))


def _by_position(user: User) -> list[ProgressRow]:
    """The staff whom the user may see, by the groups of the office's statistics; none without anybody."""
    if not permissions.may_see_staff(user):
        return []
    lines = {
        group: ProgressRow("staff", words, position=group) for group, words in GROUP_WORDS.items()
    }
    for position, status, *count in _BY_POSITION.raw(user):
        _add(lines[group_of(position)], status, *count)
    return [line for line in lines.values() if line.total]


def _is_of_whole_school(user: User) -> bool:
    """Does this user see everybody?"""
    return bool(user.role != "teacher")


def _add(
    line: ProgressRow,
    status: str,
    n: int,
    with_number: int,
    notice_open: int,
    held_by: str,
    moved: int,
) -> None:
    """Count the people of one row of ``holders.counted``."""
    usual = usual_holder(status)
    if n:
        line.total += n
        line.by_status[status] += n
        if status in DONE:
            line.done += n
        if usual:
            line.by_holder[usual] += n
    line.with_number += with_number
    line.notice_open += notice_open
    if moved and held_by != usual:
        line.by_holder[held_by] += moved
        line.by_holder[usual] -= moved
        if not line.by_holder[usual]:
            del line.by_holder[usual]


def completion(user: User, whom: Any = None) -> tuple[int, int]:
    """(done, to do) of ``board(user).whole``, without the rest of the board: every page asks for it.

    ``whom``: a condition on ``Person``; None for everybody whom the user may see.
    """
    if whom is None and not _is_of_whole_school(user):
        # by state the index would lead through the whole school, not through a class
        return _done_and_to_do(_BY_STATE.raw(user))
    if whom is None:
        counts = dict(_DONE_AND_LEFT.raw(user))
    else:
        people = permissions.people_of(user).where(whom)
        counts = dict(rows(_done_and_left(people)))
    return counts["done"], counts["done"] + counts["left"]


def _done_and_to_do(counts: Iterable[tuple[str, int]]) -> tuple[int, int]:
    of_state = dict(counts)
    done = sum(of_state.get(status, 0) for status in DONE)
    return done, done + sum(of_state.get(status, 0) for status in _LEFT)


def _done_and_left(people: ModelSelect[Person]) -> Any:
    """("done", how many) and ("left", how many), each counted along its own stretch of the index."""
    n = fn.COUNT(SQL("*"))
    done = people.where(Person.status.in_(written_out(DONE)))
    left = people.where(Person.status.in_(written_out(_LEFT)))
    return done.select(Value("done"), n).union_all(left.select(Value("left"), n))


_LEFT = [status for status in STATUSES if status not in (*DONE, "foreign")]
_BY_STATE = permissions.PreparedWithin(
    lambda limit: limit(Person.select(Person.status, fn.COUNT(SQL("*")))).group_by(Person.status)
)
_DONE_AND_LEFT = permissions.PreparedWithin(lambda limit: _done_and_left(limit(Person.select())))


def people_behind(
    user: User,
    *,
    kind: str = "",
    class_id: int | None = None,
    grade: int | None = None,
    position: str | None = None,
    is_without_class: bool = False,
    is_without_grade: bool = False,
    column: str = "total",
) -> ModelSelect[Person]:
    """The very people a count of the board stands for, within what the user may see.

    Without a grade are all whose class has none, and with them whoever is in no class.
    ``column`` is a name of ``ProgressRow.numbers()``, or ``holder:family`` and so on, or ``left``.
    Raises KeyError for others.
    """
    query = with_cases(permissions.people_of(user)).switch(Person)
    query = query.left_outer_join(SchoolClass, on=Person.school_class == SchoolClass.id)
    query = query.select(Person, SchoolClass)
    for condition in _conditions(column):
        query = query.where(condition)
    if kind:
        query = query.where(Person.kind == kind)
    if class_id is not None:
        query = query.where(Person.school_class == class_id)
    if grade is not None:
        query = query.where(SchoolClass.grade == grade)
    if is_without_class:
        query = query.where(Person.school_class.is_null())
    if is_without_grade:
        query = query.where(SchoolClass.grade.is_null())
    if position is not None:
        query = query.where(Person.kind == "staff", Person.position.in_(_positions_of(position)))
    school_order = (Person.kind.desc(), *in_school_order(), Person.sort_key)
    return query.order_by(*school_order, Person.id)


def _positions_of(group: str) -> list[str]:
    """The texts of this school that mean a group of positions."""
    texts = rows(Person.select(Person.position).where(Person.kind == "staff").distinct())
    return [text for (text,) in texts if group_of(text) == group]


def _conditions(column: str) -> Iterable[Any]:
    """What is true of everybody who stands in a column. Raises KeyError for a column that is none."""
    done = Person.status.in_(DONE)
    to_do = Person.status != "foreign"
    named: dict[str, tuple[Any, ...]] = {
        "total": (),
        "with_number": (Person.number.is_null(False),),
        "notice_open": (asks_the_family(),),
        "done": (done,),
        "to_do": (to_do,),
        "left": (to_do, ~done),
    }
    if column in named:
        return named[column]
    if column in STATUSES:
        return (Person.status == column,)
    if column.removeprefix("holder:") in HOLDER_WORDS:
        return (holder() == column.removeprefix("holder:"),)
    raise KeyError(column)


def _line_without_class(kind: str) -> ProgressRow:
    if kind == "staff":
        return ProgressRow("staff", KIND_WORDS["staff"])
    return ProgressRow("student", WITHOUT_CLASS)


# At the end, where all that they are made of is known. Wording them takes Peewee longer than running them.
def _by_class(*, in_whole_school: bool) -> permissions.PreparedWithin:
    groups = (Person.kind, Person.school_class, Person.status)
    return permissions.PreparedWithin(
        lambda limit: counted(limit(Person.select()), groups, in_whole_school=in_whole_school)
    )


_BY_CLASS = {
    in_whole_school: _by_class(in_whole_school=in_whole_school) for in_whole_school in (True, False)
}
_BY_POSITION = permissions.PreparedWithin(
    lambda limit: counted(
        # with all states, so that the staff are found by an index that holds active records alone
        limit(Person.select().where(Person.kind == "staff", Person.status.in_(STATUSES))),
        (Person.position, Person.status),
        in_whole_school=True,
    )
)
