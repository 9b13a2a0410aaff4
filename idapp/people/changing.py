"""The one way to change a record.

Typing, pasting, importing, the family's paper and undo all come through :func:`change_many` (one cell by way of
``joint_saving.change``):
rule -> ``UPDATE ... WHERE id = ? AND field = what_the_user_saw`` -> audit row -> state again, in one transaction.
A value with an error is kept as it was typed (nobody loses an evening's work to a rule); the error keeps the record
from being sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from idapp import audit
from idapp.audit import Entry
from idapp.database import writing
from idapp.models import Person, User
from idapp.people import place_choices
from idapp.people.changesets import last_change
from idapp.people.field_texts import FieldTexts
from idapp.people.former_numbers import remember_replaced
from idapp.people.identifiers import says_the_same
from idapp.people.residence_edits import ResidenceRead, Surroundings, handed_of, places_of_edits
from idapp.people.states import (
    RuleContext,
    compute,
    computed_of,
    names_of_changed,
    people_by_id,
    recompute_all,
    update,
    values_of,
)
from idapp.rules import identity_number, places, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.rules.repairs import is_repair

StoredProblem = dict[str, str]  # field, code, level, message, suggestion: as in ``Person.problems``
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds


class Conflict(Exception):
    """Somebody else changed the cell since the user saw it. Nothing was written."""

    def __init__(self, person: Person, field: str, mine: str) -> None:
        super().__init__(f"person {person.id}, {field}")
        self.person = person
        self.field = field
        self.mine = mine
        self.theirs: str = getattr(person, field)
        self.by_name: str = ""
        self.at: datetime | None = None
        last = last_change(person, field)
        if last is not None:
            self.at = last.at
            self.by_name = last.user.full_name if last.user else ""


@dataclass
class Saved:
    """What one change did: which cells of the row look different now, and which other rows (duplicates)."""

    person: Person
    changed: bool
    cells: set[str] = field(default_factory=set)
    number_sharers: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class Edit:
    """One value of a paste or an import.

    seen    what the user saw there; None: whatever stands there now may be replaced
    exact   the text was stored before and goes back as it was, to the letter (undo)
    handed  what came in, where ``text`` is it converted already
    """

    person: Person
    field: str
    text: str
    seen: str | None = None
    exact: bool = False
    handed: str = ""

    @property
    def came_in(self) -> str:
        """The text before any conversion."""
        return self.handed or self.text


@dataclass
class Written:
    """What became of many values: the records they went into, and the cells that were left out."""

    saved: list[Saved] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Author:
    """Who changes, from which source, in which changeset.

    ``undoes``: the changeset that this one takes back (``verb`` is "undo") or does again ("redo"), "" for none.
    """

    by: User | None
    source: str
    changeset: str
    undoes: str = ""
    verb: str = ""

    @cached_property
    def user_id(self) -> int | None:
        """None for the system itself."""
        return self.by.id if self.by else None

    @cached_property
    def subject(self) -> str:
        """The same for people who read the history."""
        return audit.undo_subject(self.verb, self.undoes)


@dataclass
class Accepted:
    """What became of the edits of one record, before anything is written.

    texts      {field: text to store}, only where another text stands there
    handed     {field: what came in for it}
    homes      {field: text}: what the edits say of a residence, in the places of the record's epoch
    conflicts  cells that somebody else changed since the user saw them
    refused    texts that no cell takes
    """

    homes: dict[str, str]
    texts: dict[str, str] = field(default_factory=dict)
    handed: dict[str, str] = field(default_factory=dict)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)

    @property
    def conflicting_fields(self) -> set[str]:
        """The fields left as somebody else wrote them."""
        return {conflict.field for conflict in self.conflicts}


def new_changeset() -> str:
    """Name of one deed; all changes that bear it are undone together."""
    return uuid.uuid4().hex


def change_many(
    edits: Sequence[Edit],
    *,
    by: User | None,
    source: str,
    changeset: str = "",
    undoes: str = "",
    verb: str = "",
) -> Written:
    """Write many values in one transaction as one changeset.

    1. Read each record afresh and bring it to the texts of its edits (``change_record``).
    2. Write the audit rows of all of them; keep the numbers that were replaced.
    3. Compute the state of the records again that share an identity number with a changed one.

    A conflict or a refused text leaves out its own cell only and is in the result. ``undoes`` and ``verb``: see
    ``Author``.
    """
    author = Author(by, source, changeset or new_changeset(), undoes, verb)
    return write_edits(edits, partial(change_record, author=author))


ChangeRecord = Callable[
    ["Person", Sequence[Edit], RuleContext], tuple[Saved | None, "Accepted", list[Entry]]
]
"""``change_record`` with its author."""


def write_edits(edits: Sequence[Edit], change: ChangeRecord) -> Written:
    """The steps of ``change_many``; ``change`` changes one record, each may have another author."""
    result = Written()
    entries: list[Entry] = []
    with writing():
        context = RuleContext()
        for person, edits_of_person in _by_person(edits, context):
            saved, accepted, new_entries = change(person, edits_of_person, context)
            if saved is not None:
                result.saved.append(saved)
            result.conflicts += accepted.conflicts
            result.refused += accepted.refused
            entries += new_entries
        audit.record_changes(entries)
        remember_replaced(entries)
        _recompute_sharers(result, context)
    return result


def same_text(seen: str, stored: str) -> bool:
    """Did the user see what is stored? A browser may have sent it back decomposed or with other spaces."""
    return seen == stored or tidy(seen) == tidy(stored)


def mark_repairs(person: Person, handed: FieldTexts) -> None:
    """Note which of these cells, just set, hold something else than was ``handed`` in, {field: text}.

    What was noted of them before is forgotten. Sets ``person.repaired`` and writes nothing.
    """
    marks = {name: text for name, text in person.repaired.items() if name not in handed}
    for name, text in handed.items():
        if is_repair(name, text, getattr(person, name)):
            # a text of the list holds both places; the cell itself shows the new one
            marks[name] = tidy(places.old_of_choice(text))
    person.repaired = marks


def remember_choice(read: ResidenceRead, epoch: str, by: User | None) -> None:
    """A place that the user took from the list for an old address is remembered for the school."""
    choice = read.choice
    if choice is None or choice.home is None or not choice.meant:
        return
    commune = choice.home.commune
    if commune is not None:
        place_choices.remember_for(choice, epoch, commune.code, by=by)


def entry_of(person: Person, name: str, old: str, typed: str, author: Author) -> Entry:
    """The audit row of one cell that holds its new text already; ``typed``: what came in for it."""
    new = getattr(person, name)
    came_in = "" if typed == new else typed.replace("\x00", "")  # PostgreSQL keeps no NUL
    return Entry(
        author.user_id,
        person,
        author.subject,
        author.undoes,
        author.verb,
        name,
        old,
        new,
        came_in,
        author.source,
        author.changeset,
        person.version,
        audit.remote_address.get(),
    )


# --- one record ---


def _by_person(edits: Sequence[Edit], context: RuleContext) -> Iterator[tuple[Person, list[Edit]]]:
    """Edits grouped by record, each record read afresh inside the transaction."""
    edits_of: dict[int, list[Edit]] = {}
    for edit in edits:
        edits_of.setdefault(edit.person.id, []).append(edit)
    ids = list(edits_of)
    for start in range(0, len(ids), _PARAMETERS):
        people = people_by_id(ids[start : start + _PARAMETERS])
        if len(people) > 1:
            context.read_ahead(people, _numbers_to_come(people, edits_of))
        for person in people:
            yield person, edits_of[person.id]


def _numbers_to_come(people: Iterable[Person], edits_of: Mapping[int, list[Edit]]) -> set[str]:
    """As they will be stored, but for rare spellings, which are looked up one by one."""
    numbers = set()
    for person in people:
        for edit in edits_of[person.id]:
            if edit.field == "identity_number":
                numbers.add(identity_number.compact(edit.text))
    return numbers


def change_record(
    person: Person,
    edits: Sequence[Edit],
    context: RuleContext,
    author: Author,
) -> tuple[Saved | None, Accepted, list[Entry]]:
    """Bring one record to the texts of its edits. Returns what was saved and accepted, and the audit rows.

    1. Normalise each text; set aside what is refused, what stands there already, what is in conflict.
    2. Set the cells that an edited place says something about (a whole address fills the others).
    3. Write all of it with one UPDATE that names what stood there; compute the state again.
    4. Say which cells look different now, and who else has the old or the new identity number.

    A refused text or a conflict leaves out its own cell only. ``Saved`` is None if every cell is in conflict.
    Raises ``Conflict`` if the stored record is no longer as ``person`` was read.
    """
    before = values_of(person)
    problems_before = list(person.problems)
    accepted = _accept(person, edits, before, context, author)
    answered = {edit.field for edit in edits} - accepted.conflicting_fields
    if not accepted.texts and not answered:
        return None, accepted, []
    handed: dict[str, str] = {}
    entries: list[Entry] = []
    if accepted.texts:
        handed = _set_texts(person, edits, before, accepted)
        entries = _write(person, before, handed, context, author)
    cells = answered | _cells_that_differ(problems_before, person.problems) | set(handed)
    saved = Saved(person, bool(handed), cells)
    if "identity_number" in handed:
        numbers = {before["identity_number"], person.identity_number}
        saved.number_sharers = context.number_sharers(person, numbers)
    return saved, accepted, entries


def _accept(
    person: Person,
    edits: Sequence[Edit],
    before: FieldTexts,
    context: RuleContext,
    author: Author,
) -> Accepted:
    """Decide about each edit of one record; ``before``: its texts by field. Changes nothing in ``person``."""
    surroundings = context.reading(person)
    values = dict(before)
    accepted = Accepted(_homes_in(edits, values, surroundings, author))
    # a rule leans on the values before it: the text of a commune means something within its district only
    for edit in sorted(edits, key=lambda edit: record.NORMALISING_ORDER[edit.field]):
        try:
            text = accepted.homes.get(edit.field, edit.text)
            if not edit.exact:
                text = record.normalise(edit.field, text, values, surroundings)
        except Problem as problem:
            accepted.refused.append(problem)
            continue
        if text == values[edit.field] or _is_known(edit, text, values):
            continue
        if edit.seen is not None and not same_text(edit.seen, before[edit.field]):
            accepted.conflicts.append(Conflict(person, edit.field, edit.text))
            continue
        values[edit.field] = text
        accepted.texts[edit.field] = text
        accepted.handed[edit.field] = edit.came_in
    return accepted


def _homes_in(
    edits: Sequence[Edit],
    values: FieldTexts,
    around: record.RecordContext,
    author: Author,
) -> dict[str, str]:
    """What the edits say of a residence, {field: text}, in the places of the record's epoch."""
    texts = {edit.field: edit.text for edit in edits if not edit.exact}
    surroundings = Surroundings(around.epoch, around.today, place_choices.remembered)
    read = places_of_edits(texts, values, author.source, surroundings)
    remember_choice(read, around.epoch, author.by)
    return read.texts


def _is_known(edit: Edit, text: str, values: FieldTexts) -> bool:
    """Is the text only the good number or code that stands there, with its zeros lost?"""
    if edit.exact or edit.field not in ("identity_number", "ministry_code"):
        return False
    return says_the_same(edit.field, text, values[edit.field])


def _set_texts(
    person: Person,
    edits: Sequence[Edit],
    before: FieldTexts,
    accepted: Accepted,
) -> dict[str, str]:
    """Put the accepted texts into the record, in memory; {field that changed: what was handed in for it}.

    A place that became another is told with all that was said of it.
    """
    for name, text in accepted.texts.items():
        setattr(person, name, text)
    handed = dict(accepted.handed)
    # a cell of the address that stayed as somebody else left it must not get the province of another
    is_half = any(name in accepted.homes for name in accepted.conflicting_fields)
    if not is_half:
        handed |= _set_implied(person, edits, before, accepted.homes)
    came_in = {edit.field: edit.came_in for edit in edits}
    for name, text in handed.items():
        handed[name] = handed_of(name, text, getattr(person, name), came_in)
    return handed


def _set_implied(
    person: Person,
    edits: Iterable[Edit],
    before: FieldTexts,
    homes: FieldTexts,
) -> dict[str, str]:
    """Set the cells that nobody edited and that an edited place says something about; {field: ""}."""
    implied = {}
    for name in homes.keys() - {edit.field for edit in edits}:
        if homes[name] != before[name]:
            implied[name] = ""
            setattr(person, name, homes[name])
    return implied


def _write(
    person: Person,
    before: FieldTexts,
    handed: FieldTexts,
    context: RuleContext,
    author: Author,
) -> list[Entry]:
    """One UPDATE that names what stood ``before`` in the fields of ``handed``; the new state; the audit rows.

    Raises ``Conflict`` if one of them holds something else by now.
    """
    before_computing = computed_of(person)
    person.version += 1  # the audit rows bear it: what one UPDATE wrote belongs together
    mark_repairs(person, handed)
    compute(person, context)
    recomputed = names_of_changed(before_computing, person)
    seen = {name: before[name] for name in handed}
    if not update(person, (*handed, "version", *recomputed), seen):
        name, text = next(iter(handed.items()))
        raise Conflict(Person.get_by_id(person.id), name, text)
    entries = []
    for name, text in handed.items():
        entries.append(entry_of(person, name, before[name], text, author))
    return entries


# --- what else looks different ---


def _cells_that_differ(old: Sequence[StoredProblem], new: Sequence[StoredProblem]) -> set[str]:
    """The fields whose problems came, went or changed."""
    before = _problems_by_field(old)
    after = _problems_by_field(new)
    differing = set()
    for name in before.keys() | after.keys():
        if before.get(name) != after.get(name):
            differing.add(name)
    return differing


def _problems_by_field(problems: Iterable[StoredProblem]) -> dict[str, list[StoredProblem]]:
    problems_of: dict[str, list[StoredProblem]] = {}
    for problem in problems:
        problems_of.setdefault(problem["field"], []).append(problem)
    return problems_of


def _recompute_sharers(result: Written, context: RuleContext) -> None:
    """The records that share a number with a changed one show their duplicate, or are rid of it."""
    # a sharer that was read before the same changeset changed it too still holds its old texts
    fresh = {saved.person.id: saved.person for saved in result.saved}
    sharers: dict[int, Person] = {}
    for saved in result.saved:
        for sharer in saved.number_sharers:
            sharers[sharer.id] = fresh.get(sharer.id, sharer)
    recompute_all(sharers.values(), context)
    for saved in result.saved:
        saved.number_sharers = [sharers[sharer.id] for sharer in saved.number_sharers]
