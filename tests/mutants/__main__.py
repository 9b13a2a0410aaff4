"""``make mutants``: plant faults at random, run the tests without browsers that reach the line until the first failure.

1. The suite without browsers runs once and notes which tests reach which line (``build/mutants/coverage``; kept until
   ``make clean``). A test that never reaches a line cannot find a fault in it; lines that only child processes reach
   are tried with all tests of their subject.
2. Each fault is planted in a copy of the project, two at a time, and the tests run there, those of the subject first.
3. What survived stands in ``build/mutants/survivors.txt``.

``python -m tests.mutants 200 --seed 4`` chooses other faults with another seed; ``--within idapp/rules`` only there.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Queue

from coverage import CoverageData

from tests.mutants.planting import Fault, faults_of

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutants"
COVERAGE = BUILD / "coverage"
_COPIED = ("app.py", "worker.py", "idapp", "templates", "static", "tests", "docs", "pyproject.toml", "deploy",
           "README.md", "CHANGELOG.md", "Makefile", "requirements.txt", "requirements-dev.txt")  # fmt: skip
_MINUTES = 20  # for the tests of one fault: whoever hangs was found
# they read the source itself: a fault is not found by how it is laid out
_READERS = ("tests/test_floors.py", "tests/test_prose.py", "tests/test_words.py")


@dataclass(frozen=True)
class Verdict:
    fault: Fault
    tests: int
    found_by: str  # "" if nothing failed


def main() -> int:
    chosen = _arguments()
    if not COVERAGE.exists():
        _map_lines_to_tests()
    reached = _Reached()
    faults = [one for one in faults_of(ROOT) if one.path.startswith(chosen.within)]
    random.Random(chosen.seed).shuffle(faults)
    verdicts = list(_try_all(faults[: chosen.count], reached, chosen.at_once))
    survivors = [verdict for verdict in verdicts if not verdict.found_by]
    lines = [f"{verdict.fault} ({verdict.tests} tests)" for verdict in survivors]
    (BUILD / "survivors.txt").write_text("\n".join(lines) + "\n")
    found = len(verdicts) - len(survivors)
    print(
        f"{found} of {len(verdicts)} faults were found (seed {chosen.seed}); not found:",
        *lines,
        sep="\n  ",
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", default="idapp/")
    parser.add_argument("--at-once", type=int, default=2)
    return parser.parse_args()


def _map_lines_to_tests() -> None:
    BUILD.mkdir(parents=True, exist_ok=True)
    settings = BUILD / "coveragerc"
    settings.write_text(f"[run]\nsource = idapp\ndata_file = {COVERAGE}\n")
    print("noting which tests reach which line ...", flush=True)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-m", "not browser",
         "--timeout", "600", "--cov=idapp", f"--cov-config={settings}", "--cov-context=test", "--cov-report="],
        cwd=ROOT, check=False,
    )  # fmt: skip


class _Reached:
    """Which tests reach a line."""

    def __init__(self) -> None:
        self._data = CoverageData(str(COVERAGE))
        self._data.read()
        self._by_file: dict[str, dict[int, list[str]]] = {}

    def tests_of(self, fault: Fault) -> list[str]:
        """Their ids, those of the same subject first; the files of the subject where none is known."""
        contexts = self._lines_of(fault.path).get(fault.line, [])
        tests = {context.rpartition("|")[0] for context in contexts if "|" in context}
        tests = {test for test in tests if not test.startswith(_READERS)}
        if not tests:
            return _files_of_subject(fault.path)
        stem = Path(fault.path).stem
        return sorted(
            tests, key=lambda test: (stem not in test, _subject(fault.path) not in test, test)
        )

    def _lines_of(self, path: str) -> dict[int, list[str]]:
        if path not in self._by_file:
            self._by_file[path] = self._data.contexts_by_lineno(str(ROOT / path))
        return self._by_file[path]


def _subject(path: str) -> str:
    return path.split("/")[1]


def _files_of_subject(path: str) -> list[str]:
    subject = _subject(path)
    files = [
        *(ROOT / "tests").glob(f"test_{subject}*.py"),
        *(ROOT / "tests/web").glob(f"test_{subject}*.py"),
    ]
    return sorted(file.relative_to(ROOT).as_posix() for file in files if "browser" not in file.name)


def _try_all(faults: list[Fault], reached: _Reached, at_once: int) -> Iterator[Verdict]:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(at_once) as pool:
        copies: Queue[Path] = Queue()
        for number in range(at_once):
            copies.put(_copy_of_project(Path(folder) / str(number)))
        trials = [(fault, reached.tests_of(fault), copies) for fault in faults]
        for verdict in pool.map(lambda trial: _tried(*trial), trials):
            print(f"{verdict.found_by or 'SURVIVED'}: {verdict.fault}", flush=True)
            yield verdict


def _copy_of_project(target: Path) -> Path:
    target.mkdir()
    for name in filter(lambda name: (ROOT / name).exists(), _COPIED):
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / name, target / name)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def _tried(fault: Fault, tests: list[str], copies: "Queue[Path]") -> Verdict:
    copy = copies.get()
    file = copy / fault.path
    whole = file.read_bytes()
    try:
        file.write_bytes(fault.planted(whole))
        return Verdict(fault, len(tests), _first_failure(copy, tests))
    finally:
        file.write_bytes(whole)
        copies.put(copy)


def _first_failure(copy: Path, tests: list[str]) -> str:
    (copy / "tests.txt").write_text("\n".join(tests))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not browser",
               "--no-header", "--tb=no", "@tests.txt"]  # fmt: skip
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(copy)}
    try:
        ended = subprocess.run(
            command, cwd=copy, env=environment, text=True, capture_output=True, timeout=60 * _MINUTES, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "time ran out"
    if ended.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.MULTILINE)
    return failed[1] if failed else ended.stdout[-200:] + ended.stderr[-300:]


if __name__ == "__main__":
    sys.exit(main())
