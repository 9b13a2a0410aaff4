"""How the class table shows what is wrong: finding it, counting it, its notes and its history; on a phone, without
script, and to those who do not see it (axe-core on every kind of page)."""

import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests import browser
from tests.browser import Desk

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SAMPLE = Path(__file__).parent / "samples" / "workbooks" / "ho-so-hoc-sinh.xlsx"
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = ((1280, 800), (390, 844))


class School:
    """The demo school, one browser, and pages of those who are signed in."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self.chromium, self.address = chromium, address
        self.desks: dict[str, Desk] = {}

    def desk(self, username: str) -> Desk:
        if username not in self.desks:
            self.desks[username] = Desk(self.chromium, self.address, username)
        return self.desks[username]

    def phone(self, username: str) -> Page:
        """The same user on an Android phone."""
        return self._page(
            username, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
        )

    def without_script(self, username: str) -> Page:
        return self._page(
            username, java_script_enabled=False, viewport={"width": 1280, "height": 800}
        )

    def _page(self, username: str, **how: object) -> Page:
        session = self.desk(username).page.context.storage_state()
        return self.chromium.new_context(
            storage_state=session, base_url=self.address, **how
        ).new_page()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[School]:
    executable = browser.chromium_or_skip()
    data = tmp_path_factory.mktemp("looks") / "var"
    shutil.copytree(demo_folder, data)
    with (
        browser.process_tree(data, IDAPP_DEMO="1", IDAPP_TODAY="2022-10-16") as address,
        browser.chromium(executable) as chromium,
    ):
        demo = School(chromium, address)
        yield demo
        assert {
            name: desk.script_errors for name, desk in demo.desks.items() if desk.script_errors
        } == {}


@pytest.fixture
def table(school: School) -> Page:
    """Class 5A, seen by its teacher."""
    page = school.desk("gv5a").page
    page.goto("/classes/by-name/5A")
    return page


def rows(page: Page) -> Locator:
    return page.locator(".grid tbody tr[data-person-id]:visible")


def problems(page: Page) -> list[str]:
    return page.locator(".grid tbody tr:not([hidden]) td[data-problem]").evaluate_all(
        "all => all.map(cell => cell.id)"
    )


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.closest('td')?.id ?? ''"))


def person_of(cell: Locator) -> str:
    return (cell.get_attribute("id") or "").split("-")[1]


def count(link: Locator) -> int:
    return int(link.locator("b").inner_text())


# finding what is wrong


def test_f8_walks_through_the_problems_and_around(table: Page) -> None:
    ids = problems(table)
    table.locator(".grid tbody tr td[data-field=full_name]").first.click()
    walked = []
    for _ in ids:
        table.keyboard.press("F8")
        walked.append(focused(table))
    assert walked == ids
    table.keyboard.press("F8")
    assert focused(table) == ids[0]
    table.keyboard.press("Shift+F8")
    assert focused(table) == ids[-1]
    expect(table.locator("#grid-said")).to_have_text(f"{len(ids)}/{len(ids)} ô cần xem lại")
    fine = table.locator(
        "tr[data-status=ready]:not(:has([data-problem])) [data-field=ministry_code]"
    ).first
    table.fill("#search", fine.get_attribute("data-value") or "")
    table.locator("#next-problem").click()
    expect(table.locator("#grid-report")).to_contain_text(
        "Không còn ô nào cần xem lại trong các dòng đang hiện."
    )


def test_the_note_stands_at_the_cell_in_focus_and_names_its_level(table: Page) -> None:
    cell = table.locator("td[data-problem=error][data-field=date_of_birth]").first
    note = cell.locator(".why")
    expect(note).to_be_hidden()
    cell.click()
    expect(note).to_be_visible()
    described = table.evaluate("document.activeElement.getAttribute('aria-describedby')")
    assert described == note.get_attribute("id")
    assert table.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    box, place = note.bounding_box(), cell.bounding_box()
    assert box
    assert place
    assert box["y"] >= place["y"] + place["height"]
    assert box["x"] + box["width"] <= 1280
    drawn = note.locator(".error").evaluate("span => getComputedStyle(span, '::before').content")
    assert "Lỗi" in drawn


def test_the_heading_is_read_wherever_the_page_stands(table: Page) -> None:
    seen = """() => { const head = document.querySelector('thead [data-of=full_name]');
      const box = head.getBoundingClientRect();
      return document.elementFromPoint(box.left + 9, box.top + 3) === head
        && document.elementFromPoint(box.left + 9, box.bottom - 4) === head; }"""
    for width, height in ((1280, 800), (960, 540)):
        table.set_viewport_size({"width": width, "height": height})
        table.evaluate("scrollTo(0, document.body.scrollHeight)")
        table.wait_for_function(seen)
        table.evaluate("scrollTo(0, 0)")
        table.locator(".grid tbody tr").first.locator("[data-field=gender]").click()
        table.keyboard.press("Control+z")
        expect(table.locator("#grid-report .report")).to_be_visible()
        table.evaluate("scrollTo(0, 250)")
        table.wait_for_function(seen)
        table.get_by_role("button", name="Đóng", exact=True).first.click()
    table.set_viewport_size({"width": 1280, "height": 800})


def test_a_count_shows_its_rows_and_goes_to_the_first(table: Page) -> None:
    for link in table.locator("#counters [data-reason]").all():
        reason, n = link.get_attribute("data-reason"), count(link)
        link.click()
        expect(rows(table)).to_have_count(n)
        assert table.evaluate(
            f"""document.activeElement.closest('td[data-reason~="{reason}"]') !== null"""
        ), reason
    current = table.locator("#counters [aria-current]")
    expect(current).to_have_count(1)
    current.click()  # again: everything
    expect(rows(table)).to_have_count(table.locator(".grid tbody tr").count())


def test_errors_and_warnings_lead_to_their_cells(table: Page) -> None:
    for level in ("error", "warning"):
        table.locator(f"#counters [data-show={level}]").click()
        assert table.evaluate(
            f"document.activeElement.closest('td[data-problem={level}]') !== null"
        )
        assert set(problems(table)) >= set(
            table.locator(f"td[data-problem={level}]").evaluate_all("all => all.map(c => c.id)")
        )


def test_a_row_put_right_stays_until_the_filter_is_applied_again(table: Page) -> None:
    table.locator("#only-problems").check()
    before = rows(table).count()
    assert 0 < before < table.locator(".grid tbody tr").count()
    person = person_of(table.locator("td[data-field=full_name][data-problem=warning]").first)
    cell, row = table.locator(f"#c-{person}-full_name"), table.locator(f"#r-{person}")
    cell.click()
    table.keyboard.press("Alt+Enter")  # NGUYỄN THỊ CHÂU -> Nguyễn Thị Châu
    expect(cell).not_to_have_attribute("data-problem", "warning")
    expect(row).to_be_visible()
    expect(rows(table)).to_have_count(before)
    table.get_by_role("button", name="Lọc lại (1 dòng đã xong)").click()
    expect(row).to_be_hidden()
    expect(rows(table)).to_have_count(before - 1)
    table.get_by_role("button", name="Hiện cả bảng").click()
    expect(row).to_be_visible()


def test_a_suggestion_by_mouse_and_what_a_screen_reader_hears(school: School) -> None:
    page = school.desk("vanthu").page
    page.goto("/classes/by-name/5B")
    person = person_of(
        page.locator("tr[data-status=ready] td[data-field=date_of_birth]:not([data-problem])").first
    )
    cell = page.locator(f"#c-{person}-date_of_birth")
    true = cell.get_attribute("data-value") or ""
    day, month, year = true.split("/")
    school.desk("vanthu").type_in(person, "date_of_birth", f"{day}/{month}/{year[2:]}")
    name = page.locator(f"#c-{person}-full_name").get_attribute("data-value")
    said = page.locator("#grid-said")
    expect(said).to_contain_text(f"Ngày sinh, {name}: đã lưu, còn 1 lỗi: Năm sinh phải có 4 chữ số")
    cell.click()
    cell.get_by_role("button", name=f"Dùng: {true}").click()
    expect(cell).to_have_attribute("data-value", true)
    expect(said).to_have_text(f"Ngày sinh, {name}: đã lưu.")


def test_search_needs_no_diacritics(table: Page) -> None:
    name = table.locator("td[data-field=full_name]").nth(3).get_attribute("data-value") or ""
    page_of = "t => t.normalize('NFD').replace(/[\\u0300-\\u036f]/g, '').replace(/đ/gi, 'd').toLowerCase()"
    table.fill("#search", table.evaluate(f"({page_of})({name!r})"))
    expect(rows(table).locator(f'[data-field=full_name][data-value="{name}"]')).to_have_count(1)
    assert rows(table).count() < 4
    table.fill("#search", "")
    ime = table.context.new_cdp_session(
        table
    )  # a phone composes nearly every word: rows go while it is typed
    ime.send(
        "Input.imeSetComposition", {"text": "không có ai", "selectionStart": 11, "selectionEnd": 11}
    )
    expect(table.locator("#no-rows")).to_be_visible()
    ime.send("Input.insertText", {"text": "không có ai như vậy"})
    expect(table.locator("#no-rows")).to_be_visible()
    table.select_option("#status", "verified")
    table.fill("#search", "")
    expect(rows(table)).to_have_count(0)


def test_who_was_added_is_in_front_of_the_eyes(table: Page) -> None:
    """The page goes on where the newcomer's record lacks something, and what happened is read beside it."""
    table.get_by_role("link", name="Thêm học sinh").click()
    expect(table.locator("#new-full_name")).to_be_focused()
    table.keyboard.insert_text("Trần Thị Mới")
    table.locator("#new-date_of_birth").fill("03/02/2012")
    table.locator("#add form button.primary").click()
    row = table.locator("tr", has=table.locator('[data-value="Trần Thị Mới"]'))
    expect(row.locator("[data-field=gender] input")).to_be_focused()
    expect(row.locator("[data-field=gender]")).to_be_in_viewport(ratio=1)
    expect(table.locator("#grid-report")).to_contain_text(
        "Đã thêm hồ sơ Trần Thị Mới. Nếu thêm nhầm, hãy bấm Hoàn tác."
    )
    expect(table.locator("#grid-report")).to_be_in_viewport(ratio=1)
    table.locator("#grid-report").get_by_role("button", name="Đóng").click()
    expect(table.locator("#grid-report")).to_be_empty()
    table.locator("[data-field=address]").first.click()
    table.reload()
    expect(table.locator("[data-field=address]").first.locator("input")).to_be_attached()
    table.locator("#undo").click()
    expect(table.locator("main > .done")).to_have_text("Đã hoàn tác: thêm hồ sơ Trần Thị Mới.")
    expect(row).to_have_count(0)


def test_after_a_refused_newcomer_a_reload_shows_the_table(table: Page) -> None:
    row = table.locator("tr[data-status=ready]").first
    for field in ("full_name", "date_of_birth"):
        text = row.locator(f"[data-field={field}]").get_attribute("data-value") or ""
        table.locator(f"#new-{field}").evaluate("(input, text) => { input.value = text; }", text)
    address, before = table.url, rows(table).count()
    table.locator("#add form").evaluate("form => form.requestSubmit()")
    expect(table.locator("#add-why")).to_contain_text("đã có người cùng họ tên và ngày sinh")
    expect(table).to_have_url(address)
    table.reload()
    expect(table.locator("#add-why")).to_have_count(0)
    assert rows(table).count() == before


# history of a cell


def test_the_history_of_a_cell_opens_beside_it_and_gives_the_focus_back(
    school: School, table: Page
) -> None:
    person = person_of(table.locator("tr[data-status=ready] td[data-field=address]").first)
    cell = table.locator(f"#c-{person}-address")
    old = cell.get_attribute("data-value") or ""
    school.desk("gv5a").type_in(person, "address", "Ấp 9")
    cell.click()
    table.keyboard.press("Shift+F2")
    box = table.get_by_role("dialog", name="Tổ/Thôn/Xóm")
    expect(box.locator("li").first).to_contain_text(old)
    expect(box.locator("li").first).to_contain_text("Ấp 9")
    expect(box.locator("li").first).to_contain_text("gõ tay")
    school.desk("gv5a").keep("class-cell-history")
    table.keyboard.press("Escape")
    expect(box).to_be_hidden()
    assert focused(table) == f"c-{person}-address"
    table.click("#cell-history")  # with the mouse
    expect(box).to_be_visible()
    box.get_by_role("button", name="Đóng").click()
    assert focused(table) == f"c-{person}-address"
