"""Verification batches against the rehearsal register in a process of its own (bars B9).

The first is the measure: 1,980 records at 50 ms, 8 % mismatch, 4 % not in the register, 2 % of the calls never
answered in time, and one outage of 60 s (``IDAPP_BENCH_OUTAGE`` shortens it). Its floor is records x latency / calls at
once + the outage; the time spent waiting for answers that never come belongs to the service and is told beside it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from peewee import fn

from app import create_app
from idapp import accounts, verification
from idapp.database import connected, rows
from idapp.models import OPEN_ITEM, Attempt, Batch, BatchItem, Person, utc_now
from idapp.registry import RegistryConfig, SoapConnector
from idapp.settings import from_environment, use
from idapp.verification import runs
from idapp.web.accounts import cookie_name
from tests.bench.figures import Figure, p50, seconds_of
from tests.bench.ground import Ground

ROOT = Path(__file__).resolve().parents[2]
LATENCY_MS = 50
PACE = runs.Pace(concurrency=4)
READ_TIMEOUT = 0.5  # ten times the latency; a real service is given 20 s
OUTAGE = float(os.environ.get("IDAPP_BENCH_OUTAGE", "60"))
MISMATCH, NOT_FOUND, TIME_OUT = 0.08, 0.04, 0.02


def figures(ground: Ground) -> Iterator[Figure]:
    with connected():
        yield from _a_whole_school_in_bad_weather(ground)
        Person.update(status="ready", outcome="", outcome_hash="").where(
            Person.number.is_null(False)
        ).execute()
        yield _a_calm_grade(ground)


def _a_calm_grade(ground: Ground) -> Figure:
    """Nothing goes wrong: what our own work adds to the waiting."""
    batch = verification.start("grade:5", by=ground.cast.hoa)
    with simulator(
        ground.folder, [_citizen(item.person) for item in batch.items], latency_ms=LATENCY_MS
    ) as url:
        measured = seconds_of(lambda: _run(batch.id, url))
    ideal = batch.total * LATENCY_MS / 1000 / PACE.concurrency
    [(call,)] = rows(batch.items.select(fn.AVG(BatchItem.seconds)))
    more = f"{batch.total / measured:.0f} records/s, a call took {call * 1000:.0f} ms as we saw it"
    return Figure(
        f"batch of {batch.total} records", measured, ideal, f"records x {LATENCY_MS} ms / 4", more
    )


def _a_whole_school_in_bad_weather(ground: Ground) -> Iterator[Figure]:
    everybody = list(
        Person.select().where(Person.active, Person.status.not_in(["incomplete", "sent"]))
    )
    wrong, missing = _shares(everybody)
    known = [
        _citizen(p) | (_another_day(p) if p.id in wrong else {})
        for p in everybody
        if p.id not in missing
    ]
    batch = verification.start("school", "unverified", by=ground.cast.hoa)
    rules = {"latency_ms": LATENCY_MS, "shares": {"slow": TIME_OUT}, "slow_ms": 3000}
    with simulator(
        ground.folder, known, **rules, outage={"after_s": 12, "for_s": OUTAGE, "fault": "http_503"}
    ) as url:
        measured, polled = _run_and_poll(ground, batch.id, url)
    yield _weather_figure(batch, measured, wrong, missing)
    yield Figure(
        "a poll of the progress piece, p50", polled[0], 0, "", f"{polled[1]:,} bytes while it ran"
    )


def _another_day(person: Person) -> dict[str, str]:
    """The year is what is asked about, the day is compared here."""
    return {"born": f"{person.born[:4]}-{'03-03' if person.born.endswith('02-02') else '02-02'}"}


def _weather_figure(batch: Batch, measured: float, wrong: set[int], missing: set[int]) -> Figure:
    counted, ideal = (
        verification.tally(batch),
        batch.total * LATENCY_MS / 1000 / PACE.concurrency + OUTAGE,
    )
    false = batch.items.where(
        BatchItem.state == "not_found", BatchItem.person.not_in(missing)
    ).count()
    false += batch.items.where(
        BatchItem.state == "verified", BatchItem.person.in_(wrong | missing)
    ).count()
    open_still = batch.items.where(BatchItem.state.in_(OPEN_ITEM)).count()
    calls = Attempt.select().join(BatchItem).where(BatchItem.batch == batch)
    late = calls.where(Attempt.reason == "time_out").count()
    more = (
        f"{counted.by_state}; {calls.count()} calls, {late} timed out "
        f"({late * READ_TIMEOUT / PACE.concurrency:.0f} s of waiting); "
        f"false not_found or verified: {false}, unfinished: {open_still}"
    )
    name = f"batch of {batch.total}, outage of {OUTAGE:.0f} s"
    return Figure(name, measured, ideal, "records x latency / 4 + outage", more, false + open_still)


def _shares(everybody: Sequence[Person]) -> tuple[set[int], set[int]]:
    """Who differs in the register, and who is not in it: 8 and 4 of each hundred."""
    wrong = {p.id for at, p in enumerate(everybody) if at % 100 < MISMATCH * 100}
    missing = {
        p.id
        for at, p in enumerate(everybody)
        if MISMATCH * 100 <= at % 100 < (MISMATCH + NOT_FOUND) * 100
    }
    return wrong, missing


@contextmanager
def simulator(folder: Path, people: list[dict[str, Any]], **rules: object) -> Iterator[str]:
    """The rehearsal register as the demo starts it: another process, spoken to over HTTP."""
    people_file, rules_file = folder / "people.json", folder / "rules.json"
    people_file.write_text(json.dumps(people), encoding="utf-8")
    rules_file.write_text(json.dumps(rules), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "idapp.registry.simulator",
        "--people",
        str(people_file),
        "--rules",
        str(rules_file),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(10)


def _run(batch_id: int, url: str) -> None:
    """As worker and sweep would: again until the end, looking every two seconds while it pauses."""
    config = RegistryConfig(
        url, auth="none", procedure="SIM", officer="SIM", read_timeout=READ_TIMEOUT
    )
    while Batch.get_by_id(batch_id).open:
        if batch_id in [batch.id for batch in runs.runnable(utc_now())]:
            runs.run(batch_id, SoapConnector(config), PACE)
        else:
            time.sleep(2)


def _run_and_poll(ground: Ground, batch_id: int, url: str) -> tuple[float, tuple[float, int]]:
    """The principal's page asks once in the middle, as it would every two seconds."""
    client = _principal(ground)
    measured = seconds_of(lambda: _run(batch_id, url))
    Batch.update(state="running", heartbeat_at=utc_now()).where(Batch.id == batch_id).execute()
    path = f"/batches/{batch_id}/progress?state=running"
    sizes: list[int] = []
    took = p50(lambda: sizes.append(len(client.get(path, headers={"HX-Request": "true"}).data)), 20)
    Batch.update(state="finished").where(Batch.id == batch_id).execute()
    return measured, (took, sizes[0])


def _principal(ground: Ground) -> FlaskClient:
    client = create_app(use(from_environment())).test_client()
    client.set_cookie(cookie_name(), accounts.start_session(ground.cast.hoa))
    return client


def _citizen(person: Person) -> dict[str, Any]:
    born, sex = (
        "-".join(reversed(person.date_of_birth.split("/"))),
        {"Nam": 1, "Nữ": 2}[person.gender],
    )
    return {
        "number": person.identity_number,
        "full_name": person.full_name,
        "born": born,
        "sex": sex,
    }
