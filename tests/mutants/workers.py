"""A pytest in a copy of the project that has collected all tests and waits for faults (``trying`` is its side)."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

from tests.mutants.planting import Fault
from tests.mutants.reaching import PROJECT, Reach, copy_of
from tests.mutants.trying import PIPES, planted
from tests.mutants.verdicts import Verdict


class Worker:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copy = copy_of(PROJECT, folder / "project")
        # what has no bytecode is compiled anew by each process that a test starts
        subprocess.run(
            [sys.executable, "-m", "compileall", "-q", "idapp"], cwd=self._copy, check=True
        )
        self._start()

    def _start(self, *tests: str) -> None:
        """All tests are collected, or these."""
        coming, orders = os.pipe()
        answers, going = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-p", "tests.mutants.trying", "-p", "no:cacheprovider",
             "-p", "no:cov", "-m", "not browser", f"--basetemp={self._folder}/tmp", *tests],
            cwd=self._copy, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", PIPES: f"{coming} {going}"},
            pass_fds=(coming, going), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(coming), os.close(going)
        self._orders, self._answers = os.fdopen(orders, "w", buffering=1), os.fdopen(answers)
        self._answers.readline()

    def tried(self, fault: Fault, reach: Reach, until_now: Verdict, seconds: float) -> Verdict:
        tests = {test: reach.seconds.get(test, 1) for test in reach.tests_of(fault)}
        order = {
            "fault": asdict(fault),
            "tests": tests,
            "passed": until_now.passed,
            "seconds": seconds,
        }
        self._orders.write(json.dumps(order) + "\n")
        verdict = Verdict(**json.loads(self._answers.readline()))
        if verdict.is_final and not verdict.found_by and reach.is_reached_by_imports(fault):
            with planted(fault, self._copy):
                return replace(verdict, found_by=first_failure(self._copy, list(tests)))
        return verdict

    def close(self) -> None:
        """Without orders it ends by itself."""
        self._orders.close()
        self._process.wait()


def first_failure(project: Path, tests: list[str]) -> str:
    """In a process that imports everything anew; "" if all pass."""
    (project / "tests.txt").write_text("\n".join(tests))
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-m", "not browser",
         "--no-header", "--tb=no", "@tests.txt"],
        cwd=project, text=True, capture_output=True, check=False,
    )  # fmt: skip
    if ended.returncode == 0:
        return ""
    # an id may hold blanks
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", ended.stdout, re.MULTILINE)
    return failed[1] if failed else ended.stdout[-200:] + ended.stderr[-300:]
