"""Whose row is it? A row of a file finds its record by the surest mark it carries.

In this order: our own hidden record id, unless the row plainly speaks of somebody else; the ministry's code; name and
birth date within the class, or in the whole school where the row names no class or a new one; the name alone, only
where it is unique within the class (or among the staff) and the row carries no birth date that can be read; the same
number under the same name (a pupil who changed class). Names are compared with their diacritics, tone placement aside;
a year alone agrees with every day in it, but only within the class. What agrees is said by ``rosters.linkage``; here is
what suffices, and who may be told.

The hidden id survives what the user cannot see: the columns beside it are sorted, its row is overtyped or copied. So
it finds a record whose name or birth date was mended, but not one that both are another's.

A teacher's file is matched against the own class only. That a code stands outside it is told without saying where.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from idapp.database import rows
from idapp.imports.versions import Edited
from idapp.models import Person, SchoolClass, User
from idapp.people.identifiers import identifiers_of
from idapp.people.membership import MISTAKEN
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
)
from idapp.rules import record
from idapp.rules.problem import Problem
from idapp.settings import current

_COLUMNS = (
    Person.id, Person.kind, Person.school_class, Person.state, Person.active, Person.version, Person.epoch, Person.born,
    *(getattr(Person, field.name) for field in record.FIELDS),
)  # fmt: skip


class RecordMatcher:
    """Everybody this user may see, read once and found by any mark. Not whole: only what a file can say, and where
    they are. Rows are of people of one ``kind``."""

    def __init__(self, by: User, kind: str) -> None:
        self.kind = kind
        query = people_of(by, include_inactive=True)
        self.people: list[Person] = list(
            query.select(*_COLUMNS, SchoolClass).left_outer_join(SchoolClass)
        )
        self._index = LinkageIndex((p for p in self.people if p.kind == kind), identifiers_of)
        self._others = LinkageIndex((p for p in self.people if p.kind != kind), identifiers_of)
        self._codes_elsewhere = self._read_codes_elsewhere()
        self._today = current().today()
        # what the records held when the file at hand was exported, where it differs
        self.exported: Edited = {}

    def find(self, row: Identifiers) -> Person | None:
        """The record, or None for somebody new. Raises Problem where nobody can tell, or the record is out of reach."""
        own = self.holder(row)
        if own is not None and not self._speaks_of_another(own, row):
            return own
        return (
            self._by_ministry_code(row) or self._by_name_in_class(row) or self._by_same_number(row)
        )

    def holder(self, row: Identifiers) -> Person | None:
        """The record with the id that the row carries, whatever else the row says."""
        return next(iter(self._index.with_record_id(row)), None)

    def match_score(self, row: Identifiers) -> int:
        """In how many marks the row says what the record says whose id it carries: of copies the original has most."""
        own = self.holder(row)
        if own is None:
            return 0
        return max(_count_equal_marks(version, row) for version in self._versions(own))

    def candidates(self, row: Identifiers) -> list[Person]:
        """Who bears the name of somebody new and may be the same: in the class of the row whatever the birth date,
        elsewhere of no other birth date. A name without its diacritics is the same only with the same birth date.
        Those who left come last."""
        alike = [p for p in self._index.with_folded_name(row) if p.state != MISTAKEN]
        alike.sort(key=lambda p: not p.active)
        same_name = [p for p in alike if self._has_name_of(p, row)]
        possible = [p for p in same_name if self._in_class(p, row) or self._may_be_born(p, row)]
        born_alike = [p for p in alike if row.birth and p.born == row.birth]
        return possible + [p for p in born_alike if not self._has_name_of(p, row)]

    def holders_of_number(self, number: str) -> list[Person]:
        """Everybody at the school whom this user may see with this number, of whatever kind."""
        holders = [
            *self._index.holders_of_number(number),
            *self._others.holders_of_number(number),
        ]
        return [p for p in holders if p.active]

    # the record whose id the row carries

    def _versions(self, own: Person) -> list[Identifiers]:
        """The marks of a record as they are and, where it was edited since, as a file of ours found them."""
        now = self._index.identifiers(own)
        before = self.exported.get(own.id, {})
        if not before:
            return [now]
        old = {name: text for name, (text, _) in before.items()}
        then = Identifiers(
            code=old.get("ministry_code", now.code),
            numbers=(old.get("identity_number", own.identity_number),),
            name=old.get("full_name", now.name),
            birth=_birth_before(old, now, self._today),
        )
        return [now, then]

    def _speaks_of_another(self, own: Person, row: Identifiers) -> bool:
        """Neither of the record as it is nor, where it was edited since, as the file was given it."""
        return all(self._differs(own, version, row) for version in self._versions(own))

    def _differs(self, own: Person, version: Identifiers, row: Identifiers) -> bool:
        """One mark that differs is a correction, unless the row is exactly somebody else then."""
        other_name = compare_names(version, row) == "differ"
        other_birth = compare_births(version, row) == "differ"
        if other_name and other_birth:
            return True
        if compare_codes(version, row) == "differ":
            says_only_a_code = not row.name and not row.birth
            known_code = says_only_a_code and bool(self._index.with_code(row))
            return other_name or other_birth or known_code
        return (other_name or other_birth) and any(
            p.active and p is not own and self._index.identifiers(p).birth == row.birth
            for p in self._index.with_name(row)
        )

    # one mark after the other

    def _by_ministry_code(self, row: Identifiers) -> Person | None:
        everybody = self._index.with_code(row)
        holders = [p for p in everybody if p.active] or everybody
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
                f"Mã {row.code} trong trường là của {holder.full_name}, sinh {holder.date_of_birth}: "
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

    def _is_somebody_else(self, own: Person, row: Identifiers) -> bool:
        """One difference is a correction; another name and another birth date are another person."""
        marks = self._index.identifiers(own)
        return compare_names(marks, row) == "differ" and compare_births(marks, row) == "differ"

    def _bears_the_name(self, own: Person, row: Identifiers) -> bool:
        """Is the other name of the row that of somebody else? Then it is no corrected name of ``own``."""
        if compare_names(self._index.identifiers(own), row) != "differ":
            return False
        others = (p for p in self._index.with_name(row) if p.active and p is not own)
        return any(not row.birth or row.birth == p.born for p in others)

    def _by_name_in_class(self, row: Identifiers) -> Person | None:
        if self.kind == "student" and not row.class_key and not row.birth:
            return None  # a name alone, somewhere in a whole school, is nobody yet
        named = [p for p in self._index.with_name(row) if self._same_class(p, row)]
        if row.birth:
            exact = [p for p in named if p.born == row.birth]
            year_only = [p for p in named if self._in_class(p, row) and self._may_be_born(p, row)]
            named = exact or year_only
        same = self._index.singled_out(row, _active_or_first(named))
        if len(same) > 1:
            raise Problem(
                "full_name",
                "ambiguous",
                f"Có {len(same)} người cùng tên {row.name}{' cùng ngày sinh' if row.birth else ''}: "
                "hãy ghi thêm Mã định danh Bộ GD&ĐT để biết là ai.",
            )
        return same[0] if same else None

    def _by_same_number(self, row: Identifiers) -> Person | None:
        holders = [p for p in self._index.with_number(row) if p.active]
        same = [p for p in holders if self._has_name_of(p, row)]
        return same[0] if len(same) == 1 else None

    def _has_name_of(self, person: Person, row: Identifiers) -> bool:
        return compare_names(self._index.identifiers(person), row) == "agree"

    def _may_be_born(self, person: Person, row: Identifiers) -> bool:
        return compare_births(self._index.identifiers(person), row) != "differ"

    def _same_class(self, person: Person, row: Identifiers) -> bool:
        """Within the class of the row; everywhere the user sees when the row names none or a new one, and for staff."""
        return not row.class_key or self._in_class(person, row)

    def _in_class(self, person: Person, row: Identifiers) -> bool:
        if self.kind == "staff":
            return True
        return compare_classes(self._index.identifiers(person), row) == "agree"

    def _read_codes_elsewhere(self) -> set[str]:
        """Codes of the school outside what the user sees: no row may give one of them to a second record."""
        codes = rows(
            Person.select(Person.ministry_code).where(Person.ministry_code != "").distinct()
        )
        seen = {code_key(person.ministry_code) for person in self.people}
        return {code_key(code) for (code,) in codes} - seen - {""}


def _active_or_first(people: Sequence[Person]) -> Sequence[Person]:
    """An import that was taken back leaves its people aside; the same list again means one of them."""
    usable = [p for p in people if p.active or p.state == MISTAKEN]
    return [p for p in usable if p.active] or usable[:1]


def _count_equal_marks(one: Identifiers, other: Identifiers) -> int:
    """Silence that stayed silence counts too: a copy was filled in."""
    same_name = one.name_key == other.name_key
    same_birth = one.birth == other.birth
    same_number = set(one.number_keys) == set(other.number_keys)
    return same_name + same_birth + same_number


def _birth_before(old: Mapping[str, str], now: Identifiers, today: date) -> str:
    if "date_of_birth" not in old:
        return now.birth
    return birth_key(old["date_of_birth"], today)
