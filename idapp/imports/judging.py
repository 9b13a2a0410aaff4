"""What a row of a file would do to the school, judged before anything is written.

A judged row is an ``ImportRow``: ``values`` is what the row says (in stored form; a bad cell as it stood), ``seen``
what the record holds now, for exactly the cells that would be written. ``repairs`` keeps the file's text where it was
brought into form. Verdicts:

    new       nobody of the school is meant: a record would be created
    changed   at least one cell would be written
    same      nothing to do
    conflict  a cell was changed both in the file and in the system since the file was exported: somebody must choose
    wrong     nothing of the row can be used; ``problems`` says why

What the file says arrives: a wrong text comes into an empty cell, and into a new record, with its error, so that the
teacher sees it in the class table. Over a good one it does not come by itself (``quality``): it is decided like a
conflict, and the record keeps what it has until then. Only a cell that cannot be read at all stays out, and leaves the
rest of its row usable. What is only odd is written and told: every warning that the record would have and has not now.
An empty cell never erases; "xóa" does. A lost leading zero is put back only where birth year and sex confirm it, and
shown as a repair. An error that the record has already is told too, so that a file sent again unmended says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idapp.imports import address_questions
from idapp.imports.assessment import Assessment, RowAssessor, choices_about_worse, proposed_values
from idapp.imports.column_repairs import said_once
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.decisions import CONFLICT, Choice, choice
from idapp.imports.drafts import Draft, DraftMaker
from idapp.imports.duplicates import with_second_rows_stopped
from idapp.imports.import_context import ImportContext
from idapp.imports.judged_rows import JudgedRows, Judgement
from idapp.imports.linking import link_rows
from idapp.imports.marks import ASKED
from idapp.imports.new_codes import SharedCodes
from idapp.imports.newcomers import Newcomers
from idapp.imports.row_reader import RowReader
from idapp.models import ImportRow, Person, User
from idapp.people import values_of
from idapp.permissions import may_move_between_classes
from idapp.rules import catalogues
from idapp.rules.class_name import class_key
from idapp.rules.folding import fold
from idapp.rules.problem import Problem

_OTHER_NAME = Problem(
    "full_name",
    "other_name",
    "Tên khác hẳn tên trong hồ sơ: hãy xem dòng này có đúng là của người ấy không.",
    level="warning",
)
# not worth a word where the row changes nothing
_IDLE = {"other_record", "hidden_row", "perhaps_swapped"}


@dataclass(frozen=True)
class Judged:
    """What a file would do.

    rows   unsaved
    aside  how many rows were left aside: ``other_class``, ``left``
    notes  sentences about columns that were read otherwise than they stand
    addresses  what ``Import.addresses`` is to hold
    """

    rows: list[ImportRow]
    aside: dict[str, int]
    notes: list[str]
    addresses: dict[str, Any] = field(default_factory=dict)


def judge(reading: ParsedWorkbook, by: User, present: Mapping[str, str] | None = None) -> Judged:
    """Judge every row of a file for the user who brought it. Writes nothing.

    ``present``: what the user said about who is still at the school (``presence``).

    1. Read each row, link it with its record, bring its cells into the form in which they are stored.
    2. Stop the second of two rows for one record, and somebody new with a code that another row gives to another.
    3. Compare what is left with the records, and assess what would come in.
    """
    context = ImportContext(reading, by)
    reader = RowReader(context)
    read_rows = reader.rows()
    links = link_rows(read_rows, context)
    maker = DraftMaker(context, present or {})
    drafts = maker.drafts(read_rows, links)
    drafts = with_second_rows_stopped(drafts, with_sheet=reading.has_sheets)
    drafts = SharedCodes(drafts, with_sheet=reading.has_sheets).with_new_people_stopped(drafts)
    rows = RowClassifier(context, drafts).rows()
    notes = said_once([*reading.notes, *reader.repairs.notes, *maker.notes_about_left()])
    addresses = address_questions.ask(maker.addresses, rows)
    return Judged(rows, _aside(reader, maker), notes, addresses)


def _aside(reader: RowReader, maker: DraftMaker) -> dict[str, int]:
    counts = {
        "other_class": reader.of_other_class,
        "left": sum(len(lines) for lines in maker.left.values()),
    }
    return {kind: n for kind, n in counts.items() if n}


@dataclass(frozen=True)
class _Comparison:
    """Where a row differs from its record.

    values     of the row, class and state included      seen  {cell: what the record holds now} where they differ
    conflicts  {cell: choice} where both sides changed
    """

    values: dict[str, str]
    seen: dict[str, str]
    conflicts: dict[str, Choice]


class RowClassifier:
    """Gives each row of one file its verdict."""

    def __init__(self, context: ImportContext, drafts: list[Draft]) -> None:
        self._drafts = drafts
        self._matcher = context.matcher
        self._edited = context.matcher.exported
        self._kind = context.kind
        self._is_ours = context.reading.shape == "own"
        self._may_move = may_move_between_classes(context.by)
        self._newcomers = Newcomers(context, drafts)
        self._assessor = RowAssessor(context, drafts)
        self._judged_rows = JudgedRows(context)

    def rows(self) -> list[ImportRow]:
        """The judged rows, unsaved, in the order of the file."""
        return [self._row(draft) for draft in self._drafts]

    def _row(self, draft: Draft) -> ImportRow:
        stop = draft.stop
        if stop is None and draft.person is None:
            stop = self._newcomers.why_not_created(draft)
        if stop is None:
            return self._judged_rows.row(draft, self._judgement(draft))
        # what stops the row may have been noticed as a warning before, and is said once
        others = [problem for problem in draft.problems if problem.message != stop.message]
        return self._judged_rows.row(draft, Judgement("wrong", draft.values, [stop, *others]))

    def _judgement(self, draft: Draft) -> Judgement:
        """The verdict about a row of which something can be used.

        1. Compare it with its record, cell by cell.
        2. Assess the cells that differ: what is wrong, odd, or worse than what stands there.
        3. Somebody new may be somebody known: that is asked, and nothing else.
        """
        compared = self._compare(draft)
        assessed = self._assessor.assess(draft, compared.seen)
        values = compared.values | proposed_values(draft, assessed.worse)
        choices = _choices(compared, assessed)
        problems = [*draft.problems, *assessed.errors]
        verdict = _verdict(draft, assessed.seen, choices)
        if verdict == "new":
            doubts, choices = self._who_is_it(draft)
            problems += doubts
        if verdict == "same":
            problems = [problem for problem in problems if problem.code not in _IDLE]
        suspicious = self._suspicious(draft, assessed.seen, values)
        return Judgement(
            verdict,
            values,
            [*problems, *assessed.odd, *suspicious],
            seen=assessed.seen,
            standing=assessed.standing,
            choices=choices,
        )

    def _who_is_it(self, draft: Draft) -> tuple[list[Problem], dict[str, Choice]]:
        """Why nobody can tell whose row a new one is, and the choice that waits for it; both empty for most."""
        if draft.question is not None:
            # the link has put the sentence among the problems already
            return [], {"": choice(ASKED, message=draft.question.message)}
        namesake = self._newcomers.namesake(draft)
        if namesake is None:
            return [], {}
        return [namesake], {"": choice(ASKED, message=namesake.message)}

    # the comparison

    def _compare(self, draft: Draft) -> _Comparison:
        person = draft.person
        if person is None:
            seen = {name: "" for name, text in draft.values.items() if text}
            return _Comparison(draft.values, seen, {})
        stored = values_of(person)
        edited = self._edited.get(person.id, {})
        seen = {}
        conflicts: dict[str, Choice] = {}
        for name, text in draft.values.items():
            now = stored[name]
            exported, sentence = edited.get(name, (now, ""))
            if not self._says_something_new(draft, name, now):
                continue
            if name in edited and text == exported:
                continue  # the file still holds what somebody has since corrected here
            seen[name] = now
            if exported != now:  # edited, and not put back since
                conflicts[name] = choice(CONFLICT, message=sentence)
        values = dict(draft.values)
        self._compare_state(draft, person, values, seen)
        self._compare_class(draft, person, values, seen)
        return _Comparison(values, seen, conflicts)

    def _says_something_new(self, draft: Draft, name: str, now: str) -> bool:
        text = draft.values[name]
        if text == now:
            return False
        # a list of birth years says nothing new to a record with the day
        is_known_year = name == "date_of_birth" and now.endswith(f"/{text}")
        return self._is_ours or not is_known_year

    def _compare_state(
        self, draft: Draft, person: Person, values: dict[str, str], seen: dict[str, str]
    ) -> None:
        if catalogues.is_present(self._kind, draft.state) == person.active:
            return
        # who stands in a list without a word about it is at the school
        values["state"] = draft.state or catalogues.PRESENT[person.kind]
        seen["state"] = person.state

    def _compare_class(
        self, draft: Draft, person: Person, values: dict[str, str], seen: dict[str, str]
    ) -> None:
        if not draft.class_name or not self._may_move:
            return
        old = ""
        if person.school_class is not None:
            old = person.school_class.name
        if class_key(old) != class_key(draft.class_name):
            values["school_class"] = draft.class_name
            seen["school_class"] = old

    # what is odd about the row as a whole

    def _suspicious(
        self, draft: Draft, seen: dict[str, str], values: dict[str, str]
    ) -> list[Problem]:
        """A name that would become quite another; a number that another has now and gives away in this file; somebody
        new who may be in it twice."""
        problems = []
        old_name = seen.get("full_name", "")
        new_name = values.get("full_name", "")
        if old_name and new_name and _is_quite_other(old_name, new_name):
            problems.append(_OTHER_NAME)
        if "identity_number" in seen:
            problems += self._others_number(draft, values["identity_number"])
        if draft.person is None:
            problems += self._newcomers.perhaps_twice(draft)
        return problems

    def _others_number(self, draft: Draft, number: str) -> list[Problem]:
        for holder in self._matcher.holders_of_number(number):
            if holder is draft.person:
                continue
            if self._assessor.shared.is_shared(draft, number, changes=True):
                return []  # the duplicate says whose it is
            sentence = (
                f"Số này đang là của {holder.full_name}: "
                "hãy xem cột số trong tệp có bị lệch dòng không."
            )
            return [Problem("identity_number", "others_number", sentence, level="warning")]
        return []


def _choices(compared: _Comparison, assessed: Assessment) -> dict[str, Choice]:
    """The conflicts, and what is worse than the good value of the record; a cell is decided once."""
    choices = {name: made for name, made in compared.conflicts.items() if name in assessed.seen}
    for name, made in choices_about_worse(assessed.worse).items():
        choices.setdefault(name, made)
    return choices


def _verdict(draft: Draft, seen: dict[str, str], choices: dict[str, Choice]) -> str:
    if draft.person is None:
        return "new"
    if seen and choices:
        return "conflict"
    if seen:
        return "changed"
    if any(problem.level == "error" for problem in draft.problems):
        return "wrong"
    return "same"


def _is_quite_other(old_name: str, new_name: str) -> bool:
    """Too far for a corrected name: another family, or another given name with nothing else in common.

    >>> [_is_quite_other("Nguyễn Thị An", name) for name in ("Nguyễn Thị Anh", "Bùi Thị Dung", "Nguyễn Bình")]
    [False, True, True]
    """
    old = fold(old_name).split()
    new = fold(new_name).split()
    shared = {*old} & {*new} - {"thi", "van"}
    if not shared:
        return True
    return shared == {old[0]} and old[-1][0] != new[-1][0]
