"""The codes of the audit in words: what a deed was about, and what it found and left."""

import re
from collections.abc import Mapping
from datetime import date

from idapp import notices, verification
from idapp.models import Change, Import, SchoolClass, User
from idapp.notices import explanations, papers
from idapp.people import epochs
from idapp.registry.rehearsal import SCENARIOS
from idapp.rules.record import FIELD
from idapp.web.school import ROLE_WORDS

_APPLIED_WORDS = {
    "created": "hồ sơ mới", "changed": "hồ sơ được sửa", "unchanged": "dòng giống hồ sơ", "left_out": "dòng không chọn",
    "refused": "dòng không dùng được", "stale": "dòng vừa có người sửa",
}  # fmt: skip
_SUBJECTS = {
    "school": "Học sinh toàn trường", "staff": "Cán bộ", "simulator": "Hệ thống mô phỏng", "unknown user": "(không rõ)",
    "registry": "Cơ sở dữ liệu dân cư", "progress.xlsx": "Báo cáo tiến độ", "progress.json": "Tệp tiến độ",
    "places": "Danh mục địa chỉ",
}  # fmt: skip
_THINGS = {
    "school": "Nhà trường", "campaign": "Đợt thu thập", "remark": "Nhận xét", "visit": "Lịch hẹn công an",
    "scan": "Ảnh giấy tờ", "school figures": "Số liệu của một trường", "class": "Lớp đã xóa",
}  # fmt: skip
_FIELDS = {
    "title": "Tên đợt", "deadline": "Hạn", "name": "Tên trường", "office": "Cơ quan quản lý",
    "reviewer_title": "Nơi theo dõi tiến độ", "school_class": "Lớp", "state": "Trạng thái",
    "epoch": "Danh mục địa chỉ",
}  # fmt: skip
_CODES: Mapping[str, Mapping[str, str]] = {
    "notice": notices.STATE_WORDS
    | notices.REASON_WORDS
    | {"verified": "đã xác thực", "left": "không còn ở trường"},
    "scan": papers.EVIDENCE_WORDS
    | {
        "by hand": "xóa bằng tay",
        "verified": "đã xác thực",
        "too old": f"đã quá {papers.KEEP_DAYS} ngày",
    },
    "explanation": explanations.STATE_WORDS | explanations.REASON_WORDS,
    "visit": {"yes": "Đã làm", "no": "Không đến"},
    "batch": verification.STATE_WORDS,
    "campaign": epochs.EPOCHS,
    "account": ROLE_WORDS,
    "registry": {trouble.name: trouble.words for trouble in SCENARIOS},
}
_TRIED = {
    "verified": "trả lời được", "mismatch": "trả lời được", "not_found": "trả lời được", "unanswered": "chưa trả lời",
    "rejected": "không nhận câu hỏi", "not_permitted": "chưa cho phép",
}  # fmt: skip


def about(change: Change) -> str:
    """What the deed was about, where it was no record: a file by its name and fingerprint, a class by its name."""
    kind, _, number = change.subject.rpartition(" ")
    if not number.isdigit():
        return _SUBJECTS.get(change.subject, change.subject)
    if kind == "import" and (upload := Import.get_or_none(Import.id == int(number))):
        return f"Tệp {upload.file_name} (SHA-256 {upload.sha256[:12]}…)"
    if kind == "class" and (school_class := SchoolClass.get_or_none(SchoolClass.id == int(number))):
        return f"Lớp {school_class.name}"
    if kind == "user" and (user := User.get_or_none(User.id == int(number))):
        return f"Tài khoản {user.username}"
    if kind in ("batch", "minutes of batch"):
        return f"{'Đợt xác thực' if kind == 'batch' else 'Biên bản đợt xác thực'} {number}"
    return _THINGS.get(kind, change.subject)


def field_word(change: Change) -> str:
    return (
        FIELD[change.field].label
        if change.field in FIELD
        else _FIELDS.get(change.field, change.field)
    )


def handed_word(change: Change) -> str:
    """Who said what came in: the text itself stands behind it."""
    if change.person_id is None:
        return "SHA-256"
    return _HANDED.get(change.source, "ban đầu ghi")


_HANDED = {
    "typed": "đã gõ",
    "pasted": "bảng dán ghi",
    "import": "tệp ghi",
    "card": "thẻ ghi",
    "notice": "đã gõ",
}


def said(change: Change, which: str) -> str:
    """``old`` or ``new`` of the deed. What stands in a record is shown as it is."""
    text: str = getattr(change, which)
    kind, _, deed = change.event.partition(".")
    if kind == "explanation" and which == "new" and deed != "proposed":
        return ": ".join(filter(None, (explanations.STATE_WORDS.get(deed), text)))
    return text if kind == "person" or not text else _in_words(change.event, kind, text)


def _in_words(event: str, kind: str, text: str) -> str:
    if event == "import.confirmed":
        return re.sub(
            r"(\w+) (\d+)",
            lambda found: f"{found[2]} {_APPLIED_WORDS.get(found[1], found[1])}",
            text,
        )
    if event == "class.teacher":
        user = User.get_or_none(User.id == int(text))
        return user.full_name if user else text
    if event in ("batch.prepared", "batch.started"):
        return verification.scope_words(text) or text
    if event == "registry.tried":
        return _TRIED.get(text.split()[0], text)
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    return _CODES.get(kind, {}).get(text) or re.sub(r"^batch ([0-9]+)$", r"đợt xác thực \1", text)
