"""What a request about many cells says: rows, columns, a selection, what the user saw. All of it comes as JSON.

A value that is no JSON, or of another shape, is a request that our pages never send: 400.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import abort, request

from idapp.models import Person
from idapp.people.bulk_edits import Seen

if TYPE_CHECKING:
    from idapp.web.people.listings import Listing

_LONGEST_ID = 18  # digits: what every database takes as a whole number


def rows_asked(listing: Listing, name: str = "rows") -> list[Person]:
    """The records whose ids stand in a form value, in that order; without one, all of the listing."""
    ids = _json(name)
    if ids is None:
        return listing.people
    return _rows(listing, ids)


def fields_asked(listing: Listing, name: str) -> list[str]:
    """The columns named in a form value; [] without one."""
    return _fields(listing, _json(name) or [])


def selection_asked(listing: Listing) -> tuple[list[Person], list[str]]:
    """The selected rows and columns, both [] if nothing but one cell was selected."""
    selected = _json("selection") or {}
    if not isinstance(selected, dict):
        abort(400)
    return _rows(listing, selected.get("rows", [])), _fields(listing, selected.get("fields", []))


def seen_asked() -> Seen:
    """{person: {field: text}} of what the user saw; {} if nothing was sent."""
    seen = _json("seen") or {}
    try:
        return {int(id_): _texts(texts) for id_, texts in seen.items()}
    except (AttributeError, ValueError):  # a list where an object should be; an id that is none
        abort(400)


def texts_seen() -> dict[str, str]:
    """{field: text} of what the user saw of one record; {} if nothing was sent."""
    seen = _json("seen") or {}
    try:
        return _texts(seen)
    except AttributeError:
        abort(400)


def whole(value: object) -> int:
    """An id, as a number or as its digits; 0 for anything else (nobody has it).

    >>> whole("17"), whole(17), whole("1_7"), whole(-1)
    (17, 17, 0, 0)
    """
    if isinstance(value, str) and len(value) <= _LONGEST_ID and value.isdecimal():
        return int(value)
    if isinstance(value, int) and 0 < value < 10**_LONGEST_ID:
        return value
    return 0


def _texts(texts: Any) -> dict[str, str]:
    return {str(name): str(text) for name, text in texts.items()}


def _rows(listing: Listing, ids: object) -> list[Person]:
    """Each once, in the order of the ids; others than those of the listing are left out."""
    if not isinstance(ids, list):
        abort(400)
    records = {person.id: person for person in listing.people}
    wanted = dict.fromkeys(map(whole, ids))  # a selection may name a row twice
    return [records[id_] for id_ in wanted if id_ in records]


def _fields(listing: Listing, names: Sequence[object] | object) -> list[str]:
    if not isinstance(names, list):
        abort(400)
    shown = {field.name for field in listing.columns}
    return [name for name in names if isinstance(name, str) and name in shown]


def _json(name: str) -> Any:
    """None if nothing was sent."""
    text = request.form.get(name, "")
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a long row of brackets is deeper than Python reads
        abort(400)
