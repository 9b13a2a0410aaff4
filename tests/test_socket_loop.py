"""The loop of the web server asks the connections that may have changed, and serves all of them as waitress does."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel

from idapp import socket_loop

LARGE = 24 * 1024 * 1024  # more than the system keeps for a reader that does not read


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answers with the path and what was sent; ``/large`` with much, ``/slow`` late."""
    path = environ["PATH_INFO"]
    body = path.encode() + b" " + environ["wsgi.input"].read()
    if path == "/large":
        body = b"0123456789abcdef" * (LARGE // 16)
    if path == "/slow":
        time.sleep(0.2)
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@contextmanager
def running(**options: Any) -> Iterator[tuple[int, dict[int, Any]]]:
    """The port, and the sockets of the server while it runs."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        application, map=sockets, host="127.0.0.1", port=0, threads=4, **options
    )
    assert socket_loop.drive(server, sockets) is not None
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server.effective_port, sockets
    finally:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets, ignore_all=True))
        thread.join(10)
        server.task_dispatcher.shutdown()
        assert not thread.is_alive()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def ask(connection: http.client.HTTPConnection, path: str, body: bytes = b"") -> bytes:
    connection.request("POST", path, body)
    return connection.getresponse().read()


def wait_for(fact: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_one_connection_is_answered_again_and_again_beside_idle_ones() -> None:
    with running() as (port, _), ExitStack() as idle:
        for _ in range(40):
            idle.enter_context(connect(port))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        begun = time.monotonic()
        for number in range(50):
            assert ask(connection, f"/{number}", b"x" * 5000) == b"/%d " % number + b"x" * 5000
        # were a change noticed only when all are asked, each of them would take a second
        assert time.monotonic() - begun < 10
        connection.close()


def test_idle_connections_are_not_asked_for_each_request(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    readable = HTTPChannel.readable
    monkeypatch.setattr(HTTPChannel, "readable", lambda self: asked.append(1) or readable(self))
    with running() as (port, sockets), ExitStack() as idle:
        for _ in range(60):
            idle.enter_context(connect(port))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        ask(connection, "/first")
        wait_for(lambda: len(sockets) >= 63)
        asked.clear()
        begun = time.monotonic()
        for _ in range(200):
            ask(connection, "/again")
        rounds = time.monotonic() - begun + 2  # once a second all of them
        assert len(asked) < 200 * 6 + rounds * 61
        connection.close()


def test_many_at_once_get_each_the_own_answer() -> None:
    with running() as (port, _):
        faults: list[object] = []

        def work(name: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            for number in range(30):
                answer = ask(connection, f"/{name}/{number}")
                if answer != b"/%d/%d " % (name, number):
                    faults.append(answer)
            connection.close()

        threads = [threading.Thread(target=work, args=(name,)) for name in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        assert not faults


def test_a_large_answer_reaches_a_reader_that_takes_its_time() -> None:
    with running() as (port, _), connect(port) as line:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        received = bytearray()
        while len(received) < LARGE:
            chunk = line.recv(1 << 20)
            assert chunk
            received += chunk
        body = bytes(received).partition(b"\r\n\r\n")[2]
        while len(body) < LARGE:
            body += line.recv(1 << 20)
        assert body == b"0123456789abcdef" * (LARGE // 16)
        line.sendall(b"GET /after HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"/after " in b"".join(iter(lambda: line.recv(4096), b""))


def test_requests_sent_in_one_go_are_answered_in_their_order() -> None:
    with running() as (port, _), connect(port) as line:
        first = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
        line.sendall(first + b"GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: line.recv(4096), b""))
        assert 0 < text.index(b"/slow ") < text.index(b"/second ")


def test_a_line_that_breaks_is_forgotten_and_its_number_serves_the_next() -> None:
    with running() as (port, sockets):
        wait_for(lambda: len(sockets) == 2)
        for number in range(20):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            assert ask(connection, f"/{number}") == b"/%d " % number
            connection.close()
        wait_for(lambda: len(sockets) == 2)
        broken = connect(port)
        broken.sendall(b"POST /never HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")
        wait_for(lambda: len(sockets) == 3)
        broken.close()
        wait_for(lambda: len(sockets) == 2)


def test_a_connection_that_was_idle_for_long_is_closed() -> None:
    with running(channel_timeout=1, cleanup_interval=1) as (port, _), connect(port) as line:
        line.sendall(b"GET /once HTTP/1.1\r\nHost: x\r\n\r\n")
        # until the server has closed it
        assert b"".join(iter(lambda: line.recv(4096), b"")).endswith(b"/once ")
