"""From one version of the program to the next, and back where the next one is not well.

``make upgrade`` runs this file by itself, so it imports nothing but Python's own library: the program around it is
being replaced. The file of a newer release also upgrades an older installation that does not have it yet::

    python3 NEW/idapp/upgrading.py --into OLD --from NEW

Everything is copied aside first: the data, and what of the program will be replaced. If any step fails, both are put
back and the old version starts as before.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OLDEST_PYTHON = (3, 11)
_HERE = Path(__file__).resolve().parent.parent
_PARTS_OF_A_RELEASE = ("app.py", "idapp", "requirements.txt", "templates", "static")
_STAYS = {".venv", ".env", ".git", "var", "build"}
# of one run of one machine, or copies themselves
_NOT_COPIED = ("redis", "redis.sock", "backups", "leases", "app.lock")
_NOT_COPIED_BEGINNINGS = ("before-restore-", "backup-", "restore-")
_ASK_SETTINGS = (
    "import json; from idapp.settings import from_environment as read; s = read();"
    "print(json.dumps([str(s.data), getattr(s, 'sqlite_file', str(s.data / 'idapp.db'))]))"
)
_BAD = re.compile(r"^HỎNG +(.{15})", re.MULTILINE)
_SPARE_BYTES = 300_000_000  # for packages and a moment of doubling


class UpgradeRefused(Exception):
    """Nothing was changed, or all of it was put back. The message says why, in Vietnamese."""


@dataclass(frozen=True)
class Installation:
    """What is upgraded: the folder of the program, its data, its database as a file ("" for a server's)."""

    root: Path
    data: Path
    database: str

    @property
    def python(self) -> Path:
        """Of the installation's own packages."""
        return self.root / ".venv" / "bin" / "python"


Say = Callable[[str], None]


def installation_in(root: Path) -> Installation:
    """Ask the installed version where its data are. Raises UpgradeRefused."""
    python = root / ".venv" / "bin" / "python"
    if not python.exists():
        raise UpgradeRefused(f"Chưa có phần mềm nào được cài ở {root}: hãy chạy make serve trước.")
    answer = _run([str(python), "-c", _ASK_SETTINGS], root)
    try:
        data, database = json.loads(answer.stdout)
    except ValueError:
        sentence = f"Không đọc được cài đặt của bản đang dùng. {_last_line(answer.stderr)}"
        raise UpgradeRefused(sentence) from None
    return Installation(root, Path(data), database)


def check(here: Installation, source: str) -> list[tuple[bool, str]]:
    """What an upgrade would meet: (is it in order, sentence) for each matter. Changes nothing."""
    lines = [
        _python_line(),
        (not _is_running(here), _running_words(here)),
        _disk_line(here),
        _database_line(here),
    ]
    if source:
        lines += _source_lines(here, source)
    else:
        lines.append(_git_line(here.root))
    return lines


def upgrade(here: Installation, source: str, say: Say) -> None:
    """All of it, or nothing. ``source``: an unpacked release or a tar file; "" pulls. Raises UpgradeRefused."""
    for is_good, sentence in check(here, source):
        if not is_good:
            raise UpgradeRefused(sentence)
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = here.data.with_name(f"{here.data.name}.before-upgrade-{stamp}")
    with _alone(here):
        # what was amiss already is no fault of the new version
        bad_before = _bad_findings(here)
        say("1/5 Chép dữ liệu sang một bên ...")
        _copy_data(here, aside)
        try:
            _renew(here, source, aside, bad_before, say)
        except BaseException as fault:  # also Ctrl+C
            say("Không thành: đang đưa chương trình và dữ liệu về như trước ...")
            _put_back(here, aside)
            shutil.rmtree(aside)
            why = str(fault) if isinstance(fault, UpgradeRefused) else f"{fault!r}."
            raise UpgradeRefused(
                f"{why} Chương trình và dữ liệu đã trở lại như trước khi nâng cấp."
            ) from fault
    # only now: the copy of the last time is of use until this one has proved unneeded
    _drop_older_copies(aside)
    say(
        f"Xong. Hãy chạy make serve. Bản trước khi nâng cấp nằm ở {aside}; dùng vài ngày thấy tốt "
        "thì xóa thư mục ấy."
    )


def _renew(here: Installation, source: str, aside: Path, bad_before: set[str], say: Say) -> None:
    """New program, packages, tables, states; looked at in the end. Raises for whatever is not well."""
    say("2/5 Lấy chương trình mới ...")
    before = _requirements(here.root)
    _replace_program(here.root, source, aside)
    if _requirements(here.root) != before:
        say("3/5 Cài các gói cần thêm ...")
        _renew_packages(here, aside)
    else:
        say("3/5 Các gói không đổi.")
    say("4/5 Nâng cấp dữ liệu, kiểm tra lại hồ sơ ...")
    if here.database and not Path(here.database).exists():
        say("5/5 Chưa có dữ liệu nào: không có gì để khám.")
        return
    _must(_flask(here, "recheck"), "Dữ liệu không nâng cấp được.")
    say("5/5 Khám máy và dữ liệu ...")
    _must(_flask(here, "doctor", "--invariants"), "Dữ liệu sau khi nâng cấp không đúng.")
    new_bad = _bad_findings(here) - bad_before
    if new_bad:
        raise UpgradeRefused(f"Sau khi nâng cấp, doctor báo hỏng: {', '.join(sorted(new_bad))}.")


# what is looked at


def _python_line() -> tuple[bool, str]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return False, f"Python {version} quá cũ: cần từ 3.11. Hãy cài Python mới hơn trước."
    return True, f"Python {version}."


def _running_words(here: Installation) -> str:
    if _is_running(here):
        return (
            f"Phần mềm đang chạy trên {here.data}: hãy tắt trước (Ctrl+C ở cửa sổ đang chạy, hoặc "
            "sudo systemctl stop idapp), báo mọi người chờ vài phút."
        )
    return "Phần mềm đang tắt."


def _is_running(here: Installation) -> bool:
    path = here.data / "app.lock"
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _disk_line(here: Installation) -> tuple[bool, str]:
    """Room for a copy of data and packages."""
    size = sum(path.stat().st_size for path in _entries(here.data) if path.is_file())
    needed = 2 * size + _SPARE_BYTES
    free = shutil.disk_usage(here.data if here.data.exists() else here.root).free
    words = f"Đĩa còn trống {free / 1e9:.1f} GB, cần {needed / 1e9:.1f} GB."
    if free < needed:
        return False, f"{words} Hãy xóa bớt tệp khác."
    return True, words


def _database_line(here: Installation) -> tuple[bool, str]:
    if here.database or os.environ.get("DATABASE_IS_SAVED") == "1":
        return True, f"Dữ liệu: {here.database or 'PostgreSQL, đã được sao lưu'}."
    return False, (
        "Cơ sở dữ liệu là PostgreSQL, không tự đưa về như trước được. Hãy sao lưu bằng pg_dump rồi "
        "chạy lại với DATABASE_IS_SAVED=1."
    )


def _git_line(root: Path) -> tuple[bool, str]:
    if not (root / ".git").exists():
        return False, (
            "Thư mục này không lấy bản mới bằng git được. Hãy tải bản mới về rồi chạy make upgrade "
            "FROM=đường/dẫn/tới/tệp.tar.gz"
        )
    if _git(root, "status", "--porcelain", "--untracked-files=no").stdout.strip():
        return False, "Có tệp của chương trình đã bị sửa tay (xem git status). Hãy trả lại như cũ."
    return True, f"Bản đang dùng: {_git(root, 'log', '-1', '--format=%h %cs').stdout.strip()}."


def _source_lines(here: Installation, source: str) -> list[tuple[bool, str]]:
    """What is in the release: is it one, what is new in it?"""
    try:
        with _unpacked(source) as release:
            if release == here.root:
                return [(False, "FROM đang chỉ vào chính bản đang dùng.")]
            new = sorted(_migrations(release) - _migrations(here.root))
            lost = sorted(_migrations(here.root) - _migrations(release))
            packages = "đổi" if _requirements(release) != _requirements(here.root) else "không đổi"
    except UpgradeRefused as refusal:
        return [(False, str(refusal))]
    if lost:
        return [(False, f"Bản này cũ hơn bản đang dùng (không có {lost[-1]}): không lùi được.")]
    return [(True, f"Bản mới: {len(new)} bước nâng cấp dữ liệu; các gói {packages}.")]


def _migrations(root: Path) -> set[str]:
    return {path.stem for path in (root / "idapp" / "migrations").glob("[0-9]*.py")}


def _requirements(root: Path) -> list[bytes]:
    """What says which packages there are, locks with it."""
    return [path.read_bytes() for path in sorted(root.glob("requirements*")) if path.is_file()]


def _bad_findings(here: Installation) -> set[str]:
    """What the doctor calls bad; an older doctor may call it otherwise, or not be there."""
    return {name.strip() for name in _BAD.findall(_flask(here, "doctor").stdout)}


# copying aside and putting back


@contextmanager
def _alone(here: Installation) -> Iterator[None]:
    """Nothing else starts on these data meanwhile."""
    here.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (here.data / "app.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UpgradeRefused(_running_words(here)) from None
        yield


def _entries(data: Path) -> list[Path]:
    """What is copied of a data folder; all files below as well."""
    if not data.exists():
        return []
    return [path for entry in _copied(data) for path in (entry, *entry.rglob("*"))]


def _copied(data: Path) -> list[Path]:
    return [
        entry
        for entry in sorted(data.iterdir())
        if entry.name not in _NOT_COPIED and not entry.name.startswith(_NOT_COPIED_BEGINNINGS)
    ]


def _copy_data(here: Installation, aside: Path) -> None:
    aside.mkdir(mode=0o700)
    (aside / "data").mkdir()
    for entry in _copied(here.data):
        _copy(entry, aside / "data" / entry.name)
    if _lies_elsewhere(here):
        (aside / "database").mkdir()
        for path in _files_of_database(here):
            _copy(path, aside / "database" / path.name)
    os.sync()


def _lies_elsewhere(here: Installation) -> bool:
    return bool(here.database) and not Path(here.database).is_relative_to(here.data)


def _files_of_database(here: Installation) -> list[Path]:
    endings = ("", "-wal", "-shm", "-journal")
    paths = [Path(here.database + ending) for ending in endings]
    return [path for path in paths if path.exists()]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target, follow_symlinks=False)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _put_back(here: Installation, aside: Path) -> None:
    """Program, packages and data as they were."""
    _put_program_back(here.root, aside)
    # whatever the newer version left beside: its journals would not fit the older file
    if here.database:
        for path in _files_of_database(here):
            path.unlink()
    # one by one: the folder itself may be where a disk is mounted, and cannot be renamed
    for entry in _copied(aside / "data"):
        _remove(here.data / entry.name)
        _copy(entry, here.data / entry.name)
    if _lies_elsewhere(here):
        for path in (aside / "database").iterdir():
            _copy(path, Path(here.database).with_name(path.name))
    os.sync()


def _put_program_back(root: Path, aside: Path) -> None:
    commit = aside / "commit"
    if commit.exists():
        _git(root, "reset", "--quiet", "--hard", commit.read_text())
    new = aside / "new"
    if new.exists():
        for name in filter(None, new.read_text().split("\n")):
            _remove(root / name)
    for entry in [*(aside / "program").glob("*"), *(aside / "packages").glob("*")]:
        _remove(root / entry.name)
        shutil.move(entry, root / entry.name)


def _drop_older_copies(aside: Path) -> None:
    """One is enough: what was before the last upgrade."""
    beginning = aside.name.rpartition("before-upgrade-")[0] + "before-upgrade-"
    for path in aside.parent.iterdir():
        if path.name.startswith(beginning) and path != aside:
            shutil.rmtree(path)


# the new program


def _replace_program(root: Path, source: str, aside: Path) -> None:
    if not source:
        (aside / "commit").write_text(_git(root, "rev-parse", "HEAD").stdout.strip())
        pulled = _git(root, "pull", "--quiet", "--ff-only")
        _must(pulled, "Không lấy được bản mới bằng git.")
        return
    with _unpacked(source) as release:
        names = [entry.name for entry in release.iterdir() if entry.name not in _STAYS]
        (aside / "new").write_text("\n".join(n for n in names if not (root / n).exists()))
        (aside / "program").mkdir()
        for name in names:
            if (root / name).exists():
                shutil.move(root / name, aside / "program" / name)
            _copy(release / name, root / name)


@contextmanager
def _unpacked(source: str) -> Iterator[Path]:
    """The folder of a release, unpacked where it is a tar file. Raises UpgradeRefused for anything else."""
    path = Path(source).resolve()
    if path.is_dir():
        yield _release_in(path)
        return
    with tempfile.TemporaryDirectory(prefix="idapp-release-") as folder:
        try:
            with tarfile.open(path) as tar:
                tar.extractall(folder, filter="data")
        except (OSError, tarfile.TarError):
            sentence = f"Không mở được {path}: phải là tệp .tar.gz của một bản idapp."
            raise UpgradeRefused(sentence) from None
        yield _release_in(Path(folder))


def _release_in(folder: Path) -> Path:
    """The release, perhaps within the one folder that a tar file has."""
    candidates = [folder, *(entry for entry in folder.iterdir() if entry.is_dir())]
    for candidate in candidates:
        if all((candidate / name).exists() for name in _PARTS_OF_A_RELEASE):
            return candidate
    raise UpgradeRefused(f"{folder} không phải một bản idapp (thiếu app.py, idapp, ...).")


def _renew_packages(here: Installation, aside: Path) -> None:
    """The packages are copied first: going back must not need a network."""
    packages = here.root / ".venv"
    if not packages.is_symlink():
        (aside / "packages").mkdir()
        _copy(packages, aside / "packages" / ".venv")
    # the files of a release may be older than the packages of here: make would find nothing to do
    (packages / ".installed").unlink(missing_ok=True)
    made = _run(["make", "--silent", ".venv/.installed"], here.root)
    _must(made, "Không cài được các gói mới (máy có mạng không?).")


# running


def _flask(here: Installation, *words: str) -> subprocess.CompletedProcess[str]:
    return _run([str(here.python), "-m", "flask", "--app", "app", *words], here.root)


def _git(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _run(["git", *words], root)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    # an old file with the same size and second would be taken for the new one
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def _must(done: subprocess.CompletedProcess[str], sentence: str) -> None:
    """Raises UpgradeRefused with the sentence and what the command said last."""
    if done.returncode:
        bad = [line for line in done.stdout.splitlines() if line.startswith("HỎNG")]
        last = " ".join(bad[0].split()) if bad else _last_line(done.stderr or done.stdout)
        raise UpgradeRefused(f"{sentence} {last}")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error: ")]
    if errors:  # of flask: the first says why the program did not come up
        return errors[0].removeprefix("Error: ")
    return lines[-1] if lines else ""


def main() -> int:
    """`make upgrade`, or with `--check` only what it would meet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=Path, default=_HERE)
    parser.add_argument("--from", dest="source", default="")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    try:
        here = installation_in(given.into.resolve())
        if given.check:
            lines = check(here, given.source)
            for is_good, sentence in lines:
                print("tốt   " if is_good else "HỎNG  ", sentence)
            return 0 if all(is_good for is_good, _ in lines) else 1
        upgrade(here, given.source, print)
    except UpgradeRefused as refusal:
        print(f"idapp: {refusal}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
