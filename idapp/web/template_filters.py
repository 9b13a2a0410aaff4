"""Words, numbers and facts that every template may use."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Flask, g
from flask_login import current_user

from idapp import permissions, progress, school, verification
from idapp.models import Person
from idapp.notices import slips
from idapp.people import STATUS_WORDS
from idapp.rules.record import FIELD
from idapp.settings import VIETNAM, current
from idapp.web.access import school_is_set_up, wants_fragment


def register(app: Flask) -> None:
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        FIELD=FIELD,
        status_word=STATUS_WORDS.__getitem__,
        date_vn=date_vn,
        time_vn=time_vn,
        number_vn=number_vn,
        clock_vn=clock_vn,
        reviewing_office=school.reviewing_office,
        police_words=_police_words,
    )

    @app.context_processor
    def about_the_page() -> dict[str, Any]:
        if "fault" in g:  # the page that says so must not stumble over the same stone
            return {"may": permissions}
        return {
            "banner": _banner(),
            "school_name": _school_name(),
            "may": permissions,
            "sees_numbers": current_user.is_authenticated
            and permissions.sees_numbers(current_user),
            "running_batch": _running_batch(),
            "plain_http": current().plain_http and not current().https,
        }


def _banner() -> progress.Banner | None:
    if not current_user.is_authenticated or wants_fragment() or not school_is_set_up():
        return None
    if "banner" not in g:
        g.banner = progress.banner(current_user, current().today())
    return g.banner


def _school_name() -> str:
    return school.the_school().name if not wants_fragment() and school_is_set_up() else ""


def _running_batch() -> verification.UnderWay | None:
    """The open batch that concerns this user, for the strip on every page."""
    if not current_user.is_authenticated or wants_fragment() or current_user.role == "reviewer":
        return None
    return verification.under_way(current_user)


def _police_words(person: Person | None = None) -> str:
    """The police that issue papers, in the words of the record's places or of the campaign's."""
    return slips.police_words(person.epoch if person else school.the_campaign().epoch)


def date_vn(day: date | None) -> str:
    return day.strftime("%d/%m/%Y") if day else ""


def time_vn(moment: datetime | None) -> str:
    """A moment in the database (UTC) as the clock on a Vietnamese wall shows it."""
    if moment is None:
        return ""
    return moment.replace(tzinfo=UTC).astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")


def clock_vn(moment: datetime | None) -> str:
    """The same to the second, without the day: for what happens now."""
    return f"{moment.replace(tzinfo=UTC).astimezone(VIETNAM):%H:%M:%S}" if moment else ""


def number_vn(n: int | float) -> str:
    """1980 -> 1.980, 3.5 -> 3,5."""
    return f"{n:,}".replace(",", " ").replace(".", ",").replace(" ", ".")
