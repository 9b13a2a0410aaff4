"""The deadline as one user sees it, on every page, and what a teacher is told on signing in."""

from dataclasses import dataclass
from datetime import date

from idapp import permissions
from idapp.models import User
from idapp.people.entry_papers import NOBODY, Owing, owing
from idapp.progress.board import ProgressRow, board, completion
from idapp.progress.milestones import Nearest, nearest
from idapp.school import reviewing_office, the_campaign

_URGENT = 3  # days
_NEAR = 7
_HELD_BY_WORDS = (
    ("teacher", "cần thầy cô điền, sửa hoặc phát phiếu"),
    ("family", "chờ gia đình nộp giấy"),
    ("police", "chờ công an cấp giấy"),
    ("principal", "chờ hiệu trưởng"),
    ("service", "chờ trả lời"),
)


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
    milestone: Nearest | None = None  # an earlier day that concerns this user and is not met yet
    owing: Owing = NOBODY  # papers of newcomers, for those who ask for them

    @property
    def level(self) -> str:
        """How urgent it is, as the page colours it."""
        if self.closed:
            return "closed"
        if 0 < self.total == self.done:  # nobody at all is not "complete"
            return "complete"
        if self.days_left < 0:
            return "overdue"
        if self.days_left == 0:
            return "today"
        if self.days_left <= _URGENT:
            return "urgent"
        if self.days_left <= _NEAR:
            return "near"
        return "far"

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
        if self.days_left <= _URGENT:
            return f"Gấp: còn {self.days_left} ngày"
        return f"Còn {self.days_left} ngày"


def banner(user: User, today: date, counted: tuple[int, int] | None = None) -> Banner:
    """A teacher's own class; everybody else the school. ``counted``: what ``board.completion`` says, where known."""
    campaign = the_campaign()
    done, to_do = counted or completion(user)
    return Banner(
        campaign.title,
        campaign.deadline,
        campaign.days_left(today),
        done,
        to_do,
        _whose(user),
        closed=campaign.closed_at is not None,
        office=reviewing_office(),
        milestone=nearest(user, campaign, today),
        owing=owing(user, today),
    )


def reminder(user: User, today: date) -> str:
    """For a teacher who signs in: what is left and who holds it, and by which day. "" when nothing is."""
    if user.role != "teacher" or the_campaign().closed_at:
        return ""
    lines = [line for line in board(user).lines if line.left]
    sentences = [f"Lớp {line.name} còn {line.left} em{_who_holds(line)}." for line in lines]
    milestone = nearest(user, the_campaign(), today)
    if milestone is not None:
        sentences.append(_by_when(milestone))
    return " ".join(sentences)


def _by_when(milestone: Nearest) -> str:
    """
    >>> _by_when(Nearest("Khối 9", date(2022, 10, 20), days_left=4, done=70, total=82))
    'Mốc “Khối 9” là ngày 20/10/2022 (còn 4 ngày), còn 12 em.'
    """
    day = f"{milestone.deadline:%d/%m/%Y}"
    left = milestone.total - milestone.done
    return f"Mốc “{milestone.name}” là ngày {day} ({milestone.word}), còn {left} em."


def _who_holds(line: ProgressRow) -> str:
    parts = [
        f"{line.by_holder[holder]} em {words}"
        for holder, words in _HELD_BY_WORDS
        if line.by_holder[holder]
    ]
    if not parts:
        return ""
    return ": " + ", ".join(parts)


def _whose(user: User) -> str:
    if user.role != "teacher":
        return "Toàn trường"
    names = permissions.names_of_classes(user)
    if not names:
        return "Lớp của thầy cô"
    return "Lớp " + ", ".join(names)
