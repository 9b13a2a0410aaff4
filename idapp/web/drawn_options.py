"""The options of a long choice, a large school's classes, drawn once for each content (``web/kept_drawings``)."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from idapp.web.kept_drawings import drawn, kept

# Of 30 KB each in a school of 400 classes: few people choose at the same time, and mostly the same.
_KEPT = 32


def options_of(choices: Iterable[tuple[object, str]], chosen: object) -> Markup:
    """An ``<option>`` for each (value, words); the one whose value is ``chosen`` is selected."""
    return _drawn(tuple((str(value), words) for value, words in choices), str(chosen))


@kept(_KEPT)
def _drawn(choices: tuple[tuple[str, str], ...], chosen: str) -> Markup:
    return drawn("_options.html", choices=choices, chosen=chosen)
