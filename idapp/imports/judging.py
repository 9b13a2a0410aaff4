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

``marks`` are the lists of the check page that show or count the row, ``writes`` how many cells it would write;
``raw`` is the row as it stood, kept only where it has to go back to the user for mending.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from idapp.imports import address_questions
from idapp.imports.choices import ASKED, CONFLICT, choice, recount
from idapp.imports.column_repairs import said_of
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.drafts import Draft, RowReader, damaged_class
from idapp.imports.duplicates import NewRows, stop_second_rows
from idapp.imports.marks import marks_of
from idapp.imports.weighing import Weigher, choices_about_worse
from idapp.models import ImportRow, Person, User
from idapp.people import values_of
from idapp.people.residence_edits import RESIDENCE, handed_of
from idapp.permissions import may_move_between_classes
from idapp.rosters import COUNTERS, FoundTable, heading_key
from idapp.rosters.linkage import Identifiers
from idapp.rules import catalogues, places
from idapp.rules.folding import fold, tone_key
from idapp.rules.problem import Problem
from idapp.school import class_key

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
    """
    drafter = RowReader(reading, by, present or {})
    drafts = drafter.drafts()
    stop_second_rows(drafts, with_sheet=reading.has_sheets)
    rows = RowClassifier(drafter, drafts).rows()
    of_columns = [*reading.notes, *drafter.repairs.notes]
    notes = said_of([*of_columns, *drafter.notes_about_left()])
    addresses = address_questions.ask(drafter.addresses, rows)
    return Judged(rows, dict(drafter.aside), notes, addresses)


class RowClassifier:
    def __init__(self, drafter: RowReader, drafts: list[Draft]) -> None:
        self.drafter, self.drafts = drafter, drafts
        self.reading, self.by, self.matcher, self.fields = (
            drafter.reading,
            drafter.by,
            drafter.matcher,
            drafter.fields,
        )
        self.edited = self.matcher.exported
        self.named = {draft.person.id for draft in drafts if draft.person}
        self.new_rows = NewRows(drafts)
        self.weigher = Weigher(drafter, drafts)

    def rows(self) -> list[ImportRow]:
        return [self._verdict(draft) for draft in self.drafts]

    # the verdict

    def _verdict(self, draft: Draft) -> ImportRow:
        if draft.stop is None and draft.person is None:
            draft.stop = self._cannot_create(draft)
        if draft.stop is not None:
            # what stops the row may have been noticed as a warning before, and is said once
            others = [p for p in draft.problems if p.message != draft.stop.message]
            return self._row(draft, "wrong", problems=[draft.stop, *others])
        seen, choices = self._cells_to_write(draft)
        weighed = self.weigher.weigh(draft, seen)
        choices = [made for made in choices if made["field"] in seen]
        choices += choices_about_worse(draft, weighed.worse, choices)
        problems = [*draft.problems, *weighed.errors]
        verdict = self._word(draft, seen, choices)
        if verdict == "new":
            namesake = self._namesake(draft) if draft.asked is None else []
            problems += namesake
            asked = [draft.asked] if draft.asked else namesake
            choices = [choice("", ASKED, message=one.message) for one in asked]
        if verdict == "same":
            problems = [problem for problem in problems if problem.code not in _IDLE]
        return self._row(
            draft,
            verdict,
            seen=seen,
            problems=problems + weighed.odd + self._suspicious(draft, seen),
            standing=weighed.standing,
            choices=choices,
        )

    def _word(self, draft: Draft, seen: dict[str, str], choices: list[Any]) -> str:
        if draft.person is None:
            return "new"
        if seen:
            return "conflict" if choices else "changed"
        return "wrong" if any(p.level == "error" for p in draft.problems) else "same"

    def _cannot_create(self, draft: Draft) -> Problem | None:
        if not draft.values.get("full_name"):
            return self._nameless(draft)
        if self.reading.kind == "student" and draft.damaged_class:
            return replace(damaged_class(draft.damaged_class), level="error")
        if self.reading.kind == "student" and not draft.class_name:
            return Problem(
                "school_class",
                "no_class",
                "Dòng này không cho biết lớp: hãy điền cột Lớp (ví dụ 5A).",
            )
        if len(draft.class_name) > 30:
            return Problem("school_class", "bad_class_name", "Tên lớp viết ngắn gọn, ví dụ 5A.")
        return None

    def _nameless(self, draft: Draft) -> Problem:
        code = draft.values.get("ministry_code")
        if self.reading.shape == "form416" and code:
            sentence = f"Trường không có hồ sơ nào mang mã {code}: hãy nhập hồ sơ học sinh (4.1.1) trước, hoặc sửa mã."
            return Problem("ministry_code", "unknown_code", sentence)
        if self.reading.shape == "form416":
            return Problem(
                "ministry_code",
                "missing",
                "Dòng này không có mã định danh Bộ GD&ĐT nên không biết là của ai.",
            )
        return Problem("full_name", "missing", "Dòng này không có họ tên: hãy điền họ tên.")

    def _cells_to_write(self, draft: Draft) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """{field: what the record holds now} where the file differs, and the choices where both sides changed."""
        if draft.person is None:
            return {name: "" for name, text in draft.values.items() if text}, []
        now, seen, choices = values_of(draft.person), dict[str, str](), list[dict[str, Any]]()
        edited = self.edited.get(draft.person.id, {})
        for name, text in draft.values.items():
            base, told = edited.get(name, (now[name], ""))
            if text == now[name] or (name in edited and text == base):
                continue  # nothing to do, or the file still holds what somebody has since corrected here
            if (
                name == "date_of_birth"
                and self.reading.shape != "own"
                and now[name].endswith(f"/{text}")
            ):
                continue  # a list of birth years says nothing new
            seen[name] = now[name]
            if base != now[name]:  # edited, and not put back since
                choices.append(choice(name, CONFLICT, message=told))
        self._class_and_state(draft, seen)
        return seen, choices

    def _class_and_state(self, draft: Draft, seen: dict[str, str]) -> None:
        person = draft.person
        assert person is not None  # noqa: S101 - called for a known record only
        if self.drafter.is_present(draft) != person.active:
            # who stands in a list without a word about it is at the school
            draft.values["state"], seen["state"] = (
                draft.state or catalogues.PRESENT[person.kind],
                person.state,
            )
        old = person.school_class.name if person.school_class else ""
        if (
            draft.class_name
            and class_key(old) != class_key(draft.class_name)
            and may_move_between_classes(self.by)
        ):
            draft.values["school_class"], seen["school_class"] = draft.class_name, old

    def _suspicious(self, draft: Draft, seen: dict[str, str]) -> list[Problem]:
        """A name that would become quite another; a number that another has now and gives away in this file; somebody
        new who may be in it twice."""
        old, new = seen.get("full_name", ""), draft.values.get("full_name", "")
        is_other = old and new and _is_quite_other(fold(old).split(), fold(new).split())
        name = [_OTHER_NAME] if is_other else []
        return name + self._others_number(draft, seen) + self._perhaps_twice(draft)

    def _others_number(self, draft: Draft, seen: dict[str, str]) -> list[Problem]:
        number = draft.values.get("identity_number", "") if "identity_number" in seen else ""
        holders = self.matcher.holders_of_number(number)
        holder = next((person for person in holders if person is not draft.person), None)
        if holder is None:
            return []
        if self.weigher.shared.shared_with(draft, number, changes=True):
            return []  # the duplicate says whose it is
        sentence = f"Số này đang là của {holder.full_name}: hãy xem cột số trong tệp có bị lệch dòng không."
        return [Problem("identity_number", "others_number", sentence, level="warning")]

    def _perhaps_twice(self, draft: Draft) -> list[Problem]:
        """A pupil added to the list of the new class who still stands in that of the old one, entered or not."""
        if draft.person is not None:
            return []
        if (problem := self.new_rows.problem_of(draft)) is not None:
            return [problem]
        if not draft.identifiers.birth:
            return []
        candidates = self.matcher.candidates(draft.identifiers)
        named = (person for person in candidates if person.id in self.named)
        duplicate = next((p for p in named if p.born == draft.identifiers.birth), None)
        if duplicate is None:
            return []
        where = f"lớp {duplicate.school_class.name}" if duplicate.school_class else "trường"
        sentence = (
            f"Tệp còn dòng của {duplicate.full_name} cùng ngày sinh, đang ở {where}: "
            "là một người thì bỏ chọn dòng này."
        )
        return [Problem("full_name", "namesake", sentence, level="warning")]

    def _namesake(self, draft: Draft) -> list[Problem]:
        """Somebody new, or somebody of the school whom no other row of the file means? Only the user can tell."""
        candidates = self.matcher.candidates(draft.identifiers)
        duplicate = next((p for p in candidates if p.id not in self.named), None)
        if duplicate is None:
            return []
        where = f"lớp {duplicate.school_class.name}" if duplicate.school_class else "trường"
        left = "" if duplicate.active else f" ({duplicate.state.lower()})"
        born = f", sinh {duplicate.date_of_birth}," if duplicate.date_of_birth else ""
        silent = "" if draft.identifiers.birth else ", mà dòng này không ghi ngày sinh"
        mend = _to_join(draft.identifiers, duplicate)
        sentence = (
            f"Đã có {duplicate.full_name}{born} ở {where}{left}{silent}. Vẫn là một người thì {mend} rồi "
            "tải tệp lên lại; đúng là người khác thì chọn ghi dòng này."
        )
        return [Problem("full_name", "namesake", sentence, level="warning")]

    def _row(
        self,
        draft: Draft,
        verdict: str,
        *,
        seen: dict[str, str] | None = None,
        problems: list[Problem],
        standing: Sequence[Problem] = (),
        choices: list[dict[str, Any]] | None = None,
    ) -> ImportRow:
        seen = seen or {}
        values = self._values(draft, verdict, {problem.field for problem in standing})
        row = ImportRow(
            sheet=draft.row.sheet if self.reading.has_sheets else "",
            row=draft.row.number,
            verdict=verdict,
            person=draft.person,
            class_name=draft.class_name,
            values=values,
            seen=seen,
            repairs={n: draft.raw[n] for n in seen if n in draft.raw and draft.raw[n] != values[n]},
            problems=[_plain(p) for p in problems]
            + [_plain(p) | {"stands": True} for p in standing]
            + (choices or []),
        )
        row.handed = _handed(draft, row)
        if draft.stop is None and draft.address is not None and draft.address.key:
            row.address = _asked_address(draft)
        marks = marks_of(row)
        row.marks = f" {' '.join(marks)} " if marks else ""
        row.raw = self._to_mend(draft) if "errors" in marks else []
        recount(row)
        return row

    def _values(self, draft: Draft, verdict: str, standing: Collection[str]) -> dict[str, str]:
        """What is kept of the row: what would be stored, and the texts of cells that need mending."""
        if verdict == "wrong":
            return {name: draft.raw[name] for name in self.fields if name in draft.raw}
        if verdict == "same":
            return {name: draft.values[name] for name in self.fields if name in standing}
        values = dict(draft.values)
        for problem in _of_level("error", draft.problems):
            values[problem.field] = draft.raw.get(problem.field, values.get(problem.field, ""))
        if verdict == "new" and draft.state:
            values["state"] = draft.state
        return values

    def _to_mend(self, draft: Draft) -> list[str]:
        """The row as it stood in the columns that idapp uses; of the others (health, religion, policy, phone ...)
        nothing is kept. Nor is a hidden id that is another's: the mended file would bring it back."""
        used = {*self.fields, "school_class", "state", "residence"}
        if not draft.id_refused:
            used |= {"record_id", "version"}
        kept, counted = set[int](), set[int]()
        for table in self.reading.tables:
            if table.sheet == draft.row.sheet:
                kept |= _columns_of(table, used)
                counted |= _counters_of(table)
        return [
            cell.text if at in kept or (at in counted and cell.text.strip().isdecimal()) else ""
            for at, cell in enumerate(draft.row.whole)
        ]


def _handed(draft: Draft, row: ImportRow) -> dict[str, str]:
    """What the file said for places that its other cells, or a whole address, brought."""
    raw = draft.raw
    said = {name: raw[name] for name in RESIDENCE if name in raw}
    if not any(level in said for level in places.LEVELS):
        said["commune"] = raw.get("residence", "")
    handed = {}
    for name in row.seen:
        if name not in RESIDENCE:
            continue
        text = handed_of(name, raw.get(name, ""), row.values[name], said)
        if text not in (raw.get(name, ""), row.values[name]):
            handed[name] = text
    return handed


def _columns_of(table: FoundTable, fields: Collection[str]) -> set[int]:
    """Where these fields stand, those in two columns in both."""
    columns = {at for name, at in table.columns.items() if name in fields}
    for several in (table.joined, table.others):
        for name, indices in several.items():
            columns |= set(indices) if name in fields else set()
    return columns


def _counters_of(table: FoundTable) -> set[int]:
    """The running number is nobody's secret, and helps to find the row."""
    return {at for at, word in enumerate(table.all_headings) if heading_key(word) in COUNTERS}


def _is_quite_other(old: list[str], new: list[str]) -> bool:
    """Too far for a corrected name: another family, or another given name with nothing else in common.

    >>> [_is_quite_other("nguyen thi an".split(), n.split()) for n in ("nguyen thi anh", "bui thi dung", "nguyen binh")]
    [False, True, True]
    """
    shared = {*old} & {*new} - {"thi", "van"}
    return not shared or (shared == {old[0]} and old[-1][0] != new[-1][0])


def _to_join(row: Identifiers, duplicate: Person) -> str:
    """What must be done for the row to find the record."""
    if not duplicate.active:
        return "đổi trạng thái của hồ sơ ấy"
    if row.name_key != tone_key(duplicate.full_name):
        return "ghi đúng họ tên trong tệp"
    if row.birth and row.birth != duplicate.born:
        return "sửa ngày sinh của hồ sơ ấy"
    return "chuyển lớp cho hồ sơ ấy"


def _asked_address(draft: Draft) -> dict[str, Any]:
    """What ``address_questions`` needs of a row."""
    assert draft.address is not None  # noqa: S101 - called for rows with a question only
    held = values_of(draft.person) if draft.person else {}
    return {
        "key": draft.address.key,
        "written": draft.address.written,
        "rest": draft.address.rest,
        "held": {name: held.get(name, "") for name in (*places.LEVELS, "address")},
    }


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "field": problem.field,
        "code": problem.code,
        "message": problem.message,
        "suggestion": problem.suggestion,
        "level": problem.level,
    }


def _of_level(level: str, problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.level == level]
