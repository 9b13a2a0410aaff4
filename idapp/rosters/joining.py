"""One value in several columns: a name in halves, a date in three columns or under "Nam | Nữ", a sex as a tick.

Vietnamese class lists are sorted by the given name, so many keep it in a column of its own. What a file says by its
headings is believed; a second column without a heading is taken only where its values are plainly given names. A column
that repeats the given name beside whole names, for sorting, is left alone.

Here the values are looked at as well, because headings alone do not decide: under "Nữ" stand ticks, or birth dates.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from idapp.rosters.agreement import agree
from idapp.rosters.birth_and_sex import Finding, birth_and_sex
from idapp.rosters.columns import Columns
from idapp.rosters.fields import heading_key
from idapp.rosters.looks import EXCEL_WORDS
from idapp.rosters.second_columns import says_another
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell

Row = Sequence[Cell]
Reader = Callable[[Row], Cell]

LOOKED_AT = 200
_MOSTLY = 0.6
_NO_NAMES = {
    "nam",
    "nu",
    "x",
    "co",
    "khong",
    "k",
    "c",
}  # sex and ticks; "Nam" is a name too, but not a whole column's
_NAME_PARTS = ("family_name", "middle_name", "given_name")
_PLACES = frozenset({"province", "district", "commune"})
_OF_A_WHOLE_ADDRESS = {"tinh", "tp", "thanh", "huyen", "quan", "xa", "phuong"}
_MAY_BE_PLAIN = {"dia chi thuong tru"}


@dataclass(frozen=True)
class Joined:
    """How the fields of a row are read.

    columns  {field: its columns}, without those that are read in another way
    places   {field: the columns that make one value}
    readers  {field: how its cell is made of the whole row}
    asked    {field: the columns of which somebody has to say which one it is}
    notes    sentences about what was read in an unusual way
    headings {column: what stands above it}, where nothing does and the values say it
    repeated {field: the columns under one heading that say the same in the rows looked at}; the first of them is read
    """

    columns: dict[str, list[int]]
    places: dict[str, tuple[int, ...]] = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    asked: dict[str, tuple[int, ...]] = field(default_factory=dict)
    notes: tuple[Callable[[Sequence[Row]], str], ...] = ()
    headings: dict[int, str] = field(default_factory=dict)
    repeated: dict[str, list[int]] = field(default_factory=dict)

    @property
    def used(self) -> set[int]:
        """Every column that a field is read from."""
        several = (*self.columns.values(), *self.places.values())
        return {index for columns in several for index in columns}

    @property
    def several(self) -> dict[str, list[int]]:
        """Of the fields that stand in several columns, any of which may hold the whole value: those columns."""
        return {
            name: found
            for name, found in self.columns.items()
            if len(found) > 1 and name not in self.readers
        }


def join(columns: Columns, rows: Sequence[Row]) -> Joined:
    """How the rows below a heading are read. ``rows`` may hold titles and empty rows as well."""
    looked_at = [row for row in rows[: 3 * LOOKED_AT] if row]
    fields = {name: list(several) for name, several in columns.fields.items()}
    asked = _without_harmless(columns, fields, looked_at)
    places: dict[str, tuple[int, ...]] = {}
    readers: dict[str, Reader] = {}
    notes: list[Callable[[Sequence[Row]], str]] = []
    headings: dict[int, str] = {}
    _join_names(columns, fields, places, looked_at)
    findings = birth_and_sex(columns.headings, fields, looked_at)
    for finding in findings:
        _take_over(finding, fields, places, readers)
        notes.append(finding.note)
        headings |= finding.headings
    _sort_out_residence(columns, fields, looked_at)
    if "full_name" in places:
        readers["full_name"] = _reader_of_parts(places["full_name"])
    for part in _NAME_PARTS:
        fields.pop(part, None)
    repeated = {
        name: list(candidates)
        for name, candidates in columns.asked.items()
        if name not in asked and name not in readers and len(candidates) > 1
    }
    return Joined(fields, places, readers, asked, tuple(notes), headings, repeated)


def _take_over(
    finding: Finding,
    fields: dict[str, list[int]],
    places: dict[str, tuple[int, ...]],
    readers: dict[str, Reader],
) -> None:
    for name, reader in finding.readers.items():
        readers[name] = reader
        fields[name] = list(finding.columns)
        places[name] = finding.columns


# --- the same heading twice ---


def _without_harmless(
    columns: Columns, fields: dict[str, list[int]], rows: Sequence[Row]
) -> dict[str, tuple[int, ...]]:
    """What is left to ask: repeated columns that say row by row the same, or nothing at all, need no question."""
    asked: dict[str, tuple[int, ...]] = {}
    for name, candidates in columns.asked.items():
        if _are_one(columns, name, candidates, rows):
            fields[name] = [candidates[0]]
        else:
            asked[name] = candidates
            fields.pop(name, None)
    for name, index in _contradicted(columns, fields, rows):
        asked[name] = (index,)
        fields.pop(name)
    return asked


def _contradicted(
    columns: Columns, fields: Mapping[str, list[int]], rows: Sequence[Row]
) -> list[tuple[str, int]]:
    """The number behind a parent's column ("SĐT mẹ | Số CCCD"), if its years are not those of the birth dates."""
    numbers = fields.get("identity_number", [])
    dates = fields.get("date_of_birth", [])
    if len(numbers) != 1 or len(dates) != 1 or numbers[0] not in columns.suspect:
        return []
    pairs = ((_text(row, numbers[0]), _text(row, dates[0])) for row in rows)
    is_contradicted = agree(pairs, columns.suspect[numbers[0]]) is False
    return [("identity_number", numbers[0])] if is_contradicted else []


def _are_one(columns: Columns, name: str, candidates: Sequence[int], rows: Sequence[Row]) -> bool:
    """Is the first of these columns enough: the others are empty, say the same, or hold the other half of the name?"""
    first, *others = candidates
    keys = {heading_key(columns.headings[index]) for index in candidates}
    if not others:
        return _is_proven(columns, name, first, rows)
    if len(keys) > 1:
        return False
    if name == "full_name" and _are_halves(candidates, rows):
        return True
    filled = [index for index in others if any(_text(row, index) for row in rows)]
    return all(_same(name, rows, first, index) for index in filled)


def _is_proven(columns: Columns, name: str, index: int, rows: Sequence[Row]) -> bool:
    """Is a column behind a parent's name the pupil's, because numbers and birth dates are those of the same people?"""
    other = {"identity_number": "date_of_birth", "date_of_birth": "identity_number"}.get(name)
    beside = columns.fields.get(other or "", ())
    if len(beside) != 1:
        return False
    number, date = (index, beside[0]) if name == "identity_number" else (beside[0], index)
    return bool(agree((_text(row, number), _text(row, date)) for row in rows))


def _are_halves(candidates: Sequence[int], rows: Sequence[Row]) -> bool:
    """ "Họ và tên" above both halves of a name, as where a merged heading was taken apart."""
    first, *others = candidates
    if others != [first + 1]:
        return False
    pairs = _pairs(rows, first)
    return _are_given_names([second for _, second in pairs if second]) and _goes_on(pairs)


def _same(name: str, rows: Sequence[Row], first: int, second: int) -> bool:
    pairs = [(_text(row, first), _text(row, second)) for row in rows]
    return all(
        bool(one) == bool(other) and not says_another(name, one, other) for one, other in pairs
    )


def _text(row: Row, column: int) -> str:
    return tidy(row[column].text) if column < len(row) else ""


# --- names in halves ---


def _join_names(
    columns: Columns,
    fields: dict[str, list[int]],
    places: dict[str, tuple[int, ...]],
    rows: Sequence[Row],
) -> None:
    parts = [fields.get(part, []) for part in _NAME_PARTS]
    if "full_name" in fields:  # "Họ và tên", which may go on in the column right of it
        span = _span_of_one_heading(columns, fields, parts[-1], rows)
    else:  # "Họ và tên đệm | Tên"
        span = _span_of_parts(columns, fields, parts, rows)
    if span is not None:
        fields["full_name"] = [span[0]]
        places["full_name"] = span


def _span_of_one_heading(
    columns: Columns, fields: Mapping[str, list[int]], ends: Sequence[int], rows: Sequence[Row]
) -> tuple[int, ...] | None:
    start = fields["full_name"][0]
    if start + 1 in ends and _goes_on(_pairs(rows, start)):
        return start, start + 1
    end = _without_heading(columns, fields, start, rows)
    return None if end is None else (start, end)


def _span_of_parts(
    columns: Columns,
    fields: Mapping[str, list[int]],
    parts: Sequence[Sequence[int]],
    rows: Sequence[Row],
) -> tuple[int, ...] | None:
    begins, middles, ends = parts
    if not begins:
        return None
    start = begins[0]
    end = next((index for index in sorted(ends) if index > start), None)
    if end is None:
        end = _without_heading(columns, fields, start, rows)
    return None if end is None else (start, *middles[:1], end)


def _reader_of_parts(places: Sequence[int]) -> Reader:
    def read(row: Row) -> Cell:
        return joined_cell(row, places)

    return read


def joined_cell(cells: Row, places: Sequence[int]) -> Cell:
    """One cell of several; of a cell nobody can read its kind stays."""
    parts = [cells[column] if column < len(cells) else EMPTY for column in places]
    bad = next((part for part in parts if _says_no_text(part)), None)
    filled = [part for part in parts if part.text.strip()]
    if bad is not None or not filled:
        return bad or EMPTY
    text = " ".join(tidy(part.text) for part in filled)
    return Cell(text, "text", struck=all(part.struck for part in filled))


def _says_no_text(cell: Cell) -> bool:
    return cell.kind in ("formula", "error", "bool") or cell.text in EXCEL_WORDS


def _without_heading(
    columns: Columns, fields: Mapping[str, list[int]], start: int, rows: Sequence[Row]
) -> int | None:
    """The column right of ``start`` if its heading is empty (merged with the one before) and it holds given names."""
    taken = {index for several in fields.values() for index in several} - {start}
    beside = start + 1
    text = columns.headings[beside] if beside < len(columns.headings) else ""
    is_beyond = beside >= columns.last and beside < len(columns.headings)
    if beside in taken or is_beyond or text not in ("", columns.headings[start]):
        return None
    pairs = _pairs(rows, start)
    are_names = _are_given_names([second for _, second in pairs if second])
    return beside if are_names and _goes_on(pairs) else None


def _pairs(rows: Sequence[Row], start: int) -> list[tuple[str, str]]:
    """The words of the column and of its neighbour, of the first rows that have words in the first."""
    pairs: list[tuple[str, str]] = []
    for row in rows:
        if len(pairs) == LOOKED_AT:
            break
        first, second = (row[c] if c < len(row) else EMPTY for c in (start, start + 1))
        if (
            first.kind == "text"
            and (text := tidy(first.text))
            and not any(c.isdigit() for c in text)
        ):
            pairs.append((text, tidy(second.text) if second.kind == "text" else ""))
    return pairs


def _goes_on(pairs: Sequence[tuple[str, str]]) -> bool:
    """Is the second text there, and not the end of the first once more?"""
    both = [(fold(a), fold(b)) for a, b in pairs if b]
    again = sum(a == b or a.endswith(f" {b}") for a, b in both)
    return bool(both) and len(both) >= _MOSTLY * len(pairs) and again < len(both) / 2


def _are_given_names(texts: Sequence[str]) -> bool:
    """One or two words each, of letters, and as varied as names are."""
    words = [fold(text) for text in texts]
    plain = [
        w for w, text in zip(words, texts, strict=True) if len(w.split()) < 3 and _letters(text)
    ]
    names = [w for w in plain if w not in _NO_NAMES]
    varied = len(set(words)) > max(len(words) // 3, min(len(words), 2) - 1)
    return varied and len(names) >= _MOSTLY * len(words)


def _letters(text: str) -> bool:
    return text.replace(" ", "").isalpha() and text[0].isupper()


# --- the residence in one text ---


def _sort_out_residence(
    columns: Columns, fields: dict[str, list[int]], rows: Sequence[Row]
) -> None:
    """ "Địa chỉ thường trú" is the house and hamlet where province and commune have columns of their own, or where
    nothing more stands in it; else it is the whole residence, which is no value of the field ``address``."""
    for index in list(fields.get("residence", ())):
        if heading_key(columns.headings[index]) not in _MAY_BE_PLAIN:
            continue
        has_places = bool(_PLACES & set(fields))
        if "address" not in fields and (has_places or _are_plain(rows, index)):
            fields["residence"].remove(index)
            fields["address"] = [index]
    if not fields.get("residence", True):
        del fields["residence"]


def _are_plain(rows: Sequence[Row], index: int) -> bool:
    texts = [text for row in rows if (text := _text(row, index))]
    whole = [text for text in texts if _is_whole_address(text)]
    return len(whole) * 5 < max(1, len(texts))


def _is_whole_address(text: str) -> bool:
    words = set(fold(text).replace(",", " ").replace(".", " ").split())
    return text.count(",") > 1 or bool(words & _OF_A_WHOLE_ADDRESS)
