"""Pictures of the README, taken from the running demo: ``make screenshots`` (docs/screens/*.png).

A demo tree of its own, on a free port and in a temporary folder, driven by the system's Chromium; then it is stopped.
"""

import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screens"
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
LARGEST = 150 * 1024
LONGEST_BATCH = 240  # seconds
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    with demo() as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=SWITCHES)
        _of_the_teacher(browser, base)
        _of_the_principal(browser, base)
        browser.close()
    sizes = {path.name: path.stat().st_size for path in sorted(TARGET.glob("*.png"))}
    print("\n".join(f"{name:<14}{size / 1024:7.1f} KB" for name, size in sizes.items()))
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


def _of_the_teacher(browser: Browser, base: str) -> None:
    """The class table, on a desk and on a phone."""
    _shoot(_signed_in(browser, base, "gv5a", DESK), "class")
    _shoot(_signed_in(browser, base, "gv5a", PHONE), "phone")


def _of_the_principal(browser: Browser, base: str) -> None:
    """A batch that has run; the board of the school and the notices as they stand after it."""
    page = _signed_in(browser, base, "hieutruong", DESK)
    page.goto(f"{base}/batches/new")
    page.click("form[method=post][action='/batches'] button.primary")
    page.wait_for_selector(
        "[data-batch-state=finished]", timeout=LONGEST_BATCH * 1000, state="attached"
    )
    page.reload()
    _shoot(page, "batch")
    page.goto(f"{base}/progress")
    _shoot(page, "board")
    page.goto(f"{base}/notices")
    _shoot(page, "notices")


def _signed_in(browser: Browser, base: str, name: str, size: dict[str, int]) -> Page:
    phone = size is PHONE
    context = browser.new_context(
        viewport=size, device_scale_factor=1, is_mobile=phone, has_touch=phone
    )
    page = context.new_page()
    page.goto(f"{base}/login")
    page.fill("#username", name)
    page.fill("#password", f"demo-{name}")
    page.click("button.primary")
    page.wait_for_load_state()
    return page


def _shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(600)  # fonts and the first poll
    (TARGET / f"{name}.png").write_bytes(_smaller(page.screenshot()))


def _smaller(png: bytes) -> bytes:
    """The same picture with a palette: text on flat ground needs no more than 256 colours, and half the bytes."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    depth = {2: 3, 6: 4}[kind]
    pixels = [
        bytes(line[at : at + 3])
        for line in _lines(png, width * depth, depth)
        for at in range(0, len(line), depth)
    ]
    palette = [colour for colour, _ in Counter(pixels).most_common(256)]
    place = {colour: _nearest(colour, palette) for colour in set(pixels)}
    indices = bytes(place[colour] for colour in pixels)
    rows = b"".join(b"\0" + indices[at : at + width] for at in range(0, len(indices), width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = (
        (b"IHDR", head),
        (b"PLTE", b"".join(palette)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return png[:8] + b"".join(_chunk(name, data) for name, data in parts)


def _nearest(colour: bytes, palette: list[bytes]) -> int:
    return min(
        range(len(palette)),
        key=lambda at: sum((a - b) ** 2 for a, b in zip(colour, palette[at], strict=True)),
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _lines(png: bytes, length: int, depth: int) -> Iterator[bytearray]:
    """The unfiltered rows of a PNG without interlace."""
    at, packed = 8, b""
    while at < len(png):
        size = int.from_bytes(png[at : at + 4], "big")
        packed += png[at + 8 : at + 8 + size] if png[at + 4 : at + 8] == b"IDAT" else b""
        at += size + 12
    raw, above = zlib.decompress(packed), bytearray(length)
    for start in range(0, len(raw), length + 1):
        line = bytearray(raw[start + 1 : start + 1 + length])
        for i in range(length):
            left, corner = (line[i - depth], above[i - depth]) if i >= depth else (0, 0)
            line[i] = (line[i] + _predicted(raw[start], left, above[i], corner)) & 0xFF
        above = line
        yield line


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        return min((left, up, corner), key=lambda near: abs(left + up - corner - near))
    return (0, left, up, (left + up) // 2)[kind]


if __name__ == "__main__":
    sys.exit(main())
