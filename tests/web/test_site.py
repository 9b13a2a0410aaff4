"""Who may knock at the site, the page where its address is chosen, and the papers that bear it."""

import ipaddress
import re
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import _listen
from idapp import network, site_address, start_message
from idapp.lan_listeners import wanted_hosts
from idapp.models import User
from idapp.network import LanAddress
from idapp.settings import Settings, use
from tests.cast import Cast
from tests.ports import free_port

Browser = Callable[[User], FlaskClient]
LAN = "192.168.1.20"
ADDRESS = f"http://{LAN}:8000"


@pytest.fixture(autouse=True)
def lan(monkeypatch: pytest.MonkeyPatch):
    """This machine has one address in the school's network."""
    move(monkeypatch, LAN)
    yield
    network._sorted_addresses.cache_clear()


def move(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    addresses = [LanAddress(ipaddress.ip_address(text), "eth0")]
    monkeypatch.setattr(network, "_all_addresses", lambda: addresses)
    network._sorted_addresses.cache_clear()


def choose(browser: FlaskClient, **form: str):
    return browser.post("/settings/site", data=form)


def knock(client: FlaskClient, host: str, remote: str = "127.0.0.1") -> int:
    answer = client.get("/login", headers={"Host": host}, environ_overrides={"REMOTE_ADDR": remote})
    return answer.status_code


def test_only_its_own_names_are_answered(cast: Cast, client: FlaskClient, client_of: Browser):
    for host in ("127.0.0.1:8000", "localhost", "[::1]:8000", f"{LAN}:8000", socket.gethostname()):
        assert knock(client, host) == 200, host
    for host in ("evil.example", "192.168.1.21:8000", "127.0.0.1.evil.example", "hoso.example"):
        assert knock(client, host) == 400, host
    choose(client_of(cast.hoa), address="other", other="https://hoso.example")
    assert knock(client, "hoso.example") == 200
    assert knock(client, "x.hoso.example") == 400


def test_trusted_hosts_are_answered_too(cast: Cast, client: FlaskClient, settings: Settings):
    use(replace(settings, trusted_hosts=("truong.vn", ".noi-bo"), https=True))
    for host in ("truong.vn", "may.noi-bo", LAN):
        assert knock(client, host) == 200, host
    assert knock(client, "truong.vn.evil.example") == 400


def test_others_come_in_only_when_the_principal_has_agreed(
    cast: Cast, client: FlaskClient, client_of: Browser, settings: Settings
):
    assert knock(client, LAN, remote="192.168.1.77") == 403
    assert knock(client, LAN, remote="::ffff:127.0.0.1") == 200
    assert (
        client.get("/healthz", environ_overrides={"REMOTE_ADDR": "192.168.1.77"}).status_code == 200
    )
    refused = choose(client_of(cast.hoa), address=ADDRESS, is_open="1")
    assert refused.status_code == 422
    assert "không được mã hóa" in refused.text
    assert (
        choose(client_of(cast.hoa), address=ADDRESS, is_open="1", plain_http="1").status_code == 302
    )
    assert knock(client, LAN, remote="192.168.1.77") == 200
    use(replace(settings, plain_http=False))
    assert knock(client, LAN, remote="192.168.1.77") == 403
    use(replace(settings, plain_http=None, https=True))
    assert knock(client, LAN, remote="192.168.1.77") == 200


def test_the_address_stands_on_the_pages_and_the_papers(
    cast: Cast, client_of: Browser, settings: Settings
):
    principal = client_of(cast.hoa)
    before = principal.get(f"/notices/slips?person={cast.an.id}").text
    assert "data-lacks-address" in before
    assert "/settings/site" in before
    assert 'class="code"' not in before
    assert (
        "data-lacks-address" in client_of(cast.thu).get(f"/notices/slips?person={cast.an.id}").text
    )
    assert ADDRESS in principal.get("/settings/site").text
    choose(principal, address=ADDRESS, is_open="1", plain_http="1")
    after = principal.get(f"/notices/slips?person={cast.an.id}").text
    assert "data-lacks-address" not in after
    assert 'class="code"' in after
    for page in ("/settings", "/settings/site"):
        text = client_of(cast.hoa).get(page).text
        assert re.search(f"data-site-address>{ADDRESS}<", text), page
        assert 'class="code"' in text
    assert "đổi địa chỉ cho giáo viên" in principal.get("/history").text
    wrong = choose(principal, address="other", other="http://127.0.0.1:8000", is_open="1")
    assert wrong.status_code == 422
    assert 'value="http://127.0.0.1:8000"' in wrong.text


def test_the_clerk_is_told_when_the_machine_has_moved(
    cast: Cast, client_of: Browser, monkeypatch: pytest.MonkeyPatch
):
    choose(client_of(cast.hoa), address=ADDRESS, is_open="1", plain_http="1")
    clerk = client_of(cast.thu)
    assert "data-site-moved" not in clerk.get("/progress").text
    move(monkeypatch, "192.168.1.21")
    assert "data-site-moved" in clerk.get("/progress").text
    assert "data-site-moved" not in client_of(cast.lan).get("/progress").text


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, ["idapp: http://127.0.0.1:8000"]),
        ({"host": "::1"}, ["idapp: http://[::1]:8000"]),
        (
            {"host": "0.0.0.0", "plain_http": True},
            ["idapp: http://127.0.0.1:8000", "Máy khác trong mạng mở:", f"    {ADDRESS}"],
        ),
        (
            {"host": "::", "plain_http": True},
            ["idapp: http://[::1]:8000", "Máy khác trong mạng mở:", f"    {ADDRESS}"],
        ),
        ({"host": "0.0.0.0"}, ["idapp: http://127.0.0.1:8000", site_address.NOT_AGREED]),
        (
            {"host": LAN, "plain_http": True},
            [f"idapp: {ADDRESS}", "Máy khác trong mạng mở:", f"    {ADDRESS}"],
        ),
    ],
)
def test_the_start_message_names_addresses_that_open(
    cast: Cast, settings: Settings, changes: dict[str, object], lines: list[str]
):
    here = replace(settings, host_is_set=bool(changes), port=8000, **changes)
    assert start_message.text(use(here)).splitlines() == lines


def test_the_network_gets_in_and_out_without_a_restart(
    app: Flask, cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    """The choice opens a listener beside the one of this machine, and shuts it again."""
    move(monkeypatch, "127.0.0.2")  # stands for the school's network
    monkeypatch.setattr(LanAddress, "is_virtual", False)
    monkeypatch.setattr(network, "_is_reachable", lambda address: True)
    here = use(replace(settings, port=free_port()))
    server, listeners = _listen(app, here)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()

    def is_open() -> bool:
        try:
            socket.create_connection(("127.0.0.2", here.port), timeout=5).close()
        except ConnectionRefusedError:
            return False
        return True

    assert wanted_hosts(here) == set()
    assert not is_open()
    site_address.choose(ADDRESS, is_open=True, plain_http=True, by=cast.hoa, settings=here)
    assert wanted_hosts(here) == {"127.0.0.2"}
    assert wanted_hosts(replace(here, host_is_set=True)) == set()
    listeners.follow(wanted_hosts(here))
    with urllib.request.urlopen(f"http://127.0.0.2:{here.port}/healthz", timeout=10) as answer:
        assert answer.status == 200
    listeners.follow(set())
    deadline = time.monotonic() + 10
    while is_open() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_open()
    with urllib.request.urlopen(f"http://127.0.0.1:{here.port}/healthz", timeout=10) as answer:
        assert answer.status == 200, "the server's own door stays open"
    server.trigger.pull_trigger(server.close)
