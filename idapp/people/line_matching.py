"""Whose line it is: each line of a paste finds the record of the name or the code it begins with.

A line that bears the very name of a record comes before one that only lacks its diacritics, in whatever order they
stand. Of two lines with one name the first counts; of two that differ in nothing but diacritics neither is guessed. A
name nobody bears may still be a mended one, if the code beside it says whose.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from idapp.models import Person
from idapp.people.aligning import KEYS, NAMES, PasteLayout, Placement, RowComparison, Unmatched
from idapp.people.former_numbers import all_former_numbers
from idapp.people.identifiers import identifiers_of, with_former
from idapp.rosters.linkage import (
    Identifiers,
    LinkageIndex,
    birth_key,
    compare_births,
    compare_codes,
    compare_names,
)
from idapp.rules.folding import fold

_KEY_FIELDS = {key: field for field, key in KEYS.items()}


def mismatched_rows(
    layout: PasteLayout,
    placement: Placement,
    shown: Sequence[Person],
    everybody: Sequence[Person],
) -> list[RowComparison]:
    """The lines whose name or code is another than that of the row they would land on.

    A name without the diacritics of the row is not another, unless somebody else has exactly that name.
    """
    row_of = {person.id: row for row, person in enumerate(shown, start=1)}
    index = LinkageIndex(everybody, identifiers_of)
    return [
        RowComparison(row_of[person.id], person.full_name, layout.key_text(line))
        for line, person in placement.pairs
        if _is_another(_key_of(layout, line), person, index)
    ]


def _is_another(row: Identifiers, person: Person, index: LinkageIndex[Person]) -> bool:
    marks = identifiers_of(person)
    if compare_codes(row, marks) == "differ":
        return True
    if compare_names(row, marks) != "differ":
        return False
    return row.folded_name != marks.folded_name or bool(index.with_name(row))


def by_key(layout: PasteLayout, everybody: Sequence[Person], today: date) -> Placement:
    """Each line goes to the record of its name or code; what belongs to nobody is listed."""
    return _LineMatcher(layout, everybody, today).placement()


def _key_of(layout: PasteLayout, line: int) -> Identifiers:
    text = layout.key_text(line)
    if layout.key == "name":
        return Identifiers(name=text)
    return Identifiers(code=text)


@dataclass(frozen=True)
class _Claim:
    """A line and whose it seems to be. exact: it bears the very name or code of the record."""

    line: int
    name_key: str
    person: Person
    exact: bool


class _LineMatcher:
    def __init__(self, layout: PasteLayout, everybody: Sequence[Person], today: date) -> None:
        self._layout = layout
        self._everybody = everybody
        self._today = today
        former = all_former_numbers([person.id for person in everybody])
        self._index = LinkageIndex(everybody, with_former(former))

    def placement(self) -> Placement:
        """Pairs and unmatched lines, both in the order of the lines."""
        placement = Placement(self._layout.key)
        claims = []
        for line, row in enumerate(self._layout.block.rows):
            if not any(map(str.strip, row)):
                continue
            claim = self._claim(line)
            if isinstance(claim, _Claim):
                claims.append(claim)
            else:
                placement.unmatched.append(claim)
        self._share_out(placement, claims)
        placement.pairs.sort(key=lambda pair: pair[0])
        placement.unmatched.sort(key=lambda unmatched: unmatched.line)
        taken = {person.id for _, person in placement.pairs}
        placement.absent = [person for person in self._everybody if person.id not in taken]
        return placement

    def _claim(self, line: int) -> _Claim | Unmatched:
        if not self._layout.key_text(line):
            return self._unmatched(line, f"không có {NAMES[self._layout.key]}")
        row = self._identifiers(line)
        is_by_code = self._layout.key == "code"
        by_code = self._index.with_code(row)
        exact = by_code if is_by_code else self._index.with_name(row)
        owners = self._index.singled_out(row, exact or self._less_sure(row))
        if not owners:
            return self._unmatched(line, "không có trong bảng", self._near(line))
        if len(owners) > 1:
            return self._unmatched(line, self._several(len(owners)))
        if by_code and owners[0] not in by_code:
            return self._unmatched(line, f"mã ở dòng này là của {by_code[0].full_name}")
        is_exact = is_by_code or row.name_key == self._name_key(owners[0])
        return _Claim(line, row.name_key, owners[0], is_exact)

    def _name_key(self, person: Person) -> str:
        return self._index.identifiers(person).name_key

    def _identifiers(self, line: int) -> Identifiers:
        key_field = _KEY_FIELDS[self._layout.key]
        texts = self._layout.texts(line) | {key_field: self._layout.key_text(line)}
        return Identifiers(
            code=texts.get("ministry_code", ""),
            numbers=(texts.get("identity_number", ""),),
            name=texts.get("full_name", ""),
            birth=birth_key(texts.get("date_of_birth", ""), self._today),
        )

    def _less_sure(self, row: Identifiers) -> list[Person]:
        """Whose name differs in diacritics only, else who has the code; nobody of another birth date."""
        for candidates in (self._index.with_folded_name(row), self._index.with_code(row)):
            possible = []
            for person in candidates:
                if compare_births(row, self._index.identifiers(person)) != "differ":
                    possible.append(person)
            if possible:
                return possible
        return []

    def _share_out(self, placement: Placement, claims: Sequence[_Claim]) -> None:
        """Each record to one line: to the surest, else to the first."""
        names = defaultdict[int, set[str]](set)
        for claim in claims:
            names[claim.person.id].add(claim.name_key)
        line_of = dict[int, int]()
        # the sort is stable: among the exact ones the first line comes first
        for claim in sorted(claims, key=lambda claim: not claim.exact):
            person = claim.person
            if not claim.exact and len(names[person.id]) > 1:
                reason = f"nhiều dòng có thể là của {person.full_name}: hãy ghi đúng họ tên"
                placement.unmatched.append(self._unmatched(claim.line, reason))
            elif person.id in line_of:
                number = self._number(line_of[person.id])
                placement.unmatched.append(
                    self._unmatched(claim.line, f"trùng với dòng {number} đã dán")
                )
            else:
                line_of[person.id] = claim.line
                placement.pairs.append((claim.line, person))

    def _several(self, count: int) -> str:
        if self._layout.key == "code":
            return f"có {count} hồ sơ mang mã này: hãy sửa mã trước"
        return f"có {count} người cùng tên: hãy sao chép kèm cột Ngày sinh"

    def _unmatched(self, line: int, reason: str, near: str = "") -> Unmatched:
        text = self._layout.key_text(line) or "(trống)"
        return Unmatched(self._number(line), text, reason, near)

    def _number(self, line: int) -> int:
        return line + self._layout.block.first

    def _near(self, line: int) -> str:
        """The name or code of the table that resembles the line's most, "" if none does."""
        field = _KEY_FIELDS[self._layout.key]
        texts = [getattr(person, field) for person in self._everybody]
        text_of = {fold(text): text for text in texts if text}
        key = fold(self._layout.key_text(line))
        nearest = get_close_matches(key, text_of, n=1, cutoff=0.75)
        return text_of[nearest[0]] if nearest else ""
