"""What makes a paste suspicious that names nobody, said before anything is written.

Numbers say sex and birth year, and often the table already knows whose they are. From that it shows that a list is
shifted, lacks a line in the middle, is shorter than the table, or that a column is meant for another field. Excel may
have shortened the numbers. Each check may raise ``ConfirmationRequired``; the user may always paste as chosen.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from idapp.models import Person
from idapp.people.aligning import STOP, ConfirmationRequired, Offer, PasteLayout, RowComparison
from idapp.people.bulk_edits import Texts
from idapp.people.field_texts import FieldTexts
from idapp.people.identifiers import identifiers_of
from idapp.rosters.linkage import SILENT, Identifiers, birth_key, compare_births, compare_codes
from idapp.rosters.looks import INSURANCE, PHONE, look_of
from idapp.rules import birth_date, catalogues, identity_number, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

_ANYHOW: Offer = ("Vẫn dán như đã chọn", {"confirm": "1"})
_TWELVE = re.compile("[0-9]{12}")
_SHAPED = {
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "ethnic_group",
    "nationality",
    "province",
    "district",
    "commune",
}
_LOOK_WORDS = {PHONE: "Số điện thoại", INSURANCE: "Số thẻ bảo hiểm"}
_WITH_NAMES = (
    "Hãy sao chép kèm cột Họ và tên rồi dán lại, để từng số được ghép theo tên. Chưa lưu gì."
)
_PARENTS_AGE = range(15, 61)  # years between parent and child
_A_FEW = 2  # one alone is a typing error, and marked as such
_SURE = 3  # contradictions below a gap that are no accident
_A_LIST = 10  # lines from which a paste is taken for a list of the whole table
_COMPARABLE = 5  # lines that say something: fewer prove no shift
_SHIFTS = (1, -1, 2, -2)  # rows lower (above zero) or higher, the likeliest first


@dataclass(frozen=True)
class PositionalPaste:
    """A block laid on the rows of a table, line for line from ``start`` on."""

    layout: PasteLayout
    shown: Sequence[Person]
    everybody: Sequence[Person]
    start: int
    today: date

    @cached_property
    def facts(self) -> "list[_Facts]":
        """What each line says about its owner."""
        texts = map(self.layout.texts, range(self.lines))
        return [_Facts.of(texts_of_line, self.today) for texts_of_line in texts]

    @cached_property
    def stored(self) -> "list[_StoredFacts]":
        """What each row on the screen says of the same."""
        return [_StoredFacts.of(person) for person in self.shown]

    @cached_property
    def verdicts(self) -> dict[int, dict[int, bool]]:
        """As ``_verdicts`` found them, by how many rows lower: each is asked for by several checks."""
        return {}

    @property
    def lines(self) -> int:
        """How many there are."""
        return len(self.layout.block.rows)

    def numbers(self) -> list[tuple[int, str, Person]]:
        """(line, pasted number, the record it would go to)."""
        numbers = []
        rows = self.shown[self.start :]
        for line, person in zip(range(self.lines), rows, strict=False):
            text = self.layout.texts(line).get("identity_number", "")
            number = identity_number.compact(text)
            if _TWELVE.fullmatch(number):
                numbers.append((line, number, person))
        return numbers

    def row(self, line: int) -> int:
        """The number of the row that a line would land on, from 1 at the top of the screen."""
        return self.start + line + 1

    def has_row(self, index: int) -> bool:
        """Is there a row with this index on the screen?"""
        return 0 <= index < len(self.shown)


def raise_if_suspicious(pasted: PositionalPaste, columns: Sequence[str]) -> None:
    """Raises ``ConfirmationRequired`` if such a paste gives rise to it; ``columns``: the fields of the table."""
    _ask_about_columns(pasted.layout, columns)
    _ask_about_shift(pasted)
    _ask_about_gap(pasted)
    _ask_about_owners(pasted)
    _ask_about_length(pasted)


# --- a column under a field of another kind ---


def _ask_about_columns(layout: PasteLayout, columns: Sequence[str]) -> None:
    """Does a column look like another field than the one that it would be written to?"""
    for column, name in enumerate(layout.fields):
        texts = [text for text in layout.block.column(column) if text.strip()]
        if name not in _SHAPED or len(texts) < 2:
            continue
        look = look_of(texts)
        if look and look != name:
            may_go_there = layout.block.width == 1 and look in columns
            raise _other_column(name, look, texts[0], may_go_there)


def _other_column(name: str, look: str, example: str, may_go_there: bool) -> ConfirmationRequired:
    meant = _LOOK_WORDS.get(look) or record.FIELD[look].label
    aim = record.FIELD[name].label
    sentence = (
        f"Các ô sẽ lưu vào cột {aim} trông như {meant} (ví dụ “{tidy(example)}”). Chưa lưu gì."
    )
    offers: list[Offer] = [STOP, (f"Vẫn dán vào cột {aim}", {"confirm": "1"})]
    if may_go_there:
        offers.insert(0, (f"Dán vào cột {meant}", {"anchor_field": look}))
    return ConfirmationRequired(f"Có phải đây là cột {meant}?", sentence, offers=offers)


# --- numbers that Excel has shortened ---


def ask_about_lost_digits(layout: PasteLayout) -> None:
    """Raises ``ConfirmationRequired`` for numbers like 9.92E+10.

    Such a text is nobody's number, and it would take the place of one.
    """
    shortened: list[str] = []
    for column, name in enumerate(layout.fields):
        if name in ("identity_number", "ministry_code"):
            shortened += filter(identity_number.is_shortened, layout.block.column(column))
    if not shortened:
        return
    sentence = (
        f"{len(shortened)} số đã bị Excel rút gọn, như {tidy(shortened[0])}, "
        "nên mất các chữ số cuối. Trong Excel, hãy định dạng "
        "cột ấy kiểu Number, 0 chữ số thập phân, xem đã hiện đủ số chưa rồi sao chép lại. "
        "Chưa lưu gì."
    )
    raise ConfirmationRequired(
        "Số bị Excel rút gọn", sentence, offers=[STOP, ("Vẫn dán", {"confirm": "1"})]
    )


# --- numbers of another generation ---


def ask_about_parents(cells: Sequence[Texts], everybody: Sequence[Person]) -> None:
    """Raises ``ConfirmationRequired`` where half of the numbers are of people old enough to be the pupils' parents.

    ``everybody``: all records of the table, as it numbers them.
    """
    compared = 0
    sides = []
    place_of = {person.id: place for place, person in enumerate(everybody, start=1)}
    for person, texts in cells:
        number = identity_number.compact(texts.get("identity_number", ""))
        if person.kind != "student" or not person.born or not _TWELVE.fullmatch(number):
            continue
        compared += 1
        if _may_be_of_parent(number, person.born) and number != person.identity_number:
            ours = f"{person.full_name}, {person.date_of_birth}"
            theirs = _with_meaning("identity_number", number)
            sides.append(RowComparison(place_of.get(person.id, 0), ours, theirs))
    if len(sides) < _A_FEW or len(sides) * 2 < compared:
        return
    sentence = (
        f"{len(sides)}/{compared} số dán vào là của người lớn tuổi hơn học sinh nhiều, "
        "nên có thể là số của cha mẹ. Chưa lưu gì."
    )
    raise ConfirmationRequired(
        "Có phải số của cha mẹ?", sentence, sides=sides, offers=[STOP, _ANYHOW]
    )


def _may_be_of_parent(number: str, born: str) -> bool:
    years_older = birth_date.year_of(born) - identity_number.birth_year(number)
    return years_older in _PARENTS_AGE


# --- numbers the table knows ---


@dataclass(frozen=True)
class _OwnedNumber:
    """A pasted number that stands at somebody else of the table already."""

    line: int
    number: str
    person: Person
    owner: Person


def _ask_about_owners(pasted: PositionalPaste) -> None:
    """Numbers that other rows of the table hold."""
    owned = _owned_numbers(pasted)
    if not owned or pasted.lines < 2:
        return
    sides = [
        RowComparison(
            pasted.row(number.line),
            number.person.full_name,
            f"{number.number} (đang là của {number.owner.full_name})",
        )
        for number in owned
    ]
    sentence = (
        f"{len(owned)}/{pasted.lines} số dán vào đang là của người khác trong bảng này. "
        f"{_WITH_NAMES}"
    )
    raise ConfirmationRequired(
        "Có số của người khác trong bảng",
        sentence,
        sides=sides,
        offers=[*_shifted_whole(pasted, owned), STOP, _ANYHOW],
    )


def _owned_numbers(pasted: PositionalPaste) -> list[_OwnedNumber]:
    owners: dict[str, Person] = {}
    for person in pasted.everybody:
        if person.identity_number:
            owners.setdefault(person.identity_number, person)
    owned = []
    for line, number, person in pasted.numbers():
        owner = owners.get(number, person)
        if number != person.identity_number and owner.id != person.id:
            owned.append(_OwnedNumber(line, number, person, owner))
    return owned


def _shifted_whole(pasted: PositionalPaste, owned: list[_OwnedNumber]) -> list[Offer]:
    """The whole list lower or higher, if that puts every known number where it stands already."""
    row_of = {person.id: row for row, person in enumerate(pasted.shown)}
    distances = set()
    for number in owned:
        owners_row = row_of.get(number.owner.id, -1)  # hidden by a filter: nothing is shifted there
        distances.add(owners_row - row_of[number.person.id])
    if len(distances) > 1 or len(owned) * 2 < pasted.lines:
        return []
    start = pasted.start + distances.pop()
    return [_start_at(pasted, start)] if pasted.has_row(start) else []


def _start_at(pasted: PositionalPaste, start: int) -> Offer:
    first = pasted.shown[start]
    words = f"Dời {_distance(start - pasted.start)}, bắt đầu từ {first.full_name}"
    return words, {"anchor_person": str(first.id)}


def _distance(by: int) -> str:
    """
    >>> _distance(2), _distance(-1)
    ('xuống 2 dòng', 'lên 1 dòng')
    """
    direction = "xuống" if by > 0 else "lên"
    return f"{direction} {abs(by)} dòng"


# --- a list shorter than the table ---


def _ask_about_length(pasted: PositionalPaste) -> None:
    """A list of nearly everybody lacks somebody, and nothing says whom."""
    if not _is_nearly_everybody(pasted):
        return
    numbers = pasted.numbers()
    if len(numbers) * 2 < pasted.lines:
        return
    line, number, person = numbers[-1]
    if number == person.identity_number:  # the list and the table still go together at its end
        return
    rows = len(pasted.shown)
    sentence = (
        f"Danh sách dán có {pasted.lines} dòng, bảng có {rows} dòng, "
        "mà không có họ tên nên không biết thiếu ai: "
        f"từ chỗ thiếu trở xuống, số sẽ vào nhầm người. {_WITH_NAMES}"
    )
    anyhow = f"Vẫn dán, {rows - pasted.lines} dòng cuối giữ nguyên"
    side = RowComparison(line + 1, person.full_name, _with_meaning("identity_number", number))
    raise ConfirmationRequired(
        "Danh sách dán ngắn hơn bảng",
        sentence,
        sides=[side],
        offers=[STOP, (anyhow, {"confirm": "1"})],
    )


def _is_nearly_everybody(pasted: PositionalPaste) -> bool:
    """From the first row on, four fifths of the table or more, but not all of it."""
    rows = len(pasted.shown)
    if pasted.start != 0 or pasted.lines < _A_LIST:
        return False
    return rows * 4 <= pasted.lines * 5 and pasted.lines < rows


# --- lines that contradict their rows ---


@dataclass(frozen=True)
class RowShift:
    """Lines that would fit better in other rows.

    by            how many rows lower (above zero) or higher
    since         the index of the first of them
    compared      how many lines say something, how many of these contradict their rows now, and how many would then
    sides         those that contradict
    """

    by: int
    since: int
    compared: int
    contradicted: int
    then: int
    sides: tuple[RowComparison, ...]


def _ask_about_shift(pasted: PositionalPaste) -> None:
    shift = shift_of(pasted)
    if shift is None:
        return
    sentence = (
        f"{shift.contradicted}/{shift.compared} dòng có số, ngày sinh hoặc giới tính "
        "trái với dòng sẽ lưu vào. "
        f"Nếu dời {_distance(shift.by)} thì chỉ còn {shift.then}. Hãy xem lại, chưa lưu gì."
    )
    offers = [_ANYHOW, STOP]
    start = pasted.start + shift.by
    if pasted.has_row(start):
        offers.insert(0, _start_at(pasted, start))
    title = f"Có vẻ danh sách lệch {_few_lines(shift.by)}"
    raise ConfirmationRequired(title, sentence, sides=shift.sides, offers=offers)


def _ask_about_gap(pasted: PositionalPaste) -> None:
    shift = gap_of(pasted)
    if shift is None:
        return
    fault = "thiếu" if shift.by > 0 else "thừa"
    title = f"Có vẻ danh sách {fault} {_few_lines(shift.by)} ở giữa"
    sentence = (
        f"Từ khoảng dòng {pasted.row(shift.since)} trở xuống, "
        f"{shift.contradicted}/{shift.compared} dòng có số, ngày sinh hoặc giới "
        f"tính trái với dòng sẽ lưu vào; nếu dời {_distance(shift.by)} "
        f"thì chỉ còn {shift.then}. {_WITH_NAMES}"
    )
    raise ConfirmationRequired(title, sentence, sides=shift.sides, offers=[STOP, _ANYHOW])


def _few_lines(by: int) -> str:
    """
    >>> _few_lines(-1), _few_lines(2)
    ('một dòng', 'hai dòng')
    """
    return "một dòng" if abs(by) == 1 else "hai dòng"


def shift_of(
    pasted: PositionalPaste,
    since: int = 0,
    shifts: Sequence[int] = _SHIFTS,
) -> RowShift | None:
    """Lines that contradict birth year, sex, birth date or code of their rows, but hardly so one or two rows away.

    Three in ten must contradict, and another place must leave at most one in ten and a third of that. Only lines from
    the index ``since`` on are looked at, and only these ``shifts`` are tried.
    """
    here = _from(since, _verdicts(pasted))
    contradicted = sum(here.values())
    if len(here) < _COMPARABLE or contradicted * 10 < len(here) * 3:
        return None
    for by in shifts:
        there = _from(since, _verdicts(pasted, by))
        if _fits_better(there, here):
            sides = tuple(_side(pasted, line) for line, is_wrong in here.items() if is_wrong)
            then = sum(there.values())
            return RowShift(by, since, len(here), contradicted, then, sides)
    return None


def _from(since: int, verdicts: Mapping[int, bool]) -> dict[int, bool]:
    return {line: is_wrong for line, is_wrong in verdicts.items() if line >= since}


def _fits_better(there: Mapping[int, bool], here: Mapping[int, bool]) -> bool:
    """At most one line in ten is wrong ``there``, and a third of the share that is wrong ``here``."""
    if len(there) < _COMPARABLE:
        return False
    wrong = sum(there.values())
    if wrong * 10 > len(there):
        return False
    return wrong * len(here) * 3 <= sum(here.values()) * len(there)


def gap_of(pasted: PositionalPaste) -> RowShift | None:
    """The same from some line on: above it everything stands right, below it the list lacks a line or has one more."""
    here = _verdicts(pasted)
    if sum(here.values()) < _SURE:  # and no more of them below any line
        return None
    for by in _SHIFTS:
        since = _best_cut(pasted, here, _verdicts(pasted, by))
        shift = shift_of(pasted, since, [by]) if since else None
        if shift and shift.contradicted >= _SURE:
            return shift
    return None


def _best_cut(pasted: PositionalPaste, here: Mapping[int, bool], there: Mapping[int, bool]) -> int:
    """The line from which on the other place leaves the fewest contradictions; the last of several."""
    lines = range(min(pasted.lines, len(pasted.shown)))
    return min(lines, key=lambda line: (_contradictions(line, here, there), -line))


def _contradictions(since: int, here: Mapping[int, bool], there: Mapping[int, bool]) -> int:
    """How many lines are wrong if those from ``since`` on go to the other place.

    >>> [_contradictions(since, {0: False, 1: True}, {0: True, 1: False}) for since in (0, 1, 2)]
    [1, 0, 1]
    >>> _contradictions(1, {0: True}, {1: True})
    2
    """
    above = sum(is_wrong for line, is_wrong in here.items() if line < since)
    below = sum(is_wrong for line, is_wrong in there.items() if line >= since)
    return above + below


def _side(pasted: PositionalPaste, line: int) -> RowComparison:
    person = pasted.shown[pasted.start + line]
    ours = (person.full_name, person.gender.lower(), person.date_of_birth)
    theirs = [
        _with_meaning(name, tidy(text))
        for name, text in pasted.layout.texts(line).items()
        if text.strip()
    ]
    ours_in_words = ", ".join(filter(None, ours))
    return RowComparison(pasted.row(line), ours_in_words, " · ".join(theirs))


def _with_meaning(name: str, text: str) -> str:
    """A number says sex and birth year to those who know how to read it; here to everybody."""
    number = identity_number.compact(text)
    if name != "identity_number" or not _TWELVE.fullmatch(number):
        return text
    sex = catalogues.gender_text(identity_number.sex(number)).lower()
    return f"{text} ({sex}, {identity_number.birth_year(number)})"


def _verdicts(pasted: PositionalPaste, by: int = 0) -> dict[int, bool]:
    """{line: does it contradict the row ``by`` rows lower} for the lines where anything can be compared."""
    if by in pasted.verdicts:
        return pasted.verdicts[by]
    verdicts = pasted.verdicts[by] = {}
    for line, facts in enumerate(pasted.facts):
        index = pasted.start + by + line
        if not pasted.has_row(index):
            continue
        verdict = facts.contradict(pasted.stored[index])
        if verdict is not None:
            verdicts[line] = verdict
    return verdicts


class _StoredFacts(NamedTuple):
    """What a record says to whatever a line may say: the birth year, 0 where it is not known; sex; birth date, code."""

    year: int
    sex: str
    marks: Identifiers

    @classmethod
    def of(cls, person: Person) -> "_StoredFacts":
        """Of this record."""
        year = birth_date.year_of(person.born) if person.born else 0
        return cls(year, person.sex or "", identifiers_of(person))


@dataclass(frozen=True)
class _Facts:
    """What a line says about its owner."""

    years: frozenset[int] = frozenset()
    sexes: frozenset[str] = frozenset()
    marks: Identifiers = SILENT

    @classmethod
    def of(cls, texts: FieldTexts, today: date) -> "_Facts":
        """The facts in the texts of a line, {field: text}; what cannot be read says nothing."""
        born = birth_key(texts.get("date_of_birth", ""), today)
        years: set[int] = set()
        sexes: set[str] = set()
        number = identity_number.compact(texts.get("identity_number", ""))
        if _TWELVE.fullmatch(number):
            years.add(identity_number.birth_year(number))
            sexes.add(identity_number.sex(number))
        gender = texts.get("gender", "")
        if gender:
            with suppress(Problem):
                sexes.add(catalogues.sex(gender))
        marks = Identifiers(code=texts.get("ministry_code", ""), birth=born)
        return cls(frozenset(years), frozenset(sexes), marks)

    def contradict(self, stored: _StoredFacts) -> bool | None:
        """Do the facts speak against this record? None: nothing to compare."""
        verdicts = []
        if self.years and stored.year:
            verdicts.append(stored.year not in self.years)
        if self.sexes and stored.sex:
            verdicts.append(self.sexes != {stored.sex})
        marks = stored.marks
        for comparison in (compare_births(self.marks, marks), compare_codes(self.marks, marks)):
            if comparison != "silent":
                verdicts.append(comparison == "differ")
        if not verdicts:
            return None
        return any(verdicts)
