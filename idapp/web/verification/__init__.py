"""Batches: before (pre-flight, preparing), during (pieces that ask again), carrying files, after. A module per deed."""

from flask import Blueprint

bp = Blueprint("verification", __name__)

from idapp.web.verification import after, before, carrying, during  # noqa: E402, F401  (their routes join bp)
