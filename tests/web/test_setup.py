"""The first start in the browser: guarded, three short pages, whole or absent, and gone afterwards."""

import io
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from idapp import accounts, backup, doctor, school, setup
from idapp.backup import keys, staged
from idapp.database import db, open_database
from idapp.models import Change, Session, SetupDraft, User
from idapp.settings import Settings
from idapp.setup import code, founding
from idapp.web.guessing import limiter
from tests import postgresql
from tests.cast import PASSWORD, Cast

SCHOOL = {
    "name": "Trường TH Mỹ An",
    "level": "TH",
    "province": "Tỉnh Long An",
    "school_year": "2022",
}
CAMPAIGN = {
    "title": "Đợt thu thập",
    "letter": "1234/PGDĐT ngày 03/10/2022",
    "deadline": "25/10/2022",
    "epoch": "",
}
PRINCIPAL = {"username": "HieuTruong", "full_name": "Lê Thị Hoa", "password": PASSWORD}
Browser = Callable[[], FlaskClient]


@pytest.fixture
def fresh(wired: Flask, database: Settings) -> Settings:
    """An installation in which nothing has been done."""
    wired.config.update(SECRET_KEY=database.secret_key, TESTING=False)
    limiter.reset()
    return database


@pytest.fixture
def browser(wired: Flask, fresh: Settings) -> Browser:
    def opened() -> FlaskClient:
        client = wired.test_client()
        client.environ_base["HTTP_ORIGIN"] = "http://localhost"
        return client

    return opened


@pytest.fixture
def inside(browser: Browser, fresh: Settings) -> FlaskClient:
    """A browser that has opened the address of the start message."""
    client = browser()
    assert client.get(code.path_of(fresh)).location == "/setup/school"
    return client


def up_to_principal(client: FlaskClient) -> FlaskClient:
    assert client.post("/setup/school", data=SCHOOL).location == "/setup/campaign"
    assert client.post("/setup/campaign", data=CAMPAIGN).location == "/setup/principal"
    return client


def problem_of(answer: TestResponse) -> str:
    assert answer.status_code == 422
    return answer.text.split('role="alert"')[1].split(">", 1)[1].split("</div>")[0]


# every address leads there


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "path", ["/", "/login", "/classes", "/people/1/cells/address", "/settings", "/no/such/page"]
)
def test_every_address_leads_to_the_setup(browser: Browser, path: str, method: str) -> None:
    answer = getattr(browser(), method)(path)
    assert (answer.status_code, answer.location) == (303, "/setup")
    piece = getattr(browser(), method)(path, headers={"HX-Request": "true"})
    assert piece.headers["HX-Redirect"] == "/setup"


def test_the_health_of_the_machine_can_be_asked(browser: Browser) -> None:
    assert browser().get("/healthz").status_code == 200


def test_staff_whom_an_older_version_let_in_are_led_there_too(
    browser: Browser, fresh: Settings
) -> None:
    accounts.create_user("thu", "Võ Thị Thư", "clerk", PASSWORD, by=None)
    assert browser().get("/").location == "/setup"
    client = browser()
    client.get(code.path_of(fresh))
    up_to_principal(client).post("/setup/principal", data=PRINCIPAL)
    assert accounts.user_with_password("thu", PASSWORD)


# the code


def test_without_the_code_nothing_opens_and_nothing_is_done(browser: Browser) -> None:
    client = browser()
    assert 'name="code"' in client.get("/setup").text
    for page, form in (("school", SCHOOL), ("campaign", CAMPAIGN), ("principal", PRINCIPAL)):
        assert client.get(f"/setup/{page}").location == "/setup"
        assert client.post(f"/setup/{page}", data=form).location == "/setup"
    assert client.post("/setup/office", data=PRINCIPAL).location == "/setup"
    assert not User.select().exists()
    assert not SetupDraft.select().exists()


def test_a_wrong_code_is_told_where_the_right_one_stands(browser: Browser) -> None:
    answer = browser().get("/setup?code=abcd-abcd-abcd")
    assert answer.status_code == 403
    assert "make serve" in answer.text
    assert "setup_code" in answer.text
    assert browser().post("/setup", data={"code": "…"}).status_code == 403
    assert browser().post("/setup", data={"code": ""}).status_code == 403


def test_many_wrong_codes_are_slowed_down(browser: Browser, fresh: Settings) -> None:
    client = browser()
    codes = {
        client.post("/setup", data={"code": f"sai-{number}"}).status_code for number in range(10)
    }
    assert codes == {403}
    answer = client.get(code.path_of(fresh))
    assert answer.status_code == 429, "also the right one, from this address, for a while"
    assert "đợi mười phút" in answer.text


def test_the_code_survives_a_restart_and_is_for_its_owner_only(fresh: Settings) -> None:
    first = code.code_of(fresh)
    assert code.code_of(fresh) == first
    assert (fresh.data / code.FILE).stat().st_mode & 0o777 == 0o600


def test_the_code_can_be_typed_as_people_type(browser: Browser, fresh: Settings) -> None:
    typed = code.code_of(fresh).upper().replace("-", " ")
    assert browser().post("/setup", data={"code": typed}).location == "/setup/school"


# the pages


def test_the_whole_setup(inside: FlaskClient, fresh: Settings) -> None:
    answer = up_to_principal(inside).post("/setup/principal", data=PRINCIPAL)
    assert (answer.status_code, answer.location) == (303, "/")
    home = inside.get("/", follow_redirects=True)
    assert "Lê Thị Hoa" in home.text, "signed in"
    here, letter = school.the_school(), school.the_campaign()
    assert (here.name, here.level, here.province) == (SCHOOL["name"], "TH", "Tỉnh Long An")
    assert here.school_year == 2022
    assert (letter.title, letter.letter) == (CAMPAIGN["title"], CAMPAIGN["letter"])
    assert (letter.deadline, letter.epoch) == (date(2022, 10, 25), "3level")
    user = User.get()
    assert (user.username, user.role, user.must_change_password) == (
        "hieutruong",
        "principal",
        False,
    )
    assert {change.event for change in Change.select()} >= {"school.set_up", "account.created"}
    assert not (fresh.data / code.FILE).exists()
    assert not SetupDraft.select().exists()


def test_afterwards_its_addresses_are_gone(inside: FlaskClient, fresh: Settings) -> None:
    address = code.path_of(fresh)
    up_to_principal(inside).post("/setup/principal", data=PRINCIPAL)
    for page in ("", "/school", "/campaign", "/principal", "/office"):
        assert inside.get(f"/setup{page}").status_code == 404
        assert inside.post(f"/setup{page}", data=PRINCIPAL).status_code == 404
    assert inside.get(address).status_code == 404
    assert User.select().count() == 1


def test_back_and_forth_without_loss(inside: FlaskClient) -> None:
    up_to_principal(inside)
    back = PRINCIPAL | {"back": "1"}
    assert inside.post("/setup/principal", data=back).location == "/setup/campaign"
    half = CAMPAIGN | {"deadline": "mai", "back": "1"}
    assert inside.post("/setup/campaign", data=half).location == "/setup/school"
    assert 'value="Trường TH Mỹ An"' in inside.get("/setup/school").text
    assert 'value="mai"' in inside.get("/setup/campaign").text
    inside.post("/setup/campaign", data=CAMPAIGN)
    page = inside.get("/setup/principal").text
    assert 'value="Lê Thị Hoa"' in page
    assert PASSWORD not in page
    assert PASSWORD not in str([draft.texts for draft in SetupDraft.select()])


@pytest.mark.parametrize(
    ("page", "field", "text", "says"),
    [
        ("school", "name", " ", "Nhập tên trường"),
        ("school", "level", "", "cấp học"),
        ("school", "level", "DH", "cấp học"),
        ("school", "province", "", "Chọn tỉnh"),
        ("school", "province", "Tỉnh Mới", "Danh mục không có"),
        ("school", "school_year", "2030", "2022-2023"),
        ("school", "school_year", "2022-2024", "2022-2023"),
        ("campaign", "title", "", "Nhập tên đợt"),
        ("campaign", "deadline", "31/02/2023", "25/10/2022"),
        ("campaign", "deadline", "15/10/2022", "đã qua"),
        ("campaign", "deadline", "18/10/2023", "hơn một năm"),
        ("campaign", "epoch", "4level", "danh mục"),
        ("principal", "username", "hieu truong", "viết liền"),
        ("principal", "full_name", "", "Nhập họ tên"),
        ("principal", "password", "ngan", "10 ký tự"),
    ],
)
def test_what_cannot_be_stays_on_its_page(
    inside: FlaskClient, page: str, field: str, text: str, says: str
) -> None:
    forms = {"school": SCHOOL, "campaign": CAMPAIGN, "principal": PRINCIPAL}
    if page == "principal":
        up_to_principal(inside)
    answer = inside.post(f"/setup/{page}", data=forms[page] | {field: text})
    assert says in problem_of(answer)
    assert not school.is_set_up()
    assert not User.select().exists()


def test_a_deadline_asked_about_is_taken_with_the_tick_for_that_very_day(
    inside: FlaskClient,
) -> None:
    inside.post("/setup/school", data=SCHOOL)
    past = CAMPAIGN | {"deadline": "10/10/2022"}
    page = inside.post("/setup/campaign", data=past).text
    assert 'name="deadline_meant" value="10/10/2022"' in page
    other = past | {"deadline": "09/10/2022", "deadline_meant": "10/10/2022"}
    assert "09/10/2022 đã qua" in problem_of(inside.post("/setup/campaign", data=other))
    meant = past | {"deadline_meant": "10/10/2022"}
    assert inside.post("/setup/campaign", data=meant).location == "/setup/principal"
    inside.post("/setup/principal", data=PRINCIPAL)
    assert school.the_campaign().deadline == date(2022, 10, 10)
    assert school.the_campaign().opens_on == date(2022, 10, 10)


@pytest.mark.parametrize(
    ("deadline", "epoch", "stored"),
    [("30/06/2023", "2level", "2level"), ("30/06/2023", "", "3level")],
)
def test_the_epoch_of_places(inside: FlaskClient, deadline: str, epoch: str, stored: str) -> None:
    inside.post("/setup/school", data=SCHOOL)
    inside.post("/setup/campaign", data=CAMPAIGN | {"deadline": deadline, "epoch": epoch})
    inside.post("/setup/principal", data=PRINCIPAL)
    assert school.the_campaign().epoch == stored


def test_a_page_left_out_is_asked_first(inside: FlaskClient) -> None:
    assert inside.get("/setup/principal").location == "/setup/school"
    assert inside.post("/setup/principal", data=PRINCIPAL).location == "/setup/school"
    inside.post("/setup/school", data=SCHOOL)
    assert inside.post("/setup/principal", data=PRINCIPAL).location == "/setup/campaign"
    assert not school.is_set_up()


# two browsers, a crash, a replay


def test_two_browsers_never_mix_their_answers(
    browser: Browser, inside: FlaskClient, fresh: Settings
) -> None:
    other = browser()
    other.get(code.path_of(fresh))
    other.post("/setup/school", data=SCHOOL | {"name": "Trường khác"})
    up_to_principal(inside)
    other.post("/setup/campaign", data=CAMPAIGN | {"title": "Đợt khác"})
    inside.post("/setup/principal", data=PRINCIPAL)
    assert (school.the_school().name, school.the_campaign().title) == (
        SCHOOL["name"],
        CAMPAIGN["title"],
    )
    late = other.post("/setup/principal", data=PRINCIPAL | {"username": "khac"})
    assert late.status_code == 404
    assert "đã được thiết lập" in late.text
    assert not SetupDraft.select().exists()
    assert Session.select().count() == 1


def test_of_two_at_the_same_moment_one_wins(fresh: Settings) -> None:
    facts = setup.SchoolFacts("Trường", "TH", "Tỉnh Long An", 2022)
    letter = setup.CampaignFacts("Đợt", "", date(2022, 10, 25), "3level")
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def found(username: str) -> None:
        together.wait()
        try:
            setup.found_school(
                facts, letter, setup.FirstUser(username, "Lê Thị Hoa", PASSWORD), fresh
            )
            outcomes.append("made")
        except setup.AlreadySetUp:
            outcomes.append("late")
        finally:
            db.close()

    threads = [threading.Thread(target=found, args=(name,)) for name in ("hoa", "lan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late", "made"]
    assert User.select().count() == 1


def test_a_crash_in_the_middle_leaves_nothing(
    inside: FlaskClient, fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    up_to_principal(inside)
    with monkeypatch.context() as patched:
        patched.setattr(founding.accounts, "create_user", lambda *_, **__: 1 / 0)
        assert inside.post("/setup/principal", data=PRINCIPAL).status_code == 500
    assert not school.is_set_up()
    assert (fresh.data / code.FILE).exists()
    assert inside.post("/setup/principal", data=PRINCIPAL).location == "/", "and it goes on"


# the managing office


def test_an_office_has_its_own_short_way(inside: FlaskClient, browser: Browser) -> None:
    assert "Đây là cơ quan quản lý, không phải trường" in inside.get("/setup/school").text
    assert "10 ký tự" in problem_of(
        inside.post("/setup/office", data=PRINCIPAL | {"password": "x"})
    )
    person = {"username": "phong", "full_name": "Trần Văn Phong", "password": PASSWORD}
    assert inside.post("/setup/office", data=person).location == "/"
    assert inside.get("/", follow_redirects=True).request.path == "/progress/schools"
    assert [user.role for user in User.select()] == ["reviewer"]
    assert inside.get("/setup").status_code == 404
    assert browser().get("/").location == "/login?next=/"


def test_in_the_demo_no_real_school_is_set_up(
    browser: Browser, fresh: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = code.path_of(fresh)
    monkeypatch.setattr("idapp.settings._current", _demo_of(fresh))
    answer = browser().get(path)
    assert "make run" in answer.text
    assert 'name="code"' not in answer.text


def _demo_of(settings: Settings) -> Settings:
    return replace(settings, demo=True)


def test_on_a_server_no_upload_takes_its_place(fresh: Settings, tmp_path: Path) -> None:
    """Others may be connected: it is said which command does it, and the file is not even read."""
    on_a_server = replace(fresh, database_url="postgresql://idapp@127.0.0.1/nowhere")
    with pytest.raises(backup.BackupRefused, match="flask --app app restore"):
        staged.stage(tmp_path / "not-there.age", "", on_a_server)


@pytest.mark.sqlite("the page refuses on a server")
def test_a_new_machine_takes_a_backup(
    assembled: tuple[str, Cast], inside: FlaskClient, fresh: Settings, tmp_path: Path
) -> None:
    """Wrong key, no file: a sentence and nothing left. The right one waits for the next start."""
    old = replace(fresh, data=tmp_path / "old")
    old.data.mkdir()
    old = postgresql.with_copy_of(assembled[0], old)
    key = keys.new_key()
    db.close()
    open_database(old)
    db.connect(reuse_if_open=True)
    backup.make_for(tmp_path / "b.age", key.recipient, old, by=None)
    db.close()
    open_database(fresh)
    db.connect(reuse_if_open=True)
    sealed = (tmp_path / "b.age").read_bytes()
    for content, secret, sentence in (
        (b"", "", "Hãy chọn tệp"),
        (sealed, "", "Hãy gõ khóa"),
        (sealed, keys.new_key().secret, "tờ khóa của lần khác"),
        (sealed[:-9], key.secret, "bị hỏng"),
        (b"PK of a workbook", key.secret, "không phải bản sao lưu"),
    ):
        data = {"secret": secret, "file": (io.BytesIO(content), "b.age" if content else "")}
        answer = inside.post("/setup/restore", data=data)
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence
        assert not list(fresh.data.glob("restor*"))
    data = {"secret": " ".join(key.groups).lower(), "file": (io.BytesIO(sealed), "b.age")}
    data["secret"] = f"age-secret-key-1 {data['secret']}"
    answer = inside.post("/setup/restore", data=data)
    assert (answer.status_code, "Hãy tắt phần mềm rồi bật lại" in answer.text) == (200, True)
    assert not school.is_set_up(), "the database is still in use"
    db.close()
    assert backup.finish_restoring(fresh)
    assert not backup.finish_restoring(fresh)
    db.connect(reuse_if_open=True)
    assert school.is_set_up()
    assert accounts.user_with_password("thu", PASSWORD) is not None
    assert {finding.level for finding in doctor.invariants()} == {"ok"}
    assert not list(fresh.data.glob("restore-*"))
