"""Taking steps back, from the audit alone: what a step changed and what it left stands there already.

A *step* is everything one deed wrote (``Change.step``). An undo is a step too: door ``undo``, subject ``undo <step>``
or ``redo <step>``. Replaying a user's steps in a table gives the two piles of a spreadsheet: what can be undone, newest
first, and what can be redone until something new is done. It is all on the server, so it survives a reload.

Adding somebody is a step too: its undo puts the record aside as "Nhập nhầm", its redo brings it back.

Compare and set: a step goes back only if every one of its cells still holds what the step left there; otherwise nothing
does, and ``Stale`` says who changed which cell when. A whole imported file goes back more gently: see ``reverting``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from peewee import ModelSelect, chunked, fn

from idapp import audit, database, people
from idapp.database import writing
from idapp.models import BatchItem, Change, Explanation, Person, User, utc_now
from idapp.people import Edit, Written, membership
from idapp.people.states import people_with_class
from idapp.permissions import may_edit
from idapp.rules import record

DOORS = (
    "typed",
    "pasted",
    "fill",
    "card",
)  # own deeds in a table; files and papers have their own way back
MISTAKEN = "Nhập nhầm"
_DAYS, _STEPS = 30, 300
_STATE = Change.event == "person.state"
_NEWBORN = 1  # the version under which a new record's first values stand in the audit


@dataclass(frozen=True)
class Contested:
    """A cell that does not hold any more what the step left there, and who changed it."""

    person: Person
    field: str
    now: str
    last: Change | None = None

    @property
    def by_name(self) -> str:
        return self.last.user.full_name if self.last and self.last.user else "Hệ thống"


class Stale(Exception):
    """Somebody changed cells of the step since; nothing was taken back. left: how many cells still could be."""

    def __init__(self, step: str, cells: list[Contested], left: int = 0) -> None:
        super().__init__(f"{len(cells)} cells changed since step {step}")
        self.step, self.cells, self.left = step, cells, left


class OutOfReach(Exception):
    """A record of the step is no longer this user's to edit (another class by now). left: how many still are."""

    def __init__(self, step: str, left: int = 0) -> None:
        super().__init__(step)
        self.left = left


class InUse(OutOfReach):
    """Somebody who was added went into a batch, a case or an explanation meanwhile."""


@dataclass
class Undone:
    """What was taken back (or done again). door: how the step was done at first; cells: how many; people: who left
    the table again, or came back."""

    step: str
    of: str
    door: str
    result: Written
    cells: int = 0
    kept: list[Contested] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class _Was:
    """One cell of a step: what stood there before, what the step left, and what came in where it was another text."""

    person_id: int
    field: str
    old: str
    new: str
    typed: str = ""


def undo(table: ModelSelect[Person], *, by: User, rest: bool = False) -> Undone | None:
    """Take back this user's last step in a table; None if there is none. ``rest``: leave cells others changed since."""
    with writing():
        done, _ = piles(table, by)
        return _take_back(done[-1], "undo", by, rest) if done else None


def redo(table: ModelSelect[Person], *, by: User, rest: bool = False) -> Undone | None:
    """Do again what was undone last, as long as nothing new was done."""
    with writing():
        _, undone = piles(table, by)
        return _take_back(undone[-1], "redo", by, rest) if undone else None


def piles(table: ModelSelect[Person], by: User) -> tuple[list[str], list[str]]:
    """(steps that can be undone, steps that can be redone), the next one last. The table may hold those who left."""
    done, undone = list[str](), list[str]()
    for step, door, subject in _own_steps(table, by):
        verb, _, of = subject.partition(" ")
        if door != "undo":
            done.append(step)
            undone.clear()
        elif verb == "undo" and of in done:
            done.remove(of)
            undone.append(of)
        elif verb == "redo" and of in undone:
            undone.remove(of)
            done.append(of)
    return done, undone


# --- the piles ---


def _own_steps(table: ModelSelect[Person], by: User) -> Iterator[tuple[str, str, str]]:
    """(step, door, subject) of this user's deeds on records of the table, oldest first."""
    ids = table.where(Person.active | (Person.state == MISTAKEN)).select(Person.id)
    since = utc_now() - timedelta(days=_DAYS)
    own = Change.select(
        Change.step, fn.MAX(Change.door), fn.MAX(Change.subject), fn.MAX(Change.id)
    ).where(
        Change.user == by,
        Change.event.in_(("person.changed", "person.kept")) | (_STATE & (Change.subject != "")),
        Change.door.in_((*DOORS, "undo")),
        Change.person.in_(ids),
        Change.at >= since,
        Change.step != "",
    )
    newest = own.group_by(Change.step).order_by(fn.MAX(Change.id).desc()).limit(_STEPS)
    for step, door, subject, _ in reversed(database.rows(newest)):
        yield step, door, subject


# --- one step back, or forth ---


def _take_back(step: str, verb: str, by: User, rest: bool) -> Undone:
    cells = cells_of(step)
    if newborn := newborn_of(step):
        return _come_or_go(records_of(newborn), cells, Way(verb, step, people.new_step(), by), rest)
    records = records_of({was.person_id for was in cells})
    own = {id_ for id_, person in records.items() if person.active and may_edit(by, person)}
    if len(own) < len(records) and not rest:
        raise OutOfReach(step, len(own))
    way = Way(verb, step, people.new_step(), by)
    return (
        set_back([was for was in cells if was.person_id in own], way, rest=rest)
        if own
        else _keep(cells, way)
    )


@dataclass(frozen=True)
class Way:
    """undo or redo, of which step, as which new step, by whom."""

    verb: str
    of: str
    step: str
    by: User

    def left(self, was: _Was) -> str:
        """What must still stand there."""
        return was.new if self.verb == "undo" else was.old

    def target(self, was: _Was) -> str:
        return was.old if self.verb == "undo" else was.new

    def handed(self, was: _Was) -> str:
        """Done again, a cell is as much a repair as it was the first time."""
        return "" if self.verb == "undo" else was.typed

    @property
    def subject(self) -> str:
        return f"{self.verb} {self.of}"


def set_back(cells: list[_Was], way: Way, *, rest: bool) -> Undone:
    records = records_of({was.person_id for was in cells})
    touched = _touched_since(cells, way)
    holds = [
        w not in touched and getattr(records[w.person_id], w.field) == way.left(w) for w in cells
    ]
    still = [was for was, held in zip(cells, holds, strict=True) if held]
    stale = [
        _stale(records[w.person_id], w.field)
        for w, held in zip(cells, holds, strict=True)
        if not held
    ]
    if stale and not rest:
        raise Stale(way.of, stale, len(still))
    if not still:
        return replace(_keep(cells, way), kept=stale)
    edits = [
        Edit(
            records[w.person_id],
            w.field,
            way.target(w),
            way.left(w),
            exact=True,
            handed=way.handed(w),
        )
        for w in still
    ]
    result = people.change_many(edits, by=way.by, door="undo", step=way.step, subject=way.subject)
    return Undone(way.step, way.of, _door_of(way.of), result, len(edits), stale)


def _come_or_go(records: dict[int, Person], cells: list[_Was], way: Way, rest: bool) -> Undone:
    """Who was added is put aside again as long as nothing else happened to the record; or comes back."""
    undone = Undone(way.step, way.of, _door_of(way.of), Written(), people=list(records.values()))
    texts = {(was.person_id, was.field): was.new for was in cells}
    stale = [
        _stale(person, name)
        for id_, person in records.items()
        for name, now in people.values_of(person).items()
        if now != texts.get((id_, name), "")
    ]
    if rest:
        return replace(_keep(cells, way), kept=stale)
    if stale:
        raise Stale(way.of, stale)
    for person in undone.people:
        if not may_edit(way.by, person):
            raise OutOfReach(way.of)
        if way.verb == "undo" and used_elsewhere([person.id]):
            raise InUse(way.of)
        state = MISTAKEN if way.verb == "undo" else _state_before(person)
        active = way.verb == "redo"
        membership.set_state(
            person, state, active=active, by=way.by, door="undo", step=way.step, subject=way.subject
        )
    return undone


def _state_before(person: Person) -> str:
    query = (
        Change.select(Change.old)
        .where(_STATE, Change.person == person)
        .order_by(Change.id.desc())
        .limit(1)
    )
    return next(old for (old,) in database.rows(query))


def _touched_since(cells: list[_Was], way: Way) -> set[_Was]:
    """Cells changed after the step (or after its last undo or redo), even if they read the same now."""
    wanted = {(was.person_id, was.field): was for was in cells}
    later: dict[_Was, list[tuple[str, str]]] = {}
    for person_id, name, step, subject in _changes_from(way.of, {was.person_id for was in cells}):
        was = wanted.get((person_id, name))
        if was is None:
            continue
        if way.of in (step, subject.partition(" ")[2]):
            later.pop(was, None)
        else:
            later.setdefault(was, []).append((step, subject))
    return {was for was, steps in later.items() if _is_anything_left(steps)}


def _changes_from(step: str, ids: set[int]) -> Iterator[tuple[int, str, str, str]]:
    """(record, field, step, subject) of everything from the step on, in order for each record."""
    first = Change.select(fn.MIN(Change.id)).where(Change.step == step)
    query = Change.select(Change.person, Change.field, Change.step, Change.subject).where(
        Change.id >= first, Change.event == "person.changed"
    )
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        yield from database.rows(
            query.where(Change.person.in_(wanted[start : start + 500])).order_by(Change.id)
        )


def _is_anything_left(steps: list[tuple[str, str]]) -> bool:
    """Later steps on a cell: does one of them stand, or did each of them, and each undo, go back by itself?"""
    net = set[tuple[str, bool]]()
    for step, subject in steps:
        verb, _, of = subject.partition(" ")
        done = verb != "undo"
        net ^= {(of or step, not done)} if (of or step, not done) in net else {(of or step, done)}
    return bool(net)


def _keep(cells: list[_Was], way: Way) -> Undone:
    """Nothing is left to take back; the step counts as undone all the same, or the pile would be stuck on it."""
    person, name = Person.get_by_id(cells[0].person_id), cells[0].field
    now = getattr(person, name)
    audit.record(
        "person.kept",
        by=way.by,
        person=person,
        field=name,
        old=now,
        new=now,
        door="undo",
        subject=way.subject,
        step=way.step,
    )
    return Undone(way.step, way.of, _door_of(way.of), Written())


def _stale(person: Person, name: str) -> Contested:
    query = (
        Change.select(Change, User)
        .left_outer_join(User)
        .where(Change.person == person, Change.field == name)
    )
    return Contested(person, name, getattr(person, name), query.order_by(Change.id.desc()).first())


def cells_of(step: str) -> list[_Was]:
    """What a step did to each cell: from the first old text to the last new one."""
    query = Change.select(Change.person, Change.field, Change.old, Change.new, Change.typed)
    changes = query.where(Change.step == step, Change.event == "person.changed").order_by(Change.id)
    cells: dict[tuple[int, str], _Was] = {}
    for person_id, name, old, new, typed in database.rows(changes):
        if name in record.FIELD and person_id:
            first = cells.get((person_id, name))
            cells[person_id, name] = _Was(person_id, name, first.old if first else old, new, typed)
    return list(cells.values())


def records_of(ids: Iterable[int]) -> dict[int, Person]:
    wanted, found = list(ids), dict[int, Person]()
    for start in range(0, len(wanted), 500):
        found |= {
            person.id: person
            for person in people_with_class(Person.id.in_(wanted[start : start + 500]))
        }
    return found


def _door_of(step: str) -> str:
    query = Change.select(Change.door).where(Change.step == step).order_by(Change.id).limit(1)
    return next((door for (door,) in database.rows(query)), "")


def newborn_of(step: str) -> set[int]:
    """Records that came into being with the step."""
    first = Change.select(Change.person).where(
        Change.step == step, Change.event == "person.changed", Change.version == _NEWBORN
    )
    return {id_ for (id_,) in database.rows(first.distinct())}


def used_elsewhere(ids: Iterable[int]) -> set[int]:
    """Who went into a batch or an explanation, or with whose paper somebody did something. What the system did by
    itself, as opening a notice for want of a number, is nobody's work: it follows the record."""
    papers = Change.select(Change.person).where(
        Change.event.startswith("notice."), Change.user.is_null(False)
    )
    found = _those_in(ids, papers, Change.person)
    for table in (BatchItem, Explanation):
        found |= _those_in(ids, table.select(table.person), table.person)
    return found


def _those_in(ids: Iterable[int], query: ModelSelect[Any], person: Any) -> set[int]:
    parts = (database.rows(query.where(person.in_(part)).distinct()) for part in chunked(ids, 500))
    return {id_ for part in parts for (id_,) in part}
