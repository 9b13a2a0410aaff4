"""Why rows of a table still need work: one short word per reason, counted, each a link that shows its rows.

A reason gathers the codes of ``rules`` that are mended in the same way (every unreadable date is "Ngày sinh sai"), or
names an answer of the register that asks for work. A row may have several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup
from peewee import ModelSelect

from idapp.database import PreparedStatement
from idapp.models import Person
from idapp.people import STATUS_WORDS, Counts
from idapp.rules import ministry_codes
from idapp.web.cells import reason_of
from idapp.web.kept_drawings import drawn, kept

_TABLES = 64  # that are worked on in an evening
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


Counted = tuple[str, int, int, Collection[str]]
"""(status, errors, warnings, reasons) of a record."""


@dataclass(frozen=True)
class Counters(Counts):
    """What the table says above itself. reasons: (key, words, rows) as REASON_WORDS has them, none that is empty."""

    reasons: tuple[tuple[str, str, int], ...] = ()

    @property
    def drawn(self) -> Markup:
        """As it stands above the table."""
        return _drawn(self.errors, self.warnings, self.verified, self.to_do, self.reasons)


def reasons_of(status: str, problems: Iterable[Mapping[str, str]], code: str) -> set[str]:
    """Keys of ``REASON_WORDS`` that are true of a record with this status, these problems and this ministry's code."""
    reasons = {reason_of(problem) for problem in problems}
    if not ministry_codes.is_final(code):
        reasons.add("code_missing")
    if status in NEEDS_WORK:
        reasons.add(status)
    return reasons


def counters_over(rows: Iterable[Counted]) -> Counters:
    """The counters over records of which is known (status, errors, warnings, reasons)."""
    by_status: Counter[str] = Counter()
    by_reason: Counter[str] = Counter()
    total = all_errors = all_warnings = 0
    for status, errors, warnings, reasons in rows:
        total += 1
        all_errors += errors
        all_warnings += warnings
        by_status[status] += 1
        for reason in reasons:  # Counter.update costs more than all the rest
            by_reason[reason] += 1
    return Counters(
        total=total,
        errors=all_errors,
        warnings=all_warnings,
        by_status=by_status,
        reasons=tuple(
            (key, words, by_reason[key]) for key, words in REASON_WORDS.items() if by_reason[key]
        ),
    )


def counters_of(class_id: int | None) -> Counters:
    """The counters of a table: the pupils of a class, or the staff (None). For those who may see it."""
    stored = _OF_STAFF.raw() if class_id is None else _OF_CLASS.raw(class_id)
    return _counted(tuple(stored))


@lru_cache(maxsize=_TABLES)
def _counted(stored: tuple[tuple[str, int, int, str, str], ...]) -> Counters:
    """Over the ``_counted_columns`` of all records of a table: most saved cells change none of them."""
    return counters_over(
        (status, errors, warnings, _reasons_of_stored(status, problems, code))
        for status, errors, warnings, problems, code in stored
    )


@lru_cache(maxsize=4096)
def _reasons_of_stored(status: str, problems: str, code: str) -> frozenset[str]:
    """``reasons_of`` with the ``problems`` as they are stored."""
    return frozenset(reasons_of(status, Person.problems.python_value(problems), code))


@kept(4 * _TABLES)
def _drawn(
    errors: int,
    warnings: int,
    verified: int,
    to_do: int,
    reasons: tuple[tuple[str, str, int], ...],
) -> Markup:
    return drawn(
        "people/_counters.html",
        errors=errors,
        warnings=warnings,
        verified=verified,
        to_do=to_do,
        reasons=reasons,
    )


def _counted_columns(query: ModelSelect[Person]) -> ModelSelect[Person]:
    return query.select(
        Person.status, Person.errors, Person.warnings, Person.problems, Person.ministry_code
    )


_ACTIVE = Person.select().where(Person.active)
_OF_CLASS = PreparedStatement(
    lambda class_: _counted_columns(
        _ACTIVE.where(Person.school_class == class_, Person.kind == "student")
    )
)
_OF_STAFF = PreparedStatement(lambda: _counted_columns(_ACTIVE.where(Person.kind == "staff")))
