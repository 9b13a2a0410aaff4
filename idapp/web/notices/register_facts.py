"""What the page of a case shows of the register's own mistakes: the request to the police, or the form of a new one."""

from __future__ import annotations

from idapp.models import Person, RegisterError
from idapp.notices import police_letters, register_errors
from idapp.rules.record import FIELD
from idapp.school import the_campaign
from idapp.web.template_filters import date_vn


def facts_of(person: Person) -> dict[str, object]:
    """For ``notices/_register_wrong.html`` and the form of the explanation."""
    request = register_errors.of(person)
    office = ""
    if request is not None:
        office = office_of(request)
    return {
        "register_request": request,
        "register_last": request or register_errors.last_of(person),
        "register_office": office,
        "may_report_register": register_errors.may_begin(person),
        "REGISTER_FIELDS": [FIELD[name] for name in register_errors.FIELDS],
        "REGISTER_STATES": register_errors.STATE_WORDS,
        "ANSWER_WORDS": register_errors.ANSWER_WORDS,
        "suggested_explanation": _explanation_from(request, office),
    }


def office_of(request: RegisterError) -> str:
    """The police to whom it goes, by name; "" where nobody knows."""
    return police_letters.office_name(police_letters.commune_of(request), the_campaign().epoch)


def _explanation_from(request: RegisterError | None, office: str) -> dict[str, str]:
    """What the explanation of such a record would say."""
    if request is None or request.state == "corrected":
        return {}
    evidence = ""
    if request.sent_on is not None:
        evidence = f"Công văn gửi {office} ngày {date_vn(request.sent_on)}"
    return {"reason": "register_wrong", "evidence": evidence, "note": ""}
