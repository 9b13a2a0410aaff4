"""Pupils and staff: the tables, their cells, one record with its history, newcomers. One module per deed."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from idapp.web.people import (  # noqa: E402  (their routes join bp)
    cards,  # noqa: F401
    cell_history,  # noqa: F401
    changes,  # noqa: F401
    codes,  # noqa: F401
    filling,  # noqa: F401
    newcomers,  # noqa: F401
    papers,  # noqa: F401
    pasting,  # noqa: F401
    places,  # noqa: F401
    rechecked,  # noqa: F401
    records,  # noqa: F401
    saving,  # noqa: F401
    search,  # noqa: F401
    states,  # noqa: F401
    tables,  # noqa: F401
    undoing,  # noqa: F401
)
