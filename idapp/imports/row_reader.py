"""First step of judging a row: what it says. Its texts, its class, the marks by which its record is found.

Nothing is judged here but what concerns one cell alone: a formula without a result, an Excel error, a text too long.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idapp.imports.column_repairs import ColumnRepairs
from idapp.imports.import_context import ImportContext
from idapp.models import SchoolClass
from idapp.people.identifiers import class_key_of
from idapp.permissions import may_move_between_classes
from idapp.rosters import FoundRow
from idapp.rosters.linkage import Identifiers, birth_key
from idapp.rosters.looks import EXCEL_WORDS
from idapp.rules import record
from idapp.rules.class_name import class_key
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.workbook import Cell
from idapp.workbook.cells import EMPTY

_UNREADABLE = {
    "formula": (
        "formula",
        "Ô chứa công thức mà tệp không lưu kết quả: "
        "hãy mở tệp bằng Excel, lưu lại, hoặc gõ thẳng giá trị.",
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
    "Dòng này bị gạch ngang trong tệp: hãy xem người này còn trong danh sách không. "
    "Nếu không thì bỏ chọn dòng; đã có hồ sơ thì đổi trạng thái trong hồ sơ.",
    level="warning",
)
_STRUCK_NAME = replace(_STRUCK, message=_STRUCK.message.replace("Dòng này", "Họ tên ở dòng này"))
_VERSION_DIGITS = 9  # more are no version that we wrote


@dataclass(frozen=True)
class RowClass:
    """The class of a row: ``name`` as the school or the file writes it, ``school_class`` if there is one.

    ``damaged``: what Excel left of the name, if nobody can tell which class it is.
    """

    name: str = ""
    school_class: SchoolClass | None = None
    damaged: str = ""


@dataclass(frozen=True)
class ReadRow:
    """What a row says.

    texts     {field: what stands in the file, tidied}, bad and empty cells left out
    raw       the same untouched, those beside the fields of a record included
    problems  of single cells, and of the row as it stands in the file
    version   of the record when our own export was written; None in other files
    """

    source: FoundRow
    texts: dict[str, str]
    raw: dict[str, str]
    problems: list[Problem]
    in_class: RowClass
    version: int | None
    identifiers: Identifiers


class RowReader:
    """Reads the rows of one file; counts those ``of_other_class``, which the user has nothing to do with."""

    def __init__(self, context: ImportContext) -> None:
        self._context = context
        self._is_staff = context.reading.kind == "staff"
        self._classes_said = context.reading.classes_said
        self._may_move = may_move_between_classes(context.by)
        self._is_field = frozenset(context.fields)
        class_names = [school_class.name for school_class in context.classes.values()]
        self.repairs = ColumnRepairs(context.reading, class_names)
        self.of_other_class = 0
        # most cells of a list say the same as another; forgotten with the file
        self._tidied: dict[str, str] = {}

    def rows(self) -> list[ReadRow]:
        """The rows that this user may enter."""
        rows = []
        for source in self._context.reading.rows:
            row = self._read(source)
            if row is None:
                self.of_other_class += 1
            else:
                rows.append(row)
        return rows

    def _read(self, source: FoundRow) -> ReadRow | None:
        """What the row says; None if it is of a class this user has nothing to do with."""
        texts: dict[str, str] = {}
        raw: dict[str, str] = {}
        problems = self._read_cells(source, texts, raw)
        problems += self._take_note_out_of_name(texts)
        problems += self.repairs.warnings_of(source)
        problems += _looks_of(source)
        in_class = self._class_of(source, raw)
        if in_class is None:
            return None
        if in_class.damaged:
            problems.append(damaged_class(in_class.damaged))
        identifiers = self._identifiers(source, texts, raw, in_class, problems)
        version = _version_in(raw.get("version", ""))
        return ReadRow(source, texts, raw, problems, in_class, version, identifiers)

    def _read_cells(
        self, source: FoundRow, texts: dict[str, str], raw: dict[str, str]
    ) -> list[Problem]:
        """Fill in ``texts`` and ``raw``; returns what is wrong with the cells that hold no value."""
        problems = []
        for name, cell in source.cells.items():
            unreadable = _unreadable_kind(name, cell)
            if unreadable:
                raw[name] = cell.text
                if name in record.FIELD:
                    code, sentence = _UNREADABLE[unreadable]
                    problems.append(Problem(name, code, sentence))
            elif cell.text.strip() and not _stands_for_empty(name, cell.text):
                raw[name] = cell.text
                if name in self._is_field:
                    texts[name] = self._tidy(self.repairs.text_of(source, name))
        return problems

    def _take_note_out_of_name(self, texts: dict[str, str]) -> list[Problem]:
        noted = self.repairs.note_behind(texts.get("full_name", ""))
        if noted is None:
            return []
        texts["full_name"] = noted.name
        message = f"Đã bỏ ghi chú “{noted.note}” khỏi họ tên."
        if noted.meaning in ("left", "graduated"):
            message += (
                " Ghi chú cho biết người này đã rời trường: hãy xem còn trong danh sách không."
            )
        return [Problem("full_name", "note_in_name", message, level="warning")]

    def _tidy(self, text: str) -> str:
        if text not in self._tidied:
            self._tidied[text] = tidy(text)
        return self._tidied[text]

    def _class_of(self, source: FoundRow, raw: dict[str, str]) -> RowClass | None:
        """The class of the row; None if it is one this user has nothing to do with."""
        if self._is_staff:
            return RowClass()
        in_class = self._class_named(source, raw)
        if in_class.school_class is None and not self._may_move:
            return None
        return in_class

    def _class_named(self, source: FoundRow, raw: dict[str, str]) -> RowClass:
        classes = self._context.classes
        name = tidy(raw.get("school_class", "") or source.class_hint)
        # the list of a teacher with one class need not name it
        if not name and self._context.by.role == "teacher" and len(classes) == 1:
            name = next(iter(classes.values())).name
        if not name:
            return RowClass()
        name = self._classes_said.get(name) or name
        read = self.repairs.class_of(name)
        if read.state == "damaged":
            return RowClass(damaged=name)
        school_class = classes.get(class_key(read.name))
        if school_class is None:
            return RowClass(read.name)
        return RowClass(school_class.name, school_class)

    def _identifiers(
        self,
        source: FoundRow,
        texts: dict[str, str],
        raw: dict[str, str],
        in_class: RowClass,
        problems: list[Problem],
    ) -> Identifiers:
        """The marks of the row in stored form; a text too long to be one is a problem, and silent."""
        record_context = self._context.record_context(in_class.school_class, None)
        stored = {}
        for name in ("ministry_code", "identity_number", "full_name", "date_of_birth"):
            try:
                stored[name] = self._context.normalise(
                    name, texts.get(name, ""), {}, record_context
                )
            except Problem as too_long:
                stored[name] = ""
                add_once(problems, too_long)
        class_id = None
        if in_class.school_class is not None:
            class_id = in_class.school_class.id
        more_numbers = [cell.text for cell in source.more.get("identity_number", ())]
        return Identifiers(
            record_id=tidy(raw.get("record_id", "")),
            code=stored["ministry_code"],
            numbers=(stored["identity_number"], *more_numbers),
            name=stored["full_name"],
            birth=birth_key(stored["date_of_birth"], self._context.today),
            class_key=class_key_of(class_id),
        )


def add_once(problems: list[Problem], problem: Problem) -> None:
    """What is noticed twice on the way is said once."""
    if problem not in problems:
        problems.append(problem)


def _looks_of(source: FoundRow) -> Sequence[Problem]:
    """What only the look of the row says: hidden, or struck out."""
    problems = []
    if source.hidden:
        problems.append(_HIDDEN)
    if source.struck:
        problems.append(_STRUCK)
    elif source.cells.get("full_name", EMPTY).struck:
        problems.append(_STRUCK_NAME)
    return problems


def _stands_for_empty(name: str, text: str) -> bool:
    """One of the ministry's exports writes its code 36 where it has nothing; only an address can really be "36"."""
    return text.strip() == "36" and name in record.FIELD and name != "address"


def _version_in(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > _VERSION_DIGITS:
        return None
    return int(text)


def _unreadable_kind(name: str, cell: Cell) -> str:
    """How a cell without a value came about, "" if it has one. In a csv it is only the text that says TRUE or #N/A.

    TRUE and FALSE are no value of any field; in other columns they may be ticks.
    """
    kind = EXCEL_WORDS.get(cell.text, "")
    if not kind and cell.kind in _UNREADABLE:
        kind = cell.kind
    if kind == "bool" and name not in record.FIELD:
        return ""
    return kind


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
            f"Cột Lớp ghi “{text}”: "
            "Excel đã đổi tên lớp thành ngày hoặc số nên không biết lớp nào. "
            "Hãy định dạng cột Lớp kiểu Text rồi gõ lại tên lớp."
        )
    return Problem("school_class", "damaged_class", message, level="warning")
