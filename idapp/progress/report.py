"""The workbook for the managing office: figures of pupils and staff, reasons, and the explained records.

No identity number is in it. Every sheet says for which campaign it is, when it was made and by whom.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from idapp import permissions
from idapp.models import Campaign, Explanation, Person, SchoolClass, User
from idapp.notices.explanations import REASON_WORDS
from idapp.progress.board import HOLDER_WORDS, KIND_WORDS, Board, Line
from idapp.progress.closing import frozen_board
from idapp.rules import identity_number
from idapp.rules.record import FIELD
from idapp.school import the_campaign, the_school
from idapp.settings import VIETNAM
from idapp.workbook import Column, Page, write_workbook

COLUMNS = (
    ("total", "Tổng số"), ("with_number", "Có số"), ("incomplete", "Thiếu/Sai"), ("ready", "Sẵn sàng gửi"),
    ("sent", "Đang chờ"), ("verified", "Đã xác thực"), ("mismatch", "Không khớp"), ("not_found", "Không tìm thấy"),
    ("rejected", "Bị từ chối"), ("unanswered", "Chưa trả lời"), ("changed", "Sửa sau xác thực"),
    ("explained", "Có giải trình"), ("notice_open", "Cần giấy"),
)  # fmt: skip
_CODE_WORDS = {"missing": "Chưa có", "duplicate": "Trùng"}


def workbook(view: Board, *, by: User) -> io.BytesIO:
    """The report of an open campaign as of now, of a closed one as it was frozen."""
    campaign = the_campaign()
    view = frozen_board(campaign) or view
    titles = _titles(campaign, by)
    pages = [_summary(view, titles)]
    pages += [_figures(view, kind, titles) for kind in KIND_WORDS if view.of_kind(kind)]
    pages += [_reasons(by, titles), _explained(by, titles)]
    target = io.BytesIO()
    write_workbook(target, sheets=pages)
    target.seek(0)
    return target


def reasons(user: User) -> list[tuple[str, str, int]]:
    """Why people are not verified yet: (whose, reason, how many records), most frequent first."""
    found: Counter[tuple[str, str]] = Counter()
    columns = (Person.kind, Person.status, Person.problems, Person.differences)
    for person in permissions.people_of(user).select(*columns).where(~Person.status.in_(("verified", "explained"))):
        found.update({(KIND_WORDS[person.kind], reason) for reason in _reasons_of(person)})
    return [(kind, reason, n) for (kind, reason), n in sorted(found.items(), key=lambda x: (-x[1], x[0]))]


def _reasons_of(person: Person) -> set[str]:
    if person.status == "incomplete":
        wrong = [p for p in person.problems if p["level"] == "error"]
        return {f"{_CODE_WORDS.get(p['code'], 'Sai')}: {FIELD[p['field']].label}" for p in wrong}
    if person.status == "mismatch":
        return {f"Không khớp: {FIELD[name].label}" for name in person.differences if name in FIELD}
    return {"Không tìm thấy trong CSDL"} if person.status == "not_found" else set()


def explained_people(user: User) -> list[tuple[Person, Explanation]]:
    """Records with an approved explanation, in school order."""
    query = Explanation.select(Explanation, Person, SchoolClass).join(Person).left_outer_join(SchoolClass)
    visible = permissions.people_of(user).select(Person.id)
    query = query.where(Explanation.state == "approved", Person.status == "explained", Person.id.in_(visible))
    order = (Person.kind.desc(), SchoolClass.grade, SchoolClass.name, Person.sort_key)
    return [(explanation.person, explanation) for explanation in query.order_by(*order)]


def _titles(campaign: Campaign, by: User) -> list[str]:
    school, now = the_school(), datetime.now(VIETNAM)
    closed = f" Số liệu chốt ngày {campaign.closed_at:%d/%m/%Y}." if campaign.closed_at else ""
    return [
        f"{school.name}: báo cáo tiến độ xác thực định danh",
        campaign.title,
        f"Hạn {campaign.deadline:%d/%m/%Y}. Lập lúc {now:%H:%M %d/%m/%Y}, người lập: {by.full_name}.{closed}",
    ]


def _summary(view: Board, titles: list[str]) -> Page:
    lines = [view.sum_of(kind) for kind in KIND_WORDS if view.of_kind(kind)]
    whole = view.whole
    rows: list[list[str | int | float]] = [
        [line.name, line.to_do, line.by_status["verified"], line.by_status["explained"], line.done, line.left,
         _percent(line), *(line.by_holder[who] for who in HOLDER_WORDS)]
        for line in [*lines, whole]
    ]  # fmt: skip
    headings = ["Đối tượng", "Phải xác thực", "Đã xác thực", "Có giải trình", "Đã xác thực + có giải trình", "Còn lại",
                "Hoàn thành (%)", *(f"Đang chờ: {words}" for words in HOLDER_WORDS.values())]  # fmt: skip
    return _page("Tổng hợp", headings, rows, titles, widths=(30, 14))


def _figures(view: Board, kind: str, titles: list[str]) -> Page:
    name = "Học sinh" if kind == "student" else "Cán bộ"
    lines = [*view.of_kind(kind), view.sum_of(kind)]
    rows: list[list[str | int | float]] = [_figure_row(line) for line in lines]
    rows[-1][0] = "Cộng"
    headings = ["Lớp" if kind == "student" else "Đối tượng", *(words for _, words in COLUMNS), "Hoàn thành (%)"]
    return _page(name, headings, rows, titles, widths=(16, 12))


def _figure_row(line: Line) -> list[str | int | float]:
    numbers = line.numbers()
    return [line.name, *(numbers[name] for name, _ in COLUMNS), _percent(line)]


def _percent(line: Line) -> float | str:
    return "–" if line.percent is None else line.percent


def _reasons(by: User, titles: list[str]) -> Page:
    rows: list[list[str | int | float]] = [list(row) for row in reasons(by)]
    return _page("Lý do chưa xác thực", ["Đối tượng", "Lý do", "Số hồ sơ"], rows, titles, widths=(34, 34))


def _explained(by: User, titles: list[str]) -> Page:
    rows = [
        [one.school_class.name if one.school_class else "Cán bộ", one.full_name, one.date_of_birth,
         REASON_WORDS.get(explanation.reason, explanation.reason),
         identity_number.mask_within(explanation.note)]
        for one, explanation in explained_people(by)
    ]  # fmt: skip
    return _page("Có giải trình", ["Lớp", "Họ và tên", "Ngày sinh", "Lý do", "Ghi chú"], rows, titles, widths=(14, 32))


def _page(name: str, headings: Sequence[str], rows: Sequence[Sequence[str | int | float]], titles: Sequence[str], *,
          widths: tuple[int, int]) -> Page:  # fmt: skip
    columns = [Column(heading, widths[0] if at == 0 else widths[1], text=False) for at, heading in enumerate(headings)]
    return Page(name, columns, rows, titles=titles, spare_rows=0)
