"""What the columns of a file prove about their cells, before a row is read by itself.

An old font, dates written month first, notes behind names, a class that Excel took for a date: none of these shows in
one cell alone. What is read otherwise than it stands is a repair on the check page, cell by cell; what holds for a
whole column is said there in one sentence (``notes``).
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from idapp.imports.columns import ParsedWorkbook
from idapp.imports.date_order import has_named_parts, is_typed_date
from idapp.rosters import FoundRow, FoundTable
from idapp.rosters.class_names import ClassName, read_class
from idapp.rosters.dates import day_first, day_first_shown, order_of
from idapp.rosters.linkage import number_key
from idapp.rosters.name_notes import NotedName, without_note
from idapp.rules import old_fonts, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.workbook import Cell

NAMES = ("full_name", "father_name", "mother_name")
# what else is written in the font of the names
_BESIDE_NAMES = (
    "gender",
    "province",
    "district",
    "commune",
    "address",
    "ethnic_group",
    "nationality",
    "position",
)
_BIRTH = "date_of_birth"
_OLD_CARD = 9  # digits
_MONTHS = 12
# what a row says besides the cells of a record
_NO_CELLS = ("school_class", "state", "residence")
_UNSURE_DAY = Problem(
    _BIRTH,
    "unsure_day",
    "Cột ngày sinh có chỗ ghi ngày trước, có chỗ ghi tháng trước, "
    "nên ngày này có thể đọc hai cách: hãy xem giấy khai sinh.",
    level="warning",
)


class ColumnRepairs:
    """The repairs of one file, found when it is made; ``notes`` are sentences about whole columns."""

    def __init__(self, reading: ParsedWorkbook, class_names: Sequence[str]) -> None:
        self.notes: list[str] = []
        self._kind = reading.kind
        self._class_names = class_names
        self._classes: dict[str, ClassName] = {}
        self._texts: dict[tuple[str, int, str], str] = {}
        self._unsure_days: set[tuple[str, int]] = set()
        self._date_order = reading.date_order
        self._perhaps_swapped: set[tuple[str, int]] = set()
        if reading.shape == "own":
            return  # we wrote it ourselves
        for table in reading.tables:
            self._restore_fonts(table)
            self._order_dates(table)
            self._doubt_real_dates(table)
            self._tell_second_columns(table)
            self._tell_old_cards(table)
        if reading.date_sentence:
            self.notes.append(reading.date_sentence)

    def text_of(self, row: FoundRow, name: str) -> str:
        """The text of a cell as its column shows it is meant."""
        text = row.text(name)
        if not self._texts:  # of most files nothing is repaired so
            return text
        return self._texts.get((row.sheet, row.number, name), text)

    def note_behind(self, name: str) -> NotedName | None:
        """What is written behind a name, apart from the name."""
        return without_note(name, self._kind)

    def warnings_of(self, row: FoundRow) -> list[Problem]:
        """Warnings that only the whole column gives rise to."""
        place = (row.sheet, row.number)
        warnings = []
        if place in self._unsure_days:
            warnings.append(_UNSURE_DAY)
        if place in self._perhaps_swapped:
            warnings.append(_perhaps_swapped(row.text(_BIRTH)))
        return warnings

    def class_of(self, text: str) -> ClassName:
        """The class that a cell means; a repaired one is said once for each text."""
        if text not in self._classes:
            read = read_class(text, self._class_names)
            self._classes[text] = read
            if read.state == "repaired":
                self.notes.append(
                    f"Lớp “{text}” trong tệp được hiểu là lớp {read.name}: "
                    "Excel đã đổi tên lớp thành ngày hoặc số."
                )
        return self._classes[text]

    def _restore_fonts(self, table: FoundTable) -> None:
        # what the font of the names is proves the other columns' too
        proven: list[str] = []
        for name in NAMES:
            texts = _texts_of(table, name)
            if self._restore_font(table, name, texts, []):
                proven += texts
        if not proven:
            return
        for name in _BESIDE_NAMES:
            if name in table.columns:
                self._restore_font(table, name, _texts_of(table, name), proven)

    def _restore_font(
        self, table: FoundTable, name: str, texts: Sequence[str], proven: Sequence[str]
    ) -> bool:
        """Is a column written in an old font? Its texts are restored, and the font is named."""
        finding = old_fonts.recognise([*texts, *proven])
        if finding is None:
            return False
        # behind the texts of this column stand those that only prove the font
        restored = {index: text for index, text in finding.texts.items() if index < len(texts)}
        if not restored:
            return False
        for index, text in restored.items():
            row = table.rows[index]
            self._texts[row.sheet, row.number, name] = text
        label = record.FIELD[name].label
        fonts = " và ".join(finding.fonts)
        self.notes.append(
            f"Cột {label}: {len(restored)} ô viết bằng {fonts}, "
            "đã đổi sang Unicode; hãy xem lại các ô ấy."
        )
        return True

    def _tell_second_columns(self, table: FoundTable) -> None:
        """Two columns of one field that agree: where the one is empty, the other was read."""
        for name, others in table.others.items():
            if name not in record.FIELD and name not in _NO_CELLS:
                continue
            count = _count_filled_in(table, name)
            if count:
                headings = _quoted([table.all_headings[index] for index in others])
                self.notes.append(
                    f"Cột “{table.headings[name]}” trống ở {count} dòng: "
                    f"ở đó lấy theo cột {headings}."
                )

    def _tell_old_cards(self, table: FoundTable) -> None:
        """A column of old cards beside the identity numbers: nothing of it is stored, and no row is wrong for it."""
        rows = [row for row in table.rows if "identity_number" in row.more]
        cards = [row for row in rows if any(map(_is_old_card, row.more["identity_number"]))]
        if cards:
            self.notes.append(
                f"{len(cards)} dòng có cả số CMND 9 chữ số và số định danh 12 chữ số: "
                "lấy số 12 chữ số."
            )

    def _order_dates(self, table: FoundTable) -> None:
        if has_named_parts(table):
            return
        typed = list(filter(is_typed_date, table.rows))
        order = order_of(_births(typed))
        if order.order == "month":
            self._turn_dates(typed)
            self.notes.append(
                f"Cột Ngày sinh viết tháng trước ngày (như {order.proof}): "
                "mọi ngày trong cột được đọc theo cách ấy."
            )
        elif order.order == "either" and self._date_order == "month":
            self._turn_dates(typed)
        elif order.order == "both":
            unsure = filter(_is_unsure, typed)
            self._unsure_days.update((row.sheet, row.number) for row in unsure)

    def _turn_dates(self, rows: Sequence[FoundRow]) -> None:
        for row in rows:
            self._texts[row.sheet, row.number, _BIRTH] = day_first(row.text(_BIRTH))

    def _doubt_real_dates(self, table: FoundTable) -> None:
        """Where Excel took every date it could for its own, month first, those with a day above 12 stayed texts."""
        typed = order_of(_births(filter(is_typed_date, table.rows)))
        if typed.order not in ("day", "month") or typed.unsure:
            return
        real = list(filter(_is_real_date, table.rows))
        if any(int(text[:2]) > _MONTHS for text in _births(real)):
            return
        for row in real:
            if day_first_shown(row.text(_BIRTH)) != row.text(_BIRTH):
                self._perhaps_swapped.add((row.sheet, row.number))


def _perhaps_swapped(text: str) -> Problem:
    message = (
        "Trong cột này mọi ngày từ 13 trở lên là chữ, các ngày còn lại là ngày của Excel: "
        "có thể Excel đã đổi chỗ ngày và tháng, "
        f"ngày đúng là {day_first_shown(text)}. Hãy xem giấy khai sinh."
    )
    return Problem(_BIRTH, "perhaps_swapped", message, level="warning")


def _texts_of(table: FoundTable, name: str) -> list[str]:
    """The texts of a column; [] where the list has none of this field."""
    if name not in table.columns:
        return []
    return [row.text(name) for row in table.rows]


def _count_filled_in(table: FoundTable, name: str) -> int:
    """How many rows have a text only in another column of the field."""
    index = table.columns[name]
    empty = [row for row in table.rows if _is_empty_at(row, index)]
    return sum(1 for row in empty if row.text(name).strip())


def _births(rows: Iterable[FoundRow]) -> list[str]:
    return [row.text(_BIRTH) for row in rows]


def _is_real_date(row: FoundRow) -> bool:
    cell = row.cells.get(_BIRTH)
    return cell is not None and cell.kind == "date" and cell.text[:2].isdecimal()


def _quoted(texts: Sequence[str]) -> str:
    """
    >>> _quoted(["Lớp", "Mã lớp"])
    '“Lớp” và “Mã lớp”'
    """
    return " và ".join(f"“{tidy(text)[:60]}”" for text in texts)


def said_once(repairs: Sequence[str]) -> list[str]:
    """Each sentence once, in order.

    >>> said_once(["a", "b", "a"])
    ['a', 'b']
    """
    return list(Counter(repairs))


def _is_old_card(cell: Cell) -> bool:
    return len(number_key(cell.text)) == _OLD_CARD


def _is_empty_at(row: FoundRow, column: int) -> bool:
    return column >= len(row.whole) or not row.whole[column].text.strip()


def _is_unsure(row: FoundRow) -> bool:
    return order_of([row.text(_BIRTH)]).order == "either"
