"""The audit trail to read: who did what, when, from where, by which source."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from peewee import ModelSelect

from idapp import disclosures, permissions
from idapp.models import Change, SchoolClass, User, in_school_order
from idapp.people import SOURCE_LABELS
from idapp.people.history import Wanted, search
from idapp.rules.folding import sort_key
from idapp.rules.problem import Problem
from idapp.web.access import only, the_user
from idapp.web.audit_words import about, field_word, handed_word, text_in_words
from idapp.web.cells import hide_numbers
from idapp.web.days import day_in
from idapp.web.drawn_options import options_of

bp = Blueprint("audit", __name__)
for template_filter in (hide_numbers, about, field_word, handed_word, text_in_words):
    bp.add_app_template_filter(template_filter)
PAGE = 50
DISCLOSED = "disclosed"  # whatever leaves the program, in whichever way
_LONGEST_ID = 18  # digits: what every database takes as a whole number
_ASKED = ("q", "class", "from", "to", "kind", "user", "source")
KINDS = {
    "person": "Hồ sơ",
    "person.moved": "Hồ sơ: chuyển lớp",
    "person.state": "Hồ sơ: rời trường, trở lại",
    "person.papers": "Hồ sơ: giấy tờ nhập học",
    "import": "Nhập tệp",
    DISCLOSED: "Xem, in, xuất",
    "export": "Xuất tệp",
    "print": "In giấy tờ, phiếu",
    "batch": "Xác thực",
    "notice": "Giấy tờ đối chiếu",
    "scan": "Ảnh giấy tờ",
    "explanation": "Giải trình",
    "visit": "Lịch hẹn công an",
    "account": "Tài khoản",
    "login": "Đăng nhập",
    "access": "Truy cập bị từ chối",
    "class": "Lớp",
    "campaign": "Đợt thu thập",
    "remark": "Nhận xét",
    "school": "Trường",
    "registry": "Kết nối",
    "places": "Danh mục địa chỉ",
    "ministry": "Nhập vào CSDL ngành",
    "milestone": "Mốc trong đợt",
}
EVENT_WORDS = {
    "person.changed": "sửa",
    "person.kept": "giữ nguyên khi hoàn tác",
    "person.moved": "chuyển lớp",
    "person.state": "đổi trạng thái",
    "person.transfer": "ghi ngày và nơi đi, nơi đến",
    "person.papers": "giấy tờ nhập học",
    "person.merged": "gộp hồ sơ",
    "person.unmerged": "hoàn tác gộp hồ sơ",
    "person.different": "ghi hai người khác nhau",
    "person.exported": "trích toàn bộ dữ liệu của một người",
    "notice.state": "theo dõi giấy tờ",
    "register_error.prepared": "báo CSDL dân cư ghi sai",
    "register_error.sent": "ghi ngày gửi công an",
    "register_error.more": "ghi công an yêu cầu bổ sung",
    "register_error.corrected": "ghi công an đã sửa CSDL dân cư",
    "register_error.refused": "ghi công an không sửa",
    "register_error.confirmed": "khép đề nghị gửi công an: đã xác thực",
    "register_error.still_wrong": "khép đề nghị gửi công an: vẫn không khớp",
    "register_error.withdrawn": "rút đề nghị gửi công an",
    "register_error.commune": "chọn công an nơi nhận",
    "notice.opened": "mở theo dõi giấy tờ",
    "notice.described": "ghi chú về giấy tờ",
    "notice.closed": "không cần giấy tờ nữa",
    "scan.added": "thêm ảnh giấy tờ",
    "scan.seen": "xem ảnh giấy tờ",
    "scan.erased": "xóa ảnh giấy tờ",
    "photo.added": "gửi ảnh thẻ để đọc",
    "photo.seen": "xem ảnh thẻ",
    "photo.erased": "xóa ảnh thẻ chưa dùng",
    "explanation.proposed": "gửi giải trình",
    "explanation.approved": "duyệt giải trình",
    "explanation.returned": "trả lại giải trình",
    "explanation.withdrawn": "rút giải trình",
    "visit.planned": "lập lịch công an đến trường",
    "visit.invited": "thêm người vào lịch hẹn",
    "visit.line": "sửa danh sách hẹn",
    "visit.left_out": "bỏ khỏi danh sách hẹn",
    "import.checked": "kiểm tra tệp Excel",
    "import.asked": "tải lên tệp Excel, cần trả lời",
    "import.confirmed": "nhập tệp Excel",
    "import.undone": "hoàn tác cả tệp Excel",
    "import.dropped": "bỏ tệp Excel",
    "export": "xuất tệp",
    "print.paper": "mở văn bản để in",
    "print.passwords": "mở phiếu mật khẩu để in",
    "history.erased": "xóa nội dung nhật ký về một người",
    "print.slips": "in phiếu gửi gia đình",
    "print.check_sheets": "in phiếu kiểm tra thông tin",
    "milestone.added": "đặt mốc trong đợt",
    "milestone.changed": "sửa mốc trong đợt",
    "milestone.removed": "xóa mốc trong đợt",
    "ministry.entered": "đã nhập vào CSDL ngành",
    "ministry.waits_again": "còn phải nhập vào CSDL ngành",
    "batch.prepared": "chuẩn bị đợt xác thực",
    "batch.started": "mở đợt xác thực",
    "batch.answers": "nạp tệp kết quả xác thực",
    "batch.state": "đợt xác thực đổi trạng thái",
    "account.created": "tạo tài khoản",
    "account.disabled": "khóa tài khoản",
    "account.enabled": "mở lại tài khoản",
    "account.password": "đổi mật khẩu",
    "account.phone": "đổi số điện thoại trên phiếu",
    "access.refused": "mở trang không được phép quá nhiều lần trong một giờ",
    "account.second_step_on": "bật mã khi đăng nhập",
    "account.second_step_off": "tắt mã khi đăng nhập",
    "account.second_step_removed": "gỡ mã khi đăng nhập của tài khoản khác",
    "account.recovery_code": "đăng nhập bằng mã dự phòng",
    "account.recovery_codes": "làm mã dự phòng mới",
    "account.signed_out": "đăng xuất các máy khác",
    "account.all_signed_out": "đăng xuất mọi người",
    "login.failed": "đăng nhập không thành công",
    "login": "đăng nhập",
    "logout": "đăng xuất",
    "class.added": "thêm lớp",
    "class.removed": "xóa lớp",
    "class.renamed": "đổi tên lớp",
    "class.ordered": "đổi thứ tự lớp",
    "account.role": "đổi vai trò của tài khoản",
    "account.linked": "nối tài khoản với hồ sơ cán bộ",
    "class.teacher": "giao giáo viên chủ nhiệm",
    "class.stand_in": "giao dạy thay",
    "places.loaded": "nạp bản danh mục địa chỉ mới",
    "places.back": "trở lại bản danh mục địa chỉ khác",
    "places.names": "ghi tên mới của địa phương vào hồ sơ",
    "places.chosen": "chọn nơi mới cho xã, phường cũ",
    "campaign.changed": "sửa đợt thu thập",
    "campaign.closed": "kết thúc đợt thu thập, chốt báo cáo",
    "campaign.reopened": "mở lại đợt thu thập",
    "campaign.opened": "mở đợt thu thập mới",
    "remark.made": "cơ quan quản lý nhận xét",
    "remark.answered": "trả lời nhận xét",
    "figures.received": "nhận tệp tiến độ của một trường",
    "figures.forgotten": "bỏ số liệu của một trường",
    "school.changed": "sửa thông tin trường",
    "school.set_up": "thiết lập trường",
    "registry.tried": "thử kết nối cơ sở dữ liệu dân cư",
    "registry.changed": "đổi cách gửi xác thực",
    "site.changed": "đổi địa chỉ cho giáo viên",
    "registry.rehearsed": "tập dượt sự cố",
    "person.rechecked": "đổi tình trạng theo quy tắc của bản mới",
    "records.rechecked": "kiểm tra lại hồ sơ sau khi cập nhật",
    "backup.made": "sao lưu dữ liệu",
    "backup.changed": "đổi cách sao lưu",
    "backup.key": "dùng khóa sao lưu mới",
    "backup.downloaded": "tải bản sao lưu về",
    "database.moved": "chuyển dữ liệu sang PostgreSQL",
    "backup.restored": "khôi phục từ bản sao lưu",
    "purge": "xóa dữ liệu hết hạn lưu",
    "retention.changed": "đổi thời gian lưu giữ",
}


@bp.get("/history")
@only("clerk", "principal")
def history() -> str:
    """The audit trail, newest first.

    All narrow it down: ``?q=`` a name, ``class`` an id, ``from`` and ``to`` days, ``kind`` one of KINDS, ``user`` an
    id, ``source`` one of SOURCE_LABELS.
    """
    texts = {name: request.args.get(name, "").strip() for name in _ASKED}
    wanted, problem = _wanted(texts)
    before = _id(request.args.get("before", ""))
    changes, older = _page(search(the_user(), wanted, limit=PAGE + 1, before=before))
    given = {name: text for name, text in texts.items() if text}
    return render_template(
        "audit/history.html",
        changes=changes,
        older=older,
        asked=texts,
        is_filtered=bool(given),
        page_query=urlencode(given) + "&",
        sentence=problem.message if problem else "",
        wrong_field=problem.field if problem else "",
        event_words=EVENT_WORDS,
        source_labels=SOURCE_LABELS,
        **_choices(texts["class"]),
    )


def _choices(asked_class: str) -> dict[str, object]:
    """What the form offers: (value, words) of each; the classes, of which a school may have many, as they are drawn."""
    classes: list[tuple[object, str]] = [
        (id_, name) for id_, name, _ in permissions.names_and_grades_of(the_user())
    ]
    past = SchoolClass.select().where(SchoolClass.is_past)
    in_order = past.order_by(SchoolClass.school_year.desc(), *in_school_order())
    users = sorted(User.select(), key=lambda user: sort_key(user.full_name))
    return {
        "kinds": KINDS.items(),
        "sources": SOURCE_LABELS.items(),
        "class_options": options_of(
            classes + [(each.id, each.title) for each in in_order], asked_class
        ),
        "users": [(user.id, user.full_name) for user in users],
    }


def _wanted(asked: Mapping[str, str]) -> tuple[Wanted, Problem | None]:
    """What the address asks for; a word that nobody knows asks for nothing, a day that is none is said."""
    days: dict[str, date] = {}
    problem = None
    for name in ("from", "to"):
        try:
            if asked[name]:
                days[name] = day_in(asked[name], name)
        except Problem as odd:
            problem = odd
    class_id = _id(asked["class"])
    wanted = Wanted(
        name=asked["q"],
        school_class=permissions.class_of(the_user(), class_id),
        first=days.get("from"),
        last=days.get("to"),
        user_id=_id(asked["user"]) or None,
        source=asked["source"] if asked["source"] in SOURCE_LABELS else "",
        events=_events_of(asked["kind"]),
    )
    return wanted, problem


def _id(text: str) -> int:
    """
    >>> _id("17"), _id("x"), _id("9" * 30)
    (17, 0, 0)
    """
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_ID else 0


def _events_of(kind: str) -> list[str]:
    """
    >>> _events_of("remark"), _events_of("login"), _events_of("?")
    (['remark.made', 'remark.answered'], ['login.failed', 'login'], [])
    """
    if kind == DISCLOSED:
        return list(disclosures.EVENTS)
    if kind not in KINDS:
        return []
    return [event for event in EVENT_WORDS if event == kind or event.startswith(f"{kind}.")]


def page_of(query: ModelSelect[Change]) -> tuple[list[Change], int | None]:
    """One page of changes, newest first, and the id to continue from; stays right while new rows arrive."""
    before = request.args.get("before", type=int)
    if before:
        query = query.where(Change.id < before)
    return _page(list(query.limit(PAGE + 1)))


def _page(changes: list[Change]) -> tuple[list[Change], int | None]:
    """Of one row more than is shown: is there an older page?"""
    if len(changes) <= PAGE:
        return changes, None
    return changes[:PAGE], changes[PAGE - 1].id
