"""When something goes wrong: a page for people, a fragment for htmx, never a word about the machine."""

import logging
from urllib.parse import urlsplit

from flask import Flask, g, make_response, redirect, render_template, request, url_for
from peewee import DoesNotExist
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response

from idapp import faults
from idapp.school import is_set_up
from idapp.web.access import current_user, keeps_the_page, wants_fragment

log = logging.getLogger(__name__)

# code -> heading, what to do now
_SENTENCES = {
    400: ("Yêu cầu chưa đúng", "Hãy tải lại trang và làm lại."),
    403: (
        "Tài khoản này không làm được việc đó",
        "Nếu cần, hãy nhờ văn thư hoặc hiệu trưởng làm giúp.",
    ),
    404: (
        "Không có trang này",
        "Địa chỉ không đúng, hoặc nội dung không thuộc phần việc của tài khoản này.",
    ),
    405: (
        "Không mở trực tiếp được địa chỉ này",
        "Hãy quay lại trang trước và bấm nút trên trang.",
    ),
    409: (
        "Có người vừa sửa chỗ này",
        "Hãy tải lại trang để xem nội dung mới nhất rồi làm lại.",
    ),
    413: (
        "Tệp quá lớn",
        "Tệp tải lên tối đa 10 MB. Bảng tính: xóa trang thừa hoặc tách tệp; ảnh: chụp lại nhỏ hơn.",
    ),
    422: ("Chưa làm được", "Hãy xem lại những gì vừa nhập."),
    429: ("Thử quá nhiều lần", "Hãy đợi vài phút rồi thử lại."),
    503: (
        "Máy chủ đang mở nhầm dữ liệu",
        "Trường thật và trường minh họa không mở lẫn nhau được. "
        "Hãy nhờ người phụ trách máy chủ chạy lệnh flask --app app doctor để biết cách sửa.",
    ),
    500: (
        "Máy chủ gặp trục trặc",
        "Những gì đã báo “Đã lưu” vẫn còn nguyên. Hãy thử lại sau ít phút.",
    ),
}


def register(app: Flask) -> None:
    """Every way in which a request can fail, each with its answer. Flask takes the handler of the nearest class."""

    @app.errorhandler(SecurityError)
    def wrong_host(_: SecurityError) -> Response:
        """No page of ours: its links would lead to a name that is not this machine's."""
        return Response(
            "Địa chỉ này không phải của máy chủ idapp. Hãy mở lại bằng địa chỉ nhà trường đã cho.",
            400,
        )

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        """What ``abort`` and Werkzeug raise."""
        if isinstance(error.response, Response):
            return error.response  # whoever raised it has its own words
        if error.code == 401:
            return unauthorized()
        return error_answer(error.code or 500)

    @app.errorhandler(OverflowError)
    def impossible_id(_: OverflowError) -> Response:
        """A number in an address that is larger than SQLite's integers: nothing is there."""
        return error_answer(404)

    @app.errorhandler(DoesNotExist)
    def no_school_here(error: DoesNotExist) -> Response:
        """The managing office's own installation has figures of other schools only."""
        if is_set_up():
            return fault(error)
        if current_user.role == "reviewer" and request.method == "GET" and not wants_fragment():
            return redirect(url_for("progress.all_schools"))
        return error_answer(404, "Máy này chưa thiết lập trường nào nên chưa có nội dung này.")

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        """A mistake of ours. The log gets where, never what: values in a traceback are personal data."""
        trace = faults.redacted_traceback(error)
        log.error("%s %s failed: %s", request.method, request.endpoint, trace)
        g.fault = True  # the layout then asks the database for nothing
        return error_answer(500)


def unauthorized() -> Response:
    """To the login page, and from there back; the table keeps what was typed, so its answers stay a plain 401."""
    login = _address_of_login()
    g.refused_with = 401
    if not wants_fragment():
        return redirect(login)
    title = "Hãy đăng nhập lại"
    sentence = "Phiên làm việc đã hết. Hãy đăng nhập lại; những gì vừa gõ vẫn còn ở trang này."
    fragment = render_template("errors/_fragment.html", code=401, title=title, sentence=sentence)
    answer = make_response(fragment, 401)
    if not keeps_the_page():
        answer.headers["HX-Redirect"] = login
    return answer


def _address_of_login() -> str:
    """With the way back. What was sent is not done again by itself: the login page says so."""
    onward = request.script_root + request.full_path.rstrip("?")
    if request.method != "GET":
        return url_for("accounts.login", next=_page_before() or None, undone="1")
    if wants_fragment():
        onward = _page_before()
    return url_for("accounts.login", next=onward or None)


def _page_before() -> str:
    """Where the user clicked, as the browser tells; signing in leads to our own pages only."""
    try:
        page = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    except ValueError:
        return ""
    if page.query:
        return f"{page.path}?{page.query}"
    return page.path


def error_answer(code: int, sentence: str = "") -> Response:
    """The page of an HTTP error, or its fragment for htmx. ``sentence`` in place of what the code usually says."""
    title, usual = _SENTENCES.get(code, _SENTENCES[500])
    template = "errors/page.html"
    if wants_fragment():
        template = "errors/_fragment.html"
    page = render_template(template, code=code, title=title, sentence=sentence or usual)
    return make_response(page, code)
