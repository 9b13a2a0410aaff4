"""Signing in and out, one's own password."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from idapp import accounts, draft_keys, progress, school, second_step
from idapp.models import User
from idapp.rules.browser_kind import kind_of
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web import half_signed_in, known_devices
from idapp.web.access import current_user, open_to_all, remember, signed_in, wants_fragment
from idapp.web.confirming import password_was_typed
from idapp.web.cookies import cookie_name, cookie_path, hand_out
from idapp.web.guessing import attempt_of, check_code_of, check_password_of, sentence_to_wait

bp = Blueprint("accounts", __name__)
SIGNED_OUT = "signed_out"  # a flashed word for the script of the login page, not for people


_CODE_ELSEWHERE = (
    "Tài khoản này cần thêm mã. Hãy mở trang đăng nhập ở một thẻ khác của trình duyệt, đăng nhập "
    "ở đó rồi quay lại đây bấm Để sau; chữ đã gõ vẫn còn."
)


@bp.get("/login")
@open_to_all
def login() -> str | AnyResponse:
    """The page to sign in. ``?next=`` where to go then; ``?undone`` says that what was sent was not done."""
    if current_user.is_authenticated:
        return redirect(url_for("people.home"))
    onward = request.args.get("next", "")
    undone = "undone" in request.args
    return render_template("accounts/login.html", username="", next=onward, undone=undone)


@bp.post("/login")
@open_to_all
def sign_in() -> AnyResponse:
    """To a plain browser a page; to the dialog of the class table 204 and whose session it is now, or the sentence."""
    username = request.form.get("username", "")
    onward = request.form.get("next", "")
    attempt = attempt_of(username)
    seconds = attempt.seconds_to_wait()
    if seconds:
        return _too_often(seconds, username, onward)
    user = accounts.user_with_password(username, request.form.get("password", ""))
    if user is None:
        attempt.has_failed()
        return _refused(username, onward)
    if second_step.is_on(user):
        return _after_second_step(user, onward)
    return _let_in(user, onward)


def _let_in(user: User, onward: str) -> AnyResponse:
    # Whoever sat here before: their cookie is overwritten, so the session ends too.
    end_session()
    answer: AnyResponse
    if wants_fragment():
        answer = _stay(user)
    else:
        answer = welcome(user, onward)
    device = start_session(user, answer)
    if wants_fragment():
        # the page that goes on may be older than the key
        answer.headers["X-Draft-Key"] = draft_keys.key_of(user, device, current())
    return answer


def _after_second_step(user: User, onward: str) -> AnyResponse:
    """On to the page for the code; the dialog of the class table sends the code along."""
    if not wants_fragment():
        answer = redirect(url_for("second_step.ask"))
        half_signed_in.remember(user, onward, answer)
        return answer
    if "code" not in request.form:  # a page that was drawn for somebody without a second step
        return _in_dialog(_CODE_ELSEWHERE, 422)
    try:
        check_code_of(user, request.form["code"])
    except Problem as problem:
        return _in_dialog(problem.message, 422)
    return _let_in(user, onward)


def start_session(user: User, answer: AnyResponse) -> str:
    """Sign this user in: the answer brings the cookie, and that this device is known from now on.

    Returns the number of the device.
    """
    hand_out(accounts.start_session(user, kind_of(request.headers.get("User-Agent", ""))), answer)
    return known_devices.remember(user.username, answer)


def end_session() -> None:
    """Of this browser, if there is one."""
    if current_user.is_authenticated:
        accounts.end_session(request.cookies.get(cookie_name(), ""), by=current_user)


def _too_often(seconds: int, username: str, onward: str) -> AnyResponse:
    """Not even looked at: the sentence says for how long, and a program reads it in the headers."""
    sentence = sentence_to_wait(seconds)
    answer = _login_again(sentence, 429, username, onward)
    if wants_fragment():
        answer = _in_dialog(sentence, 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _refused(username: str, onward: str) -> AnyResponse:
    sentence = (
        "Tên đăng nhập hoặc mật khẩu chưa đúng. Hãy thử lại, hoặc nhờ văn thư đặt lại mật khẩu."
    )
    if wants_fragment():
        return _in_dialog(sentence, 422)
    return _login_again(sentence, 401, username, onward)


def _login_again(sentence: str, status: int, username: str, onward: str) -> Response:
    page = render_template("accounts/login.html", username=username, next=onward, sentence=sentence)
    return make_response(page, status)


def welcome(user: User, onward: str) -> AnyResponse:
    """In, with one sentence for a teacher: what is left in the class and who holds it."""
    if school.is_set_up():
        sentence = progress.reminder(user, current().today())
        if sentence:
            remember(sentence, "warn")
    return redirect(own_path(onward))


def _stay(user: User) -> Response:
    """The table goes on; it compares whose session it is now with for whom it was drawn."""
    answer = Response(status=204)
    answer.headers["X-User"] = str(user.id)
    return answer


def _in_dialog(sentence: str, status: int) -> Response:
    return make_response(render_template("accounts/_signin.html", sentence=sentence), status)


def own_path(path: str) -> str:
    """Where to go after signing in: the path if it leads to one of our own pages, else the home page."""
    if _is_own_page(path):
        return path
    return url_for("people.home")


def _is_own_page(path: str) -> bool:
    # Browsers read a backslash as a slash, and leave out control characters: "/\host" is another
    # host's page.
    root = request.script_root
    if not path.startswith(f"{root}/") or "\\" in path or not path.isprintable():
        return False
    try:
        parts = urlsplit(path)
        if parts.scheme or parts.netloc:
            return False
        current_app.url_map.bind(request.host).match(parts.path[len(root) :], method="GET")
    except (ValueError, RequestRedirect, HTTPException):  # ValueError: "//[", no address at all
        return False
    return True


@bp.post("/logout")
@open_to_all
def logout() -> AnyResponse:
    """End the session on this machine. Open to all: signing out twice must not ask to sign in."""
    if current_user.is_authenticated:
        draft_keys.forget(current_user, known_devices.device_of_request())
        remember(
            str(current_user.id), SIGNED_OUT
        )  # the page that comes now erases what this browser kept
    end_session()
    answer = redirect(url_for("accounts.login"))
    answer.delete_cookie(cookie_name(), path=cookie_path())
    # Whoever sits down next must not go back to these pages with the browser's button.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@bp.get("/password")
@signed_in
def password() -> str:
    """The page on which to choose one's own password."""
    return render_template("accounts/password.html", sentence="")


@bp.post("/password")
@signed_in
def change_password() -> AnyResponse | Response:
    """Set one's own password; every other machine with this account is signed out."""
    this_session = request.cookies.get(cookie_name(), "")
    try:
        new = _new_password()
        accounts.change_password(current_user, new, by=current_user, keep_token=this_session)
        password_was_typed()
    except Problem as problem:
        page = render_template("accounts/password.html", sentence=problem.message)
        return make_response(page, 422)
    remember("Đã đổi mật khẩu. Các máy khác đang đăng nhập bằng tài khoản này đã được đăng xuất.")
    return redirect(url_for("people.home"))


def _new_password() -> str:
    """What the form says. Raises Problem for a wrong old password, the same again, or two that differ."""
    old = request.form.get("old", "")
    new = request.form.get("new", "")
    check_password_of(current_user, old, "old")
    if new == old:
        sentence = "Mật khẩu mới trùng với mật khẩu đang dùng. Hãy chọn mật khẩu khác."
        raise Problem("new", "same", sentence)
    if new != request.form.get("again", ""):
        sentence = "Hai lần nhập mật khẩu mới không khớp nhau. Hãy nhập lại."
        raise Problem("again", "differs", sentence)
    return new
