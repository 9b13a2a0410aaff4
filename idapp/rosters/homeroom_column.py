"""The homeroom classes that a staff list has in a column of its own, beside the positions.

A record has no field for them, for which class a teacher has is decided in the settings. The position keeps them, so
that the accounts can be proposed with them: "Giáo viên" beside "6A3" is read as "Giáo viên, chủ nhiệm lớp 6A3".
"""

from functools import partial

from idapp.rosters.birth_and_sex import Finding
from idapp.rosters.fields import HOMEROOM
from idapp.rosters.row_cells import Fields, Row, Rows, cell_at, text_at
from idapp.rules import homeroom_title
from idapp.rules.class_name import LONGEST, clean, grade_in
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import Cell, letters

_MOSTLY = 0.8
_NO_CLASS = frozenset({"", "khong", "x", "0", "-", "o"})


def homeroom_classes(fields: Fields, rows: Rows) -> Finding | None:
    """How position and class are read as one. The class leaves ``fields`` in any case; None where it is not read.

    It is read only beside a position, and only where names of classes stand in it: in a list of pupils the same
    heading stands above the names of teachers.
    """
    columns = fields.pop(HOMEROOM, [])
    if not columns or "position" not in fields:
        return None
    position = fields["position"][0]
    column = columns[0]
    if not _holds_classes(column, rows):
        return None
    note = (
        f"Lớp chủ nhiệm ở cột {letters(column)} được lưu cùng vị trí việc làm (ví dụ “Giáo viên, "
        "chủ nhiệm lớp 6A1”) để tạo tài khoản giáo viên theo lớp."
    )
    reader = partial(_position_of_row, position, column)
    return Finding((position, column), {"position": reader}, lambda _: note)


def _holds_classes(column: int, rows: Rows) -> bool:
    """Are nearly all texts of the column names of classes with a grade?"""
    texts = [text for row in rows if (text := _class_at(row, column))]
    names = [text for text in texts if grade_in(clean(text)) is not None]
    return bool(names) and len(names) >= _MOSTLY * len(texts)


def _class_at(row: Row, column: int) -> str:
    text = tidy(text_at(row, column))
    if fold(text) in _NO_CLASS or len(text) > LONGEST:
        return ""
    return text


def _position_of_row(position: int, column: int, row: Row) -> Cell:
    """The position of a row, with the class where it has one."""
    class_name = _class_at(row, column)
    cell = cell_at(row, position)
    if not class_name or cell.kind in ("formula", "error", "bool"):
        return cell
    return Cell(homeroom_title.with_class(cell.text, class_name), "text", struck=cell.struck)
