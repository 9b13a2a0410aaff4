"""A block from the clipboard, laid over a table: one request, one transaction, one step that is undone together.

What fits is written and what does not is told with numbers: lines below the last row, columns right of the last one,
names of nobody, records the source lacks. An empty cell never erases, nobody is ever created, and where lines might
land on wrong rows nothing is written before the user has seen both sides (``LookFirst``). Every text that is stored
otherwise than it was pasted is a repair: listed, and taken back with one click. A lost zero is only proposed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from idapp import people
from idapp.models import Person, User
from idapp.people import Conflict, Edit, Saved, Written, aligning, doubts, line_matching
from idapp.people.aligning import NAMES, Fit, LookFirst, PasteLayout, Side, Unmatched
from idapp.people.clipboard import Block, read
from idapp.people.doubts import STOP
from idapp.rules import record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem
from idapp.settings import current

DOOR = "pasted"
FIX_ZEROS = "not_12_digits"  # the problem whose suggestion puts lost zeros back
_ONE_EACH = ("identity_number", "ministry_code", "full_name")  # no two people have the same
Seen = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True)
class Paste:
    """What the user pastes where.

    shown      the rows as they stand on the screen, from top to bottom    columns  the fields, from left to right
    everybody  all records of the table: those that a filter hides too
    seen       what the user saw: {person id: {field: text}}
    selection  more than one cell was selected: (rows, fields)
    match      auto, position, name or code      sure  the user has answered the question
    dates      what comes first in a date that could be read either way: day, month, or "" not asked yet
    years      birth years of two digits get their century (whole) or not (short), or "" not asked yet
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

    @property
    def start(self) -> int:
        return next(at for at, person in enumerate(self.shown) if person.id == self.anchor[0])


@dataclass(frozen=True)
class Repair:
    """A text that is stored otherwise than it came. before: what stood there, to go back to."""

    person: Person
    field: str
    typed: str
    stored: str
    before: str


@dataclass
class Report:
    """What a deed on many cells did."""

    step: str
    how: str
    result: Written
    written: int = 0
    same: int = 0
    empty: int = 0
    beyond: int = 0  # lines without a row
    too_wide: list[str] = field(
        default_factory=list
    )  # the first text of each column without a field
    unknown: list[str] = field(default_factory=list)  # headings nobody knows
    looked: list[str] = field(
        default_factory=list
    )  # fields that were told by the looks of their columns
    unmatched: list[Unmatched] = field(default_factory=list)
    absent: list[Person] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    replaced: list[Repair] = field(default_factory=list)
    zeros: list[Person] = field(default_factory=list)
    refused: list[tuple[Person, str, str, str]] = field(
        default_factory=list
    )  # record, field, text, sentence
    asked: list[tuple[Person, str]] = field(
        default_factory=list
    )  # the cells that hold now what was wanted

    @property
    def saved(self) -> list[Saved]:
        return self.result.saved

    @property
    def conflicts(self) -> list[Conflict]:
        return self.result.conflicts

    @property
    def wrong(self) -> int:
        """Written cells that carry an error."""
        return self._count("error")

    @property
    def odd(self) -> int:
        """Written cells that carry a warning and no error."""
        return self._count("warning")

    def _count(self, level: str) -> int:
        worst = (person.problem_of(name) for person, name in self.asked)
        return sum(problem is not None and problem["level"] == level for problem in worst)


def paste(wanted: Paste, *, by: User) -> Report:
    """Write the block. Raises LookFirst, or Problem where there is nothing to write or no way to do so."""
    block = read(wanted.text, wanted.kind)
    if _fills_selection(block, wanted):
        return _fill_selection(block, wanted, by)
    layout = aligning.lay_out(
        block.without_end(), wanted.columns, wanted.anchor[1], wanted.everybody, wanted.match
    )
    layout = doubts.with_whole_years(
        doubts.in_order(layout, wanted.dates), wanted.years, current().today()
    )
    if not wanted.sure:
        doubts.ask_about_lost_digits(layout)
    fit = _fit(layout, wanted)
    if fit.how != "position":
        layout = replace(layout, key_data=False)
    if not any(layout.texts(line) for line, _ in fit.pairs):
        raise _nothing_to_write(layout, fit)
    cells = [(person, layout.texts(line)) for line, person in fit.pairs]
    report = write(cells, wanted.seen, by=by, door=DOOR, how=fit.how)
    report.beyond, report.unmatched, report.absent = fit.beyond, fit.unmatched, fit.absent
    _note_columns(report, layout)
    return report


def write(
    cells: Iterable[tuple[Person, Mapping[str, str]]],
    seen: Seen,
    *,
    by: User,
    door: str,
    how: str,
    blank: bool = False,
) -> Report:
    """Write texts into cells as one step. Empty texts are skipped unless ``blank``: then they erase."""
    report, edits, before = (
        Report(people.new_step(), how, Written()),
        list[Edit](),
        dict[int, dict[str, str]](),
    )
    for person, texts in cells:
        before[person.id] = people.values_of(person)
        for name in sorted(texts, key=record.SETTLING_ORDER.__getitem__):
            text = texts[name]
            if not tidy(text) and not blank:
                report.empty += 1
            elif len(tidy(text)) > record.MAX_LENGTH:
                report.refused.append((person, name, text, _too_long(name, text)))
            else:
                edits.append(Edit(person, name, text, seen.get(person.id, {}).get(name)))
    report.result = people.change_many(edits, by=by, door=door, step=report.step)
    _compare(report, edits, before)
    return report


def put_zeros_back(persons: Iterable[Person], *, by: User) -> Report:
    """Take over the proposal "0…" of every number that lost its leading zeros, as one step."""
    proposals = [(p, proposal["suggestion"]) for p in persons if (proposal := lost_zeros(p))]
    seen = {p.id: {"identity_number": p.identity_number} for p, _ in proposals}
    return write(
        [(p, {"identity_number": text}) for p, text in proposals],
        seen,
        by=by,
        door=DOOR,
        how="zeros",
    )


def lost_zeros(person: Person) -> Mapping[str, str] | None:
    """The problem that proposes to put the zeros back, if this record's number has it."""
    own = (p for p in person.problems if p["field"] == "identity_number" and p["code"] == FIX_ZEROS)
    return next((p for p in own if p["suggestion"]), None)


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
    lines = [(chosen[id_], at % len(block.rows)) for at, id_ in enumerate(rows) if id_ in chosen]
    cells = [
        (person, {name: block.rows[line][at % block.width] for at, name in enumerate(fields)})
        for person, line in lines
    ]
    twice = [name for name in fields if name in _ONE_EACH]
    if twice and len(lines) > len(block.rows) and not wanted.sure:
        raise _same_for_all(record.FIELD[twice[0]].label, len(lines))
    return write(cells, wanted.seen, by=by, door=DOOR, how="fill")


def _same_for_all(label: str, count: int) -> LookFirst:
    sentence = (
        f"{label} của mỗi người một khác, mà vùng chọn có {count} dòng sẽ nhận cùng một nội dung."
    )
    return LookFirst(
        f"Ghi cùng một {label.lower()} cho {count} người?",
        sentence,
        offers=[("Vẫn dán", {"confirm": "1"}), STOP],
    )


# --- where the lines go ---


def _fit(layout: PasteLayout, wanted: Paste) -> Fit:
    today, position = current().today(), aligning.by_position(layout, wanted.shown, wanted.start)
    if wanted.match in NAMES:
        if layout.key != wanted.match:
            raise Problem(
                "",
                "no_key",
                f"Cột đầu của bảng dán không phải {NAMES[wanted.match]} nên chưa ghép được.",
            )
        return line_matching.by_key(layout, wanted.everybody, today)
    if not layout.key:
        if not wanted.sure:
            landing = doubts.Landing(layout, wanted.shown, wanted.everybody, wanted.start, today)
            doubts.look_first(landing, wanted.columns)
        return position
    sides = line_matching.mismatched_rows(layout, position, wanted.shown, wanted.everybody)
    if not sides or wanted.sure:
        return position
    matched = line_matching.by_key(layout, wanted.everybody, today)
    only_keys = layout.key_data and not any(replace(layout, key_data=False).texts(0))
    if wanted.match == "auto" and not only_keys and len(matched.pairs) >= len(matched.unmatched):
        return matched
    raise _names_differ(layout, sides, matched, only_keys)


def _names_differ(
    layout: PasteLayout, sides: list[Side], matched: Fit, only_keys: bool
) -> LookFirst:
    word, lines = NAMES[layout.key], len(layout.block.rows)
    offers: list[tuple[str, Mapping[str, str]]] = []
    if matched.pairs and not only_keys:
        count = f"{len(matched.pairs)}/{lines} dòng"
        offers.append(
            (
                f"Ghép theo {'tên' if layout.key == 'name' else 'mã'} ({count})",
                {"match": layout.key},
            )
        )
    elif only_keys:
        offers.append((f"Vẫn ghi đè {word}", {"match": "position", "confirm": "1"}))
    strangers_only = (
        ""
        if matched.pairs
        else " Không dòng nào có trong bảng này: có thể là danh sách của lớp khác."
    )
    sentence = f"{len(sides)}/{lines} dòng dán có {word} khác với dòng sẽ ghi vào, nên chưa ghi gì.{strangers_only}"
    title = f"{word.capitalize()} trong bảng dán không khớp với các dòng"
    return LookFirst(title, sentence, sides=sides, offers=[*offers, STOP])


def _nothing_to_write(layout: PasteLayout, fit: Fit) -> Problem:
    if layout.block.headings is not None and not any(layout.fields):
        return Problem("", "nothing", "Các cột của bảng dán không có trong bảng này.")
    if layout.key and not any(replace(layout, key_data=False).fields):
        return Problem("", "nothing", f"Bảng dán chỉ có {NAMES[layout.key]}, không có gì để ghi.")
    if fit.unmatched:
        return Problem(
            "",
            "nothing",
            f"Không dòng nào của bảng dán khớp {NAMES[layout.key]} ở đây: chưa ghi gì.",
        )
    return Problem("", "nothing", "Bảng dán không có ô nào ghi được vào đây.")


# --- what was done ---


def _note_columns(report: Report, layout: PasteLayout) -> None:
    block = layout.block
    report.looked = [name for name in layout.looked if name]
    for at, name in enumerate(layout.fields):
        if name or at == layout.key_at or not any(text.strip() for text in block.column(at)):
            continue
        if block.headings is None:
            report.too_wide.append(next(tidy(text) for text in block.column(at) if text.strip()))
        elif not block.is_row_number(at):
            report.unknown.append(tidy(block.heading_texts[at]))


def _compare(
    report: Report, edits: Sequence[Edit], before: Mapping[int, Mapping[str, str]]
) -> None:
    """Count and list what became of each text, from what stands there now."""
    now = {saved.person.id: saved.person for saved in report.saved}
    clashes = {(c.person.id, c.field) for c in report.conflicts}
    for edit in edits:
        person = now.get(edit.person.id)
        if person is None or (person.id, edit.field) in clashes:
            continue
        report.asked.append((person, edit.field))
        old, stored = before[person.id][edit.field], getattr(person, edit.field)
        if stored == old:
            report.same += 1
            continue
        report.written += 1
        done = Repair(person, edit.field, edit.text, stored, old)
        if stored != edit.text:
            report.repairs.append(done)
        if old:
            report.replaced.append(done)
    if any(edit.field == "identity_number" for edit in edits):
        report.zeros = [person for person in now.values() if lost_zeros(person)]


def _too_long(name: str, text: str) -> str:
    label, length = record.FIELD[name].label, len(tidy(text))
    return (
        f"{label} dài {length} ký tự, nhiều nhất là {record.MAX_LENGTH}: hãy rút ngắn rồi nhập lại."
    )
