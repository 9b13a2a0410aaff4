"""Earlier days of a campaign: who sets them, whom they concern, and where everybody sees how far they are."""

import io
import re
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from flask.testing import FlaskClient

from idapp import people, progress, school
from idapp.models import Change, Milestone, Person, User
from idapp.progress import closing, exchange, milestones, schools
from idapp.rules.problem import Problem
from idapp.school import the_campaign
from tests.cast import Cast, pupil

pytestmark = pytest.mark.usefixtures("few_places")
ClientOf = Callable[[User], FlaskClient]
TODAY = date(2022, 10, 16)
DAY = date(2022, 10, 20)


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """With a ninth grade beside the fifth."""
    class_9a = school.add_class("9A", by=cast.thu)
    values = pupil("Bùi Văn Em", sex="Nam", born="01/02/2008", serial=70)
    people.add(kind="student", school_class=class_9a, values=values, by=cast.thu)
    return cast


def add(cast: Cast, name: str, day: date, *groups: str) -> Milestone:
    return milestones.add(name=name, deadline=day, groups=groups, by=cast.hoa)


def test_groups_are_those_of_the_school(cast: Cast) -> None:
    nursery = school.add_class("Lá 1", by=cast.thu)
    nursery.grade, nursery.level = 6, "MN"
    nursery.save()
    groups = milestones.groups_of_school()
    assert list(groups) == ["MN6", "5", "9", "staff"]
    assert groups["MN6"] == "Mẫu giáo 5-6 tuổi"


def test_several_milestones_at_once_each_with_its_own_people(cast: Cast) -> None:
    add(cast, "Khối 9", DAY, "9")
    add(cast, "Khối 5 và cán bộ", date(2022, 10, 18), "5", "staff")
    listed = milestones.standings(progress.board(cast.hoa), TODAY)
    assert [(s.milestone.name, s.days_left, s.line.to_do) for s in listed] == [
        ("Khối 5 và cán bộ", 2, 4),
        ("Khối 9", 4, 1),
    ]
    assert listed[0].ahead.needed == 2  # four people in three days, today included
    assert [s.line.to_do for s in milestones.standings(progress.board(cast.lan), TODAY)] == [2]


def test_the_banner_and_the_reminder_name_the_nearest_that_concerns_the_reader(cast: Cast) -> None:
    add(cast, "Cán bộ", date(2022, 10, 17), "staff")
    add(cast, "Khối 5", DAY, "5")
    of_head = progress.banner(cast.hoa, TODAY)
    assert of_head.milestone is not None
    assert (of_head.milestone.name, of_head.milestone.word) == ("Cán bộ", "còn 1 ngày")
    of_teacher = progress.banner(cast.lan, TODAY)
    assert of_teacher.milestone is not None
    assert (of_teacher.milestone.name, of_teacher.milestone.total) == ("Khối 5", 2)
    assert (of_teacher.deadline, of_teacher.days_left) == (date(2022, 10, 25), 9)
    assert "Mốc “Khối 5” là ngày 20/10/2022 (còn 4 ngày), còn 2 em." in progress.reminder(
        cast.lan, TODAY
    )
    Person.update(status="verified").execute()
    assert progress.banner(cast.lan, TODAY).milestone is None


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": " "}, "Đặt tên cho mốc"),
        ({"deadline": "26/10/2022"}, "đến hạn của đợt"),
        ({"deadline": "31/02/2022"}, "không có trong lịch"),
        ({"groups": ["12"]}, "Chọn ít nhất một khối"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_typed(
    cast: Cast, client_of: ClientOf, change: dict[str, object], part: str
) -> None:
    form = {"name": "Khối 9 thi", "deadline": "20/10/2022", "groups": ["9"]} | change
    answer = client_of(cast.hoa).post("/settings/milestones", data=form)
    assert answer.status_code == 422
    assert part in answer.text
    assert f'value="{form["deadline"]}"' in answer.text
    assert not Milestone.select().exists()


def test_the_pages_set_show_change_and_remove(cast: Cast, client_of: ClientOf) -> None:
    head = client_of(cast.hoa)
    form = {"name": "Khối 9", "deadline": "20/10/2022", "groups": ["9"]}
    head.post("/settings/milestones", data=form)
    board = head.get("/progress").text
    assert 'data-milestone="Khối 9" data-days-left="4"' in board
    assert re.search(r'data-milestone="Khối 9"\s+data-milestone-days-left="4"', board)
    assert (
        'data-days-left="9" data-done="0" data-total="5"' in board
    )  # the campaign's own, as before
    assert "data-milestone" not in client_of(cast.lan).get("/progress").text
    sent = head.get("/progress.json").data
    assert exchange.read(sent)[0]["milestones"] == [
        {"name": "Khối 9", "deadline": "2022-10-20", "whom": "Khối 9", "to_do": 1, "done": 0}
    ]
    assert schools.receive("tien-do.json", sent, by=cast.phong).problem == ""
    assert "20/10/2022" in client_of(cast.phong).get("/progress/schools/1").text
    [milestone] = milestones.of_campaign(the_campaign())
    head.post(f"/settings/milestones/{milestone.id}", data=form | {"name": "Lớp 9"})
    assert "Lớp 9" in client_of(cast.thu).get("/settings/milestones").text
    head.post(f"/settings/milestones/{milestone.id}", data={"remove": "1"})
    assert not Milestone.select().exists()
    events = [c.event for c in Change.select().where(Change.event.startswith("milestone."))]
    assert events == ["milestone.added", "milestone.changed", "milestone.removed"]


def test_the_office_reads_of_them_in_the_workbook_and_on_paper(
    cast: Cast, client_of: ClientOf
) -> None:
    add(cast, "Khối 9", DAY, "9")
    head = client_of(cast.hoa)
    row = ["Khối 9", "Khối 9", "20/10/2022", 1, 0, 1, 0]
    for is_closed in (False, True):
        if is_closed:
            closing.close(today=TODAY, by=cast.hoa)
        book = openpyxl.load_workbook(io.BytesIO(head.get("/progress.xlsx").data))
        assert row in [list(cells) for cells in book["Mốc trong đợt"].values]
        paper = " ".join(head.get("/progress/report").text.split())
        assert "Mốc trong đợt" in paper
        assert "20/10/2022" in paper


def test_a_closed_campaign_has_no_milestones_to_meet(cast: Cast) -> None:
    add(cast, "Khối 9", DAY, "9")
    closing.close(today=TODAY, by=cast.hoa)
    assert progress.banner(cast.hoa, TODAY).milestone is None
    assert milestones.standings(progress.board(cast.hoa), TODAY) == []
    with pytest.raises(Problem, match="đã kết thúc"):
        add(cast, "Khối 5", DAY, "5")
