"""The workbook for the managing office: figures of pupils and staff, reasons, the explained records, foreigners.

No identity number is in it; the passport number of a foreigner is. Every sheet says for which campaign it is, when it
was made and by whom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from idapp import homeroom, permissions
from idapp.models import Campaign, Explanation, Person, User
from idapp.notices.explanations import REASON_WORDS
from idapp.progress import milestones
from idapp.progress.board import KIND_WORDS, Board, ProgressRow
from idapp.progress.closing import frozen_board
from idapp.progress.holders import HOLDER_WORDS
from idapp.progress.reasons import explained_people, foreign_people, reasons
from idapp.rules import identity_number
from idapp.school import reviewing_office, the_campaign, the_school
from idapp.settings import VIETNAM
from idapp.workbook import Column, Page, workbook_bytes

Row = list[str | int | float]
FOREIGN_TITLE = "Học sinh, nhân viên có quốc tịch nước ngoài: ngoài diện xác thực"
COLUMNS = (
    ("total", "Tổng số"),
    ("with_number", "Có số"),
    ("incomplete", "Thiếu/Sai"),
    ("ready", "Sẵn sàng gửi"),
    ("sent", "Đang chờ"),
    ("verified", "Đã xác thực"),
    ("mismatch", "Không khớp"),
    ("not_found", "Không tìm thấy"),
    ("rejected", "Bị từ chối"),
    ("unanswered", "Chưa trả lời"),
    ("changed", "Sửa sau xác thực"),
    ("explained", "Có giải trình"),
    ("foreign", "Ngoài diện"),
    ("notice_open", "Cần giấy"),
)
MILESTONE_HEADINGS = (
    "Mốc",
    "Đối tượng",
    "Hạn",
    "Phải xác thực",
    "Đã xong",
    "Còn lại",
    "Hoàn thành (%)",
)


def workbook(view: Board, *, by: User) -> bytes:
    """The report of an open campaign as of now, of a closed one as it was frozen. Returns the xlsx.

    A teacher's own classes are always as they stand now: the frozen board is the school's.
    """
    campaign = the_campaign()
    if by.role != "teacher":
        view = frozen_board(campaign) or view
    titles = _titles(campaign, by)
    if view.about_foreigners:
        titles.append(view.about_foreigners)
    pages = [_summary(view, titles)]
    pages += [_figures(view, kind, titles) for kind in KIND_WORDS if view.of_kind(kind)]
    pages += _milestones(view, titles)
    pages += [_reasons(campaign, by, titles), _explained(campaign, by, titles)]
    foreigners = foreign_people(by, campaign)
    if foreigners:
        pages.append(_foreigners(foreigners, by, titles))
    return workbook_bytes(pages)


def _titles(campaign: Campaign, by: User) -> list[str]:
    now = datetime.now(VIETNAM)
    made = f"Lập lúc {now:%H:%M %d/%m/%Y}, người lập: {by.full_name}."
    last_line = f"Hạn {campaign.deadline:%d/%m/%Y}. {made} Nơi nhận: {reviewing_office()}."
    if campaign.report and by.role != "teacher":
        day = date.fromisoformat(campaign.report["day"])
        last_line += f" Số liệu chốt ngày {day:%d/%m/%Y}."
    title = f"{the_school().name}: báo cáo tiến độ xác thực định danh"
    return [title, campaign.title, last_line]


def passport_of(person: Person, by: User) -> str:
    """The number of a foreigner, for the office; masked if it is a citizen's, or for whoever sees no numbers."""
    text = person.identity_number
    is_citizen_number = text.isdecimal() and len(text) == 12
    if is_citizen_number or not permissions.sees_numbers(by):
        return identity_number.mask(text)
    return text


def _summary(view: Board, titles: list[str]) -> Page:
    lines = [view.sum_of(kind) for kind in KIND_WORDS if view.of_kind(kind)]
    rows = [_summary_row(line) for line in [*lines, view.whole]]
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


def _summary_row(line: ProgressRow) -> Row:
    by_status = line.by_status
    ends = [by_status["verified"], by_status["explained"], line.done, line.left]
    holders = [line.by_holder[who] for who in HOLDER_WORDS]
    return [line.name, line.to_do, *ends, percent_or_dash(line), *holders]


def _figures(view: Board, kind: str, titles: list[str]) -> Page:
    name = "Cán bộ"
    first_heading = "Đối tượng"
    if kind == "student":
        name = "Học sinh"
        first_heading = "Lớp"
    lines = [*view.parts_of(kind), view.sum_of(kind)]
    rows = [_figure_row(line) for line in lines]
    rows[-1][0] = "Cộng"
    headings = [first_heading, *(words for _, words in COLUMNS), "Hoàn thành (%)"]
    if kind == "student":
        headings.append("Giáo viên chủ nhiệm")
        _add_teachers(rows, lines)
    return _page(name, headings, rows, titles, widths=(16, 12))


def _add_teachers(rows: list[Row], lines: list[ProgressRow]) -> None:
    """Who looks after each class today, also beside figures of another day."""
    teachers = homeroom.by_class()
    for row, line in zip(rows, lines, strict=True):
        held = teachers.get(line.class_id or 0, [])
        names = ", ".join(assignment.teacher.full_name for assignment in held)
        if line.class_id is not None:
            names = names or "Chưa có"
        row.append(names)


def _figure_row(line: ProgressRow) -> Row:
    numbers = line.numbers()
    return [line.name, *(numbers[name] for name, _ in COLUMNS), percent_or_dash(line)]


def percent_or_dash(line: ProgressRow) -> float | str:
    """For a cell of a table."""
    if line.percent is None:
        return "–"  # of nobody there is no percentage
    return line.percent


def _milestones(view: Board, titles: list[str]) -> list[Page]:
    """A sheet of the earlier days of the campaign, none where it has none."""
    rows = milestone_rows(view)
    if not rows:
        return []
    return [_page("Mốc trong đợt", MILESTONE_HEADINGS, rows, titles, widths=(34, 14))]


def milestone_rows(view: Board) -> list[Row]:
    """The cells under MILESTONE_HEADINGS."""
    return [
        [
            milestone.name,
            milestones.words_of(milestone.groups),
            f"{milestone.deadline:%d/%m/%Y}",
            line.to_do,
            line.done,
            line.left,
            percent_or_dash(line),
        ]
        for milestone, line in milestones.figures(view)
    ]


def _reasons(campaign: Campaign, by: User, titles: list[str]) -> Page:
    rows: list[Row] = [list(row) for row in reasons(by, campaign)]
    headings = ["Đối tượng", "Lý do", "Số hồ sơ"]
    return _page("Lý do chưa xác thực", headings, rows, titles, widths=(34, 34))


def _explained(campaign: Campaign, by: User, titles: list[str]) -> Page:
    explained = explained_people(by, campaign)
    rows = [_explained_row(person, explanation) for person, explanation in explained]
    headings = ["Lớp", "Họ và tên", "Ngày sinh", "Lý do", "Ghi chú", "Minh chứng"]
    return _page("Có giải trình", headings, rows, titles, widths=(14, 32))


def _foreigners(foreigners: Sequence[Person], by: User, titles: list[str]) -> Page:
    rows = [
        [
            _class_name(person),
            person.full_name,
            person.date_of_birth,
            person.nationality,
            passport_of(person, by),
        ]
        for person in foreigners
    ]
    headings = ["Lớp", "Họ và tên", "Ngày sinh", "Quốc tịch", "Số hộ chiếu"]
    return _page("Ngoài diện", headings, rows, [*titles, FOREIGN_TITLE], widths=(14, 24))


def _class_name(person: Person) -> str:
    if person.school_class is None:
        return "Cán bộ"
    return person.school_class.name


def _explained_row(person: Person, explanation: Explanation) -> Row:
    reason = REASON_WORDS.get(explanation.reason, explanation.reason)
    # Whoever wrote the note may have put the number into it; the workbook goes by e-mail.
    note = identity_number.mask_within(explanation.note)
    evidence = identity_number.mask_within(explanation.evidence)
    return [
        _class_name(person),
        person.full_name,
        person.date_of_birth,
        reason,
        note,
        evidence,
    ]


def _page(
    name: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str | int | float]],
    titles: Sequence[str],
    *,
    widths: tuple[int, int],
) -> Page:
    """A sheet; ``widths`` of the first column and of the others."""
    first, *others = headings
    columns = [Column(first, widths[0], text=False)]
    columns += [Column(heading, widths[1], text=False) for heading in others]
    return Page(name, columns, rows, titles=titles, spare_rows=0)
