"""Words, numbers and facts that every template may use."""

import textwrap
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from idapp import (
    draft_keys,
    permissions,
    progress,
    school,
    school_years,
    site_address,
    verification,
)
from idapp.backup.standing import is_worth_a_word, standing
from idapp.models import Person
from idapp.notices import evidence, slips
from idapp.people import STATUS_WORDS
from idapp.people.transfers import is_away
from idapp.rules.official_paper import number_vn
from idapp.rules.record import FIELD
from idapp.settings import LOOPBACK, VIETNAM, current
from idapp.web import homeroom_words, known_devices, worker_trouble
from idapp.web.access import school_is_set_up, the_user, wants_fragment
from idapp.web.help import guide_of, keys_of_table
from idapp.web.people import rechecked
from idapp.web.progress import completion
from idapp.web.progress.next_task import next_task
from idapp.web.qr import code_of


def register(app: Flask) -> None:
    """Give all templates these words and filters, and each page the facts around its content."""
    # Lines that hold nothing but tags leave nothing behind: pages of 45 rows stay small.
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        FIELD=FIELD,
        status_word=STATUS_WORDS.__getitem__,
        date_vn=date_vn,
        time_vn=time_vn,
        number_vn=number_vn,
        clock_vn=clock_vn,
        reviewing_office=school.reviewing_office,
        code_of=code_of,
        site_has_moved=lambda: site_address.has_moved(site_address.chosen()),
        papers_words=_papers_words,
        police_words=_police_words,
        NO_TEACHER=homeroom_words.NO_TEACHER,
        is_away=is_away,
        guide_here=_guide_here,
        keys_of_table=keys_of_table,
        year_words=school_years.year_words,
        next_task=next_task,
        draft_key=_draft_key,
    )

    app.jinja_env.filters.update(first_words=first_words)

    @app.context_processor
    def about_the_page() -> dict[str, Any]:
        """What the layout shows on every page."""
        if "fault" in g:  # the page that says so must not stumble over the same stone
            return {"may": permissions}
        is_signed_in = current_user.is_authenticated
        return {
            "banner": _banner(),
            "school_name": _school_name(),
            "may": permissions,
            "sees_numbers": is_signed_in and permissions.sees_numbers(current_user),
            **_work_under_way(),
            "plain_http": _is_line_open_to_others(),
        }


def _guide_here(role: str) -> str:
    return guide_of(_page_endpoint(), role)


def _page_endpoint() -> str | None:
    """The endpoint of the page at this address: a form that was refused is drawn there again."""
    addresses = current_app.create_url_adapter(request)
    if request.method == "GET" or addresses is None:
        return request.endpoint
    try:
        endpoint, _ = addresses.match(method="GET")
    except HTTPException:  # an address that only takes
        return request.endpoint
    return str(endpoint)


def _is_line_open_to_others() -> bool:
    """Did this page travel through the network in the clear?"""
    if current().https or wants_fragment():
        return False
    return urlsplit(request.host_url).hostname not in LOOPBACK


def _banner() -> progress.Banner | None:
    """The deadline on every page. Computed once for a request: a page may draw several templates."""
    if not current_user.is_authenticated or wants_fragment() or not school_is_set_up():
        return None
    if "banner" not in g:
        g.banner = progress.banner(current_user, current().today(), completion.kept())
    return g.banner


def _school_name() -> str:
    if wants_fragment() or not school_is_set_up():
        return ""
    return str(school.the_school().name)


def _running_batch() -> verification.UnderWay | None:
    """The open batch that concerns this user, for the strip on every page."""
    if not current_user.is_authenticated or wants_fragment() or current_user.role == "reviewer":
        return None
    return verification.under_way(current_user)


def _work_under_way() -> dict[str, Any]:
    """The open batch, and what keeps its worker away."""
    batch = _running_batch()
    trouble = ""
    backup_trouble = ""
    rechecked_words = ""
    if current_user.is_authenticated and not wants_fragment():
        trouble = worker_trouble.sentence_for(current_user, batch.id if batch else None)
        backup_trouble = _backup_trouble()
        rechecked_words = rechecked.sentence_for(current_user)
    return {
        "running_batch": batch,
        "worker_trouble": trouble,
        "backup_trouble": backup_trouble,
        "rechecked": rechecked_words,
    }


def _backup_trouble() -> str:
    """For the two who can mend it; "" usually."""
    if current_user.role not in ("clerk", "principal") or request.blueprint == "backups":
        return ""
    now = standing()
    return now.sentence if is_worth_a_word(now) else ""


def _police_words(person: Person | None = None) -> str:
    """The police that issue papers, in the words of the record's places or of the campaign's."""
    if person is not None:
        return slips.police_words(person.epoch)
    return slips.police_words(school.the_campaign().epoch)


def _papers_words() -> str:
    """The papers that prove a number, in the words of the campaign's time."""
    return evidence.in_a_sentence(school.the_campaign().epoch)


def _draft_key() -> str:
    """With what this browser seals what the user types into this page, until it is saved."""
    return draft_keys.key_of(the_user(), known_devices.device_of_request(), current())


def date_vn(day: date | None) -> str:
    """16/10/2022, or "" for no day."""
    if day is None:
        return ""
    return day.strftime("%d/%m/%Y")


def time_vn(moment: datetime | None) -> str:
    """A moment in the database (UTC) as the clock on a Vietnamese wall shows it."""
    if moment is None:
        return ""
    return moment.replace(tzinfo=UTC).astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def clock_vn(moment: datetime | None) -> str:
    """The same to the second, without the day: for what happens now."""
    if moment is None:
        return ""
    return f"{moment.replace(tzinfo=UTC).astimezone(VIETNAM):%H:%M:%S}"


def first_words(text: str, length: int) -> str:
    """The text, or as many of its words as stand in ``length`` characters with the sign that it goes on.

    >>> first_words("Hoàn thiện và xác thực thông tin", 18)
    'Hoàn thiện và xác…'
    """
    return textwrap.shorten(text, length, placeholder="…")
