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
from idapp.models import Import, ImportRow, Person, SchoolClass, User, in_school_order
from idapp.permissions import people_of
from idapp.rosters import heading_key
from idapp.rules.class_name import class_key

_MANY = 5
_AT_ONCE = 500


@dataclass(frozen=True)
class ClassCoverage:
    """A class of which the file names only a few, or nobody; how many it would add to it."""

    class_name: str
    named: int
    total: int
    new: int

    @property
    def is_doubtful(self) -> bool:
        """The file is a list of this class, but not of these people: another school's, or names that are spelt
        otherwise."""
        return min(self.new, self.total) >= _MANY


@dataclass(frozen=True)
class Coverage:
    """absent: people of the classes in the file whom it does not name; parts: classes of which it names only a few."""

    absent: list[Person] = field(default_factory=list)
    parts: list[ClassCoverage] = field(default_factory=list)

    @property
    def by_class(self) -> list[tuple[str, list[Person]]]:
        """The absent people with the name of their class, "" for the staff, class by class."""
        groups = groupby(self.absent, key=_class_name)
        return [(name, list(people)) for name, people in groups]

    @property
    def doubtful(self) -> list[ClassCoverage]:
        """Classes that the file would fill with new people."""
        return [part for part in self.parts if part.is_doubtful]

    @property
    def partial(self) -> list[ClassCoverage]:
        """The other classes of which it names only a few."""
        return [part for part in self.parts if not part.is_doubtful]


def coverage_of(upload: Import, by: User) -> Coverage:
    """Whom of the school the file does not name, as far as this user may see them."""
    if _is_for_mending(upload):
        return Coverage()
    named = _named(upload)
    new = _new(upload)
    absent: list[int] = []
    parts: list[ClassCoverage] = []
    for name, ids in _classes(upload, by):
        missing = [id_ for id_ in ids if id_ not in named]
        part = ClassCoverage(name, len(ids) - len(missing), len(ids), new[class_key(name)])
        # a file of a few corrections is no list of the class
        if 2 * part.named >= part.total:
            absent += missing
        elif part.named or part.is_doubtful:
            parts.append(part)
    return Coverage(_people(absent), parts)


def _class_name(person: Person) -> str:
    if person.school_class is None:
        return ""
    return str(person.school_class.name)


def _is_for_mending(upload: Import) -> bool:
    """Is it our workbook of errors, sent again? It names only the rows to be mended."""
    key = heading_key(FILE_ROW)
    for table in upload.tables:
        if any(heading_key(text) == key for text in table["headings"]):
            return True
    return False


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
    counts = Counter[str]()
    for name, n in rows(query.group_by(ImportRow.class_name)):
        counts[class_key(name)] += n
    return counts


def _classes(upload: Import, by: User) -> list[tuple[str, list[int]]]:
    """Everybody this user may see, class by class; the staff as one."""
    kind = "student"
    if upload.shape == "staff":
        kind = "staff"
    query = (
        people_of(by)
        .select(Person.id, SchoolClass.name)
        .left_outer_join(SchoolClass)
        .where(Person.kind == kind)
    )
    ids_in: dict[str, list[int]] = defaultdict(list)
    for id_, name in rows(query.order_by(*in_school_order(), Person.sort_key, Person.id)):
        ids_in[name or ""].append(id_)
    return list(ids_in.items())


def _people(ids: list[int]) -> list[Person]:
    """The people of these ids, in that order."""
    query = Person.select(
        Person.id, Person.full_name, Person.school_class, SchoolClass
    ).left_outer_join(SchoolClass)
    person_of: dict[int, Person] = {}
    for part in chunked(ids, _AT_ONCE):  # a database takes only so many parameters
        for person in query.where(Person.id.in_(part)):
            person_of[person.id] = person
    return [person_of[id_] for id_ in ids]
