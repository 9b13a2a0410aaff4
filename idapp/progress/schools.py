"""Several schools on one page: the managing office's own installation reads the files that schools send.

There is no central server and no personal data: a file holds figures only. The newest file of each school is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import ModelSelect

from idapp import audit
from idapp.database import writing
from idapp.models import SchoolFigures, User, utc_now
from idapp.progress import exchange, file_schema
from idapp.progress.board import percent_of
from idapp.rules.folding import fold
from idapp.rules.look_alikes import in_latin
from idapp.rules.problem import Problem


@dataclass(frozen=True)
class Received:
    """What became of one file. ``problem`` is a sentence, "" when the file was taken."""

    file_name: str
    school: str = ""
    problem: str = ""
    newer: bool = True  # False: we had this or a newer one already


@dataclass(frozen=True)
class District:
    """All schools added up."""

    schools: list[SchoolFigures]
    today: date

    @property
    def total(self) -> int:
        """How many people all schools have to verify."""
        return sum(school.to_do for school in self.schools)

    @property
    def done(self) -> int:
        """How many of them are verified or explained."""
        return sum(school.done for school in self.schools)

    @property
    def percent(self) -> float | None:
        """Of all schools together."""
        return percent_of(self.done, self.total)

    @property
    def finished(self) -> int:
        """How many schools are complete."""
        return sum(0 < school.done == school.to_do for school in self.schools)

    @property
    def on_time_rate(self) -> float | None:
        """Schools that were complete when their deadline came (or are by now), in percent."""
        in_time = [school for school in self.schools if _is_in_time(school)]
        return percent_of(len(in_time), len(self.schools))

    def sum_of(self, column: str) -> int:
        """A count of ``ProgressRow.numbers()`` over all schools."""
        return sum(school.counts.get(column, 0) for school in self.schools)


def _is_in_time(school: SchoolFigures) -> bool:
    if not school.completed_on:
        return False
    return bool(school.completed_on <= (school.deadline or date.max))


def receive(file_name: str, content: bytes, *, by: User | None) -> Received:
    """Keep a school's file if it is genuine and newer than what we have."""
    try:
        figures, key = exchange.read(content)
        with writing():
            return _store(file_name, figures, key, by)
    except Problem as problem:
        return Received(file_name, problem=problem.message)


def the_district(today: date) -> District:
    """All schools that have sent figures, by name."""
    return District(list(_listed()), today)


def is_sound(figures: SchoolFigures) -> bool:
    """May its page be drawn? A file kept by an earlier version may hold what no file may hold today."""
    try:
        file_schema.check(figures.figures, utc_now())
    except Problem:
        return False
    return True


def forget(figures: SchoolFigures, *, by: User) -> None:
    """A school that no longer reports here, or one that changed its key: its next file is a first file again."""
    with writing():
        audit.record(
            "figures.forgotten", by=by, subject=f"school figures {figures.id}", old=figures.name
        )
        figures.delete_instance()


def _listed() -> ModelSelect[SchoolFigures]:
    # The whole files would be megabytes for a province; a page of one school reads its own.
    light = [field for field in SchoolFigures._meta.sorted_fields if field.name != "figures"]
    return SchoolFigures.select(*light).order_by(SchoolFigures.name)


def _completed_on(figures: dict[str, Any], as_of: datetime) -> date | None:
    """As the school says; an older file that does not say is taken by the day it was made."""
    school = figures["school"]
    if not 0 < school["done"] == school["to_do"]:
        return None  # nobody at all is not "complete"
    if not figures.get("completed_on"):
        return as_of.date()
    return date.fromisoformat(figures["completed_on"])


def _has_sent_before(name: str) -> bool:
    """Has a school of this name sent figures before, whatever its key?"""
    names = SchoolFigures.select(SchoolFigures.name)
    return any(_look_of(school.name) == _look_of(name) for school in names)


def _look_of(name: str) -> str:
    """The office reads names: a letter of another script that looks the same makes no other school."""
    return fold(in_latin(name))


def _store(file_name: str, figures: dict[str, Any], key: str, by: User | None) -> Received:
    name = figures["school_name"]
    as_of = datetime.strptime(figures["as_of"], "%Y-%m-%dT%H:%M:%SZ")
    known = SchoolFigures.get_or_none(SchoolFigures.key == key)
    # Anybody can sign a file with a key of their own and give it a school's name.
    if known is None and _has_sent_before(name):
        message = (
            f"Tệp mang tên {name} nhưng không do máy đã gửi các tệp trước ký. "
            "Nếu trường vừa cài lại máy, hãy bỏ số liệu cũ của trường này rồi nhận lại tệp."
        )
        raise Problem("file", "other_key", message)
    if known and as_of <= known.as_of and not file_schema.is_yet_to_come(known.as_of, utc_now()):
        return Received(file_name, name, newer=False)
    columns = _columns_of(figures, as_of) | {"received_at": utc_now(), "received_by": by}
    if known:
        SchoolFigures.update(columns).where(SchoolFigures.id == known.id).execute()
    else:
        SchoolFigures.create(key=key, **columns)
    audit.record("figures.received", by=by, subject=name[:200])
    return Received(file_name, name)


def _columns_of(figures: dict[str, Any], as_of: datetime) -> dict[str, Any]:
    school = figures["school"]
    return {
        "name": figures["school_name"],
        "campaign": figures["campaign"],
        "deadline": date.fromisoformat(figures["deadline"]),
        "as_of": as_of,
        "total": school["total"],
        "to_do": school["to_do"],
        "done": school["done"],
        "completed_on": _completed_on(figures, as_of),
        "counts": {name: count for name, count in school.items() if isinstance(count, int)},
        "figures": figures,
    }
