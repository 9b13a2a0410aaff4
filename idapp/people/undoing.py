"""Taking changesets back, from the audit alone: what one changed and what it left stands there already.

A *changeset* is everything one action wrote (``Change.changeset``). An undo is one too: source ``undo``, with the
changeset that it takes back in ``undoes`` and what it does in ``verb``, undo or redo. Replaying a user's changesets in
a table gives the two stacks of a spreadsheet: what can be undone, newest first, and what can be redone until something
new is done. It is all on the server, so it survives a reload.

Adding somebody is a changeset too: its undo puts the record aside as "Nhập nhầm", its redo brings it back. So is a
change of class or of state, of one or of many: ``placements``.

Compare and set: a changeset goes back only if every one of its cells still holds what it left there; otherwise nothing
does, and ``UndoConflict`` says who changed which cell when. A whole imported file goes back more gently: see
``reverting``. What the history says of a changeset is read in ``changesets``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from peewee import ModelSelect

from idapp import audit
from idapp.database import writing
from idapp.models import Change, Person, User
from idapp.people import transfers
from idapp.people.changesets import (
    CellChange,
    CellWrite,
    cells_of,
    created_by,
    last_change,
    records_of,
    source_of,
    state_before,
    undo_steps,
    used_elsewhere,
    writes_since,
)
from idapp.people.changing import Edit, Written, change_many, new_changeset
from idapp.people.membership import MISTAKEN, set_state
from idapp.people.placements import (
    FIELD_OF,
    Direction,
    Placement,
    is_restorable,
    last_placement,
    placements_of,
    present_of,
    put_back,
)
from idapp.people.states import values_of
from idapp.permissions import editable_of


@dataclass(frozen=True)
class ConflictingCell:
    """A cell that does not hold any more what the changeset left there, and who changed it."""

    person: Person
    field: str
    now: str
    last: Change | None = None

    @property
    def by_name(self) -> str:
        """Who changed it last."""
        return self.last.user.full_name if self.last and self.last.user else "Hệ thống"


class UndoConflict(Exception):
    """Somebody changed cells of the changeset since; nothing was taken back.

    left: how many cells still could be.
    """

    def __init__(self, changeset: str, cells: list[ConflictingCell], left: int = 0) -> None:
        super().__init__(f"{len(cells)} cells changed since changeset {changeset}")
        self.changeset = changeset
        self.cells = cells
        self.left = left


class OutOfReach(Exception):
    """A record of the changeset is no longer this user's to edit (another class by now). left: how many still are."""

    def __init__(self, changeset: str, left: int = 0) -> None:
        super().__init__(changeset)
        self.left = left


class InUse(OutOfReach):
    """Somebody who was added went into a batch, a case or an explanation meanwhile."""


@dataclass
class Undone:
    """What was taken back, or done again.

    changeset  of the undo or redo itself; ``of``: the changeset it is about
    source     how that one was done at first
    cells      how many went back
    kept       cells that somebody else changed since and that stay
    people     who left the table again, or came back, after being added
    placed     whose class or state went back
    """

    changeset: str
    of: str
    source: str
    result: Written
    cells: int = 0
    kept: list[ConflictingCell] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    placed: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class UndoOperation:
    """undo or redo, of which changeset, as which new changeset, by whom."""

    verb: str
    undoes: str
    changeset: str
    by: User

    @property
    def is_undo(self) -> bool:
        """False: a redo."""
        return self.verb == "undo"

    def left(self, cell: CellChange) -> str:
        """What must still stand there."""
        return cell.new if self.is_undo else cell.old

    def target(self, cell: CellChange) -> str:
        """What will stand there."""
        return cell.old if self.is_undo else cell.new

    def handed(self, cell: CellChange) -> str:
        """Done again, a cell is as much a repair as it was the first time."""
        return "" if self.is_undo else cell.typed


def undo(table: ModelSelect[Person], *, by: User, rest: bool = False) -> Undone | None:
    """Take back this user's last changeset in a table; None if there is none.

    1. Replay the user's changesets there; the last that stands is the one.
    2. Check that its records are still the user's to edit and its cells still hold what it left.
    3. Write the old texts as a changeset of its own, or put aside whom it added.

    ``rest``: leave cells others changed since, and take back the others. Without it raises ``UndoConflict`` if there
    are such cells, ``OutOfReach`` if a record went to others, ``InUse`` if somebody added was used meanwhile.
    """
    with writing():
        done, _ = undo_and_redo_stack(table, by)
        return _take_back(done[-1], "undo", by, rest) if done else None


def redo(table: ModelSelect[Person], *, by: User, rest: bool = False) -> Undone | None:
    """Do again what was undone last, as long as nothing new was done; arguments, result and errors as of ``undo``."""
    with writing():
        _, undone = undo_and_redo_stack(table, by)
        return _take_back(undone[-1], "redo", by, rest) if undone else None


def undo_and_redo_stack(table: ModelSelect[Person], by: User) -> tuple[list[str], list[str]]:
    """(changesets that can be undone, changesets that can be redone), the next one last.

    The table may hold those who left.
    """
    done: list[str] = []
    undone: list[str] = []
    for changeset, source, undoes, verb in undo_steps(table, by):
        if source != "undo":
            done.append(changeset)
            undone.clear()  # something new was done: nothing before it can be done again
        elif verb == "undo" and undoes in done:
            done.remove(undoes)
            undone.append(undoes)
        elif verb == "redo" and undoes in undone:
            undone.remove(undoes)
            done.append(undoes)
    return done, undone


def set_back(cells: Sequence[CellChange], operation: UndoOperation, *, rest: bool) -> Undone:
    """Write the texts that the cells of a changeset are to have again.

    1. Set aside the cells that were changed since, even if they read the same now.
    2. Stop if there are any, unless ``rest``; if nothing else is left, only mark the changeset as undone.
    3. Write the rest to the letter, each against what must still stand there.

    Raises ``UndoConflict`` for the cells set aside, without ``rest``.
    """
    records = records_of({cell.person_id for cell in cells})
    restorable, stale = _divided(cells, records, operation)
    if stale and not rest:
        raise UndoConflict(operation.undoes, stale, len(restorable))
    if not restorable:
        return replace(_mark_undone(cells, operation), kept=stale)
    return replace(_write_back(restorable, records, operation), kept=stale)


def set_back_part(cells: Sequence[CellChange], operation: UndoOperation) -> Undone:
    """Some of the cells of a changeset, the others follow or came before; those that were changed since stay."""
    records = records_of({cell.person_id for cell in cells})
    restorable, stale = _divided(cells, records, operation)
    if not restorable:
        return replace(_undone(operation), kept=stale)
    return replace(_write_back(restorable, records, operation), kept=stale)


def _divided(
    cells: Sequence[CellChange], records: Mapping[int, Person], operation: UndoOperation
) -> tuple[list[CellChange], list[ConflictingCell]]:
    """(cells that can go back, those that were changed since, even if they read the same now)"""
    touched = _touched_since(cells, operation)
    restorable: list[CellChange] = []
    stale: list[ConflictingCell] = []
    for cell in cells:
        person = records[cell.person_id]
        if cell not in touched and getattr(person, cell.field) == operation.left(cell):
            restorable.append(cell)
        else:
            stale.append(_conflicting(person, cell.field))
    return restorable, stale


def _write_back(
    cells: Sequence[CellChange], records: Mapping[int, Person], operation: UndoOperation
) -> Undone:
    edits = [_edit_back(records[cell.person_id], cell, operation) for cell in cells]
    result = change_many(
        edits,
        by=operation.by,
        source="undo",
        changeset=operation.changeset,
        undoes=operation.undoes,
        verb=operation.verb,
    )
    return replace(_undone(operation), result=result, cells=len(cells))


# --- one changeset back, or forth ---


def _take_back(changeset: str, verb: str, by: User, rest: bool) -> Undone:
    operation = UndoOperation(verb, changeset, new_changeset(), by)
    cells = cells_of(changeset)
    created = created_by(changeset)
    if created:
        return _toggle_created(records_of(created), cells, operation, rest)
    placements = placements_of(changeset)
    if placements:
        return _take_back_places(placements, cells, operation, rest)
    return _take_back_cells(cells, operation, rest)


def _take_back_cells(cells: Sequence[CellChange], operation: UndoOperation, rest: bool) -> Undone:
    records = records_of({cell.person_id for cell in cells})
    present = [person for person in records.values() if person.active]
    editable = editable_of(operation.by, present)
    if len(editable) < len(records) and not rest:
        raise OutOfReach(operation.undoes, len(editable))
    if not editable:  # all went to others: the stack must go on all the same
        return _mark_undone(cells, operation)
    within_reach = [cell for cell in cells if cell.person_id in editable]
    return set_back(within_reach, operation, rest=rest)


def _take_back_places(
    placements: Sequence[Placement],
    cells: Sequence[CellChange],
    operation: UndoOperation,
    rest: bool,
) -> Undone:
    """Classes and states go back, then the cells of the same changeset: of somebody who was brought here.

    Raises ``UndoConflict`` if one of them was changed since, or ``OutOfReach``; with ``rest`` those stay.
    """
    direction = Direction(operation.verb, operation.undoes, operation.changeset, operation.by)
    records = records_of({placement.person_id for placement in placements})
    if len(editable_of(operation.by, records.values())) < len(records):
        raise OutOfReach(operation.undoes)
    back, elsewhere = _sorted_out(placements, records, direction)
    stale = _misplaced(elsewhere, records)
    if stale and not rest:
        raise UndoConflict(operation.undoes, stale, len(back))
    undone = _undone(operation)
    if cells:  # before the record may leave the lists: nobody edits who is gone
        undone = set_back(cells, operation, rest=rest)
    elif not back:
        undone = _mark_placement_undone(placements[0], operation)
    placed = put_back(back, records, direction) if back else []
    return replace(undone, kept=[*undone.kept, *stale], placed=placed)


def _sorted_out(
    placements: Sequence[Placement], records: Mapping[int, Person], direction: Direction
) -> tuple[list[Placement], list[Placement]]:
    """(those that can go back, those whose record is elsewhere by now)"""
    back = []
    elsewhere = []
    for placement in placements:
        if is_restorable(placement, records[placement.person_id], direction):
            back.append(placement)
        else:
            elsewhere.append(placement)
    return back, elsewhere


def _misplaced(
    placements: Sequence[Placement], records: Mapping[int, Person]
) -> list[ConflictingCell]:
    """Who is elsewhere by now, by whose hand."""
    cells = []
    for placement in placements:
        person = records[placement.person_id]
        event = placement.event
        last = last_placement(person, event)
        cells.append(ConflictingCell(person, FIELD_OF[event], present_of(person, event), last))
    return cells


def _mark_placement_undone(placement: Placement, operation: UndoOperation) -> Undone:
    """As ``_mark_undone``, of a changeset that has no cell."""
    person = Person.get_by_id(placement.person_id)
    present = present_of(person, placement.event)
    _mark_kept(person, FIELD_OF[placement.event], present, operation)
    return _undone(operation)


def _edit_back(person: Person, cell: CellChange, operation: UndoOperation) -> Edit:
    return Edit(
        person,
        cell.field,
        operation.target(cell),
        seen=operation.left(cell),
        exact=True,  # today's rules must not make another text of it
        handed=operation.handed(cell),
    )


def _toggle_created(
    records: Mapping[int, Person],
    cells: Sequence[CellChange],
    operation: UndoOperation,
    rest: bool,
) -> Undone:
    """Who was added is put aside again as long as nothing else happened to the record; or comes back.

    Raises ``UndoConflict``, ``OutOfReach`` or ``InUse``. With ``rest`` the records stay where they are.
    """
    stale = _edited_since_created(records, cells)
    if rest:  # a record is put aside whole or not at all
        return replace(_mark_undone(cells, operation), kept=stale)
    if stale:
        raise UndoConflict(operation.undoes, stale)
    editable = editable_of(operation.by, records.values())
    for person in records.values():
        if person.id not in editable:
            raise OutOfReach(operation.undoes)
        if operation.is_undo and used_elsewhere([person.id]):
            raise InUse(operation.undoes)
        set_state(
            person,
            MISTAKEN if operation.is_undo else state_before(person),
            active=not operation.is_undo,
            by=operation.by,
            source="undo",
            changeset=operation.changeset,
            undoes=operation.undoes,
            verb=operation.verb,
        )
    transfers.set_undone(operation.undoes, undone=operation.is_undo)
    return replace(_undone(operation), people=list(records.values()))


def _edited_since_created(
    records: Mapping[int, Person], cells: Sequence[CellChange]
) -> list[ConflictingCell]:
    """The cells of new records that hold something else than they began with."""
    texts = {(cell.person_id, cell.field): cell.new for cell in cells}
    stale = []
    for id_, person in records.items():
        for name, text in values_of(person).items():
            if text != texts.get((id_, name), ""):
                stale.append(_conflicting(person, name))
    return stale


def _touched_since(cells: Sequence[CellChange], operation: UndoOperation) -> set[CellChange]:
    """Cells changed after the changeset (or after its last undo or redo), even if they read the same now."""
    cell_of = {(cell.person_id, cell.field): cell for cell in cells}
    later: dict[CellChange, list[CellWrite]] = {}
    for write in writes_since(operation.undoes, {cell.person_id for cell in cells}):
        cell = cell_of.get((write.person_id, write.field))
        if cell is None:
            continue
        if operation.undoes in (write.changeset, write.undoes):
            later.pop(cell, None)
        else:
            later.setdefault(cell, []).append(write)
    return {cell for cell, writes in later.items() if _is_anything_left(writes)}


def _is_anything_left(writes: Sequence[CellWrite]) -> bool:
    """Later writes of a cell: does one of them stand, or did each of them, and each undo, go back by itself?"""
    open_writes = set[tuple[str, bool]]()
    for write in writes:
        changeset = write.undoes or write.changeset
        is_done = write.verb != "undo"
        opposite = (changeset, not is_done)
        if opposite in open_writes:
            open_writes.remove(opposite)
        else:
            open_writes ^= {(changeset, is_done)}
    return bool(open_writes)


def _mark_undone(cells: Sequence[CellChange], operation: UndoOperation) -> Undone:
    """Nothing is left to take back; the changeset counts as undone all the same, or the stack would be stuck on it."""
    person = Person.get_by_id(cells[0].person_id)
    name = cells[0].field
    _mark_kept(person, name, getattr(person, name), operation)
    return _undone(operation)


def _mark_kept(person: Person, name: str, text: str, operation: UndoOperation) -> None:
    audit.record(
        "person.kept",
        by=operation.by,
        person=person,
        field=name,
        old=text,
        new=text,
        source="undo",
        undoes=operation.undoes,
        verb=operation.verb,
        changeset=operation.changeset,
    )


def _undone(operation: UndoOperation) -> Undone:
    """Nothing went back yet."""
    return Undone(operation.changeset, operation.undoes, source_of(operation.undoes), Written())


def _conflicting(person: Person, name: str) -> ConflictingCell:
    return ConflictingCell(person, name, getattr(person, name), last_change(person, name))
