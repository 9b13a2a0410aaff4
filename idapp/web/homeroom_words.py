"""Who looks after a class, in words: on the class list, the table of a class, the cases and the progress."""

from collections.abc import Iterable

from idapp import homeroom
from idapp.models import ClassTeacher, SchoolClass

NO_TEACHER = "Chưa có giáo viên chủ nhiệm"


def by_class() -> dict[int, str]:
    """The names of those who look after each class today; a class without anybody is missing."""
    return {class_id: names(rows) for class_id, rows in homeroom.by_class().items()}


def of_class(school_class: SchoolClass) -> str:
    """The names of those who look after one class today; "" where nobody does."""
    return names(homeroom.of_class(school_class))


def names(rows: Iterable[ClassTeacher]) -> str:
    """All of them in a line, a stand-in with the day on which it ends."""
    return ", ".join(_name(row) for row in rows)


def _name(row: ClassTeacher) -> str:
    if row.until is None:
        return str(row.teacher.full_name)
    return f"{row.teacher.full_name} (dạy thay, hết quyền từ {row.until:%d/%m/%Y})"
