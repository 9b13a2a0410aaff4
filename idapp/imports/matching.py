"""Whose row is it? A row of a file finds its record by the surest mark it carries.

In this order: our own hidden record id, unless the row plainly speaks of somebody else; the ministry's code; name and
birth date within the class, or in the whole school where the row names no class or a new one; the name alone, only
where it is unique within the class (or among the staff) and the row carries no birth date that can be read; the same
number under the same name (a pupil who changed class), or, of a record that the ministry has given no code yet, under
the same birth date and nearly the same name. Names are compared with their diacritics, tone placement aside;
a year alone agrees with every day in it, but only within the class. What agrees is said by ``rosters.linkage``; here is
what suffices, and who may be told.

The hidden id survives what the user cannot see: the columns beside it are sorted, its row is overtyped or copied. So
it finds a record whose name or birth date was mended, but not one that both are another's.

A teacher's file is matched against the own class only. That a code stands outside it is told without saying where.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from peewee import ModelSelect, chunked

from idapp.imports.versions import Edited
from idapp.models import Person, SchoolClass, User
from idapp.people.former_numbers import all_former_numbers
from idapp.people.identifiers import with_former
from idapp.people.membership import MERGED, MISTAKEN, NOBODY
from idapp.people.states import values_of
from idapp.people.survivors import survivors
from idapp.permissions import people_of
from idapp.rosters.linkage import (
    Identifiers,
    LinkageIndex,
    birth_key,
    code_key,
    compare_births,
    compare_classes,
    compare_codes,
    compare_names,
    compare_numbers,
    number_key,
)
from idapp.rules import ministry_codes, record
from idapp.rules.problem import Problem
from idapp.settings import current

_MERGED_ELSEWHERE = (
    "Hồ sơ của dòng này đã gộp vào một hồ sơ ngoài danh sách của tệp: hãy nhờ văn thư xem lại."
)
_MERGED_SINCE = "Hồ sơ đã gộp với một hồ sơ khác của cùng người sau khi tệp được xuất."
_PARAMETERS = 500  # ids in one query: SQLite allows 999 parameters in old builds
_COLUMNS = (
    Person.id,
    Person.kind,
    Person.school_class,
    Person.state,
    Person.active,
    Person.version,
    Person.epoch,
    Person.born,
    *(getattr(Person, field.name) for field in record.FIELDS),
)


class RecordMatcher:
    """Everybody this user may see, read once and found by any mark. Not whole: only what a file can say, and where
    they are. Rows are of people of one ``kind``.

    without  records that count as not there        among  as if nobody else were there
    """

    def __init__(
        self,
        by: User,
        kind: str,
        *,
        without: Collection[int] = (),
        among: Collection[int] | None = None,
    ) -> None:
        self.kind = kind
        self._among = among
        query = people_of(by, include_inactive=True)
        query = query.select(*_COLUMNS, SchoolClass).left_outer_join(SchoolClass)
        everybody = self._within(query)
        self.people = [person for person in everybody if person.id not in without]
        self.former_numbers = all_former_numbers(among)
        marks_of = with_former(self.former_numbers)
        self._index = LinkageIndex((p for p in self.people if p.kind == kind), marks_of)
        # a number is one person's, pupil or not
        self._others = LinkageIndex((p for p in self.people if p.kind != kind), marks_of)
        self._survivor_ids = survivors()
        self._by_id = {person.id: person for person in self.people}
        self._codes_elsewhere = self._read_codes_elsewhere(everybody)
        self._today = current().today()
        # what the records held when the file at hand was exported, where it differs
        self.exported: Edited = {}

    def find(self, row: Identifiers) -> Person | None:
        """The record, or None for somebody new. Raises Problem where nobody can tell, or the record is out of reach.

        Who means a record that was merged means the one that goes on.
        """
        person = self._bearer_of_id(row)
        if person is None or self._speaks_of_another(person, row):
            by_code = self._by_ministry_code(row)
            person = by_code or self._by_name_in_class(row) or self._by_same_number(row)
        if person is None:
            return None
        survivor = self._survivor(person)
        if survivor is None:
            raise Problem("full_name", "elsewhere", _MERGED_ELSEWHERE)
        return survivor

    def holder(self, row: Identifiers) -> Person | None:
        """The record with the id that the row carries, whatever else the row says."""
        bearer = self._bearer_of_id(row)
        if bearer is None:
            return None
        return self._survivor(bearer)

    def differences_by_merge(self, row: Identifiers) -> dict[str, tuple[str, str]]:
        """Where the id of the row is of a merged record: {field: (its text of then, why)}, where the other one of the
        two differs. What a file of ours says is compared with what that file was given."""
        bearer = self._bearer_of_id(row)
        survivor = self.holder(row)
        if bearer is None or survivor is None or survivor is bearer:
            return {}
        before = values_of(bearer)
        now = values_of(survivor)
        return {name: (text, _MERGED_SINCE) for name, text in before.items() if text != now[name]}

    def _bearer_of_id(self, row: Identifiers) -> Person | None:
        """The same, as it was when it was merged."""
        return next(iter(self._index.with_record_id(row)), None)

    def _survivor(self, person: Person) -> Person | None:
        """The record itself, or the one it was merged into; None where this user does not see that one."""
        if person.state != MERGED:
            return person
        survivor = self._by_id.get(self._survivor_ids.get(person.id, 0))
        if survivor is None or survivor.kind != self.kind:
            return None
        return survivor

    def match_score(self, row: Identifiers) -> int:
        """In how many marks the row says what the record says whose id it carries: of copies the original has most."""
        holder = self._bearer_of_id(row)
        if holder is None:
            return 0
        return max(_count_equal_marks(version, row) for version in self._versions(holder))

    def candidates(self, row: Identifiers) -> list[Person]:
        """Who bears the name of somebody new and may be the same: in the class of the row whatever the birth date,
        elsewhere of no other birth date. A name without its diacritics is the same only with the same birth date.
        Those who left come last."""
        alike = [p for p in self._index.with_folded_name(row) if p.state not in NOBODY]
        alike.sort(key=lambda p: not p.active)
        same_name: list[Person] = []
        bare_name: list[Person] = []
        for person in alike:
            if self._has_name_of(person, row):
                same_name.append(person)
            elif row.birth and person.born == row.birth:
                bare_name.append(person)
        return [p for p in same_name if self._may_be(p, row)] + bare_name

    def _may_be(self, person: Person, row: Identifiers) -> bool:
        return self._in_class(person, row) or self._may_be_born(person, row)

    def holders_of_number(self, number: str) -> list[Person]:
        """Everybody at the school whom this user may see with this number now, of whatever kind."""
        key = number_key(number)
        holders = [
            *self._index.holders_of_number(number),
            *self._others.holders_of_number(number),
        ]
        return [p for p in _active(holders) if number_key(p.identity_number) == key]

    # the record whose id the row carries

    def _versions(self, holder: Person) -> list[Identifiers]:
        """The marks of a record as they are and, where it was edited since, as a file of ours found them."""
        now = self._index.identifiers(holder)
        edits = self.exported.get(holder.id, {})
        if not edits:
            return [now]
        before = {name: text for name, (text, _) in edits.items()}
        birth = now.birth
        if "date_of_birth" in before:
            birth = birth_key(before["date_of_birth"], self._today)
        exported = Identifiers(
            code=before.get("ministry_code", now.code),
            numbers=(before.get("identity_number", holder.identity_number),),
            name=before.get("full_name", now.name),
            birth=birth,
        )
        return [now, exported]

    def _speaks_of_another(self, holder: Person, row: Identifiers) -> bool:
        """Neither of the record as it is nor, where it was edited since, as the file was given it."""
        return all(self._differs(holder, version, row) for version in self._versions(holder))

    def _differs(self, holder: Person, version: Identifiers, row: Identifiers) -> bool:
        """One mark that differs is a correction, unless the row is exactly somebody else then."""
        other_name = compare_names(version, row) == "differ"
        other_birth = compare_births(version, row) == "differ"
        if other_name and other_birth:
            return True
        is_corrected = other_name or other_birth
        if compare_codes(version, row) == "differ":
            return is_corrected or self._says_only_a_known_code(row)
        return is_corrected and self._is_exactly_another(holder, row)

    def _says_only_a_known_code(self, row: Identifiers) -> bool:
        if row.name or row.birth:
            return False
        return bool(self._index.with_code(row))

    def _is_exactly_another(self, holder: Person, row: Identifiers) -> bool:
        """Is there somebody else at the school with the name and the birth date of the row?"""
        for other in _active(self._index.with_name(row)):
            if other is not holder and self._index.identifiers(other).birth == row.birth:
                return True
        return False

    # one mark after the other

    def _by_ministry_code(self, row: Identifiers) -> Person | None:
        everybody = self._index.with_code(row)
        # a record of somebody who left counts only where nobody active has the code
        holders = _active(everybody) or everybody
        if len(holders) > 1:
            raise Problem(
                "ministry_code",
                "ambiguous",
                f"Mã {row.code} đang đứng ở {len(holders)} hồ sơ của trường: hãy sửa mã trước.",
            )
        if not holders:
            self._refuse_code_elsewhere(row)
            return None
        holder = holders[0]
        if self._is_somebody_else(holder, row) or self._bears_the_name(holder, row):
            raise Problem(
                "ministry_code",
                "other_person",
                f"Mã {row.code} trong trường là của {holder.full_name}, "
                f"sinh {holder.date_of_birth}: "
                "hãy xem lại mã hoặc họ tên, ngày sinh của dòng này.",
            )
        return holder

    def _refuse_code_elsewhere(self, row: Identifiers) -> None:
        if row.code_key in self._codes_elsewhere:
            raise Problem(
                "ministry_code",
                "elsewhere",
                "Mã định danh của dòng này đã có ở một hồ sơ khác trong trường: "
                "hãy nhờ văn thư kiểm tra và chuyển lớp nếu cần.",
            )

    def _is_somebody_else(self, holder: Person, row: Identifiers) -> bool:
        """One difference is a correction; another name and another birth date are another person."""
        marks = self._index.identifiers(holder)
        return compare_names(marks, row) == "differ" and compare_births(marks, row) == "differ"

    def _bears_the_name(self, holder: Person, row: Identifiers) -> bool:
        """Is the other name of the row that of somebody else? Then it is no corrected name of the holder."""
        if compare_names(self._index.identifiers(holder), row) != "differ":
            return False
        for other in _active(self._index.with_name(row)):
            if other is holder:
                continue
            # without a birth date the row may be of anybody with this name
            if row.birth in ("", other.born):
                return True
        return False

    def _by_name_in_class(self, row: Identifiers) -> Person | None:
        """Raises Problem where several people are meant."""
        if self.kind == "student" and not row.class_key and not row.birth:
            return None  # a name alone, somewhere in a whole school, is nobody yet
        named = self._index.with_name(row)
        if row.class_key:  # else everywhere the user sees
            named = self._in_class_of(row, named)
        if row.birth:
            named = self._born_alike(named, row)
        same = self._index.singled_out(row, _active_or_first(named))
        if len(same) > 1:
            raise _ambiguous_name(row, len(same))
        return next(iter(same), None)

    def _in_class_of(self, row: Identifiers, people: Sequence[Person]) -> list[Person]:
        return [p for p in people if self._in_class(p, row)]

    def _born_alike(self, named: list[Person], row: Identifiers) -> list[Person]:
        """Of the people of a name those of the very day; else, within the class, whom a year alone fits."""
        exact = [p for p in named if p.born == row.birth]
        if exact:
            return exact
        return [p for p in self._in_class_of(row, named) if self._may_be_born(p, row)]

    def _by_same_number(self, row: Identifiers) -> Person | None:
        holders = _active(self._index.with_number(row))
        same = [p for p in holders if self._has_name_of(p, row)]
        if not same and row.code:
            same = [p for p in holders if self._waits_for_code(p, row)]
        if len(same) != 1:
            return None  # two with one number: nobody can tell
        return same[0]

    def _waits_for_code(self, person: Person, row: Identifiers) -> bool:
        """May the code of the row be the one the ministry has now given to this person? The name may be misspelt."""
        if ministry_codes.is_final(person.ministry_code) or not row.birth:
            return False
        marks = self._index.identifiers(person)
        if row.name and not _is_nearly(marks.folded_name, row.folded_name):
            return False
        return compare_births(marks, row) == "agree"

    def _has_name_of(self, person: Person, row: Identifiers) -> bool:
        return compare_names(self._index.identifiers(person), row) == "agree"

    def _may_be_born(self, person: Person, row: Identifiers) -> bool:
        return compare_births(self._index.identifiers(person), row) != "differ"

    def _in_class(self, person: Person, row: Identifiers) -> bool:
        if self.kind == "staff":  # they are in no class, and few
            return True
        return compare_classes(self._index.identifiers(person), row) == "agree"

    def _read_codes_elsewhere(self, everybody: Sequence[Person]) -> set[str]:
        """Codes of the school outside what the user sees: no row may give one of them to a second record."""
        query = Person.select(Person.ministry_code).where(Person.ministry_code != "").distinct()
        codes = self._within(query.tuples())
        seen = {code_key(person.ministry_code) for person in everybody}
        return {code_key(code) for (code,) in codes} - seen - {""}

    def _within(self, query: ModelSelect[Any]) -> list[Any]:
        """What the query finds of those who count."""
        if self._among is None:
            return list(query)
        counting = []
        for part in chunked(self._among, _PARAMETERS):
            counting += list(query.where(Person.id.in_(part)))
        return counting


def _is_nearly(name: str, other: str) -> bool:
    """Is it the same name but for diacritics and one word?

    >>> _is_nearly("le thi an", "le thi anh"), _is_nearly("le an", "le thi an"), _is_nearly("le an", "bui an")
    (True, True, False)
    """
    words = set(name.split())
    other_words = set(other.split())
    return len(words & other_words) >= 2 and len(words ^ other_words) <= 2


def _active_or_first(people: Sequence[Person]) -> Sequence[Person]:
    """Whoever was merged is still in older lists under the name of then. An import that was taken back leaves its
    people aside; the same list again means one of them."""
    active = _active(people)
    if active:
        return active
    merged = [p for p in people if p.state == MERGED]
    return (merged or [p for p in people if p.state == MISTAKEN])[:1]


def _active(people: Sequence[Person]) -> list[Person]:
    """Those who are at the school."""
    return [p for p in people if p.active]


def _ambiguous_name(row: Identifiers, count: int) -> Problem:
    birth = ""
    if row.birth:
        birth = " cùng ngày sinh"
    return Problem(
        "full_name",
        "ambiguous",
        f"Có {count} người cùng tên {row.name}{birth}: "
        "hãy ghi thêm Mã định danh Bộ GD&ĐT để biết là ai.",
    )


def _count_equal_marks(version: Identifiers, row: Identifiers) -> int:
    """Silence that stayed silence counts too: a copy was filled in."""
    same_name = version.name_key == row.name_key
    same_birth = version.birth == row.birth
    are_silent = not version.number_keys and not row.number_keys
    same_number = are_silent or compare_numbers(version, row) == "agree"
    return same_name + same_birth + same_number
