"""The class table never lies about having saved: broken line, stopped server, expired session, two in one cell.

One process tree for all tests; the one that needs the server gone stops it and starts it again, same data, same port.
"""

import hashlib
import re
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer
from playwright.sync_api import Browser, Error, Page, Route, expect

from tests import browser
from tests.browser import Desk
from tests.ports import free_port
from tests.sealed_texts import is_readable, kept, sealed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
SAVED = re.compile(r"^Đã lưu lúc \d\d:\d\d:\d\d$")
CELLS = re.compile(r"/people/\d+/cells/")
WATCH_MARKS = """() => {
    window.marks = [];
    const note = (list) => list.forEach(({target}) => marks.push(target.dataset.save));
    const what = {subtree: true, attributeFilter: ['data-save']};
    new MutationObserver(note).observe(document.querySelector('tbody'), what);
}"""
PASTE = """(text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', text);
    document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true, cancelable: true}));
}"""
LATE = '<hx-partial hx-target="#c-{0}" hx-swap="outerHTML"><td id="c-{0}" data-value="Ấp 5">Ấp 5</td></hx-partial>'
Sit = Callable[[str], "Seat"]


class Server:
    """The process tree, which can be stopped and started again at the same address."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.tree: AbstractContextManager[str]
        self.start()

    def start(self) -> None:
        self.tree = browser.process_tree(
            self.data, PORT=str(self.port), IDAPP_DEMO="1", IDAPP_TODAY="2022-10-16"
        )
        self.address = self.tree.__enter__()

    def stop(self) -> None:
        self.tree.__exit__(None, None, None)

    def ask(self, sql: str, *values: object) -> list[tuple]:
        with sqlite3.connect(self.data / "idapp.db", timeout=10) as database:
            return database.execute(sql, values).fetchall()

    def session(self, username: str) -> str:
        """The cookie of a session that began just now (signing in itself is played elsewhere)."""
        token, now = secrets.token_urlsafe(32), datetime.now(UTC).replace(tzinfo=None)
        row = (hashlib.sha256(token.encode()).hexdigest(), self.user(username), now, now)
        self.ask(
            "insert into session (token_hash, user_id, created_at, seen_at) values (?, ?, ?, ?)",
            *map(str, row),
        )
        return token

    def device(self) -> str:
        """The cookie of a browser that has signed in before."""
        secret = (self.data / "secret_key").read_text().strip()
        signer = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}  # as web/cookies does
        sealer = URLSafeTimedSerializer(secret, salt="known device", signer_kwargs=signer)
        return str(sealer.dumps([secrets.token_hex(8)]))

    def user(self, username: str) -> str:
        return str(self.ask("select id from user where username = ?", username)[0][0])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[Server]:
    browser.chromium_or_skip()
    data = tmp_path_factory.mktemp("saving") / "var"
    shutil.copytree(demo_folder, data)
    server = Server(data)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def chrome(server: Server) -> Iterator[Browser]:
    with browser.chromium(browser.chromium_or_skip()) as chrome:
        yield chrome


class Seat(Desk):
    """Somebody at a browser of his own, signed in already, with class 5A open."""

    def __init__(self, chrome: Browser, server: Server, username: str) -> None:
        context = chrome.new_context(
            viewport={"width": 1280, "height": 800}, base_url=server.address
        )
        cookies = {"idapp": server.session(username), "idapp-device": server.device()}
        context.add_cookies(
            [{"name": n, "value": v, "url": server.address} for n, v in cookies.items()]
        )
        self.username, self.script_errors = username, list[str]()
        self.page = context.new_page()
        self.open()

    def open(self) -> None:
        """Class 5A in a tab of its own; the one before it stays as it is."""
        self.page = self.page if self.page.url == "about:blank" else self.page.context.new_page()
        self.page.on("pageerror", lambda error: self.script_errors.append(str(error)))
        self.page.goto("/classes/by-name/5A")


@pytest.fixture
def sit(server: Server, chrome: Browser) -> Iterator[Sit]:
    seats: list[Seat] = []

    def down(username: str) -> Seat:
        seats.append(Seat(chrome, server, username))
        return seats[-1]

    yield down
    for seat in seats:
        seat.page.context.close()
    assert not any(seat.script_errors for seat in seats)


def write(desk: Desk, person: str, field: str, text: str) -> None:
    """As in Excel, without waiting for anything."""
    begin(desk, person, field, text)
    desk.page.keyboard.press("Enter")


def begin(desk: Desk, person: str, field: str, text: str) -> None:
    desk.cell(person, field).click()
    desk.page.keyboard.press("Enter")
    desk.page.keyboard.press("ControlOrMeta+a")
    desk.page.keyboard.insert_text(text)


def pupils(desk: Desk) -> list[str]:
    return [
        str(row.get_attribute("data-person-id"))
        for row in desk.page.locator("tr[data-person-id]").all()
    ]


def line(page: Page):
    return expect(page.locator("#save-state"))


def state(desk: Desk, person: str, field: str, wanted: str, **more: float) -> None:
    expect(desk.cell(person, field)).to_have_attribute("data-save", wanted, **more)


def caught(page: Page, held: list[Route]) -> Route:
    """The first request that was held back; the table says "saving" a moment before it goes out."""
    for _ in range(200):
        if held:
            return held[0]
        page.wait_for_timeout(50)
    raise AssertionError("no request went out")


def back_on_line(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('online'))")


def stored(server: Server, person: str, field: str) -> str:
    return str(server.ask(f"select {field} from person where id = ?", person)[0][0])


def test_nothing_is_called_saved_before_the_answer(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person, held = desk.page, pupils(desk)[0], list[Route]()
    page.route(CELLS, lambda route: held.append(route))
    write(desk, person, "address", "Ấp 1")
    state(desk, person, "address", "saving")
    line(page).to_have_text("Đang lưu…")
    assert [e["text"] for e in kept(page)] == ["Ấp 1"], "in the browser before it is sent"
    caught(page, held).continue_()
    state(desk, person, "address", "saved")
    line(page).to_have_text(SAVED)
    assert kept(page) == [], "no longer than needed"
    expect(desk.cell(person, "address")).not_to_have_attribute("data-save", "saved")
    assert stored(server, person, "address") == "Ấp 1"


def test_a_failure_is_told_kept_and_tried_again(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, (first, second, *_) = desk.page, pupils(desk)
    page.evaluate(WATCH_MARKS)
    page.route("**/changes*", lambda route: route.abort())  # no sign of life but the own tries
    page.route(CELLS, lambda route: route.abort())
    write(desk, first, "address", "Ấp 2")
    write(desk, second, "address", "Ấp 22")
    line(page).to_have_text(
        re.compile(r"^Chưa lưu được 2 ô, (thử lại sau \d+ giây|đang thử lại…)Thử lại ngay$")
    )
    state(desk, first, "address", "failed")
    expect(desk.cell(first, "address")).to_contain_text("Ấp 2")
    assert "saved" not in page.evaluate("marks"), "never a tick on failure"
    page.route(CELLS, lambda route: route.fulfill(status=503, body="busy"))
    expect(page.locator("#save-state .countdown")).to_have_text(
        re.compile("thử lại sau [48] giây"), timeout=15_000
    )
    page.unroute(CELLS)
    page.get_by_role("button", name="Thử lại ngay").click()
    line(page).to_have_text(SAVED)
    assert stored(server, second, "address") == "Ấp 22"
    assert kept(page) == []


def test_the_answer_is_lost_but_the_text_was_stored(sit: Sit, server: Server):
    """Sent again it is no conflict, and what was typed meanwhile follows."""
    desk = sit("gv5a")
    page, person, sent = desk.page, pupils(desk)[0], list[str]()

    def swallow(route: Route) -> None:
        sent.append(route.request.post_data or "")
        if len(sent) > 1:
            route.continue_()
        else:
            route.fetch()  # the server does it
            route.abort()

    page.route(CELLS, swallow)
    write(desk, person, "address", "Ấp 3")
    state(desk, person, "address", "failed")
    assert stored(server, person, "address") == "Ấp 3"
    write(desk, person, "address", "Ấp 4")
    line(page).to_have_text(SAVED)
    expect(desk.cell(person, "address")).to_have_attribute("data-value", "Ấp 4")
    assert stored(server, person, "address") == "Ấp 4"
    assert len(sent) == 3
    assert not page.locator("[data-conflict]").count()


def test_a_late_answer_is_not_newer_than_the_repetition(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person, held = desk.page, pupils(desk)[0], list[Route]()
    page.evaluate("htmx.config.defaultTimeout = 300")
    page.route(CELLS, lambda route: held.append(route) if not held else route.continue_())
    write(desk, person, "address", "Ấp 5")
    state(desk, person, "address", "failed")
    write(desk, person, "address", "Ấp 6")
    line(page).to_have_text(SAVED)
    with suppress(Error):  # the browser has given this request up for good
        caught(page, held).fulfill(status=200, body=LATE.format(f"{person}-address"))
    page.wait_for_timeout(200)
    expect(desk.cell(person, "address")).to_have_attribute("data-value", "Ấp 6")


def test_the_server_is_stopped_during_an_edit_and_started_again(sit: Sit, server: Server):
    """One table stays open, another is closed by a crash; meanwhile somebody else got into one of its cells."""
    desk, crashed = sit("gv5a"), sit("gv5a")
    one, two, three, four = pupils(desk)[1:5]
    begin(desk, one, "address", "Ấp 7")
    theirs = stored(server, four, "address")
    server.stop()
    desk.page.keyboard.press("Enter")
    write(desk, two, "address", "Ấp 8")
    write(desk, two, "address", "Ấp 9")
    write(crashed, three, "address", "Ấp 10")
    write(crashed, four, "address", "Ấp 11")
    line(desk.page).to_contain_text("Chưa lưu được 2 ô")
    line(crashed.page).to_contain_text("Chưa lưu được 2 ô")
    assert sorted(e["text"] for e in kept(crashed.page)) == ["Ấp 10", "Ấp 11"]
    crashed.page.close(run_before_unload=False)
    server.start()
    back_on_line(desk.page)
    line(desk.page).to_have_text(SAVED, timeout=35_000)
    assert (stored(server, one, "address"), stored(server, two, "address")) == ("Ấp 7", "Ấp 9")
    desk.type_in(four, "address", "Ấp 12")
    crashed.open()
    page = crashed.page
    expect(crashed.cell(three, "address")).to_have_attribute("data-value", "Ấp 10")
    expect(crashed.cell(four, "address")).to_have_attribute("data-conflict", "")
    expect(crashed.cell(four, "address")).to_have_attribute("data-value", "Ấp 12")
    assert theirs != "Ấp 12"
    assert stored(server, four, "address") == "Ấp 12"
    assert [e["text"] for e in kept(page)] == ["Ấp 11"], "until the user has chosen"


def test_the_session_has_run_out(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person = desk.page, pupils(desk)[0]
    server.ask("delete from session")
    write(desk, person, "address", "Ấp 13")
    expect(page.locator("#signin")).to_be_visible()
    expect(page.locator("#signin-password")).to_be_focused()
    expect(page.locator("#signin-username")).to_have_value("gv5a")
    line(page).to_contain_text("Phiên làm việc đã hết. Chưa lưu được 1 ô.")
    page.keyboard.type("not it")
    page.keyboard.press("Enter")
    expect(page.locator("#signin-problem")).to_contain_text("Tên đăng nhập hoặc mật khẩu chưa đúng")
    page.keyboard.press("Escape")
    expect(page.locator("#signin")).to_be_hidden()
    expect(page.locator(".cell-input")).to_be_focused()
    page.locator("#save-state").get_by_role("button", name="Đăng nhập").click()
    page.keyboard.type("demo-gv5a")
    page.keyboard.press("Enter")
    line(page).to_have_text(SAVED)
    expect(page.locator("#signin")).to_be_hidden()
    assert stored(server, person, "address") == "Ấp 13"
    assert kept(page) == []


def test_the_form_for_newcomers_is_never_lost(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, report = desk.page, expect(desk.page.locator("#grid-report"))
    page.locator("#add > summary").click()
    page.fill("#new-full_name", "Trần Thị Mới")
    page.fill("#new-address", "Ấp 16")
    page.context.set_offline(True)
    add = page.locator("#add form button.primary")
    add.click()
    report.to_contain_text("Chưa thêm được: chưa nối được với máy chủ.")
    expect(page.locator("#new-address")).to_have_value("Ấp 16")
    page.context.set_offline(False)
    server.ask("delete from session")
    add.dblclick()
    expect(page.locator("#signin-password")).to_be_focused()
    page.mouse.click(5, 5)  # beside the dialog
    page.locator("#signin-title").click()
    page.keyboard.type("demo-gv5a")
    page.keyboard.press("Enter")
    report.to_contain_text("Đã thêm hồ sơ Trần Thị Mới.")
    assert server.ask("select address from person where full_name = 'Trần Thị Mới'") == [("Ấp 16",)]
    page.locator("#undo").click()
    expect(page.locator("main > .done")).to_have_text("Đã hoàn tác: thêm hồ sơ Trần Thị Mới.")


def test_edits_of_one_user_are_never_sent_by_another(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person = desk.page, pupils(desk)[0]
    before = stored(server, person, "address")
    server.ask("delete from session")
    write(desk, person, "address", "Ấp 14")
    expect(page.locator("#signin-password")).to_be_focused()
    page.fill("#signin-username", "vanthu")
    page.fill("#signin-password", "demo-vanthu")
    page.keyboard.press("Enter")
    expect(page.locator("#signin")).to_contain_text(
        "Những ô chưa lưu của người dùng trước được giữ trên máy này"
    )
    page.get_by_role("button", name="Tải lại trang").last.click()
    expect(page.locator("table[role=grid]")).to_have_attribute("data-user", server.user("vanthu"))
    expect(desk.cell(person, "address")).to_have_attribute("data-value", before)
    [name] = sealed(page)
    assert not is_readable(page, name)
    page.locator("form[action='/logout'] button").first.click()
    assert list(sealed(page)) == [name], "they wait, also after the other has signed out"
    page.fill("#username", "gv5a")
    page.fill("#password", "demo-gv5a")
    page.keyboard.press("Enter")
    line(page).to_have_text(SAVED)
    assert stored(server, person, "address") == "Ấp 14"
    assert server.ask("select user_id from change order by id desc limit 1") == [
        (int(server.user("gv5a")),)
    ]


def test_two_people_in_one_cell(sit: Sit, server: Server):
    teacher, clerk = sit("gv5a"), sit("vanthu")
    one, two, same = pupils(teacher)[:3]
    begin(teacher, one, "address", "Ấp của cô")  # while a cell is edited nobody replaces it
    clerk.type_in(one, "address", "Ấp của văn thư")
    teacher.page.keyboard.press("Enter")
    _in_conflict(teacher, one, "Ấp của văn thư")
    teacher.page.reload()
    _in_conflict(teacher, one, "Ấp của văn thư")  # still asked after a reload
    teacher.cell(one, "address").click()
    teacher.page.keyboard.press("Alt+1")
    line(teacher.page).to_have_text(SAVED)
    assert stored(server, one, "address") == "Ấp của cô"
    begin(teacher, two, "address", "Ấp của cô")
    clerk.type_in(two, "address", "Ấp của văn thư")
    teacher.page.keyboard.press("Enter")
    _in_conflict(teacher, two, "Ấp của văn thư")
    teacher.type_in(
        two, "ethnic_group", "Khmer"
    )  # the answer of the neighbour must not wipe the question
    _in_conflict(teacher, two, "Ấp của văn thư")
    teacher.cell(two, "address").click()
    teacher.page.keyboard.press("Alt+2")
    line(teacher.page).to_have_text(SAVED)
    assert stored(server, two, "address") == "Ấp của văn thư"
    assert kept(teacher.page) == []
    begin(teacher, same, "address", "Ấp chung")
    clerk.type_in(same, "address", "Ấp chung")
    teacher.page.keyboard.press("Enter")
    state(teacher, same, "address", "saved")


def _in_conflict(desk: Desk, person: str, theirs: str) -> None:
    cell = desk.cell(person, "address")
    expect(cell).to_have_attribute("data-conflict", "")
    expect(cell).to_have_attribute("data-value", theirs)
    expect(cell.locator(".why")).to_contain_text(
        re.compile(f"đã sửa ô này thành “{theirs}” lúc .*“Ấp của cô”.*chưa lưu")
    )
    line(desk.page).to_contain_text("1 ô chưa lưu, cần xem lại")


def test_the_browser_asks_before_leaving_only_while_something_is_unsaved(sit: Sit):
    desk = sit("gv5a")
    page, person, asked = desk.page, pupils(desk)[0], list[str]()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    desk.type_in(person, "address", "Ấp 15")
    state(desk, person, "address", "saved")
    page.reload()
    assert asked == []
    page.route(CELLS, lambda route: route.abort())
    write(desk, person, "address", "Ấp 16")
    state(desk, person, "address", "failed")
    page.reload()
    assert asked == ["beforeunload"]
    state(desk, person, "address", "failed")
    expect(desk.cell(person, "address")).to_contain_text("Ấp 16")
    page.unroute(CELLS)
    back_on_line(page)
    line(page).to_have_text(SAVED)
    expect(desk.cell(person, "address")).to_have_attribute("data-value", "Ấp 16")


def test_the_form_of_a_record_keeps_what_was_typed(sit: Sit, server: Server):
    desk = sit("gv5a")
    page, person, asked = desk.page, pupils(desk)[1], list[str]()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(f"/people/{person}")
    page.fill("#f-address", "Ấp 31")
    page.route(
        "**/people/*",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    save = page.get_by_role("button", name="Lưu", exact=True)
    save.click()
    expect(page.locator("#not-saved")).to_contain_text("chưa nối được với máy chủ")
    assert page.input_value("#f-address") == "Ấp 31"
    assert asked == []
    page.reload()  # left all the same
    assert asked == ["beforeunload"]
    assert page.input_value("#f-address") == "Ấp 31"
    expect(page.locator("#not-saved")).to_contain_text("đã được đặt lại: Tổ/Thôn/Xóm")
    page.unroute("**/people/*")
    server.ask("delete from session")
    save.click()
    expect(page.locator("#signin")).to_be_visible()
    page.fill("#signin-password", "demo-gv5a")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Đã lưu hồ sơ")).to_be_visible()
    assert stored(server, person, "address") == "Ấp 31"
    assert len(asked) == 1
    assert (
        page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('draft/'))") == []
    )


def test_the_form_of_a_record_shows_what_could_not_be_saved(sit: Sit, server: Server):
    teacher, clerk = sit("gv5a"), sit("vanthu")
    page, person = teacher.page, pupils(teacher)[2]
    page.goto(f"/people/{person}")
    clerk.type_in(person, "address", "Ấp 32")
    page.fill("#f-address", "Ấp 33")
    page.fill("#f-district", "thu")
    expect(page.locator("#choices [aria-selected=true]")).to_have_text("Huyện Thủ Thừa")
    page.keyboard.press("Enter")  # takes the choice, saves nothing yet
    expect(page.locator("#f-district")).to_have_value("Huyện Thủ Thừa")
    page.keyboard.press("Enter")
    expect(page.locator("#why-address")).to_contain_text("đã sửa mục này thành “Ấp 32”")
    assert page.input_value("#f-address") == "Ấp 33"
    assert stored(server, person, "address") == "Ấp 32"
    page.get_by_role("button", name="Lưu", exact=True).click()
    expect(page.get_by_text("Đã lưu hồ sơ")).to_be_visible()
    assert stored(server, person, "address") == "Ấp 33"
