"""Names of before July 2025 in a real Chromium: typed on a phone and at a desk, and chosen on the check page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from idapp.models import Person, User
from idapp.people import Edit, change_many, epochs, place_choices
from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast
from tests.served import served, signed_in
from tests.test_import_addresses import COLUMNS, NEW, OLD, SPLIT
from tests.test_imports import book

pytestmark = pytest.mark.browser
TOUCH = 44  # pixels


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


@pytest.fixture
def address(app: Flask, hanoi: Cast) -> Iterator[str]:
    with served(app) as at:
        yield at


@pytest.fixture
def hanoi(cast: Cast) -> Cast:
    """The cast in a campaign of two levels; An in Hà Nội, the commune missing."""
    epochs.go_on(epochs.begin("2level", by=cast.hoa).id)
    texts = {"province": "Thành phố Hà Nội", "commune": ""}
    edits = [Edit(cast.an, name, text) for name, text in texts.items()]
    change_many(edits, by=cast.lan, source="typed")
    return cast


def phone(browser: Browser, address: str, user: User) -> BrowserContext:
    """A phone in which this user is signed in already."""
    context = signed_in(browser, address, user)
    state = context.storage_state()
    context.close()
    return browser.new_context(
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        base_url=address,
        locale="vi-VN",
        storage_state=state,
    )


def options(page: Page) -> Locator:
    return page.locator('#choices [role="option"]')


def cell_of(page: Page, person: Person) -> Locator:
    return page.locator(f"#c-{person.id}-commune")


def test_a_former_commune_is_typed_and_tapped_on_a_phone(
    browser: Browser, address: str, hanoi: Cast
) -> None:
    page = phone(browser, address, hanoi.lan).new_page()
    page.goto("/classes/by-name/5A")
    cell = cell_of(page, hanoi.an)
    cell.tap()
    page.keyboard.type("Phú Đông")
    option = options(page).filter(has_text="Xã Phú Đông, Huyện Ba Vì (cũ) → Xã Cổ Đô")
    expect(option).to_be_visible()
    box = option.bounding_box()
    assert box is not None
    assert box["height"] >= TOUCH
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    option.tap()
    expect(cell).to_have_attribute("data-value", "Xã Cổ Đô")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_enter_takes_no_place_that_is_written_otherwise(
    browser: Browser, address: str, hanoi: Cast
) -> None:
    page = signed_in(browser, address, hanoi.lan).new_page()
    page.goto("/classes/by-name/5A")
    cell = cell_of(page, hanoi.an)
    cell.dblclick()
    page.keyboard.type("Phú Đông")
    expect(options(page).filter(has_text="Xã Cổ Đô")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(cell).to_have_attribute("data-value", "Xã Cổ Đô")


def test_a_successor_of_a_split_commune_is_marked_by_the_arrows_only(
    browser: Browser, address: str, hanoi: Cast
) -> None:
    page = signed_in(browser, address, hanoi.lan).new_page()
    page.goto("/classes/by-name/5A")
    cell = cell_of(page, hanoi.an)
    cell.dblclick()
    page.keyboard.type("Cống Vị")
    expect(options(page)).to_have_count(2)
    expect(page.locator('#choices [aria-selected="true"]')).to_have_count(0)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(cell).to_have_attribute("data-value", "Phường Ngọc Hà")
    assert len(place_choices.remembered()) == 1


@pytest.mark.parametrize("name", ["Xã Bình Thạnh", "Xã Phước Đông"])
def test_none_of_two_former_communes_of_one_name_is_marked(
    browser: Browser, address: str, hanoi: Cast, name: str
) -> None:
    """Xã Bình Thạnh of Mộc Hóa is one place today, that of Thủ Thừa was split; Xã Phước Đông was in two districts."""
    change_many([Edit(hanoi.an, "province", "Tỉnh Tây Ninh")], by=hanoi.lan, source="typed")
    page = signed_in(browser, address, hanoi.lan).new_page()
    page.goto("/classes/by-name/5A")
    cell = cell_of(page, hanoi.an)
    cell.dblclick()
    page.keyboard.type(name)
    expect(options(page).filter(has_text=f"{name}, Huyện").nth(1)).to_be_visible()
    expect(page.locator('#choices [aria-selected="true"]')).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 390])
def test_an_old_address_of_a_file_is_chosen_once(
    browser: Browser, address: str, hanoi: Cast, tmp_path: Path, width: int
) -> None:
    file = tmp_path / "danh-sach.xlsx"
    rows = [["5A", f"Hồ Thị {name}", "21/02/2012", *SPLIT] for name in ("Một", "Hai", "Ba")]
    file.write_bytes(book(rows, COLUMNS))
    page = signed_in(browser, address, hanoi.thu, width=width, height=844).new_page()
    page.goto("/imports/new")
    page.set_input_files("input[type=file]", file)
    page.locator("form[data-upload] button.primary").click()
    asked = page.locator("#addresses [data-address]")
    expect(asked).to_have_count(1)
    expect(asked).to_contain_text(OLD)
    expect(asked).to_contain_text("3 dòng")
    asked.locator("select").select_option(label=f"{NEW}, Thành phố Hà Nội (phần chính)")
    page.get_by_role("button", name="Áp dụng lựa chọn").click()
    expect(page.locator("#addresses")).to_have_attribute("data-to-choose", "0")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Lưu 3 dòng vào hồ sơ").click()
    expect(page.locator("#addresses select")).to_be_disabled()
    assert Person.select().where(Person.commune == NEW).count() == 3
