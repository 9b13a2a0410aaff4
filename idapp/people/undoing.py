"""Taking changesets back, from the audit alone: what one changed and what it left stands there already.

A *changeset* is everything one action wrote (``Change.changeset``). An undo is one too: source ``undo``, subject
``undo <changeset>`` or ``redo <changeset>``. Replaying a user's changesets in a table gives the two stacks of a
spreadsheet: what can be undone, newest first, and what can be redone until something new is done. It is all on the
server, so it survives a reload.

Adding somebody is a changeset too: its undo puts the record aside as "Nhập nhầm", its redo brings it back.

Compare and set: a changeset goes back only if every one of its cells still holds what it left there; otherwise nothing
does, and ``UndoConflict`` says who changed which cell when. A whole imported file goes back more gently: see
``reverting``.
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

SOURCES = (
    "typed",
    "pasted",
    "fill",
    "card",
)  # own deeds in a table; files and papers have their own way back
MISTAKEN = "Nhập nhầm"
_DAYS, _CHANGESETS = 30, 300
_STATE = Change.event == "person.state"
_NEWBORN = 1  # the version under which a new record's first values stand in the audit


@dataclass(frozen=True)
class ConflictingCell:
    """A cell that does not hold any more what the step left there, and who changed it."""

    person: Person
    field: str
    now: str
    last: Change | None = None

    @property
    def by_name(self) -> str:
        return self.last.user.full_name if self.last and self.last.user else "Hệ thống"


class UndoConflict(Exception):
    """Somebody changed cells of the step since; nothing was taken back. left: how many cells still could be."""

    def __init__(self, changeset: str, cells: list[ConflictingCell], left: int = 0) -> None:
        super().__init__(f"{len(cells)} cells changed since step {changeset}")
        self.changeset, self.cells, self.left = changeset, cells, left


class OutOfReach(Exception):
    """A record of the step is no longer this user's to edit (another class by now). left: how many still are."""

    def __init__(self, changeset: str, left: int = 0) -> None:
        super().__init__(changeset)
        self.left = left


class InUse(OutOfReach):
    """Somebody who was added went into a batch, a case or an explanation meanwhile."""


@dataclass
class Undone:
    """What was taken back (or done again). source: how the step was done at first; cells: how many; people: who left
    the table again, or came back."""

    changeset: str
    of: str
    source: str
    result: Written
    cells: int = 0
    kept: list[ConflictingCell] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class CellChange:
    """One cell of a step: what stood there before, what the step left, and what came in where it was another text."""

    person_id: int
    field: str
    old: str
    new: str
    typed: str = ""


def undo(table: ModelSelect[Person], *, by: User, rest: bool = False) -> Undone | None:
    """Take back this user's last step in a table; None if there is none. ``rest``: leave cells others changed since."""
    with writing():
        done, _ = undo_and_redo_stack(table, by)
        return _take_back(done[-1], "undo", by, rest) if done else None


def redo(table: ModelSelect[Person], *, by: User, rest: bool = False) -> Undone | None:
    """Do again what was undone last, as long as nothing new was done."""
    with writing():
        _, undone = undo_and_redo_stack(table, by)
        return _take_back(undone[-1], "redo", by, rest) if undone else None


def undo_and_redo_stack(table: ModelSelect[Person], by: User) -> tuple[list[str], list[str]]:
    """(steps that can be undone, steps that can be redone), the next one last. The table may hold those who left."""
    done, undone = list[str](), list[str]()
    for changeset, source, subject in _own_steps(table, by):
        verb, _, of = subject.partition(" ")
        if source != "undo":
            done.append(changeset)
            undone.clear()
        elif verb == "undo" and of in done:
            done.remove(of)
            undone.append(of)
        elif verb == "redo" and of in undone:
            undone.remove(of)
            done.append(of)
    return done, undone


# --- the stacks ---


def _own_steps(table: ModelSelect[Person], by: User) -> Iterator[tuple[str, str, str]]:
    """(changeset, source, subject) of this user's deeds on records of the table, oldest first."""
    ids = table.where(Person.active | (Person.state == MISTAKEN)).select(Person.id)
    since = utc_now() - timedelta(days=_DAYS)
    own = Change.select(
        Change.changeset, fn.MAX(Change.source), fn.MAX(Change.subject), fn.MAX(Change.id)
    ).where(
        Change.user == by,
        Change.event.in_(("person.changed", "person.kept")) | (_STATE & (Change.subject != "")),
        Change.source.in_((*SOURCES, "undo")),
        Change.person.in_(ids),
        Change.at >= since,
        Change.changeset != "",
    )
    newest = own.group_by(Change.changeset).order_by(fn.MAX(Change.id).desc()).limit(_CHANGESETS)
    for changeset, source, subject, _ in reversed(database.rows(newest)):
        yield changeset, source, subject


# --- one step back, or forth ---


def _take_back(changeset: str, verb: str, by: User, rest: bool) -> Undone:
    cells = cells_of(changeset)
    if newborn := created_by(changeset):
        return _toggle_created(
            records_of(newborn),
            cells,
            UndoOperation(verb, changeset, people.new_changeset(), by),
            rest,
        )
    records = records_of({was.person_id for was in cells})
    own = {id_ for id_, person in records.items() if person.active and may_edit(by, person)}
    if len(own) < len(records) and not rest:
        raise OutOfReach(changeset, len(own))
    way = UndoOperation(verb, changeset, people.new_changeset(), by)
    return (
        set_back([was for was in cells if was.person_id in own], way, rest=rest)
        if own
        else _mark_undone(cells, way)
    )


@dataclass(frozen=True)
class UndoOperation:
    """undo or redo, of which step, as which new step, by whom."""

    verb: str
    of: str
    changeset: str
    by: User

    def left(self, was: CellChange) -> str:
        """What must still stand there."""
        return was.new if self.verb == "undo" else was.old

    def target(self, was: CellChange) -> str:
        return was.old if self.verb == "undo" else was.new

    def handed(self, was: CellChange) -> str:
        """Done again, a cell is as much a repair as it was the first time."""
        return "" if self.verb == "undo" else was.typed

    @property
    def subject(self) -> str:
        return f"{self.verb} {self.of}"


def set_back(cells: list[CellChange], way: UndoOperation, *, rest: bool) -> Undone:
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
        raise UndoConflict(way.of, stale, len(still))
    if not still:
        return replace(_mark_undone(cells, way), kept=stale)
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
    result = people.change_many(
        edits, by=way.by, source="undo", changeset=way.changeset, subject=way.subject
    )
    return Undone(way.changeset, way.of, _source_of(way.of), result, len(edits), stale)


def _toggle_created(
    records: dict[int, Person], cells: list[CellChange], way: UndoOperation, rest: bool
) -> Undone:
    """Who was added is put aside again as long as nothing else happened to the record; or comes back."""
    undone = Undone(
        way.changeset, way.of, _source_of(way.of), Written(), people=list(records.values())
    )
    texts = {(was.person_id, was.field): was.new for was in cells}
    stale = [
        _stale(person, name)
        for id_, person in records.items()
        for name, now in people.values_of(person).items()
        if now != texts.get((id_, name), "")
    ]
    if rest:
        return replace(_mark_undone(cells, way), kept=stale)
    if stale:
        raise UndoConflict(way.of, stale)
    for person in undone.people:
        if not may_edit(way.by, person):
            raise OutOfReach(way.of)
        if way.verb == "undo" and used_elsewhere([person.id]):
            raise InUse(way.of)
        state = MISTAKEN if way.verb == "undo" else _state_before(person)
        active = way.verb == "redo"
        membership.set_state(
            person,
            state,
            active=active,
            by=way.by,
            source="undo",
            changeset=way.changeset,
            subject=way.subject,
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


def _touched_since(cells: list[CellChange], way: UndoOperation) -> set[CellChange]:
    """Cells changed after the step (or after its last undo or redo), even if they read the same now."""
    wanted = {(was.person_id, was.field): was for was in cells}
    later: dict[CellChange, list[tuple[str, str]]] = {}
    for person_id, name, changeset, subject in _changes_from(
        way.of, {was.person_id for was in cells}
    ):
        was = wanted.get((person_id, name))
        if was is None:
            continue
        if way.of in (changeset, subject.partition(" ")[2]):
            later.pop(was, None)
        else:
            later.setdefault(was, []).append((changeset, subject))
    return {was for was, changesets in later.items() if _is_anything_left(changesets)}


def _changes_from(changeset: str, ids: set[int]) -> Iterator[tuple[int, str, str, str]]:
    """(record, field, step, subject) of everything from the step on, in order for each record."""
    first = Change.select(fn.MIN(Change.id)).where(Change.changeset == changeset)
    query = Change.select(Change.person, Change.field, Change.changeset, Change.subject).where(
        Change.id >= first, Change.event == "person.changed"
    )
    wanted = list(ids)
    for start in range(0, len(wanted), 500):
        yield from database.rows(
            query.where(Change.person.in_(wanted[start : start + 500])).order_by(Change.id)
        )


def _is_anything_left(changesets: list[tuple[str, str]]) -> bool:
    """Later steps on a cell: does one of them stand, or did each of them, and each undo, go back by itself?"""
    net = set[tuple[str, bool]]()
    for changeset, subject in changesets:
        verb, _, of = subject.partition(" ")
        done = verb != "undo"
        net ^= (
            {(of or changeset, not done)}
            if (of or changeset, not done) in net
            else {(of or changeset, done)}
        )
    return bool(net)


def _mark_undone(cells: list[CellChange], way: UndoOperation) -> Undone:
    """Nothing is left to take back; the step counts as undone all the same, or the stack would be stuck on it."""
    person, name = Person.get_by_id(cells[0].person_id), cells[0].field
    now = getattr(person, name)
    audit.record(
        "person.kept",
        by=way.by,
        person=person,
        field=name,
        old=now,
        new=now,
        source="undo",
        subject=way.subject,
        changeset=way.changeset,
    )
    return Undone(way.changeset, way.of, _source_of(way.of), Written())


def _stale(person: Person, name: str) -> ConflictingCell:
    query = (
        Change.select(Change, User)
        .left_outer_join(User)
        .where(Change.person == person, Change.field == name)
    )
    return ConflictingCell(
        person, name, getattr(person, name), query.order_by(Change.id.desc()).first()
    )


def cells_of(changeset: str) -> list[CellChange]:
    """What a step did to each cell: from the first old text to the last new one."""
    query = Change.select(Change.person, Change.field, Change.old, Change.new, Change.typed)
    changes = query.where(Change.changeset == changeset, Change.event == "person.changed").order_by(
        Change.id
    )
    cells: dict[tuple[int, str], CellChange] = {}
    for person_id, name, old, new, typed in database.rows(changes):
        if name in record.FIELD and person_id:
            first = cells.get((person_id, name))
            cells[person_id, name] = CellChange(
                person_id, name, first.old if first else old, new, typed
            )
    return list(cells.values())


def records_of(ids: Iterable[int]) -> dict[int, Person]:
    wanted, found = list(ids), dict[int, Person]()
    for start in range(0, len(wanted), 500):
        found |= {
            person.id: person
            for person in people_with_class(Person.id.in_(wanted[start : start + 500]))
        }
    return found


def _source_of(changeset: str) -> str:
    query = (
        Change.select(Change.source)
        .where(Change.changeset == changeset)
        .order_by(Change.id)
        .limit(1)
    )
    return next((source for (source,) in database.rows(query)), "")


def created_by(changeset: str) -> set[int]:
    """Records that came into being with the step."""
    first = Change.select(Change.person).where(
        Change.changeset == changeset, Change.event == "person.changed", Change.version == _NEWBORN
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
