"""The main job as people do it: the whole loop in a real Chromium, against the real process tree and its simulator."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from idapp import demo
from idapp.demo import police
from tests import browser
from tests.browser import Desk

TODAY = "2022-10-16"
SAMPLE = Path(__file__).parent / "samples" / "workbooks" / "ho-so-hoc-sinh.xlsx"
_PRINTED = (
    "full_name",
    "date_of_birth",
    "gender",
    "identity_number",
    "province",
    "district",
    "commune",
)
_PLACES = _PRINTED[4:]
Papers = dict[
    str, dict[str, str]
]  # what the family's paper says, by the pupil's code at the ministry


# of 5A in the demo: paper and record agree, so only the police can help (tests/test_register_errors.py)
REGISTER_WRONG = 1


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_the_whole_loop_in_a_browser(tmp_path: Path):
    executable = browser.chromium_or_skip()
    data = tmp_path / "var"
    with (
        browser.process_tree(data, IDAPP_DEMO="1", IDAPP_TODAY=TODAY) as address,
        browser.chromium(executable) as chromium,
    ):
        teacher, clerk, principal = (
            Desk(chromium, address, name) for name in ("gv5a", "vanthu", "hieutruong")
        )
        _an_edit_is_stored(teacher)
        _a_bad_date_stays_until_mended(teacher)
        _import(clerk, _sample_for_5b(tmp_path))
        first = _run_batch(principal, "batch-1")
        assert first["verified"] > 0
        assert first["mismatch"] > 0
        assert first["not_found"] > 0
        written = _write_from_the_papers(teacher, _papers(data))
        second = _run_batch(principal, "batch-2")
        assert second["verified"] == written - REGISTER_WRONG
        _everybody_else_is_verified(teacher)
        assert [desk.script_errors for desk in (teacher, clerk, principal)] == [[], [], []]


def _an_edit_is_stored(teacher: Desk) -> None:
    teacher.page.goto("/")
    person = _first_ready(teacher)
    teacher.type_in(person, "address", "Ấp 7, tổ 12")
    expect(teacher.cell(person, "address")).to_have_attribute("data-value", "Ấp 7, tổ 12")
    teacher.page.reload()
    expect(teacher.cell(person, "address")).to_have_attribute("data-value", "Ấp 7, tổ 12")
    teacher.keep("class-edited")


def _a_bad_date_stays_until_mended(teacher: Desk) -> None:
    person = _first_ready(teacher)
    cell = teacher.cell(person, "date_of_birth")
    true = cell.get_attribute("data-value") or ""
    teacher.type_in(person, "date_of_birth", "31/02/2012")
    expect(cell).to_have_attribute("data-problem", "error")
    teacher.page.reload()
    expect(cell).to_have_attribute("data-problem", "error")
    expect(cell).to_have_attribute("aria-invalid", "true")
    expect(cell).to_contain_text("31/02/2012")
    teacher.keep("class-bad-date")
    teacher.type_in(person, "date_of_birth", true)
    expect(cell).to_have_attribute("data-value", true)
    expect(cell).not_to_have_attribute("data-problem", "error")
    teacher.page.reload()
    expect(teacher.row(person)).to_have_attribute("data-status", "ready")


def _first_ready(teacher: Desk) -> str:
    row = teacher.page.locator("table[role=grid] tr[data-status=ready]").first
    return row.get_attribute("data-person-id") or ""


def _sample_for_5b(folder: Path) -> Path:
    """The sample with its pupils of 5A moved to 5B: they are in no register, and 5A is to reach 100 %."""
    book = openpyxl.load_workbook(SAMPLE)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.strip() in ("5A", "Lớp: 5A"):
                cell.value = cell.value.replace("5A", "5B")
    path = folder / SAMPLE.name
    book.save(path)
    return path


def _import(clerk: Desk, workbook: Path) -> None:
    page = clerk.page
    before = _pupils_of_5b(clerk)
    page.goto("/imports/new")
    page.set_input_files("#file", workbook)
    page.click("text=Đọc tệp và xem trước")
    expect(page.locator("h1")).to_have_text(workbook.name)
    clerk.keep("import-checked")
    page.click("#import-write button.primary")
    expect(page.locator(".notice", has_text="Đã lưu vào hồ sơ lúc")).to_contain_text("hồ sơ mới")
    clerk.keep("import-done")
    assert _pupils_of_5b(clerk) >= before + 30


def _pupils_of_5b(clerk: Desk) -> int:
    clerk.page.goto("/classes/by-name/5B")
    return clerk.page.locator("table[role=grid] tr[data-person-id]").count()


def _run_batch(principal: Desk, picture: str) -> dict[str, int]:
    """Class 5A is asked about; the counts when every record has its answer."""
    page = principal.page
    page.goto("/batches/new")
    page.select_option("#scope", label=_label_of_5a(principal))
    page.locator("form[method=get] button").click()
    principal.keep(f"{picture}-preflight")
    page.click("form[method=post][action='/batches'] button.primary")
    expect(page.locator("#batch-progress")).to_have_attribute(
        "data-batch-state", "finished", timeout=60_000
    )
    principal.keep(picture)
    marks = page.locator("#batch-progress [data-count]").all()
    return {str(mark.get_attribute("data-count")): int(mark.inner_text()) for mark in marks}


def _label_of_5a(principal: Desk) -> str:
    labels = principal.page.locator("#scope option").all_inner_texts()
    return next(label for label in labels if label.split()[-1] == "5A")


def _papers(data: Path) -> Papers:
    """The demo's papers of 5A. Whom a paper is about, the teacher knows; here the invented truth says it."""
    codes = {
        c.values["identity_number"]: c.values["ministry_code"]
        for c in demo.invent(date.fromisoformat(TODAY))
    }
    with (data / police.PAPERS).open(encoding="utf-8-sig", newline="") as file:
        lines = [list(line.values()) for line in csv.DictReader(file) if line["Lớp"] == "5A"]
    printed = (dict(zip(_PRINTED, line[1:], strict=True)) for line in lines)
    return {codes[paper["identity_number"]]: paper for paper in printed}


def _write_from_the_papers(teacher: Desk, papers: Papers) -> int:
    """Where the residence is wrong it is mended in the table, everything else on the page of the paper."""
    page = teacher.page
    page.goto("/notices")
    assert page.locator("tr[id^=notice-]").count() > 5
    teacher.keep("notices")
    page.goto("/")
    waiting = dict(_not_verified(teacher))
    assert set(waiting.values()) == set(papers)
    for person, code in waiting.items():
        for field in _PLACES:
            if teacher.cell(person, field).get_attribute("data-value") != papers[code][field]:
                teacher.type_in(person, field, papers[code][field])
                expect(teacher.cell(person, field)).to_have_attribute(
                    "data-value", papers[code][field]
                )
    for person, code in waiting.items():
        _compare(teacher, person, papers[code])
    page.goto("/notices")
    teacher.keep("notices-after")
    return len(waiting)


def _not_verified(teacher: Desk) -> Iterator[tuple[str, str]]:
    for row in teacher.page.locator(
        "table[role=grid] tr[data-person-id]:not([data-status=verified])"
    ).all():
        code = row.locator("[data-field=ministry_code]").get_attribute("data-value")
        yield str(row.get_attribute("data-person-id")), str(code)


def _compare(teacher: Desk, person: str, paper: dict[str, str]) -> None:
    page = teacher.page
    page.goto(f"/notices/{person}")
    for field in ("identity_number", "full_name", "date_of_birth"):
        page.fill(f"#{field}", paper[field])
    page.fill("#again", paper["identity_number"])
    page.select_option("#gender", paper["gender"])
    for box in page.locator("input[name=tick]").all():
        box.check()
    page.click("text=Lưu theo giấy")
    expect(page.get_by_text("Đã lưu theo giấy")).to_contain_text(paper["full_name"])


def _everybody_else_is_verified(teacher: Desk) -> None:
    teacher.page.goto("/")
    done, total = teacher.banner()
    teacher.keep("class-100-percent")
    assert total == teacher.page.locator("table[role=grid] tr[data-person-id]").count()
    assert done == total - REGISTER_WRONG
    expect(teacher.page.locator("[data-counter=verified]")).to_have_text(str(done))
