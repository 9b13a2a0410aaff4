"""Which line of a pasted block belongs to which record, so that a list in another order can never shift 45 numbers.

By *position*: line for line as the rows are shown. By *name* or *code*: the first column (or the one under that
heading) says whose line it is (``line_matching``). Nobody is ever created, and nothing is guessed: two pupils of one
name are told apart by what else the line says, or not at all. Where the lines and the rows do not belong together,
``ConfirmationRequired`` shows both sides and nothing is written.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from idapp.models import Person
from idapp.people.clipboard import Block
from idapp.people.district_column import with_district
from idapp.people.name_columns import are_row_numbers, bare_name, key_in, parted, unnumbered
from idapp.rosters.blocks import Candidate
from idapp.rosters.looks import INSURANCE, PHONE, look_of
from idapp.rules.folding import tidy
from idapp.rules.record import FIELD

KEYS = {"full_name": "name", "ministry_code": "code"}
NAMES = {"name": "họ tên", "code": "mã định danh của Bộ"}
_FEW = 8  # lines shown side by side
Offer = tuple[str, Mapping[str, str]]
"""Words on a button, and the form values with which the same request is sent again."""
STOP: Offer = ("Bỏ, không dán", {})


@dataclass(frozen=True)
class RowComparison:
    """A line of the paste beside the row it would land on."""

    row: int
    ours: str
    pasted: str


class ConfirmationRequired(Exception):
    """Nothing is written before the user has looked at both sides and taken one of the offers."""

    # the columns of the table that shows both sides
    counted = "Dòng"
    ours = "Trong bảng"
    theirs = "Trong bảng dán"
    each = "dòng"  # what a side is

    def __init__(
        self,
        title: str,
        sentence: str,
        *,
        sides: Sequence[RowComparison] = (),
        offers: Sequence[Offer],
    ) -> None:
        super().__init__(sentence)
        self.title = title
        self.sentence = sentence
        self.sides = sides[:_FEW]
        self.offers = offers
        self.more = max(0, len(sides) - _FEW)


class WhichColumn(ConfirmationRequired):
    """A field stands in several columns of the paste: its columns beside each other."""

    counted = "Cột thứ"
    ours = "Tiêu đề"
    theirs = "Vài giá trị"


@dataclass(frozen=True)
class Unmatched:
    """A line that belongs to nobody. near: the name it resembles."""

    line: int
    text: str
    why: str
    near: str = ""


@dataclass
class Placement:
    """pairs: (index of the line, record). beyond: lines below the last row. absent: records the source lacks."""

    how: str
    pairs: list[tuple[int, Person]] = field(default_factory=list)
    beyond: int = 0
    unmatched: list[Unmatched] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)


@dataclass(frozen=True)
class PasteLayout:
    """What the columns of a block mean. fields: the field of each column, "" for none.

    key_at    the column that says whose line it is, or None; ``key`` is name or code
    key_data  that column is also to be written (the block begins in the column of names itself)
    looked    the fields that were told by the looks of the columns, not by where they stand
    noted     the names that came with a note behind them, as they came
    """

    block: Block
    fields: tuple[str, ...]
    key: str = ""
    key_at: int | None = None
    key_data: bool = False
    looked: tuple[str, ...] = ()
    noted: tuple[str, ...] = ()

    def texts(self, line: int) -> dict[str, str]:
        """The texts of a line that are to be written, by field; the key only where it is data."""
        cells = zip(self.fields, self.block.rows[line], strict=True)
        texts = {}
        for column, (name, text) in enumerate(cells):
            if name and (column != self.key_at or self.key_data):
                texts[name] = text
        return texts

    def handed(self, line: int) -> dict[str, str]:
        """What was pasted for the texts of a line, by field."""
        return {
            name: self.block.handed_at(line, column)
            for column, name in enumerate(self.fields)
            if name
        }

    def key_text(self, line: int) -> str:
        """The name or code that a line begins with, "" where no column says whose line it is."""
        if self.key_at is None:
            return ""
        return tidy(self.block.rows[line][self.key_at])


# --- what the columns mean ---


def lay_out(
    block: Block,
    columns: Sequence[str],
    anchor: str,
    everybody: Sequence[Person],
    match: str,
) -> PasteLayout:
    """The fields of the columns: from the heading row, else from the anchor to the right.

    A note behind a name is no part of it: it is taken out and told.

    columns    the fields of the table, from left to right; ``anchor``: the chosen one
    everybody  all records of the table
    match      auto, position, name or code: what the user wants the lines to go by

    Raises ``ConfirmationRequired`` where a field may stand in several columns.
    """
    _ask_which_column(block)
    block = _as_list(block, anchor, everybody)
    if block.headings is not None:
        layout = _by_heading(block, block.headings, columns, anchor, match)
        return _without_notes(layout, None, everybody)
    if block.width > 1 and are_row_numbers(block.column(0)):
        block = block.without(0)
    key = ""
    if block.width > 1 or len(block.rows) > 1:
        names = [bare_name(text, everybody) for text in block.column(0)]
        key = key_in(names, anchor, everybody)
    layout = _by_place(block, columns, anchor, key)
    name_column = 0 if key == "name" else None
    return _without_notes(layout, name_column, everybody)


def _as_list(block: Block, anchor: str, everybody: Sequence[Person]) -> Block:
    """The block with names and numbers in columns of their own, and without the numbers of its lines."""
    list_of_lines = parted(block)
    if list_of_lines is not block and key_in(list_of_lines.column(0), anchor, everybody) == "name":
        return list_of_lines
    return unnumbered(block, everybody)


def _by_place(block: Block, columns: Sequence[str], anchor: str, key: str) -> PasteLayout:
    """The fields from the anchor to the right; a column of names or codes may stand before them."""
    is_key_data = key != "" and KEYS.get(anchor) == key
    fields = columns[columns.index(anchor) :]
    if key and not is_key_data:
        fields = ["", *fields]  # the column of names or codes stands beside the chosen one
    fields = [*fields, *[""] * block.width][: block.width]
    fields = with_district(fields, block, columns)
    looked: list[str] = []
    if "district" in fields and "district" not in columns:
        looked.append("district")
    if not key:
        return PasteLayout(block, tuple(fields), looked=tuple(looked))
    look_of_column = _by_look(block, fields, columns)
    looked += [look for look in look_of_column.values() if look in FIELD]
    fields = _without_foreign_columns(block, fields, look_of_column)
    return PasteLayout(block, tuple(fields), key, 0, key_data=is_key_data, looked=tuple(looked))


def _without_foreign_columns(
    block: Block,
    fields: Sequence[str],
    look_of_column: Mapping[int, str],
) -> list[str]:
    """The field of each column, by its look before its place; "" for phone and insurance numbers, which no field
    takes."""
    of_use = []
    for column, name in enumerate(fields):
        is_foreign = look_of(block.column(column)) in (PHONE, INSURANCE)
        of_use.append("" if is_foreign else look_of_column.get(column, name))
    return of_use


def _by_look(block: Block, fields: Sequence[str], columns: Sequence[str]) -> dict[int, str]:
    """Names and numbers copied together, without the columns between: the numbers still go to the column of numbers.

    Only where one column alone looks like that and stands under a field of another kind; then its neighbours, which
    have lost their place too, are not written at all. {column: its field, "" for one that is not written}
    """
    looks = {}
    for column in range(1, block.width):
        looks[column] = look_of(block.column(column))
    recognised = [look for look in looks.values() if look]
    is_any_moved = any(
        look in columns and look != fields[column] for column, look in looks.items() if look
    )
    if not is_any_moved or len(set(recognised)) < len(recognised):
        return {}
    return looks


def _by_heading(
    block: Block,
    headings: list[str],
    columns: Sequence[str],
    anchor: str,
    match: str,
) -> PasteLayout:
    fields = [name if _is_of_use(name, columns) else "" for name in headings]
    for key_field, key in KEYS.items():
        if key_field in headings and match in ("auto", "position", key):
            key_at = headings.index(key_field)
            is_key_data = anchor == key_field
            return PasteLayout(block, tuple(fields), key, key_at, key_data=is_key_data)
    return PasteLayout(block, tuple(fields))


def _is_of_use(name: str, columns: Sequence[str]) -> bool:
    """A district tells which commune is meant, also where the table has no such column any more."""
    return name in columns or (name == "district" and "commune" in columns)


def _without_notes(
    layout: PasteLayout,
    name_column: int | None,
    everybody: Sequence[Person],
) -> PasteLayout:
    """The layout with bare names, in the column that names the records or is written to their names."""
    if name_column is None and "full_name" not in layout.fields:
        return layout
    column = name_column
    if column is None:
        column = layout.fields.index("full_name")
    texts = layout.block.column(column)
    names = []
    noted = []
    for text in texts:
        name = bare_name(text, everybody)
        names.append(name)
        if name != text:
            noted.append(tidy(text))
    block = layout.block.with_column(column, names)
    return replace(layout, block=block, noted=tuple(noted))


def _ask_which_column(block: Block) -> None:
    """Raises ``ConfirmationRequired`` where a field may stand in several columns of the block."""
    for name, candidates in block.ambiguous.items():
        raise _which_column(name, candidates, block.chosen)  # one question at a time


def _which_column(
    name: str,
    candidates: Sequence[Candidate],
    chosen: Mapping[str, int],
) -> WhichColumn:
    """``chosen``: what was answered before, which the next request says again."""
    field = FIELD.get(name)
    label = field.label if field else candidates[0].heading
    so_far = "".join(f"{field_name}:{index}," for field_name, index in chosen.items())
    sides: list[RowComparison] = []
    offers: list[Offer] = []
    for candidate in candidates:
        number = candidate.index + 1
        sides.append(RowComparison(number, candidate.heading, " · ".join(candidate.samples)))
        offers.append((f"Lấy cột thứ {number}", {"which": f"{so_far}{name}:{candidate.index}"}))
    offers.append(STOP)
    sentence = _which_column_sentence(label, candidates)
    return WhichColumn(f"Cột nào là {label}?", sentence, sides=sides, offers=offers)


def _which_column_sentence(label: str, candidates: Sequence[Candidate]) -> str:
    if len(candidates) == 1:
        heading = candidates[0].heading
        return (
            f"Cột “{heading}” đứng ngay sau cột họ tên cha mẹ nên có thể là của cha mẹ. "
            "Chưa lưu gì."
        )
    return (
        f"Bảng dán có {len(candidates)} cột có thể là {label} mà nội dung khác nhau, "
        "hoặc một cột là của cha mẹ. Chưa lưu gì."
    )


# --- whose line it is: by position here, by name or code in line_matching ---


def by_position(layout: PasteLayout, shown: Sequence[Person], start: int) -> Placement:
    """Line for line from a row on; ``start``: its index among those on the screen."""
    rows = shown[start:]
    lines = len(layout.block.rows)
    pairs = list(zip(range(lines), rows, strict=False))
    return Placement("position", pairs, beyond=max(0, lines - len(rows)))
