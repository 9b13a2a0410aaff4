"""Pieces of pages, drawn once for each content: the rows of a table, the lines of the board and of the lists.

Drawing a piece takes longer than reading what it shows. What it looks like follows from the arguments of the function
that draws it, and from nothing else; so what was drawn for the same arguments is what would be drawn now. Nothing can
be stale, nothing of one reader can come before another, and nothing has to be thrown away when something changes.
Whoever draws a piece from another source (the user, the day, a setting) makes that an argument. Its template names no
address and no fact of the request (``tests/web/test_kept_drawings.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import _lru_cache_wrapper, lru_cache
from typing import Any, TypeVar

from flask import current_app
from markupsafe import Markup

Drawn = TypeVar("Drawn")


def kept(most: int) -> Callable[[Callable[..., Drawn]], _lru_cache_wrapper[Drawn]]:
    """For a function that draws a piece from its arguments alone: the latest ``most`` pieces stay."""
    return lru_cache(maxsize=most)


def drawn(template: str, **values: Any) -> Markup:
    """The template with these values, without the facts that every page gets."""
    piece = current_app.jinja_env.get_template(template)
    return Markup(piece.render(values))  # noqa: S704 (its values are escaped)
