"""Texts that wait: undo without a line, old drafts, a paste and the changes of others, in a real Chromium."""

import re
from copy import copy

import pytest
from playwright.sync_api import expect

from idapp.processes import wait_until
from tests.sealed_texts import is_readable, keep_from_long_ago, kept, sealed
from tests.test_grid_saving_browser import (  # noqa: F401 (fixtures)
    CELLS,
    PASTE,
    SAVED,
    Server,
    Sit,
    _in_conflict,
    back_on_line,
    begin,
    chrome,
    line,
    pupils,
    server,
    sit,
    state,
    stored,
    write,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_undo_without_a_line(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person = desk.page, pupils(desk)[3]
    desk.type_in(person, "address", "Ấp 41")
    state(desk, person, "address", "saved")
    page.route(re.compile("/cells/|/undo|/changes"), lambda route: route.abort())
    write(desk, person, "address", "Ấp 42")
    state(desk, person, "address", "failed")
    page.keyboard.press("ControlOrMeta+z")  # the text that waits goes first
    expect(page.locator("#grid-report")).to_contain_text("đã bỏ chữ vừa gõ")
    expect(desk.cell(person, "address")).to_have_text("Ấp 41")
    page.context.set_offline(True)
    write(
        desk, pupils(desk)[4], "address", "Ấp 43"
    )  # cannot have been sent, so nothing needs to be set back
    state(desk, pupils(desk)[4], "address", "failed")
    page.keyboard.press("ControlOrMeta+z")
    expect(desk.cell(pupils(desk)[4], "address")).not_to_have_attribute(
        "data-save", re.compile(".")
    )
    page.keyboard.press("ControlOrMeta+z")  # nothing more waits, and nothing can be asked for
    expect(page.locator("#grid-report")).to_contain_text("Chưa hoàn tác: không có kết nối")
    page.unroute_all()
    page.context.set_offline(False)
    back_on_line(page)
    line(page).to_have_text(SAVED)
    assert stored(server, person, "address") == "Ấp 41"
    written = "select count(*) from change where field = 'address' and new = 'Ấp 43'"
    assert server.ask(written) == [(0,)]
    expect(desk.cell(person, "address")).to_have_attribute("data-value", "Ấp 41")


def test_without_local_storage_the_page_must_not_be_closed(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person = desk.page, pupils(desk)[0]
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('off'); }})"
    )
    page.reload()
    page.route(CELLS, lambda route: route.abort())
    write(desk, person, "address", "Ấp 17")
    line(page).to_contain_text("Đừng đóng trang này.")
    page.unroute(CELLS)
    back_on_line(page)
    line(page).to_have_text(SAVED)
    assert stored(server, person, "address") == "Ấp 17"


def test_very_old_texts_are_offered_not_sent(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person = desk.page, pupils(desk)[0]
    before = stored(server, person, "address")
    entry = {"person": person, "field": "address", "text": "Ấp xưa", "seen": before}
    keep_from_long_ago(page, entry)
    page.reload()
    expect(page.locator("#unsent")).to_contain_text("“Ấp xưa”")
    assert stored(server, person, "address") == before
    page.locator("#unsent").get_by_role("button", name="Bỏ hết").click()
    expect(page.locator("#unsent")).to_have_count(0)
    assert kept(page) == []
    keep_from_long_ago(page, entry)
    page.reload()
    page.locator("#unsent").get_by_role("button", name="Lưu bây giờ").click()
    line(page).to_have_text(SAVED)
    assert stored(server, person, "address") == "Ấp xưa"


def test_a_paste_waits_for_the_line_and_for_the_reload(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, people = desk.page, pupils(desk)[:3]
    page.route("**/paste", lambda route: route.abort())
    page.on("dialog", lambda dialog: dialog.accept())
    desk.cell(people[0], "address").click()
    page.evaluate(PASTE, "Ấp 31\nẤp 32\nẤp 33")
    line(page).to_contain_text("Chưa lưu được dán 3 ô")
    state(desk, people[2], "address", "failed")
    page.route(
        "**/paste", lambda route: (route.fetch(), route.abort())
    )  # from now on it arrives, its answer does not
    page.reload()
    line(page).to_contain_text("Chưa lưu được dán 3 ô")
    page.unroute("**/paste")
    back_on_line(page)
    line(page).to_have_text(SAVED)
    assert [stored(server, person, "address") for person in people] == ["Ấp 31", "Ấp 32", "Ấp 33"]
    for person, text in zip(people, ("Ấp 31", "Ấp 32", "Ấp 33"), strict=True):
        expect(desk.cell(person, "address")).to_have_attribute("data-value", text)
    assert kept(page) == []
    assert not page.locator("[data-conflict]").count()


def test_a_paste_that_meets_another_text_asks_in_the_cell(sit: Sit, server: Server):
    desk, clerk = sit("gv5a"), sit("vanthu")
    one, two = pupils(desk)[:2]
    desk.page.route("**/changes*", lambda route: route.abort())  # the teacher has not seen it yet
    clerk.type_in(two, "address", "Ấp của văn thư")
    desk.cell(one, "address").click()
    desk.page.evaluate(PASTE, "Ấp 34\nẤp của cô")
    _in_conflict(desk, two, "Ấp của văn thư")
    state(desk, one, "address", "saved")
    desk.page.reload()
    _in_conflict(desk, two, "Ấp của văn thư")
    desk.cell(two, "address").click()
    desk.page.keyboard.press("Alt+1")
    line(desk.page).to_have_text(SAVED)
    assert (stored(server, one, "address"), stored(server, two, "address")) == (
        "Ấp 34",
        "Ấp của cô",
    )


def test_changes_of_others_appear_within_five_seconds(sit: Sit, server: Server):
    teacher, clerk = sit("gv5a"), sit("vanthu")
    other_tab = copy(teacher)
    other_tab.open()
    one, two, three = pupils(teacher)[:3]
    begin(teacher, two, "address", "Ấp đang gõ")
    clerk.type_in(one, "address", "Ấp 35")
    clerk.type_in(two, "address", "Ấp 36")
    expect(teacher.cell(one, "address")).to_have_attribute("data-value", "Ấp 35", timeout=5000)
    expect(teacher.cell(one, "address")).to_have_attribute(
        "data-fresh", re.compile(r"^[^,]+, \d\d:\d\d$")
    )
    expect(teacher.cell(two, "address").locator(".meanwhile")).to_contain_text(
        "vừa đổi thành “Ấp 36”", timeout=5000
    )
    expect(teacher.page.locator("#pulse-said")).to_contain_text("vừa đổi")
    expect(teacher.page.locator(".cell-input")).to_have_value("Ấp đang gõ")
    expect(teacher.page.locator(".cell-input")).to_be_focused()
    teacher.page.keyboard.press("Escape")
    expect(teacher.cell(two, "address")).to_have_attribute("data-value", "Ấp 36")
    expect(teacher.page.locator(".meanwhile")).to_have_count(0)
    other_tab.type_in(three, "address", "Ấp 37")
    expect(teacher.cell(three, "address")).to_have_attribute("data-value", "Ấp 37", timeout=5000)
    expect(teacher.cell(one, "address")).not_to_have_attribute(
        "data-fresh", re.compile("."), timeout=9000
    )


def test_signing_out_takes_along_what_was_not_saved(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person, asked = desk.page, pupils(desk)[3], list[str]()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.open()
    other_tab = desk.page
    page.route(CELLS, lambda route: route.abort())
    desk.page = page
    write(desk, person, "address", "Ấp Bí Mật")
    line(page).to_contain_text("Chưa lưu được 1 ô")
    [(name, raw)] = sealed(page).items()
    assert "Bí Mật" not in raw
    assert is_readable(page, name)
    page.locator("form[action='/logout'] button").first.click()
    expect(page.locator("#username")).to_be_visible()
    assert asked == ["confirm", "beforeunload"]
    wait_until(lambda: sealed(page) == {}, "the end of the unsaved text", 15)
    expect(other_tab.locator("#username")).to_be_visible()  # what stood there is gone too
    page.unroute(CELLS)
    page.evaluate("([name, raw]) => localStorage.setItem(name, raw)", [name, raw])
    page.fill("#username", "gv5a")
    page.fill("#password", "demo-gv5a")
    page.keyboard.press("Enter")
    expect(page.locator("table[role=grid]")).to_be_visible()
    assert not is_readable(page, name), "its key went with signing out"
    assert stored(server, person, "address") != "Ấp Bí Mật"
