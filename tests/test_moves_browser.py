"""The rows selected in the class table are ticked where several pupils change class; one undo brings them back."""

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast
from tests.served import served, signed_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.usefixtures("few_places"),
    pytest.mark.timeout(120),
]


def test_selected_rows_go_to_another_class_and_come_back(app: Flask, cast: Cast) -> None:
    with chromium(chromium_or_skip()) as browser, served(app) as address:
        page = signed_in(browser, address, cast.thu).new_page()
        page.goto(f"/classes/{cast.class_5a.id}")
        rows = page.locator("tbody tr[data-person-id]")
        rows.nth(0).locator("[data-field=full_name]").click()
        rows.nth(1).locator("[data-field=full_name]").click(modifiers=["Shift"])
        page.locator("#moves").click()
        expect(page.locator("[name=person]:checked")).to_have_count(2)
        page.get_by_label("Lớp chuyển đến").select_option(label="5B")
        page.get_by_role("button", name="Chuyển lớp").click()
        expect(page.locator("main .notice.done")).to_contain_text("sang lớp 5B")
        page.goto(f"/classes/{cast.class_5b.id}")
        expect(rows).to_have_count(3)
        page.locator("#undo").click()
        expect(rows).to_have_count(1)
        page.context.close()
