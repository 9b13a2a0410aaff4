"""A worker that dies again and again: why, on the pages, in `/healthz` and from the doctor."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from idapp import faults, jobs, verification, worker_ends
from idapp.doctor.machine import _queue
from idapp.models import User
from idapp.processes import ManagedProcess
from idapp.settings import Settings
from idapp.web import pages
from tests.cast import Cast

Browser = Callable[[User], FlaskClient]
ROOT = Path(__file__).parent.parent
CAUSE = "bị hệ điều hành dừng đột ngột (SIGKILL)"


def die_twice(settings: Settings) -> None:
    """As the kernel ends a process when memory is short."""
    worker = ManagedProcess("worker", ["sleep", "60"], os.environ)
    worker.on_end = partial(worker_ends.note_end, settings)
    for _ in range(2):
        worker.start()
        assert worker.process is not None
        worker.process.kill()
        worker.process.wait(10)
        worker.again_at = 0.0
        worker.supervise()


def test_two_deaths_in_a_row_are_said_everywhere(
    cast: Cast, client_of: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    # the heartbeat of the one that has just died
    alive = {"queue": "ok", "worker": "ok"}
    monkeypatch.setattr(jobs, "_heartbeats", lambda settings: dict(alive))
    monkeypatch.setenv("REGISTRY", "soap")
    clerk = client_of(cast.thu)
    assert "data-worker-trouble" not in clerk.get("/classes").text
    die_twice(settings)
    assert worker_ends.ends_of(settings).count == 2
    assert CAUSE in clerk.get("/classes").text
    assert "data-worker-trouble" not in client_of(cast.lan).get("/classes").text
    batch = verification.start("school", by=cast.hoa)
    page = client_of(cast.hoa).get(f"/batches/{batch.id}").text
    assert f"Lý do: {CAUSE}" in page[page.index("data-no-worker") :]
    told = clerk.get("/healthz").json
    assert told["worker"] == "down"
    assert told["worker_cause"] == "killed"
    assert any(CAUSE in finding.sentence for finding in _queue(settings))
    worker_ends.forget(settings)
    assert clerk.get("/healthz").json["worker"] == "ok"
    assert "data-worker-trouble" not in clerk.get("/classes").text


def test_a_batch_that_waits_for_nobody_is_said_above_every_page(cast: Cast, client_of: Browser):
    principal = client_of(cast.hoa)
    assert "data-worker-trouble" not in principal.get("/classes").text
    verification.start("school", by=cast.hoa)
    assert "data-worker-trouble" in principal.get("/classes").text


def test_a_refused_worker_keeps_the_sentence(cast: Cast, settings: Settings):
    """A real school opened as a demo: the worker will not touch it."""
    told = os.environ | {"IDAPP_DATA": str(settings.data), "IDAPP_DEMO": "1"}
    process = subprocess.run(
        [sys.executable, "worker.py"], cwd=ROOT, env=told, capture_output=True, timeout=60
    )
    assert process.returncode == 1
    ends = worker_ends.ends_of(settings)
    assert (ends.count, ends.cause) == (1, "settings")
    assert ends.detail in process.stderr.decode()
    worker_ends.note_end(settings, ends.process, 1)
    assert worker_ends.ends_of(settings) == ends, "what it has noted itself stays"


def test_a_full_disk_is_said(
    cast: Cast, client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    fault = OSError(28, "No space left on device")
    assert faults.redacted_traceback(fault).startswith("disk full (OSError)")
    assert client.get("/healthz").json["disk"] == "ok"
    for free, word in ((50_000_000, "low"), (0, "full")):
        monkeypatch.setattr(pages, "_free_bytes", lambda settings, free=free: free)
        assert client.get("/healthz").json["disk"] == word
    worker_ends.note_fault(settings, fault)
    assert worker_ends.ends_of(settings).words == "đĩa của máy chủ đã đầy"
