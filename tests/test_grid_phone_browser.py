"""The class table on a phone, without script, and for everybody."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.test_grid_looks_browser import (  # noqa: F401 (fixtures)
    AXE,
    SAMPLE,
    WIDTHS,
    School,
    count,
    focused,
    person_of,
    rows,
    school,
    table,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_teacher_goes_from_card_to_card_on_a_phone(school: School) -> None:
    page = school.phone("gv5a")
    page.goto("/classes/by-name/5A")
    expect(page.locator("#search")).to_be_visible()  # of this table; that of the header is folded
    page.locator("#counters [data-reason=number_missing]").scroll_into_view_if_needed()
    number = page.locator("td[data-field=identity_number][data-problem=error]").first
    number.tap()
    field = page.locator(".cell-input")
    expect(field).to_be_focused()
    assert field.get_attribute("inputmode") == "numeric"
    person = person_of(number)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text("100212000999")
    with page.expect_response(
        lambda answer: f"/people/{person}/cells/identity_number" in answer.url
    ):
        page.get_by_role("button", name="Lưu và em tiếp theo").tap()
    expect(page.locator(f"#c-{person}-identity_number")).to_have_attribute(
        "data-value", "100212000999"
    )
    following = page.locator(f"#r-{person} + tr").get_attribute("data-person-id")
    assert focused(page).split("-")[1] == following
    expect(page.locator(f"#r-{following} [data-editing]")).to_have_count(1)
    page.get_by_role("button", name="Xong").tap()
    expect(page.locator("[data-editing]")).to_have_count(0)


def test_a_finger_that_scrolls_does_not_edit(school: School) -> None:
    page = school.phone("gv5a")
    page.goto("/classes/by-name/5A")
    cell = page.locator("td[data-field=identity_number]").nth(1)
    cell.dispatch_event("pointerdown", {"pointerType": "touch", "button": 0, "bubbles": True})
    cell.dispatch_event("pointercancel", {"pointerType": "touch", "bubbles": True})
    expect(page.locator("[data-editing]")).to_have_count(0)


def test_a_tap_on_a_choice_does_not_reach_the_cell_below(school: School) -> None:
    page = school.phone("gv5a")
    page.goto("/classes/by-name/5A")
    row = page.locator(".grid tbody tr").nth(1)
    row.get_by_role("button", name="Xem đủ các mục").tap()
    cell = row.locator("[data-field=district]")
    cell.evaluate("cell => cell.scrollIntoView({block: 'center'})")
    cell.tap()
    choice = page.locator("#choices [role=option]").nth(3)
    wanted = choice.inner_text()
    page.evaluate(
        "document.addEventListener('click', (event) => { window.clicked = event.target.outerHTML; }, true)"
    )
    choice.tap()
    expect(cell).to_have_attribute("data-value", wanted)
    assert "option" in page.evaluate("window.clicked"), "the click of the tap ends at the choice"
    assert page.locator("[data-editing]").count() == 0
    assert focused(page) == cell.get_attribute("id")


def test_a_search_shows_the_first_card_it_found(school: School) -> None:
    page = school.phone("gv5a")
    page.goto("/classes/by-name/5A")
    page.evaluate(
        "scrollTo(0, document.body.scrollHeight)"
    )  # the search stays at the top of the window
    page.locator("#search").fill("nguyen")
    expect(page.locator("#rows-shown")).to_be_visible()
    expect(rows(page).first.locator("[data-field=full_name]")).to_be_in_viewport(ratio=1)


def test_a_card_shows_what_matters_and_unfolds(school: School) -> None:
    page = school.phone("gv5a")
    page.goto("/classes/by-name/5A")
    row = page.locator(
        "tr[data-status=incomplete]:has(td[data-problem=error]:not([data-field=full_name]))"
    ).first
    fine = "td[data-field=identity_number]:not([data-problem]), td[data-field=date_of_birth]:not([data-problem])"
    parts = {
        "name": "[data-field=full_name]",
        "wrong": "td[data-field][data-problem=error]",
        "fine": fine,
    }
    tops = {
        name: row.locator(selector).first.bounding_box()["y"] for name, selector in parts.items()
    }  # type: ignore[index]
    assert tops["name"] < tops["wrong"] < tops["fine"]
    expect(row.locator("[data-field=nationality]")).to_be_hidden()
    unfold = row.get_by_role("button", name="Xem đủ các mục")
    unfold.tap()
    expect(row.locator("[data-field=nationality]")).to_be_visible()
    for target in row.locator("td[data-field], button, a.chip").all():
        box = target.bounding_box()
        assert box is None or box["height"] >= 44, target.evaluate("e => e.outerHTML.slice(0, 80)")


def test_the_record_on_a_phone_saves_and_goes_on(school: School) -> None:
    page = school.phone("gv5a")
    page.goto("/classes/by-name/5A")
    ids = page.locator(".grid tbody tr").evaluate_all("all => all.map(row => row.dataset.personId)")
    page.goto(f"/people/{ids[0]}")
    button = page.get_by_role("button", name="Lưu và em tiếp theo")
    expect(button).to_be_in_viewport()  # without scrolling
    page.fill("#f-address", "Ấp 8")
    button.tap()
    page.wait_for_url(f"**/people/{ids[1]}")


def test_a_refused_newcomer_is_seen_and_read(school: School) -> None:
    page = school.desk("gv5a").page
    page.goto("/classes/by-name/5A")
    number = (
        page.locator("td[data-field=identity_number]:not([data-problem])").first.get_attribute(
            "data-value"
        )
        or ""
    )
    page.get_by_role("link", name="Thêm học sinh").click()
    page.fill("#new-full_name", "Trùng Thị Số")
    page.fill("#new-identity_number", number)
    page.keyboard.press("Enter")
    why = page.locator("#add-why")
    expect(why).to_contain_text("mang cùng số định danh")
    expect(why).to_be_focused()
    expect(why).to_be_in_viewport()


# without script


def test_everything_works_as_plain_forms(school: School) -> None:
    page = school.without_script("gv5a")
    page.goto("/classes/by-name/5A")
    total = page.locator(".grid tbody tr").count()
    page.check("#only-problems")
    page.get_by_role("button", name="Lọc", exact=True).click()
    page.wait_for_load_state()
    assert 0 < rows(page).count() < total
    link = page.locator("#counters [data-reason]").first
    n = count(link)
    link.click()
    expect(rows(page)).to_have_count(n)
    rows(page).locator("a.chip").first.click()
    person = page.url.rpartition("/")[2]
    page.fill("#f-address", "Ấp không kịch bản")
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.locator(".notice").first).to_contain_text("Đã lưu hồ sơ")
    page.goto("/classes/by-name/5A?q=khong+kich+ban")
    expect(rows(page)).to_have_attribute("data-person-id", person)
    page.goto("/classes/by-name/5A#add")
    page.locator("#add > summary").click()
    page.fill("#new-full_name", "Võ Thị Mới")
    page.get_by_role("button", name="Thêm học sinh").click()
    expect(page.locator(".notice").first).to_contain_text("Đã thêm hồ sơ Võ Thị Mới")


# everybody can use it


_LOOK = """context => axe.run(context, {resultTypes: ['violations'], preload: false}).then(({violations}) => violations
  .filter(({impact}) => ['serious', 'critical'].includes(impact))
  .map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 120)}`))"""


def serious(page: Page, parts: str = "") -> list[str]:
    """What axe-core finds at both widths, of serious and critical impact; and pages that are wider than the screen.

    parts  a selector of what is looked at; "": the whole page but for rows 13 and on, which are like those before
    """
    found = []
    page.evaluate(AXE)
    context = (
        {"include": [[parts]]}
        if parts
        else {"include": [["html"]], "exclude": [[".grid tbody tr:nth-child(n+13)"]]}
    )
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width} {finding}" for finding in page.evaluate(_LOOK, context)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{width}: the page scrolls sideways")
    page.set_viewport_size({"width": 1280, "height": 800})
    return found


@pytest.mark.parametrize(
    ("username", "path"),
    [
        ("gv5a", "/people/first"),
        ("vanthu", "/notices"),
        ("hieutruong", "/progress"),
        ("vanthu", "/help/may-chu"),
    ],
)
def test_pages_full_of_data_have_no_serious_findings(
    school: School, username: str, path: str
) -> None:
    page = school.desk(username).page
    if "first" in path:
        page.goto("/classes/by-name/5A")
        person = page.locator("tr[data-status=incomplete]").first.get_attribute("data-person-id")
        path = path.replace("first", str(person))
    answer = page.goto(path)
    assert answer, path
    assert answer.ok, path
    assert serious(page) == []


def test_the_keys_are_shown_to_whoever_is_not_typing(table: Page) -> None:
    keys = table.locator("dialog.keys-box[open]")
    cell = table.locator("tbody td[data-field=address]").first
    cell.click()
    table.keyboard.press("?")
    expect(keys).to_contain_text("lịch sử của ô")
    assert serious(table, "dialog.keys-box") == []
    table.keyboard.press("Escape")
    expect(keys).to_have_count(0)
    expect(cell.locator("input")).to_be_focused()
    table.keyboard.press("F2")
    table.keyboard.press("?")
    expect(cell.locator("input")).to_have_value(re.compile(r"\?$"))
    expect(keys).to_have_count(0)
    table.keyboard.press("Escape")  # nothing is saved
    table.goto("/progress")
    table.keyboard.press("?")
    expect(keys).to_contain_text("mở danh sách phím")
    expect(keys).not_to_contain_text("lịch sử của ô")


def test_the_table_has_no_serious_findings_in_any_state(table: Page) -> None:
    assert serious(table) == []
    here = ".grid tbody tr:has([data-active])"
    table.locator("td[data-problem=warning]").first.click()  # a note is open
    assert serious(table, here) == []
    table.locator("tr td[data-field=ethnic_group]").first.click()
    table.keyboard.press("Alt+ArrowDown")  # a list to choose from
    expect(table.locator("#choices")).to_be_visible()
    assert serious(table, here) + serious(table, "#choices") == []
    table.keyboard.press("Escape")
    table.keyboard.press("Escape")
    table.evaluate("document.getElementById('signin').showModal()")
    assert serious(table, "dialog[open]") == []
    table.keyboard.press("Escape")


def test_the_login_page_has_no_serious_findings(school: School) -> None:
    page = school.chromium.new_context(base_url=school.address).new_page()
    page.goto("/login")
    assert serious(page) == []


def test_a_batch_and_an_import_have_no_serious_findings(school: School) -> None:
    page = school.desk("hieutruong").page
    page.goto("/batches/new")
    page.select_option("#scope", label="Khối 1")
    page.locator("form[method=get] button").click()
    page.click("form[method=post][action='/batches'] button.primary")
    page.wait_for_selector('[data-batch-state="finished"]', timeout=60_000)
    page.reload()
    expect(page.get_by_role("region", name="Theo lớp")).to_be_visible()
    assert serious(page) == []
    page.goto("/imports/new")
    page.set_input_files("#file", SAMPLE)
    page.click("text=Đọc tệp và xem trước")
    expect(page.locator("h1")).to_have_text(SAMPLE.name)
    assert serious(page) == []


def test_the_grid_tells_its_size_and_the_place_of_each_row(table: Page) -> None:
    grid = table.get_by_role("grid")
    rows_told = table.locator(".grid tbody tr").evaluate_all(
        "all => all.map(row => Number(row.ariaRowIndex))"
    )
    assert rows_told == list(range(2, int(grid.get_attribute("aria-rowcount") or 0) + 1))
    columns = table.locator(".grid thead th").count()
    assert grid.get_attribute("aria-colcount") == str(columns)
    expect(table.locator(".grid tbody tr").first.get_by_role("rowheader")).to_have_count(1)
    assert table.locator("td.state:not([aria-readonly=true])").count() == 0
    assert table.locator("table [tabindex='0']").count() == 1
