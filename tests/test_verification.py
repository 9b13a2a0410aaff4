"""Batches: what is frozen, what is asked over real HTTP, what is settled, and what an outage must never do."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import urllib3

from idapp import people, verification
from idapp.models import Attempt, Batch, BatchItem, Change, Notice, Person, utc_now
from idapp.notices import set_progress
from idapp.registry import Answer, Question, RegistryConfig, open_connector
from idapp.registry.simulator import running_simulator
from idapp.rules.problem import Problem
from idapp.verification import runs
from tests.cast import Cast, number_for, pupil

FAST = runs.Pace(concurrency=4, pause_seconds=0.2, slice_seconds=30)


def citizen(person: Person, **other: object) -> dict[str, object]:
    """What the register holds: as our record, unless told otherwise."""
    born = "-".join(reversed(person.date_of_birth.split("/")))
    sex = {"Nam": 1, "Nữ": 2}[person.gender]
    return {"number": person.identity_number, "full_name": person.full_name, "born": born, "sex": sex} | other


@contextmanager
def register(*citizens: dict[str, object], **rules: object) -> Iterator[str]:
    with running_simulator(list(citizens), rules) as url:
        yield url


def config_for(url: str, **more: object) -> RegistryConfig:
    return replace(RegistryConfig(url, auth="none", procedure="SIM", officer="SIM"), **more)


def run_all(batch: Batch, url: str, pace: runs.Pace = FAST, *, seconds: float = 30, **more: object) -> Batch:
    """Run until the batch has ended, as the worker's sweep would."""
    end = time.monotonic() + seconds
    while Batch.get_by_id(batch.id).open and time.monotonic() < end:
        runs.run(batch.id, open_connector(config_for(url, **more)), pace)
        time.sleep(0.02)
    return Batch.get_by_id(batch.id)


def again(person: Person) -> Person:
    return Person.get_by_id(person.id)


def test_a_whole_batch_over_http(cast: Cast) -> None:
    moved = citizen(cast.chi, born="2012-03-21")
    with register(citizen(cast.an), moved) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert (batch.state, batch.total) == ("finished", 3)
    assert (again(cast.an).status, again(cast.chi).status, again(cast.giang).status) == (
        "verified",
        "mismatch",
        "not_found",
    )
    assert again(cast.chi).differences == {"date_of_birth": ["20/03/2012", "21/03/2012"]}
    assert again(cast.binh).status == "incomplete"
    assert verification.tally(batch).by_state == {"verified": 1, "mismatch": 1, "not_found": 1}


def test_the_second_start_lands_on_the_first(cast: Cast) -> None:
    first, second = verification.start("school", by=cast.hoa), verification.start("school", by=cast.hoa)
    assert first == second and Batch.select().count() == 1 and BatchItem.select().count() == 3


def test_one_person_is_in_one_open_batch(cast: Cast) -> None:
    verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    batch = verification.start("school", by=cast.hoa)
    assert {i.person_id for i in batch.items} == {cast.chi.id, cast.giang.id} and batch.excluded["sent"] == 1


def test_nobody_ready_is_a_sentence_not_a_batch(cast: Cast) -> None:
    verification.start("staff", by=cast.hoa)
    people.set_state(again(cast.giang), "Chuyển đi", active=False, by=cast.thu)
    verification.stop(verification.open_batch("staff"), by=cast.hoa)
    with pytest.raises(Problem, match="Không có hồ sơ nào sẵn sàng"):
        verification.start("staff", by=cast.hoa)


@pytest.mark.parametrize("scope", ["", "class:999", "class:x", "grade:5; drop table person", "teacher"])
def test_an_unknown_scope_is_refused(cast: Cast, scope: str) -> None:
    with pytest.raises(Problem):
        verification.start(scope, by=cast.hoa)


def test_preflight_counts_everybody_once(cast: Cast) -> None:
    before = verification.preflight("school")
    assert before.ready + sum(before.excluded.values()) == 4 and before.excluded == {"incomplete": 1}


def test_an_edit_meanwhile_keeps_the_answer_away(cast: Cast) -> None:
    """Invariant 2: a result belongs to the values that were asked about."""
    batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    with register(citizen(cast.an)) as url:
        run_all(batch, url)
    item = batch.items.get()
    assert item.state == "verified" and item.stale
    assert again(cast.an).status == "ready" and again(cast.an).outcome == ""


def test_a_verified_record_that_is_edited_is_no_longer_verified(cast: Cast) -> None:
    with register(citizen(cast.an)) as url:
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    people.change(again(cast.an), "gender", "Nam", seen="Nữ", by=cast.lan)
    assert again(cast.an).status == "changed"
    people.change(again(cast.an), "gender", "Nữ", seen="Nam", by=cast.lan)
    assert again(cast.an).status == "verified", "the confirmed values stand again"
    people.change(again(cast.an), "commune", "Thị trấn Thủ Thừa", seen="Xã Mỹ An", by=cast.lan)
    assert again(cast.an).status == "verified", "residence was not asked about"


def test_verifying_closes_the_notice_case(cast: Cast) -> None:
    set_progress(cast.an, "received", by=cast.lan)
    with register(citizen(cast.an)) as url:
        run_all(verification.start("school", by=cast.hoa), url)
    assert Notice.get().state == "closed"


@pytest.mark.parametrize(
    "fault", ["fault_500", "http_502", "http_503", "drop", "cut", "empty", "html_200", "wrong_person", "two_persons"]
)
def test_a_fault_is_retried_and_never_becomes_not_found(cast: Cast, fault: str) -> None:
    """Every person meets the fault once; the second try is answered."""
    people_there = [citizen(p) for p in (cast.an, cast.chi, cast.giang)]
    faults = {p["number"]: [fault] for p in people_there}
    with register(*people_there, faults=faults, retry_after="0") as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert verification.tally(batch).by_state == {"verified": 3}
    assert Attempt.select().where(Attempt.outcome == "unanswered").count() == 3


def test_one_poisoned_record_ends_unanswered_and_hurts_nobody(cast: Cast) -> None:
    people_there = [citizen(p) for p in (cast.an, cast.chi, cast.giang)]
    with register(*people_there, faults={cast.an.number: "fault_500"}) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert batch.state == "finished" and again(cast.an).status == "unanswered"
    assert {again(cast.chi).status, again(cast.giang).status} == {"verified"}
    assert (
        Attempt.select().where(Attempt.item == batch.items.where(BatchItem.person == cast.an).get()).count()
        == runs.TRIES
    )


def test_an_outage_pauses_and_all_are_answered_afterwards(cast: Cast) -> None:
    crowd = people.add_many(
        [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=n)) for n in range(100, 140)], by=cast.thu, door="import"
    )
    with register(*[citizen(p) for p in crowd], outage={"for_s": 1.5, "fault": "http_503"}, retry_after="0") as url:
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        runs.run(batch.id, open_connector(config_for(url)), FAST)
        paused = Batch.get_by_id(batch.id)
        assert (
            (paused.state, paused.reason) == ("paused", "outage")
            and paused.resume_at
            and "tự chạy tiếp" in paused.sentence
        )
        assert not Person.select().where(Person.status == "not_found").exists()
        batch = run_all(batch, url)
    assert batch.state == "finished"
    assert Person.select().where(Person.status == "verified").count() == 40


def test_a_register_that_stays_away_ends_the_batch_all_the_same(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TRIES_WITH_OUTAGES", 4)
    with register(faults={}, shares={"fault_500": 1.0}) as url:
        batch = run_all(
            verification.start("school", by=cast.hoa), url, replace(FAST, pause_after=2, pause_seconds=0.05), seconds=60
        )
    assert batch.state == "finished" and verification.tally(batch).by_state == {"unanswered": 3}


@pytest.mark.parametrize("fault", ["expired_token", "forbidden", "error_004", "error_005"])
def test_not_permitted_stops_the_run_with_a_sentence(cast: Cast, fault: str) -> None:
    with register(citizen(cast.an), shares={fault: 1.0}) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert batch.state == "failed" and batch.sentence
    assert verification.tally(batch).by_state == {"skipped": 3}
    assert again(cast.an).status == "ready", "as before the batch"


def test_retry_after_is_obeyed(cast: Cast) -> None:
    with register(citizen(cast.an), faults={cast.an.number: ["throttle"]}, retry_after="2") as url:
        batch = run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    first, second = Attempt.select().order_by(Attempt.id)
    assert (second.at - first.at).total_seconds() >= 2 and again(cast.an).status == "verified"
    assert first.request_code != second.request_code and batch.state == "finished"


def test_the_rate_is_kept(cast: Cast) -> None:
    crowd = people.add_many(
        [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=n)) for n in range(100, 120)], by=cast.thu, door="import"
    )
    with register(*[citizen(p) for p in crowd]) as url:
        begun = time.monotonic()
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url, replace(FAST, rate=20))
    assert time.monotonic() - begun >= 0.9  # 21 calls at 20 a second


def test_stop_puts_everybody_back(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    assert again(cast.an).status == "sent"
    verification.stop(batch, by=cast.hoa)
    assert again(cast.an).status == "ready" and verification.tally(batch).by_state == {"skipped": 3}
    assert not runs.run(batch.id, Silent(), FAST)


def test_pause_and_resume(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    verification.pause(batch, by=cast.hoa)
    assert not runs.run(batch.id, Silent(), FAST)
    verification.resume(Batch.get_by_id(batch.id), by=cast.hoa)
    with register(*[citizen(p) for p in (cast.an, cast.chi, cast.giang)]) as url:
        assert run_all(batch, url).state == "finished"
    events = [(c.old, c.new) for c in Change.select().where(Change.event == "batch.state")]
    assert events == [("queued", "paused"), ("paused", "queued")]


def test_retry_asks_the_unanswered_again(cast: Cast) -> None:
    there = [citizen(p) for p in (cast.an, cast.chi, cast.giang)]
    with register(*there, shares={"fault_500": 1.0}) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
        assert verification.tally(batch).by_state == {"unanswered": 3}
        urllib3.request("POST", url + "/rules", json={"shares": {}})
        assert verification.retry(batch, by=cast.hoa) == 3
        assert run_all(batch, url).state == "finished"
    assert verification.tally(batch).by_state == {"verified": 3}


class Silent:
    """A connector that must not be asked."""

    def ask(self, question: Question) -> Answer:
        raise AssertionError("asked")

    def collect(self, items: object) -> list[Answer]:
        return []

    def close(self) -> None:
        pass


class Slow(Silent):
    """Answers when told to."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()

    def ask(self, question: Question) -> Answer:
        self.asked.set()
        self.go.wait(20)
        return Answer(question.item, question.request_code, "verified")


def test_two_workers_never_hold_one_batch(cast: Cast) -> None:
    from idapp.database import connected

    batch, slow = verification.start("school", by=cast.hoa), Slow()

    def work() -> None:
        with connected():
            runs.run(batch.id, slow, FAST)

    first = threading.Thread(target=work)
    first.start()
    assert slow.asked.wait(10)
    assert not runs.run(batch.id, Silent(), FAST), "the lease is held"
    slow.go.set()
    first.join(20)
    assert Batch.get_by_id(batch.id).state == "finished"


def test_a_lost_worker_is_followed_by_the_next(cast: Cast) -> None:
    """The worker died while asking: its lease runs out and its questions go back to waiting."""
    batch = verification.start("school", by=cast.hoa)
    BatchItem.update(state="sending", request_code="LOST", attempts=1).execute()
    Batch.update(
        state="running", lease="dead", lease_until=utc_now() - runs.LEASE, heartbeat_at=utc_now() - 2 * runs.LEASE
    ).execute()
    assert Batch.get_by_id(batch.id).shown_state == "interrupted"
    assert [b.id for b in runs.due(utc_now())] == [batch.id]
    with register(*[citizen(p) for p in (cast.an, cast.chi, cast.giang)]) as url:
        assert run_all(batch, url).state == "finished"
    assert {a.request_code for a in Attempt.select()}.isdisjoint({"LOST"})


def test_a_clock_that_was_ahead_does_not_hold_the_lease_for_days(cast: Cast) -> None:
    from datetime import timedelta

    batch = verification.start("school", by=cast.hoa)
    Batch.update(state="running", lease="dead", lease_until=utc_now() + timedelta(days=2)).execute()
    assert [b.id for b in runs.due(utc_now())] == [batch.id]


def test_a_corrected_number_goes_into_the_next_batch(cast: Cast) -> None:
    """Step 3: the family's paper arrives, the next batch verifies."""
    right = number_for(2012, "Nam", 500)
    with register({"number": right, "full_name": "TRẦN VĂN BÌNH", "born": "2012-06-05", "sex": 1}) as url:
        people.change(cast.binh, "identity_number", right, seen="", by=cast.lan, door="notice")
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    assert again(cast.binh).status == "verified" and again(cast.an).status == "not_found"
    assert verification.preflight(f"class:{cast.class_5a.id}").excluded == {"verified": 1, "answered": 1}
    assert verification.preflight(f"class:{cast.class_5a.id}", again=True).ready == 1
