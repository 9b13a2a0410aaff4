"""The file way of verification, set up and played in a real Chromium: nothing of it needs the server's files."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from idapp import exports
from idapp.models import Batch, Person, StoredSetting
from tests.browser import chromium, chromium_or_skip
from tests.cast import Cast
from tests.served import served, signed_in
from tests.test_verification_files import filled

pytestmark = pytest.mark.browser


def test_a_school_without_a_grant_verifies_by_file(
    app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "catalogues_of", lambda *_: ())
    with chromium(chromium_or_skip()) as browser, served(app) as address:
        page = signed_in(browser, address, cast.hoa).new_page()
        page.goto("/settings")
        page.click('main a:text("Cách gửi xác thực")')
        expect(page.locator("#url")).to_be_hidden()
        page.check("text=Nối qua mạng")
        expect(page.locator("#hash_path")).to_be_visible()
        page.select_option("#auth", "lgsp")
        expect(page.locator("#hash_path")).to_be_hidden()
        expect(page.locator("#token_url")).to_be_visible()
        page.check("text=Gửi bằng tệp")
        page.click("main button:text-is('Lưu')")
        expect(page.locator(".notice.done")).to_contain_text("Đã lưu cách gửi xác thực")
        assert StoredSetting.get(StoredSetting.name == "registry.way").value == "file"

        page.goto("/batches/new?scope=school")
        page.click("form[action='/batches'] button.primary")
        expect(page.locator("[data-batch-state=waiting_for_answers]")).to_be_visible()
        with page.expect_download() as download:
            page.click("a[href$='/request.xlsx']")
        request = Path(download.value.path()).read_bytes()
        people = [cast.an, cast.chi, cast.giang]
        results = tmp_path / "ket-qua.xlsx"
        results.write_bytes(filled(request, {person.number: "Đã xác thực" for person in people}))
        page.set_input_files("input[name=file]", results)
        page.click("form[action$='/answers'] button")
        expect(page.locator("[data-count=verified]").first).to_have_text("3")
    assert {Person.get_by_id(person.id).status for person in people} == {"verified"}
    assert Batch.get().state == "finished"
