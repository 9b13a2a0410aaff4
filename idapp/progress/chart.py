"""The geometry of the day-by-day chart. The template draws it; this module knows no markup and no colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from idapp.progress.history import Forecast, Point

WIDTH = 760
HEIGHT = 260
LEFT = 44  # room for the figures of the axis
RIGHT = 16
TOP = 16
BOTTOM = 34  # room for the days
MOST_LABELS = 10
MOST_DOTS = 45
LONGEST_AHEAD = timedelta(days=14)  # a forecast farther away leaves the picture at its edge


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
    points = [point for point in points if point.percent is not None]
    start = min([opens_on, *(point.day for point in points)])
    axes = _Axes(start, _end(ahead, deadline, today))
    dots = tuple((axes.x(point.day), axes.y(point.percent or 0), point) for point in points)
    shown_dots = dots
    if len(dots) > MOST_DOTS:
        shown_dots = dots[-1:]
    return Chart(
        done=_line(dots),
        dots=shown_dots,
        ahead=_ahead(points, ahead, axes),
        plan=f"{axes.x(opens_on)},{axes.y(0)} {axes.x(deadline)},{axes.y(100)}",
        deadline_x=axes.x(deadline),
        days=_day_labels(axes),
        levels=tuple((axes.y(level), f"{level}%") for level in (0, 25, 50, 75, 100)),
    )


@dataclass(frozen=True)
class _Axes:
    """Where a day and a percentage stand in the picture."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Length of the axis, at least one day."""
        return max(1, (self.end - self.start).days)

    def x(self, day: date) -> float:
        """From the left edge."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - self.start).days / self.days, 1)

    def y(self, percent: float) -> float:
        """From the top."""
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - percent / 100), 1)


def _end(ahead: Forecast | None, deadline: date, today: date) -> date:
    end = max(deadline, today)
    if ahead is None or ahead.finish is None or not ahead.left:
        return end
    return min(max(end, ahead.finish), end + LONGEST_AHEAD)


def _line(dots: Sequence[tuple[float, float, Point]]) -> str:
    return " ".join(f"{x},{y}" for x, y, _ in dots)


def _ahead(points: Sequence[Point], forecast: Forecast | None, axes: _Axes) -> str:
    """From the last point to the day that the forecast promises, as far as the picture reaches."""
    if forecast is None or not points or not forecast.left:
        return ""
    if not forecast.finish or not forecast.pace:
        return ""
    last = points[-1]
    reach = min(forecast.finish, axes.end)
    done = min(last.to_do, last.done + forecast.pace * (reach - last.day).days)
    begin = f"{axes.x(last.day)},{axes.y(last.percent or 0)}"
    return f"{begin} {axes.x(reach)},{axes.y(100 * done / last.to_do)}"


def _day_labels(axes: _Axes) -> tuple[tuple[float, str], ...]:
    distance = ceil(axes.days / MOST_LABELS)
    days = [axes.start + timedelta(days=n) for n in range(0, axes.days + 1, distance)]
    with_year = days[0].year != days[-1].year
    return tuple((axes.x(day), _day_label(day, with_year)) for day in days)


def _day_label(day: date, with_year: bool) -> str:
    if with_year:
        return f"{day.day}/{day.month}/{day:%y}"
    return f"{day.day}/{day.month}"
