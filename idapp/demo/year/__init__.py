"""A school year in the demo, played through the program's own verbs: from the first bell of 2022 to October of 2023.

``play`` makes the demo school in an empty folder and lives a year with it, day by day: newcomers of September, the
letter of October with its batches against the simulator, papers, police and explanations, coming and going, a second
letter in spring, the summer's step into the next year, its first grade, and the next letter. Nothing is written past
the verbs, so the history, the charts and the reports of the school afterwards are those of a school that worked.

The same number, the same year. world: the stage and the clock; letters: the days of a campaign; pupils: who comes
and goes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from idapp import maintenance
from idapp.demo import invented
from idapp.demo.year import letters, pupils
from idapp.demo.year.world import World, opened_world
from idapp.progress import board
from idapp.progress.board import ProgressRow
from idapp.settings import Settings

FIRST_DAY = date(2022, 9, 5)
LAST_DAY = date(2023, 10, 16)
# for whoever has no minute: each kind of class once, the one of the tour among them
FEW_CLASSES = ("1A", "4A", "5A", "9A")
_MONDAY = 0
_SATURDAY = 5

Deed = Callable[[World], str]
_AUTUMN: dict[date, Deed] = {
    date(2022, 9, 5): letters.announce_autumn,
    date(2022, 9, 12): pupils.receive_autumn,
    date(2022, 10, 10): letters.bring_autumn_letter,
    date(2022, 10, 11): letters.correct_from_papers_at_hand,
    date(2022, 10, 12): letters.verify,
    date(2022, 10, 13): letters.hand_out_slips,
    date(2022, 10, 17): letters.write_to_police,
    date(2022, 10, 18): letters.take_papers,
    date(2022, 10, 19): letters.verify,
    date(2022, 10, 21): letters.take_papers,
    date(2022, 10, 24): letters.verify,
    date(2022, 10, 25): letters.explain_the_rest,
    date(2022, 10, 26): letters.close,
}
_WINTER: dict[date, Deed] = {
    date(2022, 11, 7): pupils.bring_codes,
    date(2022, 11, 14): pupils.leave_in_autumn,
    date(2023, 1, 9): pupils.receive_winter,
    date(2023, 2, 13): letters.hear_from_police,
}
_SPRING: dict[date, Deed] = {
    date(2023, 3, 6): letters.open_spring,
    date(2023, 3, 8): letters.verify,
    date(2023, 3, 9): letters.hand_out_slips,
    date(2023, 3, 20): letters.take_late_papers,
    date(2023, 3, 22): letters.verify,
    date(2023, 3, 30): letters.explain_the_rest,
    date(2023, 3, 31): letters.close,
    date(2023, 5, 22): pupils.leave_in_spring,
}
NEXT_YEAR = date(2023, 7, 10)
_NEXT: dict[date, Deed] = {
    NEXT_YEAR: pupils.go_up,
    date(2023, 9, 5): pupils.bring_first_grade,
    date(2023, 9, 11): pupils.receive_next_autumn,
    date(2023, 10, 9): letters.open_next_autumn,
    date(2023, 10, 10): letters.correct_from_papers_at_hand,
    date(2023, 10, 11): letters.verify,
    date(2023, 10, 12): letters.hand_out_slips,
    LAST_DAY: letters.take_papers,
}
CALENDAR = _AUTUMN | _WINTER | _SPRING | _NEXT


@dataclass(frozen=True)
class Day:
    """The evening of a simulated day.

    story    what was done, a sentence in Vietnamese; "" on a day on which only time went by
    whole    the board of the school
    arrived  people who have come since the day before; ``left``: who have gone
    """

    day: date
    story: str
    whole: ProgressRow
    arrived: int
    left: int


def play(
    settings: Settings, *, number: int = 1, classes: Sequence[str] = invented.CLASSES
) -> Iterator[Day]:
    """Make the school and live the year with it; yields each evening. The database is open and migrated.

    While it plays, the settings of this process say the day of the play. Raises as ``demo.seed``.
    """
    with opened_world(settings, number, classes, FIRST_DAY) as world:
        for day in days():
            world.set_day(day)
            story = ""
            if day in CALENDAR:
                story = CALENDAR[day](world)
            maintenance.run()
            arrived, left = world.traffic()
            yield Day(day, story, board(world.principal).whole, arrived, left)


def line_of(evening: Day) -> str:
    """What the terminal says of a day: what was done, and the figures of the evening."""
    whole = evening.whole
    figures = (
        f"{whole.total} người (đến {evening.arrived}, đi {evening.left}): đã xác thực "
        f"{whole.by_status['verified']}, giải trình {whole.by_status['explained']}, "
        f"ngoài diện {whole.foreign}, còn lại {whole.left}"
    )
    return f"{evening.day:%d/%m/%Y}  {evening.story}\n            {figures}"


def days() -> Iterator[date]:
    """Every school day of a campaign and every day with a deed; of the quiet months the Mondays."""
    day = FIRST_DAY
    while day <= LAST_DAY:
        is_busy = letters.is_campaign_day(day) and day.weekday() < _SATURDAY
        if day in CALENDAR or is_busy or day.weekday() == _MONDAY:
            yield day
        day += timedelta(days=1)
