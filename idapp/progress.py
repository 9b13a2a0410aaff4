"""Where things stand: ``GROUP BY`` over what the user may see, never a second rule.

Every record is in exactly one state, so each line adds up to its total. People without Vietnamese nationality carry a
passport, not a number: they stand in the total and outside the percentage.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from peewee import Case, fn

from idapp import permissions
from idapp.database import rows
from idapp.models import STATUSES, Campaign, Person, SchoolClass, User
from idapp.notices import needs_paper
from idapp.school import the_campaign

KIND_WORDS = {"student": "Học sinh", "staff": "Cán bộ, giáo viên, nhân viên"}


@dataclass
class Line:
    """One line of the board: a class, a grade, a kind or the whole school."""

    kind: str
    name: str
    grade: int | None = None
    class_id: int | None = None
    total: int = 0
    with_number: int = 0
    notice_open: int = 0
    foreign: int = 0
    done: int = 0  # verified or explained, foreign nationals aside
    by_status: Counter[str] = field(default_factory=Counter)

    @property
    def to_do(self) -> int:
        """What 100 % means here."""
        return self.total - self.foreign

    @property
    def percent(self) -> float:
        """Rounded down to a tenth: 100 is only said when nobody is missing."""
        return int(1000 * self.done / self.to_do) / 10 if self.to_do else 100.0

    def __add__(self, other: "Line") -> "Line":
        return Line(
            self.kind,
            self.name,
            self.grade,
            self.class_id,
            self.total + other.total,
            self.with_number + other.with_number,
            self.notice_open + other.notice_open,
            self.foreign + other.foreign,
            self.done + other.done,
            self.by_status + other.by_status,
        )

    def numbers(self) -> dict[str, int]:
        """The counts of a line in the words of `/progress.json`."""
        states = {status: self.by_status[status] for status in STATUSES}
        return {"total": self.total, "with_number": self.with_number, **states, "notice_open": self.notice_open,
                "foreign": self.foreign}  # fmt: skip


@dataclass
class Board:
    lines: list[Line]

    def of_kind(self, kind: str) -> list[Line]:
        return [line for line in self.lines if line.kind == kind]

    def sum_of(self, kind: str) -> Line:
        return sum(self.of_kind(kind), Line(kind, KIND_WORDS[kind]))

    @property
    def whole(self) -> Line:
        return sum(self.lines, Line("", "Toàn trường"))


@dataclass(frozen=True)
class Banner:
    """The deadline as one user sees it."""

    title: str
    deadline: date
    days_left: int
    done: int
    total: int
    whose: str

    @property
    def level(self) -> str:
        if self.days_left < 0:
            return "overdue"
        return (
            "today"
            if self.days_left == 0
            else "urgent"
            if self.days_left <= 3
            else "near"
            if self.days_left <= 7
            else "far"
        )

    @property
    def word(self) -> str:
        """The badge: colour is never the only sign of urgency."""
        if self.days_left < 0:
            return f"Quá hạn {-self.days_left} ngày"
        if self.days_left == 0:
            return "Hạn là hôm nay"
        return f"Gấp: còn {self.days_left} ngày" if self.days_left <= 3 else f"Còn {self.days_left} ngày"


def board(user: User) -> Board:
    """One line per class, in school order, and one for the staff; only what the user may see."""
    number, paper = Case(None, [(Person.number.is_null(False), 1)], 0), Case(None, [(needs_paper(), 1)], 0)
    groups = (Person.kind, Person.school_class, Person.status, Person.foreign_national)
    scoped = permissions.people_of(user).select(*groups, fn.COUNT(Person.id), fn.SUM(number), fn.SUM(paper))
    classes = {c.id: c for c in permissions.classes_of(user)}
    lines: dict[tuple[str, int | None], Line] = {("student", c.id): _line("student", c) for c in classes.values()}
    for kind, class_id, status, foreign, n, with_number, notice_open in rows(scoped.group_by(*groups)):
        line = lines.setdefault((kind, class_id), _line(kind, classes.get(class_id)))
        line.total += n
        line.with_number += with_number
        line.notice_open += notice_open
        line.by_status[status] += n
        line.foreign += n if foreign else 0
        line.done += n if status in ("verified", "explained") and not foreign else 0
    return Board(list(lines.values()))


def _line(kind: str, school_class: SchoolClass | None) -> Line:
    if kind == "staff":
        return Line("staff", KIND_WORDS["staff"])
    if school_class is None:
        return Line("student", "Chưa xếp lớp")
    return Line("student", school_class.name, school_class.grade, school_class.id)


def banner(user: User, today: date) -> Banner:
    """A teacher's own class; everybody else the school."""
    campaign, view = the_campaign(), board(user)
    whole = view.whole
    own = [line.name for line in view.lines]
    whose = "Lớp " + ", ".join(own) if user.role == "teacher" and own else "Toàn trường"
    return Banner(campaign.title, campaign.deadline, campaign.days_left(today), whole.done, whole.to_do, whose)


def machine_readable(user: User, as_of: str) -> dict:
    """`/progress.json`: numbers only, nothing about a person."""
    campaign: Campaign = the_campaign()
    view = board(user)
    groups = [
        {"kind": x.kind, "class": x.name if x.kind == "student" else None, "grade": x.grade, **x.numbers()}
        for x in view.lines
    ]
    return {
        "campaign": campaign.title,
        "deadline": campaign.deadline.isoformat(),
        "as_of": as_of,
        "school": view.whole.numbers()
        | {"percent": view.whole.percent, "done": view.whole.done, "to_do": view.whole.to_do},
        "groups": groups,
    }
