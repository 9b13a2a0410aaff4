"""What is to become of each class and pupil in the next school year: proposed, changed on the page, kept as text.

A plan names classes of the next year by their name: they do not exist yet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from idapp.models import SchoolClass
from idapp.rules.class_name import grade_in
from idapp.rules.folding import tidy

COMPLETED = "Hoàn thành cấp học"
# the ways in which somebody leaves over the summer, as idapp/data knows them
LEAVING = (COMPLETED, "Chuyển đi trong hè", "Thôi học trong hè")
TEACHERS = ("follow", "stay", "none")
_NURSERY = ("Mầm", "Chồi", "Lá")
_LAST_OF_NURSERY = "Lá"


@dataclass(frozen=True)
class Destination:
    """Where a pupil is in the next year: in a class (by its name), or gone (``state``). One of both is "" """

    class_name: str = ""
    state: str = ""

    @property
    def key(self) -> str:
        """As forms and the database keep it: ``class:2A``, ``left:Hoàn thành cấp học``."""
        if self.state:
            return f"left:{self.state}"
        return f"class:{self.class_name}"

    @classmethod
    def of(cls, key: str) -> Destination | None:
        """The destination of a key; None for a text that is none.

        >>> Destination.of("class:2A"), Destination.of("left:?"), Destination.of("")
        (Destination(class_name='2A', state=''), None, None)
        """
        kind, _, text = key.partition(":")
        if kind == "class" and text:
            return cls(class_name=tidy(text))
        if kind == "left" and text in LEAVING:
            return cls(state=text)
        return None


@dataclass(frozen=True)
class ClassPlan:
    """What becomes of a class: its ``name`` in the next year, or "" where all of it leaves as ``COMPLETED``.

    teachers  follow: they go with their pupils; stay: they get the class of the old name; none
    """

    name: str
    teachers: str = "follow"

    @property
    def destination(self) -> Destination:
        """Where whoever is not named apart goes."""
        if self.name:
            return Destination(class_name=self.name)
        return Destination(state=COMPLETED)


@dataclass(frozen=True)
class Plan:
    """The next year of a school.

    classes      {id of a present class: what becomes of it}
    new_classes  names of classes that nobody goes up into
    apart        {person id: destination} of those who do not go with their class; None: nobody has said it yet
    merged       names into which several classes are meant to go
    missing      who stands in no list of the new year, where the plan was made of such lists
    likely       {id of somebody missing: class in which the list has somebody of that name and birth date}
    closes       is the open campaign to be closed first, with its report?
    """

    classes: Mapping[int, ClassPlan]
    new_classes: tuple[str, ...] = ()
    apart: Mapping[int, Destination | None] = field(default_factory=dict)
    merged: frozenset[str] = frozenset()
    closes: bool = True
    missing: frozenset[int] = frozenset()
    likely: Mapping[int, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As ``YearChange.plan`` keeps it."""
        return {
            "classes": {str(id_): [plan.name, plan.teachers] for id_, plan in self.classes.items()},
            "new_classes": list(self.new_classes),
            "apart": {str(id_): goal.key if goal else "" for id_, goal in self.apart.items()},
            "merged": sorted(self.merged),
            "closes": self.closes,
            "missing": sorted(self.missing),
            "likely": {str(id_): name for id_, name in self.likely.items()},
        }

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> Plan:
        """The plan that was kept."""
        return cls(
            classes={int(id_): ClassPlan(*texts) for id_, texts in stored["classes"].items()},
            new_classes=tuple(stored["new_classes"]),
            apart={int(id_): Destination.of(key) for id_, key in stored["apart"].items()},
            merged=frozenset(stored["merged"]),
            closes=stored["closes"],
            missing=frozenset(stored["missing"]),
            likely={int(id_): name for id_, name in stored["likely"].items()},
        )


def proposal(classes: Iterable[SchoolClass], grades: Collection[int]) -> Plan:
    """Everybody one grade up, the last grade out of the school, empty first classes under today's names."""
    plans = {}
    first = []
    for school_class in classes:
        name = name_after(school_class.name, grades)
        plans[school_class.id] = ClassPlan(name, "follow" if name else "none")
        if grades and school_class.grade == min(grades):
            first.append(school_class.name)
    return Plan(plans, tuple(first))


def name_after(name: str, grades: Collection[int]) -> str:
    """What a class is called a year later; "" after the last grade of the school (``grades_of``).

    A group of a nursery whose name tells no age keeps it: its children do not leave by a guess.

    >>> of_th = range(1, 6)
    >>> [name_after(name, of_th) for name in ("1A", "Lớp 4 B", "5A", "Mầm 1", "Lá 2", "Hoa Sen")]
    ['2A', 'Lớp 5 B', '', 'Chồi 1', '', 'Hoa Sen']
    """
    grade = grade_in(name)
    if grade is None:
        return _nursery_after(name)
    if grade + 1 not in grades:
        return ""
    return re.sub("[0-9]{1,2}", str(grade + 1), name, count=1)


def _nursery_after(name: str) -> str:
    if name.startswith(_LAST_OF_NURSERY):
        return ""
    for younger, older in pairwise(_NURSERY):
        if name.startswith(younger):
            return older + name.removeprefix(younger)
    return name
