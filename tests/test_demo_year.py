"""A whole school year of a small school, to the next October; every evening all is counted again."""

import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from idapp import doctor, people, progress, school_years
from idapp.demo import year
from idapp.demo.year import Day
from idapp.models import (
    Campaign,
    Person,
    SchoolClass,
    Snapshot,
    Transfer,
    User,
    YearChange,
)
from idapp.progress import closing, exchange
from idapp.school_years import Plan
from idapp.settings import Settings, current
from tests.test_school_years import rows_of

THE_WEEK_BEFORE = year.NEXT_YEAR - timedelta(days=7)
FIGURES = ("total", "to_do", "done", "with_number", "notice_open")
IDENTITY = ("full_name", "date_of_birth", "gender", "identity_number")


class Witness:
    """What it saw on the evenings before, and what must therefore be true on this one."""

    def __init__(self) -> None:
        self.verified: dict[int, tuple[str, ...]] = {}
        self.snapshots: dict[int, dict[str, object]] = {}
        self.reports: dict[int, object] = {}
        self.total = 0

    def look(self, evening: Day) -> None:
        self.nobody_is_lost(evening)
        self.nobody_verified_is_lost()
        self.what_was_stays(evening)
        sums_add_up()
        if evening.story:
            assert [each for each in doctor.invariants() if each.level == "bad"] == [], (
                evening.story
            )

    def nobody_is_lost(self, evening: Day) -> None:
        assert evening.whole.total == self.total + evening.arrived - evening.left
        assert evening.whole.total == Person.select().where(Person.active).count()
        self.total = evening.whole.total

    def nobody_verified_is_lost(self) -> None:
        """Who was verified is so still, with the same values; or is gone and keeps the answer."""
        for person in Person.select():
            identity = tuple(getattr(person, name) for name in IDENTITY)
            if person.id in self.verified:
                assert person.outcome == "verified"
                assert person.status == "verified" or not person.active
                assert identity == self.verified[person.id]
            elif person.status == "verified":
                self.verified[person.id] = identity

    def what_was_stays(self, evening: Day) -> None:
        past = {s["id"]: s for s in Snapshot.select().where(Snapshot.day < evening.day).dicts()}
        assert {id_: past.get(id_) for id_ in self.snapshots} == self.snapshots
        self.snapshots = past
        closed = {c.id: c.report for c in Campaign.select() if c.closed_at}
        assert {id_: closed.get(id_) for id_ in self.reports} == self.reports
        self.reports = closed


def sums_add_up() -> None:
    """On the board and in the file for the office; a closed campaign's file says what its report froze."""
    principal = User.get(User.username == "hieutruong")
    board = progress.board(principal)
    file = progress.progress_file(principal)
    shown = closing.frozen_board(Campaign.select().order_by(Campaign.id.desc()).get()) or board
    assert file["school"]["total"] == shown.whole.total
    for line in board.lines:
        assert sum(line.by_status.values()) == line.total, line.name
        assert sum(line.by_holder.values()) == line.left, line.name
    for parts in (file["groups"], file["kinds"].values()):
        for figure in FIGURES:
            assert sum(part[figure] for part in parts) == file["school"][figure], figure
    staff = file["kinds"]["staff"]
    assert sum(line["total"] for line in file["positions"]) == staff["total"]
    assert exchange.read(json.dumps(file).encode())[0]["school"] == file["school"]


def undo_and_do_again(before: dict[str, list[dict[str, object]]]) -> None:
    """Back to the row, and forward once more: the same children in classes of the same names."""
    principal = User.get(User.username == "hieutruong")
    assert before
    places = seats()
    change = school_years.begin_undo(by=principal)
    school_years.go_on(change.id)
    assert rows_of() == before
    again = school_years.begin(Plan.of_json(change.plan), by=principal)
    school_years.go_on(again.id)
    assert YearChange.get_by_id(again.id).counts == change.counts
    assert seats() == places


def seats() -> dict[int, tuple[str, str]]:
    """{person id: class with its year, state}"""
    return {
        person.id: (school_years.moving.named(person.school_class), person.state)
        for person in people.states.people_with_class(Person.id > 0)
    }


@pytest.mark.usefixtures("database")
def test_a_year_is_lived_and_nobody_is_lost(settings: Settings) -> None:
    witness = Witness()
    evenings = []
    before: dict[str, list[dict[str, object]]] = {}
    for evening in year.play(settings, classes=year.FEW_CLASSES):
        assert current().today() == evening.day
        if evening.day == year.NEXT_YEAR:
            undo_and_do_again(before)
        witness.look(evening)
        evenings.append(evening)
        if evening.day == THE_WEEK_BEFORE:
            before = rows_of()
    assert current() == settings
    assert [each.day for each in evenings if each.story] == sorted(year.CALENDAR)
    check_what_happened(evenings)


def check_what_happened(evenings: list[Day]) -> None:
    """Each kind of thing that happens to a school has happened."""
    by_day = {evening.day: evening for evening in evenings}
    frozen = [closing.frozen_board(campaign) for campaign in Campaign.select()]
    assert [bool(board) for board in frozen] == [True, True, False]
    assert [board.whole.left for board in frozen if board] == [0, 0]
    assert frozen[1].whole.by_status["explained"] < frozen[0].whole.by_status["explained"]
    up = by_day[year.NEXT_YEAR]
    last_spring = [evening for evening in evenings if evening.day < year.NEXT_YEAR][-1]
    assert (up.arrived, up.left) == (0, last_spring.whole.total - up.whole.total)
    assert Counter(t.kind for t in Transfer.select()).keys() == {"arrival", "state"}
    assert {each.name for each in SchoolClass.present()} == {"1A", "2A", "5A", "6A"}
    assert all(a.day < b.day for a, b in pairwise(evenings))
    assert evenings[-1].whole.left > 0  # there is something to do for whoever opens it
