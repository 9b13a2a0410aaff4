"""A larger school: PostgreSQL and Redis as servers of their own, several workers beside each other.

Real servers, started from the system's packages (`postgresql`, `redis-server`); without them the tests are skipped, and
say so where nobody can overlook it.
"""

import copy
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from idapp import (
    accounts,
    audit,
    backup,
    doctor,
    history_chain,
    jobs,
    people,
    processes,
    verification,
)
from idapp.database import alone, close_database, connected, db, migrate, open_database, writing
from idapp.models import Attempt, Batch, Change, HeadingMeaning, Person, Snapshot
from idapp.people import Conflict, catching_up
from idapp.settings import Settings, from_environment, use
from tests import cast as the_cast
from tests import postgresql
from tests.cast import Cast, pupil
from tests.larger import installation, redis_server
from tests.postgresql import NotInstalled
from tests.register import running_simulator
from tests.test_verification import citizen

CROWD = 60
PHRASE = "bốn từ ghép lại"


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    try:
        with redis_server() as address:
            yield address
    except NotInstalled as missing:
        print("\n*** NO redis-server: THE LARGER SET-UP WAS NOT TESTED. ***", file=sys.__stderr__)
        pytest.skip(f"several workers were NOT tested: {missing}")


@pytest.fixture(scope="module")
def school(postgresql_server: str) -> Iterator[tuple[str, Cast]]:
    """The cast in a database on that server, for copying; its address."""
    address = postgresql.fresh(server=postgresql_server)
    open_database(use(from_environment({"DATABASE_URL": address, "IDAPP_TODAY": the_cast.TODAY})))
    with connected():
        migrate()
        everybody = the_cast.assemble()
        catching_up.note_current()  # else a worker computes them anew, and no batch starts meanwhile
    close_database()
    yield address, everybody
    postgresql.drop(address)


@pytest.fixture
def larger(
    school: tuple[str, Cast], redis: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Settings, Cast]]:
    """A fresh school on these servers."""
    original, everybody = school
    for name in ("SECRET_KEY", "IDAPP_DEMO", "REGISTRY", "HOST", "IDAPP_HTTPS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IDAPP_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("IDAPP_TODAY", the_cast.TODAY)
    address = postgresql.fresh(postgresql.name_of(original), server=original)
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("REDIS_URL", redis)
    settings = use(from_environment())
    open_database(settings)
    with connected():
        jobs.redis_of(settings).flushall()
        yield settings, copy.deepcopy(everybody)
    close_database()
    postgresql.drop(address)


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


def test_several_web_servers_are_one_site(larger: tuple[Settings, Cast]) -> None:
    """Two of them and two workers: one batch with each person once, one session, one count of wrong passwords."""
    settings, cast = larger
    crowd = _crowd(cast, 20)
    with running_simulator([citizen(p) for p in crowd], {"latency_ms": 20}) as url:
        registry = _environment(settings, url)
        with installation(settings, webs=2, workers=2, **registry) as site:
            first, second = (_Visitor(address) for address in site.addresses)
            assert first.post("/login", username="hoa", password=the_cast.PASSWORD) == 302
            second.cookies = first.cookies
            assert second.get("/batches") == 200, "signed in to one is signed in to all"
            clicks = [visitor.post("/batches", scope="school") for visitor in (first, second)]
            assert clicks == [302, 302]
            (batch,) = Batch.select()
            processes.wait_until(lambda: _state(batch) == "finished", "the end", 60)
            assert Attempt.select().count() == batch.total
            assert second.post("/logout") == 302
            assert first.get("/batches") == 302, "signed out of one is signed out of all"
            strangers = [_Visitor(site.addresses[n % 2]) for n in range(11)]
            codes = [one.post("/login", username="minh", password="wrong") for one in strangers]
            assert codes == [401] * 10 + [429]
        log = urllib3.request("GET", url + "/log").json()
    assert (log["in_flight_twice"], log["request_codes_used_again"]) == (0, 0)
    counted = list(jobs.redis_of(settings).scan_iter("*tries*"))
    assert counted
    assert not [key for key in counted if b"minh" in key or b"127.0.0.1" in key]
    days = Snapshot.select().where(Snapshot.reason == "day")
    assert days.count() == 1, "what happens by itself happens once"


def test_of_several_workers_one_looks_after_everything(larger: tuple[Settings, Cast]) -> None:
    heard: list[bool] = []

    def another() -> None:
        with connected(), alone() as it_is_us:
            heard.append(it_is_us)

    with alone() as it_is_us:
        _in_a_thread(another)
    _in_a_thread(another)
    assert (it_is_us, heard) == (True, [False, True])


def _in_a_thread(deed: Callable[[], None]) -> None:
    thread = threading.Thread(target=deed)
    thread.start()
    thread.join(20)


def test_lists_stand_in_the_same_order(larger: tuple[Settings, Cast]) -> None:
    """The server sorts as Vietnamese people do; the program's keys are sorted byte by byte, as SQLite does."""
    words = ["b", "B", "a b", "ab", "a-b", "á", "đ", "d", "Ấp", "1", "10", "2", "_", "%"]
    with writing():
        for word in words:
            HeadingMeaning.create(heading=word, key=word, field="", user=1)
    stored = HeadingMeaning.select().order_by(HeadingMeaning.heading)
    assert [row.heading for row in stored] == sorted(words)


@pytest.mark.parametrize("sure_to_hear", [30.0, 0.0])
def test_a_connection_that_the_server_ended_is_not_used_again(
    larger: tuple[Settings, Cast], monkeypatch: pytest.MonkeyPatch, sure_to_hear: float
) -> None:
    """The server was restarted at night, or just now: the next request is no error."""
    monkeypatch.setattr("idapp.database._SURE_TO_HEAR", sure_to_hear)
    settings, cast = larger
    (own,) = db.execute_sql("SELECT pg_backend_pid()").fetchone()
    db.close()
    with _operator(settings) as operator:
        operator.execute("SELECT pg_terminate_backend(%s)", (own,))
        processes.wait_until(lambda: _last_words(operator, own) is None, "its end")
    with connected():
        assert Person.get_by_id(cast.an.id) == cast.an


def test_a_connection_that_came_back_a_moment_ago_is_not_asked(
    larger: tuple[Settings, Cast], monkeypatch: pytest.MonkeyPatch
) -> None:
    (own,) = db.execute_sql("SELECT pg_backend_pid()").fetchone()
    with _operator(larger[0]) as operator:
        db.close()
        with connected():
            assert "pg_backend_pid" in (_last_words(operator, own) or "")
        monkeypatch.setattr("idapp.database._SURE_TO_HEAR", 0.0)
        with connected():
            assert _last_words(operator, own) == "SELECT 1"


def _operator(settings: Settings) -> Any:
    import psycopg

    return psycopg.connect(settings.database_url, autocommit=True)


def _last_words(operator: Any, backend: int) -> str | None:
    """The statement that this connection had done last; None when it is no more."""
    asked = operator.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", (backend,))
    found = asked.fetchone()
    return None if found is None else str(found[0])


def test_a_server_that_gives_few_connections_lets_people_wait(
    larger: tuple[Settings, Cast],
) -> None:
    """Twelve threads and three connections: each has its turn, and nobody gets an error."""
    settings, _ = larger
    role = f"few_{os.getpid()}"  # no administrator: for those a limit does not count
    db.execute_sql(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 3")
    address = settings.database_url.replace("//idapp@", f"//{role}@")
    open_database(use(replace(settings, database_url=address)))
    heard: list[str] = []

    def work() -> None:
        with connected():
            heard.extend(db.execute_sql("SELECT current_user FROM pg_sleep(0.1)").fetchone())

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert heard == [role] * 12
    open_database(use(settings))
    with connected():
        db.execute_sql(f"DROP ROLE {role}")


def test_a_backup_comes_back_into_a_database_just_made(
    larger: tuple[Settings, Cast], empty_server: str, tmp_path: Path, quickly_sealed: None
) -> None:
    settings, cast = larger
    file = tmp_path / "truong.idbak"
    backup.make(file, PHRASE, settings)
    elsewhere = use(replace(settings, data=tmp_path / "new", database_url=empty_server))
    backup.restore(file, PHRASE, elsewhere)
    with connected():
        assert Person.get_by_id(cast.an.id).full_name == cast.an.full_name
    close_database()


def test_a_backup_of_a_server_comes_back_anywhere(
    larger: tuple[Settings, Cast], tmp_path: Path, quickly_sealed: None
) -> None:
    """On one machine without a server; and over the school itself, which goes aside as it was."""
    settings, cast = larger
    people.change(cast.an, "address", "Ấp 2", seen="", by=cast.lan)
    before = list(Person.select().order_by(Person.id).dicts())
    assert settings.secret_key
    file = tmp_path / "truong.idbak"
    made = backup.make(file, PHRASE, settings)
    assert made.people == len(before)
    alone = use(replace(settings, data=tmp_path / "pc", database_url="", redis_url=""))
    backup.restore(file, PHRASE, alone)
    with connected():
        assert list(Person.select().order_by(Person.id).dicts()) == before
        assert {one.level for one in doctor.invariants()} == {"ok"}
    open_database(use(settings))
    with connected():
        people.change(Person.get_by_id(cast.an.id), "address", "Ấp 9", seen="Ấp 2", by=cast.lan)
        with pytest.raises(backup.BackupRefused, match="--force"):
            backup.restore(file, PHRASE, settings)
        other = db.obj._connect()
        with pytest.raises(backup.BackupRefused, match="Còn 1 kết nối khác"):
            backup.restore(file, PHRASE, settings, force=True)
        leaving = threading.Timer(0.5, other.close)  # turned off just now: waited for
        leaving.start()
        backup.restore(file, PHRASE, settings, force=True)
        leaving.join()
    with connected():
        assert list(Person.select().order_by(Person.id).dicts()) == before
        (aside,) = db.execute_sql(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'before-restore-%%'"
        ).fetchone()
        kept = db.execute_sql(f'SELECT address FROM "{aside}".person WHERE id = %s', (cast.an.id,))
        assert kept.fetchone() == ("Ấp 9",)
        assert people.change(
            Person.get_by_id(cast.an.id), "address", "Ấp 3", seen="Ấp 2", by=cast.lan
        ).changed


def test_the_doctor_knows_a_server_that_promises_too_much(larger: tuple[Settings, Cast]) -> None:
    settings, _ = larger
    levels = {one.name: one.level for one in doctor.examine(settings)}
    promises = ("database", "durability", "foreign keys", "connections")
    assert [levels[name] for name in promises] == ["ok"] * 4
    db.execute_sql("SET synchronous_commit = off")
    levels = {one.name: one.level for one in doctor.examine(settings)}
    db.execute_sql("RESET synchronous_commit")
    assert levels["durability"] == "bad"


def test_the_doctor_knows_a_server_that_has_few_connections_left(
    larger: tuple[Settings, Cast], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idapp.doctor.machine.MOST_CONNECTIONS", 10**6)
    (found,) = [one for one in doctor.examine(larger[0]) if one.name == "connections"]
    assert (found.level, "max_connections" in found.sentence) == ("warning", True)


class _Visitor:
    """A browser at one of the servers: the codes of the answers, redirects not followed."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> int:
        return self._ask("GET", path)

    def post(self, path: str, **form: str) -> int:
        return self._ask("POST", path, body=urlencode(form))

    def _ask(self, method: str, path: str, **more: Any) -> int:
        headers = {"Origin": self.address, "Content-Type": "application/x-www-form-urlencoded"}
        headers["Cookie"] = "; ".join(f"{name}={text}" for name, text in self.cookies.items())
        answer = urllib3.request(
            method, self.address + path, headers=headers, redirect=False, retries=False, **more
        )
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, text = cookie.partition(";")[0].partition("=")
            self.cookies[name] = text
        return answer.status


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
