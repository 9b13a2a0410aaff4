"""A batch as people see it: the clerk prepares, the principal opens, an outage comes and goes, the page follows."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import Desk, chromium, chromium_or_skip, process_tree

pytestmark = pytest.mark.browser
SETTLED = "#batch-progress [role=progressbar]"


@pytest.fixture(scope="module")
def school(
    tmp_path_factory: pytest.TempPathFactory, demo_folder: Path
) -> Iterator[tuple[str, Path]]:
    chromium_or_skip()
    data = tmp_path_factory.mktemp("batches") / "var"
    shutil.copytree(demo_folder, data)
    with process_tree(data, IDAPP_DEMO="1", IDAPP_TODAY="2022-10-16") as address:
        yield address, data


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as browser:
        yield browser


def rules(data: Path, **changed: object) -> None:
    """The rehearsal register reads its file again when it changes."""
    file = data / "register-rules.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def test_a_batch_from_preparing_to_the_minutes(school: tuple[str, Path], browser: Browser) -> None:
    address, data = school
    clerk, principal = Desk(browser, address, "vanthu"), Desk(browser, address, "hieutruong")
    rules(data, latency_ms=150, shares={})
    clerk.page.goto("/batches/new?scope=school")
    clerk.page.click("form[action='/batches'] button.primary")
    expect(clerk.page.locator("[data-batch-state=prepared]")).to_be_visible()
    principal.page.goto("/classes")
    principal.page.click("[data-running-batch]")
    principal.page.click("text=Mở đợt, gửi")
    progress = principal.page.locator("#batch-progress")
    expect(progress).to_have_attribute("data-batch-state", "running")
    expect(progress).to_contain_text("hồ sơ/giây")
    expect(
        principal.page.locator("#batch-problems table a").first
    ).to_be_visible()  # usable before the end
    principal.keep("batch-running")
    principal.page.context.set_offline(True)
    expect(principal.page.locator("#lost-contact")).to_contain_text("Mất liên lạc với máy chủ")
    principal.page.context.set_offline(False)
    expect(principal.page.locator("#lost-contact")).to_be_hidden()

    rules(data, latency_ms=150, shares={"http_503": 1.0}, retry_after="0")
    expect(progress).to_have_attribute("data-batch-state", "paused", timeout=15_000)
    expect(progress).to_contain_text("Thử lại lúc")
    expect(principal.page.locator("#batch-actions")).to_contain_text("Chạy tiếp")
    clerk.page.goto("/classes")
    expect(clerk.page.locator("[data-running-batch]")).to_contain_text("% đã có kết quả")

    rules(data, latency_ms=20, shares={})
    expect(principal.page.locator("#batch-after")).to_contain_text(
        "Đã xong", timeout=30_000
    )  # by itself
    expect(principal.page.locator("#batch-after")).to_contain_text("Chưa đạt")
    expect(progress).not_to_have_attribute("hx-trigger", "every 2s")
    principal.keep("batch-finished")
    with principal.page.expect_download() as download:
        principal.page.click("text=Tải biên bản")
    assert download.value.suggested_filename.startswith("bien-ban")
    assert not principal.script_errors
    assert not clerk.script_errors


def test_the_page_fits_a_phone(school: tuple[str, Path], browser: Browser) -> None:
    principal = Desk(browser, school[0], "hieutruong")
    principal.page.set_viewport_size({"width": 390, "height": 844})
    for path in (
        "/batches",
        "/batches/1",
        "/batches/new",
        "/batches/new/excluded?scope=school&reason=incomplete",
    ):
        principal.page.goto(path)
        assert principal.page.evaluate("document.documentElement.scrollWidth") <= 390, path
    principal.keep("batch-phone")
