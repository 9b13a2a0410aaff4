"""Step 3 in the browser: the list, the family's number, the comparison."""

from collections.abc import Callable

from flask.testing import FlaskClient

from idapp import people
from idapp.models import Change, PaperCase, Person, User
from tests.cast import Cast, number_for

Browser = Callable[[User], FlaskClient]
RIGHT = number_for(2012, "Nam", 500)
HX = {"HX-Request": "true"}


def binh(cast: Cast) -> Person:
    return Person.get_by_id(cast.binh.id)


def test_the_list_holds_who_needs_the_paper_and_why(cast: Cast, client_of: Browser) -> None:
    Person.update(status="mismatch", differences={"gender": ["Nữ", "Nam"]}).where(
        Person.id == cast.chi.id
    ).execute()
    page = client_of(cast.thu).get("/notices").text
    assert "Chưa có số định danh" in page
    assert "Thông tin không khớp" in page
    assert cast.an.full_name not in page
    assert cast.chi.full_name not in client_of(cast.lan).get("/notices").text


def test_an_unanswered_record_sends_no_family_anywhere(cast: Cast, client_of: Browser) -> None:
    Person.update(status="unanswered").where(Person.id == cast.chi.id).execute()
    assert cast.chi.full_name not in client_of(cast.thu).get("/notices").text


def test_the_number_is_entered_in_the_list(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.lan).post(
        f"/notices/{cast.binh.id}/number", data={"value": RIGHT, "seen": ""}, headers=HX
    )
    assert answer.status_code == 200
    assert 'data-status="ready"' in answer.text
    assert "<html" not in answer.text
    assert binh(cast).number == RIGHT
    row = Change.select().where(Change.source == "notice").get()
    assert (row.user, row.field, row.new) == (cast.lan, "identity_number", RIGHT)


def test_a_bad_number_comes_back_with_its_sentence(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.lan).post(
        f"/notices/{cast.binh.id}/number", data={"value": "10021200050", "seen": ""}, headers=HX
    )
    assert answer.status_code == 422
    assert 'value="10021200050"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_conflict_shows_the_other_value(cast: Cast, client_of: Browser) -> None:
    people.change(cast.binh, "identity_number", RIGHT, seen="", by=cast.thu)
    other = number_for(2012, "Nam", 501)
    answer = client_of(cast.lan).post(
        f"/notices/{cast.binh.id}/number", data={"value": other, "seen": ""}, headers=HX
    )
    assert answer.status_code == 409
    assert "Võ Thị Thư" in answer.text
    assert f"vừa lưu số {RIGHT}, nên số" in answer.text, "what was typed is not lost"
    assert "chưa được lưu" in answer.text, "what was typed is not lost"
    assert binh(cast).number == RIGHT


def test_without_javascript_the_list_comes_back(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.lan).post(
        f"/notices/{cast.binh.id}/number", data={"value": RIGHT, "seen": ""}
    )
    assert answer.status_code == 302
    assert binh(cast).number == RIGHT


def test_the_whole_paper_is_compared(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.lan)
    seen = {
        f"seen-{n}": getattr(cast.binh, n)
        for n in ("identity_number", "full_name", "date_of_birth", "gender")
    }
    paper = {
        "identity_number": RIGHT,
        "full_name": "Trần Văn Bình",
        "date_of_birth": "06/05/2012",
        "gender": "Nam",
    }
    assert browser.post(f"/notices/{cast.binh.id}", data=seen | paper).status_code == 302
    assert (binh(cast).date_of_birth, binh(cast).status) == ("06/05/2012", "ready")
    assert len({c.changeset for c in Change.select().where(Change.source == "notice")}) == 1


def test_a_bad_value_on_the_paper_keeps_what_was_typed(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.lan).post(
        f"/notices/{cast.binh.id}", data={"identity_number": "12", "seen-identity_number": ""}
    )
    assert answer.status_code == 422
    assert 'value="12"' in answer.text


def test_how_far_the_family_is(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.lan)
    answer = browser.post(f"/notices/{cast.binh.id}/state", data={"state": "police"}, headers=HX)
    assert answer.status_code == 200
    assert PaperCase.get().state == "police"
    assert (
        browser.post(f"/notices/{cast.binh.id}/state", data={"state": "nonsense"}).status_code
        == 422
    )
