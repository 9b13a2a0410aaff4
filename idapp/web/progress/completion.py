"""How many are done, for the line above a page that has counted everybody already: they are counted once for a page."""

from __future__ import annotations

from flask import g

from idapp import progress
from idapp.progress.board import Board
from idapp.web.access import the_user


def board_of_user() -> Board:
    """The board of whoever is signed in, counted now; the line above the page says the same."""
    view = progress.board(the_user())
    keep(view.whole.done, view.whole.to_do)
    return view


def keep(done: int, to_do: int) -> None:
    """For this page: so many of all whom the user may see are done, so many are to be."""
    g.completion = (done, to_do)


def kept() -> tuple[int, int] | None:
    """(done, to do) where the page has counted them; else None."""
    counts: tuple[int, int] | None = g.get("completion")
    return counts
