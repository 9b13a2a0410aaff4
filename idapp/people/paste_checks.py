"""What makes a paste doubtful that names nobody, told before anything is written.

Numbers say sex and birth year, and often the table already knows whose they are. From that it shows that a list is
shifted, lacks a line in the middle, is shorter than the table, or that a column is meant for another field. Excel may
have shortened the numbers. Each doubt is a reason to ``ConfirmationRequired``; the user may always paste as chosen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from idapp.models import Person
from idapp.people.aligning import ConfirmationRequired, PasteLayout, RowComparison
from idapp.people.bulk_edits import Texts
from idapp.people.identifiers import identifiers_of
from idapp.rosters.linkage import SILENT, Identifiers, birth_key, compare_births, compare_codes
from idapp.rosters.looks import INSURANCE, PHONE, look_of
from idapp.rules import birth_date, catalogues, identity_number, record
from idapp.rules.folding import tidy
from idapp.rules.problem import Problem

Offer = tuple[str, Mapping[str, str]]
STOP: Offer = ("Bỏ, không dán", {})
_ANYHOW: Offer = ("Vẫn dán như đã chọn", {"confirm": "1"})
_TWELVE = re.compile("[0-9]{12}")
_SHAPED = {
    "full_name", "date_of_birth", "gender", "identity_number", "ethnic_group", "nationality", "province", "district",
    "commune",
}  # fmt: skip
_LOOK_WORDS = {PHONE: "Số điện thoại", INSURANCE: "Số thẻ bảo hiểm"}
_WITH_NAMES = (
    "Hãy sao chép kèm cột Họ và tên rồi dán lại, để từng số được ghép theo tên. Chưa ghi gì."
)
_PARENTS_AGE = range(15, 61)  # years between parent and child
_A_FEW = 2  # one alone is a typing error, and marked as such
_SURE = 3  # contradictions below a gap that are no accident
_A_LIST = 10  # lines from which a paste is taken for a list of the whole table


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
        return [_Facts.of(self.layout.texts(line), self.today) for line in range(self.lines)]

    @property
    def lines(self) -> int:
        return len(self.layout.block.rows)

    def numbers(self) -> list[tuple[int, str, Person]]:
        """(line, pasted number, the record it would go to)."""
        found = []
        for line, person in zip(range(self.lines), self.shown[self.start :], strict=False):
            number = identity_number.compact(self.layout.texts(line).get("identity_number", ""))
            if _TWELVE.fullmatch(number):
                found.append((line, number, person))
        return found


def raise_if_suspicious(landing: PositionalPaste, columns: Sequence[str]) -> None:
    """Raises LookFirst if such a paste gives rise to it."""
    _ask_about_columns(landing.layout, columns)
    _ask_about_shift(landing)
    _ask_about_gap(landing)
    _ask_about_owners(landing)
    _ask_about_length(landing)


# --- a column under a field of another kind ---


def _ask_about_columns(layout: PasteLayout, columns: Sequence[str]) -> None:
    for at, name in enumerate(layout.fields):
        texts = [text for text in layout.block.column(at) if text.strip()]
        look = look_of(texts) if name in _SHAPED and len(texts) > 1 else ""
        if not look or look == name:
            continue
        meant = _LOOK_WORDS.get(look) or record.FIELD[look].label
        aim = record.FIELD[name].label
        sentence = (
            f"Các ô sẽ ghi vào cột {aim} trông như {meant} (ví dụ “{tidy(texts[0])}”). Chưa ghi gì."
        )
        better: list[Offer] = (
            [(f"Dán vào cột {meant}", {"anchor_field": look})]
            if _alone(layout, look, columns)
            else []
        )
        offers = [*better, STOP, (f"Vẫn dán vào cột {aim}", {"confirm": "1"})]
        raise ConfirmationRequired(f"Có phải đây là cột {meant}?", sentence, offers=offers)


def _alone(layout: PasteLayout, look: str, columns: Sequence[str]) -> bool:
    return layout.block.width == 1 and look in columns


# --- numbers that Excel has shortened ---


def ask_about_lost_digits(layout: PasteLayout) -> None:
    """Such a text is nobody's number, and it would take the place of one."""
    columns = [
        at for at, name in enumerate(layout.fields) if name in ("identity_number", "ministry_code")
    ]
    lost = [
        text
        for at in columns
        for text in layout.block.column(at)
        if identity_number.is_shortened(text)
    ]
    if not lost:
        return
    sentence = (
        f"{len(lost)} số đã bị Excel rút gọn, như {tidy(lost[0])}, nên mất các chữ số cuối. Trong Excel, hãy định dạng "
        "cột ấy kiểu Number, 0 chữ số thập phân, xem đã hiện đủ số chưa rồi sao chép lại. Chưa ghi gì."
    )
    raise ConfirmationRequired(
        "Số bị Excel rút gọn", sentence, offers=[STOP, ("Vẫn dán", {"confirm": "1"})]
    )


# --- numbers of another generation ---


def ask_about_parents(cells: Sequence[Texts], everybody: Sequence[Person]) -> None:
    """Raises LookFirst where half of the numbers are of people old enough to be the pupils' parents."""
    compared = 0
    sides = []
    place_of = {person.id: place for place, person in enumerate(everybody, start=1)}
    for person, texts in cells:
        number = identity_number.compact(texts.get("identity_number", ""))
        if person.kind != "student" or not person.born or not _TWELVE.fullmatch(number):
            continue
        compared += 1
        older = birth_date.year_of(person.born) - identity_number.birth_year(number)
        if older in _PARENTS_AGE and number != person.identity_number:
            ours = f"{person.full_name}, {person.date_of_birth}"
            pasted = _with_meaning("identity_number", number)
            sides.append(RowComparison(place_of.get(person.id, 0), ours, pasted))
    if len(sides) < _A_FEW or len(sides) * 2 < compared:
        return
    sentence = (
        f"{len(sides)}/{compared} số dán vào là của người lớn tuổi hơn học sinh nhiều, nên có thể là số của cha mẹ. "
        "Chưa ghi gì."
    )
    raise ConfirmationRequired(
        "Có phải số của cha mẹ?", sentence, sides=sides, offers=[STOP, _ANYHOW]
    )


# --- numbers the table knows ---


def _ask_about_owners(landing: PositionalPaste) -> None:
    """Numbers that other rows of the table hold."""
    owners = {
        person.identity_number: person
        for person in reversed(landing.everybody)
        if person.identity_number
    }
    found = [
        (line, number, person, owners[number])
        for line, number, person in landing.numbers()
        if number != person.identity_number and owners.get(number, person).id != person.id
    ]
    if not found or landing.lines < 2:
        return
    sides = [
        RowComparison(
            landing.start + line + 1, person.full_name, f"{number} (đang là của {owner.full_name})"
        )
        for line, number, person, owner in found
    ]
    sentence = f"{len(found)}/{landing.lines} số dán vào đang là của người khác trong bảng này. {_WITH_NAMES}"
    raise ConfirmationRequired(
        "Có số của người khác trong bảng",
        sentence,
        sides=sides,
        offers=[*_moved(landing, found), STOP, _ANYHOW],
    )


def _moved(landing: PositionalPaste, found: list[tuple[int, str, Person, Person]]) -> list[Offer]:
    """The whole list lower or higher, if that puts every known number where it stands already."""
    row_of = {person.id: row for row, person in enumerate(landing.shown)}
    changesets = {row_of.get(owner.id, -1) - row_of[person.id] for _, _, person, owner in found}
    start = landing.start + next(iter(changesets))
    if len(changesets) > 1 or len(found) * 2 < landing.lines or not 0 <= start < len(landing.shown):
        return []
    return [_start_at(landing, start)]


def _start_at(landing: PositionalPaste, start: int) -> Offer:
    first, by = landing.shown[start], start - landing.start
    return f"Dời {_way(by)}, bắt đầu từ {first.full_name}", {"anchor_person": str(first.id)}


def _way(by: int) -> str:
    return f"{'xuống' if by > 0 else 'lên'} {abs(by)} dòng"


# --- a list shorter than the table ---


def _ask_about_length(landing: PositionalPaste) -> None:
    """A list of nearly everybody lacks somebody, and nothing says whom."""
    rows, numbers = len(landing.shown), landing.numbers()
    is_whole = landing.start == 0 and landing.lines >= _A_LIST and landing.lines * 5 >= rows * 4
    if not is_whole or landing.lines >= rows or len(numbers) * 2 < landing.lines:
        return
    line, number, person = numbers[-1]
    if number == person.identity_number:  # the list and the table still go together at its end
        return
    lacking = rows - landing.lines
    sentence = (
        f"Danh sách dán có {landing.lines} dòng, bảng có {rows} dòng, mà không có họ tên nên không biết thiếu ai: "
        f"từ chỗ thiếu trở xuống, số sẽ vào nhầm người. {_WITH_NAMES}"
    )
    offers: list[Offer] = [STOP, (f"Vẫn dán, {lacking} dòng cuối giữ nguyên", {"confirm": "1"})]
    sides = [RowComparison(line + 1, person.full_name, _with_meaning("identity_number", number))]
    raise ConfirmationRequired("Danh sách dán ngắn hơn bảng", sentence, sides=sides, offers=offers)


# --- lines that contradict their rows ---


@dataclass(frozen=True)
class RowShift:
    """by: how many rows lower (above zero) the lines from ``since`` on would fit better."""

    by: int
    since: int
    compared: int
    contradicted: int
    then: int
    sides: tuple[RowComparison, ...]


def _ask_about_shift(landing: PositionalPaste) -> None:
    shift = shift_of(landing)
    if shift is None:
        return
    sentence = (
        f"{shift.contradicted}/{shift.compared} dòng có số, ngày sinh hoặc giới tính trái với dòng sẽ ghi vào. "
        f"Nếu dời {_way(shift.by)} thì chỉ còn {shift.then}. Hãy xem lại, chưa ghi gì."
    )
    start = landing.start + shift.by
    offers = [_start_at(landing, start)] if 0 <= start < len(landing.shown) else []
    title = f"Có vẻ danh sách lệch {'một' if abs(shift.by) == 1 else 'hai'} dòng"
    raise ConfirmationRequired(title, sentence, sides=shift.sides, offers=[*offers, _ANYHOW, STOP])


def _ask_about_gap(landing: PositionalPaste) -> None:
    shift = gap_of(landing)
    if shift is None:
        return
    first, count = landing.start + shift.since + 1, f"{'một' if abs(shift.by) == 1 else 'hai'} dòng"
    why = f"thiếu {count}" if shift.by > 0 else f"thừa {count}"
    sentence = (
        f"Từ khoảng dòng {first} trở xuống, {shift.contradicted}/{shift.compared} dòng có số, ngày sinh hoặc giới "
        f"tính trái với dòng sẽ ghi vào; nếu dời {_way(shift.by)} thì chỉ còn {shift.then}. {_WITH_NAMES}"
    )
    raise ConfirmationRequired(
        f"Có vẻ danh sách {why} ở giữa", sentence, sides=shift.sides, offers=[STOP, _ANYHOW]
    )


def shift_of(
    landing: PositionalPaste, since: int = 0, ways: Sequence[int] = (1, -1, 2, -2)
) -> RowShift | None:
    """Lines that contradict birth year, sex, birth date or code of their rows, but hardly so one or two rows away.

    Three in ten must contradict, and another place must leave at most one in ten and a third of that.
    """
    here = {line: wrong for line, wrong in _verdicts(landing).items() if line >= since}
    bad = sum(here.values())
    if len(here) < 5 or bad * 10 < len(here) * 3:
        return None
    for by in ways:
        there = [wrong for line, wrong in _verdicts(landing, by).items() if line >= since]
        then = sum(there)
        if len(there) >= 5 and then * 10 <= len(there) and then * len(here) * 3 <= bad * len(there):
            sides = tuple(_side(landing, line) for line, wrong in here.items() if wrong)
            return RowShift(by, since, len(here), bad, then, sides)
    return None


def gap_of(landing: PositionalPaste) -> RowShift | None:
    """The same from some line on: above it everything stands right, below it the list lacks a line or has one more."""
    here = _verdicts(landing)
    for by in (1, -1, 2, -2):
        there = _verdicts(landing, by)

        def left(since: int, there: Mapping[int, bool] = there) -> int:
            return sum(w for line, w in here.items() if line < since) + sum(
                w for n, w in there.items() if n >= since
            )

        since = min(
            range(min(landing.lines, len(landing.shown))), key=lambda line: (left(line), -line)
        )
        found = shift_of(landing, since, [by]) if since else None
        if found and found.contradicted >= _SURE:
            return found
    return None


def _side(landing: PositionalPaste, line: int) -> RowComparison:
    person = landing.shown[landing.start + line]
    ours = ", ".join(
        text for text in (person.full_name, person.gender.lower(), person.date_of_birth) if text
    )
    pasted = [
        _with_meaning(name, tidy(text))
        for name, text in landing.layout.texts(line).items()
        if text.strip()
    ]
    return RowComparison(landing.start + line + 1, ours, " · ".join(pasted))


def _with_meaning(name: str, text: str) -> str:
    """A number says sex and birth year to those who know how to read it; here to everybody."""
    number = identity_number.compact(text)
    if name != "identity_number" or not _TWELVE.fullmatch(number):
        return text
    sex = catalogues.gender_text(identity_number.sex(number)).lower()
    return f"{text} ({sex}, {identity_number.birth_year(number)})"


def _verdicts(landing: PositionalPaste, by: int = 0) -> dict[int, bool]:
    """{line: does it contradict the row ``by`` rows lower} for the lines where anything can be compared."""
    found = {}
    for line, facts in enumerate(landing.facts):
        at = landing.start + by + line
        verdict = facts.contradict(landing.shown[at]) if 0 <= at < len(landing.shown) else None
        if verdict is not None:
            found[line] = verdict
    return found


@dataclass(frozen=True)
class _Facts:
    """What a line says about its owner."""

    years: frozenset[int] = frozenset()
    sexes: frozenset[str] = frozenset()
    marks: Identifiers = SILENT

    @classmethod
    def of(cls, texts: Mapping[str, str], today: date) -> "_Facts":
        born = birth_key(texts.get("date_of_birth", ""), today)
        facts = cls(marks=Identifiers(code=texts.get("ministry_code", ""), birth=born))
        number = identity_number.compact(texts.get("identity_number", ""))
        if _TWELVE.fullmatch(number):
            year, sex = identity_number.birth_year(number), identity_number.sex(number)
            facts = replace(facts, years=frozenset({year}), sexes=frozenset({sex}))
        try:
            sex = catalogues.sex(texts.get("gender", ""))
        except Problem:
            return facts
        return replace(facts, sexes=facts.sexes | {sex})

    def contradict(self, person: Person) -> bool | None:
        """None: nothing to compare."""
        verdicts = []
        if self.years and person.born:
            verdicts.append(birth_date.year_of(person.born) not in self.years)
        if self.sexes and person.sex:
            verdicts.append(self.sexes != {person.sex})
        marks = identifiers_of(person)
        for comparison in (compare_births(self.marks, marks), compare_codes(self.marks, marks)):
            if comparison != "silent":
                verdicts.append(comparison == "differ")
        return any(verdicts) if verdicts else None
