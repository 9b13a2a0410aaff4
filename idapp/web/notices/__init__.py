"""Step 3: the list of cases, one case, photos of papers, slips, explanations, visits of the police."""

from flask import Blueprint

bp = Blueprint("notices", __name__)

from idapp.web.notices import cases, comparing, explanations, lists, papers, slips, visits  # noqa: E402, F401  (routes)
