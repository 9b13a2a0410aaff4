"""The next version of the program, and back: whole, or as it was.

Most tests upgrade a stand-in whose "flask" is a shell script: what is tried here is what happens to files. One upgrades
this very program, to a version whose migration fails halfway.
"""

import fcntl
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from idapp import upgrading
from idapp.settings import Settings
from idapp.upgrading import Installation, UpgradeRefused
from tests.cast import Cast

ROOT = Path(__file__).parent.parent
PARTS = ("app.py", "idapp", "requirements.txt", "templates", "static")
FLASK = """#!/bin/sh
case "$*" in
  *recheck*) echo "made anew" > {data}/idapp.db; echo x > {data}/idapp.db-wal; {recheck} ;;
  *invariants*) {invariants} ;;
esac
"""


def _release(folder: Path, version: str) -> Path:
    for name in PARTS:
        path = folder / name
        if "." in name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("peewee" if name == "requirements.txt" else version)
        else:
            path.mkdir(parents=True)
            (path / "file").write_text(version)
    (folder / "idapp" / "migrations").mkdir()
    (folder / "idapp" / "migrations" / "0001_first.py").write_text("")
    return folder


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    """Version 1 with data; its packages are a script that says what each command of the new version comes to."""
    root = _release(tmp_path / "program", "1")
    data = tmp_path / "var"
    for folder in (data / "uploads", data / "backups", root / ".venv" / "bin"):
        folder.mkdir(parents=True)
    (data / "idapp.db").write_text("of version 1")
    (data / "uploads" / "paper").write_text("kept")
    (data / "backups" / "b.age").write_text("kept")
    (root / ".env").write_text("PORT=8000")
    installation = Installation(root, data, str(data / "idapp.db"))
    _let(installation)
    return installation


def _let(here: Installation, recheck: str = "true", invariants: str = "true") -> None:
    here.python.write_text(FLASK.format(data=here.data, recheck=recheck, invariants=invariants))
    here.python.chmod(0o755)


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("app.lock", "python")
    }


def _tar(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz") as tar:
        tar.add(folder, arcname="idapp-2")
    return target


def test_the_next_version_from_a_file(here: Installation, tmp_path: Path) -> None:
    release = _release(tmp_path / "new", "2")
    (release / "deploy").mkdir()
    said: list[str] = []
    upgrading.upgrade(here, str(_tar(release, tmp_path / "2.tar.gz")), said.append)
    assert (here.root / "app.py").read_text() == "2"
    assert (here.root / "idapp" / "file").read_text() == "2"
    assert (here.root / "deploy").is_dir()
    assert (here.root / ".env").read_text() == "PORT=8000"
    (aside,) = tmp_path.glob("var.before-upgrade-*")
    assert (aside / "data" / "idapp.db").read_text() == "of version 1"
    assert not (aside / "data" / "backups").exists()
    assert (aside.stat().st_mode & 0o777, str(aside) in said[-1]) == (0o700, True)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"recheck": "echo 'Error: no such column' >&2; exit 1"}, "no such column"),
        ({"invariants": "echo 'HỎNG   states          2 hồ sơ'; exit 1"}, "2 hồ sơ"),
    ],
    ids=str,
)
def test_a_step_that_fails_puts_all_back(
    here: Installation, tmp_path: Path, step: dict[str, str], sentence: str
) -> None:
    _let(here, **step)
    release = _release(tmp_path / "new", "2")
    (release / "deploy").mkdir()
    before = _files(here.root), _files(here.data)
    with pytest.raises(UpgradeRefused, match="trở lại như trước") as refusal:
        upgrading.upgrade(here, str(release), lambda _: None)
    assert sentence in str(refusal.value)
    assert (_files(here.root), _files(here.data)) == before
    assert not (here.root / "deploy").exists()
    assert not list(tmp_path.glob("var.before-upgrade-*")), "no second copy of anybody's data stays"


def test_packages_come_back_without_a_network(here: Installation, tmp_path: Path) -> None:
    release = _release(tmp_path / "new", "2")
    (release / "requirements.txt").write_text("peewee, and another")
    (release / "Makefile").write_text(".venv/.installed:\n\trm .venv/bin/python; exit 1\n")
    (here.root / ".venv" / ".installed").touch()
    before = _files(here.root)
    with pytest.raises(UpgradeRefused, match="máy có mạng không"):
        upgrading.upgrade(here, str(release), lambda _: None)
    assert _files(here.root) == before
    assert here.python.exists()


def test_not_while_the_program_runs(here: Installation, tmp_path: Path) -> None:
    before = _files(here.root), _files(here.data)
    with (here.data / "app.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UpgradeRefused, match="hãy tắt trước"):
            upgrading.upgrade(here, str(_release(tmp_path / "new", "2")), lambda _: None)
    assert (_files(here.root), _files(here.data)) == before
    assert not list(tmp_path.glob("var.before-upgrade-*"))


def test_what_is_no_newer_release_is_refused(here: Installation, tmp_path: Path) -> None:
    junk, older = tmp_path / "junk.tar.gz", _release(tmp_path / "older", "0")
    junk.write_bytes(b"PK")
    (older / "idapp" / "migrations" / "0001_first.py").unlink()
    for source, sentence in {
        str(junk): "phải là tệp .tar.gz",
        str(tmp_path / "var"): "không phải một bản idapp",
        str(tmp_path / "absent"): "Không mở được",
        str(older): "cũ hơn",
        str(here.root): "chính bản đang dùng",
        "": "make upgrade FROM=",
    }.items():
        with pytest.raises(UpgradeRefused, match=sentence):
            upgrading.upgrade(here, source, lambda _: None)
    server = Installation(here.root, here.data, "")
    with pytest.raises(UpgradeRefused, match="pg_dump"):
        upgrading.upgrade(server, str(_release(tmp_path / "new", "2")), lambda _: None)


def test_by_git(here: Installation, tmp_path: Path) -> None:
    """Pulled forward, and back to the very commit when the new one is not well."""
    origin = _release(tmp_path / "origin", "1")

    def git(folder: Path, *words: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        done = subprocess.run(
            ["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git(origin, "init", "--quiet")
    git(origin, "add", ".")
    git(origin, "commit", "--quiet", "-m", "1")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(origin), str(clone))
    shutil.copytree(here.root / ".venv", clone / ".venv")
    cloned = Installation(clone, here.data, here.database)
    first = git(clone, "rev-parse", "HEAD")
    (origin / "app.py").write_text("2")
    git(origin, "commit", "--quiet", "-am", "2")
    _let(cloned, recheck="exit 1")
    with pytest.raises(UpgradeRefused, match="trở lại như trước"):
        upgrading.upgrade(cloned, "", lambda _: None)
    assert (git(clone, "rev-parse", "HEAD"), (clone / "app.py").read_text()) == (first, "1")
    assert (here.data / "idapp.db").read_text() == "of version 1"
    _let(cloned)
    upgrading.upgrade(cloned, "", lambda _: None)
    assert (clone / "app.py").read_text() == "2"
    (clone / "app.py").write_text("by hand")
    with pytest.raises(UpgradeRefused, match="sửa tay"):
        upgrading.upgrade(cloned, "", lambda _: None)


@pytest.mark.sqlite("the copy of the file comes back")
def test_this_very_program_comes_back_when_a_migration_fails(
    cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, new = tmp_path / "program", tmp_path / "new"
    for target in (root, new):
        target.mkdir()
        for name in ("app.py", "idapp"):
            upgrading._copy(ROOT / name, target / name)
        (target / "requirements.txt").write_text("")
        for name in ("templates", "static"):
            (target / name).symlink_to(ROOT / name)
    python = root / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    bad = new / "idapp" / "migrations" / "0999_fails.py"
    bad.write_text(
        "def up(migrator, db):\n    db.execute_sql('UPDATE person SET address = 1')\n    1 / 0\n"
    )
    monkeypatch.setenv("IDAPP_DATA", str(settings.data))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    here = upgrading.installation_in(root)
    assert (here.data, here.database) == (settings.data, str(settings.data / "idapp.db"))
    before = _dump(settings)
    with pytest.raises(UpgradeRefused, match="trở lại như trước"):
        upgrading.upgrade(here, str(new), lambda _: None)
    assert _dump(settings) == before
    assert not (root / "idapp" / "migrations" / bad.name).exists()


def _dump(settings: Settings) -> list[str]:
    connection = sqlite3.connect(f"file:{settings.data / 'idapp.db'}?mode=ro", uri=True)
    try:
        return list(connection.iterdump())
    finally:
        connection.close()
