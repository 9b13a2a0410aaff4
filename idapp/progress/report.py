"""The workbook for the managing office: figures of pupils and staff, reasons, and the explained records.

No identity number is in it. Every sheet says for which campaign it is, when it was made and by whom.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

from idapp.models import Campaign, User
from idapp.notices.explanations import REASON_WORDS
from idapp.progress.board import HOLDER_WORDS, KIND_WORDS, Board, ProgressRow
from idapp.progress.closing import frozen_board
from idapp.progress.reasons import explained_people, reasons
from idapp.rules import identity_number
from idapp.school import reviewing_office, the_campaign, the_school
from idapp.settings import VIETNAM
from idapp.workbook import Column, Page, write_workbook

COLUMNS = (
    ("total", "Tổng số"), ("with_number", "Có số"), ("incomplete", "Thiếu/Sai"), ("ready", "Sẵn sàng gửi"),
    ("sent", "Đang chờ"), ("verified", "Đã xác thực"), ("mismatch", "Không khớp"), ("not_found", "Không tìm thấy"),
    ("rejected", "Bị từ chối"), ("unanswered", "Chưa trả lời"), ("changed", "Sửa sau xác thực"),
    ("explained", "Có giải trình"), ("notice_open", "Cần giấy"),
)  # fmt: skip


def workbook(view: Board, *, by: User) -> io.BytesIO:
    """The report of an open campaign as of now, of a closed one as it was frozen."""
    campaign = the_campaign()
    view = (frozen_board(campaign) if by.role != "teacher" else None) or view
    titles = [*_titles(campaign, by), *_about_foreigners(view)]
    pages = [_summary(view, titles)]
    pages += [_figures(view, kind, titles) for kind in KIND_WORDS if view.of_kind(kind)]
    pages += [_reasons(campaign, by, titles), _explained(campaign, by, titles)]
    target = io.BytesIO()
    write_workbook(target, sheets=pages)
    target.seek(0)
    return target


def _titles(campaign: Campaign, by: User) -> list[str]:
    school, now = the_school(), datetime.now(VIETNAM)
    day = (
        date.fromisoformat(campaign.report["day"])
        if campaign.report and by.role != "teacher"
        else None
    )
    closed = f" Số liệu chốt ngày {day:%d/%m/%Y}." if day else ""
    return [
        f"{school.name}: báo cáo tiến độ xác thực định danh",
        campaign.title,
        f"Hạn {campaign.deadline:%d/%m/%Y}. Lập lúc {now:%H:%M %d/%m/%Y}, người lập: {by.full_name}. "
        f"Nơi nhận: {reviewing_office()}.{closed}",
    ]


def _about_foreigners(view: Board) -> list[str]:
    """Without it the figures do not seem to add up."""
    n = view.whole.foreign
    return (
        [f"{n} người mang hộ chiếu nước ngoài nằm trong tổng số và không tính vào tỷ lệ."]
        if n
        else []
    )


def _summary(view: Board, titles: list[str]) -> Page:
    lines = [view.sum_of(kind) for kind in KIND_WORDS if view.of_kind(kind)]
    whole = view.whole
    rows: list[list[str | int | float]] = [
        [
            line.name,
            line.to_do,
            line.by_status["verified"],
            line.by_status["explained"],
            line.done,
            line.left,
            _percent(line),
            *(line.by_holder[who] for who in HOLDER_WORDS),
        ]
        for line in [*lines, whole]
    ]
    headings = [
        "Đối tượng",
        "Phải xác thực",
        "Đã xác thực",
        "Có giải trình",
        "Đã xác thực + có giải trình",
        "Còn lại",
        "Hoàn thành (%)",
        *(f"Đang chờ: {words}" for words in HOLDER_WORDS.values()),
    ]
    return _page("Tổng hợp", headings, rows, titles, widths=(30, 14))


def _figures(view: Board, kind: str, titles: list[str]) -> Page:
    name = "Học sinh" if kind == "student" else "Cán bộ"
    lines = [*view.of_kind(kind), view.sum_of(kind)]
    rows: list[list[str | int | float]] = [_figure_row(line) for line in lines]
    rows[-1][0] = "Cộng"
    headings = [
        "Lớp" if kind == "student" else "Đối tượng",
        *(words for _, words in COLUMNS),
        "Hoàn thành (%)",
    ]
    return _page(name, headings, rows, titles, widths=(16, 12))


def _figure_row(line: ProgressRow) -> list[str | int | float]:
    numbers = line.numbers()
    return [line.name, *(numbers[name] for name, _ in COLUMNS), _percent(line)]


def _percent(line: ProgressRow) -> float | str:
    return "–" if line.percent is None else line.percent


def _reasons(campaign: Campaign, by: User, titles: list[str]) -> Page:
    rows: list[list[str | int | float]] = [list(row) for row in reasons(by, campaign)]
    return _page(
        "Lý do chưa xác thực", ["Đối tượng", "Lý do", "Số hồ sơ"], rows, titles, widths=(34, 34)
    )


def _explained(campaign: Campaign, by: User, titles: list[str]) -> Page:
    rows = [
        [
            one.school_class.name if one.school_class else "Cán bộ",
            one.full_name,
            one.date_of_birth,
            REASON_WORDS.get(explanation.reason, explanation.reason),
            identity_number.mask_within(explanation.note),
            identity_number.mask_within(explanation.evidence),
        ]
        for one, explanation in explained_people(by, campaign)
    ]
    return _page(
        "Có giải trình",
        ["Lớp", "Họ và tên", "Ngày sinh", "Lý do", "Ghi chú", "Minh chứng"],
        rows,
        titles,
        widths=(14, 32),
    )


def _page(
    name: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str | int | float]],
    titles: Sequence[str],
    *,
    widths: tuple[int, int],
) -> Page:
    columns = [
        Column(heading, widths[0] if at == 0 else widths[1], text=False)
        for at, heading in enumerate(headings)
    ]
    return Page(name, columns, rows, titles=titles, spare_rows=0)
