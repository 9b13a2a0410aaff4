"""One cell is saved; cells that many people save at the same moment share a transaction.

When a whole school saves at once, each cell waits for those before it. Whoever comes first writes: its own cell, and
with it the cells of all who wait by then, as a paste is written. So the statements around a change, and the commit that
waits for the disk, are done once for many, and nobody is overtaken: who waits longest writes next.

Each cell is judged and written into the history for its own author and from its own address: its part runs in the
context of the request that sent it. Joint are only cells that are all saved. Where one of them is in conflict, refused
or fails, all are taken back and each is written alone: what befalls one never touches another.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import cast

from idapp.audit import Entry
from idapp.database import db, turn_to_write, writing
from idapp.models import Person, User
from idapp.people.changing import (
    Accepted,
    Author,
    Edit,
    Saved,
    Written,
    change_record,
    new_changeset,
    write_edits,
)
from idapp.people.states import RuleContext

_MOST = 16  # cells of one transaction: it stays as short as a step of a long deed


@dataclass(eq=False)
class _WaitingCell:
    """A cell that is to be saved, and what became of it. ``turn`` is held until it is done, or has to write."""

    edit: Edit
    author: Author
    context: Context = field(default_factory=copy_context)
    turn: threading.Lock = field(default_factory=threading.Lock)
    is_done: bool = False
    saved: Saved | None = None
    fault: BaseException | None = None

    def change(
        self, person: Person, edits: Sequence[Edit], rules: RuleContext
    ) -> tuple[Saved | None, Accepted, list[Entry]]:
        """``change_record`` for this author, in the context of its request."""
        return self.context.run(change_record, person, edits, rules, self.author)

    def outcome(self) -> Saved:
        """Once it is done. Raises what befell it."""
        if self.fault is not None:
            raise self.fault
        return cast(Saved, self.saved)

    def write_alone(self) -> None:
        """In a transaction of its own."""
        try:
            self.saved = _written_alone(self)
        except BaseException as fault:
            self.fault = fault


def change(
    person: Person,
    field: str,
    text: str,
    *,
    seen: str,
    by: User | None,
    source: str = "typed",
    changeset: str = "",
) -> Saved:
    """Write one value; ``by`` None is the system itself.

    Raises ``Conflict`` if the cell no longer holds what was ``seen``, and ``Problem`` ``too_long`` (the only text
    that is refused).
    """
    author = Author(by, source, changeset or new_changeset())
    cell = _WaitingCell(Edit(person, field, text, seen), author)
    if db.obj.in_transaction():
        cell.write_alone()
    else:
        _line.pass_through(cell)
    return cell.outcome()


class _Line:
    """Who waits, first come first. One of them writes; at the end the next one does."""

    def __init__(self) -> None:
        self._waiting: deque[_WaitingCell] = deque()
        self._is_somebody_writing = False
        self._lock = threading.Lock()

    def pass_through(self, cell: _WaitingCell) -> None:
        """Returns when ``cell`` is done, by this thread or by another."""
        cell.turn.acquire()
        with self._lock:
            self._waiting.append(cell)
            is_first = not self._is_somebody_writing
            self._is_somebody_writing = True
        if not is_first:
            cell.turn.acquire()
        if cell.is_done:
            return
        try:
            with turn_to_write():  # whoever comes while we wait for it is among them
                _write(self._those_in_front())
        finally:
            self._hand_on()

    def _those_in_front(self) -> list[_WaitingCell]:
        """Taken out of the line; of each record one cell, others of it come later."""
        with self._lock:
            chosen: dict[int, _WaitingCell] = {}
            others = deque[_WaitingCell]()
            for cell in self._waiting:
                if len(chosen) < _MOST and cell.edit.person.id not in chosen:
                    chosen[cell.edit.person.id] = cell
                else:
                    others.append(cell)
            self._waiting = others
        return list(chosen.values())

    def _hand_on(self) -> None:
        with self._lock:
            self._is_somebody_writing = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.release()


_line = _Line()


def _write(together: Sequence[_WaitingCell]) -> None:
    """Whatever happens, all of them are done afterwards; the first is this thread's own."""
    try:
        if len(together) == 1 or not _are_written_together(together):
            for cell in together:
                cell.write_alone()
    except BaseException as fault:  # the program ends
        for cell in together:
            cell.fault = fault
    finally:
        for cell in together:
            cell.is_done = True
        for cell in together[1:]:
            cell.turn.release()


def _are_written_together(waiting: Sequence[_WaitingCell]) -> bool:
    """False where not every cell could be saved as it was meant: then none is."""
    of_person = {cell.edit.person.id: cell for cell in waiting}

    def change_of_its_author(
        person: Person, edits: Sequence[Edit], rules: RuleContext
    ) -> tuple[Saved | None, Accepted, list[Entry]]:
        """See ``ChangeRecord``."""
        return of_person[person.id].change(person, edits, rules)

    try:
        with writing():
            result = write_edits([cell.edit for cell in waiting], change_of_its_author)
            if len(result.saved) < len(waiting) or result.conflicts or result.refused:
                raise _NotAll
    except Exception:
        return False  # each tells its own fault, alone
    for saved in result.saved:
        of_person[saved.person.id].saved = saved
    return True


class _NotAll(Exception):
    """Takes back what was written together."""


def _written_alone(cell: _WaitingCell) -> Saved:
    with writing():  # around the raise too: a conflict takes everything back
        result: Written = write_edits([cell.edit], cell.change)
        if result.conflicts:
            raise result.conflicts[0]
        if result.refused:
            raise result.refused[0]
    return result.saved[0]
