"""The deadline by a clock that moves, the board with mouse and keyboard, files of schools dropped on the page."""

import dataclasses
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from idapp import progress
from idapp.models import Person
from idapp.settings import Settings, use
from tests.browser import SCREENS, chromium, chromium_or_skip
from tests.cast import Cast
from tests.served import served, signed_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as at:
        yield at


def test_the_banner_as_the_deadline_comes_nearer(
    browser: Browser, address: str, cast: Cast, settings: Settings
) -> None:
    page = signed_in(browser, address, cast.hoa).new_page()
    looks = set()
    for day, left, word in (
        (10, 15, "Còn 15 ngày"),
        (19, 6, "Còn 6 ngày"),
        (23, 2, "Gấp: còn 2 ngày"),
        (25, 0, "Hạn là hôm nay"),
        (27, -2, "Quá hạn 2 ngày"),
    ):
        use(dataclasses.replace(settings, fixed_today=date(2022, 10, day)))
        page.goto("/progress")
        banner = page.locator("[data-banner=deadline]")
        expect(banner).to_contain_text(word)
        assert banner.get_attribute("data-days-left") == str(left)
        looks.add(banner.evaluate("(b) => getComputedStyle(b).backgroundColor"))
    assert len(looks) >= 4  # it changes its looks on the way, not only its words
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "deadline-overdue.png")


def test_the_board_and_the_chart(browser: Browser, address: str, cast: Cast) -> None:
    progress.keep_today(date(2022, 10, 14))
    Person.update(status="verified").where(Person.id == cast.an.id).execute()
    page = signed_in(browser, address, cast.hoa).new_page()
    page.goto("/progress")
    expect(page.locator(".chart svg .dot")).to_have_count(2)
    assert "với tốc độ này" in page.locator(".card", has_text="Từng ngày").inner_text()
    page.get_by_text("Số liệu từng ngày").click()
    expect(page.get_by_role("row", name="16/10/2022 (hôm nay)")).to_be_visible()
    link = page.locator("thead").get_by_role("link", name="Còn lại").first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=descending]").first).to_contain_text("Còn lại")
    page.locator('tr[data-class="5A"] [data-count=incomplete] a').click()
    expect(page.get_by_role("heading", name="Lớp 5A: thiếu/sai")).to_be_visible()
    expect(page.get_by_role("link", name="Trần Văn Bình")).to_be_visible()
    for path in ("/progress", "/progress/people", "/progress/report"):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(path)
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
        cells = page.locator(
            "table.stack td[data-label]:visible"
        )  # on a phone no label stands there without a value
        assert cells.evaluate_all("them => them.every(cell => cell.textContent.trim())"), path


def test_the_office_receives_a_school(
    browser: Browser, address: str, cast: Cast, tmp_path: Path
) -> None:
    context = signed_in(browser, address, cast.phong)
    page = context.new_page()
    page.goto("/progress")
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải tệp tiến độ").click()
    file = tmp_path / "tien-do.json"
    download.value.save_as(file)
    spoiled = tmp_path / "khac.json"
    spoiled.write_text(file.read_text().replace("2022-10-25", "2022-11-25"))
    page.get_by_role("link", name="Các trường").click()
    page.set_input_files("#files", [file, spoiled])
    page.get_by_role("button", name="Nhận tệp").click()
    expect(page.locator(".notice.warn[role=status]")).to_contain_text("Đã nhận 1 tệp")
    expect(page.locator(".notice.warn[role=status]")).to_contain_text("khac.json: Tệp đã bị sửa")
    expect(
        page.locator("#content").get_by_role("link", name="Trường TH Thử Nghiệm")
    ).to_be_visible()
