"""A file with wrong numbers on its way through upload, class table and batch, in a real Chromium and process tree."""

import re
import shutil
from pathlib import Path

import pytest
from openpyxl import Workbook
from playwright.sync_api import Locator, expect

from tests import browser
from tests.browser import Desk
from tests.cast import number_for

TODAY = "2022-10-16"
DOUBLED = number_for(2012, "Nữ", 900_001)
RIGHT = number_for(2012, "Nữ", 900_002)
HEADING = ("Lớp", "Họ và tên", "Ngày sinh", "Giới tính", "Số định danh cá nhân", "Tôn giáo")
HEADING_HOME = ("Tỉnh/Thành phố", "Quận/Huyện", "Xã/Phường")
HOME = ("Tỉnh Long An", "Huyện Thủ Thừa", "Xã Mỹ An")
NUMBERS = {
    "Bùi Thị Dung": DOUBLED,
    "Bùi Thị Em": DOUBLED,
    "Bùi Thị Hạnh": RIGHT[:-1],
    "Bùi Thị Khanh": "123456789012",
    "Bùi Thị Loan": number_for(2012, "Nữ", 900_003),
}
WRONG = {
    "Bùi Thị Dung": "Bùi Thị Em",  # the message names the other holder
    "Bùi Thị Em": "Bùi Thị Dung",
    "Bùi Thị Hạnh": "đúng 12 chữ số",
    "Bùi Thị Khanh": "số điền tạm",
}


@pytest.mark.browser
@pytest.mark.timeout(400)
def test_wrong_numbers_of_a_file_stand_in_the_class_table_until_mended(
    tmp_path: Path, demo_folder: Path
) -> None:
    executable = browser.chromium_or_skip()
    shutil.copytree(demo_folder, tmp_path / "var")
    with (
        browser.process_tree(tmp_path / "var", IDAPP_DEMO="1", IDAPP_TODAY=TODAY) as address,
        browser.chromium(executable) as chromium,
    ):
        clerk, teacher, principal = (
            Desk(chromium, address, name) for name in ("vanthu", "gv5b", "hieutruong")
        )
        _import(clerk, _workbook(tmp_path))
        _look_at_the_table(teacher)
        _mend(teacher, "Bùi Thị Hạnh", RIGHT)
        _run_batch(principal)
        _look_at_the_table_after_the_batch(teacher)
        assert [desk.script_errors for desk in (clerk, teacher, principal)] == [[], [], []]


def _workbook(folder: Path) -> Path:
    book = Workbook()
    book.active.append([*HEADING, *HEADING_HOME])
    for name, number in NUMBERS.items():
        book.active.append(["5B", name, "17/09/2012", "Nữ", number, "Phật giáo", *HOME])
    path = folder / "lop-5b.xlsx"
    book.save(path)
    return path


def _import(clerk: Desk, workbook: Path) -> None:
    page = clerk.page
    page.goto("/imports/new")
    page.set_input_files("#file", workbook)
    page.click("text=Đọc tệp và xem trước")
    expect(page.locator("h1")).to_have_text(workbook.name)
    expect(page.locator("[data-count=errors]")).to_have_text(str(len(WRONG)))
    page.click(".tabs >> text=Có ô lỗi")
    expect(page.locator(".import-rows tbody tr")).to_have_count(len(WRONG))
    expect(page.get_by_text("Lưu kèm dấu lỗi")).to_have_count(len(WRONG))
    clerk.keep("import-errors")
    page.click("#import-write button.primary")
    expect(page.locator(".notice", has_text="Đã lưu vào hồ sơ lúc")).to_contain_text(
        f"{len(WRONG)} dòng đã lưu kèm ô lỗi"
    )
    clerk.keep("import-errors-done")


def _look_at_the_table(teacher: Desk) -> None:
    page = teacher.page
    page.goto("/")
    page.check("#only-problems")
    for name, sentence in WRONG.items():
        cell = _number_of(teacher, name)
        expect(cell).to_be_visible()
        expect(cell).to_have_attribute("data-value", NUMBERS[name])
        expect(cell).to_have_attribute("data-problem", "error")
        expect(cell).to_have_attribute("aria-invalid", "true")
        cell.click()
        expect(cell.locator(".why")).to_contain_text(sentence)
    expect(_number_of(teacher, "Bùi Thị Loan")).not_to_have_attribute("data-problem", "error")
    teacher.keep("class-with-imported-errors")


def _mend(teacher: Desk, name: str, number: str) -> None:
    teacher.page.goto("/")
    person = _row_of(teacher, name).get_attribute("data-person-id") or ""
    teacher.type_in(person, "identity_number", number)
    expect(teacher.row(person)).to_have_attribute("data-status", "ready")


def _run_batch(principal: Desk) -> None:
    page = principal.page
    page.goto("/batches/new")
    labels = page.locator("#scope option").all_inner_texts()
    page.select_option("#scope", label=next(one for one in labels if one.split()[-1] == "5B"))
    page.locator("form[method=get] button").click()
    principal.keep("batch-with-imported-errors-preflight")
    _look_at_who_stays_out(principal)
    page.click("form[method=post][action='/batches'] button.primary")
    expect(page.locator("#batch-progress")).to_have_attribute(
        "data-batch-state", "finished", timeout=60_000
    )


def _look_at_who_stays_out(principal: Desk) -> None:
    """Each wrong number is counted before sending, and told with its own reason."""
    page = principal.page
    count = page.locator("[data-count=excluded-incomplete]")
    assert int(count.inner_text()) >= len(WRONG) - 1
    page.click("a:has([data-count=excluded-incomplete])")
    for name in WRONG.keys() - {"Bùi Thị Hạnh"}:
        row = page.locator("tbody tr", has=page.get_by_role("rowheader", name=name))
        expect(row).to_contain_text(WRONG[name])
    expect(page.get_by_role("rowheader", name="Bùi Thị Hạnh")).to_have_count(0)
    principal.keep("batch-with-imported-errors-excluded")
    page.go_back()


def _look_at_the_table_after_the_batch(teacher: Desk) -> None:
    teacher.page.goto("/")
    for name in WRONG.keys() - {"Bùi Thị Hạnh"}:
        row = _row_of(teacher, name)
        expect(row).to_have_attribute("data-status", "incomplete")  # was not sent
        expect(_number_of(teacher, name)).to_have_attribute("data-problem", "error")
    for name in ("Bùi Thị Hạnh", "Bùi Thị Loan"):
        status = re.compile("verified|mismatch|not_found")
        expect(_row_of(teacher, name)).to_have_attribute("data-status", status)
    teacher.keep("class-after-batch-with-imported-errors")


def _row_of(teacher: Desk, name: str) -> Locator:
    cell = teacher.page.locator(f'td[data-field=full_name][data-value="{name}"]')
    return teacher.page.locator("table[role=grid] tr[data-person-id]").filter(has=cell)


def _number_of(teacher: Desk, name: str) -> Locator:
    return _row_of(teacher, name).locator("td[data-field=identity_number]")
