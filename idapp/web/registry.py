"""The way to the population database: setting it, trying it out, and (demo only) rehearsing trouble."""

import threading
import time
from datetime import datetime

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
from idapp.notices import register_errors
from idapp.registry import missing_settings, way
from idapp.registry.rehearsal import SCENARIO_BY_NAME, SCENARIOS, Rehearsal, rehearsal_of
from idapp.registry.trial import SYNTHETIC_NAME, SYNTHETIC_NUMBER, Trial, try_connection
from idapp.rules.problem import Problem
from idapp.settings import VIETNAM, SettingsError, current
from idapp.web import registry_form
from idapp.web.access import current_user, only, remember, wants_fragment

bp = Blueprint("registry", __name__)
SECONDS_BETWEEN = 5.0
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


@bp.post("/settings/registry")
@only("principal", password=True)
def change() -> Response:
    """Store the way and its fields; secrets only where something was typed."""
    form = registry_form.sent_form(request)
    try:
        changed = way.change(form, by=current_user, settings=current())
    except Problem as problem:
        return make_response(_page(problem=problem), 422)
    if changed:
        remember("Đã lưu cách gửi xác thực. Có hiệu lực ngay, không cần khởi động lại.")
    else:
        remember("Không có gì thay đổi.", "info")
    return redirect(url_for("registry.settings"))


@bp.post("/settings/registry/trial")
@only("principal")
def try_out() -> Response:
    """One synthetic question. Nothing is written while it is on its way."""
    if jobs.channel_of(current())[0] != "soap" or missing_settings(way.obeyed(current())):
        return _answer("Chưa đủ thiết lập để thử kết nối.", 422)
    if not _its_turn():
        return _answer("Vừa thử xong. Hãy đợi năm giây rồi thử lại.", 429)
    try:
        trial = try_connection(way.obeyed(current()))
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
    return render_template(
        page,
        state=state,
        troubles=SCENARIOS,
        outcome_words=_OUTCOME_WORDS,
        written_about=len(register_errors.numbers_written_about()),
    )


@bp.post("/settings/simulator")
@only("teacher", "clerk", "principal")
def rehearse() -> Response:
    """Let the simulator play a trouble, be well again, or have the police correct what was written to them."""
    rehearsal = _rehearsal_or_404()
    if request.form.get("police") == "corrected":
        return _let_police_correct(rehearsal)
    trouble = SCENARIO_BY_NAME.get(request.form.get("trouble", "")) or abort(422)
    if not rehearsal.play(trouble):
        remember("Bản mô phỏng không trả lời. Hãy thử lại sau ít giây.", "error")
        return redirect(url_for("registry.simulator"))
    with writing():
        audit.record("registry.rehearsed", by=current_user, subject="simulator", new=trouble.name)
    kind = "info" if trouble.danger else "done"
    remember(f"{trouble.words}: {trouble.means}", kind)
    return redirect(url_for("registry.simulator"))


def _let_police_correct(rehearsal: Rehearsal) -> Response:
    numbers = register_errors.numbers_written_about()
    if not rehearsal.correct(numbers):
        remember("Bản mô phỏng không trả lời. Hãy thử lại sau ít giây.", "error")
        return redirect(url_for("registry.simulator"))
    with writing():
        audit.record("registry.rehearsed", by=current_user, subject="simulator", new="police")
    remember(
        f"Công an đã sửa CSDL dân cư mô phỏng theo công văn: {len(numbers)} người. Ghi công an trả "
        "lời ở trang CSDL dân cư ghi sai, rồi mở đợt xác thực."
    )
    return redirect(url_for("registry.simulator"))


def _page(trial: Trial | None = None, sentence: str = "", problem: Problem | None = None) -> str:
    mode, trouble = jobs.channel_of(current())
    missing = []
    if not trouble:
        missing = missing_settings(way.obeyed(current()))
    return render_template(
        "registry/settings.html",
        form=registry_form.form_of(request.form, problem),
        WAY_WORDS=way.WAY_WORDS,
        mode=mode,
        trouble=trouble,
        problem=problem,
        missing=missing,
        open_batches=way.open_batches(),
        trial=trial,
        sentence=sentence,
        synthetic=(SYNTHETIC_NAME, SYNTHETIC_NUMBER),
        rehearsing=not trouble and rehearsal_of(current()) is not None,
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
