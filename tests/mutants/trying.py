"""A plugin: a pytest that has collected all tests tries one fault after another, each in a fork of itself.

A pytest that begins anew needs 17 s of a processor for the whole suite, a fork a tenth of one. The fault stands in the
file, for the processes that a test starts, and in the memory of the fork. Orders and answers are lines of JSON.
"""

import json
import math
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.mutants.planting import Fault
from tests.mutants.replacing import Loaded

PIPES = "MUTANTS_PIPES"  # in the environment: two numbers, where orders come from and answers go
_PASSED, _FAILED = b"+", b"-"
_PATIENCE = 60.0  # seconds for a test beside twenty times what it took: whoever hangs does not pass


def pytest_runtestloop(session: pytest.Session) -> bool:
    """In place of running all tests."""
    coming, going = (int(pipe) for pipe in os.environ[PIPES].split())
    trials = _Trials(session)
    with open(coming) as orders, open(going, "w", buffering=1) as answers:  # noqa: PTH123
        answers.write("collected\n")
        for line in orders:
            answers.write(json.dumps(trials.answer(json.loads(line))) + "\n")
    return True


class _Trials:
    def __init__(self, session: pytest.Session) -> None:
        self._session = session
        self._items = {item.nodeid: item for item in session.items}
        self._loaded = Loaded()
        self._sound: dict[str, bool] = {}

    def answer(self, order: dict) -> dict:
        """The tests from the one at ``passed`` on, until one finds the fault or ``seconds`` are over."""
        fault, times = Fault(**order["fault"]), order["tests"]
        tests = [_Test(self._items[name], times[name]) for name in times if name in self._items]
        passed, until = order["passed"], time.monotonic() + order["seconds"]
        while passed < len(tests) and time.monotonic() < until:
            now, has_failed = self._passed(tests[passed:], fault, until)
            passed += now
            if not has_failed:
                break
            if self._is_found_by(tests[passed], fault, was_alone=not now):
                return {"found_by": tests[passed].item.nodeid, "passed": passed, "of": len(tests)}
            passed += 1
        return {"found_by": "", "passed": passed, "of": len(tests)}

    def _is_found_by(self, test: "_Test", fault: Fault, *, was_alone: bool) -> bool:
        """It fails with the fault and passes without, also as the only one: others were disturbed by those before
        them, or by the load of the machine."""
        name = test.item.nodeid
        if not was_alone and self._passed([test], fault)[0]:
            return False
        if name not in self._sound:
            self._sound[name] = bool(self._passed([test], None)[0])
        return self._sound[name]

    def _passed(
        self, tests: list["_Test"], fault: Fault | None, until: float = math.inf
    ) -> tuple[int, bool]:
        """How many passed, and whether the next one failed; else all passed, or the time is over."""
        with planted(fault) as whole:
            coming, going = os.pipe()
            child = os.fork()
            if not child:
                self._play_and_exit([test.item for test in tests], fault, whole, until, going)
            os.close(going)
            heard = _heard(coming, tests, until)
            _end(child)
        return heard

    def _play_and_exit(
        self, items: list[pytest.Item], fault: Fault | None, whole: bytes, until: float, going: int
    ) -> None:
        try:
            os.setsid()
            if fault:
                self._loaded.change(Path(fault.path), whole, fault.planted(whole))
            self._play(items, until, going)
            os.close(going)
            self._session._setupstate.teardown_exact(None)  # e.g. a server that they share
        finally:
            os._exit(0)

    def _play(self, items: list[pytest.Item], until: float, going: int) -> None:
        for item, following in pairwise([*items, None]):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._session.testsfailed:
                os.write(going, _FAILED)
                return
            os.write(going, _PASSED)
            if time.monotonic() > until:
                return


@dataclass(frozen=True)
class _Test:
    item: pytest.Item
    seconds: float


@contextmanager
def planted(fault: Fault | None, project: Path = Path()) -> Iterator[bytes]:
    """In the file, and what it was; its time comes back too, so that what was compiled of it holds again."""
    if not fault:
        yield b""
        return
    file = project / fault.path
    whole, times = file.read_bytes(), file.stat()
    file.write_bytes(fault.planted(whole))
    try:
        yield whole
    finally:
        file.write_bytes(whole)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def _heard(coming: int, tests: list[_Test], until: float) -> tuple[int, bool]:
    """How many passed, and whether the next one failed, was killed, or took far too long."""
    passed, has_failed = 0, False
    while passed < len(tests) and not has_failed:
        patience = _PATIENCE + 20 * tests[passed].seconds
        if not select.select([coming], [], [], patience)[0]:
            has_failed = True
            break
        news = os.read(coming, 1)
        if not news and time.monotonic() >= until:
            break
        has_failed = news != _PASSED
        passed += not has_failed
    os.close(coming)
    return passed, has_failed


def _end(child: int) -> None:
    """With whatever its tests started."""
    for _ in range(100):
        if os.waitpid(child, os.WNOHANG)[0]:
            break
        time.sleep(0.05)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)
