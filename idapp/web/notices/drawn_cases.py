"""The lines of the list of cases, drawn once for each content (``web/kept_drawings``).

A line follows from what it says of the record, of its case and of who looks after it, and from where and for whom it
stands on a page: these are a :class:`Line`, and ``_drawn`` is given nothing else. What a day changes (how old a case
is, whether it is due) is worked out before, and so a part of the line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import NamedTuple

from flask import request, url_for
from markupsafe import Markup

from idapp import notices
from idapp.models import PaperCase, Person, User
from idapp.notices import listing
from idapp.people.tables import STATUS_WORDS
from idapp.rules.record import FIELD
from idapp.settings import VIETNAM, current
from idapp.web import drawn_for, homeroom_words
from idapp.web.kept_drawings import drawn, kept

# Of 3 KB each: some pages of some readers.
_KEPT = 1024
_BY_ITSELF = ("compared", "register_wrong", "waiting")  # states that nobody sets by hand


class Case(NamedTuple):
    """What a line says of an open case. age: in days; due_on: 25/10, or ""; returns: how often it was opened again."""

    state: str
    age: int
    due_on: str
    is_due: bool
    returns: int
    note: str


class Line(NamedTuple):
    """What a line is drawn from.

    chip, why      the state that colours the reason, and its words
    is_sent_again  the record is asked about once more, nothing corrected
    differences    (label, what stands here, what the register says) where that is the reason
    case           None where it is not opened yet
    next_step      what has to be done now, and by whom (``owner``)
    saved, wrong   what the number that was typed last led to; ``typed``: the number itself where it was refused
    page           where the line stands
    """

    person_id: int
    status: str
    class_name: str
    full_name: str
    date_of_birth: str
    gender: str
    identity_number: str
    chip: str
    why: str
    is_sent_again: bool
    differences: tuple[tuple[str, str, str], ...] | None
    case: Case | None
    is_set_by_hand: bool
    next_step: str
    owner: str
    saved: str
    wrong: str
    typed: str
    page: Page


class Page(NamedTuple):
    """Where lines stand. root: below which path the site is; back: the address of the list; back_query: the same at the
    end of an address, "" where it needs no saying; reader: of ``web/drawn_for``.
    """

    root: str
    back: str
    back_query: str
    reader: str


@dataclass(frozen=True)
class Surroundings:
    """What the lines of a page have in common; made anew for every page."""

    back: str
    today: date
    today_on_the_wall: date

    @classmethod
    def of_request(cls, back: str) -> Surroundings:
        """``back``: the address of the list."""
        return cls(back, current().today(), datetime.now(VIETNAM).date())

    @cached_property
    def page(self) -> Page:
        """Where the lines stand."""
        address = url_for("notices.show", person_id=0, back=self.back if "?" in self.back else None)
        _, sign, query = address.partition("?")
        return Page(request.script_root, self.back, sign + query, drawn_for.whose())

    @cached_property
    def owner_of(self) -> Callable[[Person, PaperCase | None], str]:
        """Who looks after a family."""
        return owners()


def line_of(
    person: Person, around: Surroundings, *, saved: str = "", wrong: str = "", typed: str = ""
) -> Markup:
    """The line of a record that came from the list, with its case; for the rest see :class:`Line`."""
    case = case_in(person)
    reason = notices.reason_of(person)
    is_at_rest = listing.is_at_rest(person)
    is_sent = person.status == "sent"
    differences = _differences(person) if reason == "mismatch" else None
    return _drawn(
        Line(
            person.id,
            person.status,
            person.school_class.name if person.school_class else "Cán bộ",
            person.full_name,
            person.date_of_birth,
            person.gender,
            person.identity_number,
            person.outcome if reason and is_sent else person.status,
            notices.REASON_WORDS[reason] if reason else STATUS_WORDS[person.status],
            bool(reason) and is_sent,
            differences,
            _case(person, case, is_at_rest, around),
            not (is_at_rest or (case is not None and case.state in _BY_ITSELF)),
            _next_step(person, case, is_at_rest),
            around.owner_of(person, case),
            saved,
            wrong,
            typed,
            around.page,
        )
    )


def _differences(person: Person) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (FIELD[field].label, pair[0] or "", pair[1] or "")
        for field, pair in person.differences.items()
    )


def _case(
    person: Person, case: PaperCase | None, is_at_rest: bool, around: Surroundings
) -> Case | None:
    if case is None:
        return None
    due_on = ""
    if case.due_on and not is_at_rest:
        due_on = f"{case.due_on.day}/{case.due_on.month}"
    is_due = listing.is_due(person, around.today)
    age = age_of(case, around.today_on_the_wall)
    return Case(case.state, age, due_on, is_due, case.returns, case.note)


def _next_step(person: Person, case: PaperCase | None, is_at_rest: bool) -> str:
    explanation = getattr(person, "explanation", None)
    standing = explanation.state if explanation is not None else ""
    if is_at_rest:
        return "Tạm nghỉ: giải trình đã được duyệt"
    if standing == "proposed":
        return "Chờ hiệu trưởng duyệt giải trình"
    step = notices.NEXT_ACTIONS[case.state if case is not None else "open"]
    if standing == "returned":
        return f"{step}; giải trình bị trả lại, cần bổ sung"
    return step


def case_in(person: Person) -> PaperCase | None:
    """The case that came with the list's query."""
    return getattr(person, "case", None)


def age_of(case: PaperCase, today: date | None = None) -> int:
    """In days of the calendar on the wall (``today``): what was opened last evening is not of today."""
    opened = case.opened_at.replace(tzinfo=UTC).astimezone(VIETNAM).date()
    return ((today or datetime.now(VIETNAM).date()) - opened).days


def owners() -> Callable[[Person, PaperCase | None], str]:
    """Who looks after a family: whoever was named, else the homeroom teacher, else the office."""
    # two queries for a page of 50 cases
    names = {user.id: user.full_name for user in User.select(User.id, User.full_name)}
    teachers = homeroom_words.by_class()

    def owner_of(person: Person, case: PaperCase | None) -> str:
        """The name to show beside a case."""
        if case is not None and case.owner_id in names:
            return names[case.owner_id]
        if person.school_class_id is None:
            return "Văn thư"
        return teachers.get(
            person.school_class_id, f"Văn thư (lớp {homeroom_words.NO_TEACHER.lower()})"
        )

    return owner_of


@kept(_KEPT)
def _drawn(line: Line) -> Markup:
    return drawn(
        "notices/_row.html",
        line=line,
        case=line.case,
        page=line.page,
        # In place of the global, which would ask who is signed in now.
        drawn_for=lambda: line.page.reader,
        STATE_WORDS=notices.STATE_WORDS,
        BY_HAND=notices.BY_HAND,
    )
