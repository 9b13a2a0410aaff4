"""What the tests of the register share: its invented people, every way in, a server that answers as it is told."""

import contextlib
import json
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import urllib3

from idapp.registry import Question, RegistryConfig, SoapConnector, new_request_code
from idapp.registry.protocol import read_answer
from idapp.registry.simulator.server import Server

SAMPLES = Path(__file__).parent / "samples" / "registry"
VECTORS = json.loads((SAMPLES / "vectors.json").read_text(encoding="utf-8"))
CONFIG = RegistryConfig("http://127.0.0.1:9/", procedure="SIM-DVC-01", officer="100084900777")
NUMBER = "100314900002"
DAO = Question(7, "SIM1", NUMBER, "Lục Thị Ánh Đào", "2014-03-17", "female")
PEOPLE = [
    {
        "number": NUMBER,
        "full_name": "Lục Thị Ánh Đào",
        "born": "2014-03-17",
        "sex": 2,
        "father": "Lục Hư Cấu",
    },
    {"number": "100213900001", "full_name": "Phùng Hữu Đức", "born": "2013-09-05", "sex": 1},
    {"number": "100215900003", "full_name": "H'Hư Cấu Niê", "born": "2015", "sex": 0},
]


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def ask(config: RegistryConfig, question: Question = DAO, **changes: str):
    connector = SoapConnector(config)
    try:
        code = new_request_code(datetime.now(UTC))
        return connector.ask(replace(question, request_code=code, **changes))
    finally:
        connector.close()


def read(
    body: bytes | str,
    question: Question = DAO,
    status: int = 200,
    kind: str = "text/xml",
    **config: str,
):
    body = body.encode() if isinstance(body, str) else body
    return read_answer(body, kind, status, question, replace(CONFIG, **config))


SOAP = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:c="http://www.mic.gov.vn/dancu/1.0" '
    'xmlns:d="http://dancuquocgia.bca"><e:Body>%s</e:Body></e:Envelope>'
)
NO_MATCH, COLLECTION = (
    SOAP % "<c:CongdanCollection/>",
    SOAP % "<c:CongdanCollection %s>%s</c:CongdanCollection>",
)

ACCESS = {"user": "SIM_TRUONG", "secret": "sim-not-a-secret", "hash_path": "/sim/tracuu037"}
PARTNER = {"app_name": "sim-app", "partner_code": "SIM", "partner_code_cus": "SIM-CUS"}
WAYS = {
    "signature": ({"mode": "signature", **ACCESS}, {"auth": "signature", **ACCESS}),
    "signature in seconds": (
        {"mode": "signature", "timestamp": "s", **ACCESS},
        {"auth": "signature", "timestamp": "s", "unit": "SIM-DONVI-01", **ACCESS},
    ),
    "exchange": ({"mode": "lgsp", **ACCESS, **PARTNER}, {"auth": "lgsp", **ACCESS, **PARTNER}),
    "gateway": (
        {"mode": "gateway", "api_key": "sim-key"},
        {"auth": "gateway", "api_key": "sim-key"},
    ),
    "none": ({"mode": "none"}, {"auth": "none", "match": "full", "name_key": "spaces"}),
}


@contextlib.contextmanager
def running_simulator(
    people: Sequence[Mapping[str, Any]], rules: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """A simulator in this process, on a free port; yields its address."""
    with tempfile.TemporaryDirectory() as folder:
        people_file = Path(folder) / "people.json"
        people_file.write_text(json.dumps(list(people)), encoding="utf-8")
        server = Server(people_file, rules=rules)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        try:
            yield server.address
        finally:
            server.stop()
            thread.join(timeout=5)


@contextlib.contextmanager
def register(way: str = "none", **rules: object) -> Iterator[RegistryConfig]:
    access, config = WAYS[way]
    with running_simulator(PEOPLE, {"access": access, "slow_ms": 3000, **rules}) as url:
        limits = {"connect_timeout": 0.3, "read_timeout": 0.4, "concurrency": 20}
        yield replace(CONFIG, url=url + "tracuu", token_url=url + "token", **limits, **config)


def tell(config: RegistryConfig, **rules: object) -> int:
    url = config.url.replace("tracuu", "rules")
    return urllib3.request(
        "POST", url, json=rules, headers={"Content-Type": "application/json"}
    ).status


def log(config: RegistryConfig, calls: bool = False) -> dict:
    return urllib3.request(
        "GET", config.url.replace("tracuu", "log?calls=1" if calls else "log")
    ).json()


@contextlib.contextmanager
def raw_server(reply: bytes, pause: float = 0, received: list | None = None):
    """Answers every connection with these bytes, ``pause`` seconds between each ten, then hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    done = threading.Event()

    def answer() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            connection.settimeout(2)
            with connection as wire:
                said = b""
                while not said.rstrip().endswith(b"Envelope>"):
                    said += wire.recv(65_536) or b"Envelope>"
                if received is not None:
                    received.append(said)
                for at in range(0, len(reply), 10 if pause else len(reply) or 1):
                    wire.sendall(reply[at : at + 10] if pause else reply)
                    if done.wait(pause):
                        break

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        done.set()
        thread.join(timeout=5)
        listener.close()
