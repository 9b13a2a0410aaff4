"""Whether the campaign asks for the present residence, and of whom: letters about admission classes do, others do not.

It is off until the principal says otherwise. Where it is off nothing of it is shown and nothing is taken from files;
what is stored stays and is there again when it is asked for. It is never sent to the register and no fault of it is
more than a warning. Source of the notion: Law 68/2020/QH14 on residence, shown on CT07 and VNeID.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_

from idapp import audit
from idapp.database import writing
from idapp.models import Campaign, Person, SchoolClass, User
from idapp.rules import grade_groups
from idapp.rules.problem import Problem
from idapp.rules.record import PRESENT
from idapp.school import the_campaign

ALL = "all"
_WHOLE_SCHOOL = "cả trường"
_NOBODY = "không thu thập"


def groups_of_school() -> dict[str, str]:
    """{group: its name} of the classes there are, the youngest first."""
    classes = SchoolClass.present()
    keys = {grade_groups.key_of(each.level, each.grade) for each in classes}
    return {key: name for key, name in grade_groups.names().items() if key in keys}


def words_of(groups: Collection[str]) -> str:
    """Of whom it is asked.

    >>> words_of([]), words_of(["all"]), words_of(["5", "9"])
    ('không thu thập', 'cả trường', 'Khối 5, Khối 9')
    """
    if not groups:
        return _NOBODY
    if ALL in groups:
        return _WHOLE_SCHOOL
    names = grade_groups.names()
    return ", ".join(names.get(key, key) for key in groups)


def groups_in(stored: str) -> frozenset[str]:
    """The groups as the column of ``Campaign`` holds them, for a row that was read without its model.

    >>> sorted(groups_in('["5", "9"]'))
    ['5', '9']
    """
    return frozenset(json.loads(stored))


def asked_groups() -> frozenset[str]:
    """The groups of which the campaign asks; empty: of nobody."""
    return frozenset(the_campaign().present_residence)


def is_asked_in(school_class: SchoolClass | None, groups: Collection[str]) -> bool:
    """Of the pupils of this class, or of one who has none yet?"""
    if ALL in groups:
        return True
    if school_class is None:
        return False
    return grade_groups.key_of(school_class.level, school_class.grade) in groups


def is_asked_of(person: Person, groups: Collection[str] | None = None) -> bool:
    """Of this pupil? Never of staff. ``groups``: read before for many."""
    if person.kind != "student":
        return False
    if groups is None:
        groups = asked_groups()
    return is_asked_in(person.school_class, groups)


def count_kept() -> int:
    """How many active pupils have something of it, if the campaign asks for it of anybody; else 0."""
    if not asked_groups():
        return 0
    texts = [getattr(Person, name) != "" for name in PRESENT]
    return int(Person.select().where(Person.active, reduce(or_, texts)).count())


def ask_of(groups: Iterable[str], *, by: User) -> bool:
    """Set of whom it is asked; audited. False if nothing changed. What the rules say hangs on it: compute anew.

    Raises Problem for a group that the school has not, and once the campaign is closed.
    """
    with writing():
        campaign = the_campaign()
        before = list(campaign.present_residence)
        chosen = _checked(set(groups), before)
        if chosen == before:
            return False
        if campaign.closed_at is not None:
            raise Problem("groups", "closed", "Đợt đã kết thúc: hãy mở lại đợt thu thập rồi đổi.")
        audit.record(
            "campaign.changed",
            by=by,
            subject=f"campaign {campaign.id}",
            field="present_residence",
            old=words_of(before),
            new=words_of(chosen),
        )
        Campaign.update(present_residence=chosen).where(Campaign.id == campaign.id).execute()
    return True


def _checked(wanted: set[str], before: list[str]) -> list[str]:
    """The groups as they are stored; one that was chosen before may stay without a class. Raises Problem."""
    if wanted - {ALL, *groups_of_school(), *before}:
        raise Problem("groups", "unknown", "Chọn khối trong danh sách của trường.")
    if ALL in wanted:
        return [ALL]
    return [key for key in grade_groups.names() if key in wanted]
