"""Staff of a school that nobody has set up yet: they learn what must come first, at every address."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import accounts, school
from idapp.models import Campaign, School, User
from idapp.settings import current
from tests.cast import Cast

ClientOf = Callable[[User], FlaskClient]


@pytest.fixture
def nothing_set_up(cast: Cast) -> Cast:
    """The accounts alone, as an older version let them be made."""
    Campaign.delete().execute()
    School.delete().execute()
    return cast


@pytest.mark.parametrize("name", ["lan", "thu", "hoa"])
@pytest.mark.parametrize(
    "page", ["/", "/progress", "/classes", "/batches", "/settings", "/imports/new"]
)
def test_every_page_says_what_must_come_first(
    nothing_set_up: Cast, client_of: ClientOf, name: str, page: str
) -> None:
    user = getattr(nothing_set_up, name)
    answer = client_of(user).get(page, follow_redirects=True)
    assert answer.status_code == 200
    assert "Trường chưa được thiết lập" in answer.text
    assert "app setup" in answer.text
    assert user.full_name in answer.text


def test_what_is_sent_there_leads_to_the_same_page(
    nothing_set_up: Cast, client_of: ClientOf
) -> None:
    answer = client_of(nothing_set_up.hoa).post("/batches", data={"scope": "school"})
    assert (answer.status_code, answer.location) == (303, "/")


def test_signing_in_out_and_a_new_password_work(nothing_set_up: Cast, client_of: ClientOf) -> None:
    browser = client_of(nothing_set_up.thu)
    assert "Trường chưa được thiết lập" not in browser.get("/password").text
    accounts.change_password(nothing_set_up.thu, "con-meo-treo-cay", by=nothing_set_up.hoa)
    browser = client_of(User.get_by_id(nothing_set_up.thu.id))
    assert browser.get("/").location == "/password"
    assert browser.post("/logout").location == "/login"


def test_the_office_has_no_school_and_misses_none(
    nothing_set_up: Cast, client_of: ClientOf
) -> None:
    answer = client_of(nothing_set_up.phong).get("/", follow_redirects=True)
    assert answer.status_code == 200
    assert "chưa được thiết lập" not in answer.text


def test_after_the_setup_the_page_is_there(nothing_set_up: Cast, client_of: ClientOf) -> None:
    browser, today = client_of(nothing_set_up.thu), current().today()
    school.set_up("T", school_year=2022, opens_on=today, deadline=today, title="T")
    assert "chưa được thiết lập" not in browser.get("/", follow_redirects=True).text
