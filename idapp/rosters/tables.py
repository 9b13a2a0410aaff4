"""Finding the table in a sheet: the heading row, the columns, and which rows below it are people.

Real files (domain.md "Workbooks in real life") have title rows above, headings with line breaks, NFD letters, stars and
hints in brackets, columns in any order, class names on rows of their own, the heading again for each class, signatures
at the end, and phantom rows that hold a running number or "36" only. Nothing is dropped without a trace: each skipped
row is listed with its kind and text. Meaning (whose name, which date) is not decided here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from idapp.rosters.joining import Joined, Parts, join, joined_cell
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell, Sheet, WorkbookRefused, letters

SkippedKind = Literal["title", "class", "heading", "signature", "empty"]
Wanted = Mapping[str, Sequence[str]]

HEADING_WITHIN = 30
_ONLY_PEOPLE_HAVE_MORE = (
    8  # different texts in a row; class rows, signatures and titles have four at most
)
_PHANTOM = {"36"}  # a system that writes its code for "nothing" into empty cells
COUNTERS = {"stt", "tt", "so tt", "so thu tu", "no"}
# what stands in brackets is part of the heading ("Tỉnh (Nơi sinh)" is another column) unless it only explains
_HINT = re.compile(
    r"\b(dd|mm|yyyy|vd|vi du|bat buoc|neu co|chon|nhap|dinh dang|nam nu|csdl|[0-9]+ so|chu so|cccd|cmnd|thuong tru"
    r"|theo giay|ghi ro|hoc sinh|hs|danh muc)\b"
)
_SIGNATURE = re.compile(
    r"(nguoi lap|hieu truong|p\.? ?hieu truong|pho hieu truong|kt\.|tm\.|thu truong|giao vien chu nhiem|gvcn\b"
    r"|thu ky|van thu|ke toan|xac nhan|\(?ky[ ,)]|\(?da ky|tong so|tong cong|cong:|danh sach (nay )?(co|gom)"
    r"|an dinh danh sach|.*\bngay\b.*\bthang\b.*\bnam\b|ghi chu:)"
)
_TITLE = re.compile(
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


@dataclass(frozen=True)
class FoundRow:
    """``number`` is the row of the sheet as Excel counts. ``more`` holds the differing cells of a field that stands in
    several columns (the number under "Số CCCD" and under "Số định danh cá nhân"); ``whole`` is the row as it stood;
    ``hidden``: Excel does not show it."""

    number: int
    cells: dict[str, Cell]
    class_hint: str = ""
    more: dict[str, tuple[Cell, ...]] = field(default_factory=dict)
    sheet: str = ""
    whole: tuple[Cell, ...] = ()
    hidden: bool = False

    def text(self, name: str) -> str:
        return self.cells.get(name, EMPTY).text


@dataclass(frozen=True)
class Skipped:
    number: int
    kind: SkippedKind
    text: str


@dataclass(frozen=True)
class FoundTable:
    """``columns`` counts from 0; ``headings`` holds the heading of each found field as it stands in the file,
    ``all_headings`` the heading row from its first column to the last one that holds anything. ``joined``: the columns
    of a field that stands in two (a name); ``others``: further columns of a field, of which the first filled one
    counts. ``unknown`` are the columns of no use, one without a heading by its letter.
    """

    sheet: str
    heading_row: int
    columns: dict[str, int]
    headings: dict[str, str]
    unknown: list[str]
    missing: list[str]
    rows: list[FoundRow]
    skipped: list[Skipped]
    all_headings: tuple[str, ...] = ()
    joined: dict[str, tuple[int, ...]] = field(default_factory=dict)
    others: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def skipped_counts(self) -> dict[str, int]:
        return dict(Counter(row.kind for row in self.skipped))


def find_tables(
    sheets: Sequence[Sheet], wanted: Wanted, parts: Parts | None = None
) -> list[FoundTable]:
    """One table for each visible sheet that has nearly the best heading: a workbook may hold one class per sheet.
    Raises ``WorkbookRefused`` (``no_table``) when no row holds two of the wanted columns.

    ``parts``: fields that may stand in two columns (``joining``).
    """
    finder = _Finder(
        {**wanted, **{name: words for of in (parts or {}).values() for name, words in of.items()}}
    )
    found: list[tuple[Sheet, int, Joined]] = []
    for sheet in sheets:
        if not sheet.hidden:
            at, columns = finder.heading_of(sheet)
            whole, columns = finder.with_second_row(sheet, at, columns)
            found.append((whole, at, join(whole, at, columns, parts or {})))
    best = max((len(joined.columns) for _, _, joined in found), default=0)
    if best < min(2, len(wanted)):
        raise WorkbookRefused(
            "no_table", ", ".join(f"“{headings[0]}”" for headings in list(wanted.values())[:3])
        )
    enough = max(2, best * 0.7) if best > 1 else 1
    return [
        _table(sheet, at, joined, wanted)
        for sheet, at, joined in found
        if len(joined.columns) >= enough
    ]


def heading_key(text: str) -> str:
    """A heading for comparing: folded, words only, without star.

    >>> heading_key("Họ và\\n tên (*)"), heading_key("Tỉnh/Thành phố (Theo địa chỉ thường trú)")
    ('ho va ten', 'tinh thanh pho theo dia chi thuong tru')
    """
    return " ".join(re.findall(r"[0-9a-z]+", fold(text)))


def _short_key(text: str) -> str:
    """The key without brackets that only explain.

    >>> _short_key("Ngày sinh (dd/mm/yyyy)"), _short_key("Tỉnh (Nơi sinh)")
    ('ngay sinh', 'tinh noi sinh')
    """
    return heading_key(re.sub(r"[(\[]([^)\]]*)[)\]]", _explaining, tidy(text)))


def _explaining(match: re.Match[str]) -> str:
    return " " if _HINT.search(heading_key(match.group(1))) else match.group(0)


class _Finder:
    """Compares rows with the wanted headings."""

    def __init__(self, wanted: Wanted) -> None:
        self._ranks: dict[str, list[tuple[str, int]]] = {}
        for name, headings in wanted.items():
            for rank, heading in enumerate(headings):
                self._ranks.setdefault(heading_key(heading), []).append((name, rank))

    def heading_of(self, sheet: Sheet) -> tuple[int, dict[str, list[int]]]:
        """Index of the heading row and, for each field found, its columns in the order of the wanted headings."""
        best: tuple[int, dict[str, list[int]]] = (0, {})
        for at, row in enumerate(sheet.rows[:HEADING_WITHIN]):
            columns = self.columns_of(row)
            if len(columns) > len(best[1]):
                best = (at, columns)
        return best

    def with_second_row(
        self, sheet: Sheet, at: int, columns: dict[str, list[int]]
    ) -> tuple[Sheet, dict[str, list[int]]]:
        """Headings in two rows, "Tỉnh | Huyện | Xã" below "Nơi thường trú": as one, which then stands twice, if all
        that was found is found in it and more."""
        top, below = (sheet.rows[row] if row < len(sheet.rows) else () for row in (at, at + 1))
        width = max(len(top), len(below))
        upper, lower = ((*cells, *[EMPTY] * (width - len(cells))) for cells in (top, below))
        both = tuple(
            low if low.kind == "text" else up for up, low in zip(upper, lower, strict=True)
        )
        found = self.columns_of(both)
        if not set(found) > set(columns):
            return sheet, columns
        return replace(sheet, rows=[*sheet.rows[:at], both, both, *sheet.rows[at + 2 :]]), found

    def columns_of(self, row: tuple[Cell, ...]) -> dict[str, list[int]]:
        """Exact headings first; one without its explaining brackets only for a field that has none."""
        exact = self._matches(row, heading_key)
        loose = self._matches(row, _short_key)
        taken = {column for ranked in exact.values() for _, column in ranked}
        for name, ranked in loose.items():
            if name not in exact:
                exact[name] = [(rank, column) for rank, column in ranked if column not in taken]
        return {
            name: [column for _, column in sorted(ranked)]
            for name, ranked in exact.items()
            if ranked
        }

    def _matches(self, row: tuple[Cell, ...], key: object) -> dict[str, list[tuple[int, int]]]:
        found: dict[str, list[tuple[int, int]]] = {}
        for column, cell in enumerate(row):
            if cell.kind == "text" and len(cell.text) <= 200:
                for name, rank in self._ranks.get(key(cell.text), ()):  # type: ignore[operator]
                    found.setdefault(name, []).append((rank, column))
        return found


def _table(sheet: Sheet, at: int, joined: Joined, wanted: Wanted) -> FoundTable:
    heading, columns = [tidy(cell.text) for cell in sheet.rows[at]], joined.columns
    used = {c for several in columns.values() for c in several}.union(*joined.places.values())
    unknown = [text for column, text in enumerate(heading) if text and column not in used]
    sorter = _Sorter(sheet, at, joined)
    rows, skipped = sorter.sorted_rows()
    bare = _columns_without_heading(rows, heading, used)
    width = max([len(heading), *(column + 1 for column in (*bare, *used))])
    return FoundTable(
        sheet=sheet.name,
        heading_row=at + 1,
        columns={name: several[0] for name, several in columns.items()},
        headings={name: heading[several[0]] for name, several in columns.items()},
        unknown=[text for text in unknown if heading_key(text) not in COUNTERS]
        + [f"cột {letters(column)} (không có tiêu đề)" for column in bare],
        missing=[name for name in wanted if name not in columns],
        rows=rows,
        skipped=skipped,
        all_headings=(*heading, *[""] * (width - len(heading))),
        joined=joined.places,
        others={name: tuple(several[1:]) for name, several in columns.items() if several[1:]},
    )


def _columns_without_heading(
    rows: Sequence[FoundRow], heading: Sequence[str], used: set[int]
) -> list[int]:
    """Columns of no use that hold something all the same; one that only counts the rows is none."""
    width = max((len(row.whole) for row in rows), default=0)
    bare = [c for c in range(width) if c not in used and (c >= len(heading) or not heading[c])]
    texts = {c: [row.whole[c].text.strip() for row in rows if c < len(row.whole)] for c in bare}
    return [c for c in bare if any(text and not text.isdecimal() for text in texts[c])]


class _Sorter:
    """Walks down a sheet and says of each row what it is."""

    def __init__(self, sheet: Sheet, at: int, joined: Joined) -> None:
        self._sheet, self._at, self._columns, self._joined = (
            sheet,
            at,
            joined.columns,
            joined.places,
        )
        self._used = {c for several in self._columns.values() for c in several}.union(
            *self._joined.values()
        )
        heading = [cell.text for cell in sheet.rows[at]]
        # a joined column may stand right of the last heading
        self._heading_texts = heading + [""] * (max(self._used, default=0) + 1 - len(heading))
        self._heading = [heading_key(text) for text in self._heading_texts]
        self._initials = [text.lstrip()[:1].casefold() for text in self._heading_texts]
        self._parts = {heading_key(word) for word in joined.words} if self._joined else set()
        self._counters = {column for column, key in enumerate(self._heading) if key in COUNTERS}
        self._class_hint = _class_of_sheet(sheet.name)
        self._in_footer = False

    def sorted_rows(self) -> tuple[list[FoundRow], list[Skipped]]:
        rows: list[FoundRow] = []
        skipped: list[Skipped] = []
        for index, cells in enumerate(self._sheet.rows):
            kind = self._kind_of(index, cells)
            if kind is None:
                rows.append(self._row(index, cells))
            elif cells and index != self._at:
                text = " | ".join(tidy(cell.text) for cell in cells if cell.text)
                skipped.append(Skipped(index + 1, kind, text[:200]))
        return rows, skipped

    def _kind_of(self, index: int, cells: tuple[Cell, ...]) -> SkippedKind | None:
        if (
            index == self._at
            or self._is_heading(cells)
            or (index == self._at + 1 and self._names_the_parts(cells))
        ):
            self._in_footer = False
            return "heading"
        if (
            index > self._at
            and len({cell.text for cell in cells if cell.text}) > _ONLY_PEOPLE_HAVE_MORE
        ):
            return self._kind_of_full(cells)
        texts = list(
            dict.fromkeys(tidy(cell.text) for cell in cells if cell.text.strip())
        )  # merged titles may repeat
        if self._is_class_row(texts, above=index < self._at):
            self._in_footer = False
            return "class"
        if index < self._at:
            return "title" if texts else "empty"
        if self._is_phantom(cells, texts):
            return "empty"
        if self._is_signature(cells, texts):
            self._in_footer = True
            return "signature"
        if self._is_title(cells, texts):
            return "title"
        self._in_footer = False
        return None

    def _kind_of_full(self, cells: tuple[Cell, ...]) -> SkippedKind | None:
        """A row of many texts is a person, unless all of them stand in columns nobody asked for."""
        self._in_footer = False
        return "title" if self._is_title(cells, []) else None

    def _is_heading(self, cells: tuple[Cell, ...]) -> bool:
        """The heading again, in most of its columns, or the row of column numbers that some forms put below it."""
        same = sum(
            self._repeats(cells[column].text, column)
            for column in self._used
            if column < len(cells)
        )
        if same >= max(2, len(self._used) * 0.5):
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

    def _names_the_parts(self, cells: tuple[Cell, ...]) -> bool:
        """The second row of headings: "Họ đệm | Tên" below "Họ và tên"."""
        texts = [
            cells[c].text for several in self._joined.values() for c in several if c < len(cells)
        ]
        return bool(texts) and all(heading_key(text) in self._parts for text in texts)

    def _repeats(self, text: str, column: int) -> bool:
        if not text or text == self._heading_texts[column]:
            return bool(text)
        # folding is dear, and nearly every cell of a list begins otherwise than its heading
        return (
            text.lstrip()[:1].casefold() == self._initials[column]
            and heading_key(text) == self._heading[column]
        )

    def _is_class_row(self, texts: list[str], *, above: bool) -> bool:
        if not texts or len(texts) > 4:
            return False
        match = _CLASS_ROW.match(" ".join(texts))
        if match and len(match.group(1)) <= 80:
            self._class_hint = _class_name(match.group(1))
            return True
        if above or (len(texts) == 1 and _TITLE.match(fold(texts[0]))):
            names = {_class_name(name) for text in texts for name in _CLASS_IN_TITLE.findall(text)}
            if len(names) == 1:
                self._class_hint = names.pop()
        return False

    def _is_phantom(self, cells: tuple[Cell, ...], texts: list[str]) -> bool:
        if not set(texts) - _PHANTOM:
            return True
        filled = {
            column
            for column, cell in enumerate(cells)
            if cell.text.strip() and cell.text.strip() not in _PHANTOM
        }
        return filled <= self._counters

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
        in_wanted = any(cells[column].text.strip() for column in self._used if column < len(cells))
        return not in_wanted or (len(texts) == 1 and bool(_TITLE.match(fold(texts[0]))))

    def _has_counter(self, cells: tuple[Cell, ...]) -> bool:
        return any(
            column < len(cells) and cells[column].text.strip().isdecimal()
            for column in self._counters
        )

    def _row(self, index: int, cells: tuple[Cell, ...]) -> FoundRow:
        values: dict[str, Cell] = {}
        more: dict[str, tuple[Cell, ...]] = {}
        for name, several in self._columns.items():
            if len(several) == 1:
                values[name] = cells[several[0]] if several[0] < len(cells) else EMPTY
                continue
            filled = [
                cells[column]
                for column in several
                if column < len(cells) and cells[column].text.strip()
            ]
            values[name] = filled[0] if filled else EMPTY
            others = tuple(cell for cell in filled[1:] if _bare(cell) != _bare(filled[0]))
            if others:
                more[name] = others
        for name, places in self._joined.items():
            values[name] = joined_cell(cells, places)
        hidden = index + 1 in self._sheet.hidden_rows
        return FoundRow(index + 1, values, self._class_hint, more, self._sheet.name, cells, hidden)


def _bare(cell: Cell) -> str:
    return "".join(tidy(cell.text).split())


def _class_name(text: str) -> str:
    """
    >>> _class_name("5A - GVCN: cô Lan"), _class_name("6/2"), _class_name("Mầm 1 (sĩ số 25)")
    ('5A', '6/2', 'Mầm 1')
    """
    return tidy(_CLASS_END.split(text)[0]).strip(" .:")


def _class_of_sheet(name: str) -> str:
    match = _CLASS_SHEET.fullmatch(tidy(name))
    return match.group(1) if match else ""
