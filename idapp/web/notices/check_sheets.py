"""Check sheets for every family, to print before the first batch: two on a sheet, behind a list for the teacher."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from flask import render_template

from idapp import permissions, present_residence, school
from idapp.models import Person
from idapp.notices import check_sheets, slips
from idapp.settings import current
from idapp.web.access import current_user, only
from idapp.web.notices import bp
from idapp.web.notices.printing import CodeMaker, Scope, printed_bundles, scope_of_request


@bp.get("/notices/check-sheets")
@only("teacher", "clerk", "principal")
def print_check_sheets() -> str:
    """`?class=5`, `?all=1` every class in reach, `?person=17`, `?staff=1`; without any of them the choice."""
    scope = scope_of_request()
    if scope is None:
        return _choice()
    sheet_of = partial(
        check_sheets.sheet_for,
        with_parents=check_sheets.keeps_parents(),
        present_groups=present_residence.asked_groups(),
    )
    bundles = printed_bundles("check_sheets", _people_of(scope))
    return render_template(
        "notices/check_sheets.html",
        bundles=bundles,
        sheet_of=sheet_of,
        codes=CodeMaker("people.person"),
        count=sum(len(bundle.people) for bundle in bundles),
        scope=scope,
        school=school.the_school(),
        by=slips.reply_by(school.the_campaign(), current().today()),
        today=current().today(),
        against_swindlers=slips.against_swindlers,
    )


def _choice() -> str:
    """The page on which to choose a class."""
    classes = permissions.classes_of(current_user)
    return render_template("notices/check_sheets_choice.html", classes=list(classes))


def _people_of(scope: Scope) -> Iterable[Person]:
    if scope.person is not None:
        return [scope.person]
    return check_sheets.people_for(current_user, school_class=scope.school_class, staff=scope.staff)
