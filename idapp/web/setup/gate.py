"""Before the set-up every address leads to it; afterwards its own addresses are gone."""

from flask import redirect, request, url_for
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response

from idapp import school
from idapp.web.access import school_is_set_up, wants_fragment

_ALWAYS_OPEN = ("static", "health", "help.index", "help.page")


def is_closed() -> bool:
    """Is there a school, or an office that needs none? Then there is nothing to set up."""
    return school_is_set_up() or school.is_office()


def lead_to_setup() -> Response | None:
    """Asked before every request: the way to the set-up while there is neither a school nor an office."""
    if request.endpoint in _ALWAYS_OPEN or is_closed() or request.blueprint == "setup":
        return None
    if isinstance(request.routing_exception, SecurityError):
        # called by a name that is not ours: it has its own answer
        return None
    address = url_for("setup.start")
    if wants_fragment():
        return Response(status=403, headers={"HX-Redirect": address})
    return redirect(address, 303)
