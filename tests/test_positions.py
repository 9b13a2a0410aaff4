"""The staff by position, and numbers of nine digits: what the office asks about the staff."""

import io
from collections import Counter
from collections.abc import Callable

import openpyxl
import pytest
from flask.testing import FlaskClient

from idapp import people, progress
from idapp.models import User
from idapp.progress import closing, exchange, schools
from idapp.settings import current
from tests.cast import Cast, pupil

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]


@pytest.fixture
def staff(cast: Cast) -> Cast:
    positions = ("Hiệu trưởng", "GV Toán", "Giáo viên", "Bảo vệ", "", "Cộng tác viên")
    people.add_many(
        [
            (
                "staff",
                None,
                pupil("Bùi Văn Tư", born="01/02/1980", serial=60 + i, position=position),
            )
            for i, position in enumerate(positions)
        ],
        by=cast.thu,
        source="typed",
    )
    return cast


def test_the_groups_add_up_to_the_line_of_the_staff(staff: Cast) -> None:
    view = progress.board(staff.hoa)
    totals = {line.name: line.total for line in view.positions}
    giang = staff.giang.position
    assert totals["Cán bộ quản lý"] == 1
    assert totals["Chưa rõ vị trí việc làm"] == 2 + (not giang)
    whole = progress.ProgressRow("staff", "")
    for line in view.positions:
        whole.include(line)
    assert whole.numbers() == view.sum_of("staff").numbers()
    assert progress.board(staff.lan).positions == []


def test_each_group_leads_to_its_people_and_stands_in_the_report(
    staff: Cast, client_of: ClientOf
) -> None:
    browser = client_of(staff.hoa)
    page = browser.get("/progress/people?kind=staff&position=manager&column=total").text
    assert "Cán bộ quản lý: tổng số" in page
    assert "<p>1 người</p>" in page
    assert "<p>1 người</p>" in browser.get("/progress/people?kind=staff&position=employee").text
    assert "Theo vị trí việc làm" in browser.get("/progress").text
    assert "Theo vị trí việc làm" not in client_of(staff.lan).get("/progress").text
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/progress.xlsx").data))
    first = [row[0] for row in book["Cán bộ"].iter_rows(values_only=True)]
    assert first[-5:] == [
        "Cán bộ quản lý",
        "Giáo viên",
        "Nhân viên",
        "Chưa rõ vị trí việc làm",
        "Cộng",
    ]
    assert "Chưa rõ vị trí việc làm" in browser.get("/progress/report").text


def counted(line: progress.ProgressRow) -> tuple[object, ...]:
    """What a line says; nobody counted is the same as not counted."""
    return line.name, line.position, line.numbers(), +Counter(line.by_holder)


def test_a_closed_campaign_keeps_its_groups_and_the_office_reads_them(
    staff: Cast, client_of: ClientOf
) -> None:
    before = progress.board(staff.hoa).positions
    campaign = closing.close(by=staff.hoa, today=current().today())
    people.change(staff.giang, "position", "Bảo vệ", seen=staff.giang.position, by=staff.hoa)
    frozen = closing.frozen_board(campaign)
    assert frozen is not None
    assert [counted(line) for line in frozen.positions] == [counted(line) for line in before]
    browser = client_of(staff.hoa)
    sent = browser.get("/progress.json").data
    names = [(line["name"], line["total"]) for line in exchange.read(sent)[0]["positions"]]
    assert names == [(line.name, line.total) for line in frozen.positions]
    assert schools.receive("tien-do.json", sent, by=staff.phong).problem == ""
    assert (
        'data-position="Cán bộ quản lý"' in client_of(staff.phong).get("/progress/schools/1").text
    )


def test_nine_digits_are_listed_under_a_reason_of_their_own(
    staff: Cast, client_of: ClientOf
) -> None:
    number = staff.giang.identity_number
    people.change(staff.giang, "identity_number", "024135678", seen=number, by=staff.hoa)
    page = client_of(staff.thu).get("/staff?reason=number_cmnd").text
    assert 'data-reason="number_cmnd">Còn số CMND cũ (9 số) <b>1</b>' in page
    assert "cần số định danh 12 số" in page
    assert (
        "Còn số CMND cũ: Số định danh cá nhân" in client_of(staff.hoa).get("/progress/report").text
    )
