"""Which lines of a sheet are people, and what the others are.

Every line is one thing: a person, or skipped with its kind and its text. Nothing is dropped without a trace. A line
without anything by which a person is known, filled down below the last name or repeating the line above, is empty.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from idapp.rosters.columns import Columns
from idapp.rosters.fields import COUNTERS, heading_key
from idapp.rosters.joining import Joined, Row
from idapp.rosters.second_columns import first_filled
from idapp.rosters.sections import ends_a_section, is_section, says_who_left
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, Sheet

SkippedKind = Literal["title", "class", "heading", "signature", "empty"]

# different texts in a row; class rows, signatures and titles have four at most
_ONLY_PEOPLE_HAVE_MORE = 8
_PHANTOM = {"36"}  # a system that writes its code for "nothing" into empty cells
_NOTHING = {"", "0", "-", *_PHANTOM}  # what formulas leave in lines without anybody
_COUNTER = re.compile(r"[0-9]{1,5}(?:[.,]0)?\W*|\w{1,4}\W?|\W+")  # "12", "III.", "1a", "-"
_SIGNATURE = re.compile(
    r"(nguoi lap|hieu truong|p\.? ?hieu truong|pho hieu truong|kt\.|tm\.|thu truong|giao vien chu nhiem|gvcn\b"
    r"|thu ky|van thu|ke toan|xac nhan|\(?ky[ ,)]|\(?da ky|tong so|tong cong|cong:|danh sach (nay )?(co|gom)"
    r"|an dinh danh sach|.*\bngay\b.*\bthang\b.*\bnam\b|ghi chu:)"
)
TITLE = re.compile(
    r"(danh sach|ho so|truong |ubnd|uy ban|phong (giao duc|gd)|so (giao duc|gd)|cong hoa|doc lap|nam hoc|hoc ky|khoi )"
)
_CLASS_ROW = re.compile(
    r"(?:danh sách\s+)?(?:học sinh\s+)?(?:tên\s+)?l[oớ]p(?:\s+học)?\s*[:\-–]?\s*(\S.*)",
    re.IGNORECASE,
)
_CLASS_END = re.compile(
    r"\s+[-–(|]|[,;(]|\s+(?:GVCN|giáo viên|sĩ số|si so|năm học|nam hoc|tổng)\b", re.IGNORECASE
)
_CLASS_IN_TITLE = re.compile(
    r"\bl[oớ]p\s*:?\s*([0-9]{1,2}\s?[./\-]?\s?[A-Za-zĐđ0-9]{1,4})\b", re.IGNORECASE
)
_CLASS_SHEET = re.compile(r"(?:l[oớ]p\s*)?([0-9]{1,2}[./\-_]?[A-Za-zĐđ0-9]{1,3})", re.IGNORECASE)
_NO_TITLE = re.compile(r"\W*(luu y|ghi chu|chu y|huong dan)")
# without any of these nobody can be known
_IDENTIFYING = (
    "full_name", "date_of_birth", "identity_number", "ministry_code", "record_id", "school_code", "father_name",
    "father_birth_year", "mother_name", "mother_birth_year",
)  # fmt: skip
# what is filled down a list, and says of nobody who it is
_FILLED_DOWN = (
    "school_class", "gender", "state", "ethnic_group", "nationality", "province", "district", "commune", "position",
)  # fmt: skip


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
    more: dict[str, tuple[Cell, ...]] = field(default_factory=dict)
    sheet: str = ""
    whole: tuple[Cell, ...] = ()
    hidden: bool = False
    struck: bool = False
    section: str = ""

    def text(self, name: str) -> str:
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


class _HeadingText:
    """What stands above one column, for seeing whether a cell below says the same again."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = frozenset(text for text in texts if text)
        self._keys = frozenset(map(heading_key, self._texts))
        initials = {tidy(text)[:1] for text in self._texts}
        # folding is dear, and nearly every cell of a list begins otherwise than its heading
        self._initials = {*initials, *map(str.lower, initials), *map(str.upper, initials), *" \n\t"}

    def is_said_by(self, text: str) -> bool:
        if text in self._texts:
            return True
        return text[:1] in self._initials and heading_key(text) in self._keys


class LineSorter:
    """Walks down a sheet and says of each line what it is."""

    def __init__(
        self,
        sheet: Sheet,
        columns: Columns,
        joined: Joined,
        heading_rows: Sequence[int],
        surroundings: Surroundings,
    ) -> None:
        self._sheet, self._joined = sheet, joined
        self._at, self._heading_rows = heading_rows[-1], set(heading_rows)
        self._surroundings = surroundings
        self._used = joined.used | _asked(joined)
        rows = [sheet.rows[index] for index in heading_rows]
        self._heading_texts = [
            _HeadingText(row[index].text for row in rows if index < len(row))
            for index in range(max(map(len, rows)))
        ]
        self._repeated = sorted(index for index in self._used if index < len(self._heading_texts))
        self._counters = {
            index for index, text in enumerate(columns.headings) if heading_key(text) in COUNTERS
        }
        self._identifying = self._columns_of(_IDENTIFYING) | _asked(joined)
        self._filled_down = self._columns_of(_FILLED_DOWN)
        self._in_footer = False

    def sorted_lines(self, first: int, end: int) -> tuple[list[FoundRow], list[Skipped]]:
        """The people and the others among the lines with an index from ``first`` to ``end``."""
        rows: list[FoundRow] = []
        skipped: list[Skipped] = []
        for index in range(first, end):
            cells = self._sheet.rows[index]
            kind = self._kind_of(index, cells)
            if kind is None:
                rows.append(self._row(index, cells))
                self._surroundings.people_since += 1
            elif cells:
                outside = index > self._at and not self._is_in(self._used | self._counters, cells)
                skipped.append(Skipped(index + 1, kind, _line_text(cells), outside))
        return self._without_filled_down(rows, skipped)

    # --- what a line is ---

    def _kind_of(self, index: int, cells: tuple[Cell, ...]) -> SkippedKind | None:
        if index in self._heading_rows or self._is_heading(cells):
            self._in_footer = False
            return "heading"
        if (
            index > self._at
            and len({cell.text for cell in cells if cell.text}) > _ONLY_PEOPLE_HAVE_MORE
        ):
            return self._kind_of_full(cells)
        # merged titles may repeat
        texts = list(dict.fromkeys(tidy(cell.text) for cell in cells if cell.text.strip()))
        if self._is_class_row(texts, above=index < self._at):
            self._in_footer = False
            return "class"
        if index < self._at:
            self._note_title(" ".join(texts))
            return "title" if texts else "empty"
        return self._kind_of_short(cells, texts)

    def _kind_of_short(self, cells: tuple[Cell, ...], texts: list[str]) -> SkippedKind | None:
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
            self._note_title(" ".join(texts))
            return "title"
        self._in_footer = False
        return None

    def _kind_of_full(self, cells: tuple[Cell, ...]) -> SkippedKind | None:
        """A row of many texts is a person, unless all of them stand in columns nobody asked for."""
        self._in_footer = False
        return "title" if self._is_title(cells, []) else None

    def _is_heading(self, cells: tuple[Cell, ...]) -> bool:
        """The heading again, in most of its columns, or the row of column numbers that some forms put below it."""
        if self._says_the_headings(cells):
            return True
        if any(len(cell.text) > 6 for cell in cells):
            return False
        numbers = [
            (column, re.sub(r"[^0-9]", "", cell.text))
            for column, cell in enumerate(cells)
            if cell.text.strip()
        ]
        shift = {int(number) - column for column, number in numbers if number and len(number) < 4}
        return (
            len(numbers) > 3
            and all(number and len(number) < 4 for _, number in numbers)
            and len(shift) == 1
        )

    def _says_the_headings(self, cells: tuple[Cell, ...]) -> bool:
        enough = max(2, len(self._used) * 0.5)
        width = len(cells)
        same = 0
        # of two rows of headings the lower one names only some of the columns
        misses_left = len(self._repeated) - (enough if len(self._heading_rows) == 1 else 2)
        for column in self._repeated:
            if column < width and self._heading_texts[column].is_said_by(cells[column].text):
                same += 1
            else:
                misses_left -= 1
                if misses_left < 0:
                    return False
        if same >= enough:
            return True
        filled = [(at, cell.text) for at, cell in enumerate(cells) if cell.text]
        return same > 1 and all(
            at < len(self._heading_texts) and self._heading_texts[at].is_said_by(text)
            for at, text in filled
        )

    def _is_class_row(self, texts: list[str], *, above: bool) -> bool:
        if not texts or len(texts) > 4:
            return False
        match = _CLASS_ROW.match(" ".join(texts))
        if match and len(match.group(1)) <= 80:
            self._begin_class(_class_name(match.group(1)))
            return True
        if above or (len(texts) == 1 and TITLE.match(fold(texts[0]))):
            names = {_class_name(name) for text in texts for name in _CLASS_IN_TITLE.findall(text)}
            if len(names) == 1:
                self._surroundings.class_hint = names.pop()
        return False

    def _begin_class(self, name: str) -> None:
        """A class begins: what a title said of the class before it no longer holds."""
        around = self._surroundings
        if around.section and around.people_since == 0:
            # a title directly above the name of a class is above all that follow
            around.is_over_classes = True
        elif not around.is_over_classes:
            around.section = ""
        around.class_hint, around.people_since = name, 0

    def _note_title(self, text: str) -> None:
        """Does a title say something about those below it?"""
        around = self._surroundings
        if _NO_TITLE.match(fold(text)):
            return
        if says_who_left(text):
            around.section, around.is_over_classes, around.people_since = text[:200], False, 0
        elif ends_a_section(text):
            around.section = ""

    def _is_phantom(self, cells: tuple[Cell, ...], texts: list[str]) -> bool:
        if not set(texts) - _PHANTOM:
            return True
        return not any(
            self._says_something(column, cell)
            for column, cell in enumerate(cells)
            if cell.text.strip() not in _PHANTOM
        )

    def _says_something(self, column: int, cell: Cell) -> bool:
        """Is a cell filled with more than the number of its row? Titles are merged from the first column on."""
        text = cell.text.strip()
        return bool(text) and (column not in self._counters or not _COUNTER.fullmatch(text))

    def _is_section(self, cells: tuple[Cell, ...]) -> bool:
        """A title in the column of names, with its number at most beside it."""
        said = {
            column: tidy(cell.text)
            for column, cell in enumerate(cells)
            if self._says_something(column, cell)
        }
        # the class may be filled down beside a title as beside everybody
        own = [text for column, text in said.items() if column not in self._filled_down]
        texts = list(dict.fromkeys(own or said.values()))
        if len(texts) == 2 and re.fullmatch("[IVXivx]{1,4}|[A-Z]|[0-9]{1,3}", texts[0].strip(". ")):
            texts = texts[1:]
        if len(texts) == 2 and re.fullmatch(r"[0-9]{1,4}(?: \D{1,10})?", texts[1]):
            texts = texts[:1]
        if len(texts) != 1 or not is_section(texts[0]):
            return False
        if _SIGNATURE.match(fold(texts[0])) and not says_who_left(texts[0]):
            return False
        self._note_title(texts[0])
        return True

    def _is_signature(self, cells: tuple[Cell, ...], texts: list[str]) -> bool:
        """All of the few cells are words of a footer; or names below such a row, without any digit."""
        if len(texts) > 4 or self._has_counter(cells):
            return False
        if all(_SIGNATURE.match(fold(text)) for text in texts):
            return True
        return (
            self._in_footer
            and len(texts) <= 3
            and not any(re.search(r"[0-9]", text) for text in texts)
        )

    def _is_title(self, cells: tuple[Cell, ...], texts: list[str]) -> bool:
        """One text, in no wanted column or beginning like a title; or words only in columns nobody asked for."""
        if self._has_counter(cells):
            return False
        return not self._is_in(self._used, cells) or (
            len(texts) == 1 and bool(TITLE.match(fold(texts[0])))
        )

    def _is_in(self, columns: set[int], cells: tuple[Cell, ...]) -> bool:
        return any(cells[column].text.strip() for column in columns if column < len(cells))

    def _has_counter(self, cells: tuple[Cell, ...]) -> bool:
        return any(
            column < len(cells) and cells[column].text.strip().isdecimal()
            for column in self._counters
        )

    # --- lines that were only filled down ---

    def _columns_of(self, names: Iterable[str]) -> set[int]:
        joined = self._joined
        return {
            column
            for name in names
            for column in (*joined.columns.get(name, ()), *joined.places.get(name, ()))
        }

    def _without_filled_down(
        self, rows: list[FoundRow], skipped: list[Skipped]
    ) -> tuple[list[FoundRow], list[Skipped]]:
        nobody = [at for at, row in enumerate(rows) if not self._names_somebody(row)]
        if not nobody:
            return rows, skipped
        last = max(set(range(len(rows))) - set(nobody), default=-1)
        filled_down = {
            at
            for at in nobody
            if self._is_filled_down(rows[at], rows[at - 1].whole if at else (), at > last)
        }
        kept = [row for at, row in enumerate(rows) if at not in filled_down]
        skipped += [
            Skipped(rows[at].number, "empty", _line_text(rows[at].whole)) for at in filled_down
        ]
        return kept, sorted(skipped, key=lambda line: line.number)

    def _names_somebody(self, row: FoundRow) -> bool:
        width = len(row.whole)
        for column in self._identifying:
            if column < width and row.whole[column].text.strip() not in _NOTHING:
                return True
        return False

    def _is_filled_down(self, row: FoundRow, before: Row, is_below_all: bool) -> bool:
        """Does the line only say again what the line above says? Below the last person a class or a sex may differ."""
        aside = self._counters | (self._filled_down if is_below_all else set())
        return all(
            cell.text.strip() in _NOTHING or (at < len(before) and before[at].text == cell.text)
            for at, cell in enumerate(row.whole)
            if at not in aside
        )

    # --- a person ---

    def _row(self, index: int, cells: tuple[Cell, ...]) -> FoundRow:
        values: dict[str, Cell] = {}
        more: dict[str, tuple[Cell, ...]] = {}
        readers = self._joined.readers
        for name, several in self._joined.columns.items():
            if name in readers:
                values[name] = readers[name](cells)
            elif len(several) == 1:
                values[name] = cells[several[0]] if several[0] < len(cells) else EMPTY
            else:
                values[name], others = first_filled(name, cells, several)
                if others:
                    more[name] = others
        if "full_name" in values and values["full_name"].kind == "bool":
            # TRUE is what somebody ticked, never what somebody is called
            values["full_name"] = Cell(values["full_name"].text, "error")
        around, number = self._surroundings, index + 1
        return FoundRow(
            number,
            values,
            around.class_hint,
            more,
            self._sheet.name,
            cells,
            hidden=number in self._sheet.hidden_rows,
            struck=number in struck_rows(self._sheet),
            section=around.section,
        )


def struck_rows(sheet: Sheet) -> frozenset[int]:
    """Numbers of the rows that are struck out, where the reader of the file tells them."""
    rows: frozenset[int] = getattr(sheet, "struck_rows", frozenset())
    return rows


def _asked(joined: Joined) -> set[int]:
    return {column for candidates in joined.asked.values() for column in candidates}


def _line_text(cells: Row) -> str:
    return " | ".join(tidy(cell.text) for cell in cells if cell.text)[:200]


def _class_name(text: str) -> str:
    """
    >>> _class_name("5A - GVCN: cô Lan"), _class_name("6/2"), _class_name("Mầm 1 (sĩ số 25)")
    ('5A', '6/2', 'Mầm 1')
    """
    return tidy(_CLASS_END.split(text)[0]).strip(" .:")


def class_of_sheet(name: str) -> str:
    """The class a sheet is named after, "" if none.

    >>> class_of_sheet("Lớp 5A"), class_of_sheet("Danh sách")
    ('5A', '')
    """
    match = _CLASS_SHEET.fullmatch(tidy(name))
    return match.group(1) if match else ""
