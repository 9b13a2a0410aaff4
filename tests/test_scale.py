"""A larger school: PostgreSQL and Redis as servers of their own, several workers beside each other.

Real servers, started for this module from the system's packages (`postgresql`, `redis-server`); without them the tests
are skipped, and say so where nobody can overlook it.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from idapp import (
    accounts,
    audit,
    doctor,
    history_chain,
    jobs,
    people,
    processes,
    verification,
)
from idapp.database import connected, db, migrate, open_database, writing
from idapp.models import Attempt, Batch, Change, Person
from idapp.people import Conflict
from idapp.settings import Settings, from_environment, use
from tests import cast as the_cast
from tests.cast import Cast, pupil
from tests.ports import free_port
from tests.register import running_simulator
from tests.test_verification import citizen

CROWD = 60


def found_or_skip(name: str) -> str:
    """A server's program, also where Debian hides it."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    found = shutil.which(name) or next(iter(map(str, debian)), None)
    if found is None or importlib.util.find_spec("psycopg") is None:
        missing = name if found is None else "the package psycopg (requirements-postgresql.txt)"
        print(f"\n*** NO {missing}: THE LARGER SET-UP WAS NOT TESTED. ***", file=sys.__stderr__)
        pytest.skip(f"{missing} is not there: PostgreSQL and several workers were NOT tested")
    return found


@contextmanager
def server(command: list[str], *, user: str | None = None) -> Iterator[None]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, user=user, start_new_session=True, **quiet)
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """An empty cluster that only this machine reaches. The server refuses to run as root, so somebody else does."""
    initdb, postgres, port = found_or_skip("initdb"), found_or_skip("postgres"), free_port()
    somebody = ("postgres" if _exists("postgres") else "nobody") if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="idapp-pg-") as folder:
        if somebody:
            shutil.chown(folder, somebody)
        data = ["-D", f"{folder}/data"]
        init = [
            initdb,
            *data,
            "-A",
            "trust",
            "-U",
            "idapp",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
        subprocess.run(init, user=somebody, check=True, stdout=subprocess.DEVNULL)
        fast = [
            "-c",
            "fsync=off",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={folder}",
        ]
        url = f"postgresql://idapp@127.0.0.1:{port}/postgres"
        with server([postgres, *data, "-p", str(port), *fast], user=somebody):
            processes.wait_until(lambda: _listens(url), "PostgreSQL", 30)
            yield url


def _exists(user: str) -> bool:
    return any(entry.pw_name == user for entry in pwd.getpwall())


def _listens(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    port = free_port()
    with server(
        [found_or_skip("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    ):
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def larger(
    postgresql: str, redis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, Cast]]:
    """A fresh school on these servers."""
    for name in ("SECRET_KEY", "IDAPP_DEMO", "REGISTRY", "HOST", "IDAPP_HTTPS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IDAPP_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("IDAPP_TODAY", the_cast.TODAY)
    monkeypatch.setenv("DATABASE_URL", postgresql)
    monkeypatch.setenv("REDIS_URL", redis)
    settings = use(from_environment())
    open_database(settings)
    with connected():
        db.execute_sql("DROP SCHEMA public CASCADE")
        db.execute_sql("CREATE SCHEMA public")
        jobs.redis_of(settings).flushall()
        migrate()
        yield settings, the_cast.assemble()


def test_the_schema_holds_its_promises_on_postgresql(larger: tuple[Settings, Cast]) -> None:
    """Migrations, partial indexes, the trigger of the audit, the door to the records."""
    _, cast = larger
    assert migrate() == [], "the second time there is nothing to do"
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.lan)
    with pytest.raises(Conflict):
        people.change(cast.an, "address", "Ấp 3", seen="", by=cast.thu)
    twin = people.add(
        kind="student", school_class=cast.class_5b, values=pupil("Trùng Số", serial=1), by=cast.thu
    )
    assert twin.number is None, "one active record holds a number"
    assert {p["code"] for p in twin.problems}, "one active record holds a number"
    for forbidden in (Change.update(new="x"), Change.delete()):
        with pytest.raises(Exception, match="append only"), writing():
            forbidden.execute()
    first = verification.start("school", by=cast.hoa)
    assert verification.start("school", by=cast.hoa) == first
    with pytest.raises(Exception, match="batch_open_scope"), writing():
        Batch.create(scope="school", started_by=cast.hoa)
    assert accounts.session_of("nobody") is None


def test_the_history_is_one_chain_on_postgresql(larger: tuple[Settings, Cast]) -> None:
    """Writers on several connections, an erasure, a migration of rows that are there, a foreign hand."""
    _, cast = larger

    def work(person: Person) -> None:
        with connected():
            for number in range(20):
                now = Person.get_by_id(person.id)
                people.change(now, "address", f"Ấp {number}", seen=now.address, by=cast.lan)

    threads = [threading.Thread(target=work, args=[each]) for each in (cast.an, cast.chi)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _history_levels() == {"audit": "ok", "chain": "ok", "head": "ok"}
    assert Change.select().count() == history_chain.head().id > 40
    audit.erase_texts(cast.an, by=cast.hoa, why="request 7")
    assert history_chain.examine() is None
    for forbidden in ("TRUNCATE change CASCADE", "UPDATE change SET new = '' WHERE id = 4"):
        with pytest.raises(Exception, match="append only"), writing():
            db.execute_sql(forbidden)
    _migrate_once_more()
    assert _history_levels()["chain"] == "ok"
    db.execute_sql("ALTER TABLE change DISABLE TRIGGER ALL")
    Change.update(new="x").where(Change.id == 4).execute()
    assert history_chain.examine() == history_chain.Break(4, "changed")
    assert _history_levels()["audit"] == "bad"


def _history_levels() -> dict[str, str]:
    found = (
        doctor.history.is_append_only(),
        doctor.history.is_one_chain(),
        doctor.history.ends_where_it_did(),
    )
    return {finding.name: finding.level for finding in found}


def _migrate_once_more() -> None:
    """As if migration 0054 had not been there, with the rows that are."""
    for name in ("update", "delete", "truncate"):
        db.execute_sql(f"DROP TRIGGER change_no_{name} ON change")
    db.execute_sql("ALTER TABLE change DROP COLUMN seal, DROP COLUMN link")
    db.execute_sql("DELETE FROM schema_migration WHERE name = '0054_history_chain'")
    assert migrate() == ["0054_history_chain"]


def test_two_workers_of_one_installation_share_the_work(larger: tuple[Settings, Cast]) -> None:
    """Two batches at once, one worker killed in the middle: each record once, never two calls about one person."""
    settings, cast = larger
    crowd = _crowd(cast)
    with running_simulator([citizen(p) for p in crowd], {"latency_ms": 120}) as url:
        tree = processes.Supervisor()
        try:
            workers = [processes.start_worker(tree, _environment(settings, url)) for _ in range(2)]
            batches = [
                verification.start(f"class:{c.id}", by=cast.hoa)
                for c in (cast.class_5a, cast.class_5b)
            ]
            for batch in batches:
                assert jobs.verify_later(batch.id)
            processes.wait_until(lambda: all(_settled(b) >= 4 for b in batches), "both at work", 40)
            assert workers[0].process
            os.kill(workers[0].process.pid, signal.SIGKILL)
            processes.wait_until(
                lambda: all(_state(b) == "finished" for b in batches), "the end of both", 60
            )
        finally:
            tree.stop()
        log = urllib3.request("GET", url + "/log").json()
    assert {p.status for p in Person.select().where(Person.id.in_([p.id for p in crowd]))} == {
        "verified"
    }
    assert log["in_flight_twice"] == 0
    assert log["request_codes_used_again"] == 0
    assert log["most_at_once"] <= 4, "two workers share the calls that one school may have open"
    assert Attempt.select().where(Attempt.outcome == "verified").count() == len(crowd)


def test_rq_s_own_pool_works_the_queue(larger: tuple[Settings, Cast]) -> None:
    settings, cast = larger
    crowd = _crowd(cast, 8)
    with running_simulator([citizen(p) for p in crowd]) as url:
        batches = [
            verification.start(f"class:{c.id}", by=cast.hoa) for c in (cast.class_5a, cast.class_5b)
        ]
        for batch in batches:
            assert jobs.verify_later(batch.id)
        command = [
            sys.executable,
            "-m",
            "rq.cli",
            "worker-pool",
            jobs.QUEUE,
            "-n",
            "2",
            "-b",
            "-u",
            settings.redis_url,
            "-S",
            "json",
            "-w",
            "idapp.jobs.InterruptibleWorker",
        ]
        done = subprocess.run(
            command,
            env=_environment(settings, url),
            cwd=Path(__file__).parent.parent,
            timeout=60,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-1500:]
    assert [_state(b) for b in batches] == ["finished", "finished"], done.stderr[-1500:]


def _crowd(cast: Cast, n: int = CROWD) -> list[Person]:
    half = [(c, at) for at, c in enumerate([cast.class_5a, cast.class_5b] * (n // 2))]
    values = [("student", c, pupil("Hồ Thị Hai", serial=100 + at)) for c, at in half]
    return [cast.an, cast.chi, *people.add_many(values, by=cast.thu, source="import")]


def _environment(settings: Settings, url: str) -> dict[str, str]:
    registry = {
        "REGISTRY": "soap",
        "REGISTRY_URL": url,
        "REGISTRY_AUTH": "none",
        "REGISTRY_CONCURRENCY": "4",
    }
    registry |= {"REGISTRY_PROCEDURE": "SIM", "REGISTRY_OFFICER": "SIM"}
    return {
        **os.environ,
        **registry,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }


def _settled(batch: Batch) -> int:
    return verification.tally(batch).settled


def _state(batch: Batch) -> str:
    return Batch.get_by_id(batch.id).state
