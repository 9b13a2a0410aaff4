"""Addresses in templates, worked out once each.

A page of 45 lines has some hundred links, and Flask works out each of them anew: a fifth of drawing the list of cases.
An address follows from the endpoint, its values, below which path the site is, and by which method the page is asked
for (a rule of the same method is taken first); what was worked out for the same four stands.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request, url_for

_KEPT = 4096
_PLAIN = (str, int, bool, type(None))


def register(app: Flask) -> None:
    """Templates ask here, everybody else asks Flask."""

    @lru_cache(maxsize=_KEPT)
    def worked_out(
        root: str,
        method: str,
        endpoint: str,
        named: tuple[tuple[str, type, Any], ...],
    ) -> str:
        """The types too: 1 and True are equal, their texts are not."""
        return url_for(endpoint, **{name: value for name, _, value in named})

    def address_of(endpoint: str, **values: Any) -> str:
        """As Flask's ``url_for``, to which everything is left that asks the request for more."""
        if not (has_request_context() and _is_plain(endpoint, values)):
            return url_for(endpoint, **values)
        # what a request hands on by itself (``notices.keep_way_back``) is one of the values
        app.inject_url_defaults(endpoint, values)
        named = tuple((name, type(value), value) for name, value in values.items())
        return worked_out(request.script_root, request.method, endpoint, named)

    app.jinja_env.globals["url_for"] = address_of


def _is_plain(endpoint: str, values: dict[str, object]) -> bool:
    """Neither within the blueprint of the request, nor with a host, an anchor or a method."""
    if endpoint.startswith("."):
        return False
    return all(type(value) in _PLAIN and not name.startswith("_") for name, value in values.items())
