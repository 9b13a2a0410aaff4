"""Step 3 on a phone and at a desk: the photo, the comparison, the papers for families in print."""

import re
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from idapp import notices, people
from idapp.models import PaperCase, Person, Scan
from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast, number_for, pupil
from tests.served import served, signed_in

pytestmark = pytest.mark.browser
RIGHT = number_for(2012, "Nam", 500)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with served(app) as at:
        yield at


def no_sideways_scroll(page: Page) -> bool:
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def test_a_teacher_with_a_phone_takes_the_paper(
    browser: Browser, address: str, cast: Cast, tmp_path: Path
) -> None:
    picture = tmp_path / "giay.jpg"
    Image.new("RGB", (1200, 1600), "#f4f1e6").save(picture)
    page = signed_in(browser, address, cast.lan, width=390, height=844).new_page()
    page.goto("/notices")
    assert no_sideways_scroll(page)
    page.get_by_role("link", name="Trần Văn Bình").click()
    expect(page.locator("#camera")).to_be_attached()  # the next page is there
    assert no_sideways_scroll(page)
    page.set_input_files("#camera", picture)
    page.get_by_role("button", name="Tải ảnh lên").click()
    shown = page.locator("[data-scan] img")
    expect(shown).to_be_visible()
    assert (
        page.evaluate("(i) => i.decode().then(() => i.naturalWidth)", shown.element_handle()) > 400
    )

    page.get_by_role("button", name="Xoay ảnh").click()
    page.get_by_role("button", name="Phóng to").click()
    assert "rotate(90deg)" in str(shown.evaluate("(i) => i.style.transform"))
    assert no_sideways_scroll(page)

    page.fill("#identity_number", RIGHT)
    page.locator("#again").press_sequentially(RIGHT[:-1] + "9")
    page.get_by_role("button", name="Lưu theo giấy").click()
    expect(page.get_by_role("alert")).to_contain_text("Hai lần gõ số không khớp nhau")
    expect(page.locator("#identity_number")).to_have_value(RIGHT)

    page.locator("#again").press_sequentially(RIGHT)
    for box in page.locator("input[name=tick]").all():
        box.check()
    page.get_by_role("button", name="Lưu theo giấy").click()
    expect(page.get_by_role("status").filter(has_text="đợt xác thực sau")).to_be_visible()
    case = PaperCase.get(PaperCase.person == cast.binh)
    assert (case.state, len(case.ticked), Scan.select().count()) == ("waiting", 5, 1)
    assert Person.get_by_id(cast.binh.id).number == RIGHT


def test_a_second_typing_cannot_be_pasted(browser: Browser, address: str, cast: Cast) -> None:
    context = signed_in(browser, address, cast.lan)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"/notices/{cast.binh.id}")
    page.evaluate(f"navigator.clipboard.writeText('{RIGHT}')")
    page.locator("#again").focus()
    page.keyboard.press("ControlOrMeta+v")
    expect(page.locator("#again")).to_have_value("")
    page.get_by_role("button", name="Chép để gửi Zalo").click()
    expect(page.locator("[data-copied]")).to_contain_text("Đã chép")
    assert "Nhà trường chưa có số định danh" in page.evaluate("navigator.clipboard.readText()")


def test_the_papers_for_families_on_paper(
    browser: Browser, address: str, cast: Cast, tmp_path: Path
) -> None:
    for serial, name in enumerate(("Bùi Văn Cam", "Vũ Thị Đào"), start=30):
        values = pupil(name, serial=serial) | {"identity_number": ""}
        people.add(kind="student", school_class=cast.class_5a, values=values, by=cast.thu)
    Person.update(status="mismatch", differences={"gender": ["Nữ", "Nam"]}).where(
        Person.id == cast.an.id
    ).execute()
    notices.sync_cases()
    people.change(cast.chi, "full_name", "K'Brông Thảo H'Hen Niê", seen="Lê Thị Chi", by=cast.thu)
    Person.update(foreign_national=True, nationality="Hàn Quốc", status="foreign").where(
        Person.full_name == "Vũ Thị Đào"
    ).execute()
    page = signed_in(browser, address, cast.thu).new_page()

    cover, *slips = printed(page, f"/notices/slips?class={cast.class_5a.id}", tmp_path)
    assert [name in cover for name in ("Nguyễn Thị An", "Trần Văn Bình", "Bùi Văn Cam")]
    assert len(slips) == 2, "two on a sheet"
    for sheet in slips:
        for words in ("Phiếu đề nghị bổ sung thông tin định danh", "ghi số định danh (12", "OTP"):
            assert sheet.count(words) == len(re.findall("ký, ghi rõ họ tên", sheet))
    assert "Nguyễn Thị An" in slips[0]
    assert cast.an.identity_number not in "".join(slips)

    sheets = printed(page, "/notices/check-sheets?all=1", tmp_path)
    covers = [number for number, sheet in enumerate(sheets) if "Đã phát" in sheet]
    assert covers == [0, 3], "a list before each class, every class on a page of its own"
    assert "Giáo viên chủ nhiệm: Lê Thị Lan" in sheets[0]
    assert [sheet.count("Phiếu kiểm tra thông tin") for sheet in sheets] == [0, 2, 2, 0, 1]
    for words in (cast.an.identity_number, "Xã Mỹ An"):
        assert words in sheets[1]
    assert "Hàn Quốc" in sheets[1] + sheets[2]
    for words in ("K'Brông Thảo H'Hen Niê", cast.chi.identity_number):
        assert words in sheets[4]


def printed(page: Page, path: str, folder: Path) -> list[str]:
    """The text of each page of paper; nothing of the page around is on it, nothing is cut off."""
    page.goto(path)
    file = folder / "paper.pdf"
    page.pdf(path=file, prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(file)
    texts = [document[n].get_textpage().get_text_range() for n in range(len(document))]
    assert "Đăng xuất" not in "".join(texts)
    return texts
