"""What a run must survive inside one process: leases, clocks, a busy database, late and doubled answers.

Processes are killed in test_jobs.py and test_processes.py.
"""

import multiprocessing
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idapp import people, verification
from idapp.database import connected, db
from idapp.models import Attempt, Batch, BatchItem, Person, utc_now
from idapp.processes import wait_until
from idapp.registry import Answer, Question, SoapConnector
from idapp.settings import Settings
from idapp.verification import leases, runs, worker_locks
from tests import shells
from tests.cast import Cast, pupil
from tests.test_verification import (
    FAST,
    Silent,
    Slow,
    again,
    citizen,
    config_for,
    register,
    run_all,
)

DEAD = "d" * 32


def crowd_of(cast: Cast, n: int) -> list[Person]:
    values = [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=100 + at)) for at in range(n)]
    return people.add_many(values, by=cast.thu, source="import")


def leave_like_a_dead_worker(batch: Batch, *, until_in: float) -> None:
    """Its questions are still marked as being asked, its lease has run out."""
    first, ends = (
        batch.items.order_by(BatchItem.id).first(),
        utc_now() + timedelta(seconds=until_in),
    )
    lost = BatchItem.update(
        state="sending", request_code="LOST", attempts=1, lease=DEAD, lease_until=ends
    )
    lost.where(BatchItem.id == first.id).execute()
    Batch.update(
        state="running",
        lease=DEAD,
        lease_until=utc_now() - timedelta(seconds=1),
        heartbeat_at=utc_now(),
    ).where(Batch.id == batch.id).execute()


def test_an_unknown_worker_s_question_is_waited_for(cast: Cast) -> None:
    """It ran on another machine: nobody asks about that person again before its call has certainly ended."""
    batch = verification.start("school", by=cast.hoa)
    leave_like_a_dead_worker(batch, until_in=3)
    begun = utc_now()
    with register(*[citizen(p) for p in (cast.an, cast.chi, cast.giang)]) as url:
        assert run_all(batch, url).state == "finished"
    lost = batch.items.order_by(BatchItem.id).first()
    asked_again = Attempt.get(Attempt.item == lost)
    assert (asked_again.at - begun).total_seconds() >= 2.7
    assert not Attempt.select().where(Attempt.id > asked_again.id).exists(), (
        "the others did not wait"
    )


def _die_holding(token: str, ready: "multiprocessing.synchronize.Event") -> None:
    with worker_locks.worker_lock(token):
        ready.set()
        time.sleep(60)


def test_the_death_of_a_worker_of_this_machine_is_known_at_once(cast: Cast) -> None:
    fork = multiprocessing.get_context("fork")
    ready = fork.Event()
    worker = fork.Process(target=_die_holding, args=(DEAD, ready))
    worker.start()
    assert ready.wait(10)
    assert not worker_locks.owner_is_dead(DEAD)
    batch = verification.start("school", by=cast.hoa)
    leave_like_a_dead_worker(batch, until_in=600)
    Batch.update(lease_until=utc_now() + leases.LEASE).execute()
    assert not runs.runnable(utc_now()), "it lives"
    worker.kill()
    worker.join(10)
    assert worker_locks.owner_is_dead(DEAD)
    assert [b.id for b in runs.runnable(utc_now())] == [batch.id]
    with register(*[citizen(p) for p in (cast.an, cast.chi, cast.giang)]) as url:
        assert run_all(batch, url, seconds=10).state == "finished"
    assert not worker_locks.owner_is_dead(DEAD), "nothing is left of it"


def test_a_clock_put_forward_takes_no_lease_from_a_living_worker(cast: Cast) -> None:
    """All leases end at once; whoever still beats between two looks is alive."""
    batch, watch = verification.start("school", by=cast.hoa), leases.StaleBatchWatch()
    watch.SILENT_SECONDS = 0.2
    Batch.update(
        state="running", lease="alive", lease_until=utc_now() - timedelta(days=2)
    ).execute()
    for _ in range(3):
        Batch.update(heartbeat_at=utc_now()).execute()
        assert watch.overdue() == []
        time.sleep(0.15)
    time.sleep(0.3)
    assert watch.overdue() == [batch.id], "it has fallen silent"


def test_a_batch_that_makes_room_for_another_goes_on_at_once(cast: Cast) -> None:
    crowd = [cast.an, *crowd_of(cast, 20)]
    first = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    verification.start(f"class:{cast.class_5b.id}", by=cast.hoa)
    pace = replace(FAST, concurrency=1, slice_seconds=0)
    with register(*map(citizen, crowd), latency_ms=50) as url:
        assert runs.run(first.id, SoapConnector(config_for(url)), pace), "there is more to do"
    assert Batch.get_by_id(first.id).state == "running"


@pytest.mark.parametrize("shift", [timedelta(days=2), timedelta(days=-2), timedelta(days=3650)])
def test_a_batch_ends_after_the_clock_was_moved(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, shift: timedelta
) -> None:
    from idapp.models import ground

    there = [citizen(p) for p in (cast.an, cast.chi, cast.giang)]
    batch, real = verification.start("school", by=cast.hoa), ground.utc_now
    with register(*there, faults={cast.an.number: ["fault_500"]}, latency_ms=20) as url:
        runs.run(batch.id, SoapConnector(config_for(url)), replace(FAST, slice_seconds=0))
        Batch.update(lease="dead", lease_until=real() + leases.LEASE).where(
            Batch.state == "running"
        ).execute()
        for module in (leases, runs, verification.batch_actions, verification.recording):
            monkeypatch.setattr(module, "utc_now", lambda: real() + shift)
        assert run_all(batch, url, seconds=15).state == "finished"
    assert verification.tally(batch).by_state == {"verified": 3}


def _lock_the_database(
    settings: Settings, seconds: float, held: "multiprocessing.synchronize.Event"
) -> None:
    with shells.shell(settings) as other:
        _as_soon_as_it_is_free(other)
        held.set()
        time.sleep(seconds)
        other.execute("ROLLBACK")


def _as_soon_as_it_is_free(other: Any) -> None:
    while True:
        try:
            shells.take_the_lock(other)
        except shells.LockIsHeld:  # the batch writes
            time.sleep(0.01)
        else:
            return


def test_a_database_busy_for_longer_than_it_is_waited_for(cast: Cast, settings: Settings) -> None:
    """No answer is lost and nobody is asked again: what was heard is settled when the database is free."""
    crowd = [cast.an, *crowd_of(cast, 15)]
    db.obj.timeout = 1  # seconds; a school waits ten
    fork = multiprocessing.get_context("fork")
    held = fork.Event()
    locker = fork.Process(target=_lock_the_database, args=(settings, 3, held))
    with register(*[citizen(p) for p in crowd], latency_ms=500) as url:
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        work = threading.Thread(target=_run_in_a_thread, args=(batch.id, url))
        work.start()
        wait_until(Attempt.select().exists, "the first questions")
        locker.start()
        assert held.wait(15), "the batch is under way while the database is held"
        assert work.is_alive(), "the batch is under way while the database is held"
        work.join(60)
        locker.join(20)
    assert Batch.get_by_id(batch.id).state == "finished"
    assert verification.tally(batch).by_state == {"verified": len(crowd)}
    assert Attempt.select().count() == len(crowd), "everybody was asked once"


def _run_in_a_thread(batch_id: int, url: str) -> None:
    with connected():
        runs.run(batch_id, SoapConnector(config_for(url)), FAST)


class Twice(Silent):
    """Answers everybody, and settles each a second time and late, as a slow line would."""

    def __init__(self) -> None:
        self.heard: list[Answer] = []

    def ask(self, question: Question) -> Answer:
        answer = Answer(question.item, question.request_code, "verified")
        self.heard.append(answer)
        return answer


def test_late_and_doubled_answers_change_nothing(cast: Cast) -> None:
    """In the other order, too: only the answer to the question that is still open counts."""
    from idapp.verification.answers import take_replies
    from idapp.verification.call_pool import Reply
    from idapp.verification.circuit_breaker import CircuitBreaker

    batch, twice = verification.start("school", by=cast.hoa), Twice()
    runs.run(batch.id, twice, FAST)
    settled = [(i.id, i.state, i.settled_at) for i in batch.items]
    items = {i.id: i for i in batch.items}
    wrong = [Reply(items[a.item], replace(a, outcome="not_found")) for a in reversed(twice.heard)]
    take_replies(batch.id, FAST, CircuitBreaker(), wrong, utc_now())
    assert [(i.id, i.state, i.settled_at) for i in batch.items] == settled
    assert again(cast.an).status == "verified"


def test_an_answer_to_an_earlier_question_is_not_taken_for_the_present_one(cast: Cast) -> None:
    from idapp.verification.answers import take_replies
    from idapp.verification.call_pool import Reply
    from idapp.verification.circuit_breaker import CircuitBreaker

    batch = verification.start("school", by=cast.hoa)
    BatchItem.update(state="sending", request_code="NEW").execute()
    item = batch.items.get()
    item.request_code = "OLD"
    replies = [Reply(item, Answer(item.id, "OLD", "not_found"))]
    take_replies(batch.id, FAST, CircuitBreaker(), replies, utc_now())
    assert BatchItem.get_by_id(item.id).state == "sending"
    assert not Person.select().where(Person.status == "not_found")


def test_a_pause_hands_back_what_was_not_asked(cast: Cast) -> None:
    crowd_of(cast, 30)
    batch, slow = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), Slow()
    work = threading.Thread(target=_run_with, args=(batch.id, slow))
    work.start()
    assert slow.asked.wait(10)
    verification.pause(batch, by=cast.hoa)
    paused_at = utc_now()
    wait_until(
        lambda: Batch.get_by_id(batch.id).heartbeat_at > paused_at,
        "the heartbeat that notices the pause",
    )
    slow.go.set()
    work.join(20)
    states = verification.tally(batch).by_state
    assert Batch.get_by_id(batch.id).state == "paused"
    assert set(states) == {"verified", "waiting"}
    assert states["verified"] <= 4, "no trace of what was not asked"
    assert Attempt.select().count() == states["verified"], "no trace of what was not asked"
    assert not batch.items.where(BatchItem.state == "waiting", BatchItem.attempts > 0).exists()


def _run_with(batch_id: int, connector: Silent) -> None:
    with connected():
        runs.run(batch_id, connector, FAST)


def test_a_worker_that_is_told_to_leave_leaves_at_once(cast: Cast) -> None:
    crowd = [cast.an, *crowd_of(cast, 40)]
    batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    with register(*[citizen(p) for p in crowd], latency_ms=200) as url:
        work = threading.Thread(target=_run_in_a_thread, args=(batch.id, url))
        work.start()
        wait_until(lambda: verification.tally(batch).settled > 0, "the first answers")
        runs.shutdown_requested.set()
        work.join(60)
        runs.shutdown_requested.clear()
        assert not work.is_alive()
        assert 0 < verification.tally(batch).settled < len(crowd)
        assert not batch.items.where(BatchItem.state == "sending").exists(), (
            "nothing is left hanging"
        )
        assert run_all(batch, url).state == "finished"


def test_no_lock_file_is_left_behind(cast: Cast, settings: Settings) -> None:
    with register(citizen(cast.an)) as url:
        run_all(verification.start("school", by=cast.hoa), url)
    folder = settings.data / "leases"
    assert folder.is_dir()
    assert not [path for path in folder.rglob("*") if path.is_file()]
