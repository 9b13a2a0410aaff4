"""Step 4: the board and its people, reports, remarks of the managing office, many schools on one page."""

from flask import Blueprint

bp = Blueprint("progress", __name__)

from idapp.web.progress import (  # noqa: E402  (their routes join bp)
    boards,  # noqa: F401
    remarks,  # noqa: F401
    reports,  # noqa: F401
    schools,  # noqa: F401
)
