"""The tables of a web page, which many systems hand out under the name .xls. Runs in the child
process only.

As Excel does when it opens such a file, all tables of the page come one below the other on one
sheet, and a text between them is a row of its own: "Lớp: 5A" above its list is not lost. A cell
over several columns stands in the first; one over several rows, and one column wide, in each. A
table inside a cell is the list in a layout if it is wider than what else stands in its row;
otherwise its texts belong to the cell.

Texts stay as they are shown, with their zeros; numbers, dates and truth values are such where Excel
wrote them (``x:num``, ``x:bool``, ``x:err``) or where a number format shows zeros. A page that ends
inside a table came down only in part and is refused: nobody knows whose rows are missing.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from idapp.workbook.budget import Budget
from idapp.workbook.building import SheetBuilder
from idapp.workbook.cells import (
    EMPTY,
    MAX_CELLS,
    MAX_COLUMNS,
    Cell,
    Sheet,
    WorkbookRefused,
)
from idapp.workbook.display_text import cell_of
from idapp.workbook.encodings import decoded
from idapp.workbook.markup import Tag, attributes_of, pieces
from idapp.workbook.web_cell import OpenCell
from idapp.workbook.web_styles import Look, Styles

_CHARSET = re.compile(rb"""(?:charset|encoding)\s*+=\s*+["']?([A-Za-z0-9_:.-]{1,40})""")
_HEAD = 4_000  # bytes in which a page names its encoding
_SHEET_NAME = re.compile(r"<x:Name>([^<]{1,200})</x:Name>", re.IGNORECASE)
_FROM_1904 = re.compile(r"<x:Date1904\s*+/>", re.IGNORECASE)
_DEEPEST = 50
# of text; a page with a menu has more, and the heading must stay near the top
_LINES_AROUND_A_TABLE = 15
_LOOKS_REMEMBERED = 20_000
_CELL_TAGS = ("td", "th")
_ROW_GROUPS = ("thead", "tbody", "tfoot")
_ENDS_THE_PAGE = ("body", "html")
_STARTS_A_LINE = (
    *("p", "br", "hr", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("pre", "center", "form", "section", "article", "header", "footer", "caption", "div"),
)
_ROLES = {
    "table": "table",
    "grid": "table",
    "row": "tr",
    "cell": "td",
    "gridcell": "td",
    "columnheader": "td",
    "rowheader": "td",
}


def read_web_page(data: bytes) -> list[Sheet]:
    """One sheet with all tables of the page. Raises ``WorkbookRefused``: for a page without a
    table, one that ends inside a table, and whatever is beyond the limits."""
    return [sheet_of_page(page_text(data), Budget())]


def page_text(data: bytes, *, declared: str = "") -> str:
    """The letters of a page; ``declared`` is the encoding that somebody else says it has.

    Raises ``WorkbookRefused`` (``encoding``).
    """
    named_by_page = ""
    if match := _CHARSET.search(data[:_HEAD]):
        named_by_page = match[1].decode()
    return decoded(data, declared=declared or named_by_page)


def sheet_of_page(page: str, budget: Budget, *, name: str = "") -> Sheet:
    """All tables of a page as one sheet; without a ``name`` the page says it itself.

    Raises ``WorkbookRefused`` as ``read_web_page`` does.
    """
    name_of_page = "Sheet1"
    if match := _SHEET_NAME.search(page):
        name_of_page = html.unescape(match[1])
    reader = _Page(page, SheetBuilder(name or name_of_page, False, budget))
    reader.read()
    return reader.sheet()


@dataclass
class _Row:
    hidden: bool = False
    struck: bool = False
    column: int = 0  # where the next cell may stand
    cells: list[Cell] = field(default_factory=list)
    merges: list[tuple[int, int]] = field(default_factory=list)  # column, number of rows
    inner: list[tuple[int, "_Table"]] = field(default_factory=list)  # column, table in its cell


@dataclass
class _Table:
    hidden: bool
    struck: bool
    rows: list[_Row] = field(default_factory=list)
    row: _Row | None = None
    cell: OpenCell | None = None
    row_number: int = -1
    covered: dict[int, int] = field(default_factory=dict)  # column: last row under a cell above

    def width(self) -> int:
        """Up to the last filled column."""
        return max((len(row.cells) for row in self.rows), default=0)


class _Page:
    def __init__(self, markup: str, built: SheetBuilder) -> None:
        self._markup = markup
        self._built = built
        self._styles = Styles(markup)
        self._from_1904 = bool(_FROM_1904.search(markup))
        self._looks: dict[tuple[str, str], tuple[dict[str, str], Look]] = {}
        self._tables: list[_Table] = []
        self._divs: list[str] = []  # what each open div stands for
        self._around = OpenCell()  # collects the text that stands in no cell
        self._lines: list[str] = []
        self._row_number = 0
        self._cell_count = 0
        self._has_table = False
        self._has_ended = False

    def read(self) -> None:
        """All tags and texts. Raises ``WorkbookRefused``."""
        for piece in pieces(self._markup):
            if isinstance(piece, str):
                self._open_cell().add_text(piece)
            elif piece.is_end:
                self._end(piece.name)
            else:
                self._start(piece)
        if self._tables and not self._has_ended:
            raise WorkbookRefused("broken")
        while self._tables:
            self._end_table()
        self._write_lines(self._lines[:_LINES_AROUND_A_TABLE])

    def sheet(self) -> Sheet:
        """What was read. Raises ``WorkbookRefused`` (``web_page``) where that was no table."""
        if not self._has_table:
            raise WorkbookRefused("web_page")
        return self._built.sheet()

    # tags

    def _start(self, tag: Tag) -> None:
        """A tag opens a table, a row or a cell; any other belongs to the text around it."""
        attributes, look = self._look(tag)
        name = tag.name
        if name == "div":
            stands_for = _ROLES.get(attributes.get("role", "")) or look.shown_as
            self._divs.append(stands_for)
            name = stands_for or name
        if name == "table":
            self._start_table(look)
        elif name == "tr":
            self._start_row(look)
        elif name in _CELL_TAGS:
            self._start_cell(attributes, look)
        elif name in _ROW_GROUPS:
            self._end_row()
        else:
            if name in _STARTS_A_LINE:
                self._start_line()
            self._open_cell().start(name, look)

    def _end(self, name: str) -> None:
        """A tag closes. Tags that nobody opened do no harm."""
        if name == "div" and self._divs:
            name = self._divs.pop() or name
        if name == "table":
            self._end_table()
        elif name in _CELL_TAGS:
            self._end_cell()
        elif name == "tr" or name in _ROW_GROUPS:
            self._end_row()
        elif name in _ENDS_THE_PAGE:
            self._has_ended = True
        else:
            self._open_cell().end(name)
            if name in _STARTS_A_LINE:
                self._start_line()

    def _look(self, tag: Tag) -> tuple[dict[str, str], Look]:
        """The attributes and the look of an element, remembered: thousands have the same."""
        key = tag.name, tag.attributes
        if key not in self._looks:
            attributes = attributes_of(tag.attributes)
            result = attributes, self._styles.look(tag.name, attributes)
            if len(self._looks) >= _LOOKS_REMEMBERED:
                return result
            self._looks[key] = result
        return self._looks[key]

    # text that stands in no cell

    def _open_cell(self) -> OpenCell:
        """The cell that text goes to: the innermost one, or what stands around the tables."""
        if self._tables and self._tables[-1].cell:
            return self._tables[-1].cell
        return self._around

    def _start_line(self) -> None:
        """A block begins or ends: text behind it stands on a line of its own."""
        cell = self._open_cell()
        cell.break_line()
        if cell is self._around:
            self._take_line()

    def _take_line(self) -> None:
        """Puts the text around the tables among the lines, if there is any."""
        line = self._around.take_text()
        if line:
            self._lines.append(line)

    def _write_lines(self, lines: Sequence[str]) -> None:
        """Each line is a row of one cell: titles above a list, signatures below it."""
        for line in lines:
            self._write(_Row(cells=[Cell(line, "text")]))
        self._lines.clear()

    # tables, rows, cells

    def _start_table(self, look: Look) -> None:
        """Raises ``WorkbookRefused`` (``nested``) for tables too deep inside each other."""
        if len(self._tables) >= _DEEPEST:
            raise WorkbookRefused("nested")
        if not self._tables:
            self._take_line()
            self._write_lines(self._lines[-_LINES_AROUND_A_TABLE:])
        self._tables.append(_Table(look.hidden or self._around.is_hidden, look.struck))

    def _start_row(self, look: Look) -> None:
        """Ends the row before it: many pages leave that out."""
        if not self._tables:
            return
        self._end_row()
        table = self._tables[-1]
        table.row_number += 1
        hidden = look.hidden or table.hidden
        table.row = _Row(hidden=hidden, struck=look.struck or table.struck)

    def _start_cell(self, attributes: dict[str, str], look: Look) -> None:
        """Ends the cell before it; begins a row where the page has not."""
        if not self._tables:
            return
        self._has_table = True
        self._end_cell()
        table = self._tables[-1]
        if not table.row:
            self._start_row(Look())
        if table.row:
            if table.row.struck and not look.struck:
                look = replace(look, struck=True)
            table.cell = OpenCell(attributes, look)

    def _end_cell(self) -> None:
        """Puts the cell at the first place that no cell of a row above reaches into."""
        if not self._tables:
            return
        table = self._tables[-1]
        row = table.row
        open_cell = table.cell
        if not open_cell or not row:
            return
        table.cell = None
        column = _first_free(table, row.column)
        row.column = column + open_cell.column_span
        for inner in open_cell.tables:
            row.inner.append((column, inner))
        cell = open_cell.cell(date_1904=self._from_1904)
        if cell is not EMPTY:
            self._put(row, column, cell)
        if open_cell.row_span > 1:
            self._cover(table, column, open_cell)

    def _put(self, row: _Row, column: int, cell: Cell) -> None:
        """Raises ``WorkbookRefused`` (``too_many_columns``, ``too_many_cells``)."""
        if column >= MAX_COLUMNS:
            raise WorkbookRefused("too_many_columns", self._built.name)
        self._cell_count += 1
        if self._cell_count > MAX_CELLS:
            raise WorkbookRefused("too_many_cells")
        row.cells += [EMPTY] * (column + 1 - len(row.cells))
        row.cells[column] = cell

    def _cover(self, table: _Table, column: int, open_cell: OpenCell) -> None:
        """Notes the places below and beside a merged cell."""
        if table.row and open_cell.column_span == 1:
            table.row.merges.append((column, open_cell.row_span))
        last_row = table.row_number + open_cell.row_span - 1
        for covered in range(column, min(column + open_cell.column_span, MAX_COLUMNS)):
            table.covered[covered] = last_row

    def _end_row(self) -> None:
        """The row with the rows of lists in its cells."""
        self._end_cell()
        if not self._tables:
            return
        table = self._tables[-1]
        row = table.row
        if not row:
            return
        table.row = None
        self._keep(table, [row, *self._rows_inside(row)])

    def _keep(self, table: _Table, rows: list[_Row]) -> None:
        """Rows of a table inside a cell wait until it is known whether they are rows of the
        sheet."""
        if table is not self._tables[0]:
            table.rows += rows
            return
        for row in rows:
            self._write(row)

    def _rows_inside(self, row: _Row) -> list[_Row]:
        """Of tables in its cells that are lists of their own; the texts of others are put into
        their cells."""
        rows: list[_Row] = []
        for column, table in row.inner:
            beside = [cell for place, cell in enumerate(row.cells) if cell.text and place != column]
            if len(table.rows) > 1 and table.width() > len(beside):
                rows += table.rows
            else:
                self._put_text(row, column, table)
        return rows

    def _put_text(self, row: _Row, column: int, table: _Table) -> None:
        """The texts of a table inside a cell become lines of the text of that cell."""
        texts = [" ".join(_texts(inner.cells)) for inner in table.rows]
        if column < len(row.cells):
            texts.insert(0, row.cells[column].text)
        cell = cell_of("\n".join(text for text in texts if text))
        if cell is not EMPTY:
            self._put(row, column, cell)

    def _end_table(self) -> None:
        """Hands a table inside a cell to that cell; one between the rows of another adds its rows there."""
        if not self._tables:
            return
        self._end_row()
        table = self._tables.pop()
        if not self._tables:
            return
        parent = self._tables[-1]
        if parent.cell:
            parent.cell.tables.append(table)
        else:
            self._keep(parent, table.rows)

    def _write(self, row: _Row) -> None:
        """A row of the sheet, below the one before it."""
        self._row_number += 1
        number = self._row_number
        self._built.add(number, row.cells, hidden=row.hidden)
        for column, row_count in row.merges:
            self._built.merge_down(column, number, number + row_count - 1)


def _first_free(table: _Table, column: int) -> int:
    """The first column from this one on that no cell of a row above reaches into."""
    covered = table.covered
    while covered and covered.get(column, -1) >= table.row_number:
        column += 1
    return column


def _texts(cells: Sequence[Cell]) -> Iterator[str]:
    """Of the cells that are not empty."""
    return (cell.text for cell in cells if cell.text)
