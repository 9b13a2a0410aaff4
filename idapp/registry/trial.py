"""Trying the connection: one question about a person who does not exist, and what its answer tells about the settings.

The number begins with 100, which no province has, and the name says what it is for: nobody is looked up by it. The
right answer is "nobody found"; every other one points to what must be mended.
"""

import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from idapp.registry.configuration import registry_config
from idapp.registry.soap import SoapConnector
from idapp.registry.vocabulary import Answer, Question, new_request_code
from idapp.settings import Settings

LONGEST_SECONDS = 10.0
SYNTHETIC_NUMBER = "100090000000"
SYNTHETIC_NAME = "Nguyễn Văn Thử Kết Nối"
SYNTHETIC_BIRTH = "1990-01-01"
Level = Literal["done", "warn", "error"]
_GOOD = (
    "Đã nối được và chữ ký được chấp nhận: dịch vụ trả lời đúng cách là không có người giả định "
    "này. Có thể gửi đợt xác thực."
)
_STRANGE = (
    "Đã nối được, nhưng dịch vụ lại trả lời rằng có người giả định này. Hãy hỏi bên cấp kết nối "
    "xem đây có phải máy chủ thật không, trước khi gửi đợt xác thực."
)
_SENTENCES = {
    "http_403": "Dịch vụ nhận ra máy này nhưng từ chối (403): tài khoản kết nối chưa được mở "
    "quyền tra cứu, hoặc địa chỉ mạng của trường chưa được khai báo.",
    "004": "Đã nối được và đúng khóa, nhưng thủ tục chưa được cấp phép khai thác (mã 004): hãy "
    "kiểm tra ô Mã thủ tục (MaDVC) hoặc hỏi cơ quan cấp phép.",
    "005": "Đã nối được và đúng khóa, nhưng cán bộ đứng tên không có quyền tra cứu (mã 005): hãy "
    "kiểm tra ô Mã cán bộ (MaCanBo) hoặc hỏi cơ quan cấp quyền.",
    "01": "Dịch vụ trả lời rằng nó chưa lấy được mã truy cập (mã 01): thường là lỗi tạm thời ở "
    "phía dịch vụ. Hãy thử lại sau ít phút.",
    "certificate": "Không xác minh được chứng chỉ của máy chủ (tự ký, hết hạn hoặc sai tên), nên "
    "chưa có gì được gửi. Hãy kiểm tra địa chỉ và đồng hồ của máy này, hoặc xin bên cấp kết nối "
    "tệp chứng chỉ rồi tải lên ở ô Chứng chỉ của cơ quan cấp.",
    "plain_http": "Địa chỉ kết nối không được mã hóa nên chưa có gì được gửi: địa chỉ phải bắt "
    "đầu bằng https://.",
    "bad_address": "Địa chỉ kết nối viết chưa đúng, nên chưa có gì được gửi: hãy kiểm tra "
    "ô Địa chỉ dịch vụ.",
    "token_refused": "Trục tích hợp (LGSP) không cấp mã truy cập: hãy kiểm tra khóa truy cập, "
    "khóa bí mật, tên ứng dụng và mã đơn vị.",
    "token": "Trục tích hợp (LGSP) trả lời nhưng không kèm mã truy cập: hãy kiểm tra "
    "ô Địa chỉ cấp mã truy cập, hoặc thử lại sau.",
    "time_out": f"Quá thời gian chờ của lần thử này (nhiều nhất {LONGEST_SECONDS:.0f} giây): dịch "
    f"vụ chưa trả lời. "
    "Hãy kiểm tra đường truyền, tường lửa, hoặc thử lại sau.",
    "no_connection": "Không nối được tới máy chủ: hãy kiểm tra địa chỉ, đường truyền và tường lửa "
    "của trường.",
    "dropped": "Máy chủ cắt kết nối giữa chừng: thường do tường lửa hoặc dịch vụ đang khởi động "
    "lại. Hãy thử lại.",
    "cut": "Câu trả lời bị đứt giữa chừng: hãy kiểm tra đường truyền rồi thử lại.",
    "html": "Máy chủ trả về một trang web (thường là trang đăng nhập hoặc trang lỗi), không phải "
    "câu trả lời của dịch vụ: địa chỉ có thể sai, hoặc mạng của trường đòi đăng nhập.",
    "empty": "Máy chủ trả lời rỗng: địa chỉ có thể chưa đúng tới dịch vụ tra cứu.",
    "fault": "Đã nối được, nhưng dịch vụ báo lỗi xử lý (SOAP Fault): có thể dịch vụ đang trục "
    "trặc, hoặc các mã MaDVC, MaCanBo, MaDonVi chưa đúng.",
    "gateway_error": "Cổng kết nối trả lời bằng một thông báo lỗi thay cho dữ liệu: hãy thử lại, "
    "hoặc hỏi đơn vị cung cấp cổng.",
    "http_404": "Máy chủ không có dịch vụ ở địa chỉ này (404): hãy kiểm tra phần sau tên máy chủ "
    "trong ô Địa chỉ dịch vụ.",
    "http_429": "Dịch vụ yêu cầu hỏi chậm lại (429): kết nối dùng được; hãy đặt Số câu hỏi "
    "mỗi giây nhỏ hơn.",
    "wrong_person": "Dịch vụ trả lời về một người khác: không dùng được câu trả lời này, hãy báo "
    "bên cấp kết nối.",
    "two_persons": "Dịch vụ trả lời về nhiều người: không dùng được câu trả lời này, hãy báo bên "
    "cấp kết nối.",
}
_REFUSED = {
    "signature": "Dịch vụ không chấp nhận chữ ký (401). Hãy chép lại từ văn bản được cấp, theo thứ "
    "tự: tài khoản kết nối, khóa bí mật, đường dẫn dùng để ký, đơn vị thời gian khi ký; nếu vẫn "
    "vậy, hỏi bên cấp kết nối.",
    "lgsp": "Trục tích hợp cấp mã truy cập nhưng dịch vụ không nhận (401): hãy kiểm tra quyền của "
    "ứng dụng trên trục.",
    "gateway": "Cổng kết nối không chấp nhận khóa (401): hãy kiểm tra ô Khóa của "
    "cổng (ApiKey) hoặc hỏi đơn vị cung cấp cổng.",
    "none": "Dịch vụ đòi đăng nhập (401), mà cách kết nối đang đặt là không ký: hãy kiểm tra "
    "ô Cách vào dịch vụ.",
}
# (reason, detail of the transport): what exactly to check, and whom to call
_DETAILED = {
    (
        "no_connection",
        "dns",
    ): "Không tìm thấy máy chủ nào có tên này: hãy kiểm tra chính tả trong ô "
    "địa chỉ; nếu đúng, nhờ người quản lý mạng của trường xem máy này có vào mạng được không, hoặc "
    "hỏi bên cấp kết nối có phải dùng đường truyền riêng không.",
    (
        "no_connection",
        "refused",
    ): "Tới được máy chủ nhưng không có dịch vụ nào ở cổng này: hãy kiểm "
    "tra số cổng trong ô địa chỉ, rồi hỏi bên cấp kết nối xem dịch vụ có đang chạy không.",
    ("no_connection", "tls"): "Máy chủ trả lời nhưng không nói https ở cổng này: hãy kiểm tra "
    "https:// và số cổng trong ô địa chỉ, hoặc hỏi bên cấp kết nối.",
    (
        "certificate",
        "expired",
    ): "Chứng chỉ của máy chủ đã hết hạn, nên chưa có gì được gửi: hãy xem "
    "ngày giờ của máy này có đúng không; nếu đúng, báo bên cấp kết nối gia hạn chứng chỉ.",
    (
        "certificate",
        "not_yet",
    ): "Chứng chỉ của máy chủ chưa tới ngày có hiệu lực, nên chưa có gì được "
    "gửi: ngày giờ của máy này có lẽ bị chậm, hãy chỉnh lại rồi thử lại.",
    (
        "certificate",
        "host",
    ): "Chứng chỉ của máy chủ mang tên khác với địa chỉ đã ghi, nên chưa có gì "
    "được gửi: hãy ghi đúng tên máy chủ trong văn bản cấp kết nối (không ghi số IP thay cho tên).",
    (
        "certificate",
        "authority",
    ): "Máy này không biết cơ quan cấp chứng chỉ của máy chủ, nên chưa có "
    "gì được gửi: hãy xin bên cấp kết nối tệp chứng chỉ gốc rồi tải lên ở ô Chứng chỉ của cơ quan "
    "cấp.",
}
_CLOCK = (
    "Dịch vụ không chấp nhận chữ ký (401), và đồng hồ của máy này {which} {minutes} phút so với "
    "dịch vụ: hãy chỉnh lại ngày giờ của máy này rồi thử lại."
)
_REDIRECT = (
    "Máy chủ chuyển hướng sang địa chỉ khác ({code}); ứng dụng không đi theo để hồ sơ không bị "
    "gửi nhầm chỗ. Hãy hỏi bên cấp kết nối địa chỉ đúng."
)
_SERVER = "Đã tới được máy chủ, nhưng dịch vụ đang lỗi ({code}): hãy thử lại sau."
_REQUEST = "Máy chủ không nhận câu hỏi ({code}): hãy kiểm tra địa chỉ và cách vào dịch vụ."
_UNREADABLE = (
    "Máy chủ trả lời, nhưng không phải câu trả lời của dịch vụ này ({code}): hãy kiểm tra "
    "ô Địa chỉ dịch vụ, hoặc hỏi bên cấp kết nối."
)


@dataclass(frozen=True)
class Trial:
    """What one question told. ``outcome`` and ``reason`` as of an Answer; neither holds a secret or anybody's value."""

    level: Level
    outcome: str
    reason: str
    sentence: str
    seconds: float


def try_connection(settings: Settings) -> Trial:
    """Asks once, for at most ``LONGEST_SECONDS`` whatever the other side does. Raises SettingsError; never hangs."""
    config = registry_config(settings)
    impatient = replace(
        config,
        concurrency=1,
        connect_timeout=min(config.connect_timeout, 3),
        read_timeout=min(config.read_timeout, 7),
    )
    began = time.monotonic()
    answer = _within(SoapConnector(impatient), LONGEST_SECONDS)
    level, sentence = _explained(answer, config.auth)
    return Trial(level, answer.outcome, answer.reason, sentence, time.monotonic() - began)


def _within(connector: SoapConnector, seconds: float) -> Answer:
    """Way in B may call four times; the page waits no longer for all of them than for one."""
    code = new_request_code(datetime.now(UTC))
    question = Question(0, code, SYNTHETIC_NUMBER, SYNTHETIC_NAME, SYNTHETIC_BIRTH, sex="")
    answers: list[Answer] = []

    def ask() -> None:
        """In a thread, which a service that never answers may keep for longer than the page waits."""
        answers.append(connector.ask(question))
        connector.close()

    # a daemon: it must not keep the program from ending
    thread = threading.Thread(target=ask, name="registry-trial", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        return Answer(0, code, "unanswered", "time_out")
    return answers[0]


def _explained(answer: Answer, auth: str) -> tuple[Level, str]:
    if answer.outcome == "not_found":
        return "done", _GOOD
    if answer.outcome in ("verified", "mismatch"):
        return "warn", _STRANGE
    if answer.reason == "http_401":
        return "error", _clock_sentence(answer.detail) or _REFUSED[auth]
    detailed = _DETAILED.get((answer.reason, answer.detail))
    sentence = detailed or _SENTENCES.get(answer.reason) or _by_status(answer.reason)
    if answer.reason in ("http_429", "01"):  # the settings are right, the service is busy
        return "warn", sentence
    return "error", sentence


def _clock_sentence(detail: str) -> str:
    """
    >>> _clock_sentence("clock +7200")[41:75]
    'đồng hồ của máy này chậm 120 phút '
    >>> _clock_sentence("")
    ''
    """
    if not detail.startswith("clock"):
        return ""
    seconds = int(detail.removeprefix("clock "))
    which = "nhanh"
    if seconds > 0:  # the service is ahead
        which = "chậm"
    return _CLOCK.format(which=which, minutes=round(abs(seconds) / 60))


def _by_status(reason: str) -> str:
    """
    >>> _by_status("http_500") == _SERVER.format(code=500), _by_status("http_499") == _REQUEST.format(code=499)
    (True, True)
    """
    code = reason.removeprefix("http_")
    if reason.startswith("http_3"):
        return _REDIRECT.format(code=code)
    if reason.startswith("http_") and code >= "500":
        return _SERVER.format(code=code)
    if reason.startswith("http_"):
        return _REQUEST.format(code=code)
    return _UNREADABLE.format(code=reason)
