"""Settings: school, campaign, classes, accounts; everything audited."""

from collections.abc import Callable
from datetime import date

import pytest
from flask.testing import FlaskClient

from idapp import accounts, school
from idapp.models import Change, Person, User
from tests.cast import PASSWORD, Cast

Browser = Callable[[User], FlaskClient]


def test_the_principal_moves_the_deadline(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.hoa).post(
        "/settings/campaign", data={"title": "Đợt mới", "deadline": "30/11/2022"}
    )
    assert answer.status_code == 302
    assert school.the_campaign().deadline == date(2022, 11, 30)
    rows = {
        c.field: (c.old, c.new) for c in Change.select().where(Change.event == "campaign.changed")
    }
    assert rows["deadline"] == ("2022-10-25", "2022-11-30")
    assert 'data-days-left="45"' in client_of(cast.lan).get("/classes").text


def test_an_unusual_deadline_is_asked_about_and_taken_with_the_tick(
    cast: Cast, client_of: Browser
) -> None:
    browser = client_of(cast.hoa)
    form = {"title": "Đợt mới", "deadline": "15/10/2022"}
    asked = browser.post("/settings/campaign", data=form)
    assert asked.status_code == 422
    assert "15/10/2022 đã qua" in asked.text
    assert 'name="deadline_meant" value="15/10/2022"' in asked.text
    assert school.the_campaign().deadline == date(2022, 10, 25)
    browser.post("/settings/campaign", data=form | {"deadline_meant": "15/10/2022"})
    assert school.the_campaign().deadline == date(2022, 10, 15)
    browser.post("/settings/campaign", data=form | {"title": "Tên khác"})
    assert school.the_campaign().title == "Tên khác", "the day that stands is asked about once"
    browser.post("/settings/campaign/close")
    following = {"title": "Đợt hai", "opens_on": "03/10/2022", "deadline": "30/10/2023"}
    asked = browser.post("/settings/campaign/next", data=following)
    assert "hơn một năm" in asked.text
    browser.post("/settings/campaign/next", data=following | {"deadline_meant": "30/10/2023"})
    assert school.the_campaign().deadline == date(2023, 10, 30)


def test_level_province_year_and_letter_can_be_corrected(cast: Cast, client_of: Browser) -> None:
    browser, old = client_of(cast.hoa), school.the_school()
    form = {"name": old.name, "level_asked": "1", "level": ["TH"], "province": "Tỉnh Long An"}
    browser.post("/settings/school", data=form | {"school_year": "2021"})
    new = school.the_school()
    assert (new.level, new.province, new.school_year) == ("TH", "Tỉnh Long An", 2021)
    campaign = {"title": "Đợt", "letter": "12/PGDĐT", "deadline": "25/10/2022"}
    browser.post("/settings/campaign", data=campaign)
    assert school.the_campaign().letter == "12/PGDĐT"
    fields = {change.field for change in Change.select().where(Change.event.endswith(".changed"))}
    assert {"level", "province", "school_year", "letter"} <= fields
    page = browser.get("/history").text
    for words in ("Cấp học", "Tỉnh/Thành phố", "Năm học", "Số, ngày công văn"):
        assert words in page
    refused = browser.post("/settings/school", data={"name": old.name, "level_asked": "1"})
    assert refused.status_code == 422
    assert "cấp học" in refused.text


def test_another_school_year_is_heard_by_the_records(cast: Cast, client_of: Browser) -> None:
    """Born 2012 and in grade 5 was right in 2022; the state says so as soon as the year is corrected."""
    before = Person.get_by_id(cast.an.id).problems
    form = {"name": "Trường TH Thử Nghiệm", "school_year": "2018"}
    client_of(cast.hoa).post("/settings/school", data=form)
    after = Person.get_by_id(cast.an.id).problems
    assert [problem["field"] for problem in after] != [problem["field"] for problem in before]


def test_a_school_without_a_province_can_still_change_its_name(
    cast: Cast, client_of: Browser
) -> None:
    """One of an older version: the page sends the empty choice along."""
    form = {"name": "Tên mới", "province": "", "school_year": "2022", "level_asked": "1"}
    answer = client_of(cast.hoa).post("/settings/school", data=form | {"level": ["TH", "THCS"]})
    assert answer.status_code == 302
    assert school.the_school().name == "Tên mới"


@pytest.mark.parametrize("day", ["31/02/2022", "tomorrow", "", "2022"])
def test_a_bad_deadline_is_a_sentence(cast: Cast, client_of: Browser, day: str) -> None:
    answer = client_of(cast.hoa).post("/settings/campaign", data={"title": "x", "deadline": day})
    assert answer.status_code == 422
    assert "25/10/2022" in answer.text
    assert school.the_campaign().deadline == date(2022, 10, 25)


@pytest.mark.parametrize("day", ["30/11/22", "30-11-2022", " 30.11.2022", "2022-11-30"])
def test_a_deadline_as_people_write_it(cast: Cast, client_of: Browser, day: str) -> None:
    client_of(cast.hoa).post("/settings/campaign", data={"title": "x", "deadline": day})
    assert school.the_campaign().deadline == date(2022, 11, 30)


@pytest.mark.parametrize(
    ("day", "sentence"), [("25/10/2021", "đứng trước"), ("25/10/2122", "kiểm tra lại năm")]
)
def test_a_deadline_that_cannot_be_meant(
    cast: Cast, client_of: Browser, day: str, sentence: str
) -> None:
    answer = client_of(cast.hoa).post("/settings/campaign", data={"title": "x", "deadline": day})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert school.the_campaign().deadline == date(2022, 10, 25)


def test_what_was_refused_stays_in_its_form(cast: Cast, client_of: Browser) -> None:
    browser, there = client_of(cast.hoa), 'value="25/10/2022"'
    page = browser.post(
        "/settings/campaign", data={"title": "Đợt mới", "deadline": "31/02/2022"}
    ).text
    assert ">Đợt mới</textarea>" in page
    assert 'value="31/02/2022"' in page
    page = browser.post("/settings/campaign", data={"title": "", "deadline": "25/10/2022"}).text
    assert 'value="Trường TH Thử Nghiệm"' in page
    assert there in page
    browser.post("/settings/campaign/close")
    wish = {
        "title": "Học kỳ hai",
        "letter": "CV 12",
        "opens_on": "31/02/2023",
        "deadline": "25/03/2023",
    }
    page = browser.post("/settings/campaign/next", data=wish).text
    assert all(f'value="{text}"' in page for text in wish.values())
    assert there in page


def test_a_clerk_makes_accounts_for_teachers_only(cast: Cast, client_of: Browser) -> None:
    form = {"username": "gv5c", "full_name": "Hồ Thị Cúc", "password": PASSWORD}
    browser = client_of(cast.thu)
    assert browser.post("/settings/accounts", data=form | {"role": "principal"}).status_code == 403
    nameless = browser.post("/settings/accounts", data=form | {"role": "teacher", "full_name": " "})
    assert nameless.status_code == 422
    assert "Nhập họ tên" in nameless.text
    assert browser.post("/settings/accounts", data=form | {"role": "teacher"}).status_code == 302
    assert User.get(User.username == form["username"]).must_change_password, (
        "the clerk knows the first one"
    )
    assert accounts.user_with_password("gv5c", PASSWORD)
    again = browser.post("/settings/accounts", data=form | {"role": "teacher"})
    assert again.status_code == 422
    assert 'value="Hồ Thị Cúc"' in again.text


def test_a_reset_password_ends_the_session(cast: Cast, client_of: Browser) -> None:
    teacher = client_of(cast.lan)
    assert teacher.get("/classes").status_code == 200
    client_of(cast.thu).post(
        f"/settings/accounts/{cast.lan.id}/password", data={"password": "một câu khác hẳn"}
    )
    assert teacher.get("/classes").status_code == 302


def test_locking_an_account(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.hoa)
    browser.post(f"/settings/accounts/{cast.lan.id}/disabled", data={"disabled": "1"})
    assert accounts.user_with_password("lan", PASSWORD) is None
    browser.post(f"/settings/accounts/{cast.lan.id}/disabled", data={"disabled": "0"})
    assert accounts.user_with_password("lan", PASSWORD)
    assert (
        browser.post(
            f"/settings/accounts/{cast.hoa.id}/disabled", data={"disabled": "1"}
        ).status_code
        == 422
    )


def test_every_change_of_the_school_is_in_the_audit_and_nothing_else(
    cast: Cast, client_of: Browser
) -> None:
    told = school.the_school()
    form = {
        "name": told.name,
        "office": "Phòng GDĐT huyện Thủ Thừa",
        "reviewer_title": told.reviewer_title,
    }
    client_of(cast.hoa).post("/settings/school", data=form)
    client_of(cast.hoa).post("/settings/school", data=form)
    rows = [
        (c.field, c.old, c.new) for c in Change.select().where(Change.event == "school.changed")
    ]
    assert rows == [("office", told.office, "Phòng GDĐT huyện Thủ Thừa")]
