"""Helpers of the browser tests: the real process tree, the real Chromium, and what a person does in it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect, sync_playwright

from tests.ports import free_port

# With four files at a time on a small machine a page may take a while; where the time itself is the
# promise ("within five seconds"), the test names it.
expect.set_options(timeout=15_000)

ROOT = Path(__file__).resolve().parent.parent
SCREENS = ROOT / "build" / "screens"
# Chromium without windows first where it is there: the same engine, and the tests take a fifth less of the machine
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_OF_THE_DEVELOPER = (
    "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HOST", "IDAPP_HTTPS", "IDAPP_DEMO_PLACES",
)  # fmt: skip


def chromium_or_skip() -> str:
    """Where Chromium is; without one the test is skipped, and says so where nobody can overlook it."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        print(
            "\n*** NO CHROMIUM: BROWSER TEST SKIPPED. Install the package 'chromium'. ***",
            file=sys.__stderr__,
        )
        pytest.skip("no Chromium on this machine: the loop was NOT played in a browser")
    return found


@contextmanager
def process_tree(data: Path, **more: str) -> Iterator[str]:
    """`python app.py` on this data folder; its address once it is healthy. At the end SIGTERM, which must be enough."""
    port = more.get("PORT") or free_port()
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in _OF_THE_DEVELOPER and not k.startswith("REGISTRY")
    }
    environment = kept | {"IDAPP_DATA": str(data), "PORT": str(port)} | more
    log = data.parent / "app.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_healthy(address, process, log)
        try:
            yield address
        except BaseException:
            print(f"What the processes said:\n{log.read_text(errors='replace')[-3000:]}")
            raise
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, log.read_text(errors="replace")[-2000:]
    finally:
        if process.poll() is None:
            process.kill()  # the children die with it
            process.wait()


def _wait_until_healthy(
    address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 90
) -> None:
    end = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < end:
        if _health(address) == {"database": "ok", "queue": "ok", "worker": "ok"}:
            return
        time.sleep(0.2)
    pytest.fail(f"The app did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def _health(address: str) -> Mapping[str, str]:
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            told = json.load(answer)
    except (urllib.error.URLError, OSError):
        return {}
    return {key: told.get(key) for key in ("database", "queue", "worker")}


class _SharedChromium:
    """The one browser of a test process, from the first test that needs it until the end of the run."""

    def __init__(self, executable: str) -> None:
        self._playwright = sync_playwright().start()
        self.browser = self._playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)

    def close(self) -> None:
        self.browser.close()
        self._playwright.stop()


_shared: list[_SharedChromium] = []


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """A Chromium without windows; those that are opened in it are closed at the end, with all they
    remember. Starting one costs two seconds of work, so a process keeps it for its next file."""
    if _shared and not _shared[0].browser.is_connected():
        close_chromium()
    if not _shared:
        _shared.append(_SharedChromium(executable))
    browser = _shared[0].browser
    try:
        yield browser
    finally:
        for context in browser.contexts:
            context.close()


def close_chromium() -> None:
    """At the end of a run."""
    while _shared:
        _shared.pop().close()


class Desk:
    """One user of the demo school at a browser of his own."""

    def __init__(self, browser: Browser, address: str, username: str) -> None:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, base_url=address)
        self.username = username
        self.page: Page = context.new_page()
        self.script_errors: list[str] = []
        self.page.on("pageerror", lambda error: self.script_errors.append(str(error)))
        self.page.goto("/login")
        self.page.fill("#username", username)
        self.page.fill("#password", f"demo-{username}")
        self.page.click("button.primary")
        expect(self.page.locator("[data-banner=deadline]")).to_be_visible()

    def keep(self, name: str) -> None:
        """A picture for people to look at."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        for _ in range(3):  # a Chromium just installed, or short of time, sometimes cannot
            with suppress(Error):
                self.page.screenshot(path=SCREENS / f"{name}.png")
                return

    def row(self, person_id: str) -> Locator:
        return self.page.locator(f'table[role=grid] tr[data-person-id="{person_id}"]')

    def cell(self, person_id: str, field: str) -> Locator:
        return self.row(person_id).locator(f'td[data-field="{field}"]')

    def type_in(self, person_id: str, field: str, text: str) -> None:
        """Select the cell, then as in Excel: Enter, the text, Enter; back when the server has answered."""
        keyboard = self.page.keyboard
        self.cell(person_id, field).click()
        keyboard.press("Enter")
        keyboard.press("ControlOrMeta+a")
        keyboard.insert_text(text)
        with self.page.expect_response(
            lambda answer: f"/people/{person_id}/cells/{field}" in answer.url
        ):
            keyboard.press("Enter")

    def banner(self) -> tuple[int, int]:
        """Done and total, as the banner says."""
        mark = self.page.locator("[data-banner=deadline]")
        return int(mark.get_attribute("data-done") or -1), int(
            mark.get_attribute("data-total") or -1
        )
