"""One tree of processes works on a data folder, or one restoring of a backup; a lock keeps a second one away."""

import fcntl
import json
import os
import shutil
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from idapp.settings import Settings, SettingsError

LOCK = "app.lock"
_LEFTOVERS = ("backup-*/", "restore-*/", "*.part", "places/*.part", "places/*/*.part", "leases/*")
RESTORING = "restoring"  # a backup that is to be put in place, see backup.placing
BEGUN = "aside"  # in it: nothing here is whole until this file is gone
_A_DAY = 24 * 3600
_MOVED = "moved_to_postgresql"
_DESCRIBED = (
    "host",
    "port",
    "https",
    "plain_http",
    "trusted_hosts",
    "trusted_proxies",
    "prefix",
    "demo",
    "erase_scans",
    "hsts_subdomains",
    "plain_redis",
)
_SECRET_WORDS = ("_SECRET", "_API_KEY", "_USER", "_ACCOUNT", "_PHONE")
_IS_SET = "(đã đặt)"


class AlreadyRunning(SettingsError):
    """Another tree works on this data folder."""


def lock(settings: Settings) -> IO[str]:
    """Hold the data folder for this process; keep the returned file open. Raises AlreadyRunning."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # to append: opening must not empty a file that somebody holds
    file = (settings.data / LOCK).open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise AlreadyRunning(
            f"Chương trình đang chạy trên thư mục {settings.data} rồi. Hãy tắt nó trước, hoặc đặt "
            "IDAPP_DATA sang thư mục khác."
        ) from None
    return file


def write_durably(path: Path, content: bytes) -> None:
    """On the disk when it returns, its name too, and for nobody else on this machine from the first byte on.

    "Đã lưu" stands on the screen afterwards, also after a power cut.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    keep_names(path.parent)


def keep_names(folder: Path) -> None:
    """The names in this folder are on the disk when it returns: a rename counts only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def tighten(settings: Settings) -> list[Path]:
    """What lies in a school's folder is for its owner only, whoever has copied it. Returns what was changed.

    A folder that is not ours, or that many share (`/tmp`), is left as it is: the doctor says so.
    """
    changed = []
    if not has_data(settings):
        return []
    paths = [settings.data, settings.data / "secret_key"]
    if settings.sqlite_file:
        paths.append(Path(settings.sqlite_file))
    for path in paths:
        if not path.exists():
            continue
        state = path.stat()
        is_shared = bool(state.st_mode & stat.S_ISVTX)
        if state.st_uid != os.geteuid() or is_shared or not state.st_mode & 0o077:
            continue
        path.chmod(stat.S_IMODE(state.st_mode) & 0o700)
        changed.append(path)
    return changed


def has_data(settings: Settings) -> bool:
    """Has anything ever been kept here? Looks only: a command that is refused leaves an empty folder empty."""
    file = settings.sqlite_file
    if not file:
        return True
    path = Path(file)
    return path.exists() and path.stat().st_size > 0


def mark_moved(settings: Settings, where: str) -> None:
    """The data have moved from the SQLite file to a server; ``where`` that is, without account and password."""
    mark = {"file": settings.sqlite_file, "where": where}
    write_durably(settings.data / _MOVED, json.dumps(mark, ensure_ascii=False).encode())


def check_not_moved(settings: Settings) -> None:
    """Raises SettingsError where a start would go on with a file that the school has left behind: two histories of one
    school could never be put together again."""
    path = settings.data / _MOVED
    if not settings.sqlite_file or not path.exists():
        return
    mark = json.loads(path.read_text())
    if mark["file"] == settings.sqlite_file:
        raise SettingsError(
            f"Dữ liệu của thư mục {settings.data} đã chuyển sang PostgreSQL ({mark['where']}): hãy "
            f"đặt DATABASE_URL như lúc chuyển. Nếu thật sự muốn trở lại tệp cũ {mark['file']}, hãy "
            f"xóa tệp {path}; những gì đã lưu trên PostgreSQL sẽ không có ở đó."
        )


def check_whole(settings: Settings) -> None:
    """Raises SettingsError while a backup is half in place: an empty school must not begin here."""
    if (settings.data / RESTORING / BEGUN).exists():
        raise SettingsError(
            "Việc khôi phục bản sao lưu đang làm dở. Hãy bật phần mềm (make serve): nó sẽ tự làm "
            "nốt."
        )


def clear_leftovers(settings: Settings) -> int:
    """What a process that was killed left half done goes after a day: copies for a backup, unpacked backups, files that
    never got their name, locks of workers. Returns how many went."""
    yesterday = time.time() - _A_DAY
    gone = 0
    for pattern in _LEFTOVERS:
        for path in settings.data.glob(pattern):
            if path.lstat().st_mtime < yesterday:
                _remove(path)
                gone += 1
    return gone


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def describe(held: IO[str], settings: Settings) -> None:
    """Write into the lock that this process holds with which settings it runs: no secret is among them."""
    described: dict[str, Any] = {name: getattr(settings, name) for name in _DESCRIBED}
    described["registry"] = {name: _masked(name, text) for name, text in settings.registry.items()}
    held.truncate(0)
    held.write(json.dumps(described, ensure_ascii=False))
    held.flush()


def running_settings(settings: Settings) -> Settings | None:
    """The settings with which a tree works on this data folder just now; None if none does.

    What is not described (where the database is, secrets) is as in ``settings``.
    """
    path = settings.data / LOCK
    if not path.exists():
        return None
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return _as_described(file.read(), settings)
    return None


def _masked(name: str, text: str) -> str:
    """
    >>> _masked("REGISTRY_SECRET", "x"), _masked("REGISTRY_AUTH", "lgsp")
    ('(đã đặt)', 'lgsp')
    """
    if text and name.endswith(_SECRET_WORDS):
        return _IS_SET
    return text


def _as_described(text: str, settings: Settings) -> Settings | None:
    """None for a lock that says nothing: one of an older version, or of a backup being restored."""
    try:
        described = json.loads(text)
        for name in ("trusted_hosts", "trusted_proxies"):
            described[name] = tuple(described[name])
        return replace(settings, **described)
    except (ValueError, KeyError, TypeError):
        return None
