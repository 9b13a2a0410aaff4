"""Third step of judging a row: its cells in stored form, read inside the record they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idapp.imports import presence
from idapp.imports.addresses import AddressRead, FileAddresses
from idapp.imports.import_context import ImportContext
from idapp.imports.linking import Link
from idapp.imports.present_texts import present_texts
from idapp.imports.row_reader import ReadRow, add_once
from idapp.models import Person, SchoolClass
from idapp.people import values_of
from idapp.people.former_numbers import is_former
from idapp.people.identifiers import says_the_same
from idapp.rosters import FoundRow
from idapp.rosters.linkage import Identifiers
from idapp.rules import catalogues, record
from idapp.rules.folding import tidy, tone_key
from idapp.rules.problem import Problem

_ERASE = tone_key("xóa")
_LINES_SHOWN = 30
_MAY_NOT_ERASE = {"full_name"}
_LOST_ZEROS = (10, 11)  # digits of a number that has 12


@dataclass(frozen=True)
class Draft:
    """One row on its way to a verdict: what it says (``row_reader``), whose it is (``linking``), what would be stored.

    source      the row of the workbook           raw      {field: text as it stood}
    values      {field: text in stored form}      state    as stored, "" for whoever is simply there
    problems    noticed so far                    context  what the rules look at besides the record
    """

    source: FoundRow
    raw: dict[str, str]
    problems: list[Problem]
    class_name: str
    damaged_class: str
    school_class: SchoolClass | None
    person: Person | None
    identifiers: Identifiers
    id_refused: bool
    stop: Problem | None
    question: Problem | None
    state: str
    values: dict[str, str]
    address: AddressRead
    context: record.RecordContext

    def place(self, *, with_sheet: bool) -> str:
        """Where the row stands, in words for the user."""
        if with_sheet:
            return f"dòng {self.source.number} của sheet “{self.source.sheet}”"
        return f"dòng {self.source.number}"


class DraftMaker:
    """Brings the rows of one file into form; leaves out who has left and was never here.

    addresses  of the whole file       left  {state: lines of those who are not entered}
    """

    def __init__(self, context: ImportContext, present: Mapping[str, str]) -> None:
        self._context = context
        self._present = present
        self._kind = context.reading.kind
        self.addresses = FileAddresses(context.reading, context.today)
        self.left: dict[str, list[int]] = defaultdict(list)

    def drafts(self, rows: Sequence[ReadRow], links: Sequence[Link]) -> list[Draft]:
        """The drafts of the rows, in their order."""
        drafts = []
        for row, link in zip(rows, links, strict=True):
            state = presence.state_of(row.source, self._kind, self._present)
            is_new = link.person is None and link.stop is None
            # a state nobody knows does not remove anybody
            if is_new and not catalogues.is_present(self._kind, state):
                self.left[state].append(row.source.number)
            else:
                drafts.append(self._draft(row, link, state))
        return drafts

    def notes_about_left(self) -> list[str]:
        """Which lines are not entered because those people have left, a sentence for each state; no names of them."""
        notes = []
        for state, lines in self.left.items():
            shown = presence.listed(lines, _LINES_SHOWN)
            notes.append(f"Không nhập vì trạng thái là “{tidy(state)[:60]}”: {shown}.")
        return notes

    def _draft(self, row: ReadRow, link: Link, state: str) -> Draft:
        # the record found may have a class and an epoch of its own
        context = self._context.record_context(row.in_class.school_class, link.person)
        texts = present_texts(row.texts, context)
        address = self.addresses.read(texts, row.source, context.epoch)
        raw = _without_unasked(row.raw, context)
        if address.whole and address.written and "commune" not in raw:
            raw = {**raw, "commune": address.whole}
        problems = [*row.problems, *link.problems]
        values = self._stored_values(address.texts, link.person, context, problems)
        _keep_good_writing(values, link.person)
        self._keep_number_over_former(values, link.person, problems)
        return Draft(
            source=row.source,
            raw=raw,
            problems=problems,
            class_name=row.in_class.name,
            damaged_class=row.in_class.damaged,
            school_class=row.in_class.school_class,
            person=link.person,
            identifiers=link.identifiers,
            id_refused=link.id_refused,
            stop=link.stop,
            question=link.question,
            state=state,
            values=values,
            address=address,
            context=context,
        )

    def _keep_number_over_former(
        self, values: dict[str, str], person: Person | None, problems: list[Problem]
    ) -> None:
        """An older list knows the person by a former number; the number of today stays, and the user is told."""
        if person is None:
            return
        former = self._context.matcher.former_numbers.get(person.id, ())
        text = values.get("identity_number", "")
        if is_former(text, person.identity_number, former):
            values["identity_number"] = person.identity_number
            add_once(problems, _former_number(text))

    def _stored_values(
        self,
        texts: Mapping[str, str],
        person: Person | None,
        context: record.RecordContext,
        problems: list[Problem],
    ) -> dict[str, str]:
        """Every cell in stored form, in the order in which one is read by another; adds to ``problems``."""
        merged: dict[str, str] = {}
        if person is not None:
            merged = values_of(person)
        values: dict[str, str] = {}
        for name in self._context.normalising_order:
            text = texts.get(name, "")
            if not text:
                continue
            if _says_erase(text) and merged.get(name) != text:
                _erase(name, values, problems)
                continue
            try:
                stored = self._context.normalise(name, text, merged, context)
            except Problem as too_long:
                add_once(problems, too_long)
                continue
            if stored:
                values[name] = merged[name] = stored
        if len(values.get("identity_number", "")) in _LOST_ZEROS:
            _put_zeros_back(values, merged, context)
        return values


def _without_unasked(raw: dict[str, str], context: record.RecordContext) -> dict[str, str]:
    """The present residence of a pupil of whom it is not asked leaves no trace."""
    if context.with_present:
        return raw
    return {name: text for name, text in raw.items() if name not in record.PRESENT}


def _says_erase(text: str) -> bool:
    """Is it "xóa", however the tone is placed? Most cells are too long to be."""
    return len(text) <= 4 and text[:1] in ("x", "X") and tone_key(text) == _ERASE


def _erase(name: str, values: dict[str, str], problems: list[Problem]) -> None:
    if name not in _MAY_NOT_ERASE:
        values[name] = ""
        return
    message = f"{record.FIELD[name].label} không xóa được bằng tệp."
    problems.append(Problem(name, "may_not_erase", message))


def _put_zeros_back(
    values: dict[str, str], merged: dict[str, str], context: record.RecordContext
) -> None:
    """Only as the rule proposes it, which asks the year of birth and the sex."""
    for problem in record.problems_of(merged, context):
        is_of_number = problem.field == "identity_number" and problem.level == "error"
        if is_of_number and problem.suggestion:
            values["identity_number"] = problem.suggestion
            return


def _former_number(text: str) -> Problem:
    message = f"{text} là số cũ của người này: giữ số đang ghi trong hồ sơ."
    return Problem("identity_number", "former_number", message, level="warning")


def _keep_good_writing(values: dict[str, str], person: Person | None) -> None:
    """The code or the number by which the record was found, only written worse, is nothing new."""
    if person is None:
        return
    for name in ("ministry_code", "identity_number"):
        stored: str = getattr(person, name)
        if says_the_same(name, values.get(name, ""), stored):
            values[name] = stored
