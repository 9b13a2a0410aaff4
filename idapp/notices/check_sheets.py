"""The check sheet: what the school has about a child, for the family to tick or to correct before the first batch.

The number stands there whole, unlike on other papers: it is the family's own, the sheet goes to that family alone, and
nobody can check what is hidden. What the letter does not need a family to check (ethnic group, codes) is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from peewee import ModelSelect

from idapp import permissions, present_residence
from idapp.models import Person, SchoolClass, User, in_school_order
from idapp.notices import evidence, slips
from idapp.rules.record import FIELD, PRESENT

_PARENTS = (
    ("Cha, năm sinh", "father_name", "father_birth_year"),
    ("Mẹ, năm sinh", "mother_name", "mother_birth_year"),
)


@dataclass(frozen=True)
class Line:
    """One thing to check. ``text`` "" where the school has nothing: then there is only something to write.

    is_doubtful  the program has marked the value: the school asks for a second look
    has_boxes    twelve boxes to write in
    """

    label: str
    text: str
    is_doubtful: bool = False
    has_boxes: bool = False


@dataclass(frozen=True)
class CheckSheet:
    """Everything that stands on one sheet."""

    person: Person
    lines: tuple[Line, ...]


def people_for(
    user: User, *, school_class: SchoolClass | None = None, staff: bool = False
) -> ModelSelect[Person]:
    """Everybody present within the user's reach, with class, in the order of the class lists.

    staff         those who work here instead of the pupils
    school_class  of this class only
    """
    kind = "staff" if staff else "student"
    query = permissions.people_of(user).select_extend(SchoolClass)
    query = query.left_outer_join(SchoolClass).where(Person.kind == kind)
    if school_class is not None:
        query = query.where(Person.school_class == school_class)
    return query.order_by(*in_school_order(), Person.sort_key, Person.id)


def keeps_parents() -> bool:
    """Does the school fill in the parents (form 4.1.6 has them)? Then every family is asked."""
    has_name = (Person.father_name != "") | (Person.mother_name != "")
    return bool(Person.select().where(Person.active, has_name).exists())


def sheet_for(person: Person, *, with_parents: bool, present_groups: Collection[str]) -> CheckSheet:
    """The sheet of one pupil or staff member.

    present_groups  of which the campaign asks the present residence, see ``present_residence.asked_groups``
    """
    lines = [_of_field(person, name) for name in ("full_name", "date_of_birth", "gender")]
    if person.foreign_national:
        lines += _of_foreigner(person)
    else:
        lines += [_number(person), _residence(person)]
    if present_residence.is_asked_of(person, present_groups):
        lines.append(_present(person))
    if with_parents and person.kind == "student":
        lines += _parents(person)
    return CheckSheet(person, tuple(lines))


def _of_field(person: Person, name: str) -> Line:
    text = getattr(person, name)
    is_doubtful = bool(text) and person.problem_of(name) is not None
    return Line(FIELD[name].label, text, is_doubtful)


def _number(person: Person) -> Line:
    line = _of_field(person, "identity_number")
    return Line(line.label, line.text, line.is_doubtful, has_boxes=True)


def _of_foreigner(person: Person) -> list[Line]:
    """Nobody asks the register about them: no number of twelve digits, no residence."""
    return [_of_field(person, "nationality"), Line("Số hộ chiếu", person.identity_number)]


def _residence(person: Person) -> Line:
    """From the house up, as one text."""
    places = slips.places_of(person)
    if person.address:
        places.insert(0, person.address)
    problems = [name for name in evidence.RESIDENCE if person.problem_of(name) is not None]
    return Line("Nơi thường trú", ", ".join(places), bool(problems and places))


def _present(person: Person) -> Line:
    """From the house up; the campaign asks for it beside the permanent residence."""
    texts = [getattr(person, name) for name in reversed(PRESENT)]
    is_doubtful = any(person.problem_of(name) is not None for name in PRESENT)
    return Line("Nơi ở hiện tại", ", ".join(filter(None, texts)), is_doubtful)


def _parents(person: Person) -> Iterator[Line]:
    for label, name, year in _PARENTS:
        text = getattr(person, name)
        born = getattr(person, year)
        if born:
            text = f"{text}, sinh năm {born}".removeprefix(", ")
        is_doubtful = bool(text) and person.problem_of(year) is not None
        yield Line(label, text, is_doubtful)
