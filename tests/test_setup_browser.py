"""The first start in a real Chromium on a phone: from the printed address to the first tasks, back once on the way."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from idapp.settings import Settings
from idapp.setup import code
from idapp.web.guessing import limiter
from tests.browser import chromium, chromium_or_skip
from tests.cast import PASSWORD
from tests.served import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as shared:
        yield shared


@pytest.fixture
def address(wired: Flask, database: Settings) -> Iterator[str]:
    wired.config.update(SECRET_KEY=database.secret_key, TESTING=False)
    limiter.reset()
    with served(wired) as at:
        yield at


def test_a_school_is_set_up_in_one_flow(browser: Browser, address: str, database: Settings) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=address, locale="vi-VN"
    )
    page = context.new_page()
    page.goto("/classes")
    expect(page.get_by_label("Mã thiết lập")).to_be_visible()
    page.goto(code.path_of(database))
    assert "code" not in page.url
    _tell_the_school(page)
    page.get_by_label("Hạn hoàn thành").fill("15/10/2022")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("đã qua")
    page.get_by_role("button", name="Quay lại").click()
    expect(page.get_by_label("Tên trường")).to_have_value("Trường TH Mỹ An")
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Hạn hoàn thành").fill("25/10/2022")
    page.get_by_role("button", name="Tiếp tục").click()
    page.get_by_label("Họ và tên").fill("Lê Thị Hoa")
    password = page.get_by_label("Mật khẩu", exact=True)
    password.fill(PASSWORD)
    page.get_by_label("Hiện mật khẩu").check()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hoàn tất thiết lập").click()
    expect(page.locator("[data-task]")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def _tell_the_school(page: Page) -> None:
    page.get_by_label("Tên trường").fill("Trường TH Mỹ An")
    page.get_by_label("Tiểu học").check()
    page.get_by_label("Tỉnh, thành phố").select_option("Tỉnh Long An")
    page.get_by_role("button", name="Tiếp tục").click()
