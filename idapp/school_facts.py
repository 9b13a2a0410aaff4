"""What is known of the school and of its letter, read from what somebody typed: pure, asked by set-up and settings.

Each function takes the text of one field and returns its clean value, or raises Problem with the sentence for the page.
"""

import re
from collections.abc import Iterable
from datetime import date

from idapp.rules import look_alikes, places
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

LEVELS = {
    "MN": "Mầm non",
    "TH": "Tiểu học",
    "THCS": "Trung học cơ sở",
    "THPT": "Trung học phổ thông",
}
_LONGEST_NAME = 200
_LONGEST_TITLE = 500
_LONGEST_PLACE = 60
_A_YEAR = 366  # days
_YEARS_BACK = 10
_SCHOOL_YEAR = re.compile(r"(20[0-9]{2})(?:\s*[-–/]\s*(20[0-9]{2}))?")


class UnusualDeadline(Problem):
    """A deadline that is rarely meant, and is taken as soon as somebody says that this very day is meant."""


def name_of(text: str) -> str:
    """The school's name. Raises Problem."""
    name = tidy(text)
    if not name:
        raise Problem("name", "missing", "Nhập tên trường, ví dụ Trường Tiểu học Mỹ An.")
    if len(name) > _LONGEST_NAME:
        raise Problem(
            "name", "long", f"Tên trường dài quá {_LONGEST_NAME} ký tự. Hãy viết gọn lại."
        )
    look_alikes.check_letters(name, "name", "Tên trường")
    return name


def level_of(texts: Iterable[str]) -> str:
    """The levels that are taught, as ``School.level`` keeps them. Raises Problem for none and for an unknown one.

    >>> level_of(["THCS", "TH"]), level_of(["TH;THCS"])
    ('TH;THCS', 'TH;THCS')
    """
    given = {part.strip().upper() for text in texts for part in re.split("[;,]", text)} - {""}
    unknown = given - set(LEVELS)
    if not given or unknown:
        choices = ", ".join(words.lower() for words in LEVELS.values())
        raise Problem("level", "missing", f"Chọn ít nhất một cấp học của trường: {choices}.")
    return ";".join(level for level in LEVELS if level in given)


def province_of(text: str, today: date) -> str:
    """A province of the catalogue of ``today``; also one of the other epoch, under its name of then. Raises Problem.

    >>> province_of("tỉnh tây ninh", date(2026, 3, 1)), province_of("Long An", date(2022, 10, 16))
    ('Tỉnh Tây Ninh', 'Tỉnh Long An')
    """
    name = tidy(text)
    if not name:
        raise Problem("province", "missing", "Chọn tỉnh, thành phố nơi trường đóng.")
    epoch = epoch_of(today)
    for each in (epoch, *(other for other in places.EPOCHS if other != epoch)):
        place = places.home_of(each, name, "", "").province
        if place is not None:
            return place.name
    sentence = f"Danh mục không có tỉnh, thành phố “{name}”. Hãy chọn một tên trong danh sách."
    raise Problem("province", "unknown", sentence)


def place_of(text: str) -> str:
    """Where the school makes its papers, as its date line names it; may be left out. Raises Problem for a long text."""
    place = tidy(text)
    if len(place) > _LONGEST_PLACE:
        sentence = "Nơi ký văn bản viết gọn là tên xã, phường nơi trường đóng, ví dụ Thủ Thừa."
        raise Problem("place", "long", sentence)
    return place


def provinces_on(today: date) -> list[str]:
    """All names to choose from, in the order of the catalogue."""
    return [place.name for place in places.children(epoch_of(today), "province")]


def epoch_of(day: date) -> str:
    """Which places a letter with this deadline asks for: since the reform those of two levels.

    >>> epoch_of(date(2025, 6, 30)), epoch_of(date(2025, 7, 1))
    ('3level', '2level')
    """
    if day < places.REFORM:
        return "3level"
    return "2level"


def epoch_or_proposed(text: str, deadline: date) -> str:
    """The epoch that was chosen; "" leaves the choice to the deadline. Raises Problem for another word."""
    if text and text not in places.EPOCHS:
        raise Problem("epoch", "unknown", "Chọn danh mục địa chỉ trong danh sách.")
    return text or epoch_of(deadline)


def school_year_of(today: date) -> int:
    """The first calendar year of the school year: it begins in September."""
    if today.month >= 9:
        return today.year
    return today.year - 1


def school_year_in(text: str, today: date) -> int:
    """The first calendar year of what is written as 2026 or 2026-2027; not far from today's. Raises Problem.

    >>> school_year_in("2022 - 2023", date(2022, 10, 16)), school_year_in("2023", date(2022, 10, 16))
    (2022, 2023)
    """
    parts = _SCHOOL_YEAR.fullmatch(tidy(text))
    now = school_year_of(today)
    if parts is not None:
        first = int(parts[1])
        last = int(parts[2] or first + 1)
        if last == first + 1 and now - _YEARS_BACK <= first <= now + 1:
            return first
    sentence = f"Năm học viết như {now}-{now + 1}, không sau năm học tới."
    raise Problem("school_year", "bad_year", sentence)


def title_of(text: str) -> str:
    """The campaign's name. Raises Problem."""
    title = tidy(text)
    if not title:
        raise Problem("title", "missing", "Nhập tên đợt thu thập, ví dụ theo tiêu đề công văn.")
    if len(title) > _LONGEST_TITLE:
        sentence = f"Tên đợt thu thập dài quá {_LONGEST_TITLE} ký tự. Hãy viết gọn lại."
        raise Problem("title", "long", sentence)
    return title


def letter_of(text: str) -> str:
    """Number and day of the letter, as they stand on it; may be left out. Raises Problem for a long text."""
    letter = tidy(text)
    if len(letter) > _LONGEST_NAME:
        raise Problem(
            "letter", "long", "Số, ngày công văn viết gọn lại, ví dụ 1234/PGDĐT ngày 03/10/2022."
        )
    return letter


def check_deadline(deadline: date, today: date, meant: date | None = None) -> None:
    """Asks about a deadline that is past, or more than a year ahead.

    ``meant``: the day of which somebody has said that it is right, so that another day is asked about again.
    Raises UnusualDeadline.
    """
    question = _doubt_about(deadline, today)
    if question and meant != deadline:
        raise UnusualDeadline("deadline", "unusual", question)


def _doubt_about(deadline: date, today: date) -> str:
    days = (deadline - today).days
    if days < 0:
        return (
            f"Hạn {deadline:%d/%m/%Y} đã qua. Hãy xem lại ngày trong công văn; nếu đúng "
            f"là ngày ấy thì đánh dấu “Vẫn dùng ngày này”."
        )
    if days > _A_YEAR:
        return (
            f"Hạn {deadline:%d/%m/%Y} còn hơn một năm nữa mới tới. Hãy xem lại năm trong công văn; "
            f"nếu đúng là ngày ấy thì đánh dấu “Vẫn dùng ngày này”."
        )
    return ""
