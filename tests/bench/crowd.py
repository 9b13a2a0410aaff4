"""People at work in the last hour: each with a session, a connection and a script of deeds, one after the other.

One thread a person, in one process that does little besides waiting, so that it takes little from the two cores it
shares with the server.
"""

import http.client
import itertools
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from idapp.web.accounts import cookie_name

# what one does again and again: mostly typing; a photo comes in the first round only
ROUND = (
    "open", *["edit"] * 5, "filter", *["edit"] * 4, "paste", *["edit"] * 4, "print",
    *["edit"] * 3, "photo", "edit", "board",
)  # fmt: skip
SAVES = ("edit", "paste")
_LONGEST = 300  # seconds: as long as a browser waits
_COLUMN = "ethnic_group"
_TEXTS = ("Tày", "Thái", "Mường", "Nùng", "Hoa", "Dao", "Khmer")  # nobody bears them before
_REFUSED = re.compile(r"<p[^>]*>([^<]{5,200})")


@dataclass(frozen=True)
class Done:
    """One deed: what, when it began (on the clock of ``time.monotonic``), how long it took, what was answered."""

    deed: str
    at: float
    seconds: float
    status: int
    said: str = ""

    @property
    def is_error(self) -> bool:
        """Anything but what was asked for; nobody else works on these pupils."""
        return not 200 <= self.status < 300


@dataclass
class Person:
    """One at a desk. ``pupils``: id and address as it stands, in the order of the table; nobody else's."""

    token: str
    class_id: int
    pupils: list[tuple[int, str]]
    photo: bytes
    done: list[Done] = field(default_factory=list)
    kept: dict[tuple[int, str], str] = field(default_factory=dict)  # what the server said it saved
    saves: int = 0  # cells that the history must hold
    # what was sent and never answered: the server may have saved it, also later than what came after
    unanswered: dict[tuple[int, str], set[str]] = field(default_factory=dict)
    _typed: int = 0
    _sent: dict[tuple[int, str], str] = field(default_factory=dict)
    _connection: http.client.HTTPConnection | None = None

    def work(
        self, addresses: Sequence[str], until: float, pause: float, *, first: int, least: int
    ) -> None:
        """Deeds from the ``first`` of the round on until that moment, but ``least`` so many; a pause of about so long
        after each.

        Every deed goes to the next of the addresses, as a proxy would send it: no web process knows anybody.
        """
        chance = random.Random(self.token)
        lines = {one: _line_to(one) for one in addresses}
        time.sleep(chance.random() * pause)
        for deed, address in zip(self._script(first), itertools.cycle(lines), strict=False):
            if time.monotonic() >= until and len(self.done) >= least:
                break
            self._connection = lines[address]
            self._do(deed, address)
            time.sleep(pause * chance.uniform(0.5, 1.5))
        for line in lines.values():
            line.close()

    def _script(self, first: int) -> Iterator[str]:
        yield from ROUND[first:]
        photos = 0 if "photo" in ROUND[first:] else 1
        while True:
            for deed in ROUND:
                if deed != "photo" or photos:
                    yield deed
                photos -= deed == "photo" and photos

    def _do(self, deed: str, address: str) -> None:
        ask: Callable[[str], tuple[int, str]] = getattr(self, f"_{deed}")
        began = time.monotonic()
        try:
            status, text = ask(address)
        except (OSError, http.client.HTTPException) as fault:
            status, text = 0, type(fault).__name__
            self._note_unanswered()
            if self._connection is not None:
                self._connection.close()
        took = time.monotonic() - began
        self._sent = {}
        said = ""
        if not 200 <= status < 300:
            said = " ".join(_REFUSED.findall(text)[:2]) or text[:80]
        self.done.append(Done(deed, began, took, status, said))

    def _note_unanswered(self) -> None:
        for cell, text in self._sent.items():
            self.unanswered.setdefault(cell, set()).add(text)

    # the deeds

    def _open(self, address: str) -> tuple[int, str]:
        return self._get(f"/classes/{self.class_id}")

    def _edit(self, address: str) -> tuple[int, str]:
        at = self._typed % len(self.pupils)
        self._typed += 1
        person_id, before = self.pupils[at]
        text = f"Ấp {self._typed} của {self.token[:6]}"
        form = {"value": text, "seen": self.kept.get((person_id, "address"), before)}
        self._sent = {(person_id, "address"): text}
        answer = self._post(address, f"/people/{person_id}/cells/address", form)
        if answer[0] == 200:
            self.kept[person_id, "address"] = text
            self.saves += 1
        return answer

    def _paste(self, address: str) -> tuple[int, str]:
        """A whole column for all of one's pupils."""
        self._typed += 1
        texts = [_TEXTS[(self._typed + at) % len(_TEXTS)] for at in range(len(self.pupils))]
        form = {
            "anchor_person": str(self.pupils[0][0]),
            "anchor_field": _COLUMN,
            "tsv": "\n".join(texts) + "\n",
            "match": "position",
            "confirm": "1",
            "rows": json.dumps([id_ for id_, _ in self.pupils]),
        }
        cells = [(person_id, _COLUMN) for person_id, _ in self.pupils]
        self._sent = dict(zip(cells, texts, strict=True))
        answer = self._post(address, f"/classes/{self.class_id}/paste", form)
        if answer[0] == 200:
            for cell, text in self._sent.items():
                self.saves += self.kept.get(cell) != text
                self.kept[cell] = text
        return answer

    def _filter(self, address: str) -> tuple[int, str]:
        return self._post(address, f"/classes/{self.class_id}", {"q": "nguyen"})

    def _print(self, address: str) -> tuple[int, str]:
        return self._get(f"/notices/check-sheets?class={self.class_id}")

    def _photo(self, address: str) -> tuple[int, str]:
        boundary = "idapp-hour"
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="photos"; filename="the.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = head.encode() + self.photo + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return self._ask("POST", f"/classes/{self.class_id}/photos", body, kind, address)

    def _board(self, address: str) -> tuple[int, str]:
        return self._get("/progress")

    # over the line

    def _get(self, path: str) -> tuple[int, str]:
        return self._ask("GET", path, None, "", "")

    def _post(self, address: str, path: str, form: dict[str, str]) -> tuple[int, str]:
        body = urlencode(form).encode()
        return self._ask("POST", path, body, "application/x-www-form-urlencoded", address)

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str, origin: str
    ) -> tuple[int, str]:
        headers = {"Cookie": f"{cookie_name()}={self.token}", "Accept-Encoding": "gzip"}
        if method == "POST":
            headers |= {"Origin": origin, "HX-Request": "true", "Content-Type": kind}
        assert self._connection is not None
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        data = answer.read()
        # only what went wrong is looked at
        text = "" if answer.status < 300 else data.decode("utf-8", "replace")
        return answer.status, text


def _line_to(address: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(address).netloc, timeout=_LONGEST)


def all_work(
    addresses: Sequence[str],
    people: Sequence[Person],
    *,
    seconds: float,
    pause: float,
    least: int = 0,
) -> list[threading.Thread]:
    """Set everybody to work, each at another place of the round; whoever called waits for the threads."""
    until = time.monotonic() + seconds
    threads = [
        threading.Thread(
            target=one.work,
            args=(addresses, until, pause),
            kwargs={"first": at % len(ROUND), "least": least},
        )
        for at, one in enumerate(people)
    ]
    for thread in threads:
        thread.start()
    return threads
