"""`python app.py` as an operator starts it: one command up, one signal down, nothing left behind."""

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from idapp import people, processes, verification
from idapp.models import Batch
from idapp.processes import wait_until
from idapp.settings import Settings
from tests import postgresql
from tests.cast import Cast, pupil
from tests.ports import free_port
from tests.register import running_simulator
from tests.test_verification import citizen

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
ROOT = Path(__file__).parent.parent
NOT_OURS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "TRUSTED_HOSTS"}


@dataclass
class Running:
    process: subprocess.Popen[str]
    data: Path
    url: str
    health: dict[str, str]


def environment_of(data: Path, **more: str) -> dict[str, str]:
    """The database of the test, where the tests run on a server."""
    inherited = {
        k: v
        for k, v in os.environ.items()
        if k not in NOT_OURS and not k.startswith(("IDAPP_", "REGISTRY"))
    }
    if postgresql.is_used() and os.environ.get("DATABASE_URL"):
        inherited["DATABASE_URL"] = os.environ["DATABASE_URL"]
    return inherited | {"IDAPP_DATA": str(data), "REGISTRY": "off", "PORT": str(free_port())} | more


def popen(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        text=True,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def refused(environment: dict[str, str]) -> str:
    """What a start that must not succeed says; it ends with 1 by itself."""
    process = popen(environment)
    try:
        _, said = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "Traceback" not in said
    return said


def pids_on(data: Path) -> list[int]:
    """Whoever works on this data folder, as /proc tells: by environment, or (Redis overwrites its own) by place."""
    mark, found = os.fsencode(f"IDAPP_DATA={data}"), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            place = (folder / "cwd").readlink()
            if mark in (folder / "environ").read_bytes().split(b"\0") or place.is_relative_to(data):
                found.append(int(folder.name))
        except OSError:  # gone meanwhile, a zombie, or somebody else's
            continue
    return found


def named(word: bytes, data: Path) -> list[int]:
    """Those of them whose command line has this word."""
    lines = {pid: Path(f"/proc/{pid}/cmdline") for pid in pids_on(data)}
    return [pid for pid, line in lines.items() if line.exists() and word in line.read_bytes()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One tree for the tests of this module; the last of them ends it."""
    data = tmp_path_factory.mktemp("tree") / "var"
    environment = environment_of(data)
    url, process = f"http://127.0.0.1:{environment['PORT']}", popen(environment)
    try:
        yield Running(process, data, url, health_when_up(process, url))
    finally:
        process.kill()
        for pid in pids_on(data):
            os.kill(pid, signal.SIGKILL)


def health_when_up(process: subprocess.Popen[str], url: str, seconds: float = 25) -> dict[str, str]:
    """The first complete answer of /healthz: worker and all."""
    end, told = time.monotonic() + seconds, {}
    while time.monotonic() < end and process.poll() is None:
        try:
            answer = urllib3.request("GET", url + "/healthz", retries=False, timeout=2)
        except urllib3.exceptions.HTTPError:
            answer = None
        if answer is not None and answer.status == 200:
            told = answer.json()
            if told.get("worker") == "ok":
                return told
        time.sleep(0.1)
    return told


def test_one_command_brings_everything_up(running: Running) -> None:
    assert running.process.poll() is None
    assert running.health["queue"] == running.health["worker"] == "ok"
    counted = {
        word: len(named(word, running.data)) for word in (b"app.py", b"redis-server", b"worker.py")
    }
    assert counted == {b"app.py": 1, b"redis-server": 1, b"worker.py": 1}


def test_the_secret_key_is_for_its_owner_only(running: Running) -> None:
    key = running.data / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text()) >= 50
    assert running.data.stat().st_mode & 0o077 == 0


def test_a_second_start_on_the_same_data_is_refused(running: Running) -> None:
    before = set(pids_on(running.data))
    assert "đang chạy trên thư mục" in refused(environment_of(running.data))
    assert set(pids_on(running.data)) == before, "the first tree is untouched"
    assert urllib3.request("GET", running.url + "/healthz", timeout=5).status == 200


def test_a_taken_port_is_a_sentence_and_leaves_nothing(running: Running, tmp_path: Path) -> None:
    port = running.url.rpartition(":")[2]
    assert "hãy đặt PORT sang số khác" in refused(environment_of(tmp_path / "var", PORT=port))
    assert pids_on(tmp_path / "var") == []


def test_a_port_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    assert "PORT đang là “70000”" in refused(environment_of(tmp_path / "var", PORT="70000"))


def test_a_worker_that_dies_is_started_again(running: Running) -> None:
    [worker] = named(b"worker.py", running.data)
    os.kill(worker, signal.SIGKILL)
    processes.wait_until(
        lambda: named(b"worker.py", running.data) not in ([], [worker]), "the next worker", 10
    )


def test_a_simulator_that_dies_is_found_where_it_was(settings: Settings) -> None:
    """Its port stays open in the parent meanwhile, so that nobody else can take it."""
    settings.data.mkdir(parents=True)
    (settings.data / "register.json").write_text("[]")
    (settings.data / "register-rules.json").write_text("{}")
    tree = processes.Supervisor()
    try:
        port = processes.start_simulator(settings, tree)
        [child] = tree.processes
        assert _calls_at(port) == 0
        assert child.process is not None
        child.process.kill()
        child.process.wait()
        processes.wait_until(lambda: _looked_after(child), "the next simulator", 10)
        assert _calls_at(port) == 0
    finally:
        tree.stop()


def _looked_after(child: processes.ManagedProcess) -> bool:
    child.supervise()
    return child.process is not None and child.process.poll() is None


def _calls_at(port: int) -> int:
    return int(urllib3.request("GET", f"http://127.0.0.1:{port}/log", timeout=20).json()["calls"])


def test_sigterm_ends_the_whole_tree(running: Running) -> None:
    """Last in this module: the tree is gone afterwards."""
    tree = pids_on(running.data)
    running.process.send_signal(signal.SIGTERM)
    _, said = running.process.communicate(timeout=60)
    assert running.process.returncode == 0
    assert len(tree) >= 3
    assert pids_on(running.data) == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in tree)
    assert "Traceback" not in said


def test_a_power_cut_in_mid_batch(cast: Cast, settings: Settings) -> None:
    """SIGKILL to web, worker, work horse and Redis at once, then the same command again."""
    values = [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=100 + n)) for n in range(59)]
    crowd = [cast.an, *people.add_many(values, by=cast.thu, source="import")]
    with running_simulator([citizen(p) for p in crowd], {"latency_ms": 250}) as url:
        registry = {"REGISTRY": "soap", "REGISTRY_URL": url, "REGISTRY_AUTH": "none"}
        registry |= {"REGISTRY_PROCEDURE": "SIM", "REGISTRY_OFFICER": "SIM"}
        environment = environment_of(settings.data, **registry)
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        first = popen(environment)
        try:
            wait_until(lambda: verification.tally(batch).settled >= 10, "the first answers", 40)
            for pid in pids_on(settings.data):
                os.kill(pid, signal.SIGKILL)
            first.wait(10)
            cut_at = verification.tally(batch).settled
            assert cut_at < len(crowd)
            second = popen(environment)
            health_when_up(second, f"http://127.0.0.1:{environment['PORT']}")
            wait_until(lambda: verification.tally(batch).settled > cut_at, "the work to go on", 15)
            wait_until(
                lambda: Batch.get_by_id(batch.id).state == "finished", "the end of the batch", 40
            )
            second.send_signal(signal.SIGTERM)
            second.communicate(timeout=20)
        finally:
            for pid in pids_on(settings.data):
                os.kill(pid, signal.SIGKILL)
        log = urllib3.request("GET", url + "/log").json()
    assert verification.tally(batch).by_state == {"verified": len(crowd)}
    assert log["in_flight_twice"] == 0
    assert log["request_codes_used_again"] == 0
    assert log["persons"] == len(crowd)


_ARENAS_OF_SIXTEEN_THREADS = """
import ctypes, sys, threading
from idapp import processes
if sys.argv[1] == "shared":
    processes.share_arenas()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
everybody_is_there = threading.Barrier(16)
def take():
    everybody_is_there.wait()
    libc.malloc(1000)
    everybody_is_there.wait()
threads = [threading.Thread(target=take) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc alone")
def test_the_threads_of_a_process_share_their_memory() -> None:
    """Else each of the server's threads keeps what its largest page has taken."""

    def arenas(how: str) -> int:
        told = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"}
        command = [sys.executable, "-c", _ARENAS_OF_SIXTEEN_THREADS, how]
        told_us = subprocess.run(
            command, capture_output=True, text=True, env=told, check=True, timeout=60
        )
        return told_us.stdout.count("<heap nr=")

    assert arenas("alone") > 2
    assert arenas("shared") == 2
