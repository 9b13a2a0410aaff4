"""Which tests reach a line, and how long each takes: one run of the suite without browsers, noted and kept.

The run is that of a copy of the project, which is kept beside it: its lines
stay those of the map while the project goes on.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from coverage import CoverageData

from tests.mutants.planting import PACKAGES, Fault

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "mutants"
PROJECT = BUILD / "project"
_COVERAGE, _NOTES = BUILD / "coverage", BUILD / "tests.json"
# they read the source itself: a fault is not found by how it is laid out
_READERS = ("tests/test_floors.py", "tests/test_prose.py", "tests/test_words.py")


def copy_of(project: Path, target: Path) -> Path:
    """All that git has or would take, or of such a copy all."""
    names = _files_in(project)
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(project / name, target / name)
    (target / ".venv").symlink_to(ROOT / ".venv")
    return target


def _files_in(project: Path) -> list[str]:
    if project == ROOT:
        return _git("ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    files = [path for path in project.rglob("*") if path.is_file()]
    names = [path.relative_to(project).as_posix() for path in files]
    return [name for name in names if not name.startswith(".venv/") and "__pycache__" not in name]


def _git(*words: str) -> str:
    return subprocess.run(
        ("git", *words), cwd=ROOT, text=True, capture_output=True, check=True
    ).stdout


def make_map() -> None:
    """The suite without browsers runs once, in a copy of the project as it is now."""
    shutil.rmtree(BUILD, ignore_errors=True)
    copy_of(ROOT, PROJECT)
    (BUILD / "commit").write_text(_git("rev-parse", "--short", "HEAD"))
    settings = BUILD / "coveragerc"
    sources = "\n ".join(f"idapp.{package}" for package in PACKAGES)
    settings.write_text(
        f"[run]\nrelative_files = true\nsource_pkgs = {sources}\ndata_file = {_COVERAGE}\n"
    )
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-m", "not browser",
         "--timeout", "600", "-p", "tests.mutants.noting",
         "--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="],
        cwd=PROJECT, env=os.environ | {"MUTANTS_NOTES": str(_NOTES)}, check=False,
    )  # fmt: skip


def is_made() -> bool:
    return _NOTES.exists()


class Reach:
    """The map, read."""

    def __init__(self) -> None:
        self._data = CoverageData(str(_COVERAGE))
        self._data.read()
        self._by_file: dict[str, dict[int, list[str]]] = {}
        self.seconds: dict[str, float] = json.loads(_NOTES.read_text())["seconds"]
        self.commit = (BUILD / "commit").read_text().strip()

    def tests_of(self, fault: Fault) -> list[str]:
        """Their ids: those that bear the name of the module first, then those of its subject, the quick ones first.
        Where none is known, all of the subject: a line may be reached in other processes only."""
        contexts = self._contexts_of(fault)
        tests = {context.rpartition("|")[0] for context in contexts if "|" in context}
        reaching = [test for test in tests if not test.startswith(_READERS)]
        return sorted(
            reaching or self._tests_about(fault), key=lambda test: self._rank(test, fault)
        )

    def is_reached_by_imports(self, fault: Fault) -> bool:
        """Outside every test: what it made is there before the first one begins."""
        return "" in self._contexts_of(fault)

    def _contexts_of(self, fault: Fault) -> list[str]:
        if fault.path not in self._by_file:
            self._by_file[fault.path] = self._data.contexts_by_lineno(fault.path)
        return self._by_file[fault.path].get(fault.line, [])

    def _tests_about(self, fault: Fault) -> list[str]:
        subject = f"test_{_subject(fault)}"
        return [test for test in self.seconds if subject in test.partition("::")[0]]

    def _rank(self, test: str, fault: Fault) -> tuple[bool, bool, float, str]:
        stem = Path(fault.path).stem
        return stem not in test, _subject(fault) not in test, self.seconds.get(test, 0), test


def _subject(fault: Fault) -> str:
    return fault.path.split("/")[1]
