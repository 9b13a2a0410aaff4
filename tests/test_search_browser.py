"""Searching in a real Chromium: the keys from a table and from a page, arrows, Enter, Esc, and the phone."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast
from tests.served import served, signed_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


def field(page: Page) -> None:
    expect(page.locator("#search-q")).to_be_focused()


def test_from_anywhere_to_a_record(app: Flask, cast: Cast, browser: Browser) -> None:
    with served(app) as address:
        context = signed_in(browser, address, cast.thu)
        page = context.new_page()
        _by_keys(page, cast)
        _while_typing(page, cast)
        page.set_viewport_size({"width": 390, "height": 844})
        _on_a_phone(page, cast)
        context.close()


def _by_keys(page: Page, cast: Cast) -> None:
    """A cell is active and not being edited: the keys are the page's."""
    page.goto(f"/classes/{cast.class_5a.id}")
    page.locator(f'tr[data-person-id="{cast.binh.id}"] td[data-field="full_name"]').click()
    expect(page.locator("#people-search.has-script")).to_be_attached()  # it comes after the page
    page.keyboard.press("/")
    page.keyboard.insert_text("thi")
    options = page.locator("#search-list [role=option]")
    expect(options).to_have_count(2)
    expect(page.locator("#search-status")).to_have_text("Có 2 người.")
    combobox = page.get_by_role("combobox", name="Tìm người ở mọi lớp")
    expect(combobox).to_have_attribute("aria-activedescendant", f"hit-{cast.an.id}")
    page.keyboard.press("ArrowDown")
    expect(combobox).to_have_attribute("aria-activedescendant", f"hit-{cast.chi.id}")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(options).to_have_count(0)
    expect(page.locator(".cell-input")).to_be_focused()
    page.keyboard.press("Control+k")
    field(page)
    page.keyboard.insert_text("100312000003")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/people/{cast.chi.id}$"))


def _while_typing(page: Page, cast: Cast) -> None:
    """In a field and in a cell that is being edited a stroke is a stroke."""
    page.locator("[name=address]").fill("Ấp 1")
    page.keyboard.press("End")
    page.keyboard.press("/")
    page.keyboard.press("Control+k")
    expect(page.locator("[name=address]")).to_have_value("Ấp 1/")
    page.goto(f"/classes/{cast.class_5a.id}")
    page.locator(f'tr[data-person-id="{cast.an.id}"] td[data-field="address"]').click()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.locator(".cell-input")).to_have_value(re.compile("/$"))
    page.keyboard.press("Escape")


def _on_a_phone(page: Page, cast: Cast) -> None:
    page.goto("/classes")
    expect(page.locator("#search-q")).to_be_hidden()
    page.get_by_role("link", name="Tìm người").click()
    field(page)
    page.keyboard.insert_text("giang")
    option = page.get_by_role("option", name="Đỗ Văn Giang")
    expect(option).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    option.click()
    expect(page).to_have_url(re.compile(f"/people/{cast.giang.id}$"))
    page.goto("/search?q=100312000003")  # somebody has put a number into an address
    expect(page.locator("[data-search-summary]")).to_have_text("Có 1 người.")
    expect(page).to_have_url(re.compile("/search$"))
