"""Whose row is it? A row of a file finds its record by the surest mark it carries.

In this order: our own hidden record id, unless the row plainly speaks of somebody else; the ministry's code; name and
birth date within the class, or in the whole school where the row names no class or a new one; the name alone, only
where it is unique within the class (or among the staff) and the row carries no birth date that can be read; the same
number under the same name (a pupil who changed class). Names are compared with their diacritics, tone placement aside;
a year alone agrees with every day in it, but only within the class.

The hidden id survives what the user cannot see: the columns beside it are sorted, its row is overtyped or copied. So
it finds a record whose name or birth date was mended, but not one that both are another's.

A teacher's file is matched against the own class only. That a code stands outside it is told without saying where.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from idapp.database import rows
from idapp.imports.versions import Edited
from idapp.models import Person, SchoolClass, User
from idapp.people.undoing import MISTAKEN
from idapp.permissions import people_of
from idapp.rules import birth_date, record
from idapp.rules.folding import fold, tone_key
from idapp.rules.problem import Problem


@dataclass(frozen=True)
class Clue:
    """What a row says about who it is. Texts are in stored form, "" where the row is silent, or no date can be read."""

    kind: str
    school_class: SchoolClass | None = None
    record_id: str = ""
    code: str = ""
    name: str = ""
    birth: str = ""
    number: str = ""


class _Face(NamedTuple):
    """The marks of a record, as they are now or as a file of ours found them."""

    full_name: str
    date_of_birth: str
    ministry_code: str
    identity_number: str


_COLUMNS = (
    Person.id, Person.kind, Person.school_class, Person.state, Person.active, Person.version, Person.epoch,
    *(getattr(Person, field.name) for field in record.FIELDS),
)  # fmt: skip


class Roll:
    """Everybody this user may see, read once and found by any mark. Not whole: only what a file can say, and where
    they are."""

    def __init__(self, by: User) -> None:
        query = people_of(by, include_inactive=True)
        self.people: list[Person] = list(
            query.select(*_COLUMNS, SchoolClass).left_outer_join(SchoolClass)
        )
        # an import that was taken back leaves its people aside; the same list again means them
        active = [p for p in self.people if p.active or p.state == MISTAKEN]
        self._by_id = {str(p.id): p for p in self.people}
        self._by_code = _index(self.people, lambda p: _code_key(p.ministry_code))
        self._by_name = _index(active, lambda p: tone_key(p.full_name))
        misnamed = [p for p in active if not p.full_name.replace(" ", "").isalpha()]
        self._misnamed = _index(misnamed, lambda p: _letters_key(p.full_name))
        ever_here = [p for p in self.people if p.state != MISTAKEN]
        self._alike = _index(
            sorted(ever_here, key=lambda p: not p.active), lambda p: fold(p.full_name)
        )
        self._by_number = _index(active, lambda p: p.identity_number)
        self._codes_elsewhere = self._read_codes_elsewhere()
        self.exported: Edited = {}  # what the records held when the file at hand was exported, where it differs

    def find(self, clue: Clue) -> Person | None:
        """The record, or None for somebody new. Raises Problem where nobody can tell, or the record is out of reach."""
        own = self.holder(clue)
        if own is not None and not self._speaks_of_another(own, clue):
            return own
        return (
            self._by_ministry_code(clue)
            or self._by_name_in_class(clue)
            or self._by_same_number(clue)
        )

    def holder(self, clue: Clue) -> Person | None:
        """The record with the id that the row carries, whatever else the row says."""
        own = self._by_id.get(clue.record_id)
        return own if own is not None and own.kind == clue.kind else None

    def likeness(self, clue: Clue) -> int:
        """In how many marks the row agrees with the record whose id it carries: of copies the original has most."""
        own = self.holder(clue)
        name, birth, number = tone_key(clue.name), clue.birth, clue.number
        return (
            max(
                (tone_key(f.full_name) == name)
                + (f.date_of_birth == birth)
                + (f.identity_number == number)
                for f in self._faces(own)
            )
            if own
            else 0
        )

    def namesakes(self, clue: Clue) -> list[Person]:
        """Who bears the name of somebody new and may be the same: in the class of the row whatever the birth date,
        elsewhere of no other birth date. A name without its diacritics is the same only with the same birth date.
        Those who left come last."""
        alike = [p for p in self._alike.get(fold(clue.name), ()) if p.kind == clue.kind]
        key, born = tone_key(clue.name), clue.birth
        same = [
            p
            for p in alike
            if tone_key(p.full_name) == key and (_in_class(p, clue) or not _other_birth(p, clue))
        ]
        return same + [p for p in alike if born and p.date_of_birth == born and p not in same]

    def holder_of_number(self, number: str) -> Person | None:
        return (
            next((p for p in self._by_number.get(number, ()) if p.active), None) if number else None
        )

    def _faces(self, own: Person) -> list[_Face]:
        before = self.exported.get(own.id, {})
        now = _Face(*(str(getattr(own, name)) for name in _Face._fields))
        then = _Face(
            *(before[name][0] if name in before else getattr(now, name) for name in _Face._fields)
        )
        return [now] if then == now else [now, then]

    def _speaks_of_another(self, own: Person, clue: Clue) -> bool:
        """Neither of the record as it is nor, where it was edited since, as the file was given it."""
        return all(self._differs(own, face, clue) for face in self._faces(own))

    def _differs(self, own: Person, face: _Face, clue: Clue) -> bool:
        """One mark that differs is a correction, unless the row is exactly somebody else then."""
        name, birth = _other_name(face, clue), _other_birth(face, clue)
        if name and birth:
            return True
        if _other_code(face, clue):
            return (
                name
                or birth
                or (not clue.name and not clue.birth and _code_key(clue.code) in self._by_code)
            )
        return (name or birth) and any(
            p.active and p.kind == own.kind and p.id != own.id and p.date_of_birth == clue.birth
            for p in self._by_name.get(tone_key(clue.name), ())
        )

    def _by_ministry_code(self, clue: Clue) -> Person | None:
        if not clue.code:
            return None
        found = [p for p in self._by_code.get(_code_key(clue.code), ()) if p.kind == clue.kind]
        found = [p for p in found if p.active] or found
        if len(found) > 1:
            raise Problem(
                "ministry_code",
                "ambiguous",
                f"Mã {clue.code} đang đứng ở {len(found)} hồ sơ của trường: hãy sửa mã trước.",
            )
        if found and (_is_somebody_else(found[0], clue) or self._bears_the_name(found[0], clue)):
            raise Problem(
                "ministry_code",
                "other_person",
                f"Mã {clue.code} trong trường là của {found[0].full_name}, sinh {found[0].date_of_birth}: "
                "hãy xem lại mã hoặc họ tên, ngày sinh của dòng này.",
            )
        if not found and _code_key(clue.code) in self._codes_elsewhere:
            raise Problem(
                "ministry_code",
                "elsewhere",
                "Mã định danh của dòng này đã có ở một hồ sơ khác trong trường: "
                "hãy nhờ văn thư kiểm tra và chuyển lớp nếu cần.",
            )
        return found[0] if found else None

    def _bears_the_name(self, own: Person, clue: Clue) -> bool:
        """Is the other name of the row that of somebody else? Then it is no corrected name of ``own``."""
        same = self._by_name.get(tone_key(clue.name), ())
        others = (p for p in same if p.active and p.kind == clue.kind and p.id != own.id)
        return _other_name(own, clue) and any(clue.birth in ("", p.date_of_birth) for p in others)

    def _by_name_in_class(self, clue: Clue) -> Person | None:
        if not clue.name or (
            clue.kind == "student" and clue.school_class is None and not clue.birth
        ):
            return None  # a name alone, somewhere in a whole school, is nobody yet
        alike = self._by_name.get(tone_key(clue.name)) or self._by_name_in_letters(clue.name)
        found = [p for p in alike if p.kind == clue.kind and _same_class(p, clue)]
        if clue.birth:
            exact = [p for p in found if p.date_of_birth == clue.birth]
            found = exact or [p for p in found if _in_class(p, clue) and not _other_birth(p, clue)]
        found = [p for p in found if p.active] or found[:1]
        if len(found) > 1:
            raise Problem(
                "full_name",
                "ambiguous",
                f"Có {len(found)} người cùng tên {clue.name}{' cùng ngày sinh' if clue.birth else ''}: "
                "hãy ghi thêm Mã định danh Bộ GD&ĐT để biết là ai.",
            )
        return found[0] if found else None

    def _by_name_in_letters(self, name: str) -> list[Person]:
        key = _letters_key(name)
        return self._by_name.get(key) or self._misnamed.get(key, [])

    def _by_same_number(self, clue: Clue) -> Person | None:
        found = (
            [p for p in self._by_number.get(clue.number, ()) if p.kind == clue.kind]
            if clue.number
            else []
        )
        same = [p for p in found if p.active and tone_key(p.full_name) == tone_key(clue.name)]
        return same[0] if len(same) == 1 else None

    def _read_codes_elsewhere(self) -> set[str]:
        """Codes of the school outside what the user sees: no row may give one of them to a second record."""
        codes = rows(
            Person.select(Person.ministry_code).where(Person.ministry_code != "").distinct()
        )
        return {_code_key(code) for (code,) in codes} - set(self._by_code)


def _index(people: Iterable[Person], key: Callable[[Person], str]) -> dict[str, list[Person]]:
    found: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        if key(person):
            found[key(person)].append(person)
    return dict(found)


def _code_key(code: str) -> str:
    return fold(code).replace(" ", "")


def _same_class(person: Person, clue: Clue) -> bool:
    """Within the class of the row; everywhere the user sees when the row names none or a new one, and for staff."""
    return clue.school_class is None or _in_class(person, clue)


def _in_class(person: Person, clue: Clue) -> bool:
    return clue.kind == "staff" or bool(
        clue.school_class and person.school_class_id == clue.school_class.id
    )


def _is_somebody_else(person: Person | _Face, clue: Clue) -> bool:
    """One difference is a correction; another name and another birth date are another person."""
    return _other_name(person, clue) and _other_birth(person, clue)


def _other_name(person: Person | _Face, clue: Clue) -> bool:
    return bool(clue.name and person.full_name) and tone_key(clue.name) != tone_key(
        person.full_name
    )


def _other_birth(person: Person | _Face, clue: Clue) -> bool:
    """A year alone is the birth date of whoever was born in that year; a text that is no date is nobody's."""
    one, other = clue.birth, _legible(person.date_of_birth)
    return (
        bool(one and other)
        and one != other
        and (one[-4:] != other[-4:] or 4 not in (len(one), len(other)))
    )


@lru_cache(maxsize=4096)
def _legible(born: str) -> str:
    """A record may hold a birth date with an error, as a file brought it: the mended file must still find it.

    >>> _legible("20/03/2012"), _legible("31/02/2012")
    ('20/03/2012', '')
    """
    try:
        return born if birth_date.validate(born, date.max) else ""
    except Problem:
        return ""


def _letters_key(name: str) -> str:
    """A name by its letters alone: "Trần Văn Bình 9" came in with its error, and its mended row still means it.

    >>> _letters_key("Trần Văn Bình 9*") == tone_key("Trần Văn Bình"), _letters_key("H'Hen Niê")
    (True, "h'hen niê")
    """
    kept = (c for c in name if c.isalpha() or c in " '’-" or unicodedata.combining(c))
    return tone_key("".join(kept))


def _other_code(person: Person | _Face, clue: Clue) -> bool:
    return bool(clue.code and person.ministry_code) and _code_key(clue.code) != _code_key(
        person.ministry_code
    )
