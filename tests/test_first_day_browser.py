"""The first day of a school of 12 classes and 40 staff in a real browser: from an empty folder to the end of the first
batch, with every click, typed field and chosen file counted. Nothing is prepared but the school's two workbooks.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Locator, Page, expect

from tests import first_day_files
from tests.browser import SCREENS, chromium, chromium_or_skip, process_tree
from tests.test_verification_files import filled

pytestmark = pytest.mark.browser
MOST_CLICKS = 45
MOST_FIELDS = 12
PRINCIPAL = "Trần Thị Minh Hiếu"
PASSWORD = "một câu ngắn dễ nhớ"
CHOSEN = "cả lớp mình cùng đến trường"
A_NAME = "https://hoso.thcs-my-thanh.example"  # where this machine has no address in a network


class Newcomer:
    """Somebody at a page who has nothing but it, and what they do there, counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0
        self.typed = 0

    def click(self, role: str, name: str) -> None:
        """A link, a button, a box to tick, in the content of the page."""
        self._click(self.page.locator("main").get_by_role(role, name=name).first)

    def go_on(self, task: str) -> None:
        """By the link to the next of the first tasks, which stands where the last one has ended."""
        self._click(self.page.locator(f"[data-next-task={task}] a").first)

    def _click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)
        self.typed += 1

    def choose(self, label: str, option: str) -> None:
        """A list is opened and an entry taken: two clicks."""
        self.page.get_by_label(label).select_option(option)
        self.clicks += 2

    def take_file(self, path: Path) -> None:
        self.page.set_input_files("main input[type=file]", path)
        self.clicks += 1

    def counted(self) -> str:
        return f"{self.clicks} clicks, {self.typed} typed fields"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as shared:
        yield shared


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that stands in the start message of a fresh folder, with its code."""
    folder = tmp_path_factory.mktemp("first-day")
    with process_tree(folder / "data", IDAPP_DEMO="0", IDAPP_TODAY="2022-10-16"):
        printed = re.search(r"http\S+/setup\?code=\S+", (folder / "app.log").read_text())
        assert printed
        yield printed[0]


def test_from_an_empty_folder_to_the_end_of_the_first_batch(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    people = first_day_files.everybody(2022)
    pupils = tmp_path / "hoc-sinh.xlsx"
    pupils.write_bytes(first_day_files.pupils_workbook(people))
    staff = tmp_path / "can-bo.xlsx"
    staff.write_bytes(first_day_files.staff_workbook(people))
    page = browser.new_context(locale="vi-VN", base_url=address.partition("/setup")[0]).new_page()
    user = Newcomer(page)
    page.goto(address)

    _set_up(user)
    expect(page.locator("[data-task][data-done='0']")).to_have_count(5)
    user.click("link", "Nhập danh sách học sinh")
    _import(user, pupils, 504)
    user.go_on("staff")
    _import(user, staff, 40)
    user.go_on("accounts")
    _say_where_the_site_is(user)
    user.go_on("accounts")
    slips = _make_accounts(user)
    user.go_on("register")
    user.click("radio", "Gửi bằng tệp")
    user.click("button", "Lưu")
    user.go_on("batch")
    _verify_by_file(user, tmp_path)

    print(f"12 classes, 504 pupils, 40 staff: {user.counted()}")
    assert user.clicks <= MOST_CLICKS
    assert user.typed <= MOST_FIELDS
    page.goto("/")
    expect(page.locator("[data-task]")).to_have_count(0)
    _teacher_signs_in(browser, page, slips)


def _set_up(user: Newcomer) -> None:
    user.type("Tên trường", first_day_files.SCHOOL)
    user.click("checkbox", "Trung học cơ sở")
    user.choose("Tỉnh, thành phố", "Tỉnh Long An")
    user.click("button", "Tiếp tục")
    user.type("Hạn hoàn thành", "25/10/2022")
    user.click("button", "Tiếp tục")
    user.type("Họ và tên", PRINCIPAL)
    user.type("Mật khẩu", PASSWORD)
    user.click("button", "Hoàn tất thiết lập")


def _import(user: Newcomer, file: Path, count: int) -> None:
    user.take_file(file)
    user.click("button", "Đọc tệp và xem trước")
    expect(user.page.locator("[data-count=new]").first).to_have_text(str(count))
    user.click("button", f"Lưu {count} dòng vào hồ sơ")
    expect(user.page.locator("[data-next-task]")).to_be_visible(timeout=30_000)


def _say_where_the_site_is(user: Newcomer) -> None:
    """Led there from the accounts, for slips without an address help nobody."""
    user.click("link", "Chọn địa chỉ cho giáo viên")
    if user.page.locator("input[name=address]").count() == 1:
        user.type("Địa chỉ khác", A_NAME)
    else:
        user.click("checkbox", "Tôi đồng ý dùng địa chỉ http://")
    user.click("button", "Lưu")


def _make_accounts(user: Newcomer) -> dict[str, str]:
    """{username: first password} of the slips."""
    page = user.page
    expect(page.locator("input[name^=pick]:checked")).to_have_count(30)
    user.click("button", "Lưu và in phiếu mật khẩu")
    slips = page.locator("[data-username]:has(svg.code)")
    expect(slips).to_have_count(30)
    passwords = slips.evaluate_all(
        "(all) => all.map((slip) => [slip.dataset.username, "
        "slip.querySelector('[data-password]').textContent])"
    )
    page.evaluate("window.print = () => {}")  # the window of the printer would wait for a person
    user.click("button", "In phiếu")
    user.click("button", "Đã in xong, xóa phiếu")
    expect(page.locator("[data-unassigned]")).to_have_count(0)
    return dict(passwords)


def _verify_by_file(user: Newcomer, folder: Path) -> None:
    page = user.page
    user.click("button", "Gửi xác thực")
    expect(page.locator("[data-batch-state=waiting_for_answers]")).to_be_visible()
    with page.expect_download() as download:
        user.click("link", "Tải tệp gửi đi")
    request = Path(download.value.path()).read_bytes()
    results = folder / "ket-qua.xlsx"
    results.write_bytes(filled(request, dict.fromkeys(_numbers(request), "Đã xác thực")))
    user.take_file(results)
    user.click("button", "Nạp kết quả")
    expect(page.locator("[data-batch-state=finished]").first).to_be_visible(timeout=30_000)


def _numbers(request: bytes) -> list[str]:
    book = load_workbook(io.BytesIO(request), read_only=True)
    texts = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row]
    return [text for text in texts if re.fullmatch("100[0-9]{9}", str(text))]


def _teacher_signs_in(browser: Browser, page: Page, slips: dict[str, str]) -> None:
    """With the slip, on a phone: a password of one's own, then the own class."""
    page.goto("/settings/accounts")
    username = page.locator("tr:has(td:text-is('6A3')) td").first.inner_text()
    phone = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    phone.goto(page.url)
    phone.get_by_label("Tên đăng nhập").fill(username)
    phone.get_by_label("Mật khẩu", exact=True).fill(slips[username])
    phone.get_by_role("button", name="Đăng nhập").click()
    phone.get_by_label("Mật khẩu đang dùng").fill(slips[username])
    phone.get_by_label("Mật khẩu mới", exact=True).fill(CHOSEN)
    phone.get_by_label("Nhập lại mật khẩu mới").fill(CHOSEN)
    phone.get_by_role("button", name="Đổi mật khẩu").click()
    expect(phone.locator("h1")).to_have_text("Lớp 6A3")
    expect(phone.locator("[data-banner=deadline]")).to_have_attribute("data-total", "42")
    SCREENS.mkdir(parents=True, exist_ok=True)
    phone.screenshot(path=SCREENS / "first-day-teacher.png")
