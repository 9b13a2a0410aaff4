"""Step 4: the board and its people, reports, remarks of the managing office, many schools on one page."""

from flask import Blueprint

bp = Blueprint("progress", __name__)

from idapp.web.progress import boards, remarks, reports, schools  # noqa: E402, F401  (their routes join bp)
