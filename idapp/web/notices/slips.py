"""Slips for families, to print: a page per child or two on a sheet; a code that opens the case for staff."""

from __future__ import annotations

from flask import abort, render_template, request, url_for
from markupsafe import Markup

from idapp import notices, school, site_address
from idapp.models import Person
from idapp.notices import listing, slips
from idapp.settings import current
from idapp.web.access import class_or_404, current_user, only, person_or_404
from idapp.web.notices import bp
from idapp.web.qr import code_of


@bp.get("/notices/slips")
@only("teacher", "clerk", "principal")
def print_slips() -> str:
    """`?class=5` the whole class, `?person=17` one, `?staff=1`; `&two=1` two on a sheet."""
    the_school = school.the_school()
    campaign = school.the_campaign()
    today = current().today()
    site = site_address.address_for_paper()
    slips_and_codes = []
    for person in _chosen():
        slip = slips.slip_for(person, the_school, campaign, today=today)
        slips_and_codes.append((slip, _code(person, site)))
    return render_template(
        "notices/slips.html",
        made=slips_and_codes,
        lacks_address=not site,
        two=request.args.get("two") == "1",
        given=request.args.to_dict(),
        class_id=request.args.get("class", type=int),
    )


def _chosen() -> list[Person]:
    """Those on the list of the class; one person also when nothing asks for the paper."""
    person_id = request.args.get("person", type=int)
    if person_id:
        return [person_or_404(person_id, to="edit")]
    class_id = request.args.get("class", type=int)
    staff = request.args.get("staff") == "1"
    if not class_id and not staff:
        abort(404)
    school_class = None
    if class_id:
        school_class = class_or_404(class_id, to="edit")
    listed = notices.listed(current_user, school_class=school_class, staff=staff)
    return [person for person in listed if listing.asks_family_of(person)]


def _code(person: Person, site: str) -> Markup | str:
    """A code with the address of the case, for which whoever scans it must sign in; "" where no other machine could
    open it."""
    if not site:
        return ""
    return code_of(site + url_for("notices.show", person_id=person.id))
