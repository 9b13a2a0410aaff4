"""The school's names, and the page of all settings."""

from datetime import date
from typing import TypedDict

from flask import request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from idapp import school, school_facts
from idapp.models import School
from idapp.people import catching_up
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, only
from idapp.web.school import bp
from idapp.web.school.views import done, page, refused


class _Facts(TypedDict, total=False):
    """What of the school a form may leave out."""

    level: str
    province: str
    school_year: int
    place: str


@bp.get("/settings")
@only("clerk", "principal")
def settings() -> str:
    """The school's names, the campaign, classes and accounts, each with its form."""
    return page()


@bp.post("/settings/school")
@only("principal")
def change_school() -> Response:
    """The school's names, levels, province and school year; what a form does not send stays."""
    form = request.form
    the_school = school.the_school()
    try:
        facts = _facts_in(form, the_school, current().today())
        school.change_school(
            the_school,
            name=form.get("name", ""),
            office=form.get("office", ""),
            reviewer_title=form.get("reviewer_title", ""),
            by=current_user,
            **facts,
        )
    except Problem as problem:
        return refused(problem)
    if "school_year" in facts:
        catching_up.compute_anew()  # who is too old or too young for the class
    return done("Đã lưu thông tin trường.")


def _facts_in(form: MultiDict[str, str], stored: School, today: date) -> _Facts:
    """Those that the form says otherwise than they are stored: an older value may stay as it is. Raises Problem."""
    facts = _Facts()
    # ticks that are all taken away send nothing: the form says that it asks about them
    if ("level" in form or "level_asked" in form) and form.getlist("level") != _levels_of(stored):
        facts["level"] = school_facts.level_of(form.getlist("level"))
    if form.get("province", stored.province) != stored.province:
        facts["province"] = school_facts.province_of(form["province"], today)
    if form.get("school_year", str(stored.school_year)) != str(stored.school_year):
        facts["school_year"] = school_facts.school_year_in(form["school_year"], today)
    if form.get("place", stored.place) != stored.place:
        facts["place"] = school_facts.place_of(form["place"])
    return facts


def _levels_of(stored: School) -> list[str]:
    return [level for level in stored.level.split(";") if level]
