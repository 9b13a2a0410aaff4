"""For whom a form was drawn: a form that one user opened is never carried out in the name of the next.

Two people share a machine: one opens a page, the other signs in in a second window, the first presses the button. Every
form of every template that posts gets a hidden field when the template is compiled, so that none can be forgotten; the
guard of all pages compares it (``access``). The class table says the same with a header.
"""

import re

from flask import Flask, g, request
from flask_login import current_user
from jinja2.ext import Extension

FIELD = "drawn_for"
_HIDDEN = f'<input type="hidden" name="{FIELD}" value="{{{{ {FIELD}() }}}}">'
# the tag to its end; a ">" within Jinja's braces is no end
_FORM = re.compile(r"<form\b(?:\{%.*?%\}|\{\{.*?\}\}|[^>{]|\{(?![{%]))*>", re.DOTALL)


class FormsSayForWhom(Extension):
    """Puts the field into the forms of a template, on the line of the tag: line numbers stay true."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source that Jinja compiles."""
        return _FORM.sub(_with_field, source)


def register(app: Flask) -> None:
    """Before the first template is compiled."""
    app.jinja_env.add_extension(FormsSayForWhom)
    app.jinja_env.globals[FIELD] = whose


def _with_field(form: re.Match[str]) -> str:
    if 'method="post"' not in form.group():
        return form.group()
    return form.group() + _HIDDEN


def whose() -> str:
    """The id of whoever is signed in; "" on a page for everybody."""
    if "drawn_for" not in g:  # a list has two forms in each of its lines
        g.drawn_for = str(current_user.id) if current_user.is_authenticated else ""
    return str(g.drawn_for)


def is_drawn_for_another() -> bool:
    """Does the form that was sent name somebody else? One without the field, a script's, names nobody."""
    named = request.form.get(FIELD, "")
    return named != "" and named != whose()
