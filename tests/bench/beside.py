"""The same class of 45 in the same ten columns, beside Flask-Admin on Peewee and Django's admin (bars S3, N1).

Each is a process of its own under waitress (we with 10 threads, the peers with 16), signed in, with its protection
against forgery, asked over HTTP by the same client in turns, so that a busy machine is as busy for each. Peers are
installed by ``make bench`` into ``build/bench-venv``; without them only our own lines are printed.
"""

import gzip
import http.client
import json
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

from idapp import accounts
from idapp.database import connected
from idapp.models import Person
from idapp.web.accounts import cookie_name
from tests.bench.figures import Figure
from tests.bench.ground import CLASS_SIZE, CLASSES, FIELD_NAMES, OPENED, Ground, lines
from tests.serving import served

ROOT = Path(__file__).resolve().parents[2]
PEERS, PEER_PYTHON = (
    Path(__file__).parent / "peers",
    ROOT / "build" / "bench-venv" / "bin" / "python",
)
COLUMNS = (
    "full_name", "date_of_birth", "gender", "identity_number", "province", "district", "commune", "address",
    "ethnic_group", "ministry_code",
)  # fmt: skip
ROUNDS = 25


class Browser:
    """One connection, its cookies, no cache."""

    def __init__(self, address: str) -> None:
        self.address, self.cookies = address, dict[str, str]()
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def ask(
        self, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, bytes, int]:
        """Status, body as text shows it, bytes that went over the line."""
        told = {
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
            "Accept-Encoding": "gzip",
            "Origin": self.address,
            "Referer": self.address + path,
            **headers,
        }
        if form is not None:
            told["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(
            "GET" if form is None else "POST", path, form and urlencode(form), told
        )
        answer = self._connection.getresponse()
        body = answer.read()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return answer.status, gzip.decompress(body) if packed else body, len(body)

    def first_load(self, path: str) -> int:
        """Bytes of the page with every style sheet and script it names, and the modules these import."""
        _, page, total = self.ask(path)
        waiting = {urljoin(path, found) for found in _NAMED.findall(page.decode())}
        had: set[str] = set()
        while waiting - had:
            one = sorted(waiting - had)[0]
            had.add(one)
            status, body, size = self.ask(one)
            if status != 200:
                sys.exit(f"{self.address}{one} answered {status}")
            total += size
            if one.split("?")[0].endswith(".js"):
                waiting |= {urljoin(one, found) for found in _IMPORTED.findall(body.decode())}
        return total


_NAMED = re.compile(r"""(?:<script[^>]+src|<link[^>]+href)="([^"]+\.(?:js|css)(?:\?[^"]*)?)\"""")
_IMPORTED = re.compile(r"""(?:from|import)\s*['"](\./[^'"]+|\.\./[^'"]+)['"]""")


@dataclass
class Contender:
    """Somebody who can open a class and save a cell; ``save`` gets a text that was never typed before."""

    name: str
    browser: Browser
    page: str
    save: Callable[[str], int]  # bytes that came down
    opened: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    page_bytes: int = 0
    packed_bytes: int = 0
    save_bytes: int = 0
    first_bytes: int = 0

    def play(self, serial: int) -> None:
        begun = time.perf_counter()
        status, page, self.packed_bytes = self.browser.ask(self.page)
        opened = time.perf_counter()
        self.save_bytes = self.save(f"Ấp {serial}")
        self.saved.append(time.perf_counter() - opened)
        self.opened.append(opened - begun)
        self.page_bytes = len(page)
        if status != 200:
            sys.exit(f"{self.name}: the class answered {status}")


def figures(ground: Ground) -> Iterator[Figure]:
    with ExitStack() as running:
        contenders = [running.enter_context(_ourselves(ground)), *_peers(ground, running)]
        for serial in range(ROUNDS + 3):
            for one in contenders:
                one.play(serial)
        for one in contenders:
            one.first_bytes = one.browser.first_load(one.page)
    yield from _lines(contenders)


def _lines(contenders: list[Contender]) -> Iterator[Figure]:
    """A peer's ratio says how often we could do the same in its time."""
    us = contenders[0]
    for one in contenders:
        ours, against = (statistics.median(us.opened[3:]), "idapp") if one is not us else (0.0, "")
        sizes = f"page {one.page_bytes:,} bytes, sent {one.packed_bytes:,}; first load {one.first_bytes:,}"
        yield Figure(
            f"open a class: {one.name}", statistics.median(one.opened[3:]), ours, against, sizes
        )
    for one in contenders:
        ours, against = (statistics.median(us.saved[3:]), "idapp") if one is not us else (0.0, "")
        down = f"{one.save_bytes:,} bytes down"
        yield Figure(
            f"save a cell: {one.name}", statistics.median(one.saved[3:]), ours, against, down
        )


@contextmanager
def _ourselves(ground: Ground) -> Iterator[Contender]:
    with connected():
        school_class = ground.opened_class
        person = (
            Person.select().where(Person.school_class == school_class).order_by(Person.id).first()
        )
        token = accounts.start_session(ground.cast.lan)
    with served(ground.folder / "var") as address:
        browser, last = Browser(address), [person.address]
        browser.cookies[cookie_name()] = token

        def save(text: str) -> int:
            sent = {"value": text, "seen": last[0]}
            status, _, size = browser.ask(
                f"/people/{person.id}/cells/address", sent, **{"HX-Request": "true"}
            )
            last[0] = text
            return _expect(status, 200, size)

        yield Contender("idapp", browser, f"/classes/{school_class.id}", save)


def _peers(ground: Ground, running: ExitStack) -> Iterator[Contender]:
    if not PEER_PYTHON.exists():
        print(
            "\nNo peers: build/bench-venv is missing (`make bench` makes it if packages can be installed)."
        )
        return
    yield _flask_admin(running.enter_context(flask_admin(ground)))
    yield _django(running.enter_context(_peer(["-m", "django_peer"], ground.folder)))


@contextmanager
def flask_admin(ground: Ground) -> Iterator[str]:
    """Its address, with the same school in it; only where the peers are installed."""
    rows = [
        [CLASSES.index(line[0]), *(line[FIELD_NAMES.index(name)] for name in COLUMNS)]
        for line in lines()
    ]
    school = {"columns": COLUMNS, "class_size": CLASS_SIZE, "rows": rows}
    (ground.folder / "school.json").write_text(json.dumps(school), encoding="utf-8")
    (ground.folder / "flask_admin.db").unlink(missing_ok=True)
    with _peer([str(PEERS / "flask_admin_peer.py")], ground.folder) as address:
        yield address


@contextmanager
def _peer(command: list[str], folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [str(PEER_PYTHON), *command, str(folder)], cwd=PEERS, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip() or sys.exit(
            f"the peer {command[-1]} did not come up"
        )
    finally:
        process.terminate()
        process.wait(20)


def _flask_admin(address: str) -> Contender:
    browser, path, save = flask_admin_teacher(address, CLASSES.index(OPENED))
    return Contender("Flask-Admin 2.2.1", browser, path, save)


def flask_admin_teacher(address: str, class_no: int) -> tuple[Browser, str, Callable[[str], int]]:
    """Somebody signed in who looks at a class: the browser, the page, and how to save an address in its first row."""
    browser = Browser(address)
    browser.ask("/sign-in")
    path = f"/admin/pupil/?page={class_no}"
    page = browser.ask(path)[1].decode()
    token = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', page)[1]
    person_id = re.search(r'data-pk="(\d+)"', page)[1]

    def save(text: str) -> int:
        sent = {"list_form_pk": person_id, "address": text, "csrf_token": token}
        status, _, size = browser.ask("/admin/pupil/ajax/update/", sent)
        return _expect(status, 200, size)

    return browser, path, save


def _django(address: str) -> Contender:
    """Saving is a form of all 450 inputs; the answer leads back to the page."""
    browser = Browser(address)
    browser.ask("/admin/login/")
    secret = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    signed = browser.ask(
        "/admin/login/?next=/admin/", secret | {"username": "clerk", "password": "peer-password"}
    )
    _expect(signed[0], 302, 0)
    path = f"/admin/django_peer/pupil/?class_no__exact={CLASSES.index(OPENED)}"

    def save(text: str) -> int:
        sent = form | {"form-0-address": text, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        status, _, first = browser.ask(path, sent)
        return _expect(status, 302, first) + browser.ask(path)[2]

    form = Inputs.of(browser.ask(path)[1].decode())
    return Contender("Django admin 5.2.19", browser, path, save)


class Inputs(HTMLParser):
    """Names and values of the inputs of the changelist."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    @classmethod
    def of(cls, page: str) -> dict[str, str]:
        reader = cls()
        reader.feed(page)
        return reader.found | {"_save": "Save"}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "input" and (told.get("name") or "").startswith("form-"):
            self.found[told["name"]] = told.get("value") or ""


def _expect(status: int, wanted: int, size: int) -> int:
    if status != wanted:
        sys.exit(f"answered {status}, not {wanted}")
    return size
