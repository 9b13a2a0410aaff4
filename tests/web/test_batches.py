"""Batches in the browser: before, during, after; the fragment that stops asking."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from idapp import verification
from idapp.models import Batch, BatchItem, Change, Person, User
from idapp.settings import from_environment, use
from tests.cast import Cast

Browser = Callable[[User], FlaskClient]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, app) -> None:
    """A school with a connection in its settings; no worker runs, so a batch stays queued."""
    monkeypatch.setenv("REGISTRY", "soap")
    monkeypatch.setenv("REGISTRY_URL", "http://127.0.0.1:9/")
    use(from_environment())


def test_the_preflight_counts_and_sends_nothing(cast: Cast, client_of: Browser, connected: None) -> None:
    page = client_of(cast.thu).get("/batches/new").text
    assert 'data-count="ready">3<' in page and 'data-count="excluded-incomplete">1<' in page
    assert "Hiệu trưởng là người gửi" in page and Batch.select().count() == 0


def test_the_principal_starts(cast: Cast, client_of: Browser, connected: None) -> None:
    answer = client_of(cast.hoa).post("/batches", data={"scope": "school"})
    batch = Batch.get()
    assert answer.location == f"/batches/{batch.id}" and batch.total == 3 and batch.state == "queued"
    assert [c.user for c in Change.select().where(Change.event == "batch.started")] == [cast.hoa]


def test_starting_twice_lands_on_the_first(cast: Cast, client_of: Browser, connected: None) -> None:
    first, second = (client_of(cast.hoa).post("/batches", data={"scope": "school"}) for _ in range(2))
    assert first.location == second.location and Batch.select().count() == 1


def test_a_bad_scope_is_a_sentence(cast: Cast, client_of: Browser, connected: None) -> None:
    answer = client_of(cast.hoa).post("/batches", data={"scope": "class:x"})
    assert answer.status_code == 422 and "Chọn phạm vi" in answer.text


def test_without_a_connection_the_app_says_so(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.hoa).post("/batches", data={"scope": "school"})
    assert (
        answer.status_code == 422 and "Chưa nối với cơ sở dữ liệu dân cư" in answer.text and Batch.select().count() == 0
    )


def test_the_fragment_equals_the_piece_of_the_page(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    fragment = browser.get(f"/batches/{batch.id}/progress", headers={"HX-Request": "true"}).text
    assert fragment.strip() in browser.get(f"/batches/{batch.id}").text
    assert len(fragment.encode()) < 3000


def test_an_open_fragment_asks_again_and_a_finished_one_does_not(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.lan)
    path = f"/batches/{batch.id}/progress"
    assert "hx-trigger" in browser.get(path, headers={"HX-Request": "true"}).text
    BatchItem.update(state="verified").execute()
    Batch.update(state="finished").execute()
    fragment = browser.get(path, headers={"HX-Request": "true"}).text
    assert (
        "hx-trigger" not in fragment
        and 'data-batch-state="finished"' in fragment
        and 'data-count="verified">3<' in fragment
    )


def test_teachers_see_only_their_own_pupils_in_a_batch(cast: Cast, client_of: Browser) -> None:
    batch = verification.start("school", by=cast.hoa)
    BatchItem.update(state="not_found").execute()
    page = client_of(cast.lan).get(f"/batches/{batch.id}").text
    assert cast.an.full_name in page and cast.chi.full_name not in page and cast.giang.full_name not in page


def test_the_reviewer_sees_no_number(cast: Cast, client_of: Browser) -> None:
    batch = verification.start("school", by=cast.hoa)
    BatchItem.update(state="mismatch", differences={"gender": ["Nữ", "Nam"]}).execute()
    page = client_of(cast.phong).get(f"/batches/{batch.id}").text
    assert cast.an.full_name in page and not re.search(r"[0-9]{12}", page)


def test_pause_resume_stop(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    for deed, state in (("pause", "paused"), ("resume", "queued"), ("stop", "stopped")):
        browser.post(f"/batches/{batch.id}/{deed}")
        assert Batch.get().state == state
    assert Person.get_by_id(cast.an.id).status == "ready"


def test_a_missing_batch(cast: Cast, client_of: Browser) -> None:
    assert client_of(cast.hoa).get("/batches/77").status_code == 404
    assert client_of(cast.hoa).post("/batches/77/stop").status_code == 404
