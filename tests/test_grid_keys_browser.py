"""The class table under the hands of somebody who knows Excel: moving, editing, Telex, selecting, one tab stop."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import browser
from tests.browser import Desk
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
TODAY = "2022-10-16"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, demo_folder: Path) -> Iterator[Desk]:
    executable = browser.chromium_or_skip()
    data = tmp_path_factory.mktemp("keys") / "var"
    shutil.copytree(demo_folder, data)
    with (
        served(data, IDAPP_DEMO="1", IDAPP_TODAY=TODAY) as address,
        browser.chromium(executable) as chromium,
    ):
        desk = Desk(chromium, address, "gv5a")
        yield desk
        assert desk.script_errors == []


class Table:
    """The table as its user sees it: rows and columns from 0, the columns those of the fields and the state."""

    def __init__(self, desk: Desk) -> None:
        self.page: Page = desk.page
        self.page.goto("/classes/by-name/5A")
        self.fields: list[str] = self.page.locator("thead [data-of]").evaluate_all(
            "all => all.map(e => e.dataset.of)"
        )
        self.last_row = self.page.locator(".grid tbody tr").count() - 1
        self.last_column = len(self.fields)  # the state stands behind the fields

    def click(self, row: int, field: str, **how: object) -> None:
        self.page.locator(f'.grid tbody tr:nth-child({row + 1}) [data-field="{field}"]').click(
            position={"x": 6, "y": 6}, **how
        )  # type: ignore[arg-type]

    def press(self, *keys: str) -> "Table":
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def at(self) -> tuple[int, int]:
        """Where the focus is."""
        place: list[int] = self.page.evaluate(
            """() => { const cell = document.activeElement.closest('td'), row = cell.parentElement;
              const shown = [...row.parentElement.rows].filter(r => !r.hidden);
              return [shown.indexOf(row), [...row.querySelectorAll('[data-field], .state')].indexOf(cell)]; }"""
        )
        return place[0], place[1]

    def selected(self) -> tuple[int, int, int, int]:
        """First row, first column, rows, columns of what is selected; it must be a full rectangle."""
        found: list[list[int]] = self.page.evaluate(
            """() => [...document.querySelectorAll('tbody td[aria-selected="true"]')].map(c => [
              [...c.closest('tbody').rows].indexOf(c.parentElement),
              [...c.parentElement.querySelectorAll('[data-field], .state')].indexOf(c)])"""
        )
        rows, columns = sorted({r for r, _ in found}), sorted({c for _, c in found})
        assert len(found) == len(rows) * len(columns)
        return rows[0], columns[0], len(rows), len(columns)

    def value(self, row: int, field: str) -> str:
        cell = self.page.locator(f'.grid tbody tr:nth-child({row + 1}) [data-field="{field}"]')
        return cell.get_attribute("data-value") or ""

    def is_editing(self) -> bool:
        return self.page.locator("[data-editing]").count() == 1

    def saved(self, row: int, field: str, text: str) -> None:
        cell = self.page.locator(f'.grid tbody tr:nth-child({row + 1}) [data-field="{field}"]')
        expect(cell).to_have_attribute("data-value", text)


@pytest.fixture
def table(teacher: Desk) -> Table:
    teacher.page.evaluate("sessionStorage.clear()")
    return Table(teacher)


def test_tab_enters_on_the_last_used_cell_and_leaves(table: Table):
    page = table.page
    assert page.locator('[role=grid] [tabindex="0"]').count() == 1
    stops = "() => [...document.querySelectorAll('[role=grid] :is(a, button, input)')].filter(e => e.tabIndex >= 0)"
    assert page.evaluate(stops) == []
    table.click(3, "gender")
    table.press("ArrowDown", "Tab")
    outside = "document.activeElement.closest('[role=grid], .grid-frame') === null"
    assert page.evaluate(outside)
    table.press("Shift+Tab")
    assert table.at() == (4, 2)
    table.press("Shift+Tab")
    assert page.evaluate(outside)
    page.reload()
    page.locator("#search").focus()
    for _ in range(8):  # over the filter and the buttons of the bar
        table.press("Tab")
        if not page.evaluate(outside):
            break
    assert table.at() == (4, 2)


def test_every_move(table: Table):
    last, far = table.last_row, table.last_column
    table.click(5, "gender")
    walk = [
        ("ArrowDown", (6, 2)),
        ("ArrowUp", (5, 2)),
        ("ArrowLeft", (5, 1)),
        ("ArrowRight", (5, 2)),
        ("Home", (5, 0)),
        ("ArrowLeft", (5, 0)),
        ("End", (5, far)),
        ("ArrowRight", (5, far)),
        ("Control+End", (last, far)),
        ("ArrowDown", (last, far)),
        ("Control+Home", (0, 0)),
        ("ArrowUp", (0, 0)),
    ]
    for key, place in walk:
        assert table.press(key).at() == place, key
    down = table.press("PageDown").at()
    assert 5 < down[0] < last
    assert down[1] == 0
    assert table.press("PageUp").at() == (0, 0)
    table.press("PageDown", "PageDown", "PageDown", "PageDown", "PageDown")
    assert table.at() == (last, 0)
    assert table.press("Control+ArrowUp").at() == (0, 0)  # everybody has a name
    assert table.press("Control+ArrowDown").at() == (last, 0)
    assert table.press("Control+ArrowRight").at()[1] > 0


def test_what_is_always_in_view_is_reached_without_scrolling(table: Table):
    scrolled = "document.querySelector('.grid-frame').scrollLeft"
    table.click(5, "gender")
    assert table.press("End").at() == (5, table.last_column)
    assert table.page.evaluate(scrolled) == 0
    table.press("ArrowLeft")
    assert table.page.evaluate(scrolled) > 0
    table.press("Home")
    assert table.page.evaluate(scrolled) == 0


def test_control_and_arrow_stop_at_gaps(table: Table):
    filled = [bool(table.value(row, "identity_number")) for row in range(table.last_row + 1)]
    gap = filled.index(False)
    assert gap > 1, "the demo has a pupil without a number, not among the first"
    table.click(0, "identity_number")
    assert table.press("Control+ArrowDown").at()[0] == gap - 1
    after = next(row for row in range(gap, len(filled)) if filled[row])
    assert table.press("Control+ArrowDown").at()[0] == after
    assert table.press("Control+ArrowUp").at()[0] == gap - 1


def test_nothing_sticky_covers_the_cell_with_the_focus(table: Table):
    table.click(0, "full_name")
    covered = """() => { const b = document.activeElement.closest('td').getBoundingClientRect();
      const at = (x, y) => document.elementFromPoint(x, y)?.closest('td') === document.activeElement.closest('td');
      return at(b.left + 4, b.top + 4) && at(b.right - 6, b.bottom - 6); }"""
    walk = "Control+End Home Control+ArrowUp End ArrowLeft ArrowLeft PageDown Home ArrowRight ArrowRight ArrowRight"
    for key in [*walk.split(), "ArrowRight", "PageUp", "PageUp", "PageUp"]:
        table.press(key)
        assert table.page.evaluate(covered), (key, table.at())
    free = """() => { const top = document.activeElement.closest('td').getBoundingClientRect().top + 1;
      const of = (one) => document.querySelector(one).getBoundingClientRect().bottom;
      return top >= of('thead th') && top >= of('#grid-report'); }"""
    report = table.page.locator("#grid-report")
    for keys in (
        "Control+z ArrowDown ArrowUp",
        "Control+d",
    ):  # the report takes room above; the second time one stays
        table.press("Control+Home", "ArrowRight", *keys.split())
        expect(report).not_to_be_empty()
        table.page.wait_for_function(free)
        table.press("Control+End")
        table.page.evaluate("document.getElementById('grid-report').replaceChildren()")


def test_enter_and_f2_keep_the_text_typing_replaces_and_escape_restores(table: Table):
    page, old = table.page, table.value(2, "address")
    table.click(2, "address")
    for key in ("Enter", "F2"):
        table.press(key)
        assert table.is_editing()
        assert page.evaluate("document.activeElement.value") == old
        page.keyboard.type("x")
        assert page.evaluate("document.activeElement.value") == old + "x"
        table.press("Escape")
        assert not table.is_editing()
        assert table.at() == (2, table.fields.index("address"))
        assert page.evaluate("document.activeElement.value") == old
    page.keyboard.type("Ấp 4")
    assert table.is_editing()
    assert page.evaluate("document.activeElement.value") == "Ấp 4"
    table.press("Escape")
    table.page.locator(".grid tbody tr:nth-child(3) [data-field=address]").dblclick()
    assert table.is_editing()
    assert page.evaluate("document.activeElement.value") == old
    table.press("Escape")
    assert table.value(2, "address") == old


def test_enter_and_tab_commit_and_go_on(table: Table):
    address, page = table.fields.index("address"), table.page
    ways = [
        ("Enter", (4, address)),
        ("Shift+Enter", (2, address)),
        ("Tab", (3, address + 1)),
        ("Shift+Tab", (3, address - 1)),
        ("F2", (3, address)),
    ]
    for n, (key, place) in enumerate(ways):
        table.click(3, "address")
        page.keyboard.insert_text(f"Ấp {n}")
        table.press(key)
        assert table.at() == place, key
        table.saved(3, "address", f"Ấp {n}")
    table.click(3, table.fields[-1])
    table.press("Enter", "Tab")
    assert table.at() == (4, 0)  # past the end of the row: the first cell of the next
    table.press("Enter", "Shift+Tab")
    assert table.at() == (3, len(table.fields) - 1)


def test_a_click_selects_and_only_a_double_click_edits(table: Table):
    table.click(1, "address")
    table.click(1, "address")
    assert not table.is_editing()
    assert table.at() == (1, table.fields.index("address"))


def test_a_plain_click_leaves_one_cell_selected(table: Table):
    table.click(2, "address")
    table.press("Shift+ArrowDown", "Shift+ArrowDown")
    assert table.selected()[2:] == (3, 1)
    table.click(2, "address")  # the active cell itself
    assert table.selected() == (2, table.fields.index("address"), 1, 1)


def test_a_begun_place_is_taken_from_the_list(table: Table):
    page = table.page
    for key in ("Enter", "Tab"):
        table.click(9, "district")
        page.keyboard.type("thu")
        expect(page.locator("#choices [aria-selected=true]")).to_have_text("Huyện Thủ Thừa")
        table.press(key)
        table.saved(9, "district", "Huyện Thủ Thừa")
    table.click(9, "district")
    page.keyboard.type("thu")
    expect(page.locator("#choices [aria-selected=true]")).to_be_visible()
    table.press("Escape", "Enter")  # the closed list takes nothing
    table.saved(9, "district", "thu")  # and no rule makes a place of what is only begun


def test_telex_loses_no_letter(table: Table):
    """As an input method does it: a composition, keys with code 229, nothing handled before its end."""
    page = table.page
    table.click(6, "address")
    ime = page.context.new_cdp_session(page)
    for changeset in ("đ", "đư", "đươ", "đường"):
        ime.send(
            "Input.dispatchKeyEvent",
            {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process"},
        )
        ime.send(
            "Input.imeSetComposition",
            {"text": changeset, "selectionStart": len(changeset), "selectionEnd": len(changeset)},
        )
    assert table.is_editing()
    ime.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Enter"},
    )
    assert table.at()[0] == 6, "an Enter of the composition is not ours"
    ime.send("Input.insertText", {"text": "đường"})
    page.keyboard.insert_text(" số 3")
    assert page.evaluate("document.activeElement.value") == "đường số 3"
    table.press("Enter")
    table.saved(6, "address", "đường số 3")
    assert table.at()[0] == 7


def test_a_composition_that_is_taken_back_leaves_the_cell(table: Table):
    page, old = table.page, table.value(8, "address")
    table.click(8, "address")
    ime = page.context.new_cdp_session(page)
    ime.send("Input.imeSetComposition", {"text": "â", "selectionStart": 1, "selectionEnd": 1})
    ime.send("Input.insertText", {"text": "ấp"})
    table.press("Escape")
    assert not table.is_editing()
    assert table.value(8, "address") == old


def test_a_composition_cut_short_by_a_click_is_saved_and_blocks_nothing(table: Table):
    """The input moves to the other cell, and the browser tells nobody that the composition is over."""
    page = table.page
    table.click(10, "address")
    ime = page.context.new_cdp_session(page)
    ime.send("Input.imeSetComposition", {"text": "Ấp", "selectionStart": 2, "selectionEnd": 2})
    table.click(12, "ethnic_group")
    table.saved(10, "address", "Ấp")
    page.keyboard.type("ho")
    expect(page.locator("#choices [aria-selected=true]")).to_have_text("Hoa")
    table.press("Enter")
    table.saved(12, "ethnic_group", "Hoa")


def test_a_list_narrows_while_a_word_is_composed(table: Table):
    """On a phone nearly every word is one composition until the next space."""
    page = table.page
    table.click(13, "ethnic_group")
    ime = page.context.new_cdp_session(page)
    ime.send("Input.imeSetComposition", {"text": "kh", "selectionStart": 2, "selectionEnd": 2})
    expect(page.locator("#choices [aria-selected=true]")).to_have_text("Khmer")
    ime.send("Input.insertText", {"text": "kho"})
    expect(page.locator("#choices [aria-selected=true]")).to_have_text(re.compile("^Khơ"))
    table.press("Escape", "Escape")


def test_shift_and_a_key_extend_the_selection(table: Table):
    last, far = table.last_row, table.last_column
    table.click(5, "gender")
    assert table.selected() == (5, 2, 1, 1)
    walk = [
        ("Shift+ArrowDown", (5, 2, 2, 1)),
        ("Shift+ArrowRight", (5, 2, 2, 2)),
        ("Shift+ArrowUp", (5, 2, 1, 2)),
        ("Shift+ArrowUp", (4, 2, 2, 2)),
        ("Shift+ArrowLeft", (4, 2, 2, 1)),
        ("Shift+ArrowLeft", (4, 1, 2, 2)),
        ("Shift+Home", (4, 0, 2, 3)),
        ("Shift+End", (4, 2, 2, far - 1)),
        ("Control+Shift+Home", (0, 0, 6, 3)),
        ("Control+Shift+End", (5, 2, last - 4, far - 1)),
        ("Escape", (5, 2, 1, 1)),
        ("Control+Shift+ArrowUp", (0, 2, 6, 1)),
    ]
    for key, block in walk:
        table.press(key)
        assert table.selected() == block, key
        assert table.at() == (5, 2), "the active cell stays"
    table.press("Escape", "Shift+PageDown")
    assert table.selected()[:2] == (5, 2)
    assert table.selected()[2] > 5
    table.press("ArrowDown")
    assert table.selected() == (6, 2, 1, 1)
    table.press("Control+Home", "Shift+ArrowDown", "ArrowUp")
    assert table.selected() == (0, 0, 1, 1)


def test_rows_columns_and_everything(table: Table):
    fields, rows = len(table.fields), table.last_row + 1
    table.click(5, "gender")
    before = table.value(5, "gender")
    table.press("Shift+Space")
    assert table.selected() == (5, 0, 1, fields)
    table.press("Shift+ArrowDown")
    assert table.selected() == (5, 0, 2, fields)
    table.press("Escape", "Control+Space")
    assert table.selected() == (0, 2, rows, 1)
    table.press("Shift+ArrowRight")
    assert table.selected() == (0, 2, rows, 2)
    table.press("Control+a")
    assert table.selected() == (0, 0, rows, fields)
    expect(table.page.get_by_text(f"Đã chọn {rows} × {fields} ô")).to_be_visible()
    assert not table.is_editing()
    assert table.value(5, "gender") == before
    assert table.page.evaluate("document.activeElement.value") == before
    expect(table.page.locator("[role=grid]")).to_have_attribute("aria-multiselectable", "true")


def test_the_mouse_selects(table: Table):
    page = table.page
    table.click(2, "gender")
    table.click(4, "identity_number", modifiers=["Shift"])
    assert table.selected() == (2, 2, 3, 2)
    assert table.at() == (2, 2)
    for start in (
        (6, "date_of_birth"),
        (2, "gender"),
    ):  # the second begins on the cell that is active by then
        table.click(2, "gender") if start[0] == 2 else None
        box = page.locator(
            f'.grid tbody tr:nth-child({start[0] + 1}) [data-field="{start[1]}"]'
        ).bounding_box()
        goal = page.locator(
            '.grid tbody tr:nth-child(9) [data-field="identity_number"]'
        ).bounding_box()
        assert box
        assert goal
        page.mouse.move(box["x"] + 8, box["y"] + 8)
        page.mouse.down()
        page.mouse.move(box["x"] + 20, box["y"] + 30)
        page.mouse.move(goal["x"] + 8, goal["y"] + 8, steps=3)
        page.mouse.up()
        first = table.fields.index(start[1])
        assert table.selected() == (start[0], first, 9 - start[0], 4 - first)
        assert not table.is_editing()
        assert page.evaluate("String(getSelection()).includes('\\n')") is False
    page.locator('thead [data-of="identity_number"]').click()
    assert table.selected() == (0, 3, table.last_row + 1, 1)
    page.locator(".grid tbody tr:nth-child(4) td.stt").click()
    assert table.selected() == (3, 0, 1, len(table.fields))


def test_the_menu_of_the_right_button_is_that_of_the_cell(table: Table):
    """It can copy and paste only where it opens over the input."""
    page = table.page
    page.evaluate(
        "addEventListener('contextmenu', e => { e.preventDefault(); window.menu = e.target.className; })"
    )
    table.click(2, "gender")
    table.click(6, "address", button="right")
    assert page.evaluate("window.menu") == "cell-input"
    assert table.at() == (
        6,
        table.fields.index("address"),
    )
    table.press("Shift+ArrowDown", "Shift+ArrowDown")
    table.click(7, "address", button="right")
    assert table.selected()[2:] == (3, 1), "a press inside the selection leaves it"
    table.click(3, "address", button="right")
    assert table.selected() == (3, table.fields.index("address"), 1, 1)


def test_a_drag_past_the_edge_scrolls_along(table: Table):
    page = table.page
    table.click(1, "gender")
    box = page.locator(".grid-frame").bounding_box()
    start = page.locator('.grid tbody tr:nth-child(2) [data-field="gender"]').bounding_box()
    assert box
    assert start
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 8, 795, steps=2)
    expect(page.locator(".grid tbody tr:last-child [data-field=gender]")).to_have_attribute(
        "aria-selected", "true"
    )
    page.mouse.up()
    assert table.selected() == (1, 2, table.last_row, 1)


def test_hidden_rows_are_not_selected(table: Table):
    page = table.page
    page.locator("#only-problems").check()
    shown = page.locator(".grid tbody tr:not([hidden])").count()
    assert 1 < shown <= table.last_row
    page.locator(".grid tbody tr:not([hidden]) [data-field=gender]").first.click()
    table.press("Control+Space")
    expect(page.locator('tbody td[aria-selected="true"]')).to_have_count(shown)
    assert page.locator('.grid tbody tr[hidden] td[aria-selected="true"]').count() == 0
    page.locator("#only-problems").uncheck()


def test_a_selection_survives_an_answer(table: Table):
    table.click(3, "address")
    table.page.keyboard.insert_text("Ấp 12")
    table.press("Enter", "ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft")
    table.saved(3, "address", "Ấp 12")
    at = table.fields.index("address")
    assert table.selected() == (3, at - 1, 2, 2)
    expect(table.page.locator("td.sel")).to_have_count(4)
    assert re.search(r"Đã lưu", table.page.locator("#save-state").inner_text())
