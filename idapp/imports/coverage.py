"""The people of the school beside the people of a file: who is absent from it, and where it may be another's list.

Absent people are told only of a class of which the file names at least half: a file of a few corrections is no list of
anybody. A class that only a pupil on the move names is not in the file.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import groupby

from peewee import chunked, fn

from idapp.database import rows
from idapp.imports.columns import FILE_ROW
from idapp.models import Import, ImportRow, Person, SchoolClass, User
from idapp.permissions import people_of
from idapp.rosters import heading_key
from idapp.school import class_key, grade_in

_MANY = 5


@dataclass(frozen=True)
class ClassCoverage:
    """A class of which the file names only a few, or nobody; how many it would add to it."""

    class_name: str
    named: int
    total: int
    new: int

    @property
    def doubtful(self) -> bool:
        """The file is a list of this class, but not of these people: another school's, or names that are spelt
        otherwise."""
        return min(self.new, self.total) >= _MANY


@dataclass(frozen=True)
class Coverage:
    absent: list[Person] = field(default_factory=list)
    parts: list[ClassCoverage] = field(default_factory=list)

    @property
    def by_class(self) -> list[tuple[str, list[Person]]]:
        of = groupby(
            self.absent, key=lambda person: person.school_class.name if person.school_class else ""
        )
        return [(name, list(people)) for name, people in of]

    @property
    def doubtful(self) -> list[ClassCoverage]:
        return [part for part in self.parts if part.doubtful]

    @property
    def partial(self) -> list[ClassCoverage]:
        return [part for part in self.parts if not part.doubtful]


def coverage_of(upload: Import, by: User) -> Coverage:
    if any(
        heading_key(FILE_ROW) == heading_key(word)
        for table in upload.tables
        for word in table["headings"]
    ):
        return Coverage()  # the rows to be mended, sent again
    named, new = _named(upload), _new(upload)
    absent, parts = list[int](), list[ClassCoverage]()
    for name, ids in _classes(upload, by):
        missing = [id_ for id_ in ids if id_ not in named]
        part = ClassCoverage(name, len(ids) - len(missing), len(ids), new[class_key(name)])
        if 2 * part.named >= part.total:
            absent += missing
        elif part.named or part.doubtful:
            parts.append(part)
    found = {person.id: person for part in chunked(absent, 500) for person in _people(part)}
    return Coverage([found[id_] for id_ in absent], parts)


def _named(upload: Import) -> set[int]:
    query = ImportRow.select(ImportRow.person).where(
        ImportRow.upload == upload, ImportRow.person.is_null(False)
    )
    return {id_ for (id_,) in rows(query)}


def _new(upload: Import) -> Counter[str]:
    """How many would be created, by class."""
    query = ImportRow.select(ImportRow.class_name, fn.COUNT(ImportRow.id)).where(
        ImportRow.upload == upload, ImportRow.verdict == "new"
    )
    found = Counter[str]()
    for name, n in rows(query.group_by(ImportRow.class_name)):
        found[class_key(name)] += n
    return found


def _classes(upload: Import, by: User) -> list[tuple[str, list[int]]]:
    """Everybody this user may see, class by class; the staff as one."""
    kind = "staff" if upload.shape == "staff" else "student"
    query = (
        people_of(by)
        .select(Person.id, SchoolClass.name)
        .left_outer_join(SchoolClass)
        .where(Person.kind == kind)
    )
    found: dict[str, list[int]] = defaultdict(list)
    for id_, name in rows(query.order_by(Person.sort_key, Person.id)):
        found[name or ""].append(id_)
    return sorted(found.items(), key=lambda one: (grade_in(one[0]) or 0, one[0]))


def _people(ids: list[int]) -> list[Person]:
    query = Person.select(
        Person.id, Person.full_name, Person.school_class, SchoolClass
    ).left_outer_join(SchoolClass)
    return list(query.where(Person.id.in_(ids)))
