"""What can be taken back as a whole, to the letter or not at all: a school year, a change of places, a merge.

The model says what the texts must be. What follows from the texts, and the cases and explanations of whom the deed
touched, are compared with the rows of before: they stand beside the model.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.season.model import PLACE, Effect, Model, Step

if TYPE_CHECKING:
    from tests.season.campus import Campus

STUDYING, MERGED = "Đang học", "Đã gộp"
RESIDENCE = ("province", "district", "commune")
_COMPUTED = "born, sex, epoch, province_code, district_code, commune_code, foreign_national, sort_key, search_key"
_OPEN_BATCH = "SELECT id FROM batch WHERE state IN ('queued', 'running', 'paused', 'waiting_for_answers', 'prepared')"
_UNDER_WAY = "SELECT id FROM {table} WHERE state IN ('running', 'undoing')"
Rows = Mapping[int, Any]  # by the id of a person


@dataclass(frozen=True)
class Beside:
    """The rows beside the texts, by person; ``newest``: the last row of the history at this moment."""

    computed: Rows
    repairs: Rows
    cases: Rows
    explanations: Rows
    newest: int


@dataclass(frozen=True)
class Standing:
    """A deed that has come about and that nobody has taken back; what it left, and what stood before it.

    cells  {cell: (before, after)}, also of a record that came with it and was put away by it
    """

    step: Step
    cells: Mapping[tuple[int, str], tuple[str, str]]
    before: Beside
    after: Beside
    was_cut_off: bool


def standing_of(
    step: Step, before: Beside, after: Beside, model: Model, *, was_cut_off: bool
) -> Standing:
    """A deed that has just come about."""
    cells = dict(step.cells)
    for id_ in step.added:
        if model.people[id_]["state"] == MERGED:
            cells |= {(id_, "state"): (STUDYING, MERGED), (id_, "active"): ("1", "0")}
    return Standing(step, cells, before, after, was_cut_off)


def beside(campus: Campus) -> Beside:
    """As it is now."""
    [(newest,)] = campus.sql("SELECT COALESCE(MAX(id), 0) FROM change")
    return Beside(
        _by_person(campus, f"SELECT id, {_COMPUTED} FROM person"),
        _by_person(campus, "SELECT id, repaired FROM person"),
        _by_person(
            campus, "SELECT person_id, id, state, closed_because FROM paper_case ORDER BY id"
        ),
        _by_person(campus, "SELECT person_id, id, state, comment FROM explanation ORDER BY id"),
        newest,
    )


def _by_person(campus: Campus, query: str) -> Rows:
    rows: dict[int, list[Any]] = {}
    for id_, *columns in campus.sql(query):
        rows.setdefault(id_, []).append(tuple(columns))
    return rows


def not_as_before(
    standing: Standing, last: Beside, now: Beside, model: Model, *, was_cut_off: bool
) -> list[str]:
    """What the undo did not bring back, of whom nobody has touched between. ``last``: just before the undo.

    ``was_cut_off``: deed or undo; cases and explanations followed other things too, when the program started again
    """
    touched = _touched_since(standing.step, model)
    found = []
    for name in ("computed", "repairs"):
        before, after = getattr(standing.before, name), getattr(now, name)
        for id_ in before.keys() - touched:
            written = {of for at, of in standing.cells if at == id_}
            one, other = _without(before[id_], written), _without(after.get(id_), written)
            if one != other:
                found.append(f"{name} of {id_}: {other}, before {one}")
    if was_cut_off:
        return found
    for name in ("cases", "explanations"):
        before, left = getattr(standing.before, name), getattr(standing.after, name)
        at_last, after = getattr(last, name), getattr(now, name)
        for id_ in {at for at, _ in standing.cells} - touched:
            is_left_alone = left.get(id_) == at_last.get(id_)
            if is_left_alone and before.get(id_) != after.get(id_):
                found.append(f"{name} of {id_}: {after.get(id_)}, before {before.get(id_)}")
    return found


def _without(rows: Any, names: Collection[str]) -> Any:
    """The marks of repair on other cells than these: what is taken back to the letter was repaired by nobody."""
    if not rows or not str(rows[0][0]).startswith("{"):
        return rows
    marks = json.loads(rows[0][0])
    return {name: mark for name, mark in marks.items() if name not in names}


def _touched_since(step: Step, model: Model) -> set[int]:
    """Whose record was written between the deed and its undo, which is the last step."""
    touched = set()
    for one in model.since(step)[:-1]:
        touched |= {id_ for id_, _ in one.cells} | set(one.added)
    return touched


# --- may it be refused? ---


def why_not_year(standing: Standing | None, campus: Campus, model: Model) -> str:
    """What speaks against taking the year back, "" for nothing: then it must not be refused."""
    if standing is None:
        return "no year to take back"
    ids = {id_ for id_, _ in standing.cells}
    for step in model.since(standing.step):
        if step.added or step.touches(ids, PLACE):
            return "somebody came or moved"
    classes = "(event LIKE 'class.%' OR event = 'campaign.opened')"
    if campus.sql(f"SELECT 1 FROM change WHERE id > ? AND {classes}", standing.after.newest):
        return "a class or a campaign came"
    waiting = "SELECT 1 FROM import WHERE state IN ('checked', 'reading', 'writing')"
    return "a file waits" if campus.sql(waiting) else _under_way(campus)


def why_not_places(standing: Standing | None, campus: Campus, model: Model) -> str:
    """The same for the change of places."""
    if standing is None:
        return "no change of places to take back"
    everybody = model.people.keys()
    for step in model.since(standing.step):
        if step.added or step.touches(everybody, RESIDENCE):
            return "a residence was written"
    return _under_way(campus)


def why_not_merge(
    standing: Standing | None, pair: Collection[int], campus: Campus, model: Model
) -> str:
    """The same for a merge of these two."""
    if standing is None:
        return "no merge to take back"
    one, other = pair
    told = "SELECT 1 FROM change WHERE id > ? AND person_id IN (?, ?)"
    if campus.sql(told, standing.after.newest, one, other):
        return "somebody has worked on one of them"
    if any(step.touches(pair, ("class", "state")) for step in model.since(standing.step)):
        return "one of them moved"
    return _under_way(campus)


def _under_way(campus: Campus) -> str:
    for query in (
        _OPEN_BATCH,
        _UNDER_WAY.format(table="year_change"),
        _UNDER_WAY.format(table="epoch_change"),
    ):
        if campus.sql(query):
            return "something is under way"
    return ""


def effects(standing: Standing | None, model: Model) -> list[Effect]:
    """What taking it back does; nothing is allowed where a cell of it is another by now."""
    back = model.taken_back(standing.cells) if standing is not None else None
    return [back] if back is not None else []
