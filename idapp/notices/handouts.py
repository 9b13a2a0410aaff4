"""Papers that a school hands out to families, class by class: who gets one, and whom the family may ask.

Slips and check sheets are printed from these bundles, each behind a list for the teacher. A print is in the audit like
an export: paper leaves the school.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from idapp import disclosures, homeroom
from idapp.database import writing
from idapp.models import ClassTeacher, Person, SchoolClass, User

_STAFF = "Cán bộ, giáo viên, nhân viên"
_OFFICE_TITLES = {
    "teacher": "Giáo viên chủ nhiệm",
    "clerk": "Văn thư",
    "principal": "Hiệu trưởng",
}


@dataclass(frozen=True)
class Contact:
    """Somebody of the school whom a family may ask; ``phone`` "" where a line to fill in by hand stands."""

    title: str
    name: str
    phone: str

    @property
    def words(self) -> str:
        """In one line, without the telephone if there is none.

        >>> Contact("Văn thư", "Võ Thị Thư", "").words
        'Văn thư: Võ Thị Thư'
        """
        line = f"{self.title}: {self.name}"
        if self.phone:
            line += f", điện thoại {self.phone}"
        return line


@dataclass(frozen=True)
class Bundle:
    """The papers of one class, or of the staff, in the order of the class list."""

    school_class: SchoolClass | None
    contacts: tuple[Contact, ...]
    people: tuple[Person, ...]

    @property
    def title(self) -> str:
        """Of whom they are."""
        if self.school_class is None:
            return _STAFF
        return f"Lớp {self.school_class.name}"


def bundles_of(people: Iterable[Person], *, by: User) -> list[Bundle]:
    """A bundle for each class, in the order in which the people come (sorted by class), with whom families may ask."""
    teachers = homeroom.by_class()
    bundles = []
    for class_id, members in groupby(people, key=lambda person: person.school_class_id):
        together = tuple(members)
        contacts = _contacts_of(teachers.get(class_id or 0, ()), by)
        bundles.append(Bundle(together[0].school_class, contacts, together))
    return bundles


def _contacts_of(rows: Sequence[ClassTeacher], by: User) -> tuple[Contact, ...]:
    """The homeroom teachers, else their stand-ins; where nobody has the class, whoever prints."""
    homeroom_rows = [row for row in rows if row.until is None]
    teachers = [row.teacher for row in homeroom_rows or rows]
    return tuple(_contact(user) for user in teachers or [by])


def _contact(user: User) -> Contact:
    return Contact(_OFFICE_TITLES[user.role], user.full_name, user.phone)


def record_print(what: str, bundles: Sequence[Bundle], *, by: User) -> None:
    """A row for each class in the audit, for one person alone a row of that record.

    what  slips or check_sheets
    """
    with writing():
        for bundle in bundles:
            whose: dict[str, Any] = {"what": _subject(bundle)}
            if len(bundles) == len(bundle.people) == 1:
                whose = {"person": bundle.people[0]}
            count = len(bundle.people)
            disclosures.record(f"print.{what}", by=by, count=count, unit="phiếu", **whose)


def _subject(bundle: Bundle) -> str:
    if bundle.school_class is None:
        return "staff"
    return f"class {bundle.school_class.id}"
