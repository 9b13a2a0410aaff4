"""Pupils and staff: the tables, their cells, one record with its history, newcomers. One module per deed."""

from flask import Blueprint

bp = Blueprint("people", __name__)

from idapp.web.people import newcomers, places, records, saving, tables  # noqa: E402, F401  (their routes join bp)
