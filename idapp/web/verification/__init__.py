"""Batches: new_batch (pre-flight, preparing), show_batch (pieces that ask again), result_files, results."""

from flask import Blueprint

bp = Blueprint("verification", __name__)

from idapp.web.verification import (  # noqa: E402  (their routes join bp)
    new_batch,  # noqa: F401
    result_files,  # noqa: F401
    results,  # noqa: F401
    show_batch,  # noqa: F401
)
