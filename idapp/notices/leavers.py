"""Cases and explanations of pupils who leave with the school year: closed with a word, and exactly as before on undo.

Who leaves on some other day has the case closed by itself (``cases.sync_cases``). At the end of a year it is done with
the leaving, because an undo must give back every row: it is the one way in which a closed case opens again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from idapp import audit
from idapp.models import OPEN_EXPLANATION, Explanation, PaperCase, Person, Table, User, utc_now

_OF_CASE = ("state", "state_at", "due_on", "closed_at", "closed_because")
_OF_EXPLANATION = ("state", "comment", "decided_by", "decided_at")
Kept = dict[str, dict[str, Any]]  # {"case" or "explanation": its id and its columns of before}


def set_aside(people: Iterable[Person], comment: str, *, by: User | None) -> dict[int, Kept]:
    """Close what is open for these; the caller holds the transaction.

    Returns {person id: what ``put_back`` needs}, as JSON can hold it.
    """
    by_id = {person.id: person for person in people}
    closed: dict[int, Kept] = {}
    cases = PaperCase.select().where(PaperCase.person.in_(list(by_id)), PaperCase.is_open())
    for case in cases:
        closed.setdefault(case.person_id, {})["case"] = _columns(case, _OF_CASE)
        person = by_id[case.person_id]
        audit.record("notice.closed", by=by, person=person, new="left")
        now = utc_now()
        ends = {"state": "closed", "state_at": now, "closed_at": now, "closed_because": "left"}
        PaperCase.update(ends).where(PaperCase.id == case.id).execute()
    explanations = Explanation.select().where(
        Explanation.person.in_(list(by_id)), Explanation.state.in_(OPEN_EXPLANATION)
    )
    for explanation in explanations:
        closed.setdefault(explanation.person_id, {})["explanation"] = _columns(
            explanation, _OF_EXPLANATION
        )
        person = by_id[explanation.person_id]
        old = explanation.state
        audit.record("explanation.withdrawn", by=by, person=person, old=old, new=comment)
        ends = {
            "state": "withdrawn",
            "comment": comment,
            "decided_by": by,
            "decided_at": utc_now(),
        }
        Explanation.update(ends).where(Explanation.id == explanation.id).execute()
    return closed


def put_back(person: Person, kept: Mapping[str, Mapping[str, Any]], *, by: User | None) -> None:
    """Open again what ``set_aside`` closed, with the columns of before; the caller holds the transaction."""
    if "case" in kept:
        before = kept["case"]
        audit.record("notice.state", by=by, person=person, old="closed", new=before["state"])
        _write_back(PaperCase, before, _OF_CASE)
    if "explanation" in kept:
        before = kept["explanation"]
        event = f"explanation.{before['state']}"
        audit.record(event, by=by, person=person, old="withdrawn", source="undo")
        _write_back(Explanation, before, _OF_EXPLANATION)


def _columns(row: Table, names: Iterable[str]) -> dict[str, Any]:
    columns = {name: _plain(row.__data__[name]) for name in names}
    return {"id": row.id, **columns}


def _plain(value: object) -> object:
    """As JSON can hold it."""
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return value


def _value(plain: Any) -> object:
    """
    >>> _value(_plain(date(2023, 6, 1))), _value(_plain("open"))
    (datetime.date(2023, 6, 1), 'open')
    """
    if not isinstance(plain, dict):
        return plain
    if "day" in plain:
        return date.fromisoformat(plain["day"])
    return datetime.fromisoformat(plain["moment"])


def _write_back(table: type[Table], before: Mapping[str, Any], names: Iterable[str]) -> None:
    columns = {name: _value(before[name]) for name in names}
    table.update(columns).where(table.id == before["id"]).execute()
