"""The fields of the way to the register, as the principal fills them in: meaning, usual value, check.

One line a field; its name is the variable's, ``url`` for `REGISTRY_URL`. Page, storing and audit read this one list.
"""

from dataclasses import dataclass
from typing import Literal

from idapp.registry.transport import wrong_address
from idapp.rules.problem import Problem

Kind = Literal["text", "address", "secret", "choice", "number", "whole", "switch", "certificate"]
Group = Literal["service", "access", "codes", "advanced"]
_LONGEST_TEXT = 500


@dataclass(frozen=True)
class RegistryField:
    """One field.

    default  what counts when it is empty, as it would be typed
    words    of a choice: value -> what it means; the first is the default
    limits   of a number: lowest and highest
    ways     the ``auth`` that ask for it; empty: all
    """

    name: str
    label: str
    meaning: str
    group: Group
    kind: Kind = "text"
    default: str = ""
    words: tuple[tuple[str, str], ...] = ()
    limits: tuple[float, float] = (0, 0)
    ways: tuple[str, ...] = ()

    @property
    def variable(self) -> str:
        """The variable that wins over what is stored."""
        return f"REGISTRY_{self.name.upper()}"


AUTH_WORDS = (
    ("signature", "gọi thẳng dịch vụ, mỗi câu hỏi có chữ ký"),
    ("lgsp", "qua trục tích hợp của tỉnh (LGSP)"),
    ("gateway", "qua cổng kết nối của đơn vị cung cấp"),
    ("none", "gọi thẳng, không ký (chỉ qua máy chủ bảo mật trong trường)"),
)
_SIGNED = ("signature", "lgsp")
FIELDS = (
    RegistryField(
        "url",
        "Địa chỉ dịch vụ",
        "Bên cấp kết nối ghi trong văn bản cấp tài khoản; bắt đầu bằng https://.",
        "service",
        "address",
    ),
    RegistryField(
        "auth",
        "Cách vào dịch vụ",
        "Theo văn bản cấp tài khoản kết nối.",
        "service",
        "choice",
        "signature",
        AUTH_WORDS,
    ),
    RegistryField(
        "ca_file",
        "Chứng chỉ của cơ quan cấp",
        "Chỉ cần khi máy chủ dùng chứng chỉ riêng: tệp .pem, .crt hoặc .cer "
        "bên cấp kết nối gửi kèm.",
        "service",
        "certificate",
    ),
    RegistryField(
        "user",
        "Tài khoản kết nối",
        "Qua trục tích hợp thì đây là AccessKey.",
        "access",
        ways=_SIGNED,
    ),
    RegistryField(
        "secret",
        "Khóa bí mật",
        "Qua trục tích hợp thì đây là SecretKey.",
        "access",
        "secret",
        ways=_SIGNED,
    ),
    RegistryField(
        "hash_path",
        "Đường dẫn dùng để ký",
        "Bên cấp kết nối cho biết; thường khác địa chỉ dịch vụ.",
        "access",
        ways=("signature",),
    ),
    RegistryField(
        "timestamp",
        "Đơn vị thời gian khi ký",
        "Sai đơn vị thì dịch vụ báo sai chữ ký.",
        "access",
        "choice",
        "ms",
        (("ms", "mili giây"), ("s", "giây")),
        ways=("signature",),
    ),
    RegistryField(
        "token_url",
        "Địa chỉ cấp mã truy cập",
        "Của trục tích hợp; bắt đầu bằng https://.",
        "access",
        "address",
        ways=("lgsp",),
    ),
    RegistryField(
        "app_name",
        "Tên ứng dụng (AppName)",
        "Đã đăng ký với trục tích hợp.",
        "access",
        ways=("lgsp",),
    ),
    RegistryField(
        "partner_code",
        "Mã đơn vị (PartnerCode)",
        "Đã đăng ký với trục tích hợp.",
        "access",
        ways=("lgsp",),
    ),
    RegistryField(
        "partner_code_cus",
        "Mã đơn vị phụ (PartnerCodeCus)",
        "Để trống nếu trục tích hợp không cấp.",
        "access",
        ways=("lgsp",),
    ),
    RegistryField(
        "procedure", "Mã thủ tục (MaDVC)", "Mã thủ tục được cấp phép khai thác.", "codes"
    ),
    RegistryField("officer", "Mã cán bộ (MaCanBo)", "Cán bộ được cấp quyền tra cứu.", "codes"),
    RegistryField(
        "unit",
        "Mã đơn vị (MaDonVi)",
        "Để trống nếu không được cấp; khi đó cũng không gửi hai mục dưới.",
        "codes",
    ),
    RegistryField(
        "account", "Tài khoản (TaiKhoan)", "Để trống thì dùng tài khoản kết nối.", "codes"
    ),
    RegistryField(
        "phone", "Số điện thoại (SoDienThoai)", "Gửi kèm mã đơn vị.", "codes", default="0"
    ),
    RegistryField(
        "operation",
        "Nghiệp vụ",
        "Tra cứu cho biết mục nào không khớp; xác thực chỉ trả lời có hoặc không.",
        "advanced",
        "choice",
        "037",
        (("037", "tra cứu (037)"), ("003", "xác thực có hay không (003)")),
    ),
    RegistryField(
        "match",
        "Ngày sinh gửi đi",
        "Gửi năm rồi so cả ngày ở đây thì biết rõ mục nào sai.",
        "advanced",
        "choice",
        "year",
        (("year", "chỉ năm sinh"), ("full", "cả ngày sinh")),
    ),
    RegistryField(
        "name_key",
        "Cách viết khóa họ tên",
        "Khác nhau ở tên có dấu nháy, gạch nối như H'Hen, Y-Moan.",
        "advanced",
        "choice",
        "letters",
        (("letters", "chỉ chữ cái và chữ số"), ("spaces", "chỉ bỏ khoảng trắng")),
    ),
    RegistryField(
        "x_road_client", "X-Road-Client", "Tiêu đề thêm, nếu bên cấp kết nối yêu cầu.", "advanced"
    ),
    RegistryField(
        "api_key",
        "Khóa của cổng (ApiKey)",
        "Tiêu đề thêm, nếu bên cấp kết nối yêu cầu.",
        "advanced",
        "secret",
    ),
    RegistryField(
        "allow_plain_http",
        "Chấp nhận địa chỉ http://",
        "Số định danh sẽ đi không mã hóa: chỉ bật khi máy chủ bảo mật đặt cùng phòng.",
        "advanced",
        "switch",
        "0",
    ),
    RegistryField(
        "rate",
        "Số câu hỏi mỗi giây",
        "0 là không giới hạn.",
        "advanced",
        "number",
        "0",
        limits=(0, 1000),
    ),
    RegistryField(
        "concurrency", "Số câu hỏi cùng lúc", "", "advanced", "whole", "4", limits=(1, 64)
    ),
    RegistryField(
        "connect_timeout", "Chờ nối được (giây)", "", "advanced", "number", "5", limits=(0.1, 120)
    ),
    RegistryField(
        "read_timeout", "Chờ trả lời (giây)", "", "advanced", "number", "20", limits=(0.1, 600)
    ),
    RegistryField(
        "pause_after",
        "Số lần lỗi liền nhau thì tạm dừng",
        "",
        "advanced",
        "whole",
        "5",
        limits=(1, 1000),
    ),
    RegistryField(
        "pause_seconds",
        "Tạm dừng bao lâu (giây)",
        "",
        "advanced",
        "number",
        "60",
        limits=(1, 86_400),
    ),
    RegistryField(
        "answer_limit",
        "Câu trả lời dài nhất (byte)",
        "",
        "advanced",
        "whole",
        "1000000",
        limits=(10_000, 100_000_000),
    ),
)
FIELD_BY_NAME = {field.name: field for field in FIELDS}


def checked(field: RegistryField, typed: str, *, plain_http: bool) -> str:
    """The value to store; "" where it is the usual one. Raises Problem, with the field's name.

    >>> checked(FIELD_BY_NAME["rate"], " 0,5 ", plain_http=False)
    '0.5'
    >>> checked(FIELD_BY_NAME["concurrency"], "4", plain_http=False)
    ''
    """
    text = typed.strip()
    if field.kind in ("number", "whole"):
        text = _number(field, text)
    elif field.kind == "choice":
        _check_choice(field, text)
    elif field.kind == "address":
        _check_address(field, text, plain_http)
    _check_text(field, text)
    if text == field.default:
        return ""
    return text


def _number(field: RegistryField, text: str) -> str:
    if not text:
        return ""
    kind = {"number": float, "whole": int}[field.kind]
    lowest, highest = field.limits
    try:
        number = kind(text.replace(",", "."))
    except ValueError:
        number = -1
    if not lowest <= number <= highest:  # also not-a-number, which is neither
        sentence = f"{field.label}: hãy ghi một số từ {_plain(lowest)} đến {_plain(highest)}."
        raise Problem(field.name, "number", sentence)
    return f"{number:.12g}"


def _plain(number: float) -> str:
    return f"{number:.12g}".replace(".", ",")


def _check_choice(field: RegistryField, text: str) -> None:
    if text and text not in dict(field.words):
        sentence = f"{field.label}: hãy chọn một trong các mục có sẵn."
        raise Problem(field.name, "choice", sentence)


def _check_address(field: RegistryField, text: str, plain_http: bool) -> None:
    if not text:
        return
    trouble = wrong_address(text, plain_http)
    if trouble == "plain_http":
        sentence = (
            f"{field.label} phải bắt đầu bằng https://. Địa chỉ http:// chỉ dùng được tới "
            "chính máy này, hoặc khi đánh dấu “Chấp nhận địa chỉ http://” ở phần nâng cao."
        )
        raise Problem(field.name, "plain_http", sentence)
    if trouble:
        sentence = f"{field.label} chưa đúng dạng: ví dụ https://may-chu.vn/dich-vu."
        raise Problem(field.name, "shape", sentence)
    if "@" in text.split("/")[2]:
        sentence = f"{field.label}: đừng ghi tên và mật khẩu trong địa chỉ, đã có ô riêng."
        raise Problem(field.name, "user", sentence)


def _check_text(field: RegistryField, text: str) -> None:
    """It may become a header or a part of one: no line break, nothing endless."""
    if len(text) > _LONGEST_TEXT or not text.isprintable():
        sentence = f"{field.label}: quá dài hoặc có ký tự lạ. Hãy chép lại từ văn bản được cấp."
        raise Problem(field.name, "text", sentence)
    is_header = field.kind in ("secret", "address") or field.name == "x_road_client"
    if is_header and not text.isascii():
        sentence = f"{field.label}: chỉ gồm chữ không dấu, chữ số và ký hiệu. Hãy chép lại."
        raise Problem(field.name, "ascii", sentence)
