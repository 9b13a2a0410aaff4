"""The minutes (biên bản) of a batch as an official paper: what was asked, what came back, who is left.

The same facts as the workbook (``minutes``); identity numbers are masked for the same reason.
"""

from __future__ import annotations

from datetime import date

from peewee import ModelSelect

from idapp import permissions
from idapp.documents import Block, OfficialPaper, Table, Text, school_paper
from idapp.models import Batch, Person, User
from idapp.school import the_campaign
from idapp.verification.counting import items_in
from idapp.verification.minutes import (
    ITEM_HEADINGS,
    class_table,
    conclusion_of,
    facts_of,
    item_cells,
    result_rows,
    subject_of,
)


def minutes_paper(batch: Batch, *, by: User, day: date) -> OfficialPaper:
    """What is signed on this day."""
    people = permissions.people_of(by, include_inactive=True)
    facts: list[list[str | int | float]] = [
        [name, text] for name, text in facts_of(batch, by) if text
    ]
    headings, of_classes = class_table(batch, people)
    results: list[list[str | int | float]] = [[words, count] for words, count in result_rows(batch)]
    body: list[Block] = [
        Text(the_campaign().title, "centre"),
        Text("I. Thông tin chung", "section"),
        Table(["Mục", "Nội dung"], facts, [30, 70]),
        Text("II. Kết quả", "section"),
        Table(["Kết quả", "Số hồ sơ"], results, [75, 25], sums=1),
        Text(conclusion_of(batch)),
        Text("III. Theo lớp", "section"),
        Table(headings, of_classes, [6, 18, *(10 for _ in headings[2:])]),
        *_left(batch, people),
    ]
    return school_paper(
        "BIÊN BẢN",
        subject_of(batch),
        body,
        day=day,
        recipients=["- Lưu: VT."],
        maker=by.full_name,
        landscape=True,
    )


def _left(batch: Batch, people: ModelSelect[Person]) -> list[Block]:
    """Who has not passed, one by one."""
    rows: list[list[str | int | float]] = [
        [number, *item_cells(item)]
        for number, item in enumerate(items_in(batch, "", people), start=1)
    ]
    title = Text(f"IV. Hồ sơ chưa đạt ({len(rows)})", "section")
    if not rows:
        return [title, Text("Không có.")]
    return [title, Table(ITEM_HEADINGS, rows, [6, 8, 19, 11, 8, 13, 12, 23])]
