"""People whom the ministry has given no code yet, and codes that stand at two people."""

from flask import render_template

from idapp.people import codes
from idapp.web.access import current_user, only
from idapp.web.people import bp


@bp.get("/people/codes")
@only("teacher", "clerk", "principal")
def show_codes() -> str:
    """Class by class, with the way to these people and to the file that brings their codes."""
    return render_template(
        "people/codes.html",
        groups=codes.by_group(current_user),
        shared=codes.shared(current_user),
    )
