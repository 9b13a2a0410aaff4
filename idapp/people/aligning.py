"""Which line of a pasted block belongs to which record, so that a list in another order can never shift 45 numbers.

By *position*: line for line as the rows are shown. By *name* or *code*: the first column (or the one under that
heading) says whose line it is (``line_matching``). Nobody is ever created, and nothing is guessed: two pupils of one
name are told apart by what else the line says, or not at all. Where the lines and the rows do not belong together,
``LookFirst`` shows both sides and nothing is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from idapp.models import Person
from idapp.people.clipboard import Block
from idapp.rosters.blocks import Candidate
from idapp.rosters.linkage import code_key
from idapp.rosters.looks import DAY_PATTERN, INSURANCE, PHONE, is_number, is_phone, look_of
from idapp.rosters.name_notes import without_note
from idapp.rules import full_name, record
from idapp.rules.folding import fold, tidy
from idapp.rules.problem import Problem

KEYS = {"full_name": "name", "ministry_code": "code"}
NAMES = {"name": "họ tên", "code": "mã định danh của Bộ"}
_NUMBERED = re.compile(r"([0-9]{1,3}) ?[.)/-] ?(.*)")
# brackets, dashes, marks, and the words of a state
_MAY_BE_NOTED = re.compile(r"[(\[{*#†+.,:;/–—-]|học|trường|chuyển|lưu|nghỉ|mất", re.IGNORECASE)
_LABEL = r"[\s:;,|=(–—-]++(?:(?:số|mã|cccd|căn cước|định danh|cá nhân|đdcn|ngày sinh|sinh ngày|ns)[\s:.]*+)*+"
_LONGEST_LINE = 150  # of a message that is a name with its number
_IN_ONE = re.compile(
    rf"(?:[0-9]{{1,3}} ?[.)/-] ?)?(?P<name>\D+?)(?:{_LABEL}(?P<born>{DAY_PATTERN}))?"
    rf"{_LABEL}'?(?P<number>[0-9][0-9 .]*[0-9])\)?",
    re.IGNORECASE,
)
_FEW = 8  # lines shown side by side
_NOT_NAMES = {
    "province",
    "district",
    "commune",
    "address",
    "ethnic_group",
    "nationality",
    "position",
}


@dataclass(frozen=True)
class Side:
    """A line of the paste beside the row it would land on."""

    row: int
    ours: str
    pasted: str


class LookFirst(Exception):
    """Nothing is written before the user has looked. offers: (words on the button, form values to send again)."""

    # the columns of the table that shows both sides
    counted, ours, theirs = "Dòng", "Trong bảng", "Trong bảng dán"

    def __init__(
        self,
        title: str,
        sentence: str,
        *,
        sides: Sequence[Side] = (),
        offers: Sequence[tuple[str, Mapping[str, str]]],
    ) -> None:
        super().__init__(sentence)
        self.title, self.sentence, self.sides, self.offers = title, sentence, sides[:_FEW], offers
        self.more = max(0, len(sides) - _FEW)


class WhichColumn(LookFirst):
    """A field stands in several columns of the paste: its columns beside each other."""

    counted, ours, theirs = "Cột thứ", "Tiêu đề", "Vài giá trị"


_STOP = ("Bỏ, không dán", dict[str, str]())


@dataclass(frozen=True)
class Unmatched:
    """A line that belongs to nobody. near: the name it resembles."""

    line: int
    text: str
    why: str
    near: str = ""


@dataclass
class Fit:
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
        return {
            name: text
            for at, (name, text) in enumerate(cells)
            if name and (at != self.key_at or self.key_data)
        }

    def key_text(self, line: int) -> str:
        return tidy(self.block.rows[line][self.key_at]) if self.key_at is not None else ""


# --- what the columns mean ---


def lay_out(
    block: Block, columns: Sequence[str], anchor: str, everybody: Sequence[Person], match: str
) -> PasteLayout:
    """The fields of the columns: from the heading row, else from the anchor to the right.

    A note behind a name is no part of it: it is taken out and told. Raises LookFirst where a field may stand in several
    columns.
    """
    _ask_which_column(block)
    parted = _parted(block)
    is_list = parted is not block and _key_in(parted.column(0), anchor, everybody) == "name"
    block = parted if is_list else _unnumbered(block)
    if block.headings is not None:
        layout = _by_heading(block, block.headings, columns, anchor, match)
        return _without_notes(layout, None, everybody)
    if block.width > 1 and _are_row_numbers(block.column(0)):
        block = block.without(0)
    names = [_name_in(text, everybody) for text in block.column(0)]
    key = "" if _is_one_value(block) else _key_in(names, anchor, everybody)
    own = key != "" and KEYS.get(anchor) == key
    aside = 1 if key and not own else 0
    start = columns.index(anchor) - aside
    fields = tuple(
        columns[start + at] if start + at < len(columns) else "" for at in range(block.width)
    )
    if aside:
        fields = ("", *fields[1:])
    looked = _by_look(block, fields, columns) if key else {}
    fields = tuple(looked.get(at, name) for at, name in enumerate(fields))
    if key:
        fields = tuple(
            "" if look_of(block.column(at)) in (PHONE, INSURANCE) else name
            for at, name in enumerate(fields)
        )
    layout = PasteLayout(
        block, fields, key, 0 if key else None, key_data=own, looked=tuple(looked.values())
    )
    return _without_notes(layout, 0 if key == "name" else None, everybody)


def _by_look(block: Block, fields: Sequence[str], columns: Sequence[str]) -> dict[int, str]:
    """Names and numbers copied together, without the columns between: the numbers still go to the column of numbers.

    Only where one column alone looks like that and stands under a field of another kind; then its neighbours, which
    have lost their place too, are not written at all.
    """
    looks = {at: look for at in range(1, block.width) if (look := look_of(block.column(at)))}
    moved = {at: look for at, look in looks.items() if look != fields[at] and look in columns}
    if not moved or len(set(looks.values())) < len(looks):
        return {}
    return {at: looks.get(at, "") for at in range(1, block.width)}


def _by_heading(
    block: Block, headings: list[str], columns: Sequence[str], anchor: str, match: str
) -> PasteLayout:
    wanted = [f for f, key in KEYS.items() if f in headings and match in ("auto", "position", key)]
    fields = tuple(name if name in columns else "" for name in headings)
    if not wanted:
        return PasteLayout(block, fields)
    key_at = headings.index(wanted[0])
    return PasteLayout(block, fields, KEYS[wanted[0]], key_at, key_data=anchor == wanted[0])


def _without_notes(
    layout: PasteLayout, name_column: int | None, everybody: Sequence[Person]
) -> PasteLayout:
    """The layout with bare names, in the column that names the records or is written to their names."""
    if name_column is None and "full_name" not in layout.fields:
        return layout
    column = layout.fields.index("full_name") if name_column is None else name_column
    texts = layout.block.column(column)
    names = [_name_in(text, everybody) for text in texts]
    noted = tuple(tidy(text) for text, name in zip(texts, names, strict=True) if text != name)
    return replace(layout, block=layout.block.with_column(column, names), noted=noted)


def _name_in(text: str, everybody: Sequence[Person]) -> str:
    """The name without the note behind it; the text as it came if it is no name with a note.

    Whose record bears the note inside the name is found by the whole text.
    """
    if not _MAY_BE_NOTED.search(text) or any(
        person.full_name == tidy(text) for person in everybody
    ):
        return text
    kind = everybody[0].kind if everybody else "student"
    noted = without_note(text, kind)
    if noted is None or not _looks_like_name(_NUMBERED.sub(r"\2", noted.name)):
        return text
    return noted.name


def _ask_which_column(block: Block) -> None:
    """Raises LookFirst where a field may stand in several columns of the block."""
    for name, candidates in block.asked.items():
        label = record.FIELD[name].label if name in record.FIELD else candidates[0].heading
        sides = [Side(one.index + 1, one.heading, " · ".join(one.samples)) for one in candidates]
        so_far = "".join(f"{field}:{index}," for field, index in block.chosen.items())
        offers: list[tuple[str, Mapping[str, str]]] = [
            (f"Lấy cột thứ {one.index + 1}", {"which": f"{so_far}{name}:{one.index}"})
            for one in candidates
        ]
        sentence = _which_column_sentence(label, candidates)
        raise WhichColumn(f"Cột nào là {label}?", sentence, sides=sides, offers=[*offers, _STOP])


def _which_column_sentence(label: str, candidates: Sequence[Candidate]) -> str:
    if len(candidates) == 1:
        heading = candidates[0].heading
        return f"Cột “{heading}” đứng ngay sau cột họ tên cha mẹ nên có thể là của cha mẹ. Chưa ghi gì."
    return (
        f"Bảng dán có {len(candidates)} cột có thể là {label} mà nội dung khác nhau, hoặc một cột là của cha mẹ. "
        "Chưa ghi gì."
    )


def _is_one_value(block: Block) -> bool:
    return block.width == 1 and len(block.rows) == 1


def _are_row_numbers(texts: list[str]) -> bool:
    """1, 2, 3 ...: the column STT of a list."""
    numbers = [tidy(text) for text in texts if text.strip()]
    if len(numbers) < 2 or not all(n.isascii() and n.isdigit() and len(n) < 4 for n in numbers):
        return False
    return _follow([int(n) for n in numbers])


def _follow(numbers: list[int]) -> bool:
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _parted(block: Block) -> Block:
    """Names with their numbers in one cell, as in a message ("1. Lê Thị Giàu: 100312000012"), apart from each other."""
    if block.width > 1 or block.headings is not None:
        return block
    texts = [tidy(text) for text in block.column(0)]
    short = (text for text in texts if len(text) <= _LONGEST_LINE)
    found = {text: match.groupdict("") for text in short if (match := _IN_ONE.fullmatch(text))}
    found = {text: part for text, part in found.items() if _names_a_number(part)}
    if len(found) < 2 or len(found) * 5 < sum(map(bool, texts)) * 4:
        return block
    columns = [
        name for name in ("name", "born", "number") if any(part[name] for part in found.values())
    ]
    rows = [
        [found[t][c] for c in columns] if t in found else [t] + [""] * (len(columns) - 1)
        for t in texts
    ]
    return replace(block, rows=rows)


def _names_a_number(part: Mapping[str, str]) -> bool:
    number = part["number"]
    return _looks_like_name(part["name"]) and (is_number(number) or is_phone(number))


def _unnumbered(block: Block) -> Block:
    """Names that carry the number of their line ("1. Lê Thị Giàu", as in lists from Word or Zalo) without it."""
    for at in range(min(block.width, 2)):
        found = [_NUMBERED.fullmatch(tidy(text)) for text in block.column(at) if text.strip()]
        numbered = [match for match in found if match and _looks_like_name(match[2])]
        if (
            numbered
            and len(numbered) == len(found)
            and _follow([int(match[1]) for match in numbered])
        ):
            return block.with_column(
                at, [_NUMBERED.sub(r"\2", tidy(text)) for text in block.column(at)]
            )
    return block


def _key_in(texts: list[str], anchor: str, everybody: Sequence[Person]) -> str:
    """Does a column hold names or codes of this class? Names of strangers count too where no name can be meant."""
    filled = [text for text in texts if text.strip()]
    if not filled:
        return ""
    codes = {code_key(person.ministry_code) for person in everybody} - {""}
    if sum(code_key(text) in codes for text in filled) * 2 >= len(filled):
        return "code"
    names = {fold(person.full_name) for person in everybody} - {""}
    if sum(fold(text) in names for text in filled) * 2 >= len(filled):
        return "name"
    strangers = sum(_looks_like_name(text) for text in filled) * 5 >= len(filled) * 3
    return "name" if strangers and anchor not in _NOT_NAMES else ""


def _looks_like_name(text: str) -> bool:
    if len(tidy(text).split()) < 2:
        return False
    try:
        full_name.validate(text)
    except Problem:
        return False
    return True


# --- whose line it is: by position here, by name or code in line_matching ---


def by_position(layout: PasteLayout, shown: Sequence[Person], start: int) -> Fit:
    """Line for line from a row on."""
    rows = shown[start:]
    pairs = list(zip(range(len(layout.block.rows)), rows, strict=False))
    return Fit("position", pairs, beyond=max(0, len(layout.block.rows) - len(rows)))
