"""Batches in the browser: before, during, after; the fragment that stops asking."""

import html
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from idapp import exports, jobs, verification
from idapp.database import db
from idapp.models import Batch, BatchItem, Change, PaperCase, Person, User, utc_now
from idapp.settings import from_environment, use
from idapp.verification.answers import OUTAGE
from tests.cast import Cast
from tests.test_verification_files import filled

Browser = Callable[[User], FlaskClient]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, app) -> None:
    """A school with a connection in its settings; no worker runs, so a batch stays queued."""
    monkeypatch.setenv("REGISTRY", "soap")
    monkeypatch.setenv("REGISTRY_URL", "http://127.0.0.1:9/")
    use(from_environment())


@pytest.fixture
def by_file(monkeypatch: pytest.MonkeyPatch, app) -> None:
    """A school that carries workbooks by hand."""
    monkeypatch.setenv("REGISTRY", "file")
    monkeypatch.setattr(
        exports, "catalogues_of", lambda *_: ()
    )  # seconds for each workbook; see test_exports
    use(from_environment())


def fragment_of(browser: FlaskClient, path: str) -> str:
    return browser.get(path, headers={"HX-Request": "true"}).text


def test_the_preflight_counts_and_sends_nothing(
    cast: Cast, client_of: Browser, connected: None
) -> None:
    page = client_of(cast.thu).get("/batches/new").text
    assert 'data-count="ready">3<' in page
    assert 'data-count="excluded-incomplete">1<' in page
    assert "Hiệu trưởng là người mở đợt" in page
    assert Batch.select().count() == 0


def test_each_figure_leads_to_the_very_people(
    cast: Cast, client_of: Browser, connected: None
) -> None:
    browser = client_of(cast.thu)
    page = browser.get("/batches/new?scope=school").text
    link = html.unescape(
        re.search(r'href="(/batches/new/excluded[^"]*reason=incomplete)"', page)[1]
    )
    found = browser.get(link).text
    assert f'href="/people/{cast.binh.id}"' in found
    assert "Chưa có số định danh cá nhân" in found
    assert not any(p.full_name in found for p in (cast.an, cast.chi, cast.giang))
    assert browser.get("/batches/new/excluded?scope=class:x&reason=incomplete").status_code == 422


def test_the_clerk_prepares_and_the_principal_is_told_everywhere(
    cast: Cast, client_of: Browser, connected: None
) -> None:
    clerk, principal = client_of(cast.thu), client_of(cast.hoa)
    answer = clerk.post("/batches", data={"scope": "school", "which": "ready"})
    batch = Batch.get()
    assert answer.location == f"/batches/{batch.id}"
    assert batch.state == "prepared"
    assert f'data-running-batch="{batch.id}"' in principal.get("/classes").text
    page = principal.get(f"/batches/{batch.id}").text
    assert 'data-batch-state="prepared"' in page
    assert "Mở đợt, gửi 3 hồ sơ" in page
    assert "Mở đợt, gửi" not in clerk.get(f"/batches/{batch.id}").text
    office = client_of(cast.phong).get(f"/batches/{batch.id}").text
    assert 'data-count="excluded-incomplete">1<' in office
    assert "/batches/new/excluded" not in office
    assert clerk.post(f"/batches/{batch.id}/start").status_code == 403
    for _ in range(2):
        assert principal.post(f"/batches/{batch.id}/start").location == f"/batches/{batch.id}"
    assert Batch.get().state == "queued"
    assert Batch.get().started_by == cast.hoa
    events = [(c.event, c.user) for c in Change.select().where(Change.event.startswith("batch."))]
    assert events == [("batch.prepared", cast.thu), ("batch.started", cast.hoa)]


def test_the_clerk_drops_only_what_is_prepared(
    cast: Cast, client_of: Browser, connected: None
) -> None:
    clerk = client_of(cast.thu)
    clerk.post("/batches", data={"scope": "staff"})
    assert clerk.post("/batches/1/stop").status_code == 302
    assert Batch.get().state == "stopped"
    verification.start("school", by=cast.hoa)
    assert clerk.post("/batches/2/stop").status_code == 403
    assert Batch.get_by_id(2).state == "queued"


def test_the_principal_starts(cast: Cast, client_of: Browser, connected: None) -> None:
    answer = client_of(cast.hoa).post("/batches", data={"scope": "school"})
    batch = Batch.get()
    assert answer.location == f"/batches/{batch.id}"
    assert batch.total == 3
    assert batch.state == "queued"
    assert [c.user for c in Change.select().where(Change.event == "batch.started")] == [cast.hoa]


def test_starting_twice_lands_on_the_first(cast: Cast, client_of: Browser, connected: None) -> None:
    first, second = (
        client_of(cast.hoa).post("/batches", data={"scope": "school"}) for _ in range(2)
    )
    assert first.location == second.location
    assert Batch.select().count() == 1


def test_a_bad_scope_is_a_sentence(cast: Cast, client_of: Browser, connected: None) -> None:
    answer = client_of(cast.hoa).post("/batches", data={"scope": "class:x"})
    assert answer.status_code == 422
    assert "Chọn phạm vi" in answer.text


def test_without_a_connection_the_app_says_so(cast: Cast, client_of: Browser) -> None:
    answer = client_of(cast.hoa).post("/batches", data={"scope": "school"})
    assert answer.status_code == 422
    assert "Chưa nối với cơ sở dữ liệu dân cư" in answer.text
    assert Batch.select().count() == 0


def test_the_fragment_equals_the_piece_of_the_page(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    fragment = browser.get(f"/batches/{batch.id}/progress", headers={"HX-Request": "true"}).text
    assert fragment.strip() in browser.get(f"/batches/{batch.id}").text


@pytest.mark.sqlite("switches foreign keys off")
def test_a_poll_is_small(cast: Cast, client_of: Browser) -> None:
    """1.5 KB with every figure on it (bars B5): a day of polling must not be felt."""
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    states = ("verified", "mismatch", "not_found", "rejected", "unanswered", "waiting", "stale")
    frozen = batch.items.get().__data__ | {"settled_at": utc_now()}
    frozen.pop("id")
    for state in states:
        told = {"state": "verified", "stale": True} if state == "stale" else {"state": state}
        rows = [{**frozen, **told, "person": 1000 + n} for n in range(300)]
        db.execute_sql("PRAGMA foreign_keys=0")
        BatchItem.insert_many(rows).execute()
    Batch.update(state="running", heartbeat_at=utc_now()).execute()
    text = fragment_of(browser, f"/batches/{batch.id}/progress?state=running")
    assert 'data-count="unanswered">300<' in text
    assert "hồ sơ/giây" in text
    assert 'role="progressbar"' in text
    assert len(text.encode()) <= 1500, len(text.encode())
    Batch.update(state="paused", sentence=OUTAGE, resume_at=utc_now()).execute()
    text = fragment_of(browser, f"/batches/{batch.id}/progress?state=paused")
    assert "Thử lại lúc" in text, len(text.encode())
    assert len(text.encode()) <= 1500, len(text.encode())


@pytest.mark.parametrize("state", ["queued", "interrupted", "paused"])
def test_a_batch_that_no_worker_takes_up_says_so(
    cast: Cast, client_of: Browser, connected: None, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    before = utc_now() - timedelta(minutes=5)
    if state == "interrupted":
        Batch.update(state="running", started_at=before, heartbeat_at=before).execute()
    if state == "paused":
        Batch.update(state="paused", sentence=OUTAGE, resume_at=before).execute()
    page = browser.get(f"/batches/{batch.id}").text
    assert "Chưa có tiến trình chạy nền" in page
    assert "đợt vẫn chạy" not in page
    assert "data-no-worker" in fragment_of(browser, f"/batches/{batch.id}/progress?state={state}")
    monkeypatch.setattr(jobs, "health", lambda settings: {"queue": "ok", "worker": "ok"})
    assert "data-no-worker" not in browser.get(f"/batches/{batch.id}").text


def test_a_batch_by_files_needs_no_worker(cast: Cast, client_of: Browser, by_file: None) -> None:
    batch = verification.start("school", by=cast.hoa, channel="file")
    assert "data-no-worker" not in client_of(cast.hoa).get(f"/batches/{batch.id}").text


def test_a_change_of_state_brings_the_buttons_along_once(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    verification.pause(batch, by=cast.hoa)
    changed = fragment_of(browser, f"/batches/{batch.id}/progress?state=queued")
    assert 'hx-target="#batch-actions"' in changed
    assert "/resume" in changed
    assert "state=paused" in changed
    assert "batch-actions" not in fragment_of(browser, f"/batches/{batch.id}/progress?state=paused")


def test_the_page_is_loaded_afresh_once_at_the_end(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    verification.stop(batch, by=cast.hoa)
    polled = browser.get(
        f"/batches/{batch.id}/progress?state=running", headers={"HX-Request": "true"}
    )
    assert polled.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in polled.text


def test_the_list_of_problems_is_sent_only_when_something_was_added(
    cast: Cast, client_of: Browser
) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.lan)
    path = f"/batches/{batch.id}/problems"
    assert browser.get(path + "?seen=0", headers={"HX-Request": "true"}).status_code == 204
    BatchItem.update(state="not_found", settled_at=utc_now()).where(
        BatchItem.person == cast.an
    ).execute()
    text = fragment_of(browser, path + "?seen=0")
    assert f'href="/people/{cast.an.id}"' in text
    assert "seen=1" in text


def test_the_strip_on_other_pages_says_how_far_it_is(cast: Cast, client_of: Browser) -> None:
    batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    assert f'data-running-batch="{batch.id}"' in client_of(cast.lan).get("/classes").text
    assert "0 % đã có kết quả" in client_of(cast.hoa).get("/progress").text
    assert "data-running-batch" not in client_of(cast.minh).get("/classes").text, (
        "none of his pupils is in it"
    )
    assert "data-running-batch" not in client_of(cast.hoa).get(f"/batches/{batch.id}").text


def test_a_teacher_sees_no_batch_without_own_pupils(cast: Cast, client_of: Browser) -> None:
    batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    minh = client_of(cast.minh)
    assert minh.get(f"/batches/{batch.id}").status_code == 404
    assert "Đợt 1" not in minh.get("/batches").text
    assert (
        minh.get(f"/batches/{batch.id}/progress", headers={"HX-Request": "true"}).status_code == 404
    )


def test_finished_is_not_passed(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    BatchItem.update(state="verified", settled_at=utc_now()).execute()
    BatchItem.update(state="mismatch", differences={"gender": ["Nữ", "Nam"]}).where(
        BatchItem.person == cast.an
    ).execute()
    Batch.update(state="finished", finished_at=utc_now()).execute()
    page = browser.get(f"/batches/{batch.id}").text
    assert "Đã xong:" in page
    assert "Chưa đạt:" in page
    assert "2/3" in page
    assert "khác giới tính" in page
    BatchItem.update(state="verified").execute()
    assert "Đã đạt:" in browser.get(f"/batches/{batch.id}").text


def test_the_list_can_be_narrowed(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    BatchItem.update(state="verified", settled_at=utc_now()).execute()
    BatchItem.update(state="not_found").where(BatchItem.person == cast.chi).execute()
    only = browser.get(f"/batches/{batch.id}?only=verified").text
    assert cast.an.full_name in only
    assert cast.chi.full_name not in only
    gained = browser.get(f"/batches/{batch.id}?only=gained&page=99").text
    assert cast.an.full_name in gained
    assert cast.chi.full_name not in gained


def test_one_click_opens_the_cases(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.thu)
    BatchItem.update(state="not_found").execute()
    Person.update(status="not_found", outcome="not_found").where(Person.status == "sent").execute()
    for _ in range(2):
        assert browser.post(f"/batches/{batch.id}/notices").status_code == 303
    assert PaperCase.select().count() == 3
    assert {c.user for c in Change.select().where(Change.event == "notice.opened")} == {cast.thu}


def test_the_minutes_are_a_download_in_the_audit(cast: Cast, client_of: Browser) -> None:
    batch = verification.start("school", by=cast.hoa)
    answer = client_of(cast.thu).get(f"/batches/{batch.id}/minutes.xlsx")
    assert answer.status_code == 200
    assert answer.data[:2] == b"PK"
    assert "bien-ban" in answer.headers["Content-Disposition"]
    exported = Change.select().where(Change.event == "export").get()
    assert (exported.user, exported.subject) == (cast.thu, f"minutes of batch {batch.id}")
    assert client_of(cast.hoa).get("/batches/77/minutes.xlsx").status_code == 404


def test_the_file_way_from_the_page(cast: Cast, client_of: Browser, by_file: None) -> None:
    principal, clerk = client_of(cast.hoa), client_of(cast.thu)
    principal.post("/batches", data={"scope": "school"})
    batch = Batch.get()
    page = clerk.get(f"/batches/{batch.id}").text
    assert 'data-batch-state="waiting_for_answers"' in page
    assert 'name="file"' in page
    data = clerk.get(f"/batches/{batch.id}/request.xlsx").data
    results = filled(data, {cast.an.number: "Đã xác thực", cast.chi.number: "Không khớp"})
    sent = {"file": [(io.BytesIO(results), "a.xlsx"), (io.BytesIO(results), "b.xlsx")]}
    assert clerk.post(f"/batches/{batch.id}/answers", data=sent).status_code == 303
    page = clerk.get(f"/batches/{batch.id}").text
    assert "a.xlsx" in page
    assert "b.xlsx" in page
    assert 'data-count="verified">1<' in page
    assert [c.user for c in Change.select().where(Change.event == "batch.answers")] == [
        cast.thu,
        cast.thu,
    ]
    assert clerk.post(f"/batches/{batch.id}/end").status_code == 403
    assert principal.post(f"/batches/{batch.id}/end").status_code == 303
    assert Batch.get().state == "finished"
    assert clerk.get(f"/batches/{batch.id}/request.xlsx").status_code == 404, (
        "nothing to carry any more"
    )


@pytest.mark.parametrize(
    "file", [None, (b"no workbook", "a.xlsx"), (b"PK\3\4 broken", "a.xlsx"), (b"", "a.csv")]
)
def test_a_bad_result_file_is_a_sentence(
    cast: Cast, client_of: Browser, by_file: None, file: tuple[bytes, str] | None
) -> None:
    batch = verification.start("school", by=cast.hoa, channel="file")
    data = {"file": (io.BytesIO(file[0]), file[1])} if file else {}
    answer = client_of(cast.thu).post(f"/batches/{batch.id}/answers", data=data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Traceback" not in answer.text
    assert verification.tally(batch).settled == 0


def test_result_files_only_for_those_who_may(cast: Cast, client_of: Browser, by_file: None) -> None:
    batch = verification.start("school", by=cast.hoa, channel="file")
    for user in (cast.lan, cast.phong):
        browser = client_of(user)
        assert browser.post(f"/batches/{batch.id}/answers").status_code == 403
        assert browser.get(f"/batches/{batch.id}/request.xlsx").status_code == 403
        assert 'name="file"' not in browser.get(f"/batches/{batch.id}").text


def test_an_open_fragment_asks_again_and_a_finished_one_does_not(
    cast: Cast, client_of: Browser
) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.lan)
    path = f"/batches/{batch.id}/progress"
    assert "hx-trigger" in browser.get(path, headers={"HX-Request": "true"}).text
    BatchItem.update(state="verified").execute()
    Batch.update(state="finished").execute()
    fragment = browser.get(path, headers={"HX-Request": "true"}).text
    assert "hx-trigger" not in fragment
    assert 'data-batch-state="finished"' in fragment
    assert 'data-count="verified">3<' in fragment


def test_teachers_see_only_their_own_pupils_in_a_batch(cast: Cast, client_of: Browser) -> None:
    batch = verification.start("school", by=cast.hoa)
    BatchItem.update(state="not_found").execute()
    page = client_of(cast.lan).get(f"/batches/{batch.id}").text
    assert cast.an.full_name in page
    assert cast.chi.full_name not in page
    assert cast.giang.full_name not in page


def test_the_reviewer_sees_no_number(cast: Cast, client_of: Browser) -> None:
    batch = verification.start("school", by=cast.hoa)
    BatchItem.update(state="mismatch", differences={"gender": ["Nữ", "Nam"]}).execute()
    page = client_of(cast.phong).get(f"/batches/{batch.id}").text
    assert cast.an.full_name in page
    assert not re.search(r"[0-9]{12}", page)


def test_pause_resume_stop(cast: Cast, client_of: Browser) -> None:
    batch, browser = verification.start("school", by=cast.hoa), client_of(cast.hoa)
    for deed, state in (("pause", "paused"), ("resume", "queued"), ("stop", "stopped")):
        browser.post(f"/batches/{batch.id}/{deed}")
        assert Batch.get().state == state
    assert Person.get_by_id(cast.an.id).status == "ready"
    page = browser.get(f"/batches/{batch.id}").text
    rows = re.findall(r'<tr>\s*<th scope="row">.*?</tr>', page[page.index("Theo lớp") :], re.S)
    figures = [[int(n) for n in re.findall(r'<td class="n.*?">([0-9]+)</td>', row)] for row in rows]
    assert [(sent, sum(outcomes)) for sent, *outcomes in figures] == [(1, 1)] * 3
    assert '<b class="num">0/3</b>' in page


def test_a_missing_batch(cast: Cast, client_of: Browser) -> None:
    assert client_of(cast.hoa).get("/batches/77").status_code == 404
    assert client_of(cast.hoa).post("/batches/77/stop").status_code == 404
