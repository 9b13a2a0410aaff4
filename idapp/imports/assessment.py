"""What the cells of a row would bring into its record, assessed before anything is written.

``RowAssessor.assess`` answers the errors and warnings that would stand there, and the cells that are worse than what
the record holds (``quality``); ``choices_about_worse`` makes of these what somebody decides on the check page.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from idapp.database import rows
from idapp.imports.decisions import WORSE, Choice, choice
from idapp.imports.drafts import Draft
from idapp.imports.import_context import ImportContext
from idapp.imports.new_codes import ASKED_CODES, CODE, SharedCodes, why_asked
from idapp.imports.quality import (
    NOT_IN_CATALOGUE,
    is_spelling_of,
    is_worth_assessing,
    quality,
    shares_words,
    worse_cells,
)
from idapp.imports.shared_numbers import SharedNumbers
from idapp.models import Person
from idapp.people import values_of
from idapp.rosters.dates import is_swapped
from idapp.rules import catalogues, places, record
from idapp.rules.folding import fold
from idapp.rules.problem import Problem

_BARE = Problem(
    "full_name", "bare_name", "Tên trong tệp không có dấu, có thể tệp bị mất dấu.", level="warning"
)

_BIRTH = "date_of_birth"
_SWAPPED = Problem(
    _BIRTH,
    "swapped_day",
    "Ngày và tháng sinh trong tệp đổi chỗ so với hồ sơ: Excel hay gây ra lỗi này.",
    level="warning",
)

_FOREIGN = Problem(
    "nationality",
    "becomes_foreign",
    "Quốc tịch nước ngoài: hồ sơ sẽ là “Ngoài diện”, không gửi xác thực, không tính vào tỷ lệ.",
    level="warning",
)


@dataclass(frozen=True)
class Assessment:
    """What the cells of a row would bring into its record.

    seen      {cell: text of the record} of the cells to be written; without those that are only spelt otherwise
    errors    of the cells that come in or wait for a decision
    standing  errors of cells that say what the record holds already
    odd       warnings that the record has not now
    worse     {cell: why} what must not replace a good value unasked
    """

    seen: dict[str, str]
    errors: list[Problem] = field(default_factory=list)
    standing: list[Problem] = field(default_factory=list)
    odd: list[Problem] = field(default_factory=list)
    worse: dict[str, Problem] = field(default_factory=dict)


class RowAssessor:
    """Assesses the rows of one file; knows who has an error or is verified now, and who would hold which number."""

    def __init__(self, context: ImportContext, drafts: list[Draft]) -> None:
        visible = {person.id: person for person in context.matcher.people}
        self.shared = SharedNumbers(drafts, visible, with_sheet=context.reading.has_sheets)
        self._codes = SharedCodes(drafts, with_sheet=context.reading.has_sheets)
        self._faulty, self._verified = _read_standing()

    def assess(self, draft: Draft, seen: dict[str, str]) -> Assessment:
        """Assess the cells of ``seen``, {cell: text of the record}, against the record.

        A cell that is worse is set aside and the rest assessed again without it, until nothing is worse: what is told
        is what would stand there if nobody decided anything.
        """
        if not self._is_worth_a_look(draft, seen):
            return Assessment(seen)
        stored: dict[str, str] = {}
        if draft.person is not None:
            stored = values_of(draft.person)
        seen, worse, problems = self._set_aside(draft, seen, stored)
        aside = list(dict.fromkeys(worse.values()))
        coming = []
        standing = []
        for problem in problems:
            name = problem.field
            # an empty cell is not the doing of the file
            if problem.level != "error" or problem.code == "missing":
                continue
            if name not in seen:
                if _agrees(draft, name, stored):
                    standing.append(problem)
            elif name not in worse:
                coming.append(problem)
        odd = _of_level("warning", aside) + self._new_warnings(draft, problems)
        if _becomes_foreign(draft, seen, worse):
            odd.append(_FOREIGN)
        return Assessment(
            seen,
            errors=coming + _of_level("error", aside),
            standing=standing,
            odd=odd,
            worse=worse,
        )

    def _set_aside(
        self, draft: Draft, seen: dict[str, str], stored: dict[str, str]
    ) -> tuple[dict[str, str], dict[str, Problem], list[Problem]]:
        """What is left of ``seen``, its cells that are worse than what is stored, and the problems of the record
        without these."""
        worse = _suspicious_changes(draft, seen) | self._suspicious_code(draft, seen)
        while True:
            cells = [name for name in seen if name in record.FIELD and name not in worse]
            merged = stored | {name: draft.values[name] for name in cells}
            problems = self._problems(draft, merged, cells)
            respelt = _respelt(problems, draft, cells, stored)
            if respelt:
                seen = {name: text for name, text in seen.items() if name not in respelt}
                continue
            more = self._worse(draft, problems, stored, cells)
            if not more:
                return seen, worse, problems
            worse |= more

    def _suspicious_code(self, draft: Draft, seen: dict[str, str]) -> dict[str, Problem]:
        if CODE not in seen:
            return {}
        problem = self._codes.problem_of(draft) or why_asked(draft, seen[CODE])
        return {CODE: problem} if problem else {}

    def _is_worth_a_look(self, draft: Draft, seen: dict[str, str]) -> bool:
        if draft.person is None or draft.person.id in self._faulty:
            return True
        if not record.FIELD.keys().isdisjoint(seen):
            return True
        number = draft.values.get("identity_number", "")
        return self.shared.is_shared(draft, number, changes=False)

    def _problems(
        self, draft: Draft, merged: dict[str, str], cells: Collection[str]
    ) -> list[Problem]:
        """Of the record as these cells would leave it. A number that another has is told with the other's name."""
        changes = "identity_number" in cells
        number = merged.get("identity_number", "")
        if not changes and number != draft.values.get("identity_number"):
            number = ""  # the file does not speak of this number
        shared = ""
        if number and self.shared.is_shared(draft, number, changes=changes):
            # not "class": whom the user sees there is named instead, and whom not is in another class
            shared = "school"
        problems = record.problems_of(merged, self._context(draft, cells, shared))
        if not shared:
            return problems
        return [self._with_names(draft, number, problem, changes=changes) for problem in problems]

    def _with_names(self, draft: Draft, number: str, problem: Problem, *, changes: bool) -> Problem:
        if problem.code != "duplicate":
            return problem
        return self.shared.with_names(draft, number, problem, changes=changes)

    def _context(
        self, draft: Draft, cells: Collection[str], same_number: str = ""
    ) -> record.RecordContext:
        """What the rules look at; the register's word counts while no cell changes what it confirmed."""
        context = draft.context
        if same_number:
            context = replace(context, same_number=same_number)
        is_verified = draft.person is not None and draft.person.id in self._verified
        if is_verified and not any(record.FIELD[name].identity for name in cells):
            return replace(context, confirmed=True)
        return context

    def _worse(
        self,
        draft: Draft,
        problems: list[Problem],
        stored: dict[str, str],
        cells: Collection[str],
    ) -> dict[str, Problem]:
        if not is_worth_assessing(problems, stored):
            return {}
        before = record.problems_of(stored, self._context(draft, ()))
        return worse_cells(problems, before, stored, cells)

    def _new_warnings(self, draft: Draft, problems: list[Problem]) -> list[Problem]:
        """Those that the record has not already."""
        odd = _of_level("warning", problems)
        if not odd or draft.person is None:
            return odd
        before = record.problems_of(values_of(draft.person), self._context(draft, ()))
        known = {(p.field, p.code, p.message) for p in before}
        return [p for p in odd if (p.field, p.code, p.message) not in known]


def proposed_values(draft: Draft, worse: dict[str, Problem]) -> dict[str, str]:
    """{cell: what a catalogue proposes for a text that it does not know, but that says the same in other words}."""
    return {
        name: problem.suggestion
        for name, problem in worse.items()
        if _is_proposed(problem, draft.values[name])
    }


def choices_about_worse(worse: dict[str, Problem]) -> dict[str, Choice]:
    """{cell: choice}: what must not replace a good value unasked."""
    return {
        name: choice(WORSE, message=_why_asked(name, problem)) for name, problem in worse.items()
    }


def _read_standing() -> tuple[set[int], set[int]]:
    """Ids of who has an error now, and of who is verified: read once for all rows."""
    query = Person.select(Person.id, Person.errors, Person.status)
    standing = rows(query.where((Person.errors > 0) | (Person.status == "verified")))
    faulty = set[int]()
    verified = set[int]()
    for id_, errors, status in standing:
        if errors:
            faulty.add(id_)
        if status == "verified":
            verified.add(id_)
    return faulty, verified


def _suspicious_changes(draft: Draft, seen: dict[str, str]) -> dict[str, Problem]:
    """Changes without an error that are more likely damage than news."""
    changes: dict[str, Problem] = {}
    if _loses_diacritics(draft, seen):
        changes["full_name"] = _BARE
    if draft.person is not None and _BIRTH in seen:
        if is_swapped(draft.identifiers.birth, draft.person.born or ""):
            changes[_BIRTH] = _SWAPPED
    return changes


def _becomes_foreign(draft: Draft, seen: dict[str, str], worse: Collection[str]) -> bool:
    """Would nobody ask the register about this person any more? A column that was misread must not go unseen."""
    if "nationality" not in seen or "nationality" in worse:
        return False
    is_foreign_now = catalogues.is_foreign(seen["nationality"])
    return catalogues.is_foreign(draft.values["nationality"]) and not is_foreign_now


def _loses_diacritics(draft: Draft, seen: dict[str, str]) -> bool:
    old = seen.get("full_name", "")
    new = draft.values.get("full_name", "")
    if not new.isascii() or old.isascii():
        return False
    return bool(new) and fold(old) == fold(new)


def _respelt(
    problems: Sequence[Problem], draft: Draft, cells: Collection[str], stored: dict[str, str]
) -> set[str]:
    """Cells that only spell otherwise what the record holds: nothing to write."""
    respelt = set[str]()
    for problem in problems:
        name = problem.field
        if name in cells and is_spelling_of(problem, draft.values[name], stored):
            respelt.add(name)
    return respelt


def _is_proposed(problem: Problem, text: str) -> bool:
    """Does a catalogue propose what the text means in other words?"""
    is_unknown = quality(problem) == NOT_IN_CATALOGUE and bool(problem.suggestion)
    return is_unknown and shares_words(text, problem.suggestion)


def _agrees(draft: Draft, name: str, stored: dict[str, str]) -> bool:
    """Does the file say what the record holds?"""
    text = draft.values.get(name, "")
    return bool(text) and text == stored.get(name)


def _of_level(level: str, problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.level == level]


def _why_asked(name: str, problem: Problem) -> str:
    """Why a cell of the file does not come in by itself.

    >>> _why_asked("commune", Problem("commune", "unknown_place", ""))
    'Địa chỉ trong tệp có chỗ sai, hồ sơ đang ghi đúng: lấy bên nào thì lấy cả địa chỉ của bên ấy.'
    """
    if name in places.LEVELS:
        return (
            "Địa chỉ trong tệp có chỗ sai, hồ sơ đang ghi đúng: "
            "lấy bên nào thì lấy cả địa chỉ của bên ấy."
        )
    if problem.code in ("duplicate", "twice_in_file"):
        return "Hồ sơ đang có một số khác: chỉ lấy số trong tệp khi giấy tờ ghi đúng như vậy."
    if problem.level == "error":
        return "Giá trị trong tệp sai, hồ sơ đang có giá trị dùng được."
    if problem is _SWAPPED:
        return "Chỉ lấy ngày trong tệp khi giấy khai sinh ghi đúng như vậy."
    if problem.code in ASKED_CODES:
        return problem.message
    if problem is _BARE:
        return "Hồ sơ đang ghi tên có dấu."
    return "Giá trị trong tệp không có trong danh mục, hồ sơ đang có giá trị đúng danh mục."
