"""The report to the managing office as an official paper: the same figures as the workbook, in the form of a report.

No identity number is in it; the passport number of a foreigner is, for whoever may see numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from idapp.documents import Block, OfficialPaper, Table, Text, office_addressed, school_paper
from idapp.models import Campaign, Explanation, Person, User
from idapp.notices.explanations import REASON_WORDS
from idapp.progress.board import KIND_WORDS, Board, ProgressRow
from idapp.progress.holders import HOLDER_WORDS
from idapp.progress.reasons import explained_people, foreign_people, reasons
from idapp.progress.report import (
    COLUMNS,
    FOREIGN_TITLE,
    MILESTONE_HEADINGS,
    milestone_rows,
    passport_of,
    percent_or_dash,
)
from idapp.rules import identity_number
from idapp.rules.official_paper import number_vn
from idapp.school import the_campaign
from idapp.settings import VIETNAM

_IN_BETWEEN = ("ready", "sent", "changed", "rejected")
_SHOWN = tuple((name, words) for name, words in COLUMNS if name not in _IN_BETWEEN)
Cells = list[str | int | float]


def report_paper(view: Board, *, by: User, day: date) -> OfficialPaper:
    """``view``: the figures, of an open campaign as of now, of a closed one as they were frozen."""
    campaign = the_campaign()
    body: list[Block] = [Text(_about(campaign, by)), Text(_sum_sentence(view.whole))]
    for kind in KIND_WORDS:
        if view.of_kind(kind):
            body += _figures(view, kind)
    if view.about_foreigners:
        body.append(Text(view.about_foreigners))
    body += _milestones(view)
    body += _holders(view.whole)
    body += _reasons(campaign, by)
    body += _explained(campaign, by)
    body += _foreigners(campaign, by)
    return school_paper(
        "BÁO CÁO",
        "Tiến độ xác thực định danh học sinh, cán bộ, giáo viên, nhân viên",
        body,
        day=day,
        to=[office_addressed()],
        recipients=["- Như trên;", "- Lưu: VT."],
        maker=by.full_name,
        landscape=True,
    )


def _about(campaign: Campaign, by: User) -> str:
    letter = f" ({campaign.letter})" if campaign.letter else ""
    moment = datetime.now(VIETNAM)
    words = "Số liệu lúc"
    if campaign.closed_at is not None:
        moment = campaign.closed_at.replace(tzinfo=UTC).astimezone(VIETNAM)
        words = "Số liệu chốt lúc"
    return (
        f"{campaign.title}{letter}. Hạn hoàn thành: {campaign.deadline:%d/%m/%Y}. "
        f"{words} {moment:%H:%M ngày %d/%m/%Y}. Người lập: {by.full_name}."
    )


def _sum_sentence(whole: ProgressRow) -> str:
    if not whole.to_do:
        return "Chưa có hồ sơ nào phải xác thực."
    verified = number_vn(whole.by_status["verified"])
    explained = number_vn(whole.by_status["explained"])
    return (
        f"Đã xác thực {verified} + có giải trình {explained} = "
        f"{number_vn(whole.done)}/{number_vn(whole.to_do)}, đạt {number_vn(whole.percent or 0.0)}%."
    )


def _figures(view: Board, kind: str) -> list[Block]:
    lines = view.parts_of(kind)
    rows = [_figure_row(line, line.name) for line in lines]
    sums = 0
    if len(lines) > 1:
        rows.append(_figure_row(view.sum_of(kind), "Cộng"))
        sums = 1
    first = "Lớp" if kind == "student" else "Đối tượng"
    headings = [first, *(words for _, words in _SHOWN), "Khác", "%"]
    widths = [13, *(8 for _ in _SHOWN), 7, 7]
    return [Text(KIND_WORDS[kind], "section"), Table(headings, rows, widths, sums=sums)]


def _figure_row(line: ProgressRow, name: str) -> Cells:
    numbers = line.numbers()
    others = sum(numbers[status] for status in _IN_BETWEEN)
    return [name, *(numbers[column] for column, _ in _SHOWN), others, percent_or_dash(line)]


def _milestones(view: Board) -> list[Block]:
    """The earlier days of the campaign, met or not."""
    rows = milestone_rows(view)
    if not rows:
        return []
    table = Table(MILESTONE_HEADINGS, rows, [26, 28, 12, 9, 8, 8, 9])
    return [Text("Mốc trong đợt", "section"), table]


def _holders(whole: ProgressRow) -> list[Block]:
    """On whom the rest waits; they add up to what is left."""
    rows: list[Cells] = [
        [words, whole.by_holder[who]] for who, words in HOLDER_WORDS.items() if whole.by_holder[who]
    ]
    if not rows:
        return []
    rows.append(["Cộng", whole.left])
    table = Table(["Đang chờ ai xử lý", "Số hồ sơ"], rows, [70, 30], sums=1)
    return [Text("Hồ sơ chưa xong đang chờ ai xử lý", "section"), table]


def _reasons(campaign: Campaign, by: User) -> list[Block]:
    rows: list[Cells] = [list(row) for row in reasons(by, campaign)]
    if not rows:
        return []
    table = Table(["Đối tượng", "Lý do", "Số hồ sơ"], rows, [30, 55, 15])
    return [Text("Lý do chưa xác thực", "section"), table]


def _explained(campaign: Campaign, by: User) -> list[Block]:
    rows = [
        _explained_row(number, person, explanation)
        for number, (person, explanation) in enumerate(explained_people(by, campaign), start=1)
    ]
    if not rows:
        return []
    headings = ["STT", "Lớp", "Họ và tên", "Lý do", "Ghi chú, minh chứng"]
    return [
        Text("Danh sách có giải trình", "section"),
        Table(headings, rows, [6, 10, 24, 28, 32]),
    ]


def _explained_row(number: int, person: Person, explanation: Explanation) -> Cells:
    reason = REASON_WORDS.get(explanation.reason, explanation.reason)
    words = _joined(explanation.note, explanation.evidence)
    return [number, _class_name(person), person.full_name, reason, words]


def _foreigners(campaign: Campaign, by: User) -> list[Block]:
    foreigners: Sequence[Person] = foreign_people(by, campaign)
    rows: list[Cells] = [
        [
            number,
            _class_name(person),
            person.full_name,
            person.nationality,
            passport_of(person, by) or "chưa có",
        ]
        for number, person in enumerate(foreigners, start=1)
    ]
    if not rows:
        return []
    headings = ["STT", "Lớp", "Họ và tên", "Quốc tịch", "Số hộ chiếu"]
    return [Text(FOREIGN_TITLE, "section"), Table(headings, rows, [6, 12, 36, 23, 23])]


def _joined(*texts: str) -> str:
    """Whoever wrote a note may have put an identity number into it; the paper goes out of the house."""
    return identity_number.mask_within("; ".join(text for text in texts if text))


def _class_name(person: Person) -> str:
    if person.school_class is None:
        return "Cán bộ"
    return str(person.school_class.name)
