"""What the pages of slips and check sheets have in common: whose papers, the trace in the audit, the code for staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import abort, request, url_for
from markupsafe import Markup

from idapp.models import Person, SchoolClass
from idapp.notices import handouts
from idapp.notices.handouts import Bundle
from idapp.site_address import address_for_paper
from idapp.web.access import class_or_404, current_user, person_or_404
from idapp.web.qr import code_of


@dataclass(frozen=True)
class Scope:
    """Whose papers are wanted.

    person        this one alone
    school_class  a class
    staff         those who work here
    everybody     all pupils within the user's reach, class by class
    """

    person: Person | None = None
    school_class: SchoolClass | None = None
    staff: bool = False
    everybody: bool = False


def scope_of_request() -> Scope | None:
    """`?person=17`, `?class=5`, `?staff=1`, `?all=1`; None where nothing is asked for.

    Aborts with 404 or 403 for what this user may not edit.
    """
    person_id = request.args.get("person", type=int)
    if person_id:
        return Scope(person=person_or_404(person_id, to="edit"))
    class_id = request.args.get("class", type=int)
    if class_id:
        return Scope(school_class=class_or_404(class_id, to="edit"))
    if request.args.get("class"):  # a name or nonsense
        abort(404)
    if request.args.get("staff") == "1":
        if current_user.role == "teacher":
            abort(404)
        return Scope(staff=True)
    if request.args.get("all") == "1":
        return Scope(everybody=True)
    return None


def printed_bundles(what: str, people: Iterable[Person]) -> list[Bundle]:
    """The papers class by class; that they were opened to be printed is in the audit."""
    bundles = handouts.bundles_of(people, by=current_user)
    handouts.record_print(what, bundles, by=current_user)
    return bundles


class CodeMaker:
    """Codes with the addresses of people's pages, for which whoever scans one must sign in; "" where no other machine
    could open them."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        # `url_for` brings the path below which we are
        self.site = address_for_paper().removesuffix(request.script_root)

    def code_of(self, person: Person) -> Markup | str:
        """The picture for the paper of this person."""
        if not self.site:
            return ""
        return code_of(self.site + url_for(self._endpoint, person_id=person.id))
