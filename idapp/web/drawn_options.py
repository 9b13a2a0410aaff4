"""The options of a long choice, a large school's classes, drawn once for each content (``web/kept_drawings``)."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

from idapp.web.kept_drawings import drawn, kept

# Of 30 KB each in a school of 400 classes: nearly everybody is offered the same.
_KEPT = 32


def options_of(choices: Iterable[tuple[object, str]], chosen: object) -> Markup:
    """An ``<option>`` for each (value, words); the one whose value is ``chosen`` is selected."""
    options = str(_drawn(tuple((str(value), words) for value, words in choices)))
    # marked afterwards, so that one drawing serves whatever is chosen; no words have such a tag in them
    tag = f'<option value="{escape(str(chosen))}"'
    marked = options.replace(f"{tag}>", f"{tag} selected>")
    return Markup(marked)  # noqa: S704 (its values are escaped)


@kept(_KEPT)
def _drawn(choices: tuple[tuple[str, str], ...]) -> Markup:
    return drawn("_options.html", choices=choices)
