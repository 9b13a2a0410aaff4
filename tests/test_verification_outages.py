"""What a batch changed, outages and throttles, workers that share the calls of one school."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3
from playhouse.migrations import Runner

from idapp import database, people, verification
from idapp.database import db, migrate, open_database
from idapp.models import Attempt, Batch, BatchItem, PaperCase, Person, utc_now
from idapp.registry import SoapConnector
from idapp.settings import Settings
from idapp.verification import answers, runs
from tests.cast import Cast, pupil
from tests.test_verification import FAST, Silent, again, citizen, config_for, register, run_all


def test_the_difference_to_the_last_word_of_the_register(cast: Cast) -> None:
    """An was right and is edited into a wrong name, Chi was wrong and is mended, Giang stays wrong."""
    moved = citizen(cast.chi, born="2012-03-21")
    with register(citizen(cast.an), moved) as url:
        first = run_all(verification.start("school", by=cast.hoa), url)
        everybody = Person.select(Person.id)
        assert verification.difference(first, everybody) == {"gained": 1, "newly_wrong": 2}
        people.change(
            again(cast.an), "full_name", "Nguyễn Thị Ân", seen="Nguyễn Thị An", by=cast.lan
        )
        people.change(
            again(cast.chi), "date_of_birth", "21/03/2012", seen="20/03/2012", by=cast.minh
        )
        second = run_all(verification.start("school", "unverified", by=cast.hoa), url)
    assert verification.difference(second, everybody) == {"gained": 1, "lost": 1, "still_wrong": 1}
    assert [i.person_id for i in verification.items_in(second, "lost", everybody)] == [cast.an.id]
    assert list(verification.by_reason(second, everybody)) == [
        "khác họ và tên",
        "số, họ tên hoặc năm sinh không khớp; cơ sở dữ liệu dân cư không cho biết mục nào",
    ]


def test_cases_are_opened_once_for_whoever_disagrees(cast: Cast) -> None:
    with register(citizen(cast.an)) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert verification.without_case(batch) == 2
    assert verification.open_cases(batch, by=cast.hoa) == 2
    assert verification.without_case(batch) == verification.open_cases(batch, by=cast.hoa) == 0
    assert {n.person_id for n in PaperCase.select()} == {cast.chi.id, cast.giang.id}


def test_unanswered_opens_no_case(cast: Cast) -> None:
    with register(shares={"fault_500": 1.0}) as url:
        batch = run_all(verification.start("school", by=cast.hoa), url)
    assert verification.tally(batch).by_state == {"unanswered": 3}
    assert verification.open_cases(batch, by=cast.hoa) == 0
    assert not PaperCase.select().exists()


def test_after_an_outage_one_record_is_asked_before_all_others(cast: Cast) -> None:
    """A service that is still away gets one call, not a wave of them."""
    batch = verification.start("school", by=cast.hoa)
    due = utc_now()
    Batch.update(state="paused", reason="outage", resume_at=due, outage_since=due).execute()
    with register(shares={"fault_500": 1.0}, latency_ms=50) as url:
        runs.run(batch.id, SoapConnector(config_for(url)), FAST)
        assert urllib3.request("GET", url + "/log").json()["calls"] == 1
    paused = Batch.get_by_id(batch.id)
    assert paused.state == "paused"
    assert paused.outage_since
    assert paused.resume_at > due


def test_the_next_probe_asks_another_record(cast: Cast) -> None:
    """A poisoned record that happens to be the probe must not hold everybody back."""
    there = [citizen(p) for p in (cast.an, cast.chi, cast.giang)]
    batch = verification.start("school", by=cast.hoa)
    due = utc_now()
    Batch.update(state="paused", reason="outage", resume_at=due, outage_since=due).execute()
    with register(*there, faults={cast.an.number: "fault_500"}) as url:
        batch = run_all(batch, url)
    assert batch.state == "finished"
    assert {again(p).status for p in (cast.chi, cast.giang)} == {"verified"}


def test_pauses_grow_with_the_outage(cast: Cast) -> None:
    from datetime import timedelta

    batch, pauses = verification.start("school", by=cast.hoa), []
    for so_far in (0, 30, 100, 4000):
        begun = utc_now() - timedelta(seconds=so_far)
        Batch.update(state="paused", resume_at=utc_now(), outage_since=begun).execute()
        with register(shares={"fault_500": 1.0}) as url:
            runs.run(batch.id, SoapConnector(config_for(url)), replace(FAST, pause_seconds=60))
        pauses.append((Batch.get_by_id(batch.id).resume_at - utc_now()).total_seconds())
    assert [round(p) for p in pauses] == [5, 5, 10, 60]


@pytest.mark.parametrize("fault", ["throttle", "http_503"])
def test_a_throttle_holds_everybody_back(cast: Cast, fault: str) -> None:
    there = [citizen(p) for p in (cast.an, cast.chi, cast.giang)]
    with register(*there, faults={cast.an.number: [fault]}, retry_after="2") as url:
        run_all(verification.start("school", by=cast.hoa), url, replace(FAST, concurrency=1))
    throttled, *others = [a.at for a in Attempt.select().order_by(Attempt.id)]
    later = Attempt.select().where(Attempt.outcome == "verified").count()
    assert later == 3
    assert (max(others) - throttled).total_seconds() >= 1.5


def test_a_service_that_bears_few_calls_is_asked_more_slowly(cast: Cast) -> None:
    """How many it bears is written nowhere. It is no outage, and it costs nobody a try."""
    values = [("student", cast.class_5a, pupil("Hồ Thị Hai", serial=n)) for n in range(100, 110)]
    crowd = [cast.an, *people.add_many(values, by=cast.thu, source="import")]
    with register(*[citizen(p) for p in crowd], per_second=4, retry_after="1") as url:
        batch = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
        runs.run(
            batch.id, SoapConnector(config_for(url)), replace(FAST, pause_after=4)
        )  # one slice: it never pauses
    assert verification.tally(Batch.get_by_id(batch.id)).by_state == {"verified": 11}
    assert Attempt.select().where(Attempt.reason == "http_429").exists()


def test_a_service_that_only_says_slower_is_left_alone_for_a_while(cast: Cast) -> None:
    batch = verification.start("school", by=cast.hoa)
    with register(shares={"throttle": 1.0}, retry_after="0") as url:
        runs.run(batch.id, SoapConnector(config_for(url)), replace(FAST, pause_after=2))
    paused = Batch.get_by_id(batch.id)
    assert (paused.state, paused.sentence) == ("paused", answers.THROTTLED)
    assert verification.tally(batch).by_state == {"waiting": 3}


def test_a_service_that_wants_to_be_left_alone_for_an_hour_is(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quota that is used up: the page says so at once, with the time of the next try."""
    monkeypatch.setattr(runs, "LONGEST_SLICE", 2)
    batch = verification.start("school", by=cast.hoa)
    with register(shares={"throttle": 1.0}, retry_after="3600") as url:
        runs.run(batch.id, SoapConnector(config_for(url)), FAST)
    paused = Batch.get_by_id(batch.id)
    assert (paused.state, paused.sentence) == ("paused", answers.THROTTLED)
    assert paused.resume_at
    assert (paused.resume_at - utc_now()).total_seconds() > 3500
    assert verification.tally(batch).by_state == {"waiting": 3}


def test_two_workers_share_the_calls_of_one_school(cast: Cast) -> None:
    """Two batches at once: the register never sees more calls than the settings allow."""
    from idapp.database import connected

    classes = [cast.class_5a, cast.class_5b] * 12
    values = [("student", c, pupil("Hồ Thị Hai", serial=100 + at)) for at, c in enumerate(classes)]
    crowd = [cast.an, cast.chi, *people.add_many(values, by=cast.thu, source="import")]

    def work(batch: Batch) -> None:
        with connected():
            runs.run(batch.id, SoapConnector(config_for(url)), replace(FAST, concurrency=3))

    with register(*[citizen(p) for p in crowd], latency_ms=200) as url:
        batches = [
            verification.start(f"class:{c.id}", by=cast.hoa) for c in (cast.class_5a, cast.class_5b)
        ]
        workers = [threading.Thread(target=work, args=(batch,)) for batch in batches]
        [w.start() for w in workers], [w.join(60) for w in workers]
        log = urllib3.request("GET", url + "/log").json()
    assert {Batch.get_by_id(b.id).state for b in batches} == {"finished"}
    assert log["most_at_once"] <= 3
    assert log["calls"] == len(crowd)


def test_a_worker_too_many_waits_for_its_turn(cast: Cast) -> None:
    from datetime import timedelta

    first = verification.start(f"class:{cast.class_5a.id}", by=cast.hoa)
    second = verification.start(f"class:{cast.class_5b.id}", by=cast.hoa)
    alive = Batch.update(
        state="running", lease="another", lease_until=utc_now() + timedelta(seconds=8)
    )
    alive.where(Batch.id == first.id).execute()
    assert not runs.run(second.id, Silent(), replace(FAST, concurrency=1))
    assert Batch.get_by_id(second.id).state == "queued"


def test_a_batch_of_the_service_waits_when_the_settings_have_none(cast: Cast) -> None:
    from idapp import jobs

    batch = verification.start("school", by=cast.hoa)
    jobs.verify(batch.id)
    waiting = Batch.get_by_id(batch.id)
    assert waiting.state == "paused"
    assert "Chạy tiếp" in waiting.sentence
    assert not runs.runnable(utc_now())


@pytest.mark.sqlite("rows of an older file, written as SQLite takes them")
def test_batches_of_the_first_schema_are_carried_over(settings: Settings) -> None:
    """Migration 0002 on a database with rows: nothing is lost, and what was heard before is worked out."""
    open_database(settings)
    db.connect(reuse_if_open=True)
    Runner(db.obj, str(Path(database.__file__).parent / "migrations")).up("0001_first_schema")
    now = "2022-10-10 08:00:00"
    for statement in (
        f"INSERT INTO user VALUES (1, 'hoa', 'Hoa', 'principal', 'x', 0, 0, '{now}')",
        "INSERT INTO person (id, kind, state, active, version, full_name, problems, differences, epoch, status, errors,"
        " warnings, outcome, outcome_hash, outcome_reason, foreign_national, sort_key, search_key, date_of_birth,"
        " gender, identity_number, province, district, commune, address, ethnic_group, nationality, ministry_code,"
        " father_name, father_birth_year, mother_name, mother_birth_year, position) VALUES (7, 'student', 'x', 1, 1,"
        " 'An', '[]', '{}', '3level', 'ready', 0, 0, '', '', '', 0, '', '', '', '', '', '', '', '', '', '', '', '', '',"
        " '', '', '', '')",
        *(
            f"INSERT INTO batch (id, scope, state, reason, sentence, started_by_id, created_at, total, excluded, lease,"
            f" failures_in_row) VALUES ({n}, 'school', 'finished', '', '', 1, '{now}', 1, '{{}}', '', 0)"
            for n in (1, 2)
        ),
        *(
            f'INSERT INTO batch_item (id, batch_id, person_id, "values", hash, state, reason, differences, stale,'
            f" attempts, request_code) VALUES ({n}, {n}, 7, '{{}}', 'h', '{state}', '', '{{}}', 0, 1, '')"
            for n, state in ((1, "mismatch"), (2, "verified"))
        ),
    ):
        db.execute_sql(statement)
    assert "0002_batches" in migrate()
    first, second = BatchItem.select().order_by(BatchItem.id)
    assert (first.outcome_before, second.outcome_before) == ("", "mismatch")
    assert all(b.started_at == b.created_at and b.channel == "soap" for b in Batch.select())
    assert verification.difference(second.batch, Person.select(Person.id)) == {"gained": 1}
    assert not db.execute_sql("PRAGMA foreign_key_check").fetchall()
