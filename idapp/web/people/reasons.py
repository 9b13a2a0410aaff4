"""Why rows of a table still need work: one short word per reason, counted, each a link that shows its rows.

A reason gathers the codes of ``rules`` that are mended in the same way (every unreadable date is "Ngày sinh sai"), or
names an answer of the register that asks for work. A row may have several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from peewee import ModelSelect

from idapp.database import PreparedStatement
from idapp.database import rows as rows_of
from idapp.models import Person
from idapp.people import STATUS_WORDS, Counts
from idapp.rules import ministry_codes
from idapp.web.cells import reason_of

NEEDS_WORK = ("mismatch", "not_found", "rejected")  # answers that ask for work
REASON_WORDS = {
    "number_missing": "Thiếu số định danh",
    "number_cmnd": "Còn số CMND cũ (9 số)",
    "number_shared": "Trùng số định danh",
    "number_wrong": "Số sai",
    "born_missing": "Thiếu ngày sinh",
    "born_wrong": "Ngày sinh sai",
    "name_wrong": "Họ tên sai",
    "gender_wrong": "Thiếu/sai giới tính",
    "residence_missing": "Thiếu nơi thường trú",
    "residence_wrong": "Nơi thường trú sai",
    **{status: STATUS_WORDS[status] for status in NEEDS_WORK},
    "number_odd": "Số cần đối chiếu",
    "born_odd": "Ngày sinh cần xem",
    "name_odd": "Họ tên cần xem",
    "gender_odd": "Giới tính cần xem",
    "code_missing": "Chưa có mã của Bộ",
    "code_temporary": "Mã tạm",
    "other": "Mục khác",
}


@dataclass(frozen=True)
class Counters(Counts):
    """What the table says above itself. reasons: (key, words, rows) as REASON_WORDS has them, none that is empty."""

    reasons: tuple[tuple[str, str, int], ...] = ()


def reasons_of(status: str, problems: Iterable[Mapping[str, str]], code: str) -> set[str]:
    """Keys of ``REASON_WORDS`` that are true of a record with this status, these problems and this ministry's code."""
    reasons = {reason_of(problem) for problem in problems}
    if not ministry_codes.is_final(code):
        reasons.add("code_missing")
    if status in NEEDS_WORK:
        reasons.add(status)
    return reasons


def counters_of(query: ModelSelect[Person]) -> Counters:
    """The counters over what the query selects."""
    return _summed(rows_of(_counted_columns(query)))


def counters_over(people: Iterable[Person]) -> Counters:
    """The counters over records that are at hand already."""
    return _summed(
        [
            (person.status, person.errors, person.warnings, person.problems, person.ministry_code)
            for person in people
        ]
    )


def counters_around(person: Person) -> Counters:
    """The counters of the table in which the record stands: its class, or the staff. For those who may see it."""
    if person.school_class_id:  # the statement is prepared: every saved cell asks for it
        return _summed(_OF_CLASS.rows(person.school_class_id))
    return _summed(_OF_STAFF.rows())


def _counted_columns(query: ModelSelect[Person]) -> ModelSelect[Person]:
    return query.select(
        Person.status, Person.errors, Person.warnings, Person.problems, Person.ministry_code
    )


_ACTIVE = Person.select().where(Person.active)
_OF_CLASS = PreparedStatement(
    lambda class_: _counted_columns(
        _ACTIVE.where(Person.school_class == class_, Person.kind == "student")
    ).tuples()
)
_OF_STAFF = PreparedStatement(
    lambda: _counted_columns(_ACTIVE.where(Person.kind == "staff")).tuples()
)


def _summed(records: list[tuple[Any, ...]]) -> Counters:
    """Of (status, errors, warnings, problems, ministry's code) for each record."""
    by_reason: Counter[str] = Counter()
    for status, _, _, problems, code in records:
        for reason in reasons_of(
            status, problems, code
        ):  # Counter.update costs more than all the rest
            by_reason[reason] += 1
    return Counters(
        total=len(records),
        errors=sum(record[1] for record in records),
        warnings=sum(record[2] for record in records),
        by_status=Counter(record[0] for record in records),
        reasons=tuple(
            (key, words, by_reason[key]) for key, words in REASON_WORDS.items() if by_reason[key]
        ),
    )
