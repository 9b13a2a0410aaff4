"""What a new school has to do first: the state of each task, computed; gone when all are done."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from idapp import accounts, homeroom, verification
from idapp.models import Person, User
from idapp.settings import Settings, use
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]


def tasks_in(page: str) -> dict[str, bool]:
    marks = re.findall(r'data-task="(\w+)" data-done="([01])"', page)
    return {name: done == "1" for name, done in marks}


def home_of(browser: FlaskClient) -> str:
    return browser.get("/", follow_redirects=True).text


@pytest.fixture
def nobody(cast: Cast) -> Cast:
    """The school as its set-up leaves it: without anybody."""
    Person.update(active=False).execute()
    return cast


def test_a_school_without_anybody(nobody: Cast, client_of: ClientOf) -> None:
    for user in (nobody.hoa, nobody.thu):
        page = home_of(client_of(user))
        assert tasks_in(page) == dict.fromkeys(
            ("pupils", "staff", "accounts", "register", "batch"), False
        )
        assert "Việc đầu tiên" in page
        assert 'href="/imports/new"' in page


def test_others_get_a_sentence_in_place_of_an_empty_board(
    nobody: Cast, client_of: ClientOf
) -> None:
    page = client_of(nobody.phong).get("/progress").text
    assert "Trường chưa nhập danh sách nào" in page
    assert not tasks_in(page)
    assert "Gửi nhận xét" in page
    teacher = client_of(nobody.lan)
    assert "Lớp của thầy cô chưa có học sinh" in teacher.get("/progress").text
    assert "Văn thư thường nhập danh sách cả trường" in home_of(teacher)
    homeroom.assign_teachers(nobody.class_5a, [], by=nobody.hoa)
    assert "Thầy cô chưa được giao lớp" in home_of(teacher)


def test_what_is_done_says_how_much(cast: Cast, client_of: ClientOf) -> None:
    page = home_of(client_of(cast.hoa))
    assert tasks_in(page) == {
        "pupils": True,
        "staff": True,
        "accounts": True,
        "register": False,
        "batch": False,
    }
    assert "đã nhập 3 học sinh, 2 lớp" in page
    assert "cả 2 lớp đều có giáo viên đăng nhập được" in page
    assert 'href="/settings/registry"' in page
    assert 'href="/settings/accounts/from-staff"' in page
    assert "Từng ngày" in page, "the board stands below"


def test_a_locked_account_leaves_its_class_open(cast: Cast, client_of: ClientOf) -> None:
    accounts.set_disabled(cast.minh, True, by=cast.hoa)
    page = home_of(client_of(cast.thu))
    assert tasks_in(page)["accounts"] is False
    assert "mới 1/2 lớp có giáo viên đăng nhập được; chưa có: 5B" in page


def test_the_clerk_is_told_who_chooses_the_way(cast: Cast, client_of: ClientOf) -> None:
    page = home_of(client_of(cast.thu))
    assert "hiệu trưởng chọn trong Cài đặt" in page
    assert 'href="/settings/registry"' not in page


def test_the_list_goes_with_the_first_batch(
    cast: Cast, client_of: ClientOf, settings: Settings
) -> None:
    browser = client_of(cast.hoa)
    use(replace(settings, registry={"REGISTRY": "file"}))
    assert tasks_in(home_of(browser))["register"] is True
    verification.prepare("school", by=cast.thu)
    assert tasks_in(home_of(browser))["batch"] is False, "prepared is not sent"
    verification.start("school", by=cast.hoa, channel="file")
    page = home_of(browser)
    assert not tasks_in(page)
    assert "Việc đầu tiên" not in page
