"""Who may set up: whoever brings the one-time code of the start message. A cookie then stands for it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, make_response, redirect, render_template, request, url_for
from flask_limiter import RequestLimit
from werkzeug.wrappers import Response as AnyResponse

from idapp.settings import current
from idapp.setup import code, drafts
from idapp.web import errors
from idapp.web.access import open_to_all
from idapp.web.cookies import cookie_path
from idapp.web.guessing import limiter
from idapp.web.setup import bp, gate

View = TypeVar("View", bound=Callable[..., Any])
_WRONG = (
    "Mã này chưa đúng. Mã đúng nằm trong cửa sổ đang chạy make serve, ở dòng “Mở địa chỉ này để "
    "thiết lập”; cũng có trong tệp setup_code của thư mục dữ liệu."
)
_TOO_OFTEN = (
    "Đã thử quá nhiều mã. Hãy đợi mười phút rồi thử lại với mã trong cửa sổ đang chạy make serve, "
    "hoặc trong tệp setup_code của thư mục dữ liệu."
)
_DONE = "Trường đã được thiết lập xong, trang này không còn nữa. Hãy về trang chính và đăng nhập."


def cookie_name() -> str:
    """Of the browser that brought the code; pinned to this host where there is https."""
    if current().https:
        return "__Host-idapp-setup"
    return "idapp-setup"


def token() -> str:
    """The browser's token, or ""."""
    return request.cookies.get(cookie_name(), "")


def with_code(view: View) -> View:
    """Mark of a page of the set-up: for whoever has brought the code, and only until a school is there."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        """What Flask calls in place of the view."""
        if gate.is_closed():
            return closed()
        if current().demo or drafts.texts_of(token()) is None:
            return redirect(url_for("setup.start", code=request.values.get("code")), 303)
        return view(*args, **kwargs)

    return cast(View, open_to_all(guarded))


def closed() -> AnyResponse:
    """The answer of all these addresses once there is a school."""
    return errors.error_answer(404, _DONE)


def _was_wrong(response: Response) -> bool:
    return response.status_code == 403


def _too_often(_: RequestLimit) -> Response:
    return _asking_for_code(_TOO_OFTEN, 429)


_throttled = limiter.shared_limit(
    "10 per 10 minutes", scope="setup code", deduct_when=_was_wrong, on_breach=_too_often
)


@bp.get("/setup")
@open_to_all
@_throttled
def start() -> AnyResponse:
    """The first page: asks for the code, unless the address has brought it (``?code=``)."""
    if gate.is_closed():
        return closed()
    given = request.args.get("code", "")
    if given:
        return _try(given)
    if not current().demo and drafts.texts_of(token()) is not None:
        return redirect(url_for("setup.school"))
    return _asking_for_code()


@bp.post("/setup")
@open_to_all
@_throttled
def enter() -> AnyResponse:
    """The code, typed by hand."""
    if gate.is_closed():
        return closed()
    return _try(request.form.get("code", ""))


def _try(given: str) -> AnyResponse:
    if current().demo:
        return _asking_for_code()
    if not code.is_right(given, current()):
        return _asking_for_code(_WRONG, 403)
    # on, so that the code does not stay in the address
    answer = redirect(url_for("setup.school"), 303)
    if drafts.texts_of(token()) is None:  # else the browser goes on where it was
        answer.set_cookie(
            cookie_name(),
            drafts.begin(),
            path=cookie_path(),
            httponly=True,
            samesite="Lax",
            secure=current().https,
        )
    return answer


def _asking_for_code(sentence: str = "", status: int = 200) -> Response:
    page = render_template("setup/code.html", sentence=sentence, demo=current().demo)
    return make_response(page, status)
