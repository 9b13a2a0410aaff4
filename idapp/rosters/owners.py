"""Whose the columns are that stand behind a parent's name without saying it.

Right behind "Họ tên mẹ" a second "Số CCCD" is the mother's, whichever of the two is filled; an only one may be hers or
the child's, and nobody can say it but the user.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idapp.rosters.fields import (
    COUNTERS,
    GROUP_SIGN,
    NOBODY_KNOWS,
    UNUSED,
    Meaning,
    heading_key,
    is_insurance,
    is_personal,
)
from idapp.rosters.row_cells import ColumnsOf

COUNTER = "counter"
_PARENTS = frozenset({"father_name", "father_birth_year", "mother_name", "mother_birth_year"})
# what a parent has as well as the pupil, and a list therefore may hold of both under one heading
_OF_ANYBODY = frozenset(
    {
        "identity_number",
        "date_of_birth",
        "gender",
        "ethnic_group",
        "nationality",
        "address",
        "residence",
        "present_residence",
        "birth_day",
        "birth_day_month",
        "birth_month",
        "birth_year",
    }
)
_MUST_BE_CERTAIN = frozenset({"identity_number", "date_of_birth"})
_ENOUGH = 3  # lines


@dataclass(frozen=True)
class Column:
    """One column: where it stands (from 0), its heading as one line says it, and what that means."""

    index: int
    heading: str
    meaning: Meaning = NOBODY_KNOWS

    @property
    def key(self) -> str:
        """The heading for comparing."""
        return heading_key(self.heading)

    @property
    def token(self) -> str:
        """What the column is, for comparing lists: its field, or its heading where it has none."""
        if self.key in COUNTERS:
            return COUNTER
        return self.meaning.field or self.key

    @property
    def is_own(self) -> bool:
        """Is it the pupil's or teacher's, and of use?"""
        if self.meaning.field in ("", UNUSED):
            return False
        return not self.meaning.whose or self.meaning.field in _PARENTS

    @property
    def is_foreign(self) -> bool:
        """Is it another person's, or an insurance card's?"""
        if self.meaning.field in _PARENTS:
            return False
        return bool(self.meaning.whose) or is_insurance(self.heading)


class Owners:
    """Who owns the columns of one list.

    A *run* begins with the column of another person's name and goes on as long as the headings are such as anybody has.
    It is *named* where one of its headings names the person again ("Năm sinh mẹ"): who writes so would have written
    "Số CCCD mẹ" too.

    doubtful  {field: the columns of which nobody can say whether they are the pupil's}
    suspect   {column: how many lines must contradict it}: taken for the pupil's, though it stands behind what is
              another person's; in the ministry's own form, behind "Năm sinh mẹ", one wrong number proves nothing
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._run_of: dict[int, int] = {}
        self._named_runs: set[int] = set()
        self._parents: set[int] = set()
        self.doubtful: ColumnsOf = {}
        self.suspect: dict[int, int] = {}
        self._runs_of_names: set[int] = set()
        self._find_runs()
        for name in _OF_ANYBODY:
            candidates = self._candidates_for(name)
            if candidates and name in _MUST_BE_CERTAIN:
                self.doubtful[name] = tuple(column.index for column in candidates)

    def is_a_parents(self, column: Column) -> bool:
        """Is it another person's only by where it stands?"""
        return column.index in self._parents

    def behind(self, headings: Sequence[str]) -> dict[int, str]:
        """{column: the heading of the name it stands behind} of those that are another person's for it."""
        return {index: headings[self._run_of[index]] for index in sorted(self._parents)}

    def _find_runs(self) -> None:
        """Notes to which run each column belongs: a run is named by the column of the name it begins with."""
        run: int | None = None
        for column in self._columns:
            if column.meaning.whose:
                run = self._run_after(column, run)
            elif run is not None and _is_of_anybody(column):
                self._run_of[column.index] = run
            else:
                run = None

    def _run_after(self, column: Column, run: int | None) -> int | None:
        """The run that goes on, or begins, behind a column of another person; None where there is none."""
        is_below_group = GROUP_SIGN in column.heading
        if column.meaning.names:
            self._runs_of_names.add(column.index)
            # below a group the group says how far the other person's columns go
            return None if is_below_group else column.index
        if is_below_group:
            return self._run_through_group(column, run)
        if run is None:
            run = column.index
        self._named_runs.add(run)
        return run

    def _run_through_group(self, column: Column, run: int | None) -> int | None:
        """A column below a group goes on with a run where anybody has such a column, else ends it."""
        if run is None or not _is_of_anybody(column):
            return None
        self._run_of[column.index] = run
        return run

    def _candidates_for(self, name: str) -> list[Column]:
        """Notes which columns of a field are a parent's; returns those among which somebody must choose.

        1. Where no column stands behind a parent's name, all are the pupil's.
        2. Where one stands elsewhere, that is the pupil's, and the others are the parents'.
        3. Where several stand behind names of their own, they are those persons', and the pupil has none.
        4. An only one behind a name may be the pupil's all the same.
        """
        behind: list[Column] = []
        outside: list[Column] = []
        for column in self._columns:
            if column.meaning.field != name or column.meaning.whose:
                continue
            if column.index in self._run_of:
                behind.append(column)
            else:
                outside.append(column)
        if not behind:
            return []
        if outside:
            return self._beside_the_pupils(behind, outside)
        if len(behind) > 1:
            return self._behind_several_names(behind)
        return self._behind_one_name(behind[0])

    def _behind_several_names(self, behind: list[Column]) -> list[Column]:
        """Father's and mother's, each behind the name; two behind one name may be anybody's."""
        runs = {self._run_of[column.index] for column in behind}
        if len(runs) < len(behind):
            return behind
        self._parents.update(column.index for column in behind)
        return []

    def _behind_one_name(self, column: Column) -> list[Column]:
        """The only column of the field: the pupil's where the run is named, and else nobody can say.

        Taken for the pupil's it stays suspect: so many lines must contradict it as ``suspect`` says.
        """
        run = self._run_of[column.index]
        if run not in self._named_runs:
            return [column]
        self.suspect[column.index] = _ENOUGH if run in self._runs_of_names else 1
        return []

    def _beside_the_pupils(
        self, behind: Sequence[Column], outside: Sequence[Column]
    ) -> list[Column]:
        """The pupil has a column of the field: what stands behind a parent's name is the parent's."""
        keys = {column.key for column in outside}
        unsure: list[Column] = []
        for column in behind:
            if self._may_be_the_pupils(column, keys):
                unsure.append(column)
            else:
                self._parents.add(column.index)
        if not unsure:
            return []
        return [*outside, *unsure]

    def _may_be_the_pupils(self, column: Column, keys: set[str]) -> bool:
        """Behind "Năm sinh mẹ" another heading than the pupil's: a card beside a number, whosever it is.

        ``keys`` are those of the pupil's own columns of the field.
        """
        if column.meaning.field != "identity_number" or column.key in keys:
            return False
        return self._run_of[column.index] in self._named_runs


def _is_of_anybody(column: Column) -> bool:
    """Is it a column that a parent has as well as a pupil?"""
    return column.meaning.field in _OF_ANYBODY or is_personal(column.heading)
