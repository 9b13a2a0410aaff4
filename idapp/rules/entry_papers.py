"""Which papers a school asks of a pupil who arrives, and what each is called: one table, to be changed here.

Two lists, by what the arrival is. Whoever begins (kindergarten, first grade) comes from home: birth certificate and
identity. Whoever comes from another school brings the school's papers (Thông tư 28/2020 and 32/2020/TT-BGDĐT for
transfers in primary and secondary schools, read in second hand: học bạ, đơn có ý kiến hai trường, giấy giới thiệu).
The family book (sổ hộ khẩu) is void since 01/01/2023; where the residence must be proved, CT07 does it. Who shows the
card or VNeID need not prove again what stands in it (Luật Căn cước 26/2023, art. 20).
"""

from dataclasses import dataclass
from datetime import date, timedelta

DAYS_TO_BRING = 30  # proposed as the day by which the missing papers are due


@dataclass(frozen=True)
class EntryPaper:
    """One kind of paper. ``is_needed``: owed until it is there; others are noted only when they were seen."""

    key: str
    label: str
    is_needed: bool = True


_OF_BEGINNERS = (
    EntryPaper("birth_certificate", "Giấy khai sinh (bản sao)"),
    EntryPaper("identity", "Thẻ căn cước hoặc màn hình VNeID (có số định danh)"),
    EntryPaper("application", "Đơn xin nhập học"),
    EntryPaper(
        "residence", "Xác nhận cư trú CT07 (khi cần chứng minh nơi thường trú)", is_needed=False
    ),
    EntryPaper("vaccination", "Sổ hoặc phiếu tiêm chủng", is_needed=False),
    EntryPaper("priority", "Giấy tờ ưu tiên (hộ nghèo, khuyết tật…)", is_needed=False),
)
_OF_TRANSFERS = (
    EntryPaper("school_report", "Học bạ"),
    EntryPaper("transfer_letter", "Giấy giới thiệu chuyển trường của trường cũ"),
    EntryPaper("application", "Đơn xin chuyển trường"),
    EntryPaper("birth_certificate", "Giấy khai sinh (bản sao)"),
    EntryPaper("identity", "Thẻ căn cước hoặc màn hình VNeID (có số định danh)", is_needed=False),
    EntryPaper(
        "residence", "Xác nhận cư trú CT07 (khi cần chứng minh nơi thường trú)", is_needed=False
    ),
    EntryPaper("certificate", "Giấy chứng nhận hoàn thành cấp học", is_needed=False),
    EntryPaper("priority", "Giấy tờ ưu tiên (hộ nghèo, khuyết tật…)", is_needed=False),
)
LABELS = {paper.key: paper.label for paper in (*_OF_BEGINNERS, *_OF_TRANSFERS)}


def papers_for(grade: int | None) -> tuple[EntryPaper, ...]:
    """The list for a class of this grade; None, as of kindergarten, and 1 are where pupils begin.

    >>> [paper.key for paper in papers_for(5) if paper.is_needed]
    ['school_report', 'transfer_letter', 'application', 'birth_certificate']
    >>> papers_for(1) == papers_for(None)
    True
    """
    if grade is None or grade == 1:
        return _OF_BEGINNERS
    return _OF_TRANSFERS


def usual_due_day(arrived_on: date) -> date:
    """
    >>> usual_due_day(date(2022, 9, 5))
    datetime.date(2022, 10, 5)
    """
    return arrived_on + timedelta(days=DAYS_TO_BRING)
