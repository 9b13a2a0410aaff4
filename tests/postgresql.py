"""PostgreSQL for the tests: a cluster of their own, and a fresh database for each test that needs one.

``python -m tests.postgresql [arguments of pytest]`` (``make test-postgresql``) runs the suite on it, browser tests
apart. The database of a test is a copy of a template (``CREATE DATABASE ... TEMPLATE``), as it is a copy of a file on
SQLite. Tests about SQLite's own files bear the mark ``sqlite`` with the reason, and are counted as skipped.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from idapp.processes import _die_with_parent, wait_until
from idapp.settings import Settings
from tests.ports import free_port

if TYPE_CHECKING:
    import psycopg

SETTING = (
    "IDAPP_TEST_DATABASE"  # the address of a server on which every test gets a database of its own
)
MEMORY = Path("/dev/shm")
_ROOM = 2 * 2**30  # bytes
# measured: with whole pages in its journal, as after a power cut they would be needed, a copy costs a third more
_FOR_MANY_DATABASES = ("max_connections=400", "full_page_writes=off")
_COPIES_FILES_FROM = 150000  # the version that can be told to
_INSTALL = (
    "PostgreSQL is not on this machine ({}): install its server (Debian, Ubuntu: apt-get install postgresql) "
    "and psycopg (requirements-dev.txt)."
)


class NotInstalled(Exception):
    """The server's programs or the driver are not there; the message says what to install."""


def program(name: str) -> str:
    """A program of the server, also where Debian hides it. Raises NotInstalled."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=_version, reverse=True)
    found = shutil.which(name) or next(iter(map(str, debian)), None)
    if found is None:
        raise NotInstalled(_INSTALL.format(name))
    if importlib.util.find_spec("psycopg") is None:
        raise NotInstalled(_INSTALL.format("psycopg"))
    return found


def _version(path: Path) -> int:
    """Of .../15/bin/initdb: 15 stands before 9."""
    name = path.parent.parent.name.split(".")[0]
    return int(name) if name.isdigit() else 0


@contextmanager
def cluster(*locale: str, durable: bool = False) -> Iterator[str]:
    """An empty cluster that only this machine reaches; the address of its database `postgres`.

    ``locale``: arguments of initdb; without any, names are sorted as Vietnamese people do, where that is known: not
    as SQLite does, so that whoever leans on the order of the database is found out. ``durable``: on a disk, as a
    school has it, for whoever measures. Raises NotInstalled.
    """
    port = free_port()
    with _folder(durable=durable) as folder:
        data = folder / "data"
        _make(data, locale or _unlike_sqlite())
        command = [program("postgres"), "-D", str(data), "-p", str(port)]
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
        if not durable:
            settings += _FOR_MANY_DATABASES
        for option in settings:
            command += ["-c", option]
        address = f"postgresql://idapp@127.0.0.1:{port}/postgres"
        with server(command, user=_somebody()):
            wait_until(lambda: _listens(address), "PostgreSQL", 60)
            yield address


@contextmanager
def server(command: list[str], *, user: str | None = None) -> Iterator[None]:
    """A server for a while; it also ends with the process that started it."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(
        command, user=user, start_new_session=True, preexec_fn=_die_with_parent, **quiet
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


@contextmanager
def _folder(*, durable: bool) -> Iterator[Path]:
    """For the user who runs the server."""
    in_memory = (
        not durable and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > _ROOM
    )
    parent = MEMORY if in_memory else None
    with tempfile.TemporaryDirectory(prefix="idapp-pg-", dir=parent) as folder:
        if _somebody():
            shutil.chown(folder, _somebody())
        yield Path(folder)


@cache
def _somebody() -> str | None:
    """Who runs the server: it refuses root."""
    if os.getuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _make(data: Path, locale: tuple[str, ...]) -> None:
    command = [program("initdb"), "-D", str(data), "-A", "trust", "-U", "idapp", "-E", "UTF8"]
    command += ["--no-sync", *locale]
    done = subprocess.run(command, user=_somebody(), capture_output=True, text=True, cwd="/")
    if done.returncode == 0:
        return
    if locale == ("--locale=C",):
        raise RuntimeError(f"initdb failed: {done.stderr[-800:]}")
    shutil.rmtree(data, ignore_errors=True)  # one that was built without ICU
    _make(data, ("--locale=C",))


def _unlike_sqlite() -> tuple[str, ...]:
    return ("--locale=C", "--locale-provider=icu", "--icu-locale=vi")


def _listens(address: str) -> bool:
    import psycopg

    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


# a database for each test

_numbers = count(1)


def is_used() -> bool:
    """Do the tests of this run get their databases from a server?"""
    return bool(os.environ.get(SETTING))


def fresh(template: str = "template0", *, server: str = "") -> str:
    """A new database, like ``template``, to which nobody may be connected; returns its address.

    ``server``: the address of any of its databases; that of this run without. Its files are copied, as all versions
    before 15 do: 42 ms of processor time with a drop, and 58 ms page by page through the journal.
    """
    address = _beside(server, f"idapp_{os.getpid()}_{next(_numbers)}")
    with _administrator(address) as connection:
        how = "STRATEGY file_copy" if connection.info.server_version >= _COPIES_FILES_FROM else ""
        statement = f'CREATE DATABASE "{name_of(address)}" TEMPLATE "{template}" {how}'
        connection.execute(statement.encode())
    return address


def fresh_or_file() -> str:
    """What another installation of a test gets as its `DATABASE_URL`."""
    return fresh() if is_used() else ""


def with_copy_of(original: str, settings: Settings) -> Settings:
    """Another installation of a test, its database a copy of this one: of a file, or of a name on the server."""
    if is_used():
        return replace(settings, database_url=fresh(original))
    shutil.copy(original, settings.sqlite_file)
    return settings


def drop(address: str) -> None:
    """The database at this address, whoever is still connected to it."""
    with _administrator(address) as connection:
        statement = f'DROP DATABASE IF EXISTS "{name_of(address)}" WITH (FORCE)'
        connection.execute(statement.encode())


def name_of(address: str) -> str:
    """
    >>> name_of("postgresql://idapp@127.0.0.1:21000/idapp_7_1")
    'idapp_7_1'
    """
    return address.rpartition("/")[2]


def address_of(name: str) -> str:
    """On the server of this run."""
    return _beside("", name)


def _beside(server: str, name: str) -> str:
    return f"{(server or os.environ[SETTING]).rpartition('/')[0]}/{name}"


def _administrator(address: str) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection to the server of this database, and to no database in use; ``with`` closes it."""
    import psycopg

    return psycopg.connect(_beside(address, "postgres"), autocommit=True)


def main() -> int:
    """The suite on PostgreSQL; the exit code of pytest, or 2 with a sentence that says what to install."""
    arguments = sys.argv[1:] or ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    began = time.monotonic()
    try:
        with cluster() as address:
            command = [sys.executable, "-m", "pytest", "-m", "not browser", "-rs", *arguments]
            done = subprocess.run(command, env=os.environ | {SETTING: address}, check=False)
    except NotInstalled as missing:
        print(missing, file=sys.stderr)
        return 2
    print(f"The suite on PostgreSQL took {time.monotonic() - began:.0f} seconds.")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
