"""Which lines of a sheet are people, and what the others are.

Every line is one thing: a person, or skipped with its kind and its text. Nothing is dropped without a trace. A line
without anything by which a person is known, filled down below the last name or repeating the line above, is empty.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from idapp.rosters.class_titles import class_in_titles, class_of_row
from idapp.rosters.columns import Columns
from idapp.rosters.fields import COUNTERS, heading_key
from idapp.rosters.joining import Joined
from idapp.rosters.repeated_headings import HeadingRows, is_row_of_numbers
from idapp.rosters.row_cells import Cells, Row
from idapp.rosters.second_columns import first_filled
from idapp.rosters.sections import ends_a_section, is_section, says_who_left
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, Sheet

SkippedKind = Literal["title", "class", "heading", "signature", "empty"]

# different texts in a row; class rows, signatures and titles have four at most
_ONLY_PEOPLE_HAVE_MORE = 8
_MOST_OF_A_TITLE = 4
_PHANTOM = {"36"}  # a system that writes its code for "nothing" into empty cells
_NOTHING = {"", "0", "-", *_PHANTOM}  # what formulas leave in lines without anybody
_COUNTER = re.compile(r"[0-9]{1,5}(?:[.,]0)?\W*|\w{1,4}\W?|\W+")  # "12", "III.", "1a", "-"
_ENUMERATOR = re.compile("[IVXivx]{1,4}|[A-Z]|[0-9]{1,3}")  # before a title in a cell of its own
_HOW_MANY = re.compile(r"[0-9]{1,4}(?: \D{1,10})?")  # behind a title: "35", "35 em"
_DIGIT = re.compile("[0-9]")
_SIGNATURE = re.compile(
    r"(nguoi lap|hieu truong|p\.? ?hieu truong|pho hieu truong|kt\.|tm\.|thu truong"
    r"|giao vien chu nhiem|gvcn\b|thu ky|van thu|ke toan|xac nhan|\(?ky[ ,)]|\(?da ky|tong so"
    r"|tong cong|cong:|danh sach (nay )?(co|gom)|an dinh danh sach"
    r"|.*\bngay\b.*\bthang\b.*\bnam\b|ghi chu:)"
)
TITLE = re.compile(
    r"(danh sach|ho so|truong |ubnd|uy ban|phong (giao duc|gd)|so (giao duc|gd)|cong hoa|doc lap"
    r"|nam hoc|hoc ky|khoi )"
)
_NO_TITLE = re.compile(r"\W*(luu y|ghi chu|chu y|huong dan)")
# without any of these nobody can be known
_IDENTIFYING = (
    "full_name",
    "date_of_birth",
    "identity_number",
    "ministry_code",
    "record_id",
    "school_code",
    "father_name",
    "father_birth_year",
    "mother_name",
    "mother_birth_year",
)
# what is filled down a list, and says of nobody who it is
_FILLED_DOWN = (
    "school_class",
    "gender",
    "state",
    "ethnic_group",
    "nationality",
    "province",
    "district",
    "commune",
    "position",
)


@dataclass(frozen=True)
class FoundRow:
    """A line that is a person.

    number   the row of the sheet as Excel counts
    cells    {field: cell}; ``residence`` is the whole address in one text, ``school_code`` the school's own code
    more     the cells of a field in several columns that are written otherwise: an old card's number under "Số CCCD",
             beside the one under "Số định danh cá nhân"
    whole    the row as it stood
    hidden   Excel does not show it            struck   it is struck out
    section  the title above it that says that people have left or are away, "" if there is none
    """

    number: int
    cells: dict[str, Cell]
    class_hint: str = ""
    more: dict[str, Cells] = field(default_factory=dict)
    sheet: str = ""
    whole: Cells = ()
    hidden: bool = False
    struck: bool = False
    section: str = ""

    def text(self, name: str) -> str:
        """What stands in the cell of a field, "" where the list has no such column."""
        return self.cells.get(name, EMPTY).text


@dataclass(frozen=True)
class Skipped:
    """A line that is nobody. ``outside``: all that it says stands in columns nobody asks for."""

    number: int
    kind: SkippedKind
    text: str
    outside: bool = False


@dataclass
class Surroundings:
    """What the lines so far said about those that follow."""

    class_hint: str = ""
    section: str = ""
    is_over_classes: bool = False  # the section goes on when a class begins
    people_since: int = 0  # lines of people since the last title of a class or a section

    def begin_class(self, name: str) -> None:
        """A class begins: what a title said of the class before it no longer holds."""
        if self.section and self.people_since == 0:
            # a title directly above the name of a class is above all that follow
            self.is_over_classes = True
        elif not self.is_over_classes:
            self.section = ""
        self.class_hint = name
        self.people_since = 0

    def note_title(self, text: str) -> None:
        """Does a title say something about those below it?"""
        if _NO_TITLE.match(fold(text)):
            return
        if says_who_left(text):
            self.section = text[:200]
            self.is_over_classes = False
            self.people_since = 0
        elif ends_a_section(text):
            self.section = ""


class LineClassifier:
    """Walks down a sheet and says of each line what it is.

    ``heading_rows`` are the indices of the rows of headings, the lowest last; ``surroundings`` is what earlier lines
    said, and goes on growing here.
    """

    def __init__(
        self,
        sheet: Sheet,
        columns: Columns,
        joined: Joined,
        heading_rows: Sequence[int],
        surroundings: Surroundings,
    ) -> None:
        self._sheet = sheet
        self._joined = joined
        self._surroundings = surroundings
        self._lowest_heading = heading_rows[-1]
        self._heading_indices = set(heading_rows)
        ambiguous = _ambiguous_columns(joined)
        self._used = joined.used | ambiguous
        rows_of_headings = [sheet.rows[index] for index in heading_rows]
        self._heading_rows = HeadingRows(rows_of_headings, self._used)
        self._counters = _counters_of(columns)
        self._identifying = _columns_of(joined, _IDENTIFYING) | ambiguous
        self._filled_down = _columns_of(joined, _FILLED_DOWN)
        self._struck_rows = struck_rows(sheet)
        self._in_footer = False

    def classify(self, first: int, end: int) -> tuple[list[FoundRow], list[Skipped]]:
        """The people and the others among the lines with an index from ``first`` to ``end``.

        1. Each line is looked at in its turn: titles and classes say something about the lines below them.
        2. A person is read as the headings say; anything else is kept with its kind and its text.
        3. At last, lines that were only filled down are taken out of the people.

        Both are in the order of the sheet; rows without any cell stand in neither.
        """
        rows: list[FoundRow] = []
        skipped: list[Skipped] = []
        for index in range(first, end):
            cells = self._sheet.rows[index]
            kind = self._kind_of(index, cells)
            if kind is None:
                rows.append(self._row(index, cells))
                self._surroundings.people_since += 1
            elif cells:
                skipped.append(self._skipped(index, kind, cells))
        return self._without_filled_down(rows, skipped)

    def _skipped(self, index: int, kind: SkippedKind, cells: Cells) -> Skipped:
        """A line that is nobody, with what it says, for the user to see."""
        is_below = index > self._lowest_heading
        is_outside = is_below and not _is_filled(cells, self._used | self._counters)
        return Skipped(index + 1, kind, _line_text(cells), is_outside)

    # --- what a line is ---

    def _kind_of(self, index: int, cells: Cells) -> SkippedKind | None:
        """The kind of a line that is nobody, None for a person; the first that applies wins.

        Headings may stand anywhere. Below them a line of many texts is a person, one of few may be the name of a
        class, a title or a signature. Above them nobody stands.
        """
        if index in self._heading_indices or self._is_heading(cells):
            self._in_footer = False
            return "heading"
        is_above = index < self._lowest_heading
        if not is_above and _is_full(cells):
            return self._kind_of_full(cells)
        # merged titles may repeat
        filled = [tidy(cell.text) for cell in cells if cell.text.strip()]
        texts = list(dict.fromkeys(filled))
        if self._is_class_row(texts, is_above):
            self._in_footer = False
            return "class"
        if is_above:
            return self._kind_above(texts)
        return self._kind_of_short(cells, texts)

    def _kind_above(self, texts: list[str]) -> SkippedKind:
        """A line above the headings is never a person."""
        self._surroundings.note_title(" ".join(texts))
        return "title" if texts else "empty"

    def _kind_of_full(self, cells: Cells) -> SkippedKind | None:
        """A row of many texts is a person, unless all of them stand in columns nobody asked for."""
        self._in_footer = False
        if self._is_beside_the_list(cells):
            return "title"
        return None

    def _kind_of_short(self, cells: Cells, texts: list[str]) -> SkippedKind | None:
        """A line below the heading that is neither full nor the name of a class."""
        if self._is_phantom(cells, texts):
            return "empty"
        if self._is_section(cells):
            self._in_footer = False
            return "title"
        if self._is_signature(cells, texts):
            self._in_footer = True
            return "signature"
        if self._is_title(cells, texts):
            self._surroundings.note_title(" ".join(texts))
            return "title"
        self._in_footer = False
        return None

    def _is_heading(self, cells: Cells) -> bool:
        """The heading again, or the row of column numbers that some forms put below it."""
        return self._heading_rows.are_said_by(cells) or is_row_of_numbers(cells)

    def _is_class_row(self, texts: list[str], is_above: bool) -> bool:
        """Is a row the name of a class? A title that only mentions one is noted, and is none."""
        if not texts or len(texts) > _MOST_OF_A_TITLE:
            return False
        name = class_of_row(texts)
        if name is not None:
            self._surroundings.begin_class(name)
            return True
        if is_above or _is_one_title(texts):
            mentioned = class_in_titles(texts)
            self._surroundings.class_hint = mentioned or self._surroundings.class_hint
        return False

    def _is_phantom(self, cells: Cells, texts: list[str]) -> bool:
        """Does a line say nothing, or only what systems write where they have nothing?"""
        if not set(texts) - _PHANTOM:
            return True
        for column, cell in enumerate(cells):
            if cell.text.strip() not in _PHANTOM and self._says_something(column, cell):
                return False
        return True

    def _says_something(self, column: int, cell: Cell) -> bool:
        """Is a cell filled with more than the number of its row?

        In the column of numbers a title counts all the same: it is merged from the first column on.
        """
        text = cell.text.strip()
        if not text:
            return False
        return column not in self._counters or not _COUNTER.fullmatch(text)

    def _is_section(self, cells: Cells) -> bool:
        """A title in the column of names, with its number at most beside it.

        "Tổng số: 35" is a signature, for names follow it; "Chuyển đi" above names is noted for them.
        """
        title = _title_without_numbers(self._texts_of_section(cells))
        if not is_section(title):
            return False
        if _SIGNATURE.match(fold(title)) and not says_who_left(title):
            return False
        self._surroundings.note_title(title)
        return True

    def _texts_of_section(self, cells: Cells) -> list[str]:
        """The different texts of a line that may be a title."""
        texts: dict[str, None] = {}  # a dict keeps the order
        filled_down: dict[str, None] = {}
        for column, cell in enumerate(cells):
            if not self._says_something(column, cell):
                continue
            if column in self._filled_down:
                filled_down[tidy(cell.text)] = None
            else:
                texts[tidy(cell.text)] = None
        # the class may be filled down beside a title as beside everybody
        return list(texts or filled_down)

    def _is_signature(self, cells: Cells, texts: list[str]) -> bool:
        """All of the few cells are words of a footer; or names below such a row, without any digit.

        Whoever signs stands some lines below "Người lập biểu | Hiệu trưởng", and looks like a person of the list.
        """
        if len(texts) > _MOST_OF_A_TITLE or self._has_counter(cells):
            return False
        if all(_SIGNATURE.match(fold(text)) for text in texts):
            return True
        if not self._in_footer or len(texts) > 3:
            return False
        return not any(_DIGIT.search(text) for text in texts)

    def _is_title(self, cells: Cells, texts: list[str]) -> bool:
        """Does a line stand beside the list, or hold one text that begins like a title?

        Whoever has a running number is a person, whatever stands beside it.
        """
        if self._is_beside_the_list(cells):
            return True
        return _is_one_title(texts) and not self._has_counter(cells)

    def _is_beside_the_list(self, cells: Cells) -> bool:
        """Has a line no running number, and nothing in any column that is read?"""
        return not self._has_counter(cells) and not _is_filled(cells, self._used)

    def _has_counter(self, cells: Cells) -> bool:
        """Does a line have a running number? Whoever numbers a line means a person."""
        for column in self._counters:
            if column < len(cells) and cells[column].text.strip().isdecimal():
                return True
        return False

    # --- lines that were only filled down ---

    def _without_filled_down(
        self, rows: list[FoundRow], skipped: list[Skipped]
    ) -> tuple[list[FoundRow], list[Skipped]]:
        """The people and the others once more, lines that name nobody and say nothing new among the others."""
        nameless = {index for index, row in enumerate(rows) if not self._names_somebody(row)}
        if not nameless:
            return rows, skipped
        last_person = max(set(range(len(rows))) - nameless, default=-1)
        people: list[FoundRow] = []
        others = list(skipped)
        for index, row in enumerate(rows):
            before = rows[index - 1].whole if index else ()
            is_below_all = index > last_person
            if index in nameless and self._is_filled_down(row, before, is_below_all):
                others.append(Skipped(row.number, "empty", _line_text(row.whole)))
            else:
                people.append(row)
        return people, sorted(others, key=lambda line: line.number)

    def _names_somebody(self, row: FoundRow) -> bool:
        """Does a line hold anything by which a person is known?"""
        width = len(row.whole)
        for column in self._identifying:
            if column < width and row.whole[column].text.strip() not in _NOTHING:
                return True
        return False

    def _is_filled_down(self, row: FoundRow, before: Row, is_below_all: bool) -> bool:
        """Does the line only say again what the line above says?

        Below the last person (``is_below_all``) a class or a sex may differ: they were filled down too far.
        """
        ignored = self._counters
        if is_below_all:
            ignored = ignored | self._filled_down
        for column, cell in enumerate(row.whole):
            if column in ignored or cell.text.strip() in _NOTHING:
                continue
            if column >= len(before) or before[column].text != cell.text:
                return False
        return True

    # --- a person ---

    def _row(self, index: int, cells: Cells) -> FoundRow:
        """A line as a person, with what the lines above say about it."""
        values, more = self._values_of(cells)
        name = values.get("full_name", EMPTY)
        if name.kind == "bool":
            # TRUE is what somebody ticked, never what somebody is called
            values["full_name"] = Cell(name.text, "error")
        number = index + 1
        return FoundRow(
            number=number,
            cells=values,
            class_hint=self._surroundings.class_hint,
            more=more,
            sheet=self._sheet.name,
            whole=cells,
            hidden=number in self._sheet.hidden_rows,
            struck=number in self._struck_rows,
            section=self._surroundings.section,
        )

    def _values_of(self, cells: Cells) -> tuple[dict[str, Cell], dict[str, Cells]]:
        """The cell of each field, and what further columns of a field say otherwise."""
        values: dict[str, Cell] = {}
        more: dict[str, Cells] = {}
        width = len(cells)
        readers = self._joined.readers
        for name, columns in self._joined.columns.items():
            if name in readers:
                values[name] = readers[name](cells)
            elif len(columns) > 1:
                values[name], others = first_filled(name, cells, columns)
                if others:
                    more[name] = others
            elif columns[0] < width:
                values[name] = cells[columns[0]]
            else:
                values[name] = EMPTY
        return values, more


def struck_rows(sheet: Sheet) -> frozenset[int]:
    """Numbers of the rows that are struck out, where the reader of the file tells them."""
    rows: frozenset[int] = getattr(sheet, "struck_rows", frozenset())
    return rows


def _counters_of(columns: Columns) -> set[int]:
    """The columns that number the rows."""
    keys = map(heading_key, columns.headings)
    return {column for column, key in enumerate(keys) if key in COUNTERS}


def _columns_of(joined: Joined, names: Iterable[str]) -> set[int]:
    """Every column from which one of these fields is read."""
    columns: set[int] = set()
    for name in names:
        columns.update(joined.columns.get(name, ()))
        columns.update(joined.places.get(name, ()))
    return columns


def _ambiguous_columns(joined: Joined) -> set[int]:
    """All columns of which somebody has to say which one it is."""
    columns: set[int] = set()
    return columns.union(*joined.ambiguous.values())


def _is_full(cells: Row) -> bool:
    """Has a line more different texts than titles and signatures have?"""
    return len({cell.text for cell in cells if cell.text}) > _ONLY_PEOPLE_HAVE_MORE


def _is_filled(cells: Row, columns: Iterable[int]) -> bool:
    """Does any of these columns hold something?"""
    width = len(cells)
    for column in columns:
        if column < width and cells[column].text.strip():
            return True
    return False


def _is_one_title(texts: Sequence[str]) -> bool:
    """Does a line say one thing, and that begins like a title?"""
    if len(texts) != 1:
        return False
    return bool(TITLE.match(fold(texts[0])))


def _title_without_numbers(texts: list[str]) -> str:
    """The only text of a line but for its number before it, or a number of people behind it; "" if there are more.

    >>> _title_without_numbers(["II", "Bỏ học"]), _title_without_numbers(["Chuyển đi", "3 em"])
    ('Bỏ học', 'Chuyển đi')
    """
    if len(texts) == 2 and _ENUMERATOR.fullmatch(texts[0].strip(". ")):
        return texts[1]
    if len(texts) == 2 and _HOW_MANY.fullmatch(texts[1]):
        return texts[0]
    return texts[0] if len(texts) == 1 else ""


def _line_text(cells: Row) -> str:
    """
    >>> _line_text([Cell("Tổng  số", "text"), EMPTY, Cell("35", "number")])
    'Tổng số | 35'
    """
    texts = [tidy(cell.text) for cell in cells if cell.text]
    return " | ".join(texts)[:200]
