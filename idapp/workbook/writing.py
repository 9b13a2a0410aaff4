"""Writing workbooks with XlsxWriter: what a person typed is written as text, always.

No value becomes a formula, a link or a number by the way it looks: strings are written as strings, and
those beginning with ``= + - @`` tab or CR carry Excel's text mark, so they stay text when somebody edits the cell.
The only formulas in a file are ours: the lists of allowed values. Written and read again, every text is the same.

Sizes: a class of 45 takes 0.1 s, 2,000 rows x 16 columns with the communes' catalogue about 0.7 s.
"""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from idapp.workbook.cells import EMPTY, MAX_CELL_TEXT, Sheet, letters

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

Value = str | int | float | datetime.date | None

META_SHEET = "_idapp"
CATALOGUE_HEADING = "Tên trường dữ liệu"
SPARE_ROWS = 500  # rows below the data that keep the text format and the lists
# characters: in any font no wider than paper, where LibreOffice would cut the column
_LETTER_WIDTH = 68
_LOOKS: dict[str, dict[str, object]] = {
    "text": {},
    "label": {"bold": True},
    "centre": {"align": "center"},
    "strong": {"align": "center", "bold": True},
    "motto": {"align": "center", "bold": True, "underline": 1},
    "title": {"align": "center", "bold": True, "font_size": 15},
    "section": {"bold": True, "font_size": 12},
    "heading": {
        "bold": True,
        "border": 1,
        "bg_color": "#E7EEF3",
        "align": "center",
        "valign": "vcenter",
    },
    "cell": {"border": 1, "valign": "top"},
    "number": {"border": 1, "valign": "top", "align": "center"},
}
_NAMES = "DM_"  # a bare XA could be taken for a column
_GROUPS = "_NHOM"
_COLOUR_OF_LEVEL = {"error": "#F8D0CC", "warning": "#FCEBB6"}
_LOOKS_LIKE_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f\ufffd]+")
_NAME_LENGTH = 31
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FIXED_TIME = datetime.datetime(2022, 9, 5)  # the same content gives the same bytes


@dataclass(frozen=True)
class Column:
    """One column of a page.

    text        cells have the format @, also in the spare rows below, so a typed number keeps its zeros
    date        ``datetime.date`` values are written as real dates, dd/mm/yyyy
    choices     name of a ``Catalogue`` whose values are the only ones allowed, or None
    strict      a value outside the list is refused by Excel; otherwise it asks back and lets it stand
    depends_on  headings of this page that together name the group of a grouped catalogue
                (the province and the district above a commune)
    locked      nobody may edit it (the sheet is protected without password)
    note        comment on the heading
    wrap        long texts go on in a second line
    """

    heading: str
    width: int
    text: bool = True
    date: bool = False
    choices: str | None = None
    strict: bool = True
    depends_on: tuple[str, ...] = ()
    locked: bool = False
    hidden: bool = False
    note: str = ""
    wrap: bool = False


@dataclass(frozen=True)
class Catalogue:
    """A sheet of allowed values with a defined name. ``groups`` (one for each value) makes it a dependent list: the
    group of a value is what stands above it, joined by ``|``."""

    name: str
    values: Sequence[str]
    groups: Sequence[str] = ()


@dataclass(frozen=True)
class Mark:
    """A coloured cell with a comment, for the workbook of errors."""

    level: str  # "error" or "warning"
    text: str


@dataclass(frozen=True)
class Page:
    """A sheet with a table. ``marks`` are keyed by (index of the row in ``rows``, index of the column). The heading row
    and the first ``frozen`` columns stay in sight."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    titles: Sequence[str] = ()
    marks: Mapping[tuple[int, int], Mark] = field(default_factory=dict)
    spare_rows: int = SPARE_ROWS
    frozen: int = 0


@dataclass(frozen=True)
class Letter:
    """A sheet of plain sentences: how to fill the workbook in. Lines beginning with ``# `` are headings."""

    name: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Strip:
    """A text or a number on a paper, over the columns ``first`` to ``last``. Its looks are a name in ``_LOOKS``."""

    first: int
    last: int
    value: str | int
    look: str


@dataclass(frozen=True)
class Paper:
    """A sheet to print and sign, line below line. A line without strips is a gap."""

    name: str
    widths: Sequence[int]
    lines: Sequence[Sequence[Strip]]


AnySheet = Page | Catalogue | Letter | Paper


def write_workbook(
    target: Path | BinaryIO,
    *,
    sheets: Sequence[AnySheet],
    meta: Mapping[str, str] | None = None,
) -> None:
    """The sheets in their order, the first in front. ``meta`` (school, year, template version, time of export ...)
    goes to a hidden sheet; see ``read_meta``."""
    import xlsxwriter  # 0.1 s, which neither the child process nor the start of the web has to pay

    destination = str(target) if isinstance(target, Path) else target
    book = xlsxwriter.Workbook(destination, {"in_memory": True})
    book.set_properties({"created": _FIXED_TIME})
    styles = _Styles(book)
    for sheet in sheets:
        _write_sheet(book, styles, sheet)
    if meta:
        _write_meta(book, styles, meta)
    book.close()


def _write_sheet(book: "Workbook", styles: "_Styles", sheet: AnySheet) -> None:
    """A sheet by its kind."""
    if isinstance(sheet, Page):
        _PageWriter(book, styles, sheet).write()
    elif isinstance(sheet, Catalogue):
        _write_catalogue(book, styles, sheet)
    elif isinstance(sheet, Paper):
        _write_paper(book, styles, sheet)
    else:
        _write_letter(book, styles, sheet)


def read_meta(sheets: Sequence[Sheet]) -> dict[str, str]:
    """What ``write_workbook`` put on the hidden sheet, {} for a file of another origin. It is user input: check it."""
    meta: dict[str, str] = {}
    sheet = next((sheet for sheet in sheets if sheet.name == META_SHEET), None)
    if sheet is None:
        return meta
    for row in filter(None, sheet.rows):
        name, value = (*row, EMPTY)[:2]  # trailing empty cells are cut
        meta[name.text] = value.text
    return meta


class _Styles:
    """The formats of one workbook, made on first use (XlsxWriter keeps each object, even unused)."""

    def __init__(self, book: "Workbook") -> None:
        self._book = book
        self._made: dict[tuple[object, ...], Format] = {}
        self._properties: dict[Format, dict[str, object]] = {}
        self.title = self.of(bold=True, font_size=13)
        self.heading = self.of(
            bold=True,
            text_wrap=True,
            valign="vcenter",
            align="center",
            border=1,
            bg_color="#DDE7F0",
            locked=True,
        )
        self.text = self.of(num_format="@")
        self.paragraph = self.of(text_wrap=True, valign="top")

    def of(self, **properties: object) -> "Format":
        """The format with these properties, as XlsxWriter names them; the same object for the same ones."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(dict(properties))
            self._properties[self._made[key]] = properties
        return self._made[key]

    def quoted(self, style: "Format") -> "Format":
        """The same looks for a text that begins like a formula: Excel keeps it a text when somebody edits the cell."""
        return self.of(**self._properties[style] | {"quote_prefix": True})

    def cell(self, column: Column, *, level: str = "") -> "Format":
        """The format of a cell of this column. ``level``: of its mark, "" if it has none."""
        properties: dict[str, object] = {"locked": column.locked, "valign": "top"}
        if column.date:
            properties |= {"num_format": "dd/mm/yyyy", "align": "left"}
        elif column.text:
            properties["num_format"] = "@"
        if level:
            properties["bg_color"] = _COLOUR_OF_LEVEL[level]
        if column.wrap:
            properties["text_wrap"] = True
        if column.locked:
            properties["font_color"] = "#555555"
        return self.of(**properties)

    def on_paper(self, look: str) -> "Format":
        """The format of a text on a paper: a name of ``_LOOKS``, in the typeface of Vietnamese letters."""
        properties = {"font_name": "Times New Roman", "font_size": 11, "text_wrap": True}
        properties |= _LOOKS[look]
        return self.of(**properties)


class _PageWriter:
    def __init__(self, book: "Workbook", styles: _Styles, page: Page) -> None:
        self._sheet: Worksheet = book.add_worksheet(_sheet_name(page.name, book))
        self._styles = styles
        self._page = page
        self._heading_row = len(page.titles)

    def write(self) -> None:
        """Titles, headings, rows, and below them spare rows with the same formats and lists."""
        for row, title in enumerate(self._page.titles):
            self._write_text(row, 0, title, self._styles.title)
        self._write_headings()
        count = 0
        for count, values in enumerate(self._page.rows, start=1):
            self._write_row(count - 1, values)
        first = self._heading_row + 1
        last = self._heading_row + count + self._page.spare_rows
        last_column = len(self._page.columns) - 1
        self._add_lists(first, last)
        # no green corner that offers to turn numbers kept as text into numbers, and to lose their zeros
        area = f"A{first + 1}:{letters(last_column)}{max(last, first) + 1}"
        self._sheet.ignore_errors({"number_stored_as_text": area})
        self._sheet.freeze_panes(first, self._page.frozen)
        self._sheet.repeat_rows(self._heading_row)  # on paper: the heading on each page
        self._sheet.set_landscape()
        _fit_on_a4(self._sheet)
        if count:
            self._sheet.autofilter(self._heading_row, 0, self._heading_row + count, last_column)
        if any(column.locked for column in self._page.columns):
            self._protect()

    def _protect(self) -> None:
        """Against a slip, without a password: whoever has to look at the list may still sort it."""
        options = ("format_columns", "sort", "autofilter", "format_cells")
        self._sheet.protect(options=dict.fromkeys(options, True))

    def _write_headings(self) -> None:
        """The headings with their notes, as high as the longest of them needs."""
        lines = max(
            -(-len(column.heading) // max(column.width - 1, 1)) for column in self._page.columns
        )
        self._sheet.set_row(self._heading_row, 15 * min(max(lines, 1), 4) + 3)
        for index, column in enumerate(self._page.columns):
            options = {"hidden": True} if column.hidden else {}
            # the column's own format holds for every cell below that is still empty
            style = self._styles.cell(column)
            self._sheet.set_column(index, index, column.width, style, options)
            self._write_text(self._heading_row, index, column.heading, self._styles.heading)
            if column.note:
                self._sheet.write_comment(self._heading_row, index, _clean(column.note))

    def _write_row(self, index: int, values: Sequence[Value]) -> None:
        """A row by its index among the rows of the page; it has a value for each column."""
        row = self._heading_row + 1 + index
        most_lines = 1
        for place, (column, value) in enumerate(zip(self._page.columns, values, strict=True)):
            if column.wrap:
                most_lines = max(most_lines, _lines(str(value), column.width))
            level = ""
            mark = self._page.marks.get((index, place))
            if mark:
                level = mark.level
                size = {"x_scale": 2, "y_scale": 1.5}
                self._sheet.write_comment(row, place, _clean(mark.text), size)
            self._write_value(row, place, value, level)
        if most_lines > 1:
            self._sheet.set_row(row, 15 * most_lines)

    def _write_value(self, row: int, index: int, value: Value, level: str) -> None:
        """A value by its type; an empty cell is written only where a mark colours it."""
        column = self._page.columns[index]
        style = self._styles.cell(column, level=level)
        if value is None or value == "":
            if level:
                self._sheet.write_blank(row, index, None, style)
        elif isinstance(value, str):
            self._write_text(row, index, value, style)
        elif isinstance(value, datetime.date):
            midnight = datetime.datetime.combine(value, datetime.time())
            self._sheet.write_datetime(row, index, midnight, style)
        else:
            self._sheet.write_number(row, index, value, style)

    def _write_text(self, row: int, index: int, text: str, style: "Format") -> None:
        _write_text(self._sheet, row, index, text, style, self._styles)

    def _add_lists(self, first: int, last: int) -> None:
        """The lists of allowed values, for the rows from ``first`` to ``last``, from 0."""
        if last < first:
            return
        for index, column in enumerate(self._page.columns):
            if not column.choices:
                continue
            message = f"Hãy chọn {column.heading} trong danh sách thả xuống."
            validation = {
                "validate": "list",
                "source": self._source(column, first),
                "error_type": "stop" if column.strict else "warning",
                "error_title": "Giá trị không có trong danh mục",
                "error_message": message[:255],  # Excel takes no more
            }
            self._sheet.data_validation(first, index, last, index, validation)

    def _source(self, column: Column, first: int) -> str:
        """The formula of a list; one that depends on other cells takes the run of rows of their group."""
        name = f"{_NAMES}{column.choices}"
        if not column.depends_on:
            return f"={name}"
        headings = [column.heading for column in self._page.columns]
        cells: list[str] = []
        for heading in column.depends_on:
            cells.append(f"${letters(headings.index(heading))}{first + 1}")
        keys = '&"|"&'.join(cells)
        groups = f"{name}{_GROUPS}"
        return f"=OFFSET({name},MATCH({keys},{groups},0)-1,0,COUNTIF({groups},{keys}),1)"


def _sheet_name(wanted: str, book: "Workbook") -> str:
    """The nearest name Excel allows: other programs name sheets longer and with other letters."""
    bare = _NOT_IN_NAMES.sub(" ", wanted).strip(" '")[:_NAME_LENGTH].strip(" '") or "Sheet"
    taken = {sheet.name.casefold() for sheet in book.worksheets()} | {"history"}
    names = (bare, *(f"{bare[: _NAME_LENGTH - 4].strip()} {n}" for n in range(2, 1000)))
    return next(name for name in names if name.casefold() not in taken)


def _write_catalogue(book: "Workbook", styles: _Styles, catalogue: Catalogue) -> None:
    """The values below each other, and the names by which the lists of other sheets find them."""
    sheet = book.add_worksheet(catalogue.name)
    sheet.set_column(0, 1, 36, styles.text)
    _write_text(sheet, 0, 0, CATALOGUE_HEADING, styles.heading, styles)
    pairs = [(value, "") for value in catalogue.values]
    if catalogue.groups:  # a dependent list takes a run of rows, so a group must stand together
        pairs = sorted(
            zip(catalogue.values, catalogue.groups, strict=True), key=lambda pair: pair[1]
        )
        _write_text(sheet, 0, 1, "Thuộc", styles.heading, styles)
    for row, (value, group) in enumerate(pairs, start=1):
        _write_text(sheet, row, 0, value, styles.text, styles)
        if group:
            _write_text(sheet, row, 1, group, styles.text, styles)
    sheet.freeze_panes(1, 0)
    last = max(len(pairs), 1) + 1
    book.define_name(f"{_NAMES}{catalogue.name}", f"='{catalogue.name}'!$A$2:$A${last}")
    if catalogue.groups:
        book.define_name(
            f"{_NAMES}{catalogue.name}{_GROUPS}", f"='{catalogue.name}'!$B$2:$B${last}"
        )


def _write_paper(book: "Workbook", styles: _Styles, paper: Paper) -> None:
    """Lines of strips, wide enough for a printed page with a number on it."""
    sheet = book.add_worksheet(paper.name)
    for column, width in enumerate(paper.widths):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    _fit_on_a4(sheet)
    sheet.set_footer("&C&P/&N")
    for row, line in enumerate(paper.lines):
        for strip in line:
            _write_strip(sheet, row, strip, styles)


def _write_strip(sheet: "Worksheet", row: int, strip: Strip, styles: _Styles) -> None:
    """A text or a number over its columns; an empty one keeps its border."""
    value = strip.value
    style = styles.on_paper(strip.look)
    if strip.last > strip.first:
        sheet.merge_range(row, strip.first, row, strip.last, "", style)
    if isinstance(value, int):
        sheet.write_number(row, strip.first, value, style)
    elif value:
        _write_text(sheet, row, strip.first, value, style, styles)
    else:
        sheet.write_blank(row, strip.first, None, style)


def _write_letter(book: "Workbook", styles: _Styles, letter: Letter) -> None:
    """A column of sentences, each as high as it needs."""
    sheet = book.add_worksheet(letter.name)
    sheet.set_tab_color("#0B5563")
    sheet.set_column(0, 0, _LETTER_WIDTH, styles.paragraph)
    sheet.hide_gridlines(2)
    _fit_on_a4(sheet)
    for row, line in enumerate(letter.lines):
        style = styles.title if line.startswith("# ") else styles.paragraph
        sheet.set_row(row, 16 * _lines(line, _LETTER_WIDTH) + 2)
        _write_text(sheet, row, 0, line.removeprefix("# "), style, styles)


def _lines(text: str, width: int) -> int:
    """How many a wrapped text takes, about: LibreOffice gives a row one line where no height is said."""
    return min(-(-len(text) // (width + width // 12)), 20)


def _write_meta(book: "Workbook", styles: _Styles, meta: Mapping[str, str]) -> None:
    """A hidden sheet of names and values; ``read_meta`` reads it back."""
    sheet = book.add_worksheet(META_SHEET)
    sheet.hide()
    for row, (name, value) in enumerate(meta.items()):
        _write_text(sheet, row, 0, name, styles.text, styles)
        _write_text(sheet, row, 1, value, styles.text, styles)


def _fit_on_a4(sheet: "Worksheet") -> None:
    """All columns beside each other, as many pages below each other as it takes."""
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _write_text(
    sheet: "Worksheet", row: int, column: int, text: str, style: "Format", styles: _Styles
) -> None:
    """Always as a text: nothing from people becomes a formula, a link or a number, also not when it is edited."""
    text = _clean(text)
    if text.startswith(_LOOKS_LIKE_FORMULA):
        style = styles.quoted(style)
    if text.startswith("<r>") and text.endswith("</r>"):
        # XlsxWriter takes a string of this shape for markup of its own and would write it raw
        sheet.write_rich_string(row, column, text[:1], style, text[1:], style)
    elif text:
        sheet.write_string(row, column, text, style)


def _clean(text: str) -> str:
    """XML has no place for half surrogates and two non-characters; Excel has none beyond 32,767 UTF-16 units.

    Raises ValueError for a longer text.
    """
    text = _NOT_XML.sub("\ufffd", text)
    if len(text.encode("utf-16-le")) > 2 * MAX_CELL_TEXT:
        # our callers store 200 characters; cut nothing silently
        raise ValueError("text longer than a cell can hold")
    return text
