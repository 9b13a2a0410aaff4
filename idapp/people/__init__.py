"""Pupils and staff: the only way in which a record changes.

Typing, pasting, importing, the family's paper and undo all come through :func:`change` or :func:`change_many`:
rule -> ``UPDATE ... WHERE id = ? AND field = what_the_user_saw`` -> audit row -> state again, in one transaction.
A value with an error is kept as it was typed (nobody loses an evening's work to a rule); the error keeps the record
from being sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from peewee import ModelSelect, fn

from idapp import audit
from idapp.audit import Entry
from idapp.database import rows as rows_of
from idapp.database import writing
from idapp.models import DONE, Change, Person, SchoolClass, User
from idapp.people import place_choices
from idapp.people.identifiers import says_the_same
from idapp.people.residence_edits import ResidenceRead, Surroundings, handed_of, places_of_edits
from idapp.people.states import (
    COMPUTED,
    RuleContext,
    compute,
    insert,
    people_by_id,
    restate_all,
    update,
    values_of,
)
from idapp.rules import catalogues, places, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.rules.repairs import is_repair

STATUS_WORDS = {
    "incomplete": "Thiếu/Sai",
    "ready": "Sẵn sàng gửi",
    "sent": "Đang chờ kết quả",
    "verified": "Đã xác thực",
    "mismatch": "Không khớp",
    "not_found": "Không tìm thấy",
    "rejected": "Bị từ chối",
    "unanswered": "Dịch vụ chưa trả lời",
    "changed": "Sửa sau xác thực",
    "explained": "Có giải trình",
}
SOURCE_LABELS = {
    "typed": "gõ tay", "pasted": "dán", "import": "tệp Excel", "notice": "giấy thông báo", "undo": "hoàn tác",
    "card": "mã QR thẻ căn cước", "fill": "điền xuống", "places": "đổi danh mục địa chỉ",
    "place_name": "địa phương đổi tên",
}  # fmt: skip


class Conflict(Exception):
    """Somebody else changed the cell since the user saw it. Nothing was written."""

    def __init__(self, person: Person, field: str, mine: str) -> None:
        super().__init__(f"person {person.id}, {field}")
        self.person, self.field, self.mine = person, field, mine
        self.theirs: str = getattr(person, field)
        last = _last_change(person, field)
        self.by_name: str = last.user.full_name if last and last.user else ""
        self.at: datetime | None = last.at if last else None


@dataclass
class Saved:
    """What one change did: which cells of the row look different now, and which other rows (duplicates)."""

    person: Person
    changed: bool
    cells: set[str] = field(default_factory=set)
    number_sharers: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class Edit:
    """One value of a paste or an import. ``seen`` None: whatever stands there now may be replaced; ``exact``: the text
    was stored before and goes back as it was, to the letter (undo). ``handed``: what came in, where ``text`` is it
    converted already."""

    person: Person
    field: str
    text: str
    seen: str | None = None
    exact: bool = False
    handed: str = ""

    @property
    def came_in(self) -> str:
        return self.handed or self.text


@dataclass
class Written:
    """What became of many values: the records they went into, and the cells that were left out."""

    saved: list[Saved] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Counts:
    total: int
    errors: int
    warnings: int
    by_status: Mapping[str, int]

    @property
    def verified(self) -> int:
        return self.by_status.get("verified", 0)

    @property
    def done(self) -> int:
        """Accounted for: verified, or with an approved explanation."""
        return sum(self.by_status.get(status, 0) for status in DONE)


def new_changeset() -> str:
    """Name of one deed; all changes that bear it are undone together."""
    return uuid.uuid4().hex


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
    """Write one value. Raises Conflict, or Problem ``too_long`` (the only text that is refused)."""
    with writing():
        result = change_many(
            [Edit(person, field, text, seen)], by=by, source=source, changeset=changeset
        )
        if result.conflicts:
            raise result.conflicts[0]
        if result.refused:
            raise result.refused[0]
    return result.saved[0]


def change_many(
    edits: Sequence[Edit], *, by: User | None, source: str, changeset: str = "", subject: str = ""
) -> Written:
    """Write many values in one transaction as one step. A conflict or a refused text leaves only its own cell out."""
    changeset, result, rows = changeset or new_changeset(), Written(), list[Entry]()
    with writing():
        context = RuleContext(bulk=len(edits) > 50)
        for person, wishes in _by_person(edits):
            _change_person(
                person, wishes, context, result, rows, Author(by, source, changeset, subject)
            )
        audit.record_changes(rows)
        _restate_peers(result, context)
    return result


@dataclass(frozen=True)
class Author:
    """Who changes, from which source, in which changeset; ``subject``: which step it undoes."""

    by: User | None
    source: str
    changeset: str
    subject: str = ""

    @cached_property
    def user_id(self) -> int | None:
        return self.by.id if self.by else None


def add(
    *,
    kind: str,
    school_class: SchoolClass | None,
    values: Mapping[str, str],
    by: User | None,
    source: str = "typed",
    changeset: str = "",
    state: str = "",
) -> Person:
    """A new record; every value goes through the same rules and leaves its audit row."""
    return add_many(
        [(kind, school_class, values)], by=by, source=source, changeset=changeset, state=state
    )[0]


def add_many(
    newcomers: Iterable[tuple[str, SchoolClass | None, Mapping[str, str]]],
    *,
    by: User | None,
    source: str,
    changeset: str = "",
    state: str = "",
    exact: bool = False,
    context: RuleContext | None = None,
    handed: Sequence[Mapping[str, str]] = (),
) -> list[Person]:
    """New records in one transaction, as one step: (kind, class or None, {field: text}).

    ``state``: "" is the usual one of their kind. ``exact``: the texts have been settled already, when the file that
    holds them was judged; ``handed`` is then, for each newcomer in turn, {field: what the file said otherwise}.
    ``context``: the school read in ``bulk`` by a caller who adds in several parts, all within its own transaction.
    """
    author, rows = Author(by, source, changeset or new_changeset()), list[Entry]()
    with writing():
        context = context or RuleContext(bulk=True)
        added = []
        for serial, (kind, school_class, values) in enumerate(newcomers, start=1):
            present = state or catalogues.PRESENT[kind]
            person = Person(
                id=-serial, kind=kind, school_class=school_class, epoch=context.epoch, state=present
            )
            texts = values if exact else _settled(person, values, context, author)
            said = {**values, **handed[serial - 1]} if handed else values
            rows.extend(_fill(person, texts, said, context, author))
            added.append(person)
        for person in added:
            context.assign_id(person, insert(person))
        audit.record_changes(rows)
        _restate_sharers(added, context)
    return added


def recompute(*people: Person) -> None:
    """Compute clean values, problems and state again, after something around the record changed."""
    with writing():
        restate_all(people, RuleContext(bulk=len(people) > 50))


def around(person: Person, *, context: RuleContext | None = None) -> record.RecordContext:
    """What the rules must know beside the values: grade, school year, who else holds the number."""
    return (context or RuleContext()).around(person)


def table_of(query: ModelSelect[Person]) -> list[Person]:
    """The records of a table, in the order of a Vietnamese class list."""
    return list(query.order_by(Person.sort_key, Person.id))


def counts(query: ModelSelect[Person]) -> Counts:
    """Totals over what the query selects; every record is in exactly one state."""
    columns = (Person.status, fn.COUNT(Person.id), fn.SUM(Person.errors), fn.SUM(Person.warnings))
    found = rows_of(query.select(*columns).group_by(Person.status))
    by_status = {status: n for status, n, _, _ in found}
    return Counts(
        sum(by_status.values()),
        sum(r[2] or 0 for r in found),
        sum(r[3] or 0 for r in found),
        by_status,
    )


# how a change is made


def _by_person(edits: Sequence[Edit]) -> Iterable[tuple[Person, list[Edit]]]:
    """Edits grouped by record, each record read afresh inside the transaction."""
    wishes: dict[int, list[Edit]] = {}
    for edit in edits:
        wishes.setdefault(edit.person.id, []).append(edit)
    ids = list(wishes)
    for start in range(0, len(ids), 500):  # SQLite allows 999 parameters in old builds
        for person in people_by_id(ids[start : start + 500]):
            yield person, wishes[person.id]


def _change_person(
    person: Person,
    wishes: list[Edit],
    context: RuleContext,
    result: Written,
    rows: list[Entry],
    author: Author,
) -> None:
    before, problems, asked = values_of(person), list(person.problems), {e.field for e in wishes}
    values, surroundings, changed = dict(before), context.around(person), dict[str, str]()
    homes = _homes_in(wishes, values, surroundings, author)
    conflicts_before = len(result.conflicts)
    for edit in sorted(wishes, key=lambda edit: record.NORMALISING_ORDER[edit.field]):
        try:
            text = homes.get(edit.field, edit.text)
            if not edit.exact:
                text = record.normalise(edit.field, text, values, surroundings)
        except Problem as refused:
            result.refused.append(refused)
            continue
        if text == values[edit.field] or _is_known(edit, text, values):
            continue
        if edit.seen is not None and not same_text(edit.seen, before[edit.field]):
            result.conflicts.append(Conflict(person, edit.field, edit.text))
            asked.discard(edit.field)
            continue
        values[edit.field], changed[edit.field] = text, edit.came_in
        setattr(person, edit.field, text)
    if changed:
        if not _is_half(homes, result.conflicts[conflicts_before:]):
            changed |= _told_by_other_cells(person, homes, values, wishes)
        changed = _with_whole_residence(changed, person, wishes)
        _write(person, before, changed, context, rows, author)
    elif asked == set() and result.conflicts:
        return
    cells = asked | _cells_that_differ(problems, person.problems) | set(changed)
    result.saved.append(Saved(person, bool(changed), cells))
    if "identity_number" in changed:
        result.saved[-1].number_sharers = context.number_sharers(
            person, {before["identity_number"], person.identity_number}
        )


def _homes_in(
    wishes: Sequence[Edit], values: Mapping[str, str], around: record.RecordContext, author: Author
) -> dict[str, str]:
    """What the edits say of a residence, in the places of the record's epoch. A place that the user took from the list
    for an old address is remembered for the school."""
    texts = {edit.field: edit.text for edit in wishes if not edit.exact}
    surroundings = Surroundings(around.epoch, around.today, place_choices.remembered)
    read = places_of_edits(texts, values, author.source, surroundings)
    _remember(read, around.epoch, author.by)
    return read.texts


def _remember(read: ResidenceRead, epoch: str, by: User | None) -> None:
    if read.choice is not None and read.choice.home is not None and read.choice.meant:
        commune = read.choice.home.commune
        if commune is not None:
            place_choices.remember_for(read.choice, epoch, commune.code, by=by)


def _is_half(homes: Mapping[str, str], conflicts: Sequence[Conflict]) -> bool:
    """Did a cell of the address stay as somebody else left it? Then it must not get the province of another."""
    return any(conflict.field in homes for conflict in conflicts)


def _told_by_other_cells(
    person: Person, homes: Mapping[str, str], values: Mapping[str, str], wishes: Sequence[Edit]
) -> dict[str, str]:
    """Set the cells that nobody edited and that an edited place says something about; {field: ""}."""
    told = {}
    for name in homes.keys() - {edit.field for edit in wishes}:
        if homes[name] != values[name]:
            told[name] = ""
            setattr(person, name, homes[name])
    return told


def _with_whole_residence(
    changed: Mapping[str, str], person: Person, wishes: Sequence[Edit]
) -> dict[str, str]:
    """What was handed in for each changed cell: a place that became another, with all that was said of it."""
    said = {edit.field: edit.came_in for edit in wishes}
    return {
        name: handed_of(name, text, getattr(person, name), said) for name, text in changed.items()
    }


def _is_known(edit: Edit, text: str, values: Mapping[str, str]) -> bool:
    """Is the text only the good number or code that stands there, with its zeros lost?"""
    if edit.exact or edit.field not in ("identity_number", "ministry_code"):
        return False
    return says_the_same(edit.field, text, values[edit.field])


def same_text(seen: str, stored: str) -> bool:
    """Did the user see what is stored? A browser may have sent it back decomposed or with other spaces."""
    return seen == stored or tidy(seen) == tidy(stored)


def _write(
    person: Person,
    before: dict[str, str],
    typed: dict[str, str],
    context: RuleContext,
    rows: list[Entry],
    author: Author,
) -> None:
    """One UPDATE that names what stood there, the audit rows, the new state."""
    computed = {name: getattr(person, name) for name in (*COMPUTED, "repaired")}
    person.version += 1
    mark_repairs(person, typed)
    compute(person, context)
    written = (
        *typed,
        "version",
        *(name for name in computed if getattr(person, name) != computed[name]),
    )
    if not update(person, written, {name: before[name] for name in typed}):
        raise Conflict(Person.get_by_id(person.id), next(iter(typed)), next(iter(typed.values())))
    for name, text in typed.items():
        rows.append(_entry(person, name, before[name], text, author))


def mark_repairs(person: Person, handed: Mapping[str, str]) -> None:
    """Note which of these cells, just set, hold something else than was handed in; forget what was noted of them
    before. Writes nothing.
    """
    marks = {name: text for name, text in person.repaired.items() if name not in handed}
    for name, text in handed.items():
        if is_repair(name, text, getattr(person, name)):
            marks[name] = tidy(places.old_of_choice(text))  # the cell itself shows the new place
    person.repaired = marks


def _settled(
    person: Person, values: Mapping[str, str], context: RuleContext, author: Author
) -> dict[str, str]:
    """The texts to store, read in the order in which the rules lean on each other."""
    settled, surroundings = values_of(person), context.around(person)
    around = Surroundings(surroundings.epoch, surroundings.today, place_choices.remembered)
    read = places_of_edits(values, settled, "typed", around)
    _remember(read, surroundings.epoch, author.by)
    texts = {**values, **read.texts}
    for name in record.NORMALISING_ORDER:
        if texts.get(name):
            settled[name] = record.normalise(name, texts[name], settled, surroundings)
    return settled


def _fill(
    person: Person,
    texts: Mapping[str, str],
    typed: Mapping[str, str],
    context: RuleContext,
    author: Author,
) -> list[Entry]:
    """The values of a new record, and their audit rows. A whole address in one cell fills the others too."""
    names = [name for name in record.NORMALISING_ORDER if texts.get(name)]
    for name in names:
        setattr(person, name, texts[name])
    handed = {name: handed_of(name, typed.get(name, ""), texts[name], typed) for name in names}
    mark_repairs(person, handed)
    compute(person, context)
    return [_entry(person, name, "", handed[name], author) for name in names]


def _restate_sharers(added: list[Person], context: RuleContext) -> None:
    """Newcomers may bear a number that stood in the school already; then the older record shows it too."""
    own = {p.id for p in added}
    others = {
        p.id: p
        for person in added
        for p in context.number_sharers(person, {person.identity_number})
        if p.id not in own
    }
    doubled = [
        p for p in added if p.identity_number and context.number_sharers(p, {p.identity_number})
    ]
    restate_all([*others.values(), *doubled], context)


def _entry(person: Person, name: str, old: str, typed: str, author: Author) -> Entry:
    new = getattr(person, name)
    told = "" if typed == new else typed.replace("\x00", "")  # PostgreSQL keeps no NUL
    return Entry(
        author.user_id,
        person,
        author.subject,
        name,
        old,
        new,
        told,
        author.source,
        author.changeset,
        person.version,
    )


def _cells_that_differ(old: list[dict[str, str]], new: list[dict[str, str]]) -> set[str]:
    def by_field(problems: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
        return {
            name: [p for p in problems if p["field"] == name]
            for name in {p["field"] for p in problems}
        }

    before, after = by_field(old), by_field(new)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _restate_peers(result: Written, context: RuleContext) -> None:
    # a peer that was read before the same step changed it too still holds its old texts
    fresh = {saved.person.id: saved.person for saved in result.saved}
    number_sharers = {
        p.id: fresh.get(p.id, p) for saved in result.saved for p in saved.number_sharers
    }
    restate_all(number_sharers.values(), context)
    for saved in result.saved:
        saved.number_sharers = [number_sharers[p.id] for p in saved.number_sharers]


def _last_change(person: Person, field: str) -> Change | None:
    query = (
        Change.select(Change, User)
        .left_outer_join(User)
        .where(Change.person == person, Change.field == field)
    )
    return query.order_by(Change.id.desc()).first()
