"""Milestones: earlier days of a campaign for some grades, nursery groups or the staff.

Whom a milestone concerns is said by groups, ``"5"`` for a grade, ``"MN6"`` for the nursery's group of 5 to 6 years (its
place in grades.csv), ``"staff"``; so a class that is added later belongs to it by itself. A milestone ends on the
campaign's own deadline at the latest.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from idapp import audit, permissions
from idapp.database import PreparedStatement, writing
from idapp.models import Campaign, Milestone, Person, SchoolClass, User
from idapp.progress.board import Board, ProgressRow, completion
from idapp.progress.history import Forecast, forecast, series
from idapp.rules import grade_groups
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.school import the_campaign

STAFF = "staff"
_STAFF_WORDS = "Cán bộ, giáo viên, nhân viên"
_LONGEST_NAME = 100
_MOST = 20


@dataclass(frozen=True)
class Standing:
    """How far a milestone has come, among the people whom somebody may see."""

    milestone: Milestone
    days_left: int
    line: ProgressRow
    ahead: Forecast

    @property
    def word(self) -> str:
        """How urgent it is, for a badge."""
        return urgency(self.days_left, is_done=not self.line.left)


@dataclass(frozen=True)
class Nearest:
    """The milestone that concerns somebody next, for the banner."""

    name: str
    deadline: date
    days_left: int
    done: int
    total: int

    @property
    def word(self) -> str:
        """How urgent it is."""
        return urgency(self.days_left, is_done=False)


def urgency(days_left: int, *, is_done: bool) -> str:
    """In words.

    >>> urgency(-2, is_done=False), urgency(0, is_done=False), urgency(5, is_done=False), urgency(5, is_done=True)
    ('quá hạn 2 ngày', 'hạn là hôm nay', 'còn 5 ngày', 'đã xong')
    """
    if is_done:
        return "đã xong"
    if days_left < 0:
        return f"quá hạn {-days_left} ngày"
    if days_left == 0:
        return "hạn là hôm nay"
    return f"còn {days_left} ngày"


def groups_of_school() -> dict[str, str]:
    """{group: its name}: the grades and nursery groups of the classes there are, and the staff."""
    keys = {group_of(school_class) for school_class in SchoolClass.select()} - {""}
    names = grade_groups.names()
    order = list(names)
    return {key: names[key] for key in sorted(keys, key=order.index)} | {STAFF: _STAFF_WORDS}


def words_of(groups: Collection[str]) -> str:
    """The names of groups, joined; also of groups without a class by now.

    >>> words_of(["5", "9", "staff"])
    'Khối 5, Khối 9, Cán bộ, giáo viên, nhân viên'
    """
    names = grade_groups.names()
    return ", ".join(_STAFF_WORDS if key == STAFF else names.get(key, key) for key in groups)


def group_of(school_class: SchoolClass) -> str:
    """The group of a class, "" where its grade is not known."""
    return grade_groups.key_of(school_class.level, school_class.grade)


# what is set


def add(*, name: str, deadline: date, groups: Collection[str], by: User) -> Milestone:
    """A new milestone of the open campaign. Raises Problem."""
    with writing():
        campaign = _open_campaign()
        values = _checked(campaign, name, deadline, groups)
        if Milestone.select().where(Milestone.campaign == campaign).count() >= _MOST:
            raise Problem("name", "too_many", f"Một đợt có nhiều nhất {_MOST} mốc.")
        milestone = Milestone.create(campaign=campaign, **values)
        _note("milestone.added", milestone, by)
    return milestone


def change(
    milestone_id: int, *, name: str, deadline: date, groups: Collection[str], by: User
) -> None:
    """Set a milestone anew. Raises Problem, also where somebody has removed it."""
    with writing():
        campaign = _open_campaign()
        milestone = _stored(milestone_id, campaign)
        before = _summary(milestone)
        values = _checked(campaign, name, deadline, groups)
        Milestone.update(**values).where(Milestone.id == milestone.id).execute()
        _note("milestone.changed", Milestone.get_by_id(milestone.id), by, before)


def remove(milestone_id: int, *, by: User) -> None:
    """Take a milestone away. Raises Problem where somebody has done so already."""
    with writing():
        milestone = _stored(milestone_id, _open_campaign())
        audit.record(
            "milestone.removed", by=by, subject=_subject(milestone), old=_summary(milestone)
        )
        milestone.delete_instance()


def of_campaign(campaign: Campaign) -> list[Milestone]:
    """The milestones of a campaign, the next first."""
    return _OF_CAMPAIGN.rows(campaign.id)


_OF_CAMPAIGN = PreparedStatement(
    lambda campaign: (
        Milestone.select()
        .where(Milestone.campaign == campaign)
        .order_by(Milestone.deadline, Milestone.id)
    )
)


def _open_campaign() -> Campaign:
    campaign = the_campaign()
    if campaign.closed_at:
        raise Problem("name", "closed", "Đợt thu thập đã kết thúc: mở lại đợt rồi mới đặt mốc.")
    return campaign


def _stored(milestone_id: int, campaign: Campaign) -> Milestone:
    milestone: Milestone | None = Milestone.get_or_none(
        Milestone.id == milestone_id, Milestone.campaign == campaign
    )
    if milestone is None:
        raise Problem("name", "gone", "Mốc này không còn: có người vừa xóa.")
    return milestone


def _checked(
    campaign: Campaign, name: str, deadline: date, groups: Collection[str]
) -> dict[str, Any]:
    name = tidy(name)
    if not name or len(name) > _LONGEST_NAME:
        sentence = (
            f"Đặt tên cho mốc, nhiều nhất {_LONGEST_NAME} ký tự, ví dụ “Trẻ 5 tuổi” hoặc “Khối 9”."
        )
        raise Problem("name", "name", sentence)
    if not campaign.opens_on <= deadline <= campaign.deadline:
        sentence = (
            f"Ngày của mốc phải từ {campaign.opens_on:%d/%m/%Y} đến hạn của đợt "
            f"({campaign.deadline:%d/%m/%Y})."
        )
        raise Problem("deadline", "outside", sentence)
    known = [key for key in groups_of_school() if key in groups]
    if not known:
        raise Problem(
            "groups", "nobody", "Chọn ít nhất một khối, một nhóm hoặc cán bộ cho mốc này."
        )
    return {"name": name, "deadline": deadline, "groups": known}


def _note(event: str, milestone: Milestone, by: User, old: str = "") -> None:
    audit.record(event, by=by, subject=_subject(milestone), old=old, new=_summary(milestone))


def _subject(milestone: Milestone) -> str:
    return f"milestone {milestone.id}"


def _summary(milestone: Milestone) -> str:
    return f"{milestone.name}: {milestone.deadline:%d/%m/%Y}, {words_of(milestone.groups)}"


# how far it has come


def standings(view: Board, today: date) -> list[Standing]:
    """The milestones of the open campaign that concern somebody on this board, the next first."""
    campaign = the_campaign()
    if campaign.closed_at:
        return []
    return [_standing(milestone, campaign, part, today) for milestone, part in _parts(view)]


def figures(view: Board) -> list[tuple[Milestone, ProgressRow]]:
    """The milestones that concern somebody on this board with their sums, the next first; of a closed campaign too."""
    return [(milestone, part.whole) for milestone, part in _parts(view)]


def _parts(view: Board) -> list[tuple[Milestone, Board]]:
    milestones = of_campaign(the_campaign())
    if not milestones:
        return []
    group_by_class = {c.id: group_of(c) for c in SchoolClass.select()}
    parts = []
    for milestone in milestones:
        lines = [
            line for line in view.lines if _group_of_line(line, group_by_class) in milestone.groups
        ]
        part = Board(lines)
        if part.whole.to_do:
            parts.append((milestone, part))
    return parts


def _group_of_line(line: ProgressRow, group_by_class: dict[int, str]) -> str:
    if line.kind == "staff":
        return STAFF
    return group_by_class.get(line.class_id or 0, "")


def _standing(milestone: Milestone, campaign: Campaign, part: Board, today: date) -> Standing:
    points = series(campaign, part, today, whole_school=False)
    ahead = forecast(points, milestone.deadline, today)
    return Standing(milestone, (milestone.deadline - today).days, part.whole, ahead)


def nearest(user: User, campaign: Campaign, today: date) -> Nearest | None:
    """The first milestone of the open campaign at which somebody whom this user may see is not done yet."""
    if campaign.closed_at:
        return None
    for milestone in of_campaign(campaign):
        done, to_do = completion(user, _concerned(user, milestone.groups))
        if done < to_do:
            days_left = (milestone.deadline - today).days
            return Nearest(milestone.name, milestone.deadline, days_left, done, to_do)
    return None


def _concerned(user: User, groups: Collection[str]) -> Any:
    """The condition that a milestone of these groups concerns a person."""
    classes = [c.id for c in permissions.classes_of(user) if group_of(c) in groups]
    pupils = (Person.kind == "student") & Person.school_class.in_(classes)
    if STAFF in groups:
        return pupils | (Person.kind == "staff")
    return pupils
