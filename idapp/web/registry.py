"""The line to the population database: what is set, trying it out, and (demo only) rehearsing trouble."""

import threading
import time
from datetime import datetime
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from idapp import audit, jobs
from idapp.database import writing
from idapp.registry import missing_settings, registry_config
from idapp.registry.rehearsal import SCENARIO_BY_NAME, SCENARIOS, Rehearsal, rehearsal_of
from idapp.registry.trial import SYNTHETIC_NAME, SYNTHETIC_NUMBER, Trial, try_connection
from idapp.registry.vocabulary import RegistryConfig
from idapp.settings import VIETNAM, Settings, SettingsError, current
from idapp.web.access import current_user, only, remember, wants_fragment

bp = Blueprint("registry", __name__)
SECONDS_BETWEEN = 5.0
_WAYS = {
    "signature": "gọi thẳng dịch vụ, mỗi câu hỏi có chữ ký",
    "lgsp": "qua trục tích hợp của tỉnh (LGSP)",
    "gateway": "qua cổng kết nối của đơn vị cung cấp",
    "none": "gọi thẳng, không ký (chỉ dùng qua máy chủ bảo mật trong trường)",
}
_OUTCOME_WORDS = {  # of the simulator's log
    "found": "tìm thấy",
    "no_match": "không khớp ai",
    "drop": "cắt kết nối",
    "close": "đóng kết nối",
    "slow": "trả lời chậm",
    "fault_500": "báo lỗi 500",
    "fault_200": "báo lỗi",
    "http_500": "báo lỗi 500",
    "http_502": "báo lỗi 502",
    "http_503": "báo bận 503",
    "html_200": "trang đăng nhập",
    "cut": "đứt giữa chừng",
    "too_many": "bảo chờ (429)",
    "wrong_person": "trả lời nhầm người",
    "error_004": "chưa được cấp phép (004)",
    "no_access": "sai chữ ký (401)",
    "bad_request": "câu hỏi sai mẫu",
}


@bp.app_template_filter("vn_clock")
def clock(moment: str) -> str:
    """ISO time of the simulator's log -> the clock on a Vietnamese wall, to the second."""
    return datetime.fromisoformat(moment).astimezone(VIETNAM).strftime("%H:%M:%S")


@bp.get("/settings/registry")
@only("principal")
def settings() -> str:
    """How the register is asked, what is missing for it, and a button to try it."""
    return _page()


@bp.post("/settings/registry/trial")
@only("principal")
def try_out() -> Response:
    """One synthetic question. Nothing is written while it is on its way."""
    if jobs.channel_of(current())[0] != "soap" or missing_settings(current()):
        return _answer("Chưa đủ thiết lập để thử kết nối.", 422)
    if not _its_turn():
        return _answer("Vừa thử xong. Hãy đợi năm giây rồi thử lại.", 429)
    try:
        trial = try_connection(current())
    except SettingsError as error:
        return _answer(f"Thiết lập chưa đúng: {error}", 422)
    with writing():
        result = f"{trial.outcome} {trial.reason}".strip()
        audit.record("registry.tried", by=current_user, subject="registry", new=result)
    if wants_fragment():
        return make_response(render_template("registry/_trial.html", trial=trial))
    return make_response(_page(trial))


@bp.get("/settings/simulator")
@only("teacher", "clerk", "principal")
def simulator() -> str | Response:
    """The rehearsal page (demo only); also the piece of it that draws itself again."""
    state = _rehearsal_or_404().state()
    page = "registry/simulator.html"
    if wants_fragment():
        page = "registry/_simulator_state.html"
    return render_template(page, state=state, troubles=SCENARIOS, outcome_words=_OUTCOME_WORDS)


@bp.post("/settings/simulator")
@only("teacher", "clerk", "principal")
def rehearse() -> Response:
    """Let the simulator play a trouble, or be well again."""
    rehearsal = _rehearsal_or_404()
    trouble = SCENARIO_BY_NAME.get(request.form.get("trouble", "")) or abort(422)
    if not rehearsal.play(trouble):
        remember("Bản mô phỏng không trả lời. Hãy thử lại sau ít giây.", "error")
        return redirect(url_for("registry.simulator"))
    with writing():
        audit.record("registry.rehearsed", by=current_user, subject="simulator", new=trouble.name)
    kind = "info" if trouble.danger else "done"
    remember(f"{trouble.words}: {trouble.means}", kind)
    return redirect(url_for("registry.simulator"))


def _page(trial: Trial | None = None, sentence: str = "") -> str:
    mode, problem = jobs.channel_of(current())
    missing = []
    if not problem:
        missing = missing_settings(current())
    way = ""
    facts: list[tuple[str, str, str]] = []
    if mode == "soap" and current().registry.get("REGISTRY_URL"):
        config = registry_config(current())
        way = _WAYS.get(config.auth, "")
        facts = _facts(config, current())
    return render_template(
        "registry/settings.html",
        mode=mode,
        problem=problem,
        missing=missing,
        way=way,
        facts=facts,
        trial=trial,
        sentence=sentence,
        synthetic=(SYNTHETIC_NAME, SYNTHETIC_NUMBER),
        rehearsing=not problem and rehearsal_of(current()) is not None,
    )


def _answer(sentence: str, status: int) -> Response:
    if wants_fragment():
        return make_response(render_template("registry/_trial.html", sentence=sentence), status)
    return make_response(_page(sentence=sentence), status)


def _its_turn() -> bool:
    """One trial in five seconds for the whole installation: the register is not ours to knock at."""
    # setdefault is atomic: two threads that come first at once get the same one.
    turn = current_app.extensions.setdefault("registry_trial", _Turn())
    return bool(turn.take(time.monotonic()))


class _Turn:
    """When somebody tried last; the threads of this process share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = float("-inf")

    def take(self, now: float) -> bool:
        """Is it long enough ago? Then it counts as tried now. ``now`` in seconds of a monotonic clock."""
        with self._lock:
            if now - self._last < SECONDS_BETWEEN:
                return False
            self._last = now
            return True


def _rehearsal_or_404() -> Rehearsal:
    return rehearsal_of(current()) or abort(404)


def _facts(config: RegistryConfig, settings: Settings) -> list[tuple[str, str, str]]:
    """(what, its value for people, the setting's name). Of a secret only whether there is one."""
    secret = {True: "đã đặt (không hiện)", False: ""}
    rows = [
        ("Địa chỉ dịch vụ", _address(config.url), "REGISTRY_URL"),
        ("Tài khoản kết nối", config.user, "REGISTRY_USER"),
        ("Khóa bí mật", secret[bool(config.secret)], "REGISTRY_SECRET"),
        ("Khóa của cổng (ApiKey)", secret[bool(config.api_key)], "REGISTRY_API_KEY"),
        ("Đường dẫn dùng để ký", config.hash_path, "REGISTRY_HASH_PATH"),
        ("Địa chỉ cấp mã truy cập", _address(config.token_url), "REGISTRY_TOKEN_URL"),
        ("Mã thủ tục", config.procedure, "REGISTRY_PROCEDURE"),
        ("Mã cán bộ", config.officer, "REGISTRY_OFFICER"),
        ("Mã đơn vị", config.unit, "REGISTRY_UNIT"),
        ("Cách hỏi", _question(config), "REGISTRY_OPERATION, REGISTRY_MATCH"),
        ("Số câu hỏi cùng lúc", str(config.concurrency), "REGISTRY_CONCURRENCY"),
        (
            "Số câu hỏi mỗi giây",
            settings.registry.get("REGISTRY_RATE", "") or "không giới hạn",
            "REGISTRY_RATE",
        ),
        (
            "Thời gian chờ",
            f"{config.connect_timeout:g} giây để nối, {config.read_timeout:g} giây để trả lời",
            "REGISTRY_CONNECT_TIMEOUT, REGISTRY_READ_TIMEOUT",
        ),
    ]
    # What is not set but needed stands in a list of its own (``missing_settings``).
    return [row for row in rows if row[1]]


def _question(config: RegistryConfig) -> str:
    if config.operation == "003":
        return "hỏi có hay không (003), bằng số, họ tên và ngày sinh"
    with_what = "năm sinh, rồi so ngày sinh và giới tính ở đây"
    if config.match == "full":
        with_what = "ngày sinh"
    return f"tra cứu (037) bằng số, họ tên và {with_what}"


def _address(url: str) -> str:
    """Without what may hold a key: user, query."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port:
        host = f"{host}:{parts.port}"
    return f"{parts.scheme}://{host}{parts.path}"
