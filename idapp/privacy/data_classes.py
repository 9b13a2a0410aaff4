"""What is kept about people, as one table: the page /privacy and ``docs/privacy.md`` are drawn from it.

Every column of every table of the database stands in exactly one class (``tests/test_data_classes.py``): whoever adds a
column says here what it is for. ``python -m idapp.privacy.data_classes`` prints ``docs/privacy.md``.

Law: Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15, in force since 01/01/2026, and Nghị định 356/2025/NĐ-CP. They were read
in digests of the press, not in the gazette: rights of the person (art. 4), what needs no consent (art. 19(1)), children
and who acts for them (art. 24); that images of identity papers and the ethnic group are sensitive (the decree's list).
What the letter of the campaign orders is therefore the ground, and the page tells the reader what is second-hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# the grounds in the words of the page; which article of the law a school relies on, it says itself
_LETTER = "nhiệm vụ theo công văn của cơ quan quản lý giáo dục"
_SAFETY = "bảo đảm an toàn cho dữ liệu, là nghĩa vụ của trường"
_WORK = "quản lý công việc của trường"
_STAYS = "không tự xóa: trường cần để đối chiếu nhiều năm"

LAW = (
    "Luật Bảo vệ dữ liệu cá nhân số 91/2025/QH15 (hiệu lực từ 01/01/2026, thay Nghị định "
    "13/2023/NĐ-CP) và Nghị định 356/2025/NĐ-CP. Người có dữ liệu được biết, xem, đề nghị sửa, "
    "xóa, hạn chế, khiếu nại (Điều 4); việc phải làm theo pháp luật không cần xin đồng ý (khoản "
    "1 Điều 19); cha mẹ hoặc người giám hộ thay mặt trẻ em (Điều 24)."
)
LAW_NOTE = (
    "Các điều trên dẫn theo báo chí và bản tóm tắt, chưa đối chiếu với Công báo. "
    "Trường nên đọc lại văn bản gốc."
)


@dataclass(frozen=True)
class DataClass:
    """``columns``: {table: names}. ``page``: where it is seen, whose roles are ``seen_by`` ("" where nobody sees it).

    ``kept_by``: the kind of ``retention.KINDS`` that ends it, "" for none; ``period`` says it in words.
    """

    key: str
    title: str
    what: str
    purpose: str
    ground: str
    period: str
    seen_by: tuple[str, ...]
    page: str
    goes_to: str = "Không gửi đi đâu."
    is_sensitive: bool = False
    kept_by: str = ""
    columns: dict[str, str] = field(default_factory=dict)


# in the order of permissions: a test compares them with the marks of the pages
EVERYBODY = ("teacher", "clerk", "principal", "reviewer")
SCHOOL = ("teacher", "clerk", "principal")
OFFICE = ("clerk", "principal")
ROLE_WORDS = {
    "teacher": "giáo viên (học sinh lớp mình)",
    "clerk": "văn thư",
    "principal": "hiệu trưởng",
    "reviewer": "cơ quan quản lý (chỉ xem, số định danh được che)",
}

# in the order in which a family asks: the child first, the machinery last
CLASSES = (
    DataClass(
        "identity",
        "Thông tin định danh",
        "Họ tên, ngày sinh, giới tính, số định danh, quốc tịch, mã của Bộ của học sinh và cán "
        "bộ; vị trí việc làm của cán bộ.",
        "Xác thực với Cơ sở dữ liệu quốc gia về dân cư.",
        _LETTER,
        _STAYS,
        EVERYBODY,
        "people.person",
        "Họ tên, ngày sinh, giới tính, số định danh tới Cơ sở dữ liệu quốc gia về dân cư khi "
        "hiệu trưởng mở đợt xác thực; tệp Excel do trường tự tải để nhập vào CSDL ngành.",
        columns={
            "person": "id kind version full_name date_of_birth gender identity_number "
            "nationality ministry_code position number born sex foreign_national sort_key "
            "search_key problems errors warnings repaired",
            "recheck": "id user state changeset started_at ended_at heartbeat_at total counts "
            "rules round last_id worse seen_at",
        },
    ),
    DataClass(
        "ethnicity",
        "Dân tộc",
        "Dân tộc của học sinh và cán bộ.",
        "Điền mẫu của Bộ.",
        _LETTER,
        _STAYS,
        EVERYBODY,
        "people.person",
        "Chỉ trong tệp Excel do trường tự tải để nhập vào CSDL ngành.",
        is_sensitive=True,
        columns={"person": "ethnic_group"},
    ),
    DataClass(
        "residence",
        "Nơi thường trú, nơi ở hiện tại",
        "Đơn vị hành chính, tổ/thôn/xóm; nơi ở hiện tại chỉ khi công văn yêu cầu; nơi thường trú "
        "theo trả lời của cơ sở dữ liệu dân cư.",
        "Hoàn thiện hồ sơ, biết gia đình đến công an xã nào.",
        _LETTER,
        _STAYS,
        EVERYBODY,
        "people.person",
        "Công văn gửi công an xã khi cơ sở dữ liệu dân cư ghi sai; tệp Excel do trường tự tải.",
        columns={
            "person": "province district commune address present_province present_district "
            "present_commune present_address epoch province_code district_code commune_code "
            "register_residence",
            "place_choice": "id address_key new_code user at",
            "epoch_change": "id from_epoch to_epoch state user changeset started_at ended_at "
            "heartbeat_at total counts",
        },
    ),
    DataClass(
        "parents",
        "Cha mẹ học sinh",
        "Họ tên, năm sinh của cha, mẹ.",
        "Điền mẫu 4.1.6 của Bộ; không bắt buộc.",
        _LETTER,
        _STAYS,
        EVERYBODY,
        "people.person",
        "Chỉ trong tệp Excel do trường tự tải để nhập vào CSDL ngành.",
        columns={"person": "father_name father_birth_year mother_name mother_birth_year"},
    ),
    DataClass(
        "placement",
        "Lớp, trạng thái, chuyển đi chuyển đến",
        "Lớp, còn học hay đã rời trường, ngày và trường chuyển, giấy tờ còn nợ, lên lớp hằng năm.",
        "Biết ai thuộc diện phải xác thực, giáo viên nào phụ trách.",
        _WORK,
        _STAYS,
        EVERYBODY,
        "people.person",
        columns={
            "person": "school_class state active",
            "transfer": "id person kind day school province note changeset undone user at",
            "entry_paper": "id person paper due_on received_on",
            "year_change": "id from_year to_year state upload closed_campaign plan user "
            "changeset started_at ended_at heartbeat_at total counts",
            "year_move": "id change person to_class to_state from_class from_state kept done",
        },
    ),
    DataClass(
        "answers",
        "Kết quả xác thực",
        "Thông tin đã gửi, lúc gửi, mã yêu cầu, trả lời của cơ sở dữ liệu dân cư, mục không khớp.",
        "Biết hồ sơ nào đã xác thực, sai ở đâu; làm biên bản.",
        _LETTER,
        _STAYS,
        EVERYBODY,
        "verification.show",
        columns={
            "person": "status outcome outcome_hash outcome_at differences outcome_reason",
            "batch": "id scope which channel state reason sentence started_by prepared_by "
            "created_at started_at finished_at total excluded lease lease_until heartbeat_at "
            "resume_at outage_since",
            "batch_item": "id batch person values hash outcome_before state reason differences "
            "stale attempts request_code not_before lease lease_until settled_at seconds",
            "attempt": "id item request_code at outcome reason",
            "batch_file": "id batch user file_name sha256 at counts odd",
        },
    ),
    DataClass(
        "photos",
        "Ảnh giấy tờ của gia đình",
        "Ảnh thẻ căn cước, VNeID, giấy khai sinh, thông báo số định danh; vẽ lại để bỏ thông "
        "tin ẩn, mã hóa trên máy.",
        "Đối chiếu khi hồ sơ không khớp.",
        _LETTER,
        "tới khi hồ sơ được xác thực, chậm nhất theo số ngày trường đặt",
        SCHOOL,
        "notices.show",
        # Decree 356/2025 lists images of identity papers among the sensitive data
        is_sensitive=True,
        kept_by="scans",
        columns={"scan": "id case evidence name pages added_by added_at erased_at erased_because"},
    ),
    DataClass(
        "card_photos",
        "Ảnh thẻ chụp để nhập nhanh",
        "Ảnh thẻ và chữ trong mã QR của thẻ, chờ người chụp xem và lưu.",
        "Khỏi gõ lại thông tin trên thẻ.",
        _LETTER,
        "xóa ngay khi đã lưu vào hồ sơ, chậm nhất sau một ngày",
        SCHOOL,
        "card_photos.show_one",
        is_sensitive=True,
        kept_by="card_photos",
        columns={
            "card_photo": "id user school_class person name file_name state state_at attempts "
            "code sentence ticked added_at seen_at"
        },
    ),
    DataClass(
        "cases",
        "Việc cần giấy tờ, việc với công an",
        "Đã nhắc gia đình chưa, hẹn ngày nào, giấy gì đã đối chiếu, ghi chú; đề nghị công an "
        "sửa chỗ ghi sai.",
        "Không sót em nào, không bắt gia đình đi nhiều lần.",
        _LETTER,
        _STAYS,
        SCHOOL,
        "notices.index",
        "Công văn gửi công an xã.",
        columns={
            "paper_case": "id person reason state opened_at state_at owner due_on note evidence "
            "ticked returns closed_at closed_because",
            "register_error": "id person fields hash evidence note commune_code state added_by "
            "added_at sent_on answered_on answer ended_at",
            "visit": "id day place note added_by added_at",
            "appointment": "id visit person time guardian_note came",
        },
    ),
    DataClass(
        "explanations",
        "Giải trình",
        "Vì sao một hồ sơ chưa xác thực được, minh chứng, ai duyệt.",
        "Không sót ai, không ép gia đình làm điều chưa thể làm.",
        _LETTER,
        _STAYS,
        EVERYBODY,
        "notices.list_explanations",
        "Danh sách giải trình gửi cơ quan quản lý (không có số định danh).",
        columns={
            "explanation": "id person reason note evidence comment state proposed_by "
            "proposed_at decided_by decided_at"
        },
    ),
    DataClass(
        "history",
        "Nhật ký",
        "Ai làm gì, lúc nào, từ máy nào; chữ cũ và chữ mới của từng ô; ai xem, tải, in dữ liệu; "
        "số cũ của một người; hồ sơ đã gộp. Lịch sử của một hồ sơ: ai xem được hồ sơ đều xem "
        "được; nhật ký cả trường: chỉ văn thư, hiệu trưởng.",
        "Trả lời “ai đã sửa”, hoàn tác, không ai chối được.",
        _SAFETY,
        "không ai sửa hay xóa được, kể cả hiệu trưởng",
        EVERYBODY,
        "people.person_history",
        columns={
            "change": "id at user event person subject undoes verb field old new typed source "
            "changeset version address link seal",
            "entered_change": "id person field up_to at user changeset undone_at",
            "former_number": "id person number origin changeset noted_at",
            "record_merge": "id survivor other by merged_at changeset journal undone_at",
            "distinct_pair": "id first second reason note by noted_at",
        },
    ),
    DataClass(
        "uploads",
        "Tệp Excel đã nhập",
        "Tên tệp, ai nhập, từng dòng đã đọc và kết quả kiểm tra.",
        "Xem lại trước khi lưu, hoàn tác, biết số liệu từ tệp nào.",
        _WORK,
        "từng dòng: theo số ngày trường đặt; tên tệp, người nhập, lúc nhập: giữ lại",
        SCHOOL,
        "imports.show",
        kept_by="import_rows",
        columns={
            "import": "id file_name sha256 user created_at state shape skipped unknown_headings "
            "tables meta notes counts addresses questions answers left_out all_or_nothing "
            "from_ministry confirmed_at confirmed_by changeset sentence attempts heartbeat_at "
            "undone_at undone_by undo_progress",
            "import_row": "id upload sheet row verdict person class_name values seen repairs "
            "problems choices handed raw address marks writes applied",
            "heading_meaning": "id user key heading field at",
        },
    ),
    DataClass(
        "accounts",
        "Tài khoản",
        "Tên đăng nhập, họ tên, vai trò, lớp phụ trách, lần đăng nhập gần nhất.",
        "Mỗi người chỉ thấy phần việc của mình.",
        _WORK,
        "tài khoản của người đã nghỉ được khóa, không xóa: nhật ký còn nêu tên",
        OFFICE,
        "school.show_accounts",
        columns={
            "user": "id username full_name role must_change_password disabled created_at "
            "signed_in_at staff_record",
            "class_teacher": "id school_class teacher until",
        },
    ),
    DataClass(
        "phones",
        "Số điện thoại của thầy cô",
        "Số thầy cô tự ghi để gia đình gọi.",
        "In trên phiếu gửi gia đình.",
        "thầy cô tự nguyện ghi, bỏ lúc nào cũng được",
        "tới khi thầy cô bỏ",
        SCHOOL,
        "notices.print_slips",
        "Gia đình đọc trên phiếu.",
        columns={"user": "phone"},
    ),
    DataClass(
        "passwords",
        "Mật khẩu, mã xác nhận hai bước",
        "Không lưu mật khẩu, chỉ lưu dấu vết một chiều để kiểm tra; khóa mã hai bước và "
        "phiếu mật khẩu lần đầu được "
        "mã hóa.",
        "Đăng nhập.",
        _SAFETY,
        "phiếu mật khẩu lần đầu: một giờ",
        (),
        "",
        kept_by="password_sheets",
        columns={
            "user": "password_hash second_step_since",
            "password_sheet": "id maker made_at sealed",
            "second_step": "id user sealed last_step begun_at",
            "recovery_code": "id user place code_hash used_at",
        },
    ),
    DataClass(
        "sessions",
        "Phiên đăng nhập, máy đã dùng",
        "Dấu vết của phiên, loại trình duyệt, khóa của chữ gõ dở trong trình duyệt.",
        "Giữ phiên, chặn người đoán mật khẩu, không mất chữ đang gõ.",
        _SAFETY,
        "phiên: 30 phút không dùng hoặc 12 giờ; khóa của chữ gõ dở: tới khi đăng xuất, chậm "
        "nhất 30 ngày",
        (),
        "",
        kept_by="sessions",
        columns={
            "session": "id token_hash user created_at seen_at password_typed_at browser address",
            "draft_key": "id user device_hash salt used_at",
            "setup_draft": "id token_hash texts created_at",
        },
    ),
    DataClass(
        "figures",
        "Số liệu tiến độ",
        "Chỉ có số, không có người; nhận xét của cơ quan quản lý.",
        "Theo dõi và báo cáo tiến độ.",
        _LETTER,
        "giữ lại cùng đợt thu thập",
        EVERYBODY,
        "progress.board",
        "Tệp tiến độ gửi cơ quan quản lý: chỉ có số liệu.",
        columns={
            "snapshot": "id campaign day at reason subject lines",
            "remark": "id school_class author at text answer answered_by answered_at",
            "school_figures": "id key name campaign deadline as_of received_at received_by "
            "total to_do done completed_on counts figures",
        },
    ),
    DataClass(
        "school",
        "Trường, lớp, đợt thu thập, cài đặt",
        "Tên trường, tên lớp, công văn, hạn, cách gửi xác thực.",
        "Phần mềm chạy đúng cho trường.",
        _WORK,
        "giữ lại",
        OFFICE,
        "school.settings",
        columns={
            "school": "id name office reviewer_title level province place school_year demo",
            "campaign": "id title letter opens_on deadline epoch closed_at closed_by report "
            "present_residence",
            "milestone": "id campaign name deadline groups",
            "school_class": "id name grade level position school_year is_past",
            "removed_class": "id name removed_at",
            "stored_setting": "id name value sealed",
        },
    ),
    DataClass(
        "backups",
        "Bản sao lưu, bản sao trước khi nâng cấp",
        "Bản sao của cả cơ sở dữ liệu; bản sao lưu được mã hóa bằng mật khẩu do người giữ máy đặt.",
        "Không mất dữ liệu khi máy hỏng.",
        _SAFETY,
        "bản sao trước khi nâng cấp: theo số ngày trường đặt; bản sao lưu: người giữ máy xóa",
        (),
        "",
        kept_by="copies",
        columns={
            "backup_run": "id started_at ended_at state file_name folder "
            "second_folder size people problem user"
        },
    ),
    DataClass(
        "logs",
        "Ghi chép của máy chủ",
        "Lỗi kỹ thuật, lần bị từ chối; không có tên, số định danh, mật khẩu.",
        "Người giữ máy biết chỗ hỏng.",
        _SAFETY,
        "theo máy chủ, người giữ máy đặt",
        (),
        "",
    ),
    DataClass(
        "browser",
        "Trong trình duyệt của thầy cô",
        "Chữ gõ mà máy chủ chưa nhận, mã hóa bằng khóa chỉ có khi người gõ đăng nhập; cookie "
        "đăng nhập và cookie nhận ra máy quen.",
        "Mất mạng, tắt máy không mất chữ.",
        _SAFETY,
        "xóa ngay khi đã lưu hoặc đăng xuất",
        (),
        "",
    ),
)


def seen_words(data_class: DataClass) -> str:
    """Who sees it, in words.

    >>> seen_words(CLASSES[6])
    'Giáo viên (học sinh lớp mình), văn thư, hiệu trưởng.'
    """
    if not data_class.seen_by:
        return "Không ai xem trên trang; chỉ người giữ máy chủ chạm tới được."
    words = ", ".join(ROLE_WORDS[role] for role in data_class.seen_by)
    return f"{words[0].upper()}{words[1:]}."


def sentence(text: str) -> str:
    """
    >>> sentence("cùng với hồ sơ")
    'Cùng với hồ sơ.'
    """
    return f"{text[0].upper()}{text[1:]}."


def as_markdown() -> str:
    """``docs/privacy.md``."""
    lines = [
        "# Personal data: what is kept, why, for how long, who sees it",
        "",
        "Drawn from `idapp/privacy/data_classes.py` by `python -m idapp.privacy.data_classes > "
        "docs/privacy.md`; a test",
        "compares both with the models. The same table is the page `/privacy`, which families "
        "read without signing in.",
        "",
        f"{LAW} *{LAW_NOTE}*",
        "",
    ]
    for data_class in CLASSES:
        lines += _section(data_class)
    return "\n".join(lines)


def _section(data_class: DataClass) -> list[str]:
    title = data_class.title
    if data_class.is_sensitive:
        title += " (nhạy cảm)"
    lines = [
        f"## {title}",
        "",
        data_class.what,
        "",
        f"- Để làm gì: {data_class.purpose}",
        f"- Căn cứ: {data_class.ground}.",
        f"- Giữ bao lâu: {data_class.period}.",
        f"- Ai xem được: {seen_words(data_class)}",
        f"- Gửi đi đâu: {data_class.goes_to}",
    ]
    for table, names in data_class.columns.items():
        columns = ", ".join(f"`{name}`" for name in names.split())
        lines.append(f"- Table `{table}`: {columns}")
    return [*lines, ""]


if __name__ == "__main__":
    print(as_markdown(), end="")
