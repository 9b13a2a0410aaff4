"""Slips for families, to print: two on a sheet, class by class behind a list for the teacher; a code for staff."""

from __future__ import annotations

from collections.abc import Iterable

from flask import abort, render_template, request

from idapp import notices, school
from idapp.models import Person
from idapp.notices import listing, slips
from idapp.notices.handouts import Bundle
from idapp.settings import current
from idapp.web.access import current_user, only
from idapp.web.notices import bp
from idapp.web.notices.printing import CodeMaker, Scope, printed_bundles, scope_of_request


@bp.get("/notices/slips")
@only("teacher", "clerk", "principal")
def print_slips() -> str:
    """`?class=5` the whole class, `?all=1` every class in reach, `?person=17` one, `?staff=1`."""
    scope = scope_of_request() or abort(404)
    codes = CodeMaker("notices.show")
    bundles = printed_bundles("slips", _people_of(scope))
    return render_template(
        "notices/slips.html",
        bundles=[(bundle, _slips_of(bundle)) for bundle in bundles],
        scope=scope,
        codes=codes,
        count=sum(len(bundle.people) for bundle in bundles),
        class_id=request.args.get("class", type=int),
        today=current().today(),
        REASON_WORDS=notices.REASON_WORDS,
    )


def _people_of(scope: Scope) -> Iterable[Person]:
    """Those on the list; one person also when nothing asks for the paper."""
    if scope.person is not None:
        return [scope.person]
    listed = notices.listed(current_user, school_class=scope.school_class, staff=scope.staff)
    people = [person for person in listed if listing.asks_family_of(person)]
    if scope.everybody:
        return [person for person in people if person.kind == "student"]
    return people


def _slips_of(bundle: Bundle) -> list[slips.Slip]:
    the_school = school.the_school()
    campaign = school.the_campaign()
    today = current().today()
    return [
        slips.slip_for(person, the_school, campaign, today=today, contacts=bundle.contacts)
        for person in bundle.people
    ]
