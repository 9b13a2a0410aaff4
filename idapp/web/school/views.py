"""What the pages of settings share: the page itself, a refusal, the sentence that a deed is done."""

from flask import make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from idapp import jobs, permissions, present_residence, school, school_facts, site_address
from idapp.backup.standing import standing
from idapp.models import School, SchoolClass, User, in_school_order
from idapp.people import epochs
from idapp.rules import official_paper
from idapp.rules.problem import Problem
from idapp.settings import current
from idapp.web.access import current_user, remember

ROLE_WORDS = {
    "teacher": "Giáo viên",
    "clerk": "Văn thư",
    "principal": "Hiệu trưởng",
    "reviewer": "Cán bộ quản lý",
}


def page(problem: Problem | None = None) -> str:
    """All settings, with what was refused still in its form."""
    the_school = school.the_school()
    campaign = school.the_campaign()
    users = list(User.select().order_by(User.role, User.username))
    classes = list(SchoolClass.present().order_by(*in_school_order()))
    return render_template(
        "school/settings.html",
        school=the_school,
        campaign=campaign,
        users=users,
        classes=classes,
        ROLE_WORDS=role_words(),
        EPOCHS=epochs.EPOCHS,
        present_groups=present_residence.groups_of_school(),
        present_words=present_residence.words_of(campaign.present_residence),
        **_choices(the_school),
        unusual=isinstance(problem, school_facts.UnusualDeadline),
        usual_office=school.usual_office(the_school.level, campaign.epoch),
        usual_place=official_paper.place_in(the_school.office),
        old_office=school.names_old_office(the_school.office, campaign.epoch),
        problem=problem,
        roles=roles_to_give(),
        site_address=site_address.address_for_paper(),
        backup=standing(),
        registry_mode=jobs.channel_of(current())[0],
        typed=request.form,
    )


def _choices(the_school: School) -> dict[str, object]:
    """What can be chosen for the school; a province of an earlier catalogue stays among them."""
    today = current().today()
    now = school_facts.school_year_of(today)
    provinces = school_facts.provinces_on(today)
    if the_school.province not in provinces:
        provinces = [the_school.province, *provinces]
    return {
        "levels": school_facts.LEVELS,
        "provinces": provinces,
        "years": sorted({the_school.school_year, *range(now - 1, now + 2)}),
    }


def refused(problem: Problem) -> Response:
    """The page again, with the sentence that says what to do."""
    return make_response(page(problem), 422)


def done(sentence: str) -> Response:
    """Back to the page, which says what has been done."""
    remember(sentence)
    return redirect(url_for("school.settings"))


def role_words() -> dict[str, str]:
    """The roles in words; the managing office is called as this school calls it."""
    return ROLE_WORDS | {"reviewer": f"Cán bộ {school.reviewing_office()}"}


def roles_to_give() -> tuple[str, ...]:
    """The roles of accounts that the current user may make and change."""
    return permissions.roles_to_give(current_user)
