"""Small doors that once stood ajar: modes, half-open requests, a history rewritten by REPLACE, names that mislead."""

import io
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import urllib.request
from dataclasses import replace
from pathlib import Path

import peewee
import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from app import _listen, create_app
from idapp import audit, data_folder, jobs, privacy, scans
from idapp.database import db, journal_mode, writing
from idapp.models import Change
from idapp.settings import Settings, SettingsError, use
from tests.cast import Cast
from tests.ports import free_port

ROOT = Path(__file__).parent.parent


def test_an_existing_folder_is_closed_to_others(cast: Cast, settings: Settings):
    assert settings.secret_key
    key = settings.data / "secret_key"
    settings.data.chmod(0o755)
    key.chmod(0o644)
    assert set(data_folder.tighten(settings)) >= {settings.data, key}
    assert stat.S_IMODE(settings.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert data_folder.tighten(settings) == []
    settings.data.chmod(0o1777)  # as /tmp: many live there
    assert data_folder.tighten(settings) == []


def test_the_history_is_not_replaced(cast: Cast):
    with writing():
        audit.record("test", by=cast.hoa, new="trước")
    row = Change.select().order_by(Change.id.desc()).first()
    columns = ", ".join(f'"{name}"' for name in Change._meta.columns)
    values = columns.replace('"new"', "'sau'")
    with pytest.raises(peewee.IntegrityError), db.atomic():
        db.execute_sql(
            f"INSERT OR REPLACE INTO change ({columns}) SELECT {values} FROM change WHERE id = ?",
            (row.id,),
        )
    assert Change.get_by_id(row.id).new == "trước"


def test_a_purge_leaves_nothing_in_the_journal(cast: Cast, settings: Settings):
    privacy.purge(settings, days=30)
    journal = Path(f"{settings.sqlite_file}-wal")
    assert not journal.exists() or journal.stat().st_size == 0
    assert journal.exists() == (journal_mode() == "wal")


def test_a_photo_is_on_the_disk_before_it_is_saved(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    synced: set[str] = set()
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.add(Path(f"/proc/self/fd/{descriptor}").resolve().name)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    name = scans.keep([b"a page"], settings)
    assert {f"{name}-0.bin", "scans"} <= synced
    assert any(file.endswith("key") for file in synced), "without its key it is lost"


def test_a_damaged_photo_is_not_there(settings: Settings):
    name = scans.keep([b"a page"], settings)
    file = settings.data / "scans" / f"{name}-0.bin"
    assert scans.page(name, 0, settings) == b"a page"
    for content in (file.read_bytes()[:-1] + b"\0", b"", b"short"):
        file.write_bytes(content)
        assert scans.page(name, 0, settings) is None


def test_a_file_is_called_what_one_sees(app: Flask):
    file = (io.BytesIO(b"x"), "danh\u202excod.exe")
    with app.test_request_context("/imports", method="POST", data={"file": file}):
        assert request.files["file"].filename == "danhxcod.exe"


def test_half_open_requests_shut_nobody_out(app: Flask, cast: Cast, settings: Settings):
    here = use(replace(settings, port=free_port()))
    server, _ = _listen(app, here)
    threading.Thread(target=server.run, daemon=True).start()
    half_open = []
    for _ in range(150):
        half = socket.create_connection(("127.0.0.1", here.port), timeout=10)
        half.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
        half_open.append(half)
    with urllib.request.urlopen(f"http://127.0.0.1:{here.port}/healthz", timeout=10) as answer:
        assert answer.status == 200
    for half in half_open:
        half.close()
    server.trigger.pull_trigger(server.close)


def test_https_pins_the_cookies_and_the_line(cast: Cast, settings: Settings):
    behind = use(replace(settings, https=True))
    client: FlaskClient = create_app(behind).test_client()
    answer = client.get("/login", headers={"Host": "localhost"})
    assert "includeSubDomains" in answer.headers["Strict-Transport-Security"]
    assert client.application.config["SESSION_COOKIE_NAME"].startswith("__Host-")


def test_a_socket_lies_in_nobody_elses_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    long = replace(settings, data=tmp_path / ("x" * 120))
    folder = jobs.socket_path(long).parent
    folder.chmod(0o755)
    with pytest.raises(SettingsError, match=str(folder)):
        jobs.socket_path(long)


def test_the_simulator_leaves_at_a_second_signal(tmp_path: Path):
    people = tmp_path / "people.json"
    people.write_text("[]")
    command = [sys.executable, "-m", "idapp.registry.simulator", "--people", str(people)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("http")
    for _ in range(5):
        process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    process.stdout.close()
