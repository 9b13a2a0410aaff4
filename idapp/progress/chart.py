"""The geometry of the day-by-day chart. The template draws it; this module knows no markup and no colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from idapp.progress.history import Forecast, Point

WIDTH, HEIGHT = 760, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 16, 16, 34
MOST_LABELS = 10
_Place = Callable[[date], float]


@dataclass(frozen=True)
class Chart:
    """Coordinates in a box of WIDTH x HEIGHT.

    done      the broken line of the days so far       dots    (x, y, point) of each day
    ahead     the forecast from today on, "" if none   plan    from the opening to 100 % on the last day
    today_x, deadline_x   upright lines                days    (x, "16/10") labels        levels  (y, "50%")
    """

    done: str
    dots: tuple[tuple[float, float, Point], ...]
    ahead: str
    plan: str
    today_x: float
    deadline_x: float
    days: tuple[tuple[float, str], ...]
    levels: tuple[tuple[float, str], ...]


def draw(points: Sequence[Point], ahead: Forecast, opens_on: date, deadline: date, today: date) -> Chart:
    """Days from the opening (or the first snapshot) to the deadline (or today, or the forecast if it is near)."""
    start = min([opens_on, *(p.day for p in points)])
    end = max(deadline, today)
    if ahead.finish and ahead.left:
        end = min(max(end, ahead.finish), end + timedelta(days=14))
    span = max(1, (end - start).days)

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - start).days / span, 1)

    def y(percent: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - percent / 100), 1)

    dots = tuple((x(p.day), y(p.percent), p) for p in points)
    return Chart(
        done=_line(dots),
        dots=dots,
        ahead=_ahead(points, ahead, end, x, y),
        plan=f"{x(opens_on)},{y(0)} {x(deadline)},{y(100)}",
        today_x=x(today),
        deadline_x=x(deadline),
        days=_day_labels(start, span, x),
        levels=tuple((y(level), f"{level}%") for level in (0, 25, 50, 75, 100)),
    )


def _line(dots: Sequence[tuple[float, float, Point]]) -> str:
    return " ".join(f"{x},{y}" for x, y, _ in dots)


def _ahead(points: Sequence[Point], forecast: Forecast, end: date, x: _Place, y: Callable[[float], float]) -> str:
    if not points or not forecast.left or not forecast.finish:
        return ""
    last, reach = points[-1], min(forecast.finish, end)
    done = min(last.to_do, last.done + forecast.pace * (reach - last.day).days)
    return f"{x(last.day)},{y(last.percent)} {x(reach)},{y(100 * done / last.to_do)}"


def _day_labels(start: date, span: int, x: _Place) -> tuple[tuple[float, str], ...]:
    step = -(-span // MOST_LABELS)
    days = [start + timedelta(days=n) for n in range(0, span + 1, step)]
    return tuple((x(day), f"{day.day}/{day.month}") for day in days)
