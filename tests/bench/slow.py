"""A telephone on a slow line (bar L3): Chromium at 400 kbit/s with 400 ms to the server and a fourth of the processor.

Usable means: a cell of the table is there to be moved to, its script has run. Confirmed means: the page says that the
cell is saved. Both on the clock of the page, the middle of five. What decides it is counted too, and that does not
depend on how busy the machine is: requests until the table is usable, and the bytes of all of them on the line.
"""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from idapp import accounts
from idapp.database import connected
from idapp.models import SchoolClass
from idapp.web.accounts import cookie_name
from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.browser import chromium, chromium_or_skip
from tests.serving import served

FIRST, LATER, SAVED = 2.0, 0.9, 0.6  # seconds
BARS = (
    f"the table of a class usable within {FIRST:.1f} s on the first visit, {LATER:.1f} s later",
    f"a saved cell confirmed within {SAVED:.1f} s",
)
_TIMES = 5
_LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
_NOTE_USABLE = """new MutationObserver((_, watch) => {
  if (!document.querySelector('[role=grid] td[tabindex="0"]')) return;
  window.usableAt = performance.now();
  watch.disconnect();
}).observe(document, {subtree: true, childList: true, attributes: true})"""
_WAIT_UNTIL_SAVED = """cell => new Promise(done => {
  const look = () => cell.dataset.save === 'saved' && done(performance.now() - sent);
  let sent = 0;
  addEventListener('keydown', (event) => {
    if (event.key === 'Enter') sent = performance.now();
  }, true);
  new MutationObserver(look).observe(cell, {attributeFilter: ['data-save']});
})"""


@dataclass
class Visit:
    """Seconds until the table was usable; the requests under way by then, what was answered, in bytes, and the
    addresses that the page itself does not name: each costs a round trip more."""

    usable: float
    requests: int
    size: int
    chained: list[str]


def figures(ground: Ground) -> Iterator[Figure]:
    with connected():
        token = accounts.start_session(ground.cast.lan)
        school_class = ground.opened_class
    with served(ground.folder / "var") as address, chromium(chromium_or_skip()) as browser:
        first, later, saved = [], [], []
        for number in range(_TIMES):
            context = window(browser, address, token)
            page, line = slow_page(context)
            first.append(visit(page, line, school_class))
            later.append(visit(page, line, school_class))
            saved.append(save(page, f"Ấp {number} xa"))
            context.close()
    yield _of_visits("first visit, usable", first, FIRST)
    yield _of_visits("later visit, usable", later, LATER)
    yield Figure("a saved cell, confirmed", statistics.median(saved), SAVED, "the bar")


def _of_visits(name: str, visits: list[Visit], bar: float) -> Figure:
    last = visits[-1]
    more = f"{last.requests} requests, {last.size:,} bytes before it"
    return Figure(name, statistics.median(v.usable for v in visits), bar, "the bar", more)


def window(browser: Browser, address: str, token: str) -> BrowserContext:
    """One with nothing kept, in which the teacher is signed in."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=address)
    context.add_cookies([{"name": cookie_name(), "value": token, "url": address}])
    return context


def slow_page(context: BrowserContext) -> tuple[Page, CDPSession]:
    context.add_init_script(_NOTE_USABLE)
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", _LINE)
    line.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    return page, line


def visit(page: Page, line: CDPSession, school_class: SchoolClass) -> Visit:
    """Go to the class until its table is usable."""
    asked: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []

    def note_asked(event: dict[str, Any]) -> None:
        asked.append(event)

    def note_ended(event: dict[str, Any]) -> None:
        ended.append(event)

    line.on("Network.requestWillBeSent", note_asked)
    line.on("Network.loadingFinished", note_ended)
    page.goto(f"/classes/{school_class.id}", wait_until="commit")
    page.locator('[role=grid] td[tabindex="0"]').wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    line.remove_listener("Network.requestWillBeSent", note_asked)
    line.remove_listener("Network.loadingFinished", note_ended)
    usable, begun = page.evaluate("[window.usableAt, performance.timeOrigin]")
    # the two clocks of Chromium: one since 1970, one since the machine started
    moment = (begun + usable) / 1000 - asked[0]["wallTime"] + asked[0]["timestamp"]
    before = [event for event in asked if event["timestamp"] < moment]
    late = [event for event in before if event["initiator"]["type"] not in ("parser", "other")]
    return Visit(
        usable=usable / 1000,
        requests=len(before),
        size=sum(int(event["encodedDataLength"]) for event in ended if event["timestamp"] < moment),
        chained=[urlsplit(event["request"]["url"]).path for event in late],
    )


def save(page: Page, text: str) -> float:
    """Type into the first pupil's address; seconds from the last key until the cell says that it is saved."""
    cell = page.locator("[role=grid] td[data-field=address]").first
    cell.click()
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(text)
    cell.evaluate(f"cell => {{ window.confirmed = ({_WAIT_UNTIL_SAVED})(cell); }}")
    page.keyboard.press("Enter")
    return float(page.evaluate("window.confirmed")) / 1000
