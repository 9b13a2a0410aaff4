"""Step 3: the list of cases, one case, photos, letters to the police, slips, explanations, visits of the police."""

from flask import Blueprint

bp = Blueprint("notices", __name__)

from idapp.web.notices import (  # noqa: E402  (their routes join bp)
    cases,  # noqa: F401
    check_sheets,  # noqa: F401
    comparing,  # noqa: F401
    explanations,  # noqa: F401
    lists,  # noqa: F401
    papers,  # noqa: F401
    police,  # noqa: F401
    slips,  # noqa: F401
    visits,  # noqa: F401
)
