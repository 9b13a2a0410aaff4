"""The commands as an operator types them: what they say, what they leave behind, what they refuse."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from click.testing import Result
from flask import Flask

from app import create_app
from idapp import accounts, homeroom, jobs, permissions, school
from idapp.commands import daily_work
from idapp.models import Batch, BatchItem, Change, Import, Person, User
from idapp.settings import Settings, use
from tests.cast import PASSWORD, Cast

ROOT = Path(__file__).parent.parent
PHRASE = "con trâu đi trước cái cày"
Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask) -> Run:
    """`flask --app app ...` on the cast's school."""
    return _runner(app)


def _runner(app: Flask) -> Run:
    def command(*args: object, typed: str = "", ok: bool = True) -> Result:
        result = app.test_cli_runner().invoke(args=[str(arg) for arg in args], input=typed)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert (result.exit_code == 0) is ok, result.output
        return result

    return command


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Run:
    """The same in a fresh folder."""
    return _runner(create_app(use(replace(settings, data=tmp_path / "fresh"))))


def test_every_command_of_the_surface_is_there(app: Flask):
    wanted = {
        "create-user",
        "demo",
        "import",
        "export",
        "verify",
        "backup",
        "restore",
        "doctor",
        "person-data",
        "purge",
        "setup",
    }
    assert wanted <= set(app.cli.commands)
    assert all(app.cli.commands[name].help for name in wanted)


# school and accounts


def test_setup_of_a_real_school(empty: Run):
    told = empty(
        "setup",
        "--name",
        "Trường TH Mỹ An",
        "--deadline",
        "31/12/2026",
        "--anyway",
        "--principal",
        "Lê Thị Hoa",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert "31/12/2026" in told.output
    campaign = school.the_campaign()
    assert (campaign.deadline, campaign.epoch, campaign.title) == (
        date(2026, 12, 31),
        "2level",
        school.USUAL_TITLE,
    )
    assert (school.the_school().name, school.the_school().school_year) == ("Trường TH Mỹ An", 2022)
    user = accounts.user_with_password("hieutruong", PASSWORD)
    assert user is not None
    assert (user.role, user.full_name) == ("principal", "Lê Thị Hoa")


def test_setup_with_a_weak_password_sets_nothing_up(empty: Run):
    asked = (
        "setup",
        "--name",
        "Trường TH Mỹ An",
        "--deadline",
        "2022-10-25",
        "--principal",
        "Lê Thị Hoa",
    )
    assert "10 ký tự" in empty(*asked, typed="ngan\nngan\n", ok=False).output
    assert not school.is_set_up()
    empty(*asked, typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert school.the_campaign().epoch == "3level"


@pytest.mark.parametrize(
    ("deadline", "says"),
    [("2022-10-15", "đã qua"), ("2023-10-30", "--anyway"), ("31/02/2023", "deadline")],
)
def test_setup_refuses_a_deadline_that_cannot_be(empty: Run, deadline: str, says: str):
    asked = ("setup", "--name", "T", "--deadline", deadline, "--principal", "Lê Thị Hoa")
    assert says in empty(*asked, typed=f"{PASSWORD}\n{PASSWORD}\n", ok=False).output
    assert not school.is_set_up()


def test_setup_only_once(run: Run):
    asked = ("setup", "--name", "T", "--deadline", "2022-12-31", "--principal", "Lê Thị Hoa")
    assert "đã được thiết lập" in run(*asked, typed=f"{PASSWORD}\n{PASSWORD}\n", ok=False).output
    assert school.the_school().name == "Trường TH Thử Nghiệm"


def test_create_user_asks_for_the_password(run: Run, cast: Cast):
    told = run(
        "create-user",
        "gv5b2",
        "--name",
        "Hồ Thị Nga",
        "--class",
        "5b",
        typed=f"{PASSWORD}\n{PASSWORD}\n",
    )
    assert PASSWORD not in told.output
    user = accounts.user_with_password("gv5b2", PASSWORD)
    assert user is not None
    assert (user.role, [c.name for c in permissions.classes_of(user)]) == ("teacher", ["5B"])
    assert (
        Change.select()
        .where(Change.event == "account.created", Change.subject == f"user {user.id}")
        .exists()
    )
    assigned = (
        Change.select().where(Change.event == "class.teacher").order_by(Change.id.desc()).get()
    )
    assert (assigned.new, assigned.user) == (f"{cast.minh.id},{user.id}", None), (
        "the machine did it, not the new teacher"
    )


def test_reset_password_prints_a_new_one_once(run: Run, cast: Cast):
    output = run("reset-password", "hoa").output
    password = re.search(r": ([a-z-]+[2-9]{3})$", output, re.MULTILINE)[1]
    user = accounts.user_with_password("hoa", password)
    assert user is not None
    assert user.must_change_password
    assert accounts.user_with_password("hoa", PASSWORD) is None
    assert "Không có tài khoản" in run("reset-password", "ai-do", ok=False).output


@pytest.mark.parametrize(
    ("args", "typed", "says"),
    [
        (("lan", "--name", "Hồ Thị Nga"), PASSWORD, "đã có người dùng"),
        (("nga", "--name", "Hồ Thị Nga"), "ngan", "10 ký tự"),
        (("nga", "--name", "Hồ Thị Nga", "--class", "9Z"), PASSWORD, "không có lớp 9Z"),
        (("nga", "--name", "Hồ Thị Nga", "--class", "5A", "--role", "clerk"), PASSWORD, "--class"),
        (("nga", "--name", "Hồ Thị Nga", "--role", "king"), PASSWORD, "role"),
    ],
)
def test_create_user_refuses(run: Run, cast: Cast, args: tuple[str, ...], typed: str, says: str):
    before = User.select().count()
    assert says in run("create-user", *args, typed=f"{typed}\n{typed}\n", ok=False).output
    assert User.select().count() == before
    assert homeroom.teachers_of(cast.class_5a) == [cast.lan]


@pytest.mark.parametrize("role", ["teacher", "clerk", "principal"])
def test_who_works_at_a_school_needs_the_school_first(empty: Run, role: str):
    """The account could sign in, and would find every page closed."""
    told = empty("create-user", "lan", "--name", "Lê Thị Lan", "--role", role, ok=False).output
    assert "flask --app app setup" in told
    assert "Mật khẩu" not in told, "refused before anything is asked"
    assert not User.select().exists()


def test_the_managing_office_needs_no_school(empty: Run):
    typed = f"{PASSWORD}\n{PASSWORD}\n"
    empty("create-user", "phong", "--name", "Trần Văn Phong", "--role", "reviewer", typed=typed)
    assert User.get().role == "reviewer"
    assert "Máy của cơ quan quản lý" in empty("doctor").output


def test_the_doctor_misses_the_school(empty: Run):
    assert "flask --app app setup" in empty("doctor", ok=False).output
    accounts.create_user("thu", "Võ Thị Thư", "clerk", PASSWORD, by=None)  # by an older version
    told = empty("doctor", ok=False).output
    assert "flask --app app setup" in told
    assert "1 việc phải sửa" in told


def test_no_password_can_be_given_by_an_argument_of_backup(app: Flask):
    """Arguments can be read by every user of the machine."""
    for name in ("backup", "restore"):
        assert not any(
            "--passphrase" in parameter.opts for parameter in app.cli.commands[name].params
        )


def test_demo_makes_a_school_and_says_how_to_enter(empty: Run):
    told = empty("demo").output
    for word in ("Thủ Thừa (minh họa)", "18 lớp", "46 cán bộ", "demo-hieutruong", "gv5a"):
        assert word in told
    assert Person.select().count() > 600


def test_demo_is_never_mixed_into_a_school(run: Run):
    assert "đã có một trường" in run("demo", ok=False).output
    assert Person.select().count() == 4


def test_a_year_is_played_in_an_empty_folder_only(run: Run):
    assert "đã có một trường" in run("demo", "--year", ok=False).output
    assert Person.select().count() == 4
    assert "--year" in run("demo", "--small", ok=False).output


# workbooks


def test_export_then_import_changes_nothing(run: Run, cast: Cast, tmp_path: Path):
    file = tmp_path / "5a.xlsx"
    assert str(file) in run("export", "--class", "5a", "--out", file).output
    assert file.stat().st_mode & 0o077 == 0
    assert "2 không đổi" in run("import", file).output
    assert [p.version for p in Person.select().order_by(Person.id)] == [1, 1, 1, 1]


def test_import_writes_what_was_corrected_in_excel(run: Run, cast: Cast, tmp_path: Path):
    file, book = tmp_path / "5a.xlsx", openpyxl.Workbook()
    book.active.append(["STT", "Lớp", "Mã định danh Bộ GD&ĐT", "Họ và tên"])
    book.active.append([1, "5A", "1000000002", "Trần Văn Bình An"])
    book.save(file)
    assert "1 hồ sơ thay đổi" in run("import", file, "--check").output
    assert Person.get_by_id(cast.binh.id).full_name == "Trần Văn Bình"
    assert "1 hồ sơ đã sửa" in run("import", file).output
    assert Person.get_by_id(cast.binh.id).full_name == "Trần Văn Bình An"
    change = Change.get(Change.event == "person.changed", Change.new == "Trần Văn Bình An")
    assert (change.user, change.source) == (cast.thu, "import")


def test_a_file_of_another_school_comes_in_only_on_request(run: Run, cast: Cast):
    file = Path(__file__).parent / "samples" / "workbooks" / "ho-so-hoc-sinh.xlsx"
    assert "--anyway school" in run("import", file, ok=False).output
    assert "hồ sơ mới" in run("import", file, "--anyway", "school", "--check").output


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_import_of_something_else_is_one_sentence(run: Run, tmp_path: Path, content: bytes):
    (tmp_path / "x.xlsx").write_bytes(content)
    told = run("import", tmp_path / "x.xlsx", ok=False).output
    assert told.startswith("Error: ")
    assert "Traceback" not in told
    assert not Import.select().exists()


def test_a_teacher_exports_the_own_class_only(run: Run, cast: Cast, tmp_path: Path):
    run("export", "--class", "5B", "--user", "lan", "--out", tmp_path / "b.xlsx")
    rows = openpyxl.load_workbook(
        BytesIO((tmp_path / "b.xlsx").read_bytes()), read_only=True
    ).active.iter_rows(values_only=True)
    assert not any("Lê Thị Chi" in map(str, row) for row in rows)
    assert (
        "không xuất"
        in run("export", "--user", "phong", "--out", tmp_path / "c.xlsx", ok=False).output
    )
    assert not (tmp_path / "c.xlsx").exists()


@pytest.mark.parametrize(
    "args", [("--staff",), (), ("--form", "416"), ("--class", "5A", "--form", "416")]
)
def test_each_kind_of_export(run: Run, cast: Cast, tmp_path: Path, args: tuple[str, ...]):
    run("export", *args, "--out", tmp_path / "x.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "x.xlsx", read_only=True).sheetnames
    assert ("Sheet1" in sheets) is ("416" in args)  # the ministry's name for the sheet of its form
    assert Change.select().where(Change.event == "export", Change.user == cast.thu).count() == 1


def test_an_unknown_user_or_class_is_said(run: Run, tmp_path: Path):
    assert "ma" in run("export", "--user", "ma", "--out", tmp_path / "x.xlsx", ok=False).output
    assert (
        "không có lớp 9Z"
        in run("export", "--class", "9Z", "--out", tmp_path / "x.xlsx", ok=False).output
    )


# verification


def test_verify_starts_a_batch_in_the_principals_name(run: Run, cast: Cast):
    told = run("verify", "--scope", "class:5A")
    batch = Batch.get()
    assert (batch.started_by, batch.scope, batch.total) == (
        cast.hoa,
        f"class:{cast.class_5a.id}",
        1,
    )
    assert "1 hồ sơ, Lớp 5A" in told.output
    assert "tự bắt đầu" in told.output  # no Redis in this test: the batch waits, and that is said


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--scope", "class:9Z"), "không có lớp 9Z"),
        (("--scope", "moon"), "phạm vi"),
        (("--user", "thu"), "hiệu trưởng"),
        (("--user", "lan"), "hiệu trưởng"),
        (("--scope", "class:5C"), "không có lớp 5C"),
    ],
)
def test_verify_refuses(run: Run, args: tuple[str, ...], says: str):
    assert says in run("verify", *args, ok=False).output
    assert not Batch.select().exists()


@pytest.mark.parametrize(("end", "code_ok"), [("finished", True), ("failed", False)])
def test_verify_waits_and_tells_the_end(
    run: Run, monkeypatch: pytest.MonkeyPatch, end: str, code_ok: bool
):
    """The worker's part is played by the pause between two looks; the worker itself has its own tests."""
    monkeypatch.setattr(jobs, "verify_later", lambda batch_id: True)

    def a_worker_comes_by(seconds: float) -> None:
        BatchItem.update(state="verified").execute()
        Batch.update(state=end).execute()

    monkeypatch.setattr(daily_work.time, "sleep", a_worker_comes_by)
    told = run("verify", "--wait", ok=code_ok).output
    assert "Đang chờ đến lượt: 0/3" in told
    assert "3/3 · 3 Đã xác thực" in told


# care of the installation


def test_backup_and_restore_by_hand(
    run: Run, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "truong.idbak"
    told = run("backup", file, typed=f"{PHRASE}\n{PHRASE}\n")
    assert "4 hồ sơ" in told.output
    assert PHRASE not in told.output
    assert "--force" in run("restore", file, typed=f"{PHRASE}\n", ok=False).output
    assert (
        "không đúng"
        in run("restore", file, "--force", typed="con voi cái bồng con\n", ok=False).output
    )
    assert "đăng nhập lại" in run("restore", file, "--force", typed=f"{PHRASE}\n").output
    assert Person.select().count() == 4


def test_backup_by_a_timer(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "phrase").write_text(PHRASE + "\n")
    run("backup", tmp_path / "a", "--passphrase-file", tmp_path / "phrase")
    monkeypatch.setenv("IDAPP_BACKUP_PASSPHRASE", PHRASE)
    run("backup", tmp_path / "b")
    run("restore", tmp_path / "a", "--force")
    assert "đã có" in run("backup", tmp_path / "b", ok=False).output


def test_doctor_says_what_is_wrong_and_exits_so(run: Run, cast: Cast, settings: Settings):
    assert "Không có gì phải sửa" in run("doctor").output
    assert "Không có gì phải sửa" in run("doctor", "--invariants").output
    Person.update(status="verified").where(Person.id == cast.binh.id).execute()
    told = run("doctor", "--invariants", ok=False).output
    assert "HỎNG" in told
    assert "việc phải sửa" in told


def test_person_data_is_json(run: Run, cast: Cast):
    told = json.loads(run("person-data", cast.an.id).output)
    assert told["person"]["identity_number"] == cast.an.identity_number
    assert "Không có hồ sơ mã 99999" in run("person-data", 99999, ok=False).output


def test_purge_says_what_it_removed(run: Run):
    assert "0 phiên" in run("purge", "--days", 30).output
    run("purge", "--days", 0, ok=False)


def test_in_a_process_of_its_own(cast: Cast, settings: Settings):
    """As typed in a terminal: the environment alone decides which school it is."""
    environment = os.environ | {"IDAPP_DATA": str(settings.data), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "flask", "--app", "app", "doctor", "--invariants"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert "Không có gì phải sửa" in done.stdout.decode()
