"""The deadline as one user sees it, on every page, and what a teacher is told on signing in."""

from dataclasses import dataclass
from datetime import date

from idapp import permissions
from idapp.models import User
from idapp.progress.board import Line, board, standing
from idapp.school import reviewing_office, the_campaign

_URGENT, _NEAR = 3, 7  # days


@dataclass(frozen=True)
class Banner:
    """The deadline as one user sees it."""

    title: str
    deadline: date
    days_left: int
    done: int
    total: int
    whose: str
    closed: bool = False
    office: str = ""  # who set it

    @property
    def level(self) -> str:
        if self.closed or 0 < self.total == self.done:
            return "closed" if self.closed else "complete"
        if self.days_left <= 0:
            return "overdue" if self.days_left < 0 else "today"
        return (
            "urgent" if self.days_left <= _URGENT else "near" if self.days_left <= _NEAR else "far"
        )

    @property
    def word(self) -> str:
        """The badge: colour is never the only sign of urgency."""
        if self.closed:
            return "Đã kết thúc"
        if self.level == "complete":
            return "Đã hoàn thành"
        if self.days_left < 0:
            return f"Quá hạn {-self.days_left} ngày"
        if self.days_left == 0:
            return "Hạn là hôm nay"
        return (
            f"Gấp: còn {self.days_left} ngày"
            if self.days_left <= _URGENT
            else f"Còn {self.days_left} ngày"
        )


def banner(user: User, today: date) -> Banner:
    """A teacher's own class; everybody else the school."""
    campaign, (done, to_do) = the_campaign(), standing(user)
    return Banner(
        campaign.title,
        campaign.deadline,
        campaign.days_left(today),
        done,
        to_do,
        _whose(user),
        closed=campaign.closed_at is not None,
        office=reviewing_office(),
    )


def reminder(user: User) -> str:
    """One sentence for a teacher who signs in: what is left and who holds it. "" when nothing is."""
    if user.role != "teacher" or the_campaign().closed_at:
        return ""
    lines = [line for line in board(user).lines if line.left]
    return " ".join(f"Lớp {line.name} còn {line.left} em{_who_holds(line)}." for line in lines)


def _who_holds(line: Line) -> str:
    held = line.by_holder
    parts = [
        f"{held[who]} em {words}"
        for who, words in (
            ("teacher", "cần thầy cô điền, sửa hoặc phát phiếu"),
            ("family", "chờ gia đình nộp giấy"),
            ("police", "chờ công an cấp giấy"),
            ("principal", "chờ hiệu trưởng"),
            ("service", "chờ trả lời"),
        )
        if held[who]
    ]
    return ": " + ", ".join(parts) if parts else ""


def _whose(user: User) -> str:
    if user.role != "teacher":
        return "Toàn trường"
    own = [c.name for c in permissions.classes_of(user)]
    return "Lớp " + ", ".join(own) if own else "Lớp của thầy cô"
