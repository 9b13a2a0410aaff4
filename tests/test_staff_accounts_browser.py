"""Fifteen teachers get their accounts in a real browser: how many clicks that takes, and what the paper looks like."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from idapp import people
from idapp.models import User
from idapp.web.school import password_sheet
from tests.browser import SCREENS, chromium, chromium_or_skip
from tests.cast import Cast, pupil
from tests.served import served, signed_in

pytestmark = pytest.mark.browser
NAMES = (
    "An",
    "Bình",
    "Chi",
    "Dung",
    "Hà",
    "Hiền",
    "Hoa",
    "Khánh",
    "Lan Anh",
    "Mai",
    "Nga",
    "Phúc",
    "Quý",
    "Thu",
)

LONG_ADDRESS = "https://hoso.thcs-nguyenthiminhkhai.longan.edu.vn"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as at:
        yield at


class CountingPage:
    """A page that counts what a person does on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, role: str, name: str) -> None:
        self.page.locator("main").get_by_role(role, name=name).first.click()
        self.clicks += 1


def test_fifteen_teachers_cost_few_clicks_and_no_typing(
    browser: Browser, address: str, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff = [
        (
            "staff",
            None,
            pupil(f"Lê Thị {name}", born="12/09/1980", serial=60 + at) | {"position": "Giáo viên"},
        )
        for at, name in enumerate(NAMES)
    ]
    people.add_many(staff, by=cast.thu, source="import")
    monkeypatch.setattr(password_sheet, "address_for_paper", lambda: LONG_ADDRESS)
    before = User.select().count()
    page = signed_in(browser, address, cast.thu).new_page()
    counting = CountingPage(page)
    page.goto("/settings")
    counting.click("link", "tạo theo danh sách cán bộ")
    expect(page.locator("input[name^=pick]:checked")).to_have_count(15)
    counting.click("button", "Lưu và in phiếu mật khẩu")
    slips = page.locator("[data-username]:has([data-password])")
    expect(slips).to_have_count(15)
    assert User.select().count() == before + 15
    print(f"15 accounts: {counting.clicks} clicks, 0 typed fields")
    assert counting.clicks <= 6
    page.emulate_media(media="print")
    cut = slips.evaluate_all(
        "(all) => all.filter((s) => s.scrollHeight > s.clientHeight + 1).length"
    )
    assert cut == 0, "nothing on a slip is cut off"
    codes = page.locator(".password-slip svg.code")
    expect(codes).to_have_count(15)
    sheet = page.locator(".password-slips").bounding_box()
    rights = codes.evaluate_all("(all) => all.map((code) => code.getBoundingClientRect().right)")
    assert max(rights) <= sheet["x"] + sheet["width"], "no code leaves its slip"
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / "password-slips.png", full_page=True)
    page.emulate_media(media="screen")
    counting.click("button", "Đã in xong, xóa phiếu")
    page.goto("/settings/accounts/sheet")
    expect(slips).to_have_count(0)
