"""A month of coming and going, day by day from a seed: every sum is right today, every past day stays as it was."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from idapp import doctor, notices, people, permissions, progress, school
from idapp.models import Change, Person, Snapshot, User
from idapp.people import transfers, undoing
from idapp.people.membership import MISTAKEN
from idapp.people.newcomers import Arrival, receive
from tests.cast import Cast, pupil

FIRST = date(2022, 10, 3)
DAYS = 30
STATES = (
    "Chuyển đi kỳ 1",
    "Thôi học kỳ 1",
    transfers.AWAY,
    "Đang học",
    "Chuyển đến kỳ 1",
    MISTAKEN,
)


class Month:
    """The deeds of the office, and a register of its own of who is where."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast = cast
        self.chance = random.Random(seed)
        self.serial = 100

    def deed(self, today: date) -> None:
        deed = self.chance.choice((self.arrive, self.move, self.restate, self.restate, self.undo))
        deed(today)

    def arrive(self, today: date) -> None:
        self.serial += 1
        values = pupil(f"Lê Thị {chr(65 + self.serial % 26)}a", serial=self.serial)
        arrival = Arrival("student", self._class(), values, sure=True, about=self._about(today))
        receive(arrival, move=None, by=self._hand())

    def move(self, today: date) -> None:
        transfers.change_class(self._some(), self._class(), self._about(today), by=self._hand())

    def restate(self, today: date) -> None:
        state = self.chance.choice(STATES)
        transfers.change_state(self._some(), state, self._about(today), by=self._hand())

    def undo(self, today: date) -> None:
        by = self._hand()
        everybody = permissions.people_of(by, include_inactive=True)
        try:
            undoing.undo(everybody, by=by)
        except (undoing.UndoConflict, undoing.OutOfReach):
            undoing.undo(everybody, by=by, rest=True)

    def _about(self, today: date) -> transfers.Circumstances:
        """Often said days later."""
        return transfers.Circumstances(today - timedelta(days=self.chance.randrange(10)))

    def _some(self) -> list[Person]:
        pupils = list(Person.select().where(Person.kind == "student"))
        return self.chance.sample(pupils, min(len(pupils), self.chance.randint(1, 3)))

    def _class(self):  # type: ignore[no-untyped-def]
        return self.chance.choice((self.cast.class_5a, self.cast.class_5b))

    def _hand(self) -> User:
        return self.chance.choice((self.cast.thu, self.cast.hoa))


def counted() -> dict[str, int]:
    """Pupils by class, by going through the records one by one."""
    counts = dict.fromkeys(("5A", "5B"), 0)
    for person in Person.select().where(Person.kind == "student"):
        if transfers.is_present(person.kind, person.state):
            counts[person.school_class.name] += 1
    return counts


def on_the_board(lines: Iterator[progress.ProgressRow]) -> dict[str, int]:
    return {line.name: line.total for line in lines if line.kind == "student"}


@pytest.mark.parametrize("seed", [1, 2])
def test_every_day_of_a_month_is_right_and_stays_right(cast: Cast, seed: int) -> None:
    month = Month(cast, seed)
    by_day: dict[date, dict[str, int]] = {}
    for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
        for _ in range(month.chance.randint(0, 3)):
            month.deed(day)
        notices.sync_cases()
        board = progress.board(cast.hoa)
        by_day[day] = counted()
        assert on_the_board(iter(board.lines)) == by_day[day]
        assert all(sum(line.by_status.values()) == line.total for line in board.lines)
        progress.keep_today(day)
    stored = {
        snapshot.day: on_the_board(map(progress.ProgressRow.of, snapshot.lines))
        for snapshot in Snapshot.select()
    }
    assert stored == by_day
    assert len({tuple(day.items()) for day in by_day.values()}) > 3  # something did happen
    assert Change.select().where(Change.verb == "undo").exists()
    assert school.the_campaign().closed_at is None
    bad = [finding for finding in doctor.invariants() if finding.level == "bad"]
    assert not bad
    assert (
        people.counts(Person.select().where(Person.active)).total
        == progress.board(cast.hoa).whole.total
    )
