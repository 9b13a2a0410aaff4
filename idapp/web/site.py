"""Where the site is for teachers and families: chosen once, shown with a code to photograph."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import site_address
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only, remember

bp = Blueprint("site", __name__)
_OTHER = "other"


@bp.get("/settings/site")
@only("principal")
def settings() -> str:
    """The addresses found on this machine, the chosen one, and what plain http means."""
    return _page()


@bp.post("/settings/site")
@only("principal")
def choose() -> Response:
    """Keep the address, whether other machines may come in, and the word about plain http."""
    form = request.form
    typed = form.get("address", "")
    if typed == _OTHER:
        typed = form.get("other", "")
    try:
        choice = site_address.choose(
            typed,
            is_open=form.get("is_open") == "1",
            plain_http=form.get("plain_http") == "1",
            by=current_user,
            settings=current(),
        )
    except Problem as problem:
        return make_response(_page(problem), 422)
    if choice.address:
        remember(f"Đã lưu địa chỉ cho giáo viên: {choice.address}")
    else:
        remember("Đã lưu: chưa có địa chỉ cho giáo viên.")
    return redirect(url_for("site.settings"))


def _page(problem: Problem | None = None) -> str:
    choice = site_address.chosen()
    possible = site_address.possible_addresses(current())
    chosen = choice.address
    is_open = choice.is_open
    agreed = choice.plain_http
    if problem is not None:
        chosen = request.form.get("address", "")
        if chosen == _OTHER:
            chosen = request.form.get("other", "")
        is_open = request.form.get("is_open") == "1"
        agreed = request.form.get("plain_http") == "1"
    return render_template(
        "site/settings.html",
        problem=problem,
        choice=choice,
        chosen=chosen,
        is_open=is_open,
        agreed=agreed,
        possible=possible,
        on_paper=site_address.address_for_paper(),
        has_moved=site_address.has_moved(choice),
        settings=current(),
        listens_beyond=site_address.listens_beyond_this_machine(current()),
    )
