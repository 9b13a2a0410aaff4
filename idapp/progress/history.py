"""Progress as it was: a snapshot a day and one after each batch, so that the chart stays true after corrections.

The row of a day is kept up to date until the day ends; yesterday's is never touched again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Any

from peewee import fn

from idapp.database import writing
from idapp.models import Campaign, Change, Snapshot, User, utc_now
from idapp.progress.board import Board, ProgressRow, board, percent_of
from idapp.school import is_set_up, the_campaign

PACE_DAYS = 7
_EVERYBODY = User(role="principal")  # never stored: its scope is the whole school
# campaign -> newest audit row the day's snapshot has seen, in this process
_newest_stored: dict[int, int] = {}


@dataclass(frozen=True)
class Point:
    """The end of one day, or today so far."""

    day: date
    done: int
    to_do: int
    verified: int

    @property
    def percent(self) -> float | None:
        """Of those to do on that day."""
        return percent_of(self.done, self.to_do)


@dataclass(frozen=True)
class Forecast:
    """What the last days promise.

    pace        people done per day over the last PACE_DAYS days (fewer at the beginning); None on the first day
    finish      the day on which everybody is done at this pace; None while nothing moves
    needed      people per day, today included, to be ready in time; None when the deadline has passed
    """

    left: int
    pace: float | None
    finish: date | None
    needed: int | None

    def in_time(self, deadline: date) -> bool:
        """Whether everybody is done on the deadline at the latest."""
        return self.finish is not None and self.finish <= deadline


def keep_today(today: date) -> bool:
    """Bring the day's snapshot up to date; nothing to do while nothing changed. Called every few seconds."""
    if not is_set_up():
        return False
    campaign = the_campaign()
    newest = Change.select(fn.MAX(Change.id)).scalar() or 0
    if campaign.closed_at:
        return False
    if _newest_stored.get(campaign.id) == newest and _has_snapshot(campaign, today):
        return False
    lines = _lines()
    with writing():
        update = Snapshot.update(lines=lines, at=utc_now()).where(_is_day(campaign, today))
        if not update.execute():
            Snapshot.create(campaign=campaign, day=today, reason="day", lines=lines)
    _newest_stored[campaign.id] = newest
    return True


def keep_after(subject: str, today: date) -> Snapshot:
    """One more snapshot, after a batch ("batch 3")."""
    lines = _lines()
    with writing():
        return Snapshot.create(
            campaign=the_campaign(), day=today, reason="batch", subject=subject, lines=lines
        )


def series(campaign: Campaign, view: Board, today: date, *, whole_school: bool) -> list[Point]:
    """One point per day with a snapshot, and today as it is now, or the last day of a closed campaign as it was frozen.

    whole_school  False, for a teacher: only the classes in ``view``
    """
    mine = None
    if not whole_school:
        mine = {(line.kind, line.class_id) for line in view.lines}
    end = today
    if campaign.report:
        end = date.fromisoformat(campaign.report["day"])
    latest: dict[date, list[dict[str, Any]]] = {}
    snapshots = Snapshot.select().where(Snapshot.campaign == campaign)
    # The last snapshot of a day counts; the one after a batch may be newer than the day's own.
    for snapshot in snapshots.order_by(Snapshot.day, Snapshot.at):
        latest[snapshot.day] = snapshot.lines
    points = [_point(day, lines, mine) for day, lines in latest.items() if day < end]
    if not campaign.closed_at:
        now = view.whole
        points.append(Point(today, now.done, now.to_do, now.by_status["verified"]))
    elif campaign.report:
        points.append(_point(end, campaign.report["lines"], mine))
    return points


def forecast(points: Sequence[Point], deadline: date, today: date) -> Forecast:
    """Straight on from the average of the last days: simple, and everybody can check it."""
    if not points:
        return Forecast(0, None, today, 0)
    last = points[-1]
    left = last.to_do - last.done
    days_left = (deadline - today).days + 1  # today counts
    needed = None
    if days_left > 0:
        needed = ceil(left / days_left)
    pace = _pace(points)
    return Forecast(left, pace, _finish(left, pace, today), needed)


def _finish(left: int, pace: float | None, today: date) -> date | None:
    if left == 0:
        return today
    if not pace:
        return None
    return today + timedelta(days=ceil(left / pace))


def completed_on(points: Sequence[Point]) -> date | None:
    """Since when nobody is missing; None while somebody is. Later corrections start it anew."""
    since = None
    for point in reversed(points):
        if not 0 < point.to_do == point.done:
            break
        since = point.day
    return since


def _pace(points: Sequence[Point]) -> float | None:
    last = points[-1]
    window = [p for p in points if last.day - p.day <= timedelta(days=PACE_DAYS)]
    days = (last.day - window[0].day).days
    if not days:
        return None
    # A correction can undo more than was done since; a pace backwards promises nothing.
    return max(0.0, (last.done - window[0].done) / days)


def _point(
    day: date, lines: list[dict[str, Any]], mine: set[tuple[str, int | None]] | None
) -> Point:
    whole = ProgressRow("", "")
    for line in lines:
        if mine is None or (line["kind"], line["class_id"]) in mine:
            whole.include(ProgressRow.of(line))
    return Point(day, whole.done, whole.to_do, whole.by_status["verified"])


def _lines() -> list[dict[str, Any]]:
    return [line.as_dict() for line in board(_EVERYBODY).lines]


def _is_day(campaign: Campaign, day: date) -> Any:
    return (Snapshot.campaign == campaign) & (Snapshot.day == day) & (Snapshot.reason == "day")


def _has_snapshot(campaign: Campaign, day: date) -> bool:
    return Snapshot.select().where(_is_day(campaign, day)).exists()
