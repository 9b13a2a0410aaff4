"""Is this installation backed up? Asked by the pages, by the doctor and by `/healthz`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from idapp import backup as backups
from idapp import school
from idapp.backup import nightly, plan
from idapp.database import ONE_ROW, PreparedStatement
from idapp.models import Change, utc_now

State = Literal["ok", "late", "failed", "partly", "off"]
_LATE_AFTER = timedelta(days=2)
_BY_HAND_IS_ENOUGH = timedelta(days=7)
_A_NEW_SCHOOL = timedelta(days=7)


@dataclass(frozen=True)
class Standing:
    """How it stands with the backups.

    state    off: the clock makes none; partly: none on the second disk
    made_at  when the newest was made, in UTC; by hand counts too
    problem  why the last one failed, a Vietnamese sentence
    """

    state: State
    made_at: datetime | None = None
    problem: str = ""

    @property
    def days(self) -> int:
        """Since the newest."""
        if self.made_at is None:
            return 0
        return max(0, (utc_now() - self.made_at).days)

    @property
    def sentence(self) -> str:
        """What it means, and what to do."""
        if self.state == "failed":
            return f"Lần sao lưu gần nhất không thành. {self.problem}"
        if self.state == "partly":
            return f"Bản sao lưu mới chưa có ở thư mục thứ hai. {self.problem}"
        if self.state == "off" and self.made_at is None:
            return (
                "Chưa có bản sao lưu nào: máy hỏng là mất hết hồ sơ. Hãy bật sao lưu hằng ngày ở "
                "Cài đặt, Sao lưu."
            )
        if self.state == "off":
            return (
                f"Bản sao lưu mới nhất: {_ago(self.days)}. Chưa bật sao lưu hằng ngày: hãy bật ở "
                "Cài đặt, Sao lưu."
            )
        if self.state == "late":
            return (
                f"{_without(self)}. Hãy bấm Sao lưu ngay ở Cài đặt, Sao lưu; nếu không được, báo "
                "người phụ trách máy chủ."
            )
        return f"Bản sao lưu mới nhất: {_ago(self.days)}."


def standing() -> Standing:
    """How it stands now."""
    wanted = plan.stored()
    newest_good = nightly.last_good()
    by_hand = backups.last_made()
    if not wanted.works:
        return Standing("off", by_hand)
    made_at = None
    if newest_good is not None:
        made_at = newest_good.started_at
    newest = nightly.last()
    if newest is not None and newest.state in ("failed", "partly"):
        return Standing("failed" if newest.state == "failed" else "partly", made_at, newest.problem)
    waited_since = made_at or wanted.since
    if waited_since is not None and utc_now() - waited_since > _LATE_AFTER:
        return Standing("late", made_at)
    return Standing("ok", made_at)


def is_worth_a_word(now: Standing) -> bool:
    """Must clerk and principal read it above every page? Not in a new school, nor where people are invented."""
    if now.state == "ok":
        return False
    if now.state != "off":
        return True
    if school.is_demo() or not school.is_set_up():
        return False
    if now.made_at is not None and utc_now() - now.made_at < _BY_HAND_IS_ENOUGH:
        return False
    oldest: list[Change] = _OLDEST.rows()
    return bool(oldest) and utc_now() - oldest[0].at > _A_NEW_SCHOOL


_OLDEST = PreparedStatement(lambda: Change.select(Change.at).order_by(Change.id).limit(ONE_ROW))


def _without(now: Standing) -> str:
    if now.made_at is None:
        return "Sao lưu hằng ngày đã bật nhưng chưa có bản nào"
    return f"Đã {now.days} ngày không có bản sao lưu mới"


def _ago(days: int) -> str:
    """
    >>> _ago(0), _ago(3)
    ('hôm nay', '3 ngày trước')
    """
    return f"{days} ngày trước" if days else "hôm nay"
