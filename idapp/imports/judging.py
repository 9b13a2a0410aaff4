"""What a row of a file would do to the school, judged before anything is written.

A judged row is an ``ImportRow``: ``values`` is what the row says (in stored form; a bad cell as it stood), ``seen``
what the record holds now, for exactly the cells that would be written. ``repairs`` keeps the file's text where it was
brought into form. Verdicts:

    new       nobody of the school is meant: a record would be created
    changed   at least one cell would be written
    same      nothing to do
    conflict  a cell was changed both in the file and in the system since the file was exported: somebody must choose
    wrong     nothing of the row can be used; ``problems`` says why

A single bad cell (error in ``problems``) stays out and leaves the rest of its row usable. What is only odd is written
and told: every warning that the record would have and has not now. An empty cell never erases; "xóa" does. A lost
leading zero is put back only where birth year and sex confirm it, and shown as a repair.

``marks`` are the lists of the check page that show or count the row (``MARKS``), ``writes`` how many cells it would
write; ``raw`` is the row as it stood, kept only where it has to go back to the user for mending.
"""

from collections import defaultdict
from typing import Any

from idapp.database import rows
from idapp.imports.choices import ASKED, CONFLICT, UNDECIDED, choice, is_undecided, writes_of
from idapp.imports.columns import Reading
from idapp.imports.drafts import Draft, Drafter
from idapp.imports.duplicates import NewRows, stop_second_rows
from idapp.models import ImportRow, Person, User
from idapp.people import values_of
from idapp.permissions import may_move_between_classes
from idapp.rosters.linkage import Identifiers
from idapp.rules import catalogues, record
from idapp.rules.folding import fold, tone_key
from idapp.rules.problem import Problem
from idapp.school import class_key

MARKS = ("errors", "asked", "look", "warned", "repaired", "moved", "twice", "hidden", UNDECIDED)
_BARE = Problem(
    "full_name",
    "bare_name",
    "Tên trong tệp không có dấu: nếu tệp bị mất dấu, hãy bỏ chọn cột Họ và tên.",
    level="warning",
)
_OTHER_NAME = Problem(
    "full_name",
    "other_name",
    "Tên khác hẳn tên trong hồ sơ: hãy xem dòng này có đúng là của người ấy không.",
    level="warning",
)
_MANY = 2  # new warnings of one row: more likely another's cells than odd ones
_IDLE = {"other_record", "hidden_row"}  # not worth a word where the row changes nothing
_ALARMING = {"others_number", "other_name"}
_TWICE = {
    "twice",
    "twice_in_file",
    "duplicate",
    "namesake",
    "other_person",
    "ambiguous",
    "elsewhere",
}


def judge(reading: Reading, by: User) -> tuple[list[ImportRow], dict[str, int]]:
    """The judged rows, unsaved; and how many rows were left aside: ``other_class``, ``left``."""
    drafter = Drafter(reading, by)
    drafts = drafter.drafts()
    stop_second_rows(drafts, with_sheet=reading.has_sheets)
    return Judge(drafter, drafts).rows(), dict(drafter.aside)


class Judge:
    def __init__(self, drafter: Drafter, drafts: list[Draft]) -> None:
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
        self._number_holders(drafts)

    def rows(self) -> list[ImportRow]:
        return [self._verdict(draft) for draft in self.drafts]

    def _number_holders(self, drafts: list[Draft]) -> None:
        """Who would hold each number once the file is in: a swap inside the file is no duplicate."""
        in_file = {
            d.person.id
            for d in drafts
            if d.person and d.stop is None and "identity_number" in d.values
        }
        self.file_rows: dict[str, list[Draft]] = defaultdict(list)
        for draft in drafts:
            if draft.stop is None and draft.values.get("identity_number"):
                self.file_rows[draft.values["identity_number"]].append(draft)
        self.holders: dict[str, list[tuple[int, int | None]]] = defaultdict(list)
        query = Person.select(Person.id, Person.school_class, Person.identity_number)
        for id_, class_id, number in rows(query.where(Person.active, Person.identity_number != "")):
            if id_ not in in_file:
                self.holders[number].append((id_, class_id))

    # the verdict

    def _verdict(self, draft: Draft) -> ImportRow:
        if draft.stop is None and draft.person is None:
            draft.stop = self._cannot_create(draft)
        if draft.stop is not None:
            return self._row(draft, "wrong", problems=[draft.stop, *draft.problems])
        seen, choices = self._cells_to_write(draft)
        found, odd = self._drop_bad_cells(draft, seen)
        if draft.person is None and "full_name" not in seen:
            return self._row(draft, "wrong", problems=found)
        choices = [made for made in choices if made["field"] in seen]
        verdict = self._word(draft, seen, choices, found)
        if verdict == "new":
            namesake = self._namesake(draft) if draft.asked is None else []
            found += namesake
            asked = [draft.asked] if draft.asked else namesake
            choices = [choice("", ASKED, message=one.message) for one in asked]
        if verdict == "same":
            found = [problem for problem in found if problem.code not in _IDLE]
        return self._row(
            draft,
            verdict,
            seen=seen,
            problems=found + odd + self._suspicious(draft, seen),
            choices=choices,
        )

    def _word(
        self, draft: Draft, seen: dict[str, str], choices: list[Any], found: list[Problem]
    ) -> str:
        if draft.person is None:
            return "new"
        if seen:
            return "conflict" if choices else "changed"
        return "wrong" if any(p.level == "error" for p in found) else "same"

    def _cannot_create(self, draft: Draft) -> Problem | None:
        if not draft.values.get("full_name"):
            return self._nameless(draft)
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

    def _drop_bad_cells(
        self, draft: Draft, seen: dict[str, str]
    ) -> tuple[list[Problem], list[Problem]]:
        """Take out of ``seen`` every cell that would bring an error into the record, until none does. Answers those
        errors, and the warnings that the rest would bring."""
        bad, odd = list(draft.problems), list[Problem]()
        for _ in self.fields:
            merged = values_of(draft.person) if draft.person else {}
            merged |= {name: draft.values[name] for name in seen if name in record.FIELD}
            found, odd = self._problems(draft, merged, seen)
            if not found:
                break
            for problem in found:
                seen.pop(problem.field, None)
            bad += found
        for name in {p.field for p in bad if p.level == "error"}:
            draft.values[name] = draft.raw.get(name, draft.values.get(name, ""))
        return bad, self._new_ones(draft, odd)

    def _problems(
        self, draft: Draft, merged: dict[str, str], seen: dict[str, str]
    ) -> tuple[list[Problem], list[Problem]]:
        if not any(name in record.FIELD for name in seen):
            return [], []
        number = merged.get("identity_number", "") if "identity_number" in seen else ""
        found = record.problems_of(
            merged, self.drafter.around(draft, self._same_number(draft, number))
        )
        errors = {
            p.field: p
            for p in found
            if p.level == "error" and p.code != "missing" and p.field in seen
        }
        with_sheet = self.reading.has_sheets
        others = [d for d in self.file_rows.get(number, ()) if d is not draft] if number else []
        if others and "identity_number" in errors:
            errors["identity_number"] = Problem(
                "identity_number",
                "twice_in_file",
                f"Số này còn ở {_listed([d.place(with_sheet=with_sheet) for d in others])} trong tệp: "
                "hãy xem số của ai.",
            )
        return list(errors.values()), [p for p in found if p.level == "warning"]

    def _new_ones(self, draft: Draft, odd: list[Problem]) -> list[Problem]:
        """Of these warnings those that the record has not already."""
        if not odd or draft.person is None:
            return odd
        before = record.problems_of(values_of(draft.person), self.drafter.around(draft))
        known = {(p.field, p.code, p.message) for p in before}
        return [p for p in odd if (p.field, p.code, p.message) not in known]

    def _same_number(self, draft: Draft, number: str) -> str:
        if not number:
            return ""
        own = draft.person.id if draft.person else None
        classes = [class_id for id_, class_id in self.holders.get(number, ()) if id_ != own]
        classes += [
            d.school_class.id if d.school_class else None
            for d in self.file_rows[number]
            if d is not draft
        ]
        if not classes:
            return ""
        return "class" if draft.school_class and draft.school_class.id in classes else "school"

    def _suspicious(self, draft: Draft, seen: dict[str, str]) -> list[Problem]:
        """A name that would lose its diacritics, or become quite another; a number that another has now and gives away
        in this file; somebody new who may be in it twice."""
        old, new = seen.get("full_name", ""), draft.values.get("full_name", "")
        found = (
            [_BARE]
            if old and new.isascii() and not old.isascii() and fold(old) == fold(new)
            else []
        )
        found += (
            [_OTHER_NAME]
            if old and new and _is_quite_other(fold(old).split(), fold(new).split())
            else []
        )
        return found + self._others_number(draft, seen) + self._perhaps_twice(draft)

    def _others_number(self, draft: Draft, seen: dict[str, str]) -> list[Problem]:
        number = draft.values.get("identity_number", "") if "identity_number" in seen else ""
        holders = self.matcher.holders_of_number(number)
        holder = next((person for person in holders if person is not draft.person), None)
        if holder is None:
            return []
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
        choices: list[dict[str, Any]] | None = None,
    ) -> ImportRow:
        values = (
            draft.values
            if verdict != "wrong"
            else {n: draft.raw[n] for n in self.fields if n in draft.raw}
        )
        if verdict == "same":
            values = {}
        elif verdict == "new" and draft.state:
            values = {**values, "state": draft.state}
        seen = seen or {}
        row = ImportRow(
            sheet=draft.row.sheet if self.reading.has_sheets else "",
            row=draft.row.number,
            verdict=verdict,
            person=draft.person,
            class_name=draft.class_name,
            values=values,
            seen=seen,
            repairs={n: draft.raw[n] for n in seen if n in draft.raw and draft.raw[n] != values[n]},
            problems=[_plain(p) for p in problems] + (choices or []),
        )
        marks = _marks(row)
        row.marks = f" {' '.join(marks)} " if marks else ""
        row.raw = self._to_mend(draft) if "errors" in marks else []
        row.writes = writes_of(row)
        return row

    def _to_mend(self, draft: Draft) -> list[str]:
        """The row as it stood, but for a hidden id that is another's: the mended file would bring it back."""
        texts = [cell.text for cell in draft.row.whole]
        if draft.id_refused:
            columns = next(t.columns for t in self.reading.tables if t.sheet == draft.row.sheet)
            for name in ("record_id", "version"):
                if columns.get(name, len(texts)) < len(texts):
                    texts[columns[name]] = ""
        return texts


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


def _marks(row: ImportRow) -> list[str]:
    codes = {p["code"] for p in row.problems}
    warnings = sum(p["level"] == "warning" for p in row.problems) if row.seen else 0
    holds = {
        "errors": row.verdict == "wrong" or any(p["level"] == "error" for p in row.problems),
        "repaired": bool(row.repairs),
        "moved": "school_class" in row.seen or "state" in row.seen,
        "twice": bool(codes & _TWICE),
        "hidden": "hidden_row" in codes,
        "asked": ASKED in codes,
        "look": warnings >= _MANY or bool(codes & _ALARMING),
        "warned": warnings > 0,
        UNDECIDED: is_undecided(row),
    }
    return [mark for mark in MARKS if holds[mark]]


def _plain(problem: Problem) -> dict[str, Any]:
    return {
        "field": problem.field,
        "code": problem.code,
        "message": problem.message,
        "suggestion": problem.suggestion,
        "level": problem.level,
    }


def _listed(places: list[str]) -> str:
    return ", ".join(places[:5]) + (" …" if len(places) > 5 else "")
