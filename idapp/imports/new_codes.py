"""Codes of the ministry that a file brings: into an empty cell or over a temporary one they come by themselves.

Everything else is asked on the check page, because a wrong code makes one child of two in the ministry's system: a code
over another code, a code that the file gives to two people, and a code for somebody whose number is another one.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import replace

from idapp.imports.drafts import Draft
from idapp.models import ImportRow
from idapp.rules import ministry_codes
from idapp.rules.problem import Problem

CODE = "ministry_code"
_DIGITS = 12
_OTHER_CODE = Problem(
    CODE,
    "other_code",
    "Hồ sơ đang có một mã khác của Bộ: xem mã nào đúng là của người này trên CSDL ngành.",
    level="warning",
)
_OTHER_NUMBER = Problem(
    CODE,
    "code_of_other_number",
    "Số định danh trong tệp khác số trong hồ sơ: chỉ lấy mã khi đúng là một người.",
    level="warning",
)
ASKED_CODES = ("other_code", "code_of_other_number", "code_twice")


class SharedCodes:
    """The codes that a file gives to several people."""

    def __init__(self, drafts: Iterable[Draft], *, with_sheet: bool) -> None:
        self._with_sheet = with_sheet
        self._drafts: dict[str, list[Draft]] = defaultdict(list)
        for draft in drafts:
            if draft.stop is None and draft.identifiers.code_key:
                self._drafts[draft.identifiers.code_key].append(draft)

    def problem_of(self, draft: Draft) -> Problem | None:
        """Why the code of this row must not come in unasked: another row gives it to somebody else."""
        for other in self._drafts[draft.identifiers.code_key]:
            if _whose(other) != _whose(draft):
                place = other.place(with_sheet=self._with_sheet)
                message = (
                    f"Mã này còn ở {place} trong tệp, của người khác: một mã chỉ của một người."
                )
                return Problem(CODE, "code_twice", message, level="warning")
        return None

    def with_new_people_stopped(self, drafts: Iterable[Draft]) -> list[Draft]:
        """The same rows; somebody new does not come in with a code that is somebody else's."""
        return [self._stopped(draft) for draft in drafts]

    def _stopped(self, draft: Draft) -> Draft:
        if draft.person is not None or draft.stop is not None:
            return draft
        problem = self.problem_of(draft)
        if problem is None:
            return draft
        return replace(draft, stop=replace(problem, level="error"))


def why_asked(draft: Draft, old: str) -> Problem | None:
    """Why the code of a row must not replace by itself what its record holds (``old``); None if it may."""
    new = draft.values.get(CODE, "")
    if draft.person is None or not ministry_codes.is_final(new):
        return (
            None  # nobody new has a code to lose; a bad text over a good one is asked about anyway
        )
    # in a workbook of ours, with its hidden id, somebody has mended the code on purpose
    if ministry_codes.is_final(old) and not draft.identifiers.record_id:
        return _OTHER_CODE
    if _is_other_number(draft.person.identity_number, draft.values.get("identity_number", "")):
        return _OTHER_NUMBER
    return None


def _is_other_number(old: str, new: str) -> bool:
    """An old card's number of nine digits, and a number that is no number yet, say nothing."""
    return len(old) == len(new) == _DIGITS and old != new


def looks_like_the_ministrys(shape: str, rows: Collection[ImportRow]) -> bool:
    """Is it a list taken from the ministry's own system? Most of its people have a code; whoever saves it says so."""
    if shape not in ("profile", "staff") or not rows:
        return False
    with_code = sum(
        ministry_codes.is_final(row.values.get(CODE, "")) or row.verdict == "same" for row in rows
    )
    return 2 * with_code > len(rows)


def _whose(draft: Draft) -> Hashable:
    return draft.person.id if draft.person is not None else None
