"""One value in several columns: a name in halves, a date in three columns or under "Nam | Nữ", a sex as a tick.

Vietnamese class lists are sorted by the given name, so many keep it in a column of its own. What a file says by its
headings is believed; a second column without a heading is taken only where its values are plainly given names. A column
that repeats the given name beside whole names, for sorting, is left alone.

Here the values are looked at as well, because headings alone do not decide: under "Nữ" stand ticks, or birth dates.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from idapp.rosters.agreement import agree
from idapp.rosters.birth_and_sex import birth_and_sex
from idapp.rosters.columns import Columns
from idapp.rosters.fields import HOMEROOM, heading_key
from idapp.rosters.homeroom_column import homeroom_classes
from idapp.rosters.looks import EXCEL_WORDS
from idapp.rosters.row_cells import ColumnsOf, Fields, Row, Rows, cell_at, text_at
from idapp.rosters.second_columns import says_another
from idapp.rules.folding import fold, tidy
from idapp.workbook.cells import EMPTY, Cell

Reader = Callable[[Row], Cell]

LOOKED_AT = 200
_MOSTLY = 0.6
# sex and ticks; "Nam" is a name too, but not a whole column's
_NO_NAMES = frozenset({"nam", "nu", "x", "co", "khong", "k", "c"})
_NAME_PARTS = ("family_name", "middle_name", "given_name")
_PLACES = frozenset({"province", "district", "commune"})
_OF_A_WHOLE_ADDRESS = {"tinh", "tp", "thanh", "huyen", "quan", "xa", "phuong"}
_MAY_BE_PLAIN = {"dia chi thuong tru"}


@dataclass(frozen=True)
class Joined:
    """How the fields of a row are read.

    columns    {field: its columns}, without those that are read in another way
    places     {field: the columns that make one value}
    readers    {field: how its cell is made of the whole row}
    ambiguous  {field: the columns of which somebody has to say which one it is}
    notes      sentences about what was read in an unusual way
    headings   {column: what stands above it}, where nothing does and the values say it
    repeated   {field: the columns under one heading that say the same in the rows looked at}; the first of them is read
    unread     columns that are known and hold nothing of use here
    """

    columns: Fields
    places: ColumnsOf = field(default_factory=dict)
    readers: dict[str, Reader] = field(default_factory=dict)
    ambiguous: ColumnsOf = field(default_factory=dict)
    notes: tuple[Callable[[Rows], str], ...] = ()
    headings: dict[int, str] = field(default_factory=dict)
    repeated: Fields = field(default_factory=dict)
    unread: frozenset[int] = frozenset()

    @property
    def used(self) -> set[int]:
        """Every column that a field is read from."""
        columns: set[int] = set()
        return columns.union(*self.columns.values(), *self.places.values())

    @property
    def several(self) -> Fields:
        """Of the fields that stand in several columns, any of which may hold the whole value: those columns."""
        several: Fields = {}
        for name, columns in self.columns.items():
            if len(columns) > 1 and name not in self.readers:
                several[name] = columns
        return several


def join(columns: Columns, rows: Rows) -> Joined:
    """How the rows below a heading are read. ``rows`` may hold titles and empty rows as well.

    1. Of columns under the same heading what is harmless is read, the others are to be asked about.
    2. A name in halves, a date in parts, a sex as a tick become one value each.
    3. An address in one column is the whole residence, or the house alone.
    """
    looked_at = [row for row in rows[: 3 * LOOKED_AT] if row]
    fields = {name: list(several) for name, several in columns.fields.items()}
    ambiguous = _without_harmless(columns, fields, looked_at)
    places: ColumnsOf = {}
    readers: dict[str, Reader] = {}
    name_span = _span_of_name(columns, fields, looked_at)
    if name_span is not None:
        fields["full_name"] = [name_span[0]]
        places["full_name"] = name_span
        readers["full_name"] = partial(_joined_of_row, name_span)
    findings = birth_and_sex(columns.headings, fields, looked_at)
    homeroom = frozenset(fields.get(HOMEROOM, ()))
    with_class = homeroom_classes(fields, looked_at)
    if with_class is not None:
        findings.append(with_class)
    headings: dict[int, str] = {}
    for finding in findings:
        readers.update(finding.readers)
        headings.update(finding.headings)
        for name in finding.readers:
            fields[name] = list(finding.columns)
            places[name] = finding.columns
    _sort_out_residence(columns, fields, looked_at)
    for part in _NAME_PARTS:
        fields.pop(part, None)
    return Joined(
        columns=fields,
        places=places,
        readers=readers,
        ambiguous=ambiguous,
        notes=tuple(finding.note for finding in findings),
        headings=headings,
        repeated=_repeated(columns, {*ambiguous, *readers}),
        unread=homeroom.difference(*places.values()),
    )


# --- the same heading twice ---


def _repeated(columns: Columns, left_out: set[str]) -> Fields:
    """The columns under one heading of which the first is read, without the fields ``left_out``."""
    repeated: Fields = {}
    for name, candidates in columns.ambiguous.items():
        if len(candidates) > 1 and name not in left_out:
            repeated[name] = list(candidates)
    return repeated


def _without_harmless(columns: Columns, fields: Fields, rows: Rows) -> ColumnsOf:
    """What is left to ask: repeated columns that say row by row the same, or nothing at all, need no question.

    A field that needs none goes into ``fields`` with its first column; one that is asked about leaves them.
    """
    ambiguous: ColumnsOf = {}
    for name, candidates in columns.ambiguous.items():
        if _are_the_same(columns, name, candidates, rows):
            fields[name] = [candidates[0]]
        else:
            ambiguous[name] = candidates
            fields.pop(name, None)
    number = _contradicted_number(columns, fields, rows)
    if number is not None:
        ambiguous["identity_number"] = (number,)
        fields.pop("identity_number")
    return ambiguous


def _contradicted_number(columns: Columns, fields: Fields, rows: Rows) -> int | None:
    """The number behind a parent's column ("SĐT mẹ | Số CCCD"), if its years are not those of the birth dates."""
    numbers = fields.get("identity_number", [])
    dates = fields.get("date_of_birth", [])
    if len(numbers) != 1 or len(dates) != 1:
        return None
    number = numbers[0]
    if number not in columns.suspect:
        return None
    pairs = _numbers_with_dates(rows, number, dates[0])
    # None would mean that too few lines can be compared: no proof against the column
    if agree(pairs, columns.suspect[number]) is False:
        return number
    return None


def _numbers_with_dates(rows: Rows, number: int, date: int) -> Iterator[tuple[str, str]]:
    """(number, birth date) of each row, from the columns in which they stand."""
    for row in rows:
        yield text_at(row, number), text_at(row, date)


def _are_the_same(columns: Columns, name: str, candidates: Sequence[int], rows: Rows) -> bool:
    """Is the first of these columns enough: the others are empty, say the same, or hold the other half of the name?

    An only candidate stands behind a parent's name; it is enough if it is proven to be the pupil's.
    """
    first, *others = candidates
    if not others:
        return _is_proven(columns, name, first, rows)
    keys = {heading_key(columns.headings[index]) for index in candidates}
    if len(keys) > 1:
        return False
    if name == "full_name" and _are_halves(candidates, rows):
        return True
    for index in others:
        if not _is_empty(rows, index) and not _same(name, rows, first, index):
            return False
    return True


def _is_proven(columns: Columns, name: str, index: int, rows: Rows) -> bool:
    """Is a column behind a parent's name the pupil's, because numbers and birth dates are those of the same people?"""
    if name == "identity_number":
        dates = columns.fields.get("date_of_birth", ())
        return len(dates) == 1 and _are_of_the_same_people(index, dates[0], rows)
    if name == "date_of_birth":
        numbers = columns.fields.get("identity_number", ())
        return len(numbers) == 1 and _are_of_the_same_people(numbers[0], index, rows)
    return False


def _are_of_the_same_people(number: int, date: int, rows: Rows) -> bool:
    """Do the numbers of one column hold the years of birth of the other?"""
    return bool(agree(_numbers_with_dates(rows, number, date)))


def _are_halves(candidates: Sequence[int], rows: Rows) -> bool:
    """ "Họ và tên" above both halves of a name, as where a merged heading was taken apart."""
    first, *others = candidates
    return others == [first + 1] and _are_followed_by_given_names(rows, first)


def _same(name: str, rows: Rows, first: int, second: int) -> bool:
    """Do two columns of a field say the same on every line, silence included?"""
    for row in rows:
        text = text_at(row, first)
        other = text_at(row, second)
        if bool(text) != bool(other) or says_another(name, text, other):
            return False
    return True


def _is_empty(rows: Rows, column: int) -> bool:
    return not any(text_at(row, column) for row in rows)


# --- names in halves ---


def _span_of_name(columns: Columns, fields: Fields, rows: Rows) -> tuple[int, ...] | None:
    """The columns that make a name together, None where one column holds it, or none does."""
    parts = [fields.get(part, []) for part in _NAME_PARTS]
    if "full_name" in fields:  # "Họ và tên", which may go on in the column right of it
        return _span_of_one_heading(columns, fields, parts[-1], rows)
    return _span_of_parts(columns, fields, parts, rows)  # "Họ và tên đệm | Tên"


def _span_of_one_heading(
    columns: Columns, fields: Fields, ends: Sequence[int], rows: Rows
) -> tuple[int, ...] | None:
    """The column of whole names with the one right of it, where the name goes on there."""
    start = fields["full_name"][0]
    if start + 1 in ends and _goes_on(_pairs(rows, start)):
        return start, start + 1
    end = _without_heading(columns, fields, start, rows)
    if end is None:
        return None
    return start, end


def _span_of_parts(
    columns: Columns,
    fields: Fields,
    parts: Sequence[Sequence[int]],
    rows: Rows,
) -> tuple[int, ...] | None:
    """From the family name to the given name, with a column between them for the middle name."""
    begins, middles, ends = parts
    if not begins:
        return None
    start = begins[0]
    end = min((index for index in ends if index > start), default=None)
    if end is None:
        end = _without_heading(columns, fields, start, rows)
    if end is None:
        return None
    return (start, *middles[:1], end)


def _joined_of_row(places: Sequence[int], row: Row) -> Cell:
    return joined_cell(row, places)


def joined_cell(cells: Row, places: Sequence[int]) -> Cell:
    """One cell of several, in the order of ``places``; of a cell nobody can read its kind stays.

    >>> row = [Cell("Lê Văn", "text"), EMPTY, Cell("An", "text"), Cell("#N/A", "error")]
    >>> joined_cell(row, (0, 1, 2)).text, joined_cell(row, (0, 3)).kind, joined_cell(row, (1, 7)).kind
    ('Lê Văn An', 'error', 'empty')
    """
    width = len(cells)
    filled: list[Cell] = []
    for column in places:
        if column >= width:
            continue
        cell = cells[column]
        if cell.kind in ("formula", "error", "bool") or cell.text in EXCEL_WORDS:
            return cell
        if cell.text.strip():
            filled.append(cell)
    if not filled:
        return EMPTY
    words = [tidy(cell.text) for cell in filled]
    are_struck = all(cell.struck for cell in filled)
    return Cell(" ".join(words), "text", struck=are_struck)


def _without_heading(columns: Columns, fields: Fields, start: int, rows: Rows) -> int | None:
    """The column right of ``start`` if its heading is empty (merged with the one before) and it holds given names.

    None where another field is read from it, or where it only repeats the given names for sorting.
    """
    beside = start + 1
    if any(beside in several for several in fields.values()):
        return None
    if not _has_no_heading_of_its_own(columns, beside):
        return None
    if not _are_followed_by_given_names(rows, start):
        return None
    return beside


def _has_no_heading_of_its_own(columns: Columns, index: int) -> bool:
    """Is a column empty in the row of headings, or does it repeat the heading left of it?"""
    if columns.last <= index < len(columns.headings):
        return False  # there another list begins
    return columns.heading_at(index) in ("", columns.headings[index - 1])


def _are_followed_by_given_names(rows: Rows, start: int) -> bool:
    """Does the column right of ``start`` hold given names that go on what stands in it?"""
    pairs = _pairs(rows, start)
    given_names = [second for _, second in pairs if second]
    if not _are_given_names(given_names):
        return False
    return _goes_on(pairs)


def _pairs(rows: Rows, start: int) -> list[tuple[str, str]]:
    """The words of the column and of its neighbour, of the first rows that have words in the first.

    Titles and sums between the people mostly hold a digit, and so are no words.
    """
    pairs: list[tuple[str, str]] = []
    for row in rows:
        if len(pairs) == LOOKED_AT:
            break
        words = _words_at(row, start)
        if words and not any(map(str.isdigit, words)):
            pairs.append((words, _words_at(row, start + 1)))
    return pairs


def _words_at(row: Row, column: int) -> str:
    """What stands in a cell, if it is a text; a number or a formula is no part of a name."""
    cell = cell_at(row, column)
    if cell.kind != "text":
        return ""
    return tidy(cell.text)


def _goes_on(pairs: Sequence[tuple[str, str]]) -> bool:
    """Is the second text there, and not the end of the first once more?

    >>> _goes_on([("Lê Văn", "An"), ("Hà", "My")]), _goes_on([("Lê Văn An", "An"), ("Hà My", "My")])
    (True, False)
    """
    filled = 0
    repeated = 0
    for first, second in pairs:
        if not second:
            continue
        filled += 1
        # the space before both, so that only a whole word is a repeated one
        if f" {fold(first)}".endswith(f" {fold(second)}"):
            repeated += 1
    return filled > 0 and filled >= _MOSTLY * len(pairs) and repeated < filled / 2


def _are_given_names(texts: Sequence[str]) -> bool:
    """One or two words each, of letters, and as varied as names are.

    >>> _are_given_names(["An", "Hà My", "Duy"]), _are_given_names(["Nam", "Nữ", "Nam"]), _are_given_names(["5A", "5A"])
    (True, False, False)
    """
    different: set[str] = set()
    names = 0
    for text in texts:
        key = fold(text)
        different.add(key)
        is_short = len(key.split()) < 3
        if is_short and key not in _NO_NAMES and _is_of_letters(text):
            names += 1
    # of two texts both must differ, of many a third: classes and sexes repeat themselves
    same_at_most = max(len(texts) // 3, min(len(texts), 2) - 1)
    return len(different) > same_at_most and names >= _MOSTLY * len(texts)


def _is_of_letters(text: str) -> bool:
    """
    >>> _is_of_letters("Hà My"), _is_of_letters("5A"), _is_of_letters("x")
    (True, False, False)
    """
    return text.replace(" ", "").isalpha() and text[0].isupper()


# --- the residence in one text ---


def _sort_out_residence(columns: Columns, fields: Fields, rows: Rows) -> None:
    """ "Địa chỉ thường trú" is the house and hamlet where province and commune have columns of their own, or where
    nothing more stands in it; else it is the whole residence, which is no value of the field ``address``."""
    for index in list(fields.get("residence", ())):
        if "address" in fields or heading_key(columns.headings[index]) not in _MAY_BE_PLAIN:
            continue
        has_places = not _PLACES.isdisjoint(fields)
        if has_places or _are_plain(rows, index):
            fields["residence"].remove(index)
            fields["address"] = [index]
    if not fields.get("residence", True):
        del fields["residence"]


def _are_plain(rows: Rows, index: int) -> bool:
    """Are whole addresses less than a fifth of what stands in a column?"""
    filled = 0
    whole = 0
    for row in rows:
        text = text_at(row, index)
        if text:
            filled += 1
        if _is_whole_address(text):
            whole += 1
    return whole * 5 < max(1, filled)


def _is_whole_address(text: str) -> bool:
    """Does an address name a province, district or commune, or have as many parts?

    >>> _is_whole_address("Thôn 3, xã Tân Lập"), _is_whole_address("Thôn 3"), _is_whole_address("12, phố Huế, P. 5")
    (True, False, True)
    """
    if text.count(",") > 1:
        return True
    without_signs = fold(text).replace(",", " ").replace(".", " ")
    return not _OF_A_WHOLE_ADDRESS.isdisjoint(without_signs.split())
