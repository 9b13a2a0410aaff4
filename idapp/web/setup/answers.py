"""What the pages of the set-up ask, and how the texts of a page become facts."""

from collections.abc import Mapping
from datetime import date

from flask import request

from idapp import school, school_facts
from idapp.setup import CampaignFacts, FirstUser, SchoolFacts
from idapp.web.days import day_in, day_meant

FIELDS = {
    "school": ("name", "level", "province", "school_year"),
    "campaign": ("title", "letter", "deadline", "epoch", "deadline_meant"),
    "principal": ("username", "full_name"),
    "office": ("username", "full_name"),
}


def proposed(page: str, today: date) -> dict[str, str]:
    """What a page says before anybody has typed there."""
    if page == "school":
        return {"school_year": str(school_facts.school_year_of(today))}
    if page == "campaign":
        return {"title": school.USUAL_TITLE}
    if page == "principal":
        return {"username": "hieutruong"}
    return {}


def typed(page: str) -> dict[str, str]:
    """The texts of the form that was sent; several ticks of one field as one text."""
    return {name: ";".join(request.form.getlist(name)) for name in FIELDS[page]}


def school_in(texts: Mapping[str, str], today: date) -> SchoolFacts:
    """Raises Problem for the first text that is no fact; so do the two below."""
    return SchoolFacts(
        name=school_facts.name_of(texts.get("name", "")),
        level=school_facts.level_of([texts.get("level", "")]),
        province=school_facts.province_of(texts.get("province", ""), today),
        school_year=school_facts.school_year_in(texts.get("school_year", ""), today),
    )


def campaign_in(texts: Mapping[str, str], today: date) -> CampaignFacts:
    """The letter; asks about a deadline that is rarely meant."""
    title = school_facts.title_of(texts.get("title", ""))
    deadline = day_in(texts.get("deadline", ""))
    school_facts.check_deadline(deadline, today, day_meant(texts))
    return CampaignFacts(
        title=title,
        letter=school_facts.letter_of(texts.get("letter", "")),
        deadline=deadline,
        epoch=school_facts.epoch_or_proposed(texts.get("epoch", ""), deadline),
    )


def first_user_in(texts: Mapping[str, str]) -> FirstUser:
    """The account; the password comes from the form that is being sent, and stays nowhere."""
    return FirstUser(
        texts.get("username", ""), texts.get("full_name", ""), request.form.get("password", "")
    )
