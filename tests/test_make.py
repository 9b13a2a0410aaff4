"""`make run` and `make serve` as people start and end them: a signal to make is a signal to everything."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from idapp.processes import wait_until
from tests.test_processes import environment_of, health_when_up, pids_on

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
ROOT = Path(__file__).parent.parent


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
@pytest.mark.parametrize("target", ["run", "serve"])
@pytest.mark.parametrize("ending", ["kill", "Ctrl-C"])
def test_what_make_has_started_ends_with_make(
    environment: dict[str, str], installed: Path, target: str, ending: str
) -> None:
    data, port = Path(environment["IDAPP_DATA"]), environment["PORT"]
    command = ["make", target, f"VENV={installed}"]
    quiet = subprocess.DEVNULL
    make = subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=quiet, stderr=quiet
    )
    assert health_when_up(make, f"http://127.0.0.1:{port}", 60)["worker"] == "ok"
    tree = pids_on(data)
    assert len(tree) >= 4
    if ending == "kill":
        make.terminate()
    else:  # the terminal sends it to everybody in the foreground
        os.killpg(make.pid, signal.SIGINT)
    make.wait(20)
    wait_until(lambda: pids_on(data) == [], "the end of the tree", 10)
