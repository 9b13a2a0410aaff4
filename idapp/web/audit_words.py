"""The codes of the audit in words: what an event was about, what stood there before and what it left."""

import re
from collections.abc import Callable, Mapping
from datetime import date

from idapp import notices, school, verification
from idapp.doubles import pairs
from idapp.models import Change, Import, User
from idapp.notices import evidence, explanations, papers, register_errors
from idapp.people import epochs
from idapp.privacy import retention
from idapp.registry import fields as registry_fields
from idapp.registry import way
from idapp.registry.rehearsal import SCENARIOS
from idapp.rules import places
from idapp.rules.record import FIELD
from idapp.school_years import year_words
from idapp.web.school.views import ROLE_WORDS

_APPLIED_WORDS = {
    "created": "hồ sơ mới",
    "changed": "hồ sơ được sửa",
    "unchanged": "dòng không thay đổi",
    "left_out": "dòng không chọn",
    "refused": "dòng không dùng được",
    "stale": "dòng vừa có người sửa",
}
_SUBJECTS = {  # written as they are
    "school": "Học sinh toàn trường",
    "staff": "Cán bộ",
    "simulator": "Hệ thống mô phỏng",
    "unknown user": "(không rõ)",
    "registry": "Cơ sở dữ liệu dân cư",
    "police letter": "Công văn gửi công an",
    "progress.docx": "Báo cáo tiến độ (Word)",
    "explanations.docx": "Danh sách giải trình (Word)",
    "explanations": "Danh sách giải trình",
    "progress report": "Báo cáo tiến độ",
    "public class list": "Danh sách lớp để công bố",
    "progress.xlsx": "Báo cáo tiến độ",
    "progress.json": "Tệp tiến độ",
    "places": "Danh mục địa chỉ",
    "changes": "Thay đổi còn phải nhập vào CSDL ngành",
    "site": "Địa chỉ cho giáo viên",
} | {kind.key: kind.title for kind in retention.KINDS}
_THINGS = {  # written with a number behind them
    "school": "Nhà trường",
    "campaign": "Đợt thu thập",
    "milestone": "Mốc",
    "remark": "Nhận xét",
    "visit": "Lịch hẹn công an",
    "scan": "Ảnh giấy tờ",
    "card photo": "Ảnh thẻ",
    "everything about record": "Bản kê dữ liệu cá nhân",
    "school figures": "Số liệu của một trường",
    "class": "Lớp đã xóa",  # one that is there is called by its name
}
_FIELDS = {
    "title": "Tên đợt",
    "deadline": "Hạn",
    "name": "Tên trường",
    "letter": "Số, ngày công văn",
    "level": "Cấp học",
    "school_year": "Năm học",
    "office": "Cơ quan quản lý",
    "place": "Nơi ký văn bản",
    "reviewer_title": "Nơi theo dõi tiến độ",
    "school_class": "Lớp",
    "class": "Chuyển lớp",
    "arrival": "Nơi đến",
    "state": "Trạng thái",
    "epoch": "Danh mục địa chỉ",
    "present_residence": "Nơi ở hiện tại",
    "address": "Địa chỉ",
    "is_open": "Máy khác vào được",
    "plain_http": "Đồng ý dùng mạng không mã hóa",
}
_CODES: Mapping[str, Mapping[str, str]] = {
    "notice": notices.STATE_WORDS
    | notices.REASON_WORDS
    | {
        "verified": "đã xác thực",
        "left": "không còn ở trường",
        "merged": "đã gộp hồ sơ",
        "foreign": "quốc tịch nước ngoài",
    },
    "scan": evidence.words_of("2level")
    | {
        "by hand": "xóa bằng tay",
        "verified": "đã xác thực",
        "too old": f"đã quá {papers.KEEP_DAYS} ngày",
    },
    "explanation": explanations.STATE_WORDS | explanations.REASON_WORDS,
    "register_error": register_errors.STATE_WORDS,
    "visit": {"yes": "Đã làm", "no": "Không đến"},
    "batch": verification.STATE_WORDS,
    "campaign": epochs.EPOCHS,
    "account": ROLE_WORDS,
    "registry": {trouble.name: trouble.words for trouble in SCENARIOS}
    | {"police": "Công an đã sửa CSDL dân cư mô phỏng"}
    | way.WAY_WORDS,
    "site": {"True": "có", "False": "không"},
}
_REGISTRY_FIELDS = {"way": "Cách gửi"} | {
    field.name: field.label for field in registry_fields.FIELDS
}
_TRIED = {
    "verified": "đã có kết quả",
    "mismatch": "đã có kết quả",
    "not_found": "đã có kết quả",
    "unanswered": "chưa trả lời",
    "rejected": "không nhận câu hỏi",
    "not_permitted": "chưa cho phép",
}
_HANDED = {
    "typed": "đã gõ",
    "pasted": "bảng dán ghi",
    "import": "tệp ghi",
    "card": "thẻ ghi",
    "notice": "đã gõ",
}


def about(change: Change) -> str:
    """What the event was about, where it was no record: a file by its name and fingerprint, a class by its name."""
    kind, _, number = change.subject.rpartition(" ")  # "minutes of batch 3"
    if not number.isdigit():
        return _SUBJECTS.get(change.subject, change.subject)
    if kind == "batch":
        return f"Đợt xác thực {number}"
    if kind == "minutes of batch":
        return f"Biên bản đợt xác thực {number}"
    if kind == "police letter to":
        return f"Công văn gửi công an {_commune(number)}"
    if kind == "public list of class":
        return f"Danh sách để công bố: {_name_of('class', int(number)) or _THINGS['class']}"
    if kind == "rows to mend of import":
        return f"Dòng cần sửa: {_name_of('import', int(number))}"
    name = _name_of(kind, int(number))
    return name or _THINGS.get(kind, change.subject)


def _name_of(kind: str, id_: int) -> str:
    """The name of a row that is still there, else ""."""
    if kind == "import":
        upload = Import.get_or_none(Import.id == id_)
        return f"Tệp {upload.file_name} (SHA-256 {upload.sha256[:12]}…)" if upload else ""
    if kind == "class":
        class_name = school.name_of_class(id_)
        return f"Lớp {class_name}" if class_name else ""
    if kind == "user":
        user = User.get_or_none(User.id == id_)
        return f"Tài khoản {user.username}" if user else ""
    return ""


def field_word(change: Change) -> str:
    """The label of the field that was changed, of a record or of a setting."""
    if change.event == "registry.changed":
        return _REGISTRY_FIELDS.get(change.field, change.field)
    if change.field in FIELD:
        return FIELD[change.field].label
    return _FIELDS.get(change.field, change.field)


def handed_word(change: Change) -> str:
    """Who said what came in: the text itself stands behind it."""
    if change.person_id is None:
        return "SHA-256"
    return _HANDED.get(change.source, "ban đầu ghi")


def text_in_words(change: Change, which: str) -> str:
    """``old`` or ``new`` of an event. What stands in a record is shown as it is."""
    text: str = getattr(change, which)
    kind, _, action = change.event.partition(".")
    if kind == "explanation" and which == "new" and action != "proposed":
        return _decision(action, text)
    if change.event == "person.different":
        return pairs.REASON_WORDS.get(text, "")
    if change.field == "school_year" and text.isdecimal():
        return year_words(int(text))
    if kind == "person" or not text:
        return text
    in_words = _WORDS_OF_EVENT.get(change.event)
    if in_words is not None:
        return in_words(text)
    return _code_in_words(kind, text)


def _decision(state: str, comment: str) -> str:
    """What became of an explanation, and why, if somebody said so."""
    parts = (explanations.STATE_WORDS.get(state), comment)
    return ": ".join(part for part in parts if part)


def _code_in_words(kind: str, text: str) -> str:
    """A day, a code of this kind, a batch, or the text itself."""
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    word = _CODES.get(kind, {}).get(text)
    if word:
        return word
    return re.sub(r"^batch ([0-9]+)$", r"đợt xác thực \1", text)


def _applied(text: str) -> str:
    """
    >>> _applied("created 40, stale 1")
    '40 hồ sơ mới, 1 dòng vừa có người sửa'
    """
    return re.sub(r"(\w+) (\d+)", _count_in_words, text)


def _count_in_words(count: re.Match[str]) -> str:
    name, number = count.groups()
    return f"{number} {_APPLIED_WORDS.get(name, name)}"


def _teachers(text: str) -> str:
    """The names of the teachers of a class, from their ids."""
    return ", ".join(_teacher(id_) for id_ in text.split(","))


def _teacher(id_: str) -> str:
    user = User.get_or_none(User.id == int(id_))
    if user is None:
        return id_
    return str(user.full_name)


def _stand_in(text: str) -> str:
    """The name of a stand-in and the day on which access ends."""
    id_, day = text.split()
    return f"{_teacher(id_)} (hết quyền từ {date.fromisoformat(day):%d/%m/%Y})"


def _fields(text: str) -> str:
    """Labels of fields, from their names.

    >>> _fields("gender, date_of_birth"), _fields("sent")
    ('Giới tính, Ngày sinh', 'Đã gửi, chờ công an trả lời')
    """
    names = text.split(", ")
    if all(name in FIELD for name in names):
        return ", ".join(FIELD[name].label for name in names)
    return register_errors.STATE_WORDS.get(text, text)


def _commune(text: str) -> str:
    for epoch in places.EPOCHS:
        place = places.by_code(epoch, text)
        if place is not None:
            return place.name
    return text


def _scope(text: str) -> str:
    return verification.scope_words(text) or text


def _trial(text: str) -> str:
    """An outcome, and behind it a reason that is none for people."""
    return _TRIED.get(text.split()[0], text)


def _failed(text: str) -> str:
    """
    >>> _failed("code")
    'mã chưa đúng'
    """
    return {"code": "mã chưa đúng"}.get(text, text)


def _machines(count: str) -> str:
    return f"{count} máy"


def _days(count: str) -> str:
    return f"{count} ngày"


def _times(count: str) -> str:
    return f"hơn {count} lần"


# Events whose texts are written in a form of their own.
_WORDS_OF_EVENT: Mapping[str, Callable[[str], str]] = {
    "register_error.prepared": _fields,
    "register_error.commune": _commune,
    "import.confirmed": _applied,
    "class.teacher": _teachers,
    "class.stand_in": _stand_in,
    "batch.prepared": _scope,
    "batch.started": _scope,
    "registry.tried": _trial,
    "login.failed": _failed,
    "account.signed_out": _machines,
    "account.all_signed_out": _machines,
    "access.refused": _times,
    "retention.changed": _days,
}
