"""What is asked for help, or refused, makes nothing in the data folder; the doctor knows the tree that is running."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from idapp import accounts, data_folder, doctor, school
from idapp.database import db
from idapp.settings import Settings, use
from tests.cast import PASSWORD, Cast
from tests.test_processes import environment_of

pytestmark = pytest.mark.sqlite("asks whether there is a file")
ROOT = Path(__file__).parent.parent
NAMES = sorted(create_app().cli.commands)
SETUP = ("setup", "--name", "T", "--principal", "Lê Thị Hoa", "--deadline")
REFUSED = [
    ((*SETUP, "2022-10-25"), "ngan"),
    ((*SETUP, "2022-10-01"), PASSWORD),
    ((*SETUP, "2022-10-25", "--level", "DH"), PASSWORD),
    ((*SETUP, "2022-10-25", "--province", "Tỉnh Mới"), PASSWORD),
    (("create-user", "lan", "--name", "Lê Thị Lan"), PASSWORD),
    (("create-user", "phong", "--name", "Trần Phong", "--role", "reviewer"), "ngan"),
    (("create-user", "p", "--name", "P", "--role", "reviewer", "--class", "5A"), PASSWORD),
    (("restore", "no-such-file"), PASSWORD),
    (("backup", "no-such-folder/file"), PASSWORD),
    (("import", __file__), ""),
    (("export",), ""),
    (("verify",), ""),
    (("doctor",), ""),
    (("doctor", "--invariants"), ""),
    (("person-data", "1"), ""),
    (("purge",), ""),
    (("change-epoch", "2level"), ""),
    (("places-back",), ""),
]
Run = Callable[..., Result]


@pytest.fixture
def nowhere(settings: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A data folder that is not there."""
    yield use(replace(settings, data=tmp_path / "nowhere"))
    if db.obj is not None and not db.is_closed():
        db.close()


@pytest.fixture
def run(nowhere: Settings) -> Run:
    """`flask --app app ...` as the terminal starts it: nothing has opened the data yet."""

    def command(*args: str, typed: str = "") -> Result:
        result = create_app().test_cli_runner().invoke(args=args, input=f"{typed}\n{typed}\n")
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return command


@pytest.mark.parametrize("name", NAMES)
def test_help_leaves_no_trace(run: Run, nowhere: Settings, name: str) -> None:
    assert run(name, "--help").exit_code == 0
    run(name)  # without what it needs
    if name != "demo":
        assert not nowhere.data.exists()


@pytest.mark.parametrize(("args", "typed"), REFUSED, ids=lambda value: " ".join(value)[:40])
def test_what_is_refused_leaves_no_trace(
    run: Run, nowhere: Settings, args: tuple[str, ...], typed: str
) -> None:
    result = run(*args, typed=typed)
    assert result.exit_code in (1, 2), result.output
    assert not nowhere.data.exists()


def test_a_demo_of_a_day_to_come_leaves_no_trace(run: Run, nowhere: Settings) -> None:
    use(replace(nowhere, demo=True, demo_places="2level"))
    assert "IDAPP_TODAY" in run("demo").output
    assert not nowhere.data.exists()


def test_the_terminal_itself_leaves_no_trace(tmp_path: Path) -> None:
    data = tmp_path / "nowhere"
    command = [sys.executable, "-m", "flask", "--app", "app"]
    for args in (["--help"], ["export"]):
        subprocess.run(
            [*command, *args], cwd=ROOT, env=environment_of(data), capture_output=True, check=False
        )
    assert not data.exists()


def test_what_is_allowed_opens_the_data(run: Run) -> None:
    done = run(*SETUP, "2022-10-25", typed=PASSWORD)
    assert done.exit_code == 0, done.output
    assert school.is_set_up()
    assert accounts.user_with_password("hieutruong", PASSWORD)
    assert run("doctor").exit_code == 0


def test_a_server_without_our_start_opens_them_with_its_first_request(nowhere: Settings) -> None:
    """`flask run`, or a WSGI server of the school's own."""
    client = create_app().test_client()
    assert not nowhere.data.exists()
    assert client.get("/").location == "/setup"
    assert client.get("/setup").status_code == 200
    assert client.get("/setup", headers={"Host": "evil.example"}).status_code == 400


# the doctor and the tree that is running


def test_the_doctor_sees_the_settings_of_the_running_tree(cast: Cast, settings: Settings) -> None:
    assert data_folder.running_settings(settings) is None
    tree = replace(
        settings,
        port=9321,
        plain_http=True,
        registry={"REGISTRY": "soap", "REGISTRY_SECRET": "bí mật"},
    )
    with data_folder.lock(settings) as held:
        data_folder.describe(held, tree)
        assert "bí mật" not in (settings.data / data_folder.LOCK).read_text()
        findings = {finding.name: finding for finding in doctor.examine(settings)}
    assert "http://127.0.0.1:9321" in findings["running"].sentence
    assert findings["PORT"].sentence == "Cửa sổ này: 8000; bản đang chạy: 9321."
    assert findings["IDAPP_PLAIN_HTTP"].level == "warning"
    assert "REGISTRY_URL" in findings["registry"].sentence, "examined as the tree is set"
    assert "9321" in findings["serving"].sentence
    after = {finding.name: finding for finding in doctor.examine(settings)}
    assert "đang tắt" in after["running"].sentence
    assert "PORT" not in after


def test_a_lock_that_says_nothing_is_no_fault(cast: Cast, settings: Settings) -> None:
    """Of a backup that is being restored, or of an older version."""
    with data_folder.lock(settings):
        assert data_folder.running_settings(settings) is None
