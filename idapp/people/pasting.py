"""A block from the clipboard, laid over a table: one request, one transaction, one step that is undone together.

What fits is written and what does not is told with numbers: lines below the last row, columns right of the last one,
names of nobody, records the source lacks. An empty cell never erases, nobody is ever created, and where lines might
land on wrong rows, or good values would give way to worse ones, nothing is written before the user has seen both sides
(``ConfirmationRequired``).
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from idapp.models import Person, User
from idapp.people import aligning, date_checks, font_checks, line_matching, losses, paste_checks
from idapp.people.aligning import (
    NAMES,
    STOP,
    ConfirmationRequired,
    Offer,
    PasteLayout,
    Placement,
    RowComparison,
)
from idapp.people.bulk_edits import Report, Seen, Texts
from idapp.people.clipboard import Block, block_of, cells_in
from idapp.rules import record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.settings import current

SOURCE = "pasted"
_ONE_EACH = ("identity_number", "ministry_code", "full_name")  # no two people have the same


@dataclass(frozen=True)
class Paste:
    """What the user pastes where.

    shown      the rows as they stand on the screen, from top to bottom    columns  the fields, from left to right
    everybody  all records of the table: those that a filter hides too
    seen       what the user saw: {person id: {field: text}}
    selection  more than one cell was selected: (rows, fields)
    match      auto, position, name or code      sure  the user has answered the question
    dates      what comes first in a date that could be read either way: day, month, or "" not asked yet
               stored: the dates in the table stay where the pasted ones only swap day and month
    years      birth years of two digits get their century (whole) or not (short), or "" not asked yet
    moved      dates beside a time of the evening are the next day or the same, or "" not asked yet
    font       texts in an old font: one of ``font_checks.ANSWERS``, or "" not asked yet
    worse      what becomes of good values that would be lost: one of ``losses.ANSWERS``, or "" not asked yet
    which      {field: the column that holds it}, where the block has several for it
    """

    kind: str
    shown: Sequence[Person]
    everybody: Sequence[Person]
    columns: Sequence[str]
    anchor: tuple[int, str]
    text: str
    seen: Seen = field(default_factory=dict)
    selection: tuple[Sequence[int], Sequence[str]] = ((), ())
    match: str = "auto"
    sure: bool = False
    dates: str = ""
    years: str = ""
    moved: str = ""
    font: str = ""
    worse: str = ""
    which: Mapping[str, int] = field(default_factory=dict)

    @property
    def start(self) -> int:
        """The index of the chosen row on the screen."""
        ids = [person.id for person in self.shown]
        return ids.index(self.anchor[0])


def paste(wanted: Paste, *, by: User) -> Report:
    """Write the block.

    1. Read its cells, in Unicode; a small block over a selection fills it.
    2. Find the field of each column and the record of each line.
    3. Write what is left, unless good values would give way to worse ones.

    Raises ``ConfirmationRequired`` where the user must look first, and ``Problem`` where there is nothing to write
    or no way to do so; nothing is written then.
    """
    pasted = cells_in(wanted.text)
    rows = font_checks.in_unicode(pasted, wanted.font)
    block = block_of(rows, wanted.which, pasted)
    if _fills_selection(block, wanted):
        return _fill_selection(block, wanted, by)
    layout = _layout(block, wanted)
    placement = _place(layout, wanted)
    if placement.how != "position":  # a name that found its record is not written over it
        layout = replace(layout, key_data=False)
    if not any(layout.texts(line) for line, _ in placement.pairs):
        problem = _nothing_to_write(layout, placement)
        raise problem
    report = _write_lines(layout, placement, wanted, by)
    report.beyond = placement.beyond
    report.unmatched = placement.unmatched
    report.absent = placement.absent
    _note_columns(report, layout)
    return report


def _layout(block: Block, wanted: Paste) -> PasteLayout:
    layout = aligning.lay_out(
        block.without_end(), wanted.columns, wanted.anchor[1], wanted.everybody, wanted.match
    )
    layout = _with_plain_dates(layout, wanted)
    if not wanted.sure:
        paste_checks.ask_about_lost_digits(layout)
    return layout


def _write_lines(layout: PasteLayout, placement: Placement, wanted: Paste, by: User) -> Report:
    cells = _cells(wanted, layout, placement)
    if not wanted.sure:
        paste_checks.ask_about_parents(cells, wanted.everybody)
    is_list = len(layout.block.rows) > 1
    is_free = placement.how == "position" and not layout.key and is_list
    handed = {}
    for line, person in placement.pairs:
        handed[person.id] = layout.handed(line)
    return _write(wanted, cells, by, how=placement.how, free_names=is_free, handed=handed)


def _with_plain_dates(layout: PasteLayout, wanted: Paste) -> PasteLayout:
    today = current().today()
    layout = date_checks.in_order(layout, wanted.dates)
    layout = date_checks.with_whole_years(layout, wanted.years, today)
    return date_checks.with_days_of_vietnam(layout, wanted.moved, today)


def _cells(wanted: Paste, layout: PasteLayout, placement: Placement) -> list[Texts]:
    cells: list[Texts] = []
    for line, person in placement.pairs:
        cells.append((person, layout.texts(line)))
    today = current().today()
    return date_checks.without_swapped_dates(cells, wanted.everybody, wanted.dates, today)


def _write(
    wanted: Paste,
    cells: Sequence[Texts],
    by: User,
    *,
    how: str,
    free_names: bool = False,
    handed: Seen = MappingProxyType({}),
) -> Report:
    bulk_edit = losses.BulkEdit(
        cells,
        wanted.seen,
        by,
        SOURCE,
        how,
        wanted.everybody,
        free_names=free_names,
        handed=handed,
    )
    return losses.write_unless_worse(bulk_edit, wanted.worse)


# --- one value, or a small block, over a selection ---


def _fills_selection(block: Block, wanted: Paste) -> bool:
    """A selection that the block fits into several times is filled with it."""
    rows, fields = (len(part) for part in wanted.selection)
    if block.headings is not None or rows * fields <= len(block.rows) * block.width:
        return False
    return rows % len(block.rows) == 0 and fields % block.width == 0


def _fill_selection(block: Block, wanted: Paste, by: User) -> Report:
    rows, fields = wanted.selection
    chosen = {person.id: person for person in wanted.shown}
    cells: list[Texts] = []
    handed: dict[int, dict[str, str]] = {}
    for place, person_id in enumerate(rows):
        if person_id in chosen:
            cells.append((chosen[person_id], _repeated(block.rows, place, fields)))
            handed[person_id] = _repeated(block.handed, place, fields)
    if not wanted.sure and len(cells) > len(block.rows):
        for name in fields:
            if name in _ONE_EACH:
                raise _same_for_all(record.FIELD[name].label, len(cells))
    return _write(wanted, cells, by, how="fill", handed=handed)


def _repeated(block: list[list[str]], place: int, fields: Sequence[str]) -> dict[str, str]:
    """The texts for a row of the selection, which the block fits into several times."""
    texts = block[place % len(block)]
    repeated = itertools.cycle(texts)
    return dict(zip(fields, repeated, strict=False))


def _same_for_all(label: str, count: int) -> ConfirmationRequired:
    sentence = (
        f"{label} của mỗi người một khác, mà vùng chọn có {count} dòng sẽ nhận cùng một nội dung."
    )
    return ConfirmationRequired(
        f"Lưu cùng một {label.lower()} cho {count} người?",
        sentence,
        offers=[("Vẫn dán", {"confirm": "1"}), STOP],
    )


# --- where the lines go ---


def _place(layout: PasteLayout, wanted: Paste) -> Placement:
    """Which line goes to which record. Raises ``ConfirmationRequired`` or ``Problem`` ``no_key``."""
    today = current().today()
    if wanted.match in NAMES:
        if layout.key != wanted.match:
            raise _no_key(wanted.match)
        return line_matching.by_key(layout, wanted.everybody, today)
    position = aligning.by_position(layout, wanted.shown, wanted.start)
    if wanted.sure:
        return position
    if not layout.key:
        positional = paste_checks.PositionalPaste(
            layout, wanted.shown, wanted.everybody, wanted.start, today
        )
        paste_checks.raise_if_suspicious(positional, wanted.columns)
        return position
    sides = line_matching.mismatched_rows(layout, position, wanted.shown, wanted.everybody)
    if not sides:
        return position
    matched = line_matching.by_key(layout, wanted.everybody, today)
    only_keys = layout.key_data and not any(replace(layout, key_data=False).texts(0))
    is_most = len(matched.pairs) >= len(matched.unmatched)
    if wanted.match == "auto" and is_most and not only_keys:
        return matched
    raise _names_differ(layout, sides, matched, only_keys)


def _no_key(match: str) -> Problem:
    message = f"Cột đầu của bảng dán không phải {NAMES[match]} nên chưa ghép được."
    return Problem("", "no_key", message)


def _names_differ(
    layout: PasteLayout,
    sides: list[RowComparison],
    matched: Placement,
    only_keys: bool,
) -> ConfirmationRequired:
    word = NAMES[layout.key]
    lines = len(layout.block.rows)
    offers: list[Offer] = []
    if only_keys:
        offers.append((f"Vẫn lưu đè {word}", {"match": "position", "confirm": "1"}))
    elif matched.pairs:
        by_what = "tên" if layout.key == "name" else "mã"
        words = f"Ghép theo {by_what} ({len(matched.pairs)}/{lines} dòng)"
        offers.append((words, {"match": layout.key}))
    offers.append(STOP)
    sentence = f"{len(sides)}/{lines} dòng dán có {word} khác với dòng sẽ lưu vào, nên chưa lưu gì."
    if not matched.pairs:
        sentence += " Không dòng nào có trong bảng này: có thể là danh sách của lớp khác."
    title = f"{word.capitalize()} trong bảng dán không khớp với các dòng"
    return ConfirmationRequired(title, sentence, sides=sides, offers=offers)


def _nothing_to_write(layout: PasteLayout, placement: Placement) -> Problem:
    if layout.block.headings is not None and not any(layout.fields):
        return Problem("", "nothing", "Các cột của bảng dán không có trong bảng này.")
    if layout.key and not any(replace(layout, key_data=False).fields):
        return Problem("", "nothing", f"Bảng dán chỉ có {NAMES[layout.key]}, không có gì để lưu.")
    if placement.unmatched:
        message = f"Không dòng nào của bảng dán khớp {NAMES[layout.key]} ở đây: chưa lưu gì."
        return Problem("", "nothing", message)
    return Problem("", "nothing", "Bảng dán không có ô nào lưu được vào đây.")


# --- what was done ---


def _note_columns(report: Report, layout: PasteLayout) -> None:
    block = layout.block
    report.looked = list(layout.looked)
    report.noted = list(layout.noted)
    for column, name in enumerate(layout.fields):
        filled = [tidy(text) for text in block.column(column) if text.strip()]
        if name or column == layout.key_at or not filled:
            continue
        if block.headings is None:
            report.too_wide.append(filled[0])
        elif not block.is_row_number(column):
            report.unknown.append(tidy(block.heading_texts[column]))
