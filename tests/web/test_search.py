"""The search of the header: the fragment and the page, what is marked, and where a number must not appear."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from idapp.models import User
from idapp.people import membership
from tests.cast import Cast

Browser = Callable[[User], FlaskClient]
FRAGMENT = {"HX-Request": "true"}


def rows_in(text: str) -> list[int]:
    return [int(id_) for id_ in re.findall(r'data-person-id="([0-9]+)"', text)]


@pytest.mark.parametrize("headers", [FRAGMENT, {}])
def test_a_row_says_who_it_is(cast: Cast, client_of: Browser, headers: dict[str, str]) -> None:
    browser = client_of(cast.thu)
    answers = [
        browser.get("/search?q=thi+an", headers=headers).text,
        browser.post("/search", data={"q": "thi an"}, headers=headers).text,
    ]
    for answer in map(unescape, answers):
        assert rows_in(answer) == [cast.an.id]
        assert ("<html" in answer) == (not headers)
        assert "Nguyễn <mark>Thị</mark> <mark>An</mark>" in answer
        for text in ("Lớp 5A, sinh 20/03/2012", "Sẵn sàng gửi", f'href="/people/{cast.an.id}"'):
            assert text in answer
        assert "Có 1 người." in answer


def test_who_has_left_is_shown_as_such(cast: Cast, client_of: Browser) -> None:
    membership.set_state(cast.chi, "Chuyển trường", active=False, by=cast.thu)
    answer = client_of(cast.minh).post("/search", data={"q": "chi"}, headers=FRAGMENT).text
    assert rows_in(answer) == [cast.chi.id]
    assert '<span class="chip">Chuyển trường</span>' in answer


def test_what_was_typed_comes_back_as_text_only(cast: Cast, client_of: Browser) -> None:
    page = client_of(cast.thu).post("/search", data={"q": '"><script>x</script>'}).text
    assert "<script>x" not in page
    assert 'value="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"' in page
    assert "Không có ai như vậy" in page


def test_no_form_of_ours_puts_a_search_into_an_address(
    cast: Cast, client_of: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser = client_of(cast.thu)
    number = cast.chi.identity_number
    answer = browser.post("/search", data={"q": number})
    assert rows_in(answer.text) == [cast.chi.id]
    assert answer.headers["Cache-Control"] == "no-store"
    forms = re.findall(r'<form[^>]*action="/search"[^>]*>', answer.text)
    assert len(forms) == 2
    assert all('method="post"' in form for form in forms)
    assert f"q={number}" not in answer.text
    assert number not in caplog.text


def test_the_office_above_sees_no_number_and_no_count(cast: Cast, client_of: Browser) -> None:
    browser = client_of(cast.phong)
    there, nowhere = (
        browser.post("/search", data={"q": digits}, headers=FRAGMENT).text
        for digits in (cast.chi.identity_number, "100999999999")
    )
    assert there == nowhere
    assert "không tìm theo số" in there
    answer = browser.post("/search", data={"q": "chi"}, headers=FRAGMENT).text
    assert rows_in(answer) == [cast.chi.id]
    assert cast.chi.identity_number not in answer


def test_too_few_digits_are_a_sentence(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.thu).post("/search", data={"q": "003"}, headers=FRAGMENT)
    assert "ít nhất 4 số cuối" in answer.text
