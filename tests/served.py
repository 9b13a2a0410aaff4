"""The app on a real port inside the test's own process: for browser tests that need no worker and move the clock."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from waitress import wasyncore
from waitress.server import BaseWSGIServer, create_server

from app import _listen
from idapp import accounts
from idapp.models import User
from idapp.settings import Settings
from idapp.web.accounts import cookie_name


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Its address, until the block ends."""
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        _end(server, thread)


def _end(server: BaseWSGIServer, thread: threading.Thread) -> None:
    """At once. The loop of the server goes on as long as a connection is open, and a browser keeps its
    connections open: so they are closed too, by the loop itself, which nobody else may disturb."""
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map, ignore_all=True))
    thread.join(5)
    server.task_dispatcher.shutdown()
    assert not thread.is_alive()


@contextmanager
def really_served(app: Any, settings: Settings) -> Iterator[str]:
    """By the server of `python app.py`, with its own options: what they drop, no test client sees."""
    server, _ = _listen(app, settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://{settings.host}:{settings.port}"
    finally:
        _end(server, thread)


def signed_in(
    browser: Browser, address: str, user: User, *, width: int = 1280, height: int = 800
) -> BrowserContext:
    """A window in which this user is signed in already."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, base_url=address, locale="vi-VN"
    )
    context.add_cookies(
        [{"name": cookie_name(), "value": accounts.start_session(user), "url": address}]
    )
    return context
