"""A demo is never taken for a school, nor a school for a demo: the data remember what they are."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from idapp import accounts, doctor, jobs, school
from idapp.database import db, migrate, open_database
from idapp.models import School, User
from idapp.settings import Settings, use
from tests.cast import PASSWORD, Cast
from tests.test_processes import environment_of, pids_on, refused

ROOT = Path(__file__).parent.parent
OF_THE_DEMO, OF_A_SCHOOL = "của trường minh họa", "của trường thật"
REMEMBERS = "0007_demo_is_remembered"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `make run` has filled, as `flask demo` does it too."""
    data = tmp_path_factory.mktemp("demo") / "var"
    assert "Đã tạo" in _flask(environment_of(data), "demo")
    return data


def _flask(environment: dict[str, str], *args: str, typed: str = "", ok: bool = True) -> str:
    command = [sys.executable, "-m", "flask", "--app", "app", *args]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, input=typed, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


# the start


def test_the_demos_folder_is_not_served_as_a_school(seeded: Path) -> None:
    sentence = refused(environment_of(seeded))
    assert OF_THE_DEMO in sentence
    assert "IDAPP_DATA" in sentence
    assert "make run" in sentence
    assert "IDAPP_DEMO is off" in sentence, "for the log, in English"
    assert pids_on(seeded) == []


def test_a_schools_folder_is_not_opened_as_the_demo(cast: Cast, settings: Settings) -> None:
    sentence = refused(environment_of(settings.data, IDAPP_DEMO="1"))
    assert OF_A_SCHOOL in sentence
    assert "make serve" in sentence
    assert User.get_or_none(User.username == "hieutruong") is None
    assert not (settings.data / "register.json").exists()


def test_accounts_without_a_school_are_no_demo_either(database: Settings) -> None:
    """The managing office's own installation."""
    accounts.create_user("phong", "Trần Văn Phong", "reviewer", PASSWORD, by=None)
    assert OF_A_SCHOOL in refused(environment_of(database.data, IDAPP_DEMO="1"))


def test_a_worker_started_by_hand_refuses_too(seeded: Path) -> None:
    """It would ask the real register about invented people."""
    worker = subprocess.run(
        [sys.executable, "worker.py"], cwd=ROOT, env=environment_of(seeded), capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert worker.returncode == 1
    assert OF_THE_DEMO in worker.stderr
    assert "Traceback" not in worker.stderr


def test_a_job_on_the_wrong_data_does_nothing(cast: Cast, settings: Settings) -> None:
    """However the worker was started."""
    School.update(demo=True).execute()
    with pytest.raises(jobs.JobFault):
        jobs.go_on_with_import(1)
    use(replace(settings, demo=True))
    jobs.go_on_with_import(1)


# commands


def test_no_account_enters_the_demo_by_mistake(seeded: Path) -> None:
    words = ("create-user", "lan", "--name", "Lê Thị Lan")
    assert OF_THE_DEMO in _flask(environment_of(seeded), *words, ok=False)
    setup = ("setup", "--name", "T", "--deadline", "2099-12-31", "--anyway")
    setup += ("--principal", "Lê Thị Hoa")
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    assert OF_THE_DEMO in _flask(environment_of(seeded), *setup, typed=typed, ok=False)
    demo_on = environment_of(seeded, IDAPP_DEMO="1")
    assert "Đã tạo tài khoản lan" in _flask(demo_on, *words, typed=typed)


def test_the_doctor_says_so(cast: Cast, settings: Settings) -> None:
    def said(told: Settings) -> dict[str, doctor.Finding]:
        return {finding.name: finding for finding in doctor.examine(use(told))}

    assert "demo" not in said(settings)
    assert said(replace(settings, demo=True))["demo"].level == "bad"
    School.update(demo=True).execute()
    assert said(replace(settings, demo=True))["demo"].level == "ok"
    found = said(settings)["demo"]
    assert found.level == "bad"
    assert OF_THE_DEMO in found.sentence


# pages


def test_no_page_opens_on_the_wrong_data(
    app: Flask, cast: Cast, client_of: Callable[[User], FlaskClient], settings: Settings
) -> None:
    """Also where the start was not asked: `flask run`, another web server, `flask demo` into a folder in use."""
    browser = client_of(cast.hoa)
    School.update(demo=True).execute()
    for answer in (browser.get("/"), browser.get("/login"), browser.post("/login")):
        assert answer.status_code == 503
        assert "flask --app app doctor" in answer.text
        assert str(settings.data) not in answer.text
    assert browser.get("/healthz").status_code == 200
    use(replace(settings, demo=True))
    assert browser.get("/", follow_redirects=True).status_code == 200


# folders from before


def _as_it_was_before() -> None:
    """Without the column that remembers."""
    db.execute_sql("ALTER TABLE school DROP COLUMN demo")
    db.execute_sql(f"DELETE FROM schema_migration WHERE name = '{REMEMBERS}'")


@pytest.fixture
def old_demo(demo_folder: Path, settings: Settings) -> Iterator[Settings]:
    shutil.copytree(demo_folder, settings.data)
    open_database(settings)
    db.connect(reuse_if_open=True)
    yield settings
    db.close()


@pytest.mark.sqlite("a folder of before")
def test_an_older_demo_is_recognised_by_its_name(old_demo: Settings) -> None:
    for user in User.select():
        accounts.change_password(user, PASSWORD, by=user)
    _as_it_was_before()
    assert migrate() == [REMEMBERS]
    assert school.is_demo()


@pytest.mark.sqlite("a folder of before")
def test_an_older_demo_is_recognised_by_the_name_it_had(old_demo: Settings) -> None:
    hoa = User.get(User.username == "hieutruong")
    school.change_school(
        school.the_school(), name="Trường TH Mỹ An", office="", reviewer_title="", by=hoa
    )
    for user in User.select():
        accounts.change_password(user, PASSWORD, by=user)
    _as_it_was_before()
    migrate()
    assert school.is_demo()


@pytest.mark.sqlite("a folder of before")
def test_an_older_demo_is_recognised_by_a_printed_password(old_demo: Settings) -> None:
    School.update(name="Trường TH Mỹ An").execute()
    _as_it_was_before()
    migrate()
    assert school.is_demo()


def test_no_school_is_locked_out(cast: Cast, settings: Settings) -> None:
    """Not even one whose accounts are called as the demo's are."""
    for name, role in (("hieutruong", "principal"), ("vanthu", "clerk"), ("gv5a", "teacher")):
        accounts.create_user(name, "Nguyễn Thị Hoa", role, f"demo-{name[::-1]}-2022", by=None)
    hoa = User.get(User.username == "hieutruong")
    school.change_school(
        school.the_school(), name="Trường TH&THCS Thủ Thừa", office="", reviewer_title="", by=hoa
    )
    _as_it_was_before()
    assert migrate() == [REMEMBERS]
    assert not school.is_demo()
    assert school.wrong_mode(settings) == ""


def test_an_empty_folder_suits_both(settings: Settings) -> None:
    create_app(settings)
    assert school.wrong_mode(settings) == school.wrong_mode(replace(settings, demo=True)) == ""
    school.set_up(
        "T",
        school_year=2022,
        opens_on=date(2022, 10, 3),
        deadline=date(2022, 10, 25),
        title="T",
    )
    assert OF_A_SCHOOL in school.wrong_mode(replace(settings, demo=True))
    db.close()
