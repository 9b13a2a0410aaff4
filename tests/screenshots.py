"""Pictures of the README and of the guides, from the running demo: ``make screenshots``.

A demo tree of its own, on a free port and in a temporary folder, driven by the system's Chromium; then it is stopped.
Each picture says which page it shows; ``tests/web/test_help.py`` fails when that page or the
picture is no longer there.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "docs" / "screens"
HELP = ROOT / "static" / "help"
SAMPLE = ROOT / "tests" / "samples" / "workbooks" / "ho-so-hoc-sinh.xlsx"
DESK = (1280, 800)
GUIDE = (1000, 640)  # a guide is a narrow column
PHONE = (390, 844)
COLOURS = 64  # text on flat ground needs no more
LARGEST = 150 * 1024
LONGEST_BATCH = 240  # seconds
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def _as_it_opens(_: Page) -> None:
    """Nothing to be done."""


def _first_problem(page: Page) -> None:
    page.click("#next-problem")


def _record_with_a_problem(page: Page) -> None:
    page.click("tr[data-status=incomplete] td.state a")
    page.wait_for_load_state()


def _upload(page: Page) -> None:
    page.set_input_files("#file", SAMPLE)
    page.click("form[data-upload] button.primary")
    page.wait_for_selector("#import-write, [data-question]", timeout=60_000)
    if page.locator("[data-question]").count():
        _confirm_questions(page)


def _confirm_questions(page: Page) -> None:
    for tick in page.locator("input[name=anyway]").all():
        tick.check()
    page.get_by_role("button", name="Tiếp tục xem trước").click()
    page.wait_for_selector("#import-write", timeout=60_000)


def _batch(page: Page) -> None:
    page.click("form[method=post][action='/batches'] button.primary")
    page.wait_for_selector(
        "[data-batch-state=finished]", timeout=LONGEST_BATCH * 1000, state="attached"
    )
    page.reload()


def _last_batch(page: Page) -> None:
    page.click("tbody a")
    page.wait_for_load_state()


def _first_mismatch(page: Page) -> None:
    page.click("tr[data-status=mismatch] th a")
    page.wait_for_load_state()


@dataclass(frozen=True)
class Picture:
    """One page as one user sees it.

    path     the page that is shown in the end, ids written as 1
    start    where the way there begins, if it is another page
    prepare  what is done there first
    """

    name: str
    user: str
    path: str
    start: str = ""
    prepare: Callable[[Page], None] = _as_it_opens
    size: tuple[int, int] = GUIDE


# In this order: some show what a batch has left behind.
PICTURES = (
    Picture("dang-nhap", "", "/login"),
    Picture("bang-lop", "gv5a", "/classes/1", "/classes/by-name/5A", _first_problem),
    Picture("ho-so", "gv5a", "/people/1", "/classes/by-name/5A", _record_with_a_problem),
    Picture("nhap-tep", "vanthu", "/imports/new"),
    Picture("trang-kiem-tra", "vanthu", "/imports/1", "/imports/new", _upload),
    Picture("dot-chuan-bi", "hieutruong", "/batches/new"),
    Picture("dot-theo-doi", "hieutruong", "/batches/1", "/batches/new", _batch),
    Picture("tien-do", "hieutruong", "/progress"),
    Picture("giay-to", "gv5a", "/notices"),
    Picture("doi-chieu", "gv5a", "/notices/1", "/notices", _first_mismatch),
)
PICTURES_OF_README = (
    Picture("class", "gv5a", "/classes/1", "/classes/by-name/5A", size=DESK),
    Picture("phone", "gv5a", "/classes/1", "/classes/by-name/5A", size=PHONE),
    Picture("batch", "hieutruong", "/batches/1", "/batches", _last_batch, size=DESK),
    Picture("board", "hieutruong", "/progress", size=DESK),
    Picture("notices", "hieutruong", "/notices", size=DESK),
)


def main() -> int:
    """Take all of them; 1 when one is too large for a slow line."""
    with demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        _take(browser, base, PICTURES, HELP)
        _take(browser, base, PICTURES_OF_README, README)
        browser.close()
    sizes = {path: path.stat().st_size for path in (*HELP.glob("*.png"), *README.glob("*.png"))}
    print("\n".join(f"{path.name:<20}{size / 1024:7.1f} KB" for path, size in sizes.items()))
    return int(any(size > LARGEST for size in sizes.values()))


def chromium() -> str:
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if not found:
        sys.exit("No Chromium found. Install the system's package chromium.")
    return found


@contextmanager
def demo() -> Iterator[str]:
    """The demo tree in an empty folder; yields its address."""
    kept = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("REGISTRY", "IDAPP", "DATABASE_URL", "REDIS_URL"))
    }
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        port = str(free_port())
        ours = {
            "IDAPP_DEMO": "1",
            "IDAPP_DATA": str(Path(folder) / "var"),
            "PORT": port,
            "HOST": "127.0.0.1",
        }
        command = [sys.executable, str(ROOT / "app.py")]
        tree = subprocess.Popen(
            command, cwd=ROOT, env=kept | ours, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/login", tree, Path(log.name))
            yield f"http://127.0.0.1:{port}"
        finally:
            tree.send_signal(signal.SIGTERM)
            tree.wait(30)


def _wait_for(url: str, tree: "subprocess.Popen[bytes]", log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and tree.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    sys.exit(f"The demo did not start:\n{log.read_text()[-3000:]}")


def _take(browser: Browser, base: str, pictures: Iterable[Picture], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        context = _window(browser, base, picture.size)
        page = context.new_page()
        if picture.user:
            _sign_in(page, picture.user)
        page.goto(picture.start or picture.path)
        picture.prepare(page)
        page.wait_for_timeout(600)  # fonts and the first poll
        path = re.sub(r"\d+", "1", urlsplit(page.url).path)
        if path != picture.path:
            sys.exit(f"{picture.name} shows {path}, not {picture.path}")
        (folder / f"{picture.name}.png").write_bytes(_smaller(page.screenshot()))
        context.close()


def _window(browser: Browser, base: str, size: tuple[int, int]) -> BrowserContext:
    width, height = size
    phone = size == PHONE
    return browser.new_context(
        base_url=base,
        viewport={"width": width, "height": height},
        device_scale_factor=1,
        is_mobile=phone,
        has_touch=phone,
        locale="vi-VN",
    )


def _sign_in(page: Page, name: str) -> None:
    page.goto("/login")
    page.fill("#username", name)
    page.fill("#password", f"demo-{name}")
    page.click("button.primary")
    page.wait_for_load_state()


def _smaller(png: bytes) -> bytes:
    """The same picture with a palette: a third of the bytes."""
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    sys.exit(main())
