"""The set-up in the browser: entry (the code), pages (three short ones), office, gate (every address leads here)."""

from flask import Blueprint

bp = Blueprint("setup", __name__)

from idapp.web.setup import entry, office, pages, restoring  # noqa: E402, F401  (routes)
