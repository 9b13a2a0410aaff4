"""An installation of the managing office: no school, one account that looks on."""

from flask import make_response, render_template
from werkzeug.wrappers import Response

from idapp import setup
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.setup import answers, bp, entry, pages
from idapp.web.setup.entry import with_code


@bp.get("/setup/office")
@with_code
def office() -> Response:
    """The short way, offered on the first page."""
    return _page({})


@bp.post("/setup/office")
@with_code
def found_office() -> Response:
    """The account, and in."""
    texts = answers.typed("office")
    try:
        user = setup.found_office(answers.first_user_in(texts), current())
    except setup.AlreadySetUp:
        return entry.closed()
    except Problem as problem:
        return _page(texts, problem)
    return pages.signed_in(user, "Đã thiết lập xong. Hãy nạp tệp tiến độ mà các trường gửi.")


def _page(texts: dict[str, str], problem: Problem | None = None) -> Response:
    content = render_template("setup/office.html", texts=texts, problem=problem)
    return make_response(content, 422 if problem else 200)
