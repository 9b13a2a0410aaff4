"""The geometry of the day-by-day chart. The template draws it; this module knows no markup and no colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from idapp.progress.history import Forecast, Point

WIDTH, HEIGHT = 760, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 16, 34
MOST_LABELS, MOST_DOTS = 10, 45
LONGEST_AHEAD = timedelta(days=14)  # a forecast farther away leaves the picture at its edge
_Place = Callable[[date], float]


@dataclass(frozen=True)
class Chart:
    """Coordinates in a box of WIDTH x HEIGHT.

    done      the broken line of the days so far       dots    (x, y, point) of each day, of the last when many
    ahead     the forecast from today on, "" if none   plan    from the opening to 100 % on the last day
    deadline_x   upright line                          days    (x, "16/10") labels        levels  (y, "50%")
    """

    done: str
    dots: tuple[tuple[float, float, Point], ...]
    ahead: str
    plan: str
    deadline_x: float
    days: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]


def draw(
    points: Sequence[Point], ahead: Forecast | None, opens_on: date, deadline: date, today: date
) -> Chart:
    """Days from the opening (or the first snapshot) to the deadline (or today, or the forecast if it is near).

    Days on which there was nobody to verify have no percentage and are left out; ``ahead`` None: nothing is foretold.
    """
    points = [p for p in points if p.percent is not None]
    start = min([opens_on, *(p.day for p in points)])
    end = max(deadline, today)
    if ahead and ahead.finish and ahead.left:
        end = min(max(end, ahead.finish), end + LONGEST_AHEAD)
    span = max(1, (end - start).days)

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - start).days / span, 1)

    def y(percent: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - percent / 100), 1)

    dots = tuple((x(p.day), y(p.percent or 0), p) for p in points)
    return Chart(
        done=_line(dots),
        dots=dots if len(dots) <= MOST_DOTS else dots[-1:],
        ahead=_ahead(points, ahead, end, x, y) if ahead else "",
        plan=f"{x(opens_on)},{y(0)} {x(deadline)},{y(100)}",
        deadline_x=x(deadline),
        days=_day_labels(start, span, x),
        levels=tuple((y(level), f"{level}%") for level in (0, 25, 50, 75, 100)),
    )


def _line(dots: Sequence[tuple[float, float, Point]]) -> str:
    return " ".join(f"{x},{y}" for x, y, _ in dots)


def _ahead(
    points: Sequence[Point], forecast: Forecast, end: date, x: _Place, y: Callable[[float], float]
) -> str:
    if not (points and forecast.left and forecast.finish and forecast.pace):
        return ""
    last, reach = points[-1], min(forecast.finish, end)
    done = min(last.to_do, last.done + forecast.pace * (reach - last.day).days)
    return f"{x(last.day)},{y(last.percent or 0)} {x(reach)},{y(100 * done / last.to_do)}"


def _day_labels(start: date, span: int, x: _Place) -> tuple[tuple[float, str], ...]:
    step = -(-span // MOST_LABELS)
    days = [start + timedelta(days=n) for n in range(0, span + 1, step)]
    with_year = days[0].year != days[-1].year
    return tuple(
        (x(day), f"{day.day}/{day.month}" + f"/{day.year % 100:02d}" * with_year) for day in days
    )
