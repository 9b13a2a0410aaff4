"""Who may be sent together: a scope (school, staff, a grade, a class) and a choice of its records.

Choices: ``ready`` everybody whose record can be sent and has no answer for its present values (new, changed after an
answer, unanswered); ``changed`` and ``unanswered`` only those; ``unverified`` also asks again about answered records
that nobody corrected. Everybody else of the scope is excluded for exactly one reason. Who was edited while a batch
still waits for the answer about the old values is asked again when that answer has come: one open question per person.
"""

from __future__ import annotations

from peewee import Expression, ModelSelect

from idapp import school
from idapp.database import PreparedStatement
from idapp.models import (
    BatchItem,
    Person,
    SchoolClass,
    in_school_order,
)
from idapp.rules.problem import Problem

WHICH_WORDS = {
    "ready": "Tất cả hồ sơ sẵn sàng gửi",
    "changed": "Chỉ hồ sơ sửa sau khi đã xác thực",
    "unanswered": "Chỉ hồ sơ dịch vụ chưa trả lời",
    "unverified": "Mọi hồ sơ chưa xác thực, gửi lại cả hồ sơ chưa khớp mà chưa sửa gì",
}
EXCLUDED_WORDS = {
    "incomplete": "còn thiếu hoặc sai",
    "answered": "đã có kết quả và chưa sửa gì",
    "not_chosen": "sẵn sàng nhưng không thuộc phạm vi đã chọn",
    "sent": "đang chờ kết quả ở đợt khác",
    "verified": "đã xác thực",
    "explained": "có giải trình",
    "foreign": "ngoài diện (quốc tịch nước ngoài)",
}
_SENDABLE = ("ready", "changed", "unanswered")
_ANSWERED = ("mismatch", "not_found", "rejected")
_STATUSES_OF = {
    "ready": _SENDABLE,
    "changed": ("changed",),
    "unanswered": ("unanswered",),
    "unverified": (*_SENDABLE, *_ANSWERED),
}


def scopes() -> list[tuple[str, str]]:
    """What may be sent together: (scope, words)."""
    classes = _CLASSES.raw()
    grades = {grade for _, _, grade in classes if grade is not None}
    return [
        ("school", "Toàn trường (học sinh và cán bộ, giáo viên, nhân viên)"),
        ("staff", "Cán bộ, giáo viên, nhân viên"),
        *((f"grade:{grade}", f"Khối {grade}") for grade in sorted(grades)),
        *((f"class:{class_id}", f"Lớp {name}") for class_id, name, _ in classes),
    ]


_CLASSES = PreparedStatement(
    lambda: (
        SchoolClass.present()
        .select(SchoolClass.id, SchoolClass.name, SchoolClass.grade)
        .order_by(*in_school_order())
    )
)


def scope_words(scope: str) -> str:
    """A scope as people say it; also of a class that was deleted since."""
    kind, _, key = scope.partition(":")
    if kind == "grade":
        return f"Khối {key}"
    if kind == "class":
        class_name = school.name_of_class(int(key))
        return f"Lớp {class_name}" if class_name else "Lớp đã xóa"
    return {"school": "Toàn trường", "staff": "Cán bộ, giáo viên, nhân viên"}.get(scope, "")


def people_in(scope: str) -> ModelSelect[Person]:
    """The active records of a scope. Raises Problem for a scope that does not exist."""
    query = Person.select().where(Person.active)
    kind, _, key = scope.partition(":")
    if scope not in ("school", "staff") and scope not in dict(scopes()):
        raise Problem("scope", "unknown_scope", "Chọn phạm vi gửi xác thực trong danh sách.")
    if kind == "class":
        return query.where(Person.school_class == int(key))
    if kind == "grade":
        classes = SchoolClass.present().where(SchoolClass.grade == int(key)).select(SchoolClass.id)
        return query.where(Person.school_class.in_(classes))
    if kind == "staff":
        return query.where(Person.kind == "staff")
    return query


def checked_which(which: str) -> str:
    """The choice itself. Raises Problem for one that does not exist."""
    if which not in WHICH_WORDS:
        raise Problem("which", "unknown_which", "Chọn những hồ sơ muốn gửi trong danh sách.")
    return which


def chosen(which: str) -> Expression:
    """The condition on a record to be sent."""
    return Person.status.in_(_STATUSES_OF[which]) & ~being_asked()


def being_asked() -> Expression:
    """The condition on a record about which some batch still owes an answer, whatever was edited since."""
    return Person.id.in_(BatchItem.select(BatchItem.person).where(BatchItem.is_open()))


def excluded_because(status: str, is_asked: bool, which: str) -> str:
    """Why a record with this status stays out, or ""; ``is_asked`` as of ``being_asked``."""
    # edited while another batch still waits for the answer about the old values
    if status in _STATUSES_OF[which] and is_asked:
        return "sent"
    if status in _STATUSES_OF[which]:
        return ""
    if status in _ANSWERED:
        return "answered"
    if status in _SENDABLE:
        return "not_chosen"
    return status


def left_out(reason: str, which: str) -> Expression:
    """The condition on the records that :func:`excluded_because` gives this reason."""
    if reason == "sent":
        return (Person.status == "sent") | (Person.status.in_(_STATUSES_OF[which]) & being_asked())
    statuses = {"answered": _ANSWERED, "not_chosen": _SENDABLE}.get(reason, (reason,))
    return Person.status.in_(statuses) & Person.status.not_in(_STATUSES_OF[which])
