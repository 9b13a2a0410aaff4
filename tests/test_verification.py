"""Batches: what is frozen, what is asked over real HTTP, what is settled, and what an outage must never do."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import urllib3

from idapp import people, verification
from idapp.models import Attempt, Batch, BatchItem, Change, PaperCase, Person, utc_now
from idapp.notices import set_progress
from idapp.people import membership
from idapp.registry import Answer, Question, RegistryConfig, SoapConnector
from idapp.rules.problem import Problem
from idapp.verification import circuit_breaker, runs
from idapp.verification.preflight import excluded_people, seconds_for
from tests.cast import Cast, number_for, pupil
from tests.register import running_simulator

FAST = runs.Pace(concurrency=4, pause_seconds=0.2, slice_seconds=30)


def citizen(person: Person, **other: object) -> dict[str, object]:
    """What the register holds: as our record, unless told otherwise."""
    born = "-".join(reversed(person.date_of_birth.split("/")))
    sex = {"Nam": 1, "Nữ": 2}[person.gender]
    return {
        "number": person.identity_number,
        "full_name": person.full_name,
        "born": born,
        "sex": sex,
    } | other


@contextmanager
def register(*citizens: dict[str, object], **rules: object) -> Iterator[str]:
    with running_simulator(list(citizens), rules) as url:
        yield url


def config_for(url: str, **more: object) -> RegistryConfig:
    return replace(RegistryConfig(url, auth="none", procedure="SIM", officer="SIM"), **more)


def run_all(
    batch: Batch, url: str, pace: runs.Pace = FAST, *, seconds: float = 30, **more: object
) -> Batch:
    """Run until the batch has ended, as the worker's sweep would."""
    end = time.monotonic() + seconds
    while Batch.get_by_id(batch.id).open and time.monotonic() < end:
        runs.run(batch.id, SoapConnector(config_for(url, **more)), pace)
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
    first, second = (
        verification.start("school", by=cast.hoa),
        verification.start("school", by=cast.hoa),
    )
    assert first == second
    assert Batch.select().count() == 1
    assert BatchItem.select().count() == 3


def test_one_person_is_in_one_open_batch(cast: Cast) -> None:
    verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    batch = verification.start("school", by=cast.hoa)
    assert {i.person_id for i in batch.items} == {cast.chi.id, cast.giang.id}
    assert batch.excluded["sent"] == 1


def test_who_was_edited_while_asked_about_waits_for_that_answer(cast: Cast) -> None:
    """Another batch would be a second question about the same person at the same time."""
    first = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    assert again(cast.an).status == "ready"
    assert excluded_people("school", "ready", "sent").get().id == cast.an.id
    batch = verification.start("school", by=cast.hoa)
    assert {i.person_id for i in batch.items} == {cast.chi.id, cast.giang.id}
    assert batch.excluded["sent"] == 1
    verification.stop(first, by=cast.hoa)
    assert verification.preflight(f"class:{cast.class_5a.id}").ready == 1


def test_who_is_asked_about_elsewhere_is_not_asked_again_here(cast: Cast) -> None:
    mine = f"class:{cast.class_5a.id}"
    with register(citizen(cast.an), shares={"fault_500": 1.0}) as url:
        batch = run_all(verification.start(mine, by=cast.hoa), url)
    people.change(again(cast.an), "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    verification.start("school", by=cast.hoa)
    people.change(again(cast.an), "full_name", "Nguyễn Thị An", seen="Nguyễn Thị Ân", by=cast.lan)
    assert verification.retry(batch, by=cast.hoa) == 0


def test_nobody_ready_is_a_sentence_not_a_batch(cast: Cast) -> None:
    verification.start("staff", by=cast.hoa)
    membership.set_state(again(cast.giang), "Chuyển đi", active=False, by=cast.thu)
    verification.stop(verification.open_batch("staff"), by=cast.hoa)
    with pytest.raises(Problem, match="Không có hồ sơ nào sẵn sàng"):
        verification.start("staff", by=cast.hoa)


@pytest.mark.parametrize(
    "scope", ["", "class:999", "class:x", "grade:5; drop table person", "teacher"]
)
def test_an_unknown_scope_is_refused(cast: Cast, scope: str) -> None:
    with pytest.raises(Problem):
        verification.start(scope, by=cast.hoa)


def test_preflight_counts_everybody_once(cast: Cast) -> None:
    before = verification.preflight("school")
    assert before.ready + sum(before.excluded.values()) == 4
    assert before.excluded == {"incomplete": 1}


def test_an_edit_meanwhile_keeps_the_answer_away(cast: Cast) -> None:
    """Invariant 2: a result belongs to the values that were asked about."""
    batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    with register(citizen(cast.an)) as url:
        run_all(batch, url)
    item = batch.items.get()
    assert item.state == "verified"
    assert item.stale
    assert again(cast.an).status == "ready"
    assert again(cast.an).outcome == ""
    counted, everybody = verification.tally(batch), Person.select(Person.id)
    assert counted.by_state == {"stale": 1}
    assert not counted.passed
    assert counted.problems == 1
    assert (
        verification.tallies([batch])[batch.id].by_state
        == dict(verification.by_class(batch, everybody))["5A"]
    )
    lists = {
        only: verification.items_in(batch, only, everybody).count()
        for only in ("", "stale", "verified", "gained")
    }
    assert lists == {"": 1, "stale": 1, "verified": 0, "gained": 0}
    assert verification.difference(batch, everybody) == {}
    assert sum(verification.by_reason(batch, everybody).values()) == 1


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
    assert PaperCase.get().state == "closed"


@pytest.mark.parametrize(
    "fault",
    [
        "fault_500",
        "http_502",
        "http_503",
        "drop",
        "cut",
        "empty",
        "html_200",
        "wrong_person",
        "two_persons",
    ],
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
    assert batch.state == "finished"
    assert again(cast.an).status == "unanswered"
    assert {again(cast.chi).status, again(cast.giang).status} == {"verified"}
    assert (
        Attempt.select()
        .where(Attempt.item == batch.items.where(BatchItem.person == cast.an).get())
        .count()
        == runs.TRIES
    )


def test_an_outage_pauses_and_all_are_answered_afterwards(cast: Cast) -> None:
    crowd = people.add_many(
        [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=n)) for n in range(100, 140)],
        by=cast.thu,
        source="import",
    )
    with register(*[citizen(p) for p in crowd], outage={"for_s": 1.5, "fault": "http_500"}) as url:
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        runs.run(batch.id, SoapConnector(config_for(url)), FAST)
        paused = Batch.get_by_id(batch.id)
        assert (paused.state, paused.reason) == ("paused", "outage")
        assert paused.resume_at
        assert "tự chạy tiếp" in paused.sentence
        assert not Person.select().where(Person.status == "not_found").exists()
        batch = run_all(batch, url)
    assert batch.state == "finished"
    assert Person.select().where(Person.status == "verified").count() == 40


def test_a_register_that_stays_away_ends_the_batch_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(circuit_breaker, "TRIES_WITH_OUTAGES", 4)
    with register(faults={}, shares={"fault_500": 1.0}) as url:
        batch = run_all(
            verification.start("school", by=cast.hoa),
            url,
            replace(FAST, pause_after=2, pause_seconds=0.05),
            seconds=60,
        )
    assert batch.state == "finished"
    assert verification.tally(batch).by_state == {"unanswered": 3}


@pytest.mark.parametrize("fault", ["expired_token", "forbidden", "error_004", "error_005"])
def test_not_permitted_stops_the_run_with_a_sentence(cast: Cast, fault: str) -> None:
    with register(citizen(cast.an), shares={fault: 1.0}) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert batch.state == "failed"
    assert batch.sentence
    assert verification.tally(batch).by_state == {"skipped": 3}
    assert again(cast.an).status == "ready", "as before the batch"


def test_retry_after_is_obeyed(cast: Cast) -> None:
    with register(citizen(cast.an), faults={cast.an.number: ["throttle"]}, retry_after="2") as url:
        batch = run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    first, second = Attempt.select().order_by(Attempt.id)
    assert (second.at - first.at).total_seconds() >= 2
    assert again(cast.an).status == "verified"
    assert first.request_code != second.request_code
    assert batch.state == "finished"


def test_the_rate_is_kept(cast: Cast) -> None:
    crowd = people.add_many(
        [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=n)) for n in range(100, 120)],
        by=cast.thu,
        source="import",
    )
    with register(*[citizen(p) for p in crowd]) as url:
        begun = time.monotonic()
        run_all(
            verification.start(f"class:{cast.class_5a.id}", by=cast.hoa),
            url,
            replace(FAST, rate=20),
        )
    assert time.monotonic() - begun >= 0.9  # 21 calls at 20 a second


def test_stop_puts_everybody_back(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    assert again(cast.an).status == "sent"
    verification.stop(batch, by=cast.hoa)
    counted = verification.tally(batch)
    assert again(cast.an).status == "ready"
    assert counted.by_state == {"skipped": 3}
    assert counted.settled == 0
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


def test_no_answer_takes_back_what_is_known(cast: Cast) -> None:
    """Asked again and not answered: the record still says what disagrees, and can be asked once more."""
    there = [citizen(cast.an) | {"born": "2012-01-02"}]
    with register(*there) as url:
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
        known = again(cast.an)
        assert known.status == "mismatch"
        assert known.differences
        urllib3.request("POST", url + "/rules", json={"shares": {"fault_500": 1.0}})
        batch = run_all(
            verification.start(f"class:{cast.class_5a.id}", "unverified", by=cast.hoa), url
        )
        assert verification.tally(batch).by_state == {"unanswered": 1}
        assert (again(cast.an).status, again(cast.an).differences) == (
            "mismatch",
            known.differences,
        )
        urllib3.request("POST", url + "/rules", json={"shares": {}})
        assert verification.retry(batch, by=cast.hoa) == 1
        assert run_all(batch, url).state == "finished"
    assert verification.tally(batch).by_state == {"mismatch": 1}


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
        state="running",
        lease="dead",
        lease_until=utc_now() - runs.LEASE,
        heartbeat_at=utc_now() - 2 * runs.LEASE,
    ).execute()
    assert Batch.get_by_id(batch.id).shown_state == "interrupted"
    assert [b.id for b in runs.runnable(utc_now())] == [batch.id]
    with register(*[citizen(p) for p in (cast.an, cast.chi, cast.giang)]) as url:
        assert run_all(batch, url).state == "finished"
    assert {a.request_code for a in Attempt.select()}.isdisjoint({"LOST"})


def test_a_clock_that_was_ahead_does_not_hold_the_lease_for_days(cast: Cast) -> None:
    from datetime import timedelta

    batch = verification.start("school", by=cast.hoa)
    Batch.update(state="running", lease="dead", lease_until=utc_now() + timedelta(days=2)).execute()
    assert [b.id for b in runs.runnable(utc_now())] == [batch.id]


def test_a_corrected_number_goes_into_the_next_batch(cast: Cast) -> None:
    """Step 3: the family's paper arrives, the next batch verifies."""
    right = number_for(2012, "Nam", 500)
    with register(
        {"number": right, "full_name": "TRẦN VĂN BÌNH", "born": "2012-06-05", "sex": 1}
    ) as url:
        people.change(cast.binh, "identity_number", right, seen="", by=cast.lan, source="notice")
        run_all(verification.start(f"class:{cast.class_5a.id}", by=cast.hoa), url)
    assert again(cast.binh).status == "verified"
    assert again(cast.an).status == "not_found"
    assert verification.preflight(f"class:{cast.class_5a.id}").excluded == {
        "verified": 1,
        "answered": 1,
    }
    assert verification.preflight(f"class:{cast.class_5a.id}", "unverified").ready == 1


def test_a_prepared_batch_freezes_nothing_until_the_principal_starts(cast: Cast) -> None:
    prepared = verification.prepare("school", by=cast.thu)
    assert (prepared.state, prepared.total, prepared.items.count()) == ("prepared", 0, 0)
    assert again(cast.an).status == "ready", "nothing is sent yet"
    people.change(cast.an, "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan)
    started = verification.start("school", by=cast.hoa)
    assert started == prepared
    assert started.state == "queued"
    assert started.total == 3
    assert (started.started_by, started.prepared_by) == (cast.hoa, cast.thu)
    assert (
        started.items.where(BatchItem.person == cast.an).get().values["full_name"]
        == "Nguyễn Thị Ân"
    )
    events = [(c.event, c.user) for c in Change.select().where(Change.event.startswith("batch."))]
    assert events == [("batch.prepared", cast.thu), ("batch.started", cast.hoa)]


def test_preparing_twice_or_beside_a_running_batch_lands_on_the_first(cast: Cast) -> None:
    first, second = (
        verification.prepare("school", by=cast.thu),
        verification.prepare("school", by=cast.thu),
    )
    started = verification.start("school", by=cast.hoa)
    assert first == second == started == verification.prepare("school", by=cast.thu)


def test_a_prepared_batch_can_be_dropped(cast: Cast) -> None:
    verification.stop(verification.prepare("school", by=cast.thu), by=cast.thu)
    assert Batch.get().state == "stopped"
    assert again(cast.an).status == "ready"
    assert verification.start("school", by=cast.hoa).id == 2


def test_nine_starts_at_once_make_one_batch(cast: Cast) -> None:
    from idapp.database import connected

    found: list[int] = []

    def start() -> None:
        with connected():
            found.append(verification.start("school", by=cast.hoa).id)

    clicks = [threading.Thread(target=start) for _ in range(9)]
    [c.start() for c in clicks], [c.join(20) for c in clicks]
    assert len(found) == 9
    assert len(set(found)) == 1
    assert BatchItem.select().count() == 3


@pytest.mark.parametrize(
    ("which", "ready", "excluded"),
    [
        ("ready", 2, {"incomplete": 1, "answered": 1}),
        ("changed", 1, {"incomplete": 1, "answered": 1, "not_chosen": 1}),
        ("unanswered", 1, {"incomplete": 1, "answered": 1, "not_chosen": 1}),
        ("unverified", 3, {"incomplete": 1}),
    ],
)
def test_every_choice_of_records_adds_up(
    cast: Cast, which: str, ready: int, excluded: dict[str, int]
) -> None:
    for person, status in (
        (cast.an, "changed"),
        (cast.chi, "unanswered"),
        (cast.giang, "mismatch"),
    ):
        Person.update(status=status).where(Person.id == person.id).execute()
    before = verification.preflight("school", which)
    assert (before.ready, before.excluded, before.total) == (ready, excluded, 4)
    for reason, n in excluded.items():
        assert excluded_people("school", which, reason).count() == n, reason


def test_an_estimate_comes_from_the_last_calls(cast: Cast) -> None:
    assert seconds_for(100, FAST) is None
    assert seconds_for(100, replace(FAST, rate=10)) == 10
    with register(citizen(cast.an), latency_ms=40) as url:
        run_all(verification.start("school", by=cast.hoa), url)
    told = seconds_for(1000, FAST)
    assert told is not None
    assert 1000 * 0.04 / 4 <= told < 1000 * 0.4 / 4
    assert seconds_for(1000, replace(FAST, rate=2)) == 500
