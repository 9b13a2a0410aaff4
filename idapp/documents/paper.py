"""What stands on an official paper, whichever way it is drawn.

Source: Decree 30/2020/NĐ-CP, annex I: country and motto, the agency above and the agency, number and symbol, place and
date, kind and abstract, to whom, text, recipients, who signs. A letter (*công văn*) has no kind; its abstract stands
under the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from idapp.rules import official_paper


@dataclass(frozen=True)
class Text:
    """A paragraph. ``look``: body, section (a heading), strong, centre, note (small, italic)."""

    text: str
    look: Literal["body", "section", "strong", "centre", "note"] = "body"


@dataclass(frozen=True)
class Table:
    """``widths`` are shares of the line; whole numbers stand right. ``sums``: how many last rows are sums."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]
    widths: Sequence[int]
    sums: int = 0
    caption: str = ""

    @property
    def is_of_people(self) -> bool:
        """Is each row about one person?"""
        return any(heading.startswith("Họ và tên") for heading in self.headings)


Block = Text | Table


@dataclass(frozen=True)
class Signature:
    """``title`` in capitals; ``name`` "" where a hand writes it."""

    title: str
    name: str = ""
    hint: str = ""


@dataclass(frozen=True)
class OfficialPaper:
    """``symbol``: what stands behind the number, "BC-THTT"; the number itself is written by hand."""

    above: str
    agency: str
    place: str
    day: date
    kind: str
    subject: str
    body: Sequence[Block]
    symbol: str = ""
    to: Sequence[str] = ()
    recipients: Sequence[str] = ()
    signatures: Sequence[Signature] = ()
    landscape: bool = False

    nation = official_paper.NATION
    motto = official_paper.MOTTO

    @property
    def people(self) -> int | None:
        """How many people its tables name; None if it has no table of people."""
        tables = [block for block in self.body if isinstance(block, Table) and block.is_of_people]
        if not tables:
            return None
        return sum(len(table.rows) - table.sums for table in tables)

    @property
    def is_letter(self) -> bool:
        """A letter has no kind; it begins with to whom it goes."""
        return not self.kind

    @property
    def number_line(self) -> str:
        """With dots to be filled in by hand.

        >>> OfficialPaper("", "", "", date(2026, 1, 5), "BÁO CÁO", "", [], "BC-THTT").number_line
        'Số: ………/BC-THTT'
        """
        return f"Số: ………/{self.symbol}" if self.symbol else "Số: ………"

    @property
    def date_line(self) -> str:
        """ "Thủ Thừa, ngày 05 tháng 01 năm 2026"."""
        return official_paper.date_line(self.place, self.day)
