"""Every page of every role: nothing serious for axe-core, nothing wider than a phone; and how a few of them look."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect

from idapp.models import Campaign, Person, User
from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast
from tests.served import served, signed_in
from tests.test_grid_looks_browser import AXE
from tests.web.test_who_may import ROLES, SEE, Places, places

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("few_places"),
    pytest.mark.timeout(180),
]
__all__ = ["places"]  # a fixture
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
SERIOUS = """() => axe.run(document, {
  resultTypes: ['violations'], preload: false, rules: {'label-content-name-mismatch': {enabled: true}},
}).then(({violations}) => violations
  .filter(({impact}) => ['serious', 'critical'].includes(impact))
  .map(({id, nodes}) => `${id}: ${nodes[0].html.slice(0, 120)}`))"""
IS_CUT = "part => part.scrollWidth > part.clientWidth"
COVERS_NEIGHBOUR = """cell => { const box = cell.nextElementSibling.getBoundingClientRect();
  return cell.contains(document.elementFromPoint(box.left + 4, box.top + box.height / 2)); }"""
HINT = "link => getComputedStyle(link, '::after').content"
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


@pytest.mark.timeout(300)  # eighty pages in two widths
def test_every_page_of_every_role(
    app: Flask,
    browser: Browser,
    cast: Cast,
    client_of: Callable[[User], FlaskClient],
    places: Places,
) -> None:
    findings: list[str] = []
    contents: set[bytes] = set()
    with served(app) as address:
        for role in ROLES[1:]:
            user = getattr(cast, role)
            page = signed_in(browser, address, user).new_page()
            for path in pages_of(role, client_of(user), places, contents):
                findings += [f"{role} {path}: {finding}" for finding in findings_on(page, path)]
            page.context.close()
    assert len(contents) > 20
    assert findings == []


def pages_of(role: str, client: FlaskClient, places: Places, contents: set[bytes]) -> Iterator[str]:
    """The addresses of whole pages that this role may see, the first and those of a make not met before."""
    is_first = True
    for template, codes in SEE.items():
        path = template.format(**places)
        if codes[ROLES.index(role)] != 200:
            continue
        answer = client.get(path).data
        content = make_of(answer)
        if answer.startswith(b"<!doctype") and (is_first or content not in contents):
            contents.add(content)
            is_first = False
            yield path


def make_of(page: bytes) -> bytes:
    """The tags and classes of what a page shows, without words, numbers and addresses."""
    content = page.partition(b"<main")[2]
    return re.sub(rb'>[^<]+|\b(?!class|role|type|aria-)[a-z-]+="[^"]*"', b"", content)


def findings_on(page: Page, path: str) -> list[str]:
    page.set_viewport_size(DESK)
    page.goto(path, wait_until="domcontentloaded")
    page.evaluate(AXE)
    findings = page.evaluate(SERIOUS)
    page.set_viewport_size(PHONE)
    if page.evaluate(TOO_WIDE):
        findings.append("scrolls sideways on a phone")
    return [str(finding) for finding in findings]


def test_a_long_name_keeps_its_end_and_covers_nobody(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    name = "Công Tằng Tôn Nữ Thị Thanh Huyền"
    Person.update(full_name=name).where(Person.id == cast.an.id).execute()
    with served(app) as address:
        page = signed_in(browser, address, cast.lan).new_page()
        page.goto("/classes/by-name/5A")
        cell = page.locator(f"#c-{cast.an.id}-full_name")
        beginning, given = cell.locator(".name > span").all()
        assert beginning.evaluate(IS_CUT)
        assert given.inner_text() == "Huyền"
        assert not given.evaluate(IS_CUT)
        assert cell.locator(".name").get_attribute("title") == name
        assert cell.text_content() == name  # to who listens
        cell.click()
        assert not beginning.evaluate(IS_CUT), "in focus the whole of it"
        assert cell.evaluate(COVERS_NEIGHBOUR) is False
        page.context.close()


def test_the_first_pupil_stands_in_the_upper_third_of_a_phone(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    with served(app) as address:
        for user in (cast.lan, cast.hoa):  # the office has one button more
            page = signed_in(browser, address, user).new_page()
            page.set_viewport_size(PHONE)
            page.goto("/classes/by-name/5A")
            first_row = page.locator("tr[data-person-id]").first.bounding_box()
            assert first_row
            assert first_row["y"] < PHONE["height"] / 3, user.username
            page.context.close()


def test_the_deadline_stays_in_sight_and_opens_by_keyboard(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    title = "Hoàn thiện và xác thực thông tin định danh cá nhân của học sinh, cán bộ và giáo viên"
    Campaign.update(title=title).execute()
    with served(app) as address:
        page = signed_in(browser, address, cast.hoa).new_page()
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            page.goto("/progress")
            page.mouse.wheel(0, 3000)
            banner = page.locator("[data-banner=deadline]")
            expect(banner).to_be_in_viewport(ratio=1)
            expect(banner.get_by_text(title)).to_be_hidden()
            banner.locator("summary").focus()
            page.keyboard.press("Enter")
            expect(banner.get_by_text(title)).to_be_visible()
        page.context.close()


def test_a_bar_says_its_words_to_mouse_and_keyboard(
    app: Flask, browser: Browser, cast: Cast
) -> None:
    with served(app) as address:
        page = signed_in(browser, address, cast.hoa).new_page()
        page.goto("/progress")
        part = page.locator('tr[data-class="5A"] [data-count=incomplete] a')
        assert part.evaluate(HINT) == "none"
        part.hover()
        assert "Thiếu/Sai: 1" in part.evaluate(HINT)
        page.mouse.move(0, 0)
        page.locator('tr[data-class="5A"] [data-count=left] a').focus()
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        assert focused.get_attribute("aria-label") in focused.evaluate(HINT)
        heading = page.locator("table.lines thead").first.bounding_box()
        assert heading
        assert heading["height"] < 50  # not four lines
        page.context.close()
