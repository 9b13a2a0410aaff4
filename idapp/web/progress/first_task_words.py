"""The first tasks in words: what each is called, where it is done, how far it has come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idapp.progress.first_tasks import NAMES, Start

_TITLES = {
    "pupils": "Nhập danh sách học sinh",
    "staff": "Nhập danh sách cán bộ, giáo viên, nhân viên",
    "accounts": "Tạo tài khoản cho giáo viên chủ nhiệm",
    "register": "Chọn cách gửi xác thực",
    "batch": "Gửi đợt xác thực đầu tiên",
}
_ENDPOINTS = {
    "pupils": "imports.new",
    "staff": "imports.new",
    "accounts": "school.from_staff",
    "register": "registry.settings",
    "batch": "verification.new",
}
_SHOWN_CLASSES = 6


@dataclass(frozen=True)
class Task:
    """One line of the list. ``endpoint`` "": somebody else does it, as ``state`` says."""

    name: str
    done: bool
    title: str
    state: str
    endpoint: str


def tasks_of(start: Start, role: str) -> list[Task]:
    """The lines for the clerk or the principal; none once all is done."""
    if start.is_ready:
        return []
    return [_task(name, start, role) for name in NAMES]


def _task(name: str, start: Start, role: str) -> Task:
    done = start.is_done(name)
    state = _STATES[name](start)
    endpoint = _ENDPOINTS[name]
    if name == "register" and role != "principal":
        endpoint = ""
        if not done:
            state += ": hiệu trưởng chọn trong Cài đặt"
    return Task(name, done, _TITLES[name], state, endpoint)


def _pupils(start: Start) -> str:
    """
    >>> _pupils(Start(507, 12, 0, [], "off", 0))
    'đã nhập 507 học sinh, 12 lớp'
    """
    if not start.pupils:
        return (
            "chưa có học sinh nào; dùng được tệp Excel của Bộ hay của trường, lớp được tạo theo tệp"
        )
    return f"đã nhập {_number(start.pupils)} học sinh, {start.classes} lớp"


def _staff(start: Start) -> str:
    if not start.staff:
        return "chưa có ai; dùng được tệp Excel cán bộ của trường"
    return f"đã nhập {_number(start.staff)} người"


def _accounts(start: Start) -> str:
    """
    >>> _accounts(Start(90, 3, 0, ["6A1", "6A2"], "off", 0))
    'mới 1/3 lớp có giáo viên đăng nhập được; chưa có: 6A1, 6A2'
    """
    if not start.classes:
        return "sau khi có lớp"
    if not start.without_teacher:
        return f"cả {start.classes} lớp đều có giáo viên đăng nhập được"
    names = list(start.without_teacher[:_SHOWN_CLASSES])
    if len(start.without_teacher) > _SHOWN_CLASSES:
        names.append("…")
    assigned = start.classes - len(start.without_teacher)
    return (
        f"mới {assigned}/{start.classes} lớp có giáo viên đăng nhập được; chưa có: "
        f"{', '.join(names)}"
    )


def _register(start: Start) -> str:
    words = {"file": "gửi bằng tệp", "soap": "gửi qua mạng"}
    return words.get(start.channel, "chưa chọn gửi bằng tệp hay qua mạng")


def _batch(start: Start) -> str:
    if not start.batches:
        return "văn thư chuẩn bị, hiệu trưởng gửi"
    return f"đã gửi {start.batches} đợt"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


_STATES: Mapping[str, Callable[[Start], str]] = {
    "pupils": _pupils,
    "staff": _staff,
    "accounts": _accounts,
    "register": _register,
    "batch": _batch,
}
