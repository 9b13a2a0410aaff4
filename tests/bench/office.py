"""What the office does while everybody types: a batch, a file with its undo, a backup; through the pages, as people do.

Each is a span of time with a name, so that a wait can be laid beside what went on just then.
"""

import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from idapp.web.accounts import cookie_name

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 900
_STATUS = re.compile(r'data-state="(\w+)"')


@dataclass(frozen=True)
class Span:
    name: str
    begun: float
    ended: float


@dataclass
class Office:
    """Principal and clerk at the real server. ``faults``: what did not end as it should, in words."""

    address: str
    principal: str
    clerk: str
    is_open: Callable[
        [str], bool
    ]  # is the batch, the file ("batch", "writing", "reading") still at work?
    spans: list[Span] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except (OSError, http.client.HTTPException, AssertionError) as fault:
            self.faults.append(f"{name}: {type(fault).__name__} {fault}")
        self.spans.append(Span(name, begun, time.monotonic()))

    def run_batch(self) -> None:
        with self.span("batch"):
            self._post(self.principal, "/batches", {"scope": "school", "which": "ready"})
            self._wait("batch", "/batches", self.principal)

    def bring_file(self, workbook: bytes) -> None:
        with self.span("file checked"):
            place = self._upload(workbook)
            self._wait("reading", place, self.clerk)
        with self.span("file written"):
            self._post(self.clerk, f"{place}/confirm", {"from_ministry": "0"})
            self._wait("writing", place, self.clerk)
        with self.span("file undone"):
            self._post(self.clerk, f"{place}/undo", {})
            self._wait("undoing", place, self.clerk)

    def back_up(self, data: Path) -> None:
        """``flask backup``, as a clock of the machine would start it."""
        told = os.environ | {
            "IDAPP_DATA": str(data),
            "IDAPP_BACKUP_PASSPHRASE": "bốn từ của giờ cuối",
        }
        command = [
            sys.executable,
            "-m",
            "flask",
            "--app",
            "app",
            "backup",
            str(data.parent / "hour.age"),
        ]
        with self.span("backup"):
            done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr[-300:]

    def _wait(self, what: str, page: str, token: str) -> None:
        """As the page does that shows it: a look every two seconds."""
        end = time.monotonic() + _PATIENCE
        while self.is_open(what):
            assert time.monotonic() < end, "had not ended by then"
            time.sleep(min(2.0, 0.2 + time.monotonic() % 1))
            self._ask("GET", page, token)

    def _upload(self, workbook: bytes) -> str:
        boundary = "idapp-hour"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="truong.xlsx"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + workbook + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        place = self._ask("POST", "/imports", self.clerk, body, kind)
        assert place, "the file was not taken"
        return urlsplit(place).path

    def _post(self, token: str, path: str, form: dict[str, str]) -> str:
        kind = "application/x-www-form-urlencoded"
        return self._ask("POST", path, token, urlencode(form).encode(), kind)

    def _ask(
        self, method: str, path: str, token: str, body: bytes | None = None, kind: str = ""
    ) -> str:
        """Where the answer leads to."""
        connection = http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=120)
        headers = {"Cookie": f"{cookie_name()}={token}"}
        if method == "POST":
            headers |= {"Origin": self.address, "Content-Type": kind}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status < 400, f"{method} {path} answered {answer.status}"
        return answer.headers.get("Location", "")
