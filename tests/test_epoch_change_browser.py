"""The principal changes the catalogue of places and takes it back, in a real Chromium and process tree."""

import sqlite3
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from idapp import demo
from idapp.database import db, migrate, open_database
from idapp.demo import invented
from idapp.settings import from_environment, use
from tests import browser
from tests.browser import Desk

TODAY = "2022-10-16"
NARROW = {"width": 390, "height": 844}
WIDE = {"width": 1280, "height": 800}
# more people than are rewritten while the page waits
CLASSES = ("4A", "4B", "5A", "5B", "6A")
SPLIT = "Xã Tân Thành, Huyện Thủ Thừa, Tỉnh Long An"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The demo school with fewer classes, born here: the start of the whole one takes longer than the test."""
    folder = tmp_path / "var"
    environment = {
        "IDAPP_DATA": str(folder),
        "IDAPP_TODAY": TODAY,
        "IDAPP_DEMO": "1",
        "IDAPP_DEMO_PLACES": "",
        "DATABASE_URL": "",
    }
    settings = use(from_environment(environment))
    open_database(settings)
    with pytest.MonkeyPatch.context() as patched, db:
        patched.setattr(invented, "CLASSES", CLASSES)
        migrate()
        demo.seed(settings)
    if not db.is_closed():
        db.close()
    return folder


@pytest.mark.browser
@pytest.mark.timeout(240)
def test_the_change_is_looked_at_chosen_done_and_taken_back(data: Path) -> None:
    executable = browser.chromium_or_skip()
    before = texts_of(data)
    with (
        browser.process_tree(data, IDAPP_DEMO="1", IDAPP_TODAY=TODAY) as address,
        browser.chromium(executable) as chromium,
    ):
        principal = Desk(chromium, address, "hieutruong")
        new_place = _look_and_choose(principal)
        _change(principal.page)
        assert {row[0] for row in texts_of(data, "epoch")} == {"2level"}
        assert len(texts_of(data, "commune", f"commune = '{new_place}'")) > 1
        assert not texts_of(data, "commune", f"commune = '{SPLIT}'")
        _look_at_the_class(principal)
        _take_back(principal.page)
        assert principal.script_errors == []
    assert texts_of(data) == before


def texts_of(data: Path, columns: str = "", where: str = "1") -> list[tuple[object, ...]]:
    """What stands in the records, all but the counter of their versions; read beside the running program."""
    connection = sqlite3.connect(data / "idapp.db")
    names = [row[1] for row in connection.execute("PRAGMA table_info(person)")]
    chosen = columns or ", ".join(name for name in names if name != "version")
    found = connection.execute(f"SELECT {chosen} FROM person WHERE {where} ORDER BY id").fetchall()
    connection.close()
    return found


def _look_and_choose(principal: Desk) -> str:
    """The preview counts class 5A and asks where the people of a split commune live now."""
    page = principal.page
    page.goto("/settings")
    page.get_by_role("link", name="Danh mục địa chỉ", exact=True).click()
    row = page.locator("#preview tbody tr").filter(has=page.get_by_role("rowheader", name="5A"))
    assert int(row.locator("[data-count=choose]").inner_text()) > 0
    _keep_both(principal, "places-preview")
    line = page.locator("tr", has=page.get_by_text(SPLIT, exact=True))
    options = line.locator("select option")
    name = options.nth(2).inner_text().strip()
    line.locator("select").select_option(index=2)
    return name


def _change(page: Page) -> None:
    page.get_by_role("button", name="Đổi sang danh mục hai cấp").click()
    expect(page.get_by_role("heading", name="Lần đổi gần nhất")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Trường đang dùng danh mục hai cấp")).to_be_visible()


def _look_at_the_class(principal: Desk) -> None:
    """No column of districts, and the old words stand only where somebody must choose."""
    page = principal.page
    _keep_both(principal, "places-changed")
    page.goto("/classes/by-name/5A")
    expect(page.locator("th[data-of=commune]")).to_be_visible()
    expect(page.locator("[data-of=district], [data-field=district]")).to_have_count(0)
    old = page.locator("table[role=grid] tr", has=page.locator('td[data-value*="Huyện"]'))
    in_error = old.filter(has=page.locator("td[data-problem=error]"))
    assert in_error.count() == old.count() > 0
    _keep_both(principal, "places-class")


def _take_back(page: Page) -> None:
    page.goto("/settings/places")
    page.get_by_role("button", name="Hoàn tác lần đổi này").click()
    expect(page.get_by_text("Trường đang dùng danh mục ba cấp")).to_be_visible(timeout=60_000)
    expect(page.locator("#preview")).to_be_visible(timeout=60_000)


def _keep_both(principal: Desk, name: str) -> None:
    """Pictures at both widths; on the narrow one the page itself never scrolls sideways."""
    principal.keep(f"{name}-1280")
    principal.page.set_viewport_size(NARROW)
    width = principal.page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]
    principal.keep(f"{name}-390")
    principal.page.set_viewport_size(WIDE)
