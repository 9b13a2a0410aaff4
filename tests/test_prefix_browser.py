"""Below a path of another site, behind a proxy: a table is edited, undone and looked at in a real Chromium."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from idapp.models import Person
from idapp.settings import Settings, use
from tests.browser import chromium, chromium_or_skip
from tests.cast import PASSWORD, Cast
from tests.served import served

pytestmark = pytest.mark.browser
PREFIX = "/idapp"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium(chromium_or_skip()) as one:
        yield one


@contextmanager
def proxied(address: str, strays: list[str]) -> Iterator[str]:
    """A proxy that passes on what lies below the prefix, which it takes off; all else is put into ``strays``."""

    class Proxy(BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            if not self.path.startswith(f"{PREFIX}/"):
                strays.append(self.path)
                self.send_error(404)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            behind = http.client.HTTPConnection(urlsplit(address).netloc)
            headers = dict(self.headers) | {
                "X-Forwarded-For": "203.0.113.9",
                "X-Forwarded-Prefix": PREFIX,
                "Connection": "close",
            }
            behind.request(self.command, self.path.removeprefix(PREFIX), body, headers)
            answer = behind.getresponse()
            content = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            behind.close()

        do_GET = do_POST = _pass_on

        def log_message(self, *_: object) -> None:
            """Quiet."""

    proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}{PREFIX}"
    finally:
        proxy.shutdown()
        proxy.server_close()


def test_a_table_below_a_path(app: Flask, cast: Cast, browser: Browser, settings: Settings) -> None:
    use(replace(settings, plain_http=True, trusted_proxies=("127.0.0.1/32",)))
    strays: list[str] = []
    with served(app) as address, proxied(address, strays) as site:
        page = browser.new_page(locale="vi-VN")
        _sign_in(page, site, cast)
        _edit_and_undo(page, cast)
        page.goto(f"{site}/help")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_contain_text("Phím tắt")
        page.context.close()
    assert [path for path in strays if path != "/favicon.ico"] == []


def _sign_in(page: Page, site: str, cast: Cast) -> None:
    page.goto(f"{site}/classes/{cast.class_5a.id}")
    expect(page).to_have_url(f"{site}/login?next=/idapp/classes/{cast.class_5a.id}")
    page.fill("[name=username]", cast.lan.username)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/classes/{cast.class_5a.id}")
    page.wait_for_load_state("load")  # the address is there before the scripts are


def _edit_and_undo(page: Page, cast: Cast) -> None:
    before = cast.an.full_name
    cell = page.locator(f'tr[data-person-id="{cast.an.id}"] td[data-field="full_name"]')
    cell.click()
    page.keyboard.press("F2")
    page.keyboard.insert_text(" Hư")
    page.keyboard.press("Enter")
    expect(page.locator("#save-state, .save-state").first).to_contain_text("Đã lưu")
    assert Person.get_by_id(cast.an.id).full_name != before
    page.locator("#undo").click()
    expect(cell).to_have_attribute("data-value", before)
    assert Person.get_by_id(cast.an.id).full_name == before
