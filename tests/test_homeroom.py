"""Who looks after a class: several teachers, several classes, stand-ins until a day, and nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from idapp import accounts, homeroom, permissions, school
from idapp.models import Change, ClassTeacher, User
from idapp.people import membership
from idapp.rules.problem import Problem
from idapp.settings import Settings, use
from tests.cast import Cast

Browser = Callable[[User], FlaskClient]


def classes(user: User) -> list[str]:
    return [school_class.name for school_class in permissions.classes_of(user)]


def test_several_teachers_of_a_class_and_classes_of_a_teacher(cast: Cast) -> None:
    assert school.assign_teachers(cast.class_5a, [cast.lan, cast.minh], by=cast.thu)
    assert (classes(cast.lan), classes(cast.minh)) == (["5A"], ["5A", "5B"])
    assert permissions.person_of(cast.minh, cast.an.id) == cast.an
    assert permissions.may_edit(cast.minh, cast.an)
    row = Change.select().where(Change.event == "class.teacher").order_by(Change.id.desc()).get()
    assert (row.old, row.new) == (f"{cast.lan.id}", f"{cast.lan.id},{cast.minh.id}")
    assert not school.assign_teachers(cast.class_5a, [cast.minh, cast.lan], by=cast.thu)
    assert Change.select().count() == row.id, "the same again is no deed"


def test_a_stand_in_is_out_on_the_day(cast: Cast, settings: Settings) -> None:
    homeroom.add_stand_in(cast.class_5a, cast.minh, date(2022, 10, 20), by=cast.thu)
    for day, seen in ((19, ["5A", "5B"]), (20, ["5B"])):
        use(replace(settings, fixed_today=date(2022, 10, day)))
        assert classes(cast.minh) == seen
        assert (permissions.person_of(cast.minh, cast.an.id) is None) == (day == 20)
        assert permissions.may_edit_class(cast.minh, cast.class_5a) == (day == 19)
    assert classes(cast.lan) == ["5A"]
    assert homeroom.teachers_of(cast.class_5a) == [cast.lan]


@pytest.mark.parametrize("day", [16, 1])
def test_a_stand_in_ends_after_today(cast: Cast, day: int) -> None:
    with pytest.raises(Problem, match="sau hôm nay"):
        homeroom.add_stand_in(cast.class_5a, cast.minh, date(2022, 10, day), by=cast.thu)
    with pytest.raises(Problem, match="không có tài khoản giáo viên"):
        school.assign_teachers(cast.class_5a, [cast.hoa], by=cast.thu)
    assert ClassTeacher.select().count() == 2


def leave(cast: Cast) -> None:
    """The staff record of cô Lan is put aside."""
    User.update(staff_record=cast.giang).where(User.id == cast.lan.id).execute()
    membership.set_state(cast.giang, "Nghỉ hưu", active=False, by=cast.thu)


def lock(cast: Cast) -> None:
    accounts.set_disabled(cast.lan, True, by=cast.thu)


@pytest.mark.parametrize("goes", [leave, lock])
def test_a_class_of_somebody_gone_shows_as_unassigned_everywhere(
    cast: Cast, client_of: Browser, goes: Callable[[Cast], None]
) -> None:
    teacher, browser = client_of(cast.lan), client_of(cast.thu)
    assert teacher.get(f"/classes/{cast.class_5a.id}").status_code == 200
    goes(cast)
    assert teacher.get(f"/classes/{cast.class_5a.id}").status_code in (302, 404)
    assert [one.id for one in homeroom.unassigned()] == [cast.class_5a.id]
    assert "Chưa có giáo viên chủ nhiệm" in browser.get("/classes").text
    assert "Chưa có giáo viên chủ nhiệm" in browser.get(f"/classes/{cast.class_5a.id}").text
    board = browser.get("/progress").text
    assert "<b>Lớp chưa có giáo viên chủ nhiệm:</b> 5A." in board
    assert board.count("Chưa có GVCN") == 1
    assert "data-unassigned" not in client_of(cast.phong).get("/progress").text
    sheet = load_workbook(BytesIO(browser.get("/progress.xlsx").data))["Học sinh"]
    last = [row[-1].value for row in sheet.iter_rows() if row[0].value in ("5A", "5B")]
    assert last == ["Chưa có", "Phạm Văn Minh"]
