"""What is installed: every package by its hashes, each with a licence, and the lists say what the lock says."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests import supply_chain
from tests.supply_chain import LICENCES, PARTS, ROOT, SBOM, Package, packages_of, parts

WANTED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z]+\])?==([^;\s]+)", re.MULTILINE)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("lock", PARTS)
def test_the_lock_holds_what_is_wanted_and_nothing_without_a_hash(lock: str) -> None:
    wanted = (ROOT / lock.replace(".lock", ".txt")).read_text()
    locked = {(_plain(item.name), item.version) for item in packages_of(lock)}
    missing = {(_plain(name), version) for name, version in WANTED.findall(wanted)} - locked
    assert not missing, f"make lock: {missing}"
    text = (ROOT / lock).read_text()
    assert len(re.findall(r"^\S+==", text, re.MULTILINE)) == len(packages_of(lock))
    assert all(item.hashes for item in packages_of(lock))
    assert "://" not in text  # no index is named: pip knows its own


def test_what_runs_is_what_is_tested() -> None:
    """A version of the running program is the same one in every lock, for the same Pythons."""
    runtime = {(item.name, item.version) for item in packages_of("requirements.lock")}
    names = {name for name, _ in runtime}
    for lock in ("requirements-dev.lock", "requirements-postgresql.lock"):
        others = {(item.name, item.version) for item in packages_of(lock) if item.name in names}
        assert others == runtime, lock


def test_every_package_has_its_licence_in_the_list() -> None:
    rows = re.findall(r"^\| (\S+) \| (\S+) \| (.+) \|$", LICENCES.read_text(), re.MULTILINE)
    listed = [(name, version) for name, version, licence in rows if licence != "licence"]
    assert listed == [(item.name, item.version) for _, new in parts() for item in new]
    copyleft = {name for name, _, licence in rows if "GPL" in licence}
    assert copyleft == {
        "psycopg",
        "psycopg-binary",
    }  # used unchanged, and only where a school chooses it


def test_the_sbom_is_the_lock() -> None:
    told = json.loads(SBOM.read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    htmx, *components = told["components"]
    assert htmx == supply_chain._of_browser()
    shipped = [item for lock, new in parts() if lock != "requirements-dev.lock" for item in new]
    assert [_package(component) for component in components] == shipped
    licences = dict(re.findall(r"^\| (\S+) \| \S+ \| (.+) \|$", LICENCES.read_text(), re.MULTILINE))
    for component in components:
        assert component["licenses"] == [{"expression": licences[component["name"]]}]


def _package(component: dict) -> Package:
    told = [(item["name"], item["value"]) for item in component["properties"]]
    return Package(
        component["name"],
        component["version"],
        dict(told).get("idapp:marker", ""),
        tuple(value for name, value in told if name == "idapp:sha256"),
    )


@pytest.mark.parametrize(
    ("answer", "code", "word"),
    [
        ("exit 0", 0, "no known vulnerability"),
        ("echo 'Found 1 known vulnerability in 1 package' >&2; exit 1", 1, "KNOWN"),
        ("echo 'ConnectionError: no route' >&2; exit 1", 2, "COULD NOT BE ASKED"),
        ("exit 127", 2, "COULD NOT BE ASKED"),
    ],
)
def test_an_audit_that_could_not_ask_says_so(
    tmp_path: Path, answer: str, code: int, word: str
) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!/bin/sh\n{answer}\n")
    program.chmod(0o755)
    command = ["sh", str(ROOT / "tests" / "audit.sh"), str(program), "requirements.lock"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, word in done.stdout) == (code, True), done.stdout
