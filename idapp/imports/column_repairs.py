"""What the columns of a file prove about their cells, before a row is read by itself.

An old font, dates written month first, notes behind names, a class that Excel took for a date: none of these shows in
one cell alone. What is read otherwise than it stands is a repair on the check page, cell by cell; what holds for a
whole column is said there in one sentence (``notes``).
"""

from collections import Counter
from collections.abc import Sequence

from idapp.imports.columns import Reading
from idapp.rosters import FoundRow, FoundTable
from idapp.rosters.class_names import ClassName, read_class
from idapp.rosters.dates import day_first, order_of
from idapp.rosters.name_notes import NotedName, without_note
from idapp.rules import old_fonts, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

NAMES = ("full_name", "father_name", "mother_name")
_BIRTH = "date_of_birth"
# a warning about them has no cell of the record to stand at
_NO_CELLS = ("school_class", "state", "residence")
_UNSURE_DAY = Problem(
    _BIRTH,
    "unsure_day",
    "Cột ngày sinh có chỗ ghi ngày trước, có chỗ ghi tháng trước, nên ngày này có thể đọc hai cách: hãy xem giấy "
    "khai sinh.",
    level="warning",
)


class ColumnRepairs:
    """The repairs of one file, found when it is made; ``notes`` are sentences about whole columns."""

    def __init__(self, reading: Reading, class_names: Sequence[str]) -> None:
        self.notes: list[str] = []
        self._kind = reading.kind
        self._class_names = class_names
        self._classes: dict[str, ClassName] = {}
        self._texts: dict[tuple[str, int, str], str] = {}
        self._unsure_days: set[tuple[str, int]] = set()
        if reading.shape == "own":
            return  # we wrote it ourselves
        for table in reading.tables:
            self._restore_fonts(table)
            self._order_dates(table)
            self._tell_second_columns(table)

    def text_of(self, row: FoundRow, name: str) -> str:
        """The text of a cell as its column shows it is meant."""
        text = row.text(name)
        return self._texts.get((row.sheet, row.number, name), text) if self._texts else text

    def note_behind(self, name: str) -> NotedName | None:
        """What is written behind a name, apart from the name."""
        return without_note(name, self._kind)

    def doubts_about(self, row: FoundRow) -> list[Problem]:
        """Warnings that only the whole column gives rise to."""
        return [_UNSURE_DAY] if (row.sheet, row.number) in self._unsure_days else []

    def class_of(self, text: str) -> ClassName:
        """The class that a cell means; a repaired one is said once for each text."""
        if text not in self._classes:
            read = read_class(text, self._class_names)
            self._classes[text] = read
            if read.state == "repaired":
                self.notes.append(
                    f"Lớp “{text}” trong tệp được hiểu là lớp {read.name}: Excel đã đổi tên lớp thành ngày hoặc số."
                )
        return self._classes[text]

    def _restore_fonts(self, table: FoundTable) -> None:
        for name in NAMES:
            if name not in table.columns:
                continue
            finding = old_fonts.recognise([row.text(name) for row in table.rows])
            if finding is None:
                continue
            for index, text in finding.texts.items():
                row = table.rows[index]
                self._texts[row.sheet, row.number, name] = text
            label = record.FIELD[name].label
            fonts = " và ".join(finding.fonts)
            self.notes.append(
                f"Cột {label}: {len(finding.texts)} ô viết bằng {fonts}, đã đổi sang Unicode; hãy xem lại các ô ấy."
            )

    def _tell_second_columns(self, table: FoundTable) -> None:
        """Two headings of one field ("Lớp", "Mã lớp") that say different things: which of them counts."""
        for name in _NO_CELLS:
            differing = [row for row in table.rows if name in row.more]
            if not differing or name not in table.others:
                continue
            headings = [
                table.headings[name],
                *(table.all_headings[at] for at in table.others[name]),
            ]
            first = differing[0]
            texts = [first.text(name), *(cell.text for cell in first.more[name])]
            self.notes.append(
                f"Các cột {_quoted(headings)} cùng nói một điều nhưng ghi khác nhau ở {len(differing)} dòng, như dòng "
                f"{first.number}: {_quoted(texts)}. Hệ thống lấy cột “{headings[0]}”; nếu cột khác mới đúng, hãy "
                f"xóa cột “{headings[0]}” trong tệp rồi tải lại."
            )

    def _order_dates(self, table: FoundTable) -> None:
        """Only texts can be in doubt: a real date of Excel knows its day."""
        typed = [row for row in table.rows if _is_typed_date(row)]
        order = order_of([row.text(_BIRTH) for row in typed])
        if order.order == "month":
            for row in typed:
                self._texts[row.sheet, row.number, _BIRTH] = day_first(row.text(_BIRTH))
            self.notes.append(
                f"Cột Ngày sinh viết tháng trước ngày (như {order.proof}): mọi ngày trong cột được đọc theo cách ấy."
            )
        elif order.order == "both":
            self._unsure_days |= {(row.sheet, row.number) for row in typed if _is_unsure(row)}
        elif order.order == "either" and order.unsure > 1:
            self.notes.append(
                f"Cột Ngày sinh: mọi ngày đều đọc được hai cách (như {order.example}); hệ thống đọc ngày trước, tháng "
                "sau. Nếu tệp viết tháng trước, hãy đổi trong tệp rồi tải lại."
            )


def _quoted(texts: Sequence[str]) -> str:
    """
    >>> _quoted(["Lớp", "Mã lớp"])
    '“Lớp” và “Mã lớp”'
    """
    return " và ".join(f"“{tidy(text)[:60]}”" for text in texts)


def said_of(repairs: Sequence[str]) -> list[str]:
    """Each sentence once, in order.

    >>> said_of(["a", "b", "a"])
    ['a', 'b']
    """
    return list(Counter(repairs))


def _is_typed_date(row: FoundRow) -> bool:
    cell = row.cells.get(_BIRTH)
    return cell is not None and cell.kind == "text" and bool(cell.text.strip())


def _is_unsure(row: FoundRow) -> bool:
    return order_of([row.text(_BIRTH)]).order == "either"
