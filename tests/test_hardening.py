"""Small doors that once stood ajar: modes, half-open requests, a history rewritten by REPLACE, names that mislead."""

import io
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import peewee
import pytest
from flask import Flask, request
from flask.testing import FlaskClient

import worker
from app import _bring_up, _listen, create_app
from idapp import (
    audit,
    data_folder,
    jobs,
    privacy,
    processes,
    redis_line,
    scans,
    site_address,
)
from idapp.database import db, journal_mode, writing
from idapp.doctor import machine
from idapp.models import Change, Person, User
from idapp.settings import Settings, SettingsError, from_environment, use
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


@pytest.mark.sqlite("INSERT OR REPLACE")
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


@pytest.mark.sqlite("the WAL file")
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
    use(replace(behind, hsts_subdomains=False))
    answer = client.get("/login", headers={"Host": "localhost"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_with_https_somebody_must_say_the_name(cast: Cast, settings: Settings):
    behind = use(replace(settings, https=True, trusted_proxies=("127.0.0.1/32",)))
    with pytest.raises(SettingsError, match="TRUSTED_HOSTS=") as refusal:
        _bring_up(behind, processes.Supervisor())
    assert "rồi chạy lại" in str(refusal.value)
    levels = {finding.name: finding.level for finding in machine._serving(behind)}
    assert levels["host names"] == "bad"
    site_address.check_names(replace(behind, trusted_hosts=("hoso.truong.vn",)))
    site_address.choose(
        "https://hoso.truong.vn", is_open=False, plain_http=False, by=cast.hoa, settings=behind
    )
    site_address.check_names(behind)


@pytest.mark.parametrize(
    ("url", "lacks"),
    [
        ("redis://10.0.0.7:6379/0", "TLS.*mật khẩu"),
        ("redis://:long@10.0.0.7", r"TLS\)\."),
        ("rediss://redis.truong.vn", "mật khẩu"),
        ("rediss://:long@redis.truong.vn?ssl_cert_reqs=none", "TLS"),
        ("http://redis", "REDIS_URL chưa đúng dạng"),
    ],
)
def test_a_redis_over_the_network_needs_password_and_tls(
    cast: Cast, settings: Settings, url: str, lacks: str
):
    weak = use(replace(settings, redis_url=url))
    for start in (lambda: _bring_up(weak, processes.Supervisor()), lambda: worker._work(weak)):
        with pytest.raises(SettingsError, match=lacks):
            start()
    (told,) = machine._queue(weak)
    assert (told.name, told.level) == ("redis line", "bad")
    agreed = replace(weak, plain_redis=True)
    if url.startswith("redis"):
        redis_line.check(agreed)
        assert redis_line.finding(agreed)[0]
    for fine in ("redis://127.0.0.1:1/0", "rediss://:long@10.0.0.7", "unix:///run/x.sock"):
        redis_line.check(replace(settings, redis_url=fine))


def test_secrets_come_from_files_too(settings: Settings, tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("k" * 60 + "\n")
    assert from_environment({"SECRET_KEY_FILE": str(file)}).secret_key == "k" * 60
    with pytest.raises(SettingsError, match="SECRET_KEY_FILE"):
        from_environment({"SECRET_KEY_FILE": str(tmp_path / "none")})
    with pytest.raises(SettingsError, match="cả hai"):
        from_environment({"SECRET_KEY_FILE": str(file), "SECRET_KEY": "x" * 60})


def test_the_folder_of_another_is_found(cast: Cast, settings: Settings, monkeypatch):
    assert machine._for_its_owner("data folder", settings.data).level == "ok"
    owner = settings.data.stat().st_uid
    os.chown(settings.data, 4711, -1)
    try:
        monkeypatch.setattr(os, "geteuid", lambda: 4712)
        told = machine._for_its_owner("data folder", settings.data)
    finally:
        os.chown(settings.data, owner, -1)
    assert told.level == "bad"
    assert "chown" in told.sentence


def test_numbers_stay_out_of_addresses(cast: Cast, client_of: Callable[[User], FlaskClient]):
    Person.update(status="not_found").where(Person.id.in_([cast.an.id, cast.chi.id])).execute()
    clerk = client_of(cast.thu)
    number = cast.an.identity_number
    answer = clerk.post("/notices", data={"q": number, "class": cast.class_5a.id})
    assert answer.status_code == 200
    assert cast.an.full_name in answer.text
    assert cast.chi.full_name not in answer.text
    for address in re.findall(r'(?:href|action|formaction)="([^"]*)"', answer.text):
        assert number not in address
    by_name = clerk.post("/notices", data={"q": "an", "class": cast.class_5a.id})
    assert by_name.location == f"/notices?class={cast.class_5a.id}&q=an"
    table = clerk.get(f"/classes/{cast.class_5a.id}").text
    path = re.search(r'<noscript><button[^>]*formmethod="post" formaction="([^"]*)"', table)
    assert path is not None
    filtered = clerk.post(path[1], data={"q": number}).text
    assert "Đang hiện 1/" in filtered
    assert 'pattern="[^0-9]*"' in clerk.get("/history").text


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
