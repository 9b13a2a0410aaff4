"""The core deeds of the class table in Firefox and in WebKit, the engine of every browser on an iPhone.

Where one of them is not installed its tests are skipped, and say so where nobody can overlook it.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import webdriver
from tests.serving import served
from tests.webdriver import KEYS, Browser, pointer_at, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
NEEDS = {
    "firefox": (("firefox-esr",), "firefox-esr"),
    "webkit": (("WebKitWebDriver", "xvfb-run"), "webkit2gtk-driver and xvfb"),
}
STARTS = {"firefox": webdriver.firefox, "webkit": webdriver.webkit}


@pytest.fixture(scope="module", params=NEEDS)
def name(request: pytest.FixtureRequest) -> str:
    programs, packages = NEEDS[request.param]
    if not webdriver.has(*programs):
        print(
            f"\n*** NO {request.param.upper()}: NOT TRIED IN IT. Install {packages}. ***",
            file=sys.__stderr__,
        )
        pytest.skip(f"{packages}: not installed, the class table was NOT tried in {request.param}")
    return str(request.param)


class Table:
    """Class 5A under the hands of its teacher."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address

    def open(self) -> None:
        self.browser.go(f"{self.address}/classes/by-name/5A")

    def sign_in(self) -> None:
        self.browser.go(f"{self.address}/login")
        for field, text in (("username", "gv5a"), ("password", "demo-gv5a")):
            self.click(f"#{field}")
            self.type(text)
        self.press("Enter")
        wait_for(lambda: self.browser.run("!!document.querySelector('[data-banner=deadline]')"))

    def find(self, selector: str, what: str) -> object:
        """A property of the element, for example ``dataset.value``."""
        return self.browser.run(f"document.querySelector({json.dumps(selector)})?.{what}")

    def click(self, selector: str) -> None:
        self.browser.act([pointer_at(*self.place_of(selector), "mouse")])

    def tap(self, selector: str) -> None:
        self.browser.tap(*self.place_of(selector))

    def place_of(self, selector: str) -> tuple[int, int]:
        """Where it can be seen, from the corner of the window, once it stands still there.

        WebKit scrolls in another process: a place that is read at once may be that of the moment before.
        """
        places: list[object] = []

        def stands_still() -> bool:
            places.append(self.browser.run(_PLACE % json.dumps(selector)))
            return len(places) > _STILL and places[-1] == places[-1 - _STILL] != [None, None]

        wait_for(stands_still)
        x, y = self.browser.run(_PLACE % json.dumps(selector))
        return round(x), round(y)

    def press(self, *chord: str) -> None:
        """Keys held down together, then released."""
        keys = [KEYS.get(key, key) for key in chord]
        steps = [{"type": "keyDown", "value": key} for key in keys]
        steps += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.browser.act([{"type": "key", "id": "keyboard", "actions": steps}])

    def type(self, text: str) -> None:
        kinds = ("keyDown", "keyUp")
        steps = [{"type": kind, "value": letter} for letter in text for kind in kinds]
        self.browser.act([{"type": "key", "id": "keyboard", "actions": steps}])

    def copy(self, text: str) -> None:
        """To the clipboard, out of a field that stands nowhere else."""
        self.browser.run(_FIELD % json.dumps(text, ensure_ascii=False))
        self.press("Control", "c")
        self.browser.run("document.getElementById('source').remove()")

    def value(self, row: int, field: str) -> object:
        return self.find(cell(row, field), "dataset.value")

    def values(self, field: str) -> list[str]:
        every = f"document.querySelectorAll('tbody [data-field={field}]')"
        return list(self.browser.run(f"[...{every}].map((one) => one.dataset.value)"))

    def is_saved(self, row: int, field: str, text: str) -> bool:
        """Also on the server, which the page is asked from again."""
        wait_for(lambda: self.value(row, field) == text and self.is_settled(row, field))
        self.open()
        return self.value(row, field) == text

    def is_settled(self, row: int, field: str) -> bool:
        return self.find(cell(row, field), "dataset.save") in (None, "saved")


_STILL = 4  # readings, 0.05 s from one to the next
_PLACE = """((element) => {
    element.scrollIntoView({block: 'center', inline: 'center'});
    const box = element.getBoundingClientRect();
    const place = [box.x + Math.min(box.width / 2, 12), box.y + Math.min(box.height / 2, 12)];
    return element.contains(document.elementFromPoint(...place)) ? place : [null, null];
})(document.querySelector(%s))"""
_FIELD = """((text) => {
    const source = Object.assign(document.createElement('textarea'), {id: 'source', value: text});
    document.body.append(source);
    source.select();
})(%s)"""


def cell(row: int, field: str) -> str:
    return f".grid tbody tr:nth-child({row + 1}) [data-field={field}]"


@pytest.fixture(scope="module")
def signed_in(
    name: str, tmp_path_factory: pytest.TempPathFactory, demo_folder: Path
) -> Iterator[Table]:
    folder = tmp_path_factory.mktemp(name)
    shutil.copytree(demo_folder, folder / "var")
    (folder / "profile").mkdir()
    with (
        served(folder / "var", IDAPP_DEMO="1", IDAPP_TODAY="2022-10-16") as address,
        STARTS[name](folder / "profile") as browser,
    ):
        table = Table(browser, address)
        table.sign_in()
        yield table


@pytest.fixture
def table(signed_in: Table) -> Table:
    signed_in.browser.resize(1280, 800)
    signed_in.open()
    return signed_in


def test_what_is_typed_over_a_cell_is_saved_and_undone(table: Table) -> None:
    before = table.value(2, "address")
    table.click(cell(2, "address"))
    table.type("Ấp 7, tổ 12")
    table.press("Enter")
    assert table.is_saved(2, "address", "Ấp 7, tổ 12")
    table.click(cell(2, "address"))
    table.press("Control", "z")
    assert table.is_saved(2, "address", str(before))


def test_telex_loses_no_letter(table: Table) -> None:
    table.click(cell(3, "address"))
    table.browser.compose("đ", "đư", "đươ", "đường")
    assert table.find("[data-editing] .cell-input", "value") == "đường"
    table.type(" số 3")
    table.press("Enter")
    assert table.is_saved(3, "address", "đường số 3")


def test_three_lines_are_pasted_and_taken_back_at_once(table: Table) -> None:
    before = table.values("address")
    table.copy("Ấp 1\nẤp 2, Mỹ An\nẤp 3")
    table.click(cell(4, "address"))
    table.press("Control", "v")
    wait_for(lambda: "Đã dán" in str(table.find("#grid-report", "textContent")))
    table.open()
    after = table.values("address")
    assert after == [*before[:4], "Ấp 1", "Ấp 2, Mỹ An", "Ấp 3", *before[7:]]
    table.click(cell(4, "address"))
    table.press("Control", "z")
    wait_for(lambda: "Đã hoàn tác" in str(table.find("#grid-report", "textContent")))
    table.open()
    assert table.values("address") == before


def test_a_teacher_goes_from_card_to_card_on_a_phone(table: Table) -> None:
    table.browser.resize(390, 844)
    table.open()
    table.tap(cell(0, "identity_number"))
    wait_for(lambda: table.find("[data-editing] .cell-input", "matches('*')"))
    assert table.browser.run("document.activeElement.matches('[data-editing] .cell-input')")
    assert table.find(".cell-input", "inputMode") == "numeric"
    table.press("Control", "a")
    table.type("100212000999")
    table.tap("[data-go=person]")
    wait_for(lambda: table.find(".grid tbody tr:nth-child(2) [data-editing]", "dataset.field"))
    assert table.is_saved(0, "identity_number", "100212000999")
