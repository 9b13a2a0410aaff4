"""Many texts into many cells as one step: what a paste, a fill, a card or a clearing wrote, and what became of it.

An empty text never erases unless that is what was meant. Every text that is stored otherwise than it came is a repair:
listed, and taken back with one click. A lost zero is only proposed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from idapp.models import Person, User
from idapp.people.aligning import Unmatched
from idapp.people.changing import Conflict, Edit, Saved, Written, change_many, new_changeset
from idapp.people.field_texts import FieldTexts
from idapp.people.states import values_of
from idapp.rules import record
from idapp.rules.folding import tidy

FIX_ZEROS = "not_12_digits"  # the problem whose suggestion puts lost zeros back
_RESIDENCE = ("province", "district", "commune", "address")
Seen = Mapping[int, FieldTexts]
Texts = tuple[Person, FieldTexts]  # a record and the texts for its cells, by field


@dataclass(frozen=True)
class Repair:
    """A text that is stored otherwise than it came. before: what stood there, to go back to."""

    person: Person
    field: str
    typed: str
    stored: str
    before: str


@dataclass
class Report:
    """What an edit of many cells did.

    beyond     lines without a row
    too_wide   the first text of each column without a field
    unknown    headings nobody knows
    looked     fields that were told by the looks of their columns
    refused    record, field, text and the sentence that says why
    answered   the cells that hold now what was wanted
    noted      names with a note behind them, which is not stored
    left_out   records whose lines the user chose not to write
    """

    changeset: str
    how: str
    result: Written
    written: int = 0
    same: int = 0
    empty: int = 0
    beyond: int = 0
    too_wide: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    replaced: list[Repair] = field(default_factory=list)
    zeros: list[Person] = field(default_factory=list)
    refused: list[tuple[Person, str, str, str]] = field(default_factory=list)
    answered: list[tuple[Person, str]] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)
    left_out: list[Person] = field(default_factory=list)

    @property
    def saved(self) -> list[Saved]:
        """The records into which something was written, or that hold it already."""
        return self.result.saved

    @property
    def conflicts(self) -> list[Conflict]:
        """The cells that somebody else changed since the user saw them."""
        return self.result.conflicts

    @property
    def wrong(self) -> int:
        """Written cells that carry an error."""
        return self._count("error")

    @property
    def odd(self) -> int:
        """Written cells that carry a warning and no error."""
        return self._count("warning")

    def _count(self, level: str) -> int:
        worst = (person.problem_of(name) for person, name in self.answered)
        return sum(problem is not None and problem["level"] == level for problem in worst)


def write(
    cells: Iterable[Texts],
    seen: Seen,
    *,
    by: User,
    source: str,
    how: str,
    blank: bool = False,
    handed: Seen = MappingProxyType({}),
) -> Report:
    """Write texts into cells as one step; what was written and what was not is in the report.

    ``handed`` is what came in for a text that is converted already: {person id: {field: text}}. Empty texts are skipped
    unless ``blank``: then they erase. A text that is too long and a cell that somebody else changed since it was
    ``seen`` stay out alone.
    """
    report = Report(new_changeset(), how, Written())
    edits: list[Edit] = []
    before: dict[int, dict[str, str]] = {}
    for person, texts in cells:
        before[person.id] = values_of(person)
        seen_here = seen.get(person.id, {})
        for name in sorted(texts, key=record.NORMALISING_ORDER.__getitem__):
            text = texts[name]
            if not tidy(text) and not blank:
                report.empty += 1
            elif len(tidy(text)) > record.MAX_LENGTH:
                report.refused.append((person, name, text, _too_long(name, text)))
            else:
                came_in = handed.get(person.id, {}).get(name, "")
                edits.append(Edit(person, name, text, seen_here.get(name), handed=came_in))
    report.result = change_many(edits, by=by, source=source, changeset=report.changeset)
    _compare(report, edits, before)
    return report


def put_zeros_back(persons: Iterable[Person], *, by: User, source: str) -> Report:
    """Take over the proposal "0…" of every number that lost its leading zeros, as one step."""
    cells: list[Texts] = []
    seen: dict[int, dict[str, str]] = {}  # and handed in, so
    for person in persons:
        proposal = lost_zeros(person)
        if proposal is not None:
            cells.append((person, {"identity_number": proposal["suggestion"]}))
            seen[person.id] = {"identity_number": person.identity_number}
    return write(cells, seen, by=by, source=source, how="zeros", handed=seen)


def lost_zeros(person: Person) -> Mapping[str, str] | None:
    """The problem that proposes to put the zeros back, if this record's number has it."""
    for problem in person.problems:
        if problem["field"] != "identity_number" or problem["code"] != FIX_ZEROS:
            continue
        if problem["suggestion"]:
            return problem
    return None


def _compare(report: Report, edits: Sequence[Edit], before: Seen) -> None:
    """Count and list what became of each text, from what stands there now."""
    written = {saved.person.id: saved.person for saved in report.saved}
    clashes = {(conflict.person.id, conflict.field) for conflict in report.conflicts}
    for edit in edits:
        person = written.get(edit.person.id)
        if person is None or (person.id, edit.field) in clashes:
            continue
        report.answered.append((person, edit.field))
        stored = getattr(person, edit.field)
        text_before = before[person.id][edit.field]
        _count(report, Repair(person, edit.field, edit.text, stored, text_before))
    _count_implied(report, edits, before)
    if any(edit.field == "identity_number" for edit in edits):
        report.zeros = list(filter(lost_zeros, written.values()))


def _count_implied(report: Report, edits: Sequence[Edit], before: Seen) -> None:
    """Cells without a text of their own: a former commune brings its new province, a whole address its other parts."""
    places = {edit.person.id: edit.text for edit in edits if edit.field in _RESIDENCE}
    edited = {(edit.person.id, edit.field) for edit in edits}
    for saved in report.saved:
        person = saved.person
        for name in _RESIDENCE:
            stored = getattr(person, name)
            is_other = name in saved.cells and (person.id, name) not in edited
            if is_other and stored != before[person.id][name]:
                report.answered.append((person, name))
                text = places.get(person.id, "")
                _count(report, Repair(person, name, text, stored, before[person.id][name]))


def _count(report: Report, change: Repair) -> None:
    if change.stored == change.before:
        report.same += 1
        return
    report.written += 1
    if change.stored != change.typed:
        report.repairs.append(change)
    if change.before:
        report.replaced.append(change)


def _too_long(name: str, text: str) -> str:
    label = record.FIELD[name].label
    length = len(tidy(text))
    return (
        f"{label} dài {length} ký tự, nhiều nhất là {record.MAX_LENGTH}: hãy rút ngắn rồi nhập lại."
    )
