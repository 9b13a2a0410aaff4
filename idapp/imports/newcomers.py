"""Rows of people whom the school does not have: may they be created, and may they be somebody known after all?"""

from collections.abc import Sequence
from dataclasses import replace

from idapp.imports.drafts import Draft
from idapp.imports.duplicates import NewRows
from idapp.imports.import_context import ImportContext
from idapp.imports.row_reader import damaged_class
from idapp.models import Person
from idapp.rosters.linkage import Identifiers
from idapp.rules.folding import tone_key
from idapp.rules.problem import Problem

_LONGEST_CLASS_NAME = 30
_NO_CLASS = Problem(
    "school_class",
    "no_class",
    "Dòng này không cho biết lớp: hãy điền cột Lớp (ví dụ 5A).",
)
_LONG_CLASS_NAME = Problem("school_class", "bad_class_name", "Tên lớp viết ngắn gọn, ví dụ 5A.")
_NO_NAME = Problem("full_name", "missing", "Dòng này không có họ tên: hãy điền họ tên.")
_NO_CODE = Problem(
    "ministry_code",
    "missing",
    "Dòng này không có mã định danh Bộ GD&ĐT nên không biết là của ai.",
)


class Newcomers:
    """The new people of one file beside those of the school, and beside each other."""

    def __init__(self, context: ImportContext, drafts: Sequence[Draft]) -> None:
        self._matcher = context.matcher
        self._shape = context.reading.shape
        self._are_pupils = context.reading.kind == "student"
        # ids of the records that rows of the file mean
        self._named = {draft.person.id for draft in drafts if draft.person is not None}
        self._new_rows = NewRows(drafts)

    def why_not_created(self, draft: Draft) -> Problem | None:
        """What keeps a record from being created of the row; None if nothing does."""
        if not draft.values.get("full_name"):
            return self._nameless(draft)
        if self._are_pupils and draft.damaged_class:
            return replace(damaged_class(draft.damaged_class), level="error")
        if self._are_pupils and not draft.class_name:
            return _NO_CLASS
        # a sentence in the wrong column founds no class
        if len(draft.class_name) > _LONGEST_CLASS_NAME:
            return _LONG_CLASS_NAME
        return None

    def _nameless(self, draft: Draft) -> Problem:
        if self._shape != "form416":
            return _NO_NAME
        code = draft.values.get("ministry_code")
        if not code:
            return _NO_CODE
        sentence = (
            f"Trường không có hồ sơ nào mang mã {code}: "
            "hãy nhập hồ sơ học sinh (4.1.1) trước, hoặc sửa mã."
        )
        return Problem("ministry_code", "unknown_code", sentence)

    def namesake(self, draft: Draft) -> Problem | None:
        """Somebody new, or somebody of the school whom no other row of the file means? Only the user can tell."""
        for person in self._matcher.candidates(draft.identifiers):
            if person.id not in self._named:
                return _namesake(draft.identifiers, person)
        return None

    def perhaps_twice(self, draft: Draft) -> list[Problem]:
        """A pupil added to the list of the new class who still stands in that of the old one, entered or not."""
        problem = self._new_rows.problem_of(draft)
        if problem is not None:
            return [problem]
        birth = draft.identifiers.birth
        if not birth:
            return []
        for person in self._matcher.candidates(draft.identifiers):
            if person.id in self._named and person.born == birth:
                return [_named_already(person)]
        return []


def _namesake(row: Identifiers, person: Person) -> Problem:
    born = ""
    if person.date_of_birth:
        born = f", sinh {person.date_of_birth},"
    left = ""
    if not person.active:
        left = f" ({person.state.lower()})"
    silent = ""
    if not row.birth:
        silent = ", mà dòng này không ghi ngày sinh"
    sentence = (
        f"Đã có {person.full_name}{born} ở {_where(person)}{left}{silent}. "
        f"Vẫn là một người thì {_to_join(row, person)} rồi tải tệp lên lại; "
        "đúng là người khác thì chọn lưu dòng này."
    )
    return Problem("full_name", "namesake", sentence, level="warning")


def _named_already(person: Person) -> Problem:
    sentence = (
        f"Tệp còn dòng của {person.full_name} cùng ngày sinh, đang ở {_where(person)}: "
        "là một người thì bỏ chọn dòng này."
    )
    return Problem("full_name", "namesake", sentence, level="warning")


def _where(person: Person) -> str:
    if person.school_class is None:
        return "trường"
    return f"lớp {person.school_class.name}"


def _to_join(row: Identifiers, person: Person) -> str:
    """What must be done for the row to find the record."""
    if not person.active:
        return "đổi trạng thái của hồ sơ ấy"
    if row.name_key != tone_key(person.full_name):
        return "ghi đúng họ tên trong tệp"
    if row.birth and row.birth != person.born:
        return "sửa ngày sinh của hồ sơ ấy"
    return "chuyển lớp cho hồ sơ ấy"
