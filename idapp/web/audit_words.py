"""The codes of the audit in words: what a deed was about, and what it found and left."""

import re

from idapp import notices
from idapp.models import Change, Import, SchoolClass, User

_OUTCOMES = {
    "created": "hồ sơ mới", "changed": "hồ sơ được sửa", "unchanged": "dòng giống hồ sơ", "left_out": "dòng không chọn",
    "refused": "dòng không dùng được", "stale": "dòng vừa có người sửa",
}  # fmt: skip
_SUBJECTS = {
    "school": "Học sinh toàn trường", "staff": "Cán bộ", "simulator": "Hệ thống mô phỏng", "unknown user": "(không rõ)",
}  # fmt: skip
_BECAUSE = {"verified": "đã xác thực", "left": "không còn ở trường"}


def about(change: Change) -> str:
    """What the deed was about, where it was no record: a file by its name and fingerprint, a class by its name."""
    kind, _, number = change.subject.partition(" ")
    if not number.isdigit():
        return _SUBJECTS.get(change.subject, change.subject)
    if kind == "import" and (upload := Import.get_or_none(Import.id == int(number))):
        return f"Tệp {upload.file_name} (SHA-256 {upload.sha256[:12]}…)"
    if kind == "class" and (school_class := SchoolClass.get_or_none(SchoolClass.id == int(number))):
        return f"Lớp {school_class.name}"
    if kind == "user" and (user := User.get_or_none(User.id == int(number))):
        return f"Tài khoản {user.username}"
    return f"Đợt xác thực {number}" if kind == "batch" else change.subject


def said(text: str, change: Change) -> str:
    """``old`` or ``new`` of the deed."""
    if change.event == "import.confirmed":
        return re.sub(r"(\w+) (\d+)", lambda found: f"{found[2]} {_OUTCOMES.get(found[1], found[1])}", text)
    if change.event.startswith("notice."):
        words = notices.STATE_WORDS | notices.REASON_WORDS | _BECAUSE
        return words.get(text, re.sub(r"^batch (\d+)$", r"đợt xác thực \1", text))
    return text
