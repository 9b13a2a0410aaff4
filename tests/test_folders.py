"""The data folder may have any name that a home folder has: "Tài liệu", "Tải xuống (1)", and what nobody foresees."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from idapp import verification
from idapp.database import db, open_database
from idapp.models import Batch
from idapp.processes import wait_until
from idapp.settings import Settings, SettingsError, from_environment, use
from tests.cast import Cast
from tests.register import running_simulator
from tests.test_processes import environment_of, health_when_up, pids_on, popen
from tests.test_verification import citizen

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
ROOT = Path(__file__).parent.parent
EVERYTHING = "Tài liệu  #1 (50%20?a=b) 'x' \"y\" [z]* & $HOME; \\ của\ttôi"
# One tree of processes each: those that could mislead the same reader are kept apart (what follows "#"
# or "?" in an address is not looked at, so "%20" must not stand behind one), the others share a path.
NAMES = [
    "a#b", "a?mode=ro", "~/-a/Tài liệu/a'b\"c/[a]{b}*/a=b&c;d/a\\b/a%20b", os.fsdecode(b"caf\xe9/") + "x" * 120,
    EVERYTHING,
]  # fmt: skip
PHRASE = "con trâu đi trước cái cày"


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder with a short path, so that the queue's socket may lie below it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def moved(
    cast: Cast, settings: Settings, root: Path, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """The cast's school in a folder of this name."""
    db.close()
    folder = root / request.param / "var"
    folder.parent.mkdir(parents=True)
    shutil.move(settings.data, folder)
    moved = use(replace(settings, data=folder))
    open_database(moved)
    db.connect()
    yield moved
    for pid in pids_on(folder):
        os.kill(pid, signal.SIGKILL)


def files_beside(folder: Path, root: Path) -> set[Path]:
    """What lies on the way to this folder, and beside the way."""
    way = [above for above in folder.parents if above.is_relative_to(root)]
    return {path for above in way for path in above.iterdir()}


@pytest.fixture
def temporary() -> Iterator[str]:
    """Where the queue's socket goes when the data folder's path is too long for one."""
    with tempfile.TemporaryDirectory(prefix="tạm #1 a=b ") as folder:
        yield folder


@pytest.mark.parametrize("moved", NAMES, indirect=True)
def test_a_batch_ends_in_a_folder_of_any_name(
    cast: Cast, moved: Settings, root: Path, temporary: str
) -> None:
    """Database, queue, worker and web server find each other, and nothing is written outside the folder."""
    before = files_beside(moved.data, root)
    with running_simulator([citizen(cast.an)], {}) as url:
        registry = {"REGISTRY": "soap", "REGISTRY_URL": url, "REGISTRY_AUTH": "none"}
        registry |= {"REGISTRY_PROCEDURE": "SIM", "REGISTRY_OFFICER": "SIM"}
        environment = environment_of(moved.data, TMPDIR=temporary, **registry)
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        tree = popen(environment)
        health = health_when_up(tree, f"http://127.0.0.1:{environment['PORT']}")
        parts = ("database", "queue", "worker", "disk")
        assert [health[part] for part in parts] == ["ok"] * len(parts), health
        wait_until(lambda: Batch.get_by_id(batch.id).state == "finished", "the end", 30)
        tree.terminate()
        tree.communicate(timeout=20)
    assert verification.tally(batch).by_state == {"verified": 1}
    assert files_beside(moved.data, root) == before


def flask(environment: dict[str, str], *args: str, typed: str = "") -> str:
    """A command as typed in a terminal: what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *args],
        cwd=ROOT, env=environment, input=typed, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(600)
def test_the_demo_plays_in_such_a_folder(tmp_path: Path, demo_folder: Path) -> None:
    """Its register and simulator too, uploads that wait for the worker, backup and restore."""
    data = tmp_path / EVERYTHING / "var"
    shutil.copytree(demo_folder, data)
    environment = environment_of(data, IDAPP_DEMO="1", IDAPP_TODAY="2022-10-16")
    del environment["REGISTRY"]
    tree = popen(environment)
    try:
        url = f"http://127.0.0.1:{environment['PORT']}"
        assert health_when_up(tree, url, 60)["worker"] == "ok"
        assert "Đã xong" in flask(environment, "verify", "--scope", "class:5A", "--wait")
        exported, backup = tmp_path / "5a.xlsx", tmp_path / "truong.idbak"
        flask(environment, "export", "--class", "5A", "--out", str(exported))
        assert "không đổi" in flask(environment, "import", str(exported))
        phrase = environment | {"IDAPP_BACKUP_PASSPHRASE": PHRASE}
        flask(phrase, "backup", str(backup))
        assert urllib3.request("GET", url + "/healthz").json()["worker"] == "ok"
        tree.terminate()
        tree.communicate(timeout=20)
        assert "đăng nhập lại" in flask(phrase, "restore", str(backup), "--force")
        assert "Không có gì phải sửa" in flask(environment, "doctor", "--invariants")
        assert {path.name for path in tmp_path.iterdir()} == {
            EVERYTHING,
            exported.name,
            backup.name,
        }
    finally:
        for pid in pids_on(data):
            os.kill(pid, signal.SIGKILL)


def test_a_relative_folder_is_the_same_for_the_worker(tmp_path: Path) -> None:
    """Named from where the command is typed, which need not be the folder of the program."""
    environment = environment_of(Path("Tài liệu/var"), REGISTRY="file")
    tree = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py")], cwd=tmp_path, env=environment, text=True,
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert health_when_up(tree, f"http://127.0.0.1:{environment['PORT']}")["worker"] == "ok"
        assert not (ROOT / "Tài liệu").exists()
    finally:
        tree.terminate()
        tree.communicate(timeout=20)


@pytest.mark.sqlite("paths of files")
@pytest.mark.parametrize("name", ["truong#1.db", "truong?.db", "a%20b.db", "trường học.db"])
def test_the_path_in_a_database_address_is_a_path(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    told = use(from_environment({"DATABASE_URL": f"sqlite:///{tmp_path / name}"}))
    open_database(told)
    with db.connection_context():
        db.execute_sql("CREATE TABLE here (id INTEGER)")
    with sqlite3.connect(tmp_path / name) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("here",)]
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("address", ["sqlite:", "sqlite://var/idapp.db", "sqlite:///"])
def test_an_address_of_sqlite_without_a_path_is_a_sentence(
    settings: Settings, address: str
) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL phải là sqlite:///"):
        open_database(from_environment({"DATABASE_URL": address}))


def test_a_tilde_is_the_home_folder_where_no_shell_was(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert from_environment({"IDAPP_DATA": "~/Tài liệu"}).data == tmp_path / "Tài liệu"
    monkeypatch.chdir(tmp_path)
    assert from_environment({"IDAPP_DATA": "~nobody"}).data == tmp_path / "~nobody"


@pytest.mark.sqlite("modes of the files")
def test_the_database_is_readable_by_its_owner_only(database: Settings) -> None:
    files = sorted(database.data.glob("idapp.db*"))
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
