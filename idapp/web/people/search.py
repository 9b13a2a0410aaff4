"""Searching for people from anywhere: the field in the header asks for a fragment, without JavaScript it is a page.

The program's own forms send what was typed in the body (POST), because it may be an identity number, and an address
is kept in the history of the browser and in the logs of whatever stands between. ``GET /search?q=`` answers too, for
links and bookmarks with names; of a number the page then takes it out of the address bar (``static/search.js``).
"""

from flask import render_template, request

from idapp import people
from idapp.people import searching
from idapp.web.access import current_user, signed_in, wants_fragment
from idapp.web.people import bp
from idapp.web.people.search_words import summary_of


@bp.get("/search")
@signed_in
def search() -> str:
    """By a link; without ``q`` the page with its empty field."""
    return _answer(request.args.get("q", ""))


@bp.post("/search")
@signed_in
def search_privately() -> str:
    """By a form: nothing of what was typed gets into an address. Changes nothing."""
    return _answer(request.form.get("q", ""))


def _answer(text: str) -> str:
    result = searching.search(current_user, text)
    template = "people/search.html"
    if wants_fragment():
        template = "people/_search_results.html"
    return render_template(
        template,
        text=text[: searching.LONGEST],
        result=result,
        summary=summary_of(result),
        marked_pieces=searching.marked_pieces,
        status_words=people.STATUS_WORDS,
    )
