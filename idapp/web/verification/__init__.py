"""Batches: new_batch (pre-flight, preparing), show_batch (pieces that ask again), result_files, results."""

from flask import Blueprint

bp = Blueprint("verification", __name__)

from idapp.web.verification import new_batch, result_files, results, show_batch  # noqa: E402, F401  (their routes join bp)
