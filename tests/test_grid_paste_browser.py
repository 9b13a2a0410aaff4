"""The clipboard, filling and undo in the class table, in a real Chromium with its real clipboard."""

import random
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from idapp import demo
from tests import browser
from tests.browser import Desk
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
TODAY = "2022-10-16"
_PUT = """([text, html]) => navigator.clipboard.write([new ClipboardItem({
  'text/plain': new Blob([text], {type: 'text/plain'}), 'text/html': new Blob([html], {type: 'text/html'})})])"""
_PUT_HTML = """(html) => navigator.clipboard.write([new ClipboardItem({
  'text/html': new Blob([html], {type: 'text/html'})})])"""


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[Desk]:
    executable = browser.chromium_or_skip()
    data = tmp_path_factory.mktemp("paste") / "var"
    shutil.copytree(demo_folder, data)
    with (
        served(data, IDAPP_DEMO="1", IDAPP_TODAY=TODAY) as address,
        browser.chromium(executable) as chromium,
    ):
        desk = Desk(chromium, address, "gv5a")
        desk.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield desk
        assert desk.script_errors == []


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, str]]:
    """What the demo invented, by the pupil's code: with it nothing is contradicted."""
    return {
        child.values["ministry_code"]: child.values
        for child in demo.invent(date.fromisoformat(TODAY))
    }


class Table:
    """The table of 5A, and what was sent from it."""

    def __init__(self, desk: Desk) -> None:
        self.page: Page = desk.page
        self.page.goto("/classes/by-name/5A")
        self.rows = self.page.locator(".grid tbody tr[data-person-id]").count()
        self.sent: list[str] = []
        self.page.on("request", self._note)
        self.report = self.page.locator("#grid-report")
        self.ask = self.page.locator("#grid-ask")

    def _note(self, request: object) -> None:
        if request.method == "POST":  # type: ignore[attr-defined]
            self.sent.append(request.url.rsplit("/", 1)[-1])  # type: ignore[attr-defined]

    def cell(self, row: int, field: str) -> Locator:
        return self.page.locator(f'.grid tbody tr:nth-child({row + 1}) [data-field="{field}"]')

    def value(self, row: int, field: str) -> str:
        return self.cell(row, field).get_attribute("data-value") or ""

    def column(self, field: str) -> list[str]:
        cells = f'.grid tbody tr [data-field="{field}"]'
        return list(
            self.page.locator(cells).evaluate_all("all => all.map(cell => cell.dataset.value)")
        )

    def select(self, row: int, field: str, *keys: str) -> None:
        self.cell(row, field).click(position={"x": 6, "y": 6})
        self.press(*keys)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def put(self, text: str) -> None:
        """On the clipboard as Excel leaves it: text and HTML."""
        self.page.evaluate(_PUT, [text, f"<table><tr><td>{text}</td></tr></table>"])

    def paste(self, text: str) -> None:
        self.put(text)
        self.press("ControlOrMeta+v")

    def is_at(self, row: int, field: str) -> bool:
        return bool(self.cell(row, field).evaluate("cell => cell.contains(document.activeElement)"))


@pytest.fixture
def table(teacher: Desk) -> Iterator[Table]:
    here = Table(teacher)
    yield here
    here.page.remove_listener("request", here._note)


def test_45_numbers_are_one_request_and_one_step(table: Table, truth: dict[str, dict[str, str]]):
    before = table.column("identity_number")
    wanted = [
        truth[code]["identity_number"] if code in truth else ""
        for code in table.column("ministry_code")
    ]
    table.select(0, "identity_number")
    table.paste("".join(f"{number}\r\n" for number in wanted))
    expect(table.report).to_contain_text("Đã dán")
    after = [new or old for new, old in zip(wanted, before, strict=True)]
    assert table.column("identity_number") == after != before
    assert table.sent == ["paste"]
    assert table.is_at(0, "identity_number")
    expect(table.page.locator("td.sel")).to_have_count(table.rows)
    table.page.reload()
    assert table.column("identity_number") == after
    table.select(0, "identity_number", "ControlOrMeta+z")
    expect(table.report).to_contain_text("Đã hoàn tác")
    assert table.column("identity_number") == before
    table.press("ControlOrMeta+y")
    expect(table.report).to_contain_text("Đã làm lại")
    assert table.column("identity_number") == after
    table.page.locator("#undo").click()
    expect(table.report).to_contain_text("Đã hoàn tác")
    table.page.locator("#redo").click()
    expect(table.report).to_contain_text("Đã làm lại")
    table.press("ControlOrMeta+Shift+z")
    assert table.column("identity_number") == after


def test_a_list_in_another_order_lands_on_the_right_rows(table: Table):
    names, codes = table.column("full_name"), table.column("ministry_code")
    unique = [
        row for row, name in enumerate(names) if name and names.count(name) == 1 and codes[row]
    ]
    order = random.Random(7).sample(unique, len(unique))
    table.select(3, "address")
    table.paste("\n".join(f"{names[row]}\tTổ {row}, ấp 3" for row in order))
    expect(table.report).to_contain_text("theo họ tên")
    addresses = table.column("address")
    assert all(addresses[row] == f"Tổ {row}, ấp 3" for row in unique)
    table.press("ControlOrMeta+z")
    expect(table.report).to_contain_text("Đã hoàn tác")


def test_names_that_do_not_fit_are_asked_about_and_nothing_is_written(table: Table):
    names = table.column("full_name")
    table.select(2, "full_name")
    table.paste("\n".join([*names[10:15]]))
    expect(table.ask).to_be_visible()
    expect(table.ask).to_contain_text(names[10])
    table.press("Escape")
    expect(table.ask).not_to_be_visible()
    expect(table.report).to_contain_text("Chưa lưu gì")
    assert table.column("full_name") == names
    assert table.is_at(2, "full_name")
    table.press("ControlOrMeta+v")
    table.ask.locator("[data-repost]").first.click()
    expect(table.report).to_contain_text("Đã dán")
    assert table.column("full_name")[2:7] == names[10:15]
    table.press("ControlOrMeta+z")
    expect(table.report).to_contain_text("Đã hoàn tác")
    assert table.column("full_name") == names


def test_one_value_fills_the_selection_and_a_block_too_long_is_said(table: Table):
    table.select(4, "address", "Shift+ArrowDown", "Shift+ArrowDown")
    table.paste("Ấp Bình Lợi\r\n")
    expect(table.report).to_contain_text("3 ô")
    assert table.column("address")[4:7] == ["Ấp Bình Lợi"] * 3
    table.select(table.rows - 1, "address")
    table.paste("Ấp cuối\r\nẤp thừa\r\n")
    expect(table.report).to_contain_text("Thừa 1 dòng")
    assert table.value(table.rows - 1, "address") == "Ấp cuối"
    assert table.page.locator(".grid tbody tr[data-person-id]").count() == table.rows


def test_a_single_value_is_an_ordinary_edit(table: Table):
    table.select(8, "address")
    table.paste("Ấp 8\r\n")
    expect(table.cell(8, "address")).to_have_attribute("data-value", "Ấp 8")
    assert table.sent == ["address"]
    table.press("F2", "Home")
    table.paste("Khu 1, ")
    assert table.page.evaluate("document.activeElement.value") == "Khu 1, Ấp 8"
    table.press("Escape")


def test_a_block_never_ends_in_one_cell(table: Table):
    table.select(9, "address", "F2")
    table.paste("Ấp 9\nẤp 10")
    expect(table.cell(10, "address")).to_have_attribute("data-value", "Ấp 10")
    assert table.value(9, "address") == "Ấp 9"
    assert table.sent == ["paste"]


def test_a_clipboard_that_holds_only_html(table: Table):
    table.select(13, "address")
    lines = "".join(
        f"<tr><td><p>Ấp\n {n}</p></td><td>\n{kin}</td></tr>"
        for n, kin in (("13", "Hoa"), ("14", "Tày"))
    )
    table.page.evaluate(_PUT_HTML, f"<meta charset=utf-8><table>{lines}</table>")
    table.press("ControlOrMeta+v")
    expect(table.cell(14, "ethnic_group")).to_have_attribute("data-value", "Tày")
    assert (table.value(13, "address"), table.value(14, "address")) == ("Ấp 13", "Ấp 14")
    table.select(15, "address")
    table.page.evaluate(_PUT_HTML, "<b>Ấp</b> 15")
    table.press("ControlOrMeta+v")
    expect(table.cell(15, "address")).to_have_attribute("data-value", "Ấp 15")


def test_a_line_break_inside_a_cell_of_word_tears_no_line(table: Table):
    """As Word puts a table on the clipboard: a paragraph of a cell is a line of its own in the text."""
    cells = [("Ấp 13", "Hoa"), ("Khu phố 2, ấp 14", "Tày")]
    rows = "".join(
        f"<tr><td><p>{a.replace(', ', ',</p><p>')}</p></td><td>{b}</td></tr>" for a, b in cells
    )
    html = f'<html xmlns:w="urn:schemas-microsoft-com:office:word"><table>{rows}</table></html>'
    table.select(16, "address")
    table.page.evaluate(_PUT, ["Ấp 13\tHoa\nKhu phố 2,\nấp 14\tTày\n", html])
    table.press("ControlOrMeta+v")
    expect(table.cell(17, "address")).to_have_attribute("data-value", "Khu phố 2, ấp 14")
    assert table.column("ethnic_group")[16:18] == ["Hoa", "Tày"]


def test_a_good_value_gives_way_to_a_worse_one_only_after_a_question(table: Table):
    row = good_row(table)
    old = table.value(row, "date_of_birth")
    table.select(row, "date_of_birth")
    table.paste("Dạ em gửi cô ạ")
    expect(table.ask).to_contain_text("Dán đè lên 1 ô đang đúng?")
    expect(table.ask).to_contain_text(old)
    assert table.sent == ["paste"]
    assert table.value(row, "date_of_birth") == old
    table.press("Escape")
    expect(table.report).to_contain_text("Chưa lưu gì")
    assert table.is_at(row, "date_of_birth")


def test_the_question_about_worse_values_is_answered_with_the_keyboard(table: Table):
    row = good_row(table)
    names = table.column("full_name")
    lines = [
        f"{names[row]}\tTrang 1/2",
        f"{names[row + 1]}\t{table.value(row + 1, 'date_of_birth')}",
    ]
    table.select(row, "full_name")
    table.paste("\n".join(lines))
    expect(table.ask).to_contain_text("Trang 1/2 (không phải ngày)")
    table.press("Tab", "Enter")  # the first offer: stop, as no other line would change
    expect(table.report).to_contain_text("Chưa lưu gì")
    table.paste("\n".join(lines))
    expect(table.ask).to_be_visible()
    table.ask.get_by_role("button", name="Vẫn dán tất cả").focus()
    table.press("Enter")
    expect(table.cell(row, "date_of_birth")).to_have_attribute("data-problem", "error")
    table.press("ControlOrMeta+z")
    expect(table.report).to_contain_text("Đã hoàn tác")


def good_row(table: Table) -> int:
    """The first of two rows with birth dates that nothing is said against."""
    marks = table.page.locator('.grid tbody tr [data-field="date_of_birth"]').evaluate_all(
        "all => all.map(cell => cell.dataset.problem ? '' : cell.dataset.value)"
    )
    return next(row for row in range(len(marks)) if marks[row] and marks[row + 1])


def test_a_fill_asks_as_well(table: Table):
    row = next(r for r, kin in enumerate(table.column("ethnic_group")) if kin == "Kinh" and r > 17)
    table.select(row - 1, "ethnic_group")
    table.press("F2", "ControlOrMeta+a")
    table.page.keyboard.insert_text("Kinh tộc")
    table.press("Enter", "ControlOrMeta+d")
    expect(table.ask).to_contain_text("Điền đè lên 1 ô đang đúng?")
    table.press("Escape")
    assert table.value(row, "ethnic_group") == "Kinh"


def test_what_was_typed_is_sent_before_the_paste(table: Table):
    table.select(12, "address")
    table.put("Ấp mười ba\nẤp mười bốn")
    table.page.keyboard.insert_text("Ấp mười hai")
    table.press("Enter", "ControlOrMeta+v")
    expect(table.cell(14, "address")).to_have_attribute("data-value", "Ấp mười bốn")
    assert table.value(12, "address") == "Ấp mười hai"
    assert table.sent == ["address", "paste"]


def test_copied_numbers_stay_text(table: Table):
    name, number = table.value(1, "full_name"), table.column("identity_number")[1:3]
    table.select(1, "identity_number", "Shift+ArrowDown", "ControlOrMeta+c")
    assert table.page.evaluate("navigator.clipboard.readText()").splitlines() == number
    flavours = _pasted_elsewhere(table)
    assert [flavours["text"].splitlines(), flavours["rows"]] == [number, [[number[0]], [number[1]]]]
    assert r'mso-number-format:"\@"' in flavours["html"]
    table.select(1, "full_name", "Shift+ArrowRight", "ControlOrMeta+c")
    assert _pasted_elsewhere(table)["text"] == f"{name}\t{table.value(1, 'date_of_birth')}"


def _pasted_elsewhere(table: Table) -> dict[str, object]:
    """What another program gets."""
    page = table.page
    page.evaluate("""() => { const there = document.createElement('textarea');
      document.body.append(there); there.focus();
      there.addEventListener('paste', (event) => {
        const html = event.clipboardData.getData('text/html');
        const page = new DOMParser().parseFromString(html, 'text/html');
        window.got = {text: event.clipboardData.getData('text/plain'), html,
          rows: [...page.querySelectorAll('tr')].map(row => [...row.cells].map(cell => cell.textContent))}; }); }""")
    table.press("ControlOrMeta+v")
    return dict(
        page.evaluate(
            "() => { document.querySelector('body > textarea').remove(); return window.got; }"
        )
    )


def test_copy_and_paste_inside_the_table(table: Table):
    block = [(table.value(row, "province"), table.value(row, "district")) for row in (1, 2)]
    table.select(1, "province", "Shift+ArrowDown", "Shift+ArrowRight", "ControlOrMeta+c")
    table.select(5, "province", "ControlOrMeta+v")
    expect(table.report.locator("[data-dismiss]").first).to_be_visible()
    assert [(table.value(row, "province"), table.value(row, "district")) for row in (5, 6)] == block
    table.report.locator("[data-dismiss]").first.click()
    expect(table.report).to_be_empty()


def test_cutting_takes_nothing_away(table: Table):
    old = table.value(1, "address")
    table.select(1, "address", "ControlOrMeta+x")
    expect(table.report).to_contain_text("Đã sao chép")
    assert table.value(1, "address") == old
    assert table.page.locator("[data-editing]").count() == 0


def test_fill_down_with_the_key_and_with_the_mouse(table: Table):
    table.select(20, "address")
    table.page.keyboard.insert_text("Ấp Xoài")
    table.press("Enter", "ArrowUp", "Shift+ArrowDown", "Shift+ArrowDown", "ControlOrMeta+d")
    expect(table.cell(22, "address")).to_have_attribute("data-value", "Ấp Xoài")
    commune = table.value(20, "commune")
    others = [table.value(row, "commune") for row in (21, 22, 23)]
    table.sent.clear()
    table.select(20, "commune")
    handle, goal = (
        table.page.locator(".fill-handle").bounding_box(),
        table.cell(23, "commune").bounding_box(),
    )
    assert handle
    assert goal
    table.page.mouse.move(handle["x"] + 4, handle["y"] + 4)
    table.page.mouse.down()
    table.page.mouse.move(goal["x"] + 20, goal["y"] + 10, steps=4)
    expect(table.page.locator("td.fill-to")).to_have_count(3)
    table.page.mouse.up()
    expect(table.cell(23, "commune")).to_have_attribute("data-value", commune)
    assert table.sent == ["fill"]
    assert [table.value(row, "commune") for row in (21, 22)] == [
        commune,
        commune,
    ]
    table.press("ControlOrMeta+z")
    expect(table.report).to_contain_text("Đã hoàn tác")
    assert [table.value(row, "commune") for row in (21, 22, 23)] == others


def test_a_name_is_never_filled_down(table: Table):
    names = table.column("full_name")
    table.select(1, "full_name", "Shift+ArrowDown", "ControlOrMeta+d")
    expect(table.report).to_contain_text("Không điền xuống được")
    table.select(1, "identity_number", "ControlOrMeta+d")
    expect(table.report).to_contain_text("Số định danh")
    assert table.sent == []
    assert table.column("full_name") == names
    assert table.page.locator(".fill-handle").count() == 0


def test_delete_on_a_selection_asks_and_is_one_step(table: Table):
    old = table.column("address")[15:18]
    table.select(15, "address", "Shift+ArrowDown", "Shift+ArrowDown", "Delete")
    expect(table.ask).to_contain_text("3 ô")
    table.ask.locator("[data-repost]").first.click()
    expect(table.cell(17, "address")).to_have_attribute("data-value", "")
    assert table.column("address")[15:18] == ["", "", ""]
    table.press("ControlOrMeta+z")
    expect(table.report).to_contain_text("Đã hoàn tác")
    assert table.column("address")[15:18] == old


def test_a_scanned_card_fills_the_row_after_a_question(
    table: Table, truth: dict[str, dict[str, str]]
):
    codes = table.column("ministry_code")
    row = next(at for at, code in enumerate(codes) if code in truth and at > 24)
    child, old_name = truth[codes[row]], table.value(row, "full_name")
    born = child["date_of_birth"].replace("/", "")
    text = f"{child['identity_number']}||{old_name} Anh|{born}|{child['gender']}|Ấp 2, {child['commune']}|01012022"
    table.select(row, "identity_number")
    table.page.keyboard.insert_text(text)  # as a scanner does, with Enter at the end
    table.press("Enter")
    expect(table.ask).to_contain_text(f"{old_name} Anh")
    table.press("Enter")  # some scanners send two
    assert table.value(row, "full_name") == old_name
    assert table.sent == ["card"]
    table.ask.locator("[data-repost]").first.click()
    expect(table.cell(row, "full_name")).to_have_attribute("data-value", f"{old_name} Anh")
    table.press("ControlOrMeta+z")
    expect(table.cell(row, "full_name")).to_have_attribute("data-value", old_name)
    table.select(row, "identity_number")
    table.paste(text)
    expect(table.ask).to_contain_text(f"{old_name} Anh")
    table.ask.locator("[data-close]").click()
    expect(table.ask).not_to_be_visible()
    assert table.value(row, "full_name") == old_name


def test_a_reviewer_copies_only_what_is_shown(teacher: Desk):
    browser_, page = teacher.page.context.browser, teacher.page
    assert browser_
    reviewer = Desk(browser_, page.url.split("/classes")[0], "phong")
    reviewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    table = Table(reviewer)
    number = table.value(0, "identity_number")
    assert "•" in number or "*" in number
    table.select(0, "identity_number", "Shift+ArrowDown", "ControlOrMeta+c")
    assert reviewer.page.evaluate("navigator.clipboard.readText()").splitlines()[0] == number
    table.press("ControlOrMeta+v", "ControlOrMeta+d", "ControlOrMeta+z", "Delete", "x")
    assert table.sent == []
    assert reviewer.script_errors == []
    reviewer.page.context.close()


def test_a_paste_is_kept_until_the_line_is_back(table: Table):
    context = table.page.context
    table.select(30, "address")
    table.put("Ấp 30\nẤp 31")
    context.set_offline(True)
    table.press("ControlOrMeta+v")
    expect(table.page.locator("#save-state")).to_have_attribute("data-state", "failed")
    context.set_offline(False)
    expect(table.cell(31, "address")).to_have_attribute("data-value", "Ấp 31")
    expect(table.page.locator("#save-state")).to_have_attribute("data-state", "saved")


def test_each_of_two_pastes_that_waited_gets_its_own_question(table: Table):
    """The answer to the first one must not be taken for the second."""
    row = good_row(table)
    old = table.column("date_of_birth")[row : row + 2]
    context = table.page.context
    context.set_offline(True)
    for place, text in ((row, "Trang 1"), (row + 1, "Trang 2")):
        table.select(place, "date_of_birth")
        table.paste(text)
    expect(table.page.locator("#save-state")).to_have_attribute("data-state", "failed")
    context.set_offline(False)
    expect(table.ask).to_contain_text("Trang 1")
    table.ask.get_by_role("button", name="Vẫn dán tất cả").click()
    expect(table.cell(row, "date_of_birth")).to_have_attribute("data-value", "Trang 1")
    expect(table.ask).to_contain_text("Trang 2")
    table.press("Escape")
    assert table.column("date_of_birth")[row : row + 2] == ["Trang 1", old[1]]
    table.press("ControlOrMeta+z")
    expect(table.cell(row, "date_of_birth")).to_have_attribute("data-value", old[0])


def test_the_answer_about_a_card_is_not_given_to_an_older_paste(table: Table):
    row = good_row(table)
    table.select(row, "date_of_birth")
    table.paste("Trang 1")
    expect(table.ask).to_contain_text("Trang 1")
    table.press("Escape")
    expect(table.ask).not_to_be_visible()
    table.sent.clear()
    name, number = table.value(row, "full_name"), table.value(row, "identity_number")
    born = table.value(row, "date_of_birth").replace("/", "")
    sex = table.value(row, "gender")
    table.select(row, "identity_number")
    table.paste(f"{number}||{name} Anh|{born}|{sex}|Ấp 2, Mỹ An|01012022")
    expect(table.ask).to_contain_text(f"{name} Anh")
    table.ask.locator("[data-repost]").first.click()
    expect(table.cell(row, "full_name")).to_have_attribute("data-value", f"{name} Anh")
    assert table.sent == ["card", "card"]
    table.press("ControlOrMeta+z")
    expect(table.cell(row, "full_name")).to_have_attribute("data-value", name)
