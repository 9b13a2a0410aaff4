"""The queue with real parts: an embedded Redis, `python worker.py`, and a register spoken to over HTTP."""

import json
import os
import signal
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from idapp import jobs, people, processes, verification
from idapp.models import Attempt, Batch, BatchItem, Person
from idapp.settings import Settings, use
from tests.cast import Cast, pupil
from tests.register import running_simulator
from tests.test_verification import citizen

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")
CROWD = 24


@pytest.fixture
def tree() -> Iterator[processes.Supervisor]:
    tree = processes.Supervisor()
    yield tree
    tree.stop()


@pytest.fixture
def redis(database: Settings, tree: processes.Supervisor) -> Settings:
    processes.start_redis(database, tree)
    return database


@pytest.fixture
def crowd(cast: Cast) -> list[Person]:
    """Complete pupils of 5A; with An of the cast the class has ``CROWD`` people to ask about."""
    values = [
        ("student", cast.class_5a, pupil("Hồ Thị Hai", serial=100 + n)) for n in range(CROWD - 1)
    ]
    return [cast.an, *people.add_many(values, by=cast.thu, source="import")]


@pytest.fixture
def register(crowd: list[Person]) -> Iterator[str]:
    with running_simulator([citizen(p) for p in crowd], {"latency_ms": 20}) as url:
        yield url


def start_worker(
    tree: processes.Supervisor, settings: Settings, url: str
) -> processes.ManagedProcess:
    registry = {"REGISTRY": "soap", "REGISTRY_URL": url, "REGISTRY_AUTH": "none"}
    registry |= {"REGISTRY_PROCEDURE": "SIM", "REGISTRY_OFFICER": "SIM"}
    return processes.start_worker(
        tree, {**os.environ, "IDAPP_DATA": str(settings.data), **registry}
    )


def start_batch(cast: Cast) -> Batch:
    return verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)


def shown(batch: Batch) -> str:
    """The state as the page shows it, read afresh."""
    return Batch.get_by_id(batch.id).shown_state


def wait_for(ready: Callable[[], bool], what: str, seconds: float = 25) -> None:
    processes.wait_until(ready, what, seconds)


def log_of(url: str) -> dict[str, int]:
    return urllib3.request("GET", url + "/log").json()


def kill_at_once(settings: Settings) -> None:
    """SIGKILL to the worker and its work horse (which leads a process group of its own), as a power cut would."""
    victims = [p for p in processes_of(settings) if b"worker.py" in (p / "cmdline").read_bytes()]
    assert len(victims) >= 2, "the worker and its horse"
    for victim in victims:
        os.kill(int(victim.name), signal.SIGKILL)


def processes_of(settings: Settings) -> list[Path]:
    """Folders in /proc of the processes that work on this data folder."""
    mark, found = f"IDAPP_DATA={settings.data}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(folder.name) != os.getpid() and mark in (folder / "environ").read_bytes().split(
                b"\0"
            ):
                found.append(folder)
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return found


def assert_each_once(batch: Batch, crowd: list[Person]) -> None:
    assert verification.tally(batch).by_state == {"verified": CROWD}
    assert {i.person_id for i in batch.items} == {p.id for p in crowd}
    answered = [a.item_id for a in Attempt.select().where(Attempt.outcome == "verified")]
    assert sorted(answered) == sorted(i.id for i in batch.items), (
        "one answer for each record, no more"
    )
    assert Person.select().where(Person.status == "verified").count() == CROWD


def test_a_worker_process_finishes_a_batch(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    start_worker(tree, redis, register)
    wait_for(lambda: jobs.health(redis) == {"queue": "ok", "worker": "ok"}, "the worker")
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id)
    wait_for(lambda: shown(batch) == "finished", "the end of the batch")
    assert_each_once(batch, crowd)


def test_a_worker_killed_in_mid_batch_loses_and_doubles_nothing(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    urllib3.request("POST", register + "/rules", json={"latency_ms": 400})
    start_worker(tree, redis, register)
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id)
    wait_for(lambda: verification.tally(batch).settled >= 4, "the first answers")
    assert jobs.health(redis) == {"queue": "ok", "worker": "ok"}, "while it has a job, too"
    wait_for(lambda: log_of(register)["in_flight"] >= 2, "questions on the way")
    kill_at_once(redis)
    before = verification.tally(batch).settled
    assert 0 < before < CROWD
    assert shown(batch) == "running"
    wait_for(lambda: shown(batch) == "interrupted", "the page to say so")
    start_worker(tree, redis, register)
    wait_for(lambda: verification.tally(batch).settled > before, "the work to go on")
    wait_for(lambda: shown(batch) == "finished", "the end of the batch")
    assert_each_once(batch, crowd)
    log = log_of(register)
    assert log["in_flight_twice"] == 0
    assert log["request_codes_used_again"] == 0
    assert CROWD < log["calls"] <= Attempt.select().count(), (
        "what was on the way at the kill was asked again"
    )


def test_a_worker_whose_parent_alone_is_killed(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    """The orphaned work horse goes on, and keeps its lease: the next worker leaves the batch to it."""
    urllib3.request("POST", register + "/rules", json={"latency_ms": 300})
    worker = start_worker(tree, redis, register)
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id)
    wait_for(lambda: verification.tally(batch).settled >= 4, "the first answers")
    assert worker.process
    os.kill(worker.process.pid, signal.SIGKILL)
    start_worker(tree, redis, register)
    wait_for(lambda: shown(batch) == "finished", "the end of the batch")
    assert_each_once(batch, crowd)
    log = log_of(register)
    assert log["in_flight_twice"] == 0, "nobody was asked again"
    assert log["calls"] == CROWD, "nobody was asked again"


def test_a_worker_that_is_asked_to_leave_in_mid_batch(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    urllib3.request("POST", register + "/rules", json={"latency_ms": 400})
    worker = start_worker(tree, redis, register)
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id)
    wait_for(lambda: verification.tally(batch).settled >= 4, "the first answers")
    assert worker.process
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(60) == 0
    assert not batch.items.where(BatchItem.state == "sending").exists(), (
        "handed back or settled, nothing hangs"
    )
    assert 0 < verification.tally(batch).settled < CROWD
    start_worker(tree, redis, register)
    wait_for(lambda: shown(batch) == "finished", "the end of the batch")
    assert_each_once(batch, crowd)
    assert log_of(register)["calls"] == CROWD, "nobody was asked again"


def test_a_batch_makes_room_for_photos_that_wait(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    urllib3.request("POST", register + "/rules", json={"latency_ms": 1000})
    start_worker(tree, redis, register)
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id)
    wait_for(lambda: log_of(register)["in_flight"] >= 2, "questions on the way")
    assert jobs.read_card_photos_later()
    wait_for(lambda: not _names_in_queue(redis, "photos"), "the photos")
    assert verification.tally(batch).settled < CROWD, "the batch had not ended by then"
    wait_for(lambda: shown(batch) == "finished", "the end of the batch")
    assert_each_once(batch, crowd)


def _names_in_queue(settings: Settings, begin: str) -> list[str]:
    return [name for name in jobs.queue_of(settings).job_ids if name.startswith(begin)]


def test_a_redis_that_forgot_everything_is_rung_again(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id)
    assert jobs.enqueue_stale() == 0, "it is in the queue already"
    jobs.redis_of(redis).flushall()
    assert jobs.queue_of(redis).count == 0
    start_worker(tree, redis, register)
    wait_for(lambda: shown(batch) == "finished", "the end of the batch")
    assert_each_once(batch, crowd)


def test_a_working_worker_outlives_a_redis_that_forgot_everything(
    cast: Cast, redis: Settings, tree: processes.Supervisor, crowd: list[Person], register: str
) -> None:
    start_worker(tree, redis, register)
    wait_for(lambda: jobs.health(redis)["worker"] == "ok", "the worker")
    batch = start_batch(cast)
    jobs.redis_of(redis).flushall()
    wait_for(lambda: shown(batch) == "finished", "the sweep of the same worker")
    assert_each_once(batch, crowd)


def test_the_sweep_rings_once_for_each_batch_that_is_owed(cast: Cast, redis: Settings) -> None:
    assert jobs.enqueue_stale() == 0
    start_batch(cast), verification.start("staff", by=cast.hoa)
    assert jobs.enqueue_stale() == 2
    assert jobs.enqueue_stale() == 0
    assert jobs.queue_of(redis).count == 2


def test_redis_away_is_no_error_and_the_batch_stays_queued(cast: Cast, database: Settings) -> None:
    batch = start_batch(cast)
    assert jobs.verify_later(batch.id) is False
    assert shown(batch) == "queued"
    assert jobs.health(database) == {"queue": "down", "worker": "down"}


def test_redis_holds_the_id_of_the_batch_and_nobody_s_data(cast: Cast, redis: Settings) -> None:
    batch = verification.start("school", by=cast.hoa)
    assert jobs.verify_later(batch.id)
    [job] = jobs.queue_of(redis).jobs
    assert (job.func_name, list(job.args), job.kwargs) == ("idapp.jobs.verify", [batch.id], {})
    stored = everything_in(redis)
    assert "idapp.jobs.verify" in stored
    for person in (cast.an, cast.chi, cast.giang):
        for value in (person.full_name, person.number, person.date_of_birth, person.commune):
            assert value not in stored
            assert json.dumps(value)[1:-1] not in stored


def everything_in(settings: Settings) -> str:
    """All keys and values of this Redis as one text; RQ packs a job's data with zlib."""
    connection, parts = jobs.redis_of(settings), list[bytes]()
    for key in connection.scan_iter():
        parts.append(key)
        kind = connection.type(key)
        if kind == b"hash":
            parts += [part for pair in connection.hgetall(key).items() for part in pair]
        elif kind == b"list":
            parts += connection.lrange(key, 0, -1)
        elif kind == b"set":
            parts += connection.smembers(key)
        elif kind == b"zset":
            parts += connection.zrange(key, 0, -1)
        else:
            parts.append(connection.get(key))
    return "\n".join(unpacked(part).decode(errors="replace") for part in parts)


def unpacked(part: bytes) -> bytes:
    try:
        return zlib.decompress(part)
    except zlib.error:
        return part


def test_the_embedded_redis_has_a_private_socket_and_no_port(redis: Settings) -> None:
    assert jobs.redis_of(redis).config_get("port") == {"port": "0"}
    assert jobs.socket_path(redis).stat().st_mode & 0o777 == 0o700


def test_a_failed_job_leaves_no_word_about_a_person(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """RQ logs what a job raises, and keeps it in Redis."""

    def stumble(import_id: int) -> None:
        int(f"{cast.an.identity_number}x")

    monkeypatch.setattr(jobs.imports, "write", stumble)
    with pytest.raises(jobs.JobFault) as left:
        jobs.go_on_with_import(1)
    shown = "".join(traceback.format_exception(left.value)) + caplog.text
    assert "ValueError" in shown
    assert "stumble" in caplog.text
    assert cast.an.identity_number not in shown


@pytest.mark.parametrize(
    "wrong", [{"REGISTRY_RATE": "0,5"}, {"REGISTRY_AUTH": "signed"}, {"REGISTRY": "on"}]
)
def test_a_wrong_setting_puts_the_batch_aside_with_a_sentence(
    cast: Cast, settings: Settings, wrong: dict[str, str]
):
    """It must not fail again and again without a word on the page."""
    batch = verification.start("school", by=cast.hoa)
    use(
        replace(
            settings, registry={"REGISTRY": "soap", "REGISTRY_URL": "http://127.0.0.1:9/"} | wrong
        )
    )
    jobs.verify(batch.id)
    batch = Batch.get_by_id(batch.id)
    assert (batch.state, batch.reason) == ("paused", "settings")
    assert "Cài đặt" in batch.sentence
