"""One row of a file brought into form: its texts, its class, whose record it is, its values as they would be stored.

Nothing is judged here but what concerns one cell alone: a formula without a result, an Excel error, a text too long.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from idapp.imports import presence
from idapp.imports.addresses import AddressRead, FileAddresses
from idapp.imports.column_repairs import ColumnRepairs
from idapp.imports.columns import ParsedWorkbook
from idapp.imports.matching import RecordMatcher
from idapp.imports.plausibility import is_ours
from idapp.imports.versions import edited_since
from idapp.models import Person, SchoolClass, User
from idapp.people import values_of
from idapp.people.identifiers import class_key_of, says_the_same
from idapp.permissions import classes_of, may_move_between_classes
from idapp.rosters import FoundRow
from idapp.rosters.linkage import SILENT, Identifiers, birth_key
from idapp.rosters.looks import EXCEL_WORDS
from idapp.rosters.name_notes import NotedName
from idapp.rules import catalogues, record
from idapp.rules.folding import tidy, tone_key
from idapp.rules.problem import Problem
from idapp.school import class_key, the_campaign, the_school
from idapp.settings import current
from idapp.workbook import Cell
from idapp.workbook.cells import EMPTY

_UNREADABLE = {
    "formula": (
        "formula",
        "Ô chứa công thức mà tệp không lưu kết quả: hãy mở tệp bằng Excel, lưu lại, hoặc gõ thẳng giá trị.",
    ),
    "error": ("excel_error", "Ô đang báo lỗi Excel: hãy sửa công thức hoặc gõ thẳng giá trị."),
    "bool": (
        "true_or_false",
        "Ô chứa giá trị đúng/sai (TRUE/FALSE) của Excel: hãy gõ lại nội dung.",
    ),
}
_HIDDEN = Problem(
    "",
    "hidden_row",
    "Dòng này đang bị ẩn trong tệp (do lọc hoặc ẩn dòng): hãy xem có đúng là cần nhập không.",
    level="warning",
)
_STRUCK = Problem(
    "",
    "struck_row",
    "Dòng này bị gạch ngang trong tệp: hãy xem người này còn trong danh sách không. Nếu không thì bỏ chọn dòng; đã có "
    "hồ sơ thì đổi trạng thái trong hồ sơ.",
    level="warning",
)
_STRUCK_NAME = replace(_STRUCK, message=_STRUCK.message.replace("Dòng này", "Họ tên ở dòng này"))
_ERASE = tone_key("xóa")
# what else of a record a text is read by (rules.record.normalise)
_LEANS_ON = {
    "district": ("province",), "commune": ("province", "district"), "identity_number": ("nationality",),
}  # fmt: skip
_LINES_SHOWN = 30
_MAY_NOT_ERASE = {"full_name"}


@dataclass
class Draft:
    """One row on its way to a verdict."""

    row: FoundRow
    texts: dict[str, str]  # what stands in the file, tidied, bad and empty cells left out
    raw: dict[str, str]  # the same, untouched
    problems: list[Problem] = field(default_factory=list)
    class_name: str = ""
    damaged_class: str = ""  # what Excel left of the name of a class, if nobody can tell which
    note: NotedName | None = None  # what stood behind the name
    school_class: SchoolClass | None = None
    person: Person | None = None
    stop: Problem | None = None  # why nothing of the row can be used
    state: str = ""
    values: dict[str, str] = field(default_factory=dict)
    version: int | None = None
    around: record.RecordContext | None = None
    identifiers: Identifiers = SILENT
    id_refused: bool = False  # its hidden id is another's, and must not go back to the user
    address: AddressRead | None = None
    asked: Problem | None = None  # what the user must look at before the row is written

    def place(self, *, with_sheet: bool) -> str:
        """Where the row stands, in words for the user."""
        return f"dòng {self.row.number}" + (f" của sheet “{self.row.sheet}”" if with_sheet else "")


class RowReader:
    """Reads the rows of one file for one user; counts what is left aside: ``other_class`` and ``left`` (moved away)."""

    def __init__(self, reading: ParsedWorkbook, by: User, present: Mapping[str, str]) -> None:
        self.reading, self.by = reading, by
        self.matcher = RecordMatcher(by, reading.kind)
        self.classes = {class_key(c.name): c for c in classes_of(by)}
        school, campaign = the_school(), the_campaign()
        self.school_year, self.epoch, self.today = (
            school.school_year,
            campaign.epoch,
            current().today(),
        )
        self.fields = [f.name for f in record.fields_of(reading.kind)]
        self._is_field = frozenset(self.fields)
        self._present = present
        self.addresses = FileAddresses(reading, self.today)
        self.repairs = ColumnRepairs(reading, [c.name for c in self.classes.values()])
        self._settling = sorted(self.fields, key=record.NORMALISING_ORDER.__getitem__)
        self.aside: dict[str, int] = defaultdict(int)
        self._left: dict[str, list[int]] = defaultdict(
            list
        )  # the lines of those who have left, by state
        self._ids_count = is_ours(reading)
        self._versions: dict[int, int] = {}
        self._tidied: dict[
            str, str
        ] = {}  # most cells of a list say the same as another; forgotten with the file
        self._known: dict[tuple[str, ...], str] = {}
        self._arounds: dict[tuple[int | None, str, str], record.RecordContext] = {}

    def drafts(self) -> list[Draft]:
        begun = [draft for row in self.reading.rows if (draft := self._begin(row)) is not None]
        if self._ids_count:
            self._read_versions(begun)
        self._share_out_ids(begun)
        return [draft for draft in begun if self._finish(draft)]

    def notes_about_left(self) -> list[str]:
        """Which lines are not entered because those people have left, a sentence for each state; no names of them."""
        return [
            f"Không nhập vì trạng thái là “{tidy(state)[:60]}”: {presence.listed(lines, _LINES_SHOWN)}."
            for state, lines in self._left.items()
        ]

    def is_present(self, draft: Draft) -> bool:
        """Does the file say that this person is (still) at the school? A state nobody knows does not remove anybody."""
        return catalogues.is_present(self.reading.kind, draft.state)

    def around(self, draft: Draft, same_number: str = "") -> record.RecordContext:
        if draft.around is None:
            draft.around = self._around(draft)
        return replace(draft.around, same_number=same_number) if same_number else draft.around

    def _around(self, draft: Draft) -> record.RecordContext:
        school_class = draft.school_class or (draft.person.school_class if draft.person else None)
        grade = school_class.grade if school_class else None
        level = school_class.level if school_class else ""
        epoch = draft.person.epoch if draft.person else self.epoch
        key = (grade, level, epoch)
        if key not in self._arounds:
            self._arounds[key] = record.RecordContext(
                kind=self.reading.kind,
                grade=grade,
                level=level,
                school_year=self.school_year,
                epoch=epoch,
                today=self.today,
            )
        return self._arounds[key]

    # reading a row

    def _begin(self, row: FoundRow) -> Draft | None:
        """What the row says; None if it is of a class this user has nothing to do with."""
        draft = self._read_cells(row)
        if not self._place_in_class(draft):
            self.aside["other_class"] += 1
            return None
        draft.identifiers = self._identifiers(draft)
        return draft

    def _read_versions(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            own = self.matcher.holder(draft.identifiers)
            if own is not None and draft.version is not None:
                self._versions.setdefault(own.id, draft.version)
        self.matcher.exported = edited_since(self._versions)

    def _share_out_ids(self, drafts: list[Draft]) -> None:
        """Each hidden id counts for one row: of rows copied in Excel for the one most like the record, else the first.
        The ids of another school are not ours at all."""
        holders: dict[str, Draft] = {}
        for draft in drafts:
            id_ = draft.identifiers.record_id
            if not id_:
                continue
            first = holders.setdefault(id_, draft)
            if not self._ids_count:
                _refuse_id(draft)
            elif first is not draft:
                copy = (
                    first
                    if self.matcher.match_score(draft.identifiers)
                    > self.matcher.match_score(first.identifiers)
                    else draft
                )
                holders[id_] = draft if copy is first else first
                _refuse_id(copy)

    def _finish(self, draft: Draft) -> bool:
        """Whose record it is, and what it would hold; False for somebody who has left and was never here."""
        try:
            draft.person = self.matcher.find(draft.identifiers)
        except Problem as stop:
            draft.stop = stop
        own = self.matcher.holder(draft.identifiers)
        if own is not None and own is not draft.person:
            _tell_other_record(draft, own)
        draft.around = None  # the record found may have a class and an epoch of its own
        draft.state = presence.state_of(draft.row, self.reading.kind, self._present)
        if draft.person is None and not draft.stop and not self.is_present(draft):
            self.aside["left"] += 1
            self._left[draft.state].append(draft.row.number)
            return False
        self._settle(draft)
        self._keep_good_writing(draft)
        return True

    def _read_cells(self, row: FoundRow) -> Draft:
        draft = Draft(row, {}, {})
        for name, cell in row.cells.items():
            unreadable = _unreadable_kind(name, cell)
            if unreadable:
                code, sentence = _UNREADABLE[unreadable]
                draft.raw[name] = cell.text
                if name in record.FIELD:
                    draft.problems.append(Problem(name, code, sentence))
            elif cell.text.strip() and not _stands_for_empty(name, cell.text):
                draft.raw[name] = cell.text
                if name in self._is_field:
                    draft.texts[name] = self._tidy(self.repairs.text_of(row, name))
        self._take_note_out_of_name(draft)
        draft.problems += self.repairs.doubts_about(row)
        if row.hidden:
            draft.problems.append(_HIDDEN)
        if row.struck:
            draft.problems.append(_STRUCK)
        elif row.cells.get("full_name", EMPTY).struck:
            draft.problems.append(_STRUCK_NAME)
        draft.version = _whole(draft.raw.get("version", ""))
        return draft

    def _take_note_out_of_name(self, draft: Draft) -> None:
        noted = self.repairs.note_behind(draft.texts.get("full_name", ""))
        if noted is None:
            return
        draft.texts["full_name"] = noted.name
        message = f"Đã bỏ ghi chú “{noted.note}” khỏi họ tên."
        if noted.meaning in ("left", "graduated"):
            message += (
                " Ghi chú cho biết người này đã rời trường: hãy xem còn trong danh sách không."
            )
        draft.note = noted
        draft.problems.append(Problem("full_name", "note_in_name", message, level="warning"))

    def _tidy(self, text: str) -> str:
        if text not in self._tidied:
            self._tidied[text] = tidy(text)
        return self._tidied[text]

    def _place_in_class(self, draft: Draft) -> bool:
        """Find the class of the row; False if it is a class this user has nothing to do with."""
        if self.reading.kind == "staff":
            return True
        name = tidy(draft.raw.get("school_class", "") or draft.row.class_hint)
        if not name and self.by.role == "teacher" and len(self.classes) == 1:
            name = next(iter(self.classes.values())).name
        if not name:
            return may_move_between_classes(self.by)
        read = self.repairs.class_of(name)
        if read.state == "damaged":
            draft.damaged_class = name
            draft.problems.append(damaged_class(name))
            return may_move_between_classes(self.by)
        draft.school_class = self.classes.get(class_key(read.name))
        draft.class_name = draft.school_class.name if draft.school_class else read.name
        return draft.school_class is not None or may_move_between_classes(self.by)

    def _identifiers(self, draft: Draft) -> Identifiers:
        def stored(name: str) -> str:
            return self._settled(name, draft.texts.get(name, ""), {}, draft)

        more = draft.row.more.get("identity_number", ())
        return Identifiers(
            record_id=tidy(draft.raw.get("record_id", "")),
            code=stored("ministry_code"),
            numbers=(stored("identity_number"), *(cell.text for cell in more)),
            name=stored("full_name"),
            birth=birth_key(stored("date_of_birth"), self.today),
            class_key=class_key_of(draft.school_class.id if draft.school_class else None),
        )

    # bringing its values into form

    def _settle(self, draft: Draft) -> None:
        """Every cell in stored form, read inside the record it belongs to, in the order of the fields."""
        merged = values_of(draft.person) if draft.person else {}
        draft.address = self.addresses.read(draft.texts, draft.row, self.around(draft).epoch)
        draft.texts = draft.address.texts
        if draft.address.whole and draft.address.written:
            draft.raw.setdefault("commune", draft.address.whole)
        for name in self._settling:
            text = draft.texts.get(name, "")
            if not text:
                continue
            if _may_erase(text) and tone_key(text) == _ERASE and merged.get(name) != text:
                self._erase(draft, name)
                continue
            settled = self._settled(name, text, merged, draft)
            if settled:  # else too long to be kept
                draft.values[name] = merged[name] = settled
        self._put_zeros_back(draft, merged)

    def _settled(self, name: str, text: str, merged: Mapping[str, str], draft: Draft) -> str:
        if merged.get(name) == text:
            return text
        around = self.around(draft)
        leans_on = [merged.get(above, "") for above in _LEANS_ON.get(name, ())]
        key = (around.epoch, name, text, *leans_on)
        known = self._known.get(key)
        if known is not None:
            return known
        try:
            self._known[key] = record.normalise(name, text, merged, around)
            return self._known[key]
        except Problem as too_long:
            if too_long not in draft.problems:
                draft.problems.append(too_long)
            return ""

    def _erase(self, draft: Draft, name: str) -> None:
        if name in _MAY_NOT_ERASE:
            draft.problems.append(
                Problem(
                    name, "may_not_erase", f"{record.FIELD[name].label} không xóa được bằng tệp."
                )
            )
        else:
            draft.values[name] = ""

    def _keep_good_writing(self, draft: Draft) -> None:
        """The code or the number by which the record was found, only written worse, is nothing new."""
        if draft.person is None:
            return
        for name in ("ministry_code", "identity_number"):
            stored: str = getattr(draft.person, name)
            if says_the_same(name, draft.values.get(name, ""), stored):
                draft.values[name] = stored

    def _put_zeros_back(self, draft: Draft, merged: dict[str, str]) -> None:
        if len(draft.values.get("identity_number", "")) not in (10, 11):
            return
        found = [
            p
            for p in record.problems_of(merged, self.around(draft))
            if p.field == "identity_number"
        ]
        proposal = next((p.suggestion for p in found if p.level == "error" and p.suggestion), "")
        if proposal:
            draft.values["identity_number"] = proposal


def _refuse_id(draft: Draft) -> None:
    draft.identifiers = replace(draft.identifiers, record_id="")
    draft.id_refused = True


def _tell_other_record(draft: Draft, own: Person) -> None:
    """The hidden id is ``own``'s, the row is not: say so, and where nobody else is found leave it to the user."""
    _refuse_id(draft)
    who = f"{own.full_name}{f', sinh {own.date_of_birth}' if own.date_of_birth else ''}"
    told = f"Mã hồ sơ ẩn của dòng này là của {who}, nhưng dòng ghi một người khác nên không sửa hồ sơ ấy."
    if draft.person is None and draft.stop is None:
        told += f" Đúng là người mới thì chọn ghi dòng này; vẫn là {own.full_name} thì sửa họ tên trong hệ thống trước."
        draft.asked = Problem("", "other_record", told)
    draft.problems.append(Problem("", "other_record", told, level="warning"))


def _may_erase(text: str) -> bool:
    """Is it worth comparing with "xóa"? Most cells are not."""
    return len(text) <= 4 and text[:1] in ("x", "X")


def _stands_for_empty(name: str, text: str) -> bool:
    """One of the ministry's exports writes its code 36 where it has nothing; only an address can really be "36"."""
    return text.strip() == "36" and name in record.FIELD and name != "address"


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _unreadable_kind(name: str, cell: Cell) -> str:
    """How a cell without a value came about, "" if it has one. In a csv it is only the text that says TRUE or #N/A.

    TRUE and FALSE are no value of any field; in other columns they may be ticks.
    """
    kind = EXCEL_WORDS.get(cell.text) or (cell.kind if cell.kind in _UNREADABLE else "")
    return "" if kind == "bool" and name not in record.FIELD else kind


def damaged_class(text: str) -> Problem:
    """The warning about a class of which Excel left a date, a number or an error."""
    if text in EXCEL_WORDS:
        message = (
            f"Cột Lớp ghi “{text}”, không phải tên lớp: hãy sửa công thức hoặc gõ lại tên lớp."
        )
    elif len(text) <= 2:
        message = (
            f"Cột Lớp chỉ ghi “{text}”: có thể đó là khối, hoặc Excel đã đổi tên lớp thành số. "
            "Hãy định dạng cột Lớp kiểu Text rồi gõ đủ tên lớp, ví dụ 5A."
        )
    else:
        message = (
            f"Cột Lớp ghi “{text}”: Excel đã đổi tên lớp thành ngày hoặc số nên không biết lớp nào. "
            "Hãy định dạng cột Lớp kiểu Text rồi gõ lại tên lớp."
        )
    return Problem("school_class", "damaged_class", message, level="warning")
