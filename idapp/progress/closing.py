"""The end of a campaign: the principal closes it, and its report is frozen as it stood then."""

from __future__ import annotations

from datetime import date
from typing import Any

from idapp import audit, school_facts
from idapp.database import writing
from idapp.models import Campaign, Snapshot, User, utc_now
from idapp.progress.board import Board, ProgressRow, board
from idapp.progress.reasons import to_freeze
from idapp.rules.problem import Problem
from idapp.school import check_days, the_campaign


def close(*, today: date, by: User) -> Campaign:
    """Freeze the figures and end the campaign. Records can still be edited; the report no longer changes.

    Raises Problem if it is closed already.
    """
    with writing():
        campaign = the_campaign()
        if campaign.closed_at:
            sentence = "Đợt thu thập này đã kết thúc rồi. Xem báo cáo đã chốt ở trang Tiến độ."
            raise Problem("campaign", "closed", sentence)
        # Inside the transaction: no edit comes between the figures and the end.
        view = board(by)
        lines = [line.as_dict() for line in view.lines]
        report: dict[str, Any] = {"day": today.isoformat(), "by": by.full_name, "lines": lines}
        report["positions"] = [line.as_dict() for line in view.positions]
        report |= to_freeze(by, campaign)
        campaign.closed_at = utc_now()
        campaign.closed_by = by
        campaign.report = report
        campaign.save(only=[Campaign.closed_at, Campaign.closed_by, Campaign.report])
        Snapshot.create(campaign=campaign, day=today, reason="closed", lines=lines)
        audit.record("campaign.closed", by=by, subject=f"campaign {campaign.id}")
    return campaign


def reopen(*, by: User) -> Campaign:
    """Closed too early: the frozen report is dropped, what it said stays in the snapshots and the audit.

    Raises Problem if the campaign is open.
    """
    with writing():
        campaign = the_campaign()
        if not campaign.closed_at:
            raise Problem("campaign", "open", "Đợt thu thập này đang mở.")
        campaign.closed_at = None
        campaign.closed_by = None
        campaign.report = {}
        campaign.save(only=[Campaign.closed_at, Campaign.closed_by, Campaign.report])
        audit.record("campaign.reopened", by=by, subject=f"campaign {campaign.id}")
    return campaign


def open_next(
    *,
    title: str,
    letter: str,
    opens_on: date,
    deadline: date,
    today: date,
    meant: date | None = None,
    by: User,
) -> Campaign:
    """The next letter of the managing office. Only after the last campaign is closed.

    Raises Problem for a missing title, impossible days, or while a campaign is open; UnusualDeadline for a day that
    is asked about and is not the one ``meant``.
    """
    title = school_facts.title_of(title)
    letter = school_facts.letter_of(letter)
    check_days(opens_on, deadline)
    school_facts.check_deadline(deadline, today, meant)
    with writing():
        last = the_campaign()
        if not last.closed_at:
            raise Problem("campaign", "open", "Hãy kết thúc đợt đang mở trước khi mở đợt mới.")
        opened = Campaign.create(
            title=title, letter=letter, opens_on=opens_on, deadline=deadline, epoch=last.epoch
        )
        audit.record("campaign.opened", by=by, subject=f"campaign {opened.id}", new=title)
    return opened


def frozen_board(campaign: Campaign) -> Board | None:
    """The board as it was closed; None while the campaign is open."""
    if not campaign.report:
        return None
    lines = [ProgressRow.of(line) for line in campaign.report["lines"]]
    # campaigns that were closed before did not count them
    positions = [ProgressRow.of(line) for line in campaign.report.get("positions", [])]
    return Board(lines, positions)
