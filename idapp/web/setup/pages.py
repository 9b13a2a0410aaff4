"""Three short pages: the school, the letter, the principal's account; back and forth without loss."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import school_facts, setup
from idapp.models import User
from idapp.people import epochs
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.setup import drafts
from idapp.web.access import remember
from idapp.web.accounts import start_session
from idapp.web.cookies import cookie_path
from idapp.web.setup import answers, bp, entry
from idapp.web.setup.entry import with_code

STEPS = {
    "school": "Nhà trường",
    "campaign": "Công văn và hạn",
    "principal": "Tài khoản hiệu trưởng",
}
_A_MONTH = timedelta(days=30)
_TEMPLATES = {
    "school": "setup/school.html",
    "campaign": "setup/campaign.html",
    "principal": "setup/principal.html",
}
_READERS: Mapping[str, Callable[[Mapping[str, str], date], object]] = {
    "school": answers.school_in,
    "campaign": answers.campaign_in,
}


@bp.get("/setup/school")
@with_code
def school() -> Response:
    """Its name, levels, province and school year."""
    return _page("school")


@bp.post("/setup/school")
@with_code
def keep_school() -> Response:
    """On to the letter."""
    return _keep("school")


@bp.get("/setup/campaign")
@with_code
def campaign() -> Response:
    """The letter: its title, number and deadline; which places it asks for."""
    return _unfinished("school") or _page("campaign")


@bp.post("/setup/campaign")
@with_code
def keep_campaign() -> Response:
    """On to the account."""
    return _keep("campaign")


@bp.get("/setup/principal")
@with_code
def principal() -> Response:
    """Who signs in first."""
    return _unfinished("school", "campaign") or _page("principal")


@bp.post("/setup/principal")
@with_code
def found() -> Response:
    """The last page makes everything at once, and signs its user in."""
    texts = answers.typed("principal")
    drafts.keep(entry.token(), "principal", texts)
    if "back" in request.form:
        return _to("campaign")
    unfinished = _unfinished("school", "campaign")
    if unfinished is not None:
        return unfinished
    typed = _texts()
    today = current().today()
    try:
        user = setup.found_school(
            answers.school_in(typed["school"], today),
            answers.campaign_in(typed["campaign"], today),
            answers.first_user_in(texts),
            current(),
        )
    except setup.AlreadySetUp:
        return entry.closed()
    except Problem as problem:
        return _page("principal", problem)
    return signed_in(user, "Đã thiết lập xong. Dưới đây là những việc đầu tiên của trường.")


def signed_in(user: User, sentence: str) -> Response:
    """Home, as the user who was just made."""
    remember(sentence)
    answer = redirect(url_for("people.home"), 303)
    answer.delete_cookie(entry.cookie_name(), path=cookie_path())
    start_session(user, answer)
    return answer


def _texts() -> drafts.Texts:
    return drafts.texts_of(entry.token()) or {}


def _to(page: str) -> Response:
    return redirect(url_for(f"setup.{page}"), 303)


def _keep(page: str) -> Response:
    """Remember what was typed, then on; a text that is no fact stays on its page with a sentence."""
    texts = answers.typed(page)
    drafts.keep(entry.token(), page, texts)
    pages = list(STEPS)
    index = pages.index(page)
    if "back" in request.form:
        return _to(pages[index - 1])
    try:
        _READERS[page](texts, current().today())
    except Problem as problem:
        return _page(page, problem)
    return _to(pages[index + 1])


def _unfinished(*pages: str) -> Response | None:
    """The way to the first of these pages that does not stand yet."""
    texts = _texts()
    for page in pages:
        try:
            _READERS[page](texts.get(page, {}), current().today())
        except Problem as problem:
            remember(problem.message, "warn")
            return _to(page)
    return None


def _page(page: str, problem: Problem | None = None) -> Response:
    today = current().today()
    texts = _texts().get(page) or answers.proposed(page, today)
    content = render_template(
        _TEMPLATES[page],
        steps=STEPS,
        page=page,
        texts=texts,
        problem=problem,
        unusual=isinstance(problem, school_facts.UnusualDeadline),
        **_choices(page, texts, today),
    )
    return make_response(content, 422 if problem else 200)


def _choices(page: str, texts: Mapping[str, str], today: date) -> dict[str, Any]:
    """What can be chosen on a page."""
    if page == "school":
        now = school_facts.school_year_of(today)
        return {
            "levels": school_facts.LEVELS,
            "chosen_levels": texts.get("level", "").split(";"),
            "provinces": school_facts.provinces_on(today),
            "years": range(now - 1, now + 2),
        }
    if page == "campaign":
        return {"EPOCHS": epochs.EPOCHS, "letter_day": today, "deadline_like": today + _A_MONTH}
    return {}
