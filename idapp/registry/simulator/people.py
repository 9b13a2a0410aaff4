"""The invented people of the simulator, and when a request meets one of them."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from idapp.registry.protocol import name_key


@dataclass(frozen=True)
class Citizen:
    """``born`` is ``2014-03-17``, or ``2014`` for a person of whom only the year is known; sex 0 unknown, 1, 2.

    ``corrected``: the values that the register has wrong as they are after the police have corrected them.
    """

    number: str
    full_name: str
    born: str
    sex: int = 0
    province: str = ""
    district: str = ""
    commune: str = ""
    address: str = ""
    ethnic_group: str = "01"
    father: str = ""
    mother: str = ""
    corrected: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        is_date = re.fullmatch("[0-9]{4}(-[0-9]{2}-[0-9]{2})?", self.born)
        if not is_date or self.sex not in (0, 1, 2):
            raise ValueError("born is 2014-03-17 or 2014, sex is 0, 1 or 2")


def people_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Citizen]:
    """By number; keys the simulator does not know are left aside."""
    known = Citizen.__dataclass_fields__
    people = {}
    for row in rows:
        values = {key: value for key, value in row.items() if key in known}
        people[row["number"]] = Citizen(**values)
    return people


def as_corrected(person: Citizen | None, numbers: Collection[str]) -> Citizen | None:
    """The person as the register has it now: put right if the police have corrected this number."""
    if person is None or person.number not in numbers:
        return person
    return replace(person, **person.corrected)


def match(people: Mapping[str, Citizen], number: str, key: str, born: str) -> Citizen | None:
    """Number, name key and year (or whole date, ``yyyyMMdd``) must all agree; which one did not is never told."""
    person = people.get(number)
    if person is None or not born:
        return None
    keys = [name_key(person.full_name, rule) for rule in ("letters", "spaces")]
    if key not in keys:
        return None
    # the shorter of the two dates may be a year: then only that is compared
    known = person.born.replace("-", "")
    if known.startswith(born) or born.startswith(known):
        return person
    return None
