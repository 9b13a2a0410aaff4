"""One small school with its register, its browsers, its worker and its clock, in this process and on a real folder."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import urllib3
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import app
from idapp import accounts, jobs, maintenance, people, school
from idapp.database import connected, db, migrate, open_database
from idapp.models import User
from idapp.settings import Settings, from_environment, use
from idapp.web.accounts import cookie_name
from idapp.web.guessing import limiter
from tests.cast import HOME, PASSWORD
from tests.crash import clock
from tests.season.model import COLUMNS, TEXTS, Record

ROOT = Path(__file__).parents[2]
TEACHERS = {"3A": "lan", "4A": "minh", "5A": "mai", "5B": "nga"}
OFFICE = {"thu": "clerk", "hoa": "principal", "phong": "reviewer"}
USERS = (*TEACHERS.values(), *OFFICE)
FIRST_DAY = date(2022, 10, 3)
_GIVEN = ("An", "Bảo", "Chi", "Dung", "Giang", "Hà", "Khánh", "Linh", "My", "Ngọc", "Oanh", "Phúc")
_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi")
_MIDDLE = {"Nữ": ("Thị", "Ngọc", "Thanh"), "Nam": ("Văn", "Hữu", "Minh")}
CROWD = 240  # citizens whom the register knows; most of them come to the school one day


def citizen(rank: int, grade: int = 0) -> dict[str, str]:
    """The truth about one invented person; a pupil of this grade in the first year, or an adult."""
    sex = "Nữ" if rank % 2 else "Nam"
    middle = _MIDDLE[sex][rank // 2 % 3]
    name = f"{_FAMILY[rank % 8]} {middle} {_GIVEN[rank // 8 % 12]} {_GIVEN[rank // 96 % 12]}"
    year = 2022 - 5 - grade if grade else 1980
    century_sex = 2 * ((year - 1900) // 100) + (sex == "Nữ")
    return {
        "full_name": name,
        "date_of_birth": f"{rank % 28 + 1:02d}/{rank % 12 + 1:02d}/{year}",
        "gender": sex,
        "identity_number": f"100{century_sex}{year % 100:02d}{rank + 1000:06d}",
    }


def grade_of(rank: int) -> int:
    """The grade in which a citizen of this rank is in the first year; 0 for an adult."""
    return (0, 3, 4, 5, 5, 4, 3, 2)[rank % 8]


class Campus:
    """The school. Everything goes through the pages or the worker's own functions; Redis is a list of jobs."""

    def __init__(self, place: Path) -> None:
        self.data = place / "var"
        self.queue: list[tuple[Callable[[int], None], str, int]] = []
        self.clients: dict[str, FlaskClient] = {}
        self.tokens: dict[str, str] = {}
        self.today = FIRST_DAY
        self.citizens = [citizen(rank, grade_of(rank)) for rank in range(CROWD)]
        self.by_number = {one["identity_number"]: one for one in self.citizens}
        self._register = self._started_register(place)
        self._before = dict(os.environ)
        self.use_day(FIRST_DAY)
        jobs._enqueue = self._enqueue  # type: ignore[assignment]
        jobs._waiting_batches = self._waiting  # type: ignore[assignment]
        self._found()
        # the season before this one has left it off; the pages count on its hook
        limiter.enabled = True
        self.app = app.create_app(self.settings)
        limiter.enabled = False

    # --- the register ---

    def _started_register(self, place: Path) -> "subprocess.Popen[str]":
        file = place / "people.json"
        file.write_text(json.dumps([_as_register(one) for one in self.citizens]), encoding="utf-8")
        command = [sys.executable, "-m", "idapp.registry.simulator", "--people", str(file)]
        register = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert register.stdout is not None
        self.url = register.stdout.readline().strip()
        return register

    def tell_register(self, rules: Mapping[str, Any]) -> None:
        """How it behaves from now on."""
        headers = {"Content-Type": "application/json"}
        answer = urllib3.request("POST", self.url + "rules", json=dict(rules), headers=headers)
        assert answer.status == 200, answer.data

    def possible_answers(self, frozen: tuple[str, ...]) -> set[str]:
        """What the register, in whatever trouble, may say about these values."""
        number, name, born, sex = frozen
        never = {"unanswered", "skipped", "rejected"}
        truth = self.by_number.get(number)
        if truth is None:
            return never | {"not_found"}
        true_born = "-".join(reversed(truth["date_of_birth"].split("/")))
        true_sex = {"Nam": "male", "Nữ": "female"}[truth["gender"]]
        if (name, born, sex) == (truth["full_name"], true_born, true_sex):
            return never | {"verified"}
        if name != truth["full_name"] or born[:4] != true_born[:4]:
            return never | {"mismatch", "not_found"}
        return never | {"mismatch", "not_found", "verified"}

    # --- days, ends and beginnings ---

    def use_day(self, day: date) -> Settings:
        """It is this day now."""
        self.today = day
        told = {"IDAPP_DATA": str(self.data), "IDAPP_TODAY": day.isoformat(), "DATABASE_URL": ""}
        told |= {"REGISTRY": "soap", "REGISTRY_URL": self.url + "tracuu", "REGISTRY_AUTH": "none"}
        told |= {
            "REGISTRY_PROCEDURE": "SIM",
            "REGISTRY_OFFICER": "SIM",
            "REGISTRY_CONCURRENCY": "1",
        }
        told |= {"REGISTRY_READ_TIMEOUT": "2", "REGISTRY_PAUSE_AFTER": "3", "IDAPP_DEMO": "0"}
        told |= {"SECRET_KEY": "season-" * 10}
        self.settings = use(from_environment(told))
        return self.settings

    def go_on(self, by: timedelta) -> None:
        """Time goes on; from a day to the next everything is what it was."""
        clock.go_on(by)
        if by >= timedelta(days=1):
            self.use_day(self.today + timedelta(days=by.days))

    def start_again(self) -> None:
        """The program was killed, or ended: it starts, and finds what waits."""
        self.queue.clear()
        app.prepare_data(self.settings)
        clock.go_on(timedelta(minutes=5))
        self.sweep()
        self.work()

    def close(self) -> None:
        """For good."""
        db.close()
        self._register.terminate()
        self._register.wait(10)
        shutil.rmtree(self.data, ignore_errors=True)

    # --- the worker ---

    def _enqueue(self, job: Callable[[int], None], name: str, id_: int) -> bool:
        self.queue.append((job, name, id_))
        return True

    def _waiting(self) -> set[str]:
        return {name.split("-")[1] for _, name, _ in self.queue if name.startswith("verify-")}

    def work(self, most: int = 30) -> int:
        """Do the jobs that wait, the slices that they ask for too. Returns how many were done."""
        done = 0
        while self.queue and done < most:
            job, _, id_ = self.queue.pop(0)
            job(id_)
            done += 1
        return done

    def sweep(self) -> None:
        """What the worker does every few seconds beside its jobs."""
        jobs.enqueue_stale()
        maintenance.run()

    def tidy(self) -> None:
        """What it does now and then."""
        maintenance._tidied_at = float("-inf")
        maintenance.run()

    # --- the browsers ---

    def browser(self, user: str) -> FlaskClient:
        """Of somebody who is signed in."""
        client = self.app.test_client()
        client.environ_base["HTTP_ORIGIN"] = "http://localhost"
        if user not in self.tokens:
            with connected():
                self.tokens[user] = accounts.start_session(User.get(User.username == user))
        client.set_cookie(cookie_name(), self.tokens[user])
        return client

    def get(self, user: str, path: str) -> TestResponse:
        """A page."""
        return self._signed_in(user, lambda browser: browser.get(path))

    def post(self, user: str, path: str, data: Mapping[str, Any], **more: Any) -> TestResponse:
        """A deed; who is asked for the password types it."""

        def send(sent: Mapping[str, Any]) -> TestResponse:
            return self._signed_in(
                user, lambda browser: browser.post(path, data=_with_files(sent), **more)
            )

        answer = send(data)
        if answer.status_code == 403 and "password_again" in answer.text:
            answer = send(dict(data) | {"password_again": PASSWORD})
        return answer

    def _signed_in(self, user: str, ask: Callable[[FlaskClient], TestResponse]) -> TestResponse:
        """Whose session has run out signs in again."""
        answer = ask(self.browser(user))
        is_login = answer.status_code == 302 and "/login" in (answer.location or "")
        if is_login or answer.status_code == 401:
            del self.tokens[user]
            answer = ask(self.browser(user))
        return answer

    # --- what the program holds, read past it ---

    def records(self) -> tuple[dict[int, Record], dict[int, str]]:
        """Every record, and {id: kind}."""
        names = ", ".join(f"p.{name}" for name in TEXTS)
        rows = self.sql(
            f"SELECT p.id, p.kind, {names}, c.name, p.state, p.active FROM person p"
            " LEFT JOIN school_class c ON c.id = p.school_class_id ORDER BY p.id"
        )
        records = {row[0]: _as_record(row[2:]) for row in rows}
        return records, {row[0]: row[1] for row in rows}

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        with connected():
            return db.execute_sql(text, values).fetchall()

    # --- the beginning ---

    def _found(self) -> None:
        open_database(self.settings)
        with connected():
            migrate()
            school.set_up(
                "Trường TH Thử Nghiệm",
                school_year=2022,
                opens_on=FIRST_DAY,
                deadline=date(2022, 10, 25),
                title="Hoàn thiện dữ liệu định danh",
                level="TH",
            )
            users = {
                name: accounts.create_user(name, f"Cô {name}", role, PASSWORD, by=None)
                for name, role in [
                    *((one, "teacher") for one in TEACHERS.values()),
                    *OFFICE.items(),
                ]
            }
            self._people_of_the_first_day(users)
        self.start_again()

    def _people_of_the_first_day(self, users: Mapping[str, User]) -> None:
        classes = {
            name: school.add_class(name, by=users["thu"], homeroom_teacher=users[teacher])
            for name, teacher in TEACHERS.items()
        }
        newcomers = []
        for rank in range(24):
            values = self.citizens[rank] | HOME | {"ministry_code": f"10000{rank:05d}"}
            grade = grade_of(rank)
            if grade == 0:
                newcomers.append(("staff", None, values | {"position": "Giáo viên"}))
            elif grade >= 3:
                name = f"{grade}{'B' if rank % 8 == 4 else 'A'}"
                newcomers.append(("student", classes[name], values))
        people.add_many(newcomers, by=users["thu"], source="import")


def _as_register(one: Mapping[str, str]) -> dict[str, Any]:
    return {
        "number": one["identity_number"],
        "full_name": one["full_name"],
        "born": "-".join(reversed(one["date_of_birth"].split("/"))),
        "sex": {"Nam": 1, "Nữ": 2}[one["gender"]],
    }


def _with_files(form: Mapping[str, Any]) -> dict[str, Any]:
    """A form whose files are given as (bytes, name): each sending reads them anew."""
    return {
        name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value
        for name, value in form.items()
    }


def _as_record(values: tuple[Any, ...]) -> Record:
    record = dict(zip(COLUMNS, (value or "" for value in values), strict=True))
    record["active"] = str(int(bool(record["active"])))
    return record
