"""The simulator's HTTP: plain WSGI under waitress, with threads for more callers at once than any batch has."""

import contextlib
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs

from waitress import create_server

from idapp.registry.simulator.access import Authenticator, refusal
from idapp.registry.simulator.answers import fault_answer, record_answer, yes_no_answer
from idapp.registry.simulator.behaviour import Behaviour, RateLimit
from idapp.registry.simulator.calls import KEPT, CallLog
from idapp.registry.simulator.faults import FAULTS, Response
from idapp.registry.simulator.people import Citizen, as_corrected, match, people_of
from idapp.registry.simulator.requests import ReadRequest, read_request
from idapp.registry.simulator.rules import Rules, fault_for, rules_of
from idapp.registry.simulator.watched_file import WatchedFile
from idapp.settings import LOOPBACK

_THREADS = 32
_LARGEST_REQUEST = 100_000
_PIECE = 1_000_000
_STATUS_PAGE = """<!doctype html><html lang="vi"><meta charset="utf-8">
<title>Cơ sở dữ liệu dân cư mô phỏng</title><h1>Cơ sở dữ liệu dân cư mô phỏng</h1>
<p>Chỉ dùng để tập dượt. Dữ liệu ở đây đều là giả lập.</p>
<p>Số người: {people}. Số lượt hỏi: {calls}. Đang trả lời: {in_flight}.</p>
<ul>{outcomes}</ul></html>"""

Environ = dict[str, Any]
StartResponse = Callable[..., Any]


class Server:
    """Bound to its port as soon as it exists, or given a listening socket; ``serve`` blocks until ``stop``."""

    def __init__(
        self,
        people_file: Path,
        *,
        rules: Mapping[str, Any] | None = None,
        rules_file: Path | None = None,
        corrected_file: Path | None = None,
        log_file: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        listening: socket.socket | None = None,
    ) -> None:
        self._people = WatchedFile(people_file, people_of)
        watched_rules = None
        if rules_file:
            watched_rules = WatchedFile(rules_file, rules_of)
        self._behaviour = Behaviour(rules_of(rules or {}), watched_rules, corrected_file)
        self._log = CallLog(log_file)
        self._authenticator = Authenticator()
        self._rate_limit = RateLimit()
        self._stopping = threading.Event()
        # The look-ahead lets waitress notice a caller that has hung up while its answer is still being delayed.
        limits = {
            "threads": _THREADS,
            "connection_limit": 500,
            "channel_request_lookahead": 1,
            "ident": "simulator",
        }
        bound = listening or socket.create_server((host, port))
        self._http = create_server(self._application, sockets=[bound], **limits)
        self.address = f"http://{host}:{bound.getsockname()[1]}/"

    def serve(self) -> None:
        """Answers until ``stop``, or until ``leave`` in a signal."""
        self._http.run()

    def stop(self) -> None:
        """Also from another thread: the sockets are closed in the server's own loop, which then ends."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._http.trigger.pull_trigger(self._close_all)

    def leave(self) -> NoReturn:
        """From a signal: ends the delays of answers under way, then the loop. Raises SystemExit.

        A second signal while the threads end would raise once more in their midst and hang: it ends everything.
        """
        if self._stopping.is_set():
            os._exit(0)
        self._stopping.set()
        raise SystemExit(0)

    def _close_all(self) -> None:
        self._http.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        for open_socket in list(self._http._map.values()):
            open_socket.close()

    def _application(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        path = environ["PATH_INFO"]
        pages = {
            ("GET", "/"): self._status,
            ("GET", "/log"): self._counts,
            ("GET", "/rules"): self._tell_rules,
            ("POST", "/rules"): self._change_rules,
        }
        page = pages.get((method, path))
        if page:
            return _send(page(environ), start_response)
        if method != "POST":
            return _send(Response(405, b"", "text/plain"), start_response)
        if path == "/token":
            return _send(self._give_token(environ), start_response)
        return self._answer(environ, start_response)

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        rules, seconds = self._behaviour.now()
        try:
            request = read_request(_body(environ), environ.get("CONTENT_TYPE", ""))
        except ValueError as error:
            body = fault_answer("Client", f"SIM: {error}").encode()
            return self._turn_away("bad_request", Response(500, body), start_response)
        if not self._authenticator.admits(_headers(environ), rules.access, time.time()):
            response = FAULTS["expired_token"](Response(401, b""))
            return self._turn_away("no_access", response, start_response)
        if not self._rate_limit.lets_through(rules.per_second):
            response = _throttled(Response(429, b"", headers={"Retry-After": ""}), rules)
            return self._turn_away("too_many", response, start_response)
        call = self._log.begin(request.number, request.request_code, rules.log_key)
        fault, shape = fault_for(rules, request.number, call.attempt, seconds)
        fault = refusal(request, rules.access) or fault
        self._wait(rules.latency_ms, environ)
        people = self._people.value()
        person = match(people, request.number, request.key, request.born)
        person = as_corrected(person, rules.corrected)
        response = _throttled(_respond(request, person, fault, shape), rules)
        if fault == "expired_token":
            self._authenticator.revoke()
        chunks = self._play(response, rules, environ, start_response)
        outcome = fault or _outcome(person)
        return _Ending(chunks, lambda: self._log.end(call, outcome))

    def _play(
        self, response: Response, rules: Rules, environ: Environ, start: StartResponse
    ) -> Iterator[bytes]:
        if response.play in ("drop", "close"):
            _hang_up(environ, reset=response.play == "drop")
        if response.play == "slow":
            self._wait(rules.slow_ms, environ)
        if response.play != "drip":
            yield from _send(response, start)
            return
        _begin(response, start)
        for byte in response.body:
            yield bytes([byte])
            self._wait(rules.slow_ms / len(response.body), environ)

    def _turn_away(
        self, outcome: str, response: Response, start_response: StartResponse
    ) -> Iterable[bytes]:
        self._log.refuse(outcome)
        return _send(response, start_response)

    def _wait(self, ms: float, environ: Environ) -> None:
        """A delay that ends early when the caller has gone or the simulator stops."""
        has_hung_up = environ["waitress.client_disconnected"]
        until = time.monotonic() + ms / 1000
        while (seconds_left := until - time.monotonic()) > 0:
            if self._stopping.wait(min(seconds_left, 0.05)) or has_hung_up():
                return

    def _give_token(self, environ: Environ) -> Response:
        rules, _ = self._behaviour.now()
        token = self._authenticator.token(_body(environ), _headers(environ), rules.access)
        if not token:
            return _json(401, {"error": "invalid_client"})
        seconds = int(rules.access.token_life_s)
        content = {"access_token": token, "token_type": "Bearer", "expires_in": seconds}
        return _json(200, content)

    def _status(self, environ: Environ) -> Response:
        summary = self._log.summary()
        counts = sorted(summary["outcomes"].items())
        summary["people"] = len(self._people.value())
        summary["outcomes"] = "".join(f"<li>{name}: {count}</li>" for name, count in counts)
        return Response(200, _STATUS_PAGE.format(**summary).encode(), "text/html; charset=utf-8")

    def _counts(self, environ: Environ) -> Response:
        return _json(200, self._log.summary(last=_last(environ)))

    def _tell_rules(self, environ: Environ) -> Response:
        return _json(200, self._behaviour.public_rules())

    def _change_rules(self, environ: Environ) -> Response:
        # The type keeps a page in somebody's browser from posting here: it would need permission first.
        is_json = environ.get("CONTENT_TYPE") == "application/json"
        if not is_json or environ["REMOTE_ADDR"] not in LOOPBACK:
            return _json(403, {"error": "from this machine only, as application/json"})
        try:
            self._behaviour.change(json.loads(_body(environ)))
        except (ValueError, TypeError, AttributeError) as error:
            return _json(400, {"error": str(error)})
        return _json(200, {})


class _Ending:
    """An answer that says when it is over, also when the caller hangs up in the middle."""

    def __init__(self, chunks: Iterator[bytes], ended: Callable[[], None]) -> None:
        self._chunks = chunks
        self._ended = ended

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        """WSGI calls this in every case, once."""
        self._ended()


def _outcome(person: Citizen | None) -> str:
    if person is None:
        return "no_match"
    return "found"


def _respond(request: ReadRequest, person: Citizen | None, fault: str, shape: str) -> Response:
    persons = []
    if person:
        persons = [person]
    other = Citizen("100000000001", "Người Hư Cấu", "1990-01-01", 1)
    if fault == "wrong_person":
        persons = [other]
    if fault == "two_persons":
        persons = [person or other, other]
    if request.operation == "037":
        text = record_answer(persons, shape)
    else:
        text = yes_no_answer(person is not None, shape)
    good = Response(200, text.encode())
    if request.gateway and not text.startswith("{"):
        good = FAULTS["gateway_xml"](good)
    if fault:
        return FAULTS[fault](good)
    return good


def _throttled(response: Response, rules: Rules) -> Response:
    if response.headers.get("Retry-After") != "":
        return response
    headers = {}
    if rules.retry_after:
        headers["Retry-After"] = rules.retry_after
    return replace(response, headers=headers)


def _last(environ: Environ) -> int:
    """``?calls=1`` tells every call, ``?last=20`` the newest twenty."""
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if "calls" in query:
        return KEPT
    text = query.get("last", ["0"])[0]
    if not text.isdecimal() or len(text) > 6:
        return 0
    return int(text)


def _send(response: Response, start_response: StartResponse) -> list[bytes]:
    _begin(response, start_response)
    # in pieces, so that a caller who has read enough of 40 MB can hang up before all of it was written
    starts = range(0, len(response.body), _PIECE)
    return [response.body[start : start + _PIECE] for start in starts]


def _begin(response: Response, start_response: StartResponse) -> None:
    length = str(len(response.body) + response.missing)
    headers = [
        ("Content-Type", response.content_type),
        ("Content-Length", length),
        *response.headers.items(),
    ]
    start_response(f"{response.status} SIM", headers)


def _json(status: int, content: object) -> Response:
    return Response(status, json.dumps(content, ensure_ascii=False).encode(), "application/json")


def _hang_up(environ: Environ, *, reset: bool) -> None:
    """Drops the connection without a byte. WSGI has no word for it: waitress's own hook leads to the socket."""
    connection: socket.socket = environ["waitress.client_disconnected"].__self__.socket
    with contextlib.suppress(OSError):
        if reset:
            # closed by a reset, as a firewall does it
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)


def _body(environ: Environ) -> bytes:
    body: bytes = environ["wsgi.input"].read(_LARGEST_REQUEST)
    return body


def _headers(environ: Environ) -> dict[str, str]:
    return {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_")
    }
