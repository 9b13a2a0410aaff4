"""What waits in a browser, opened and sealed by another library than the page's own script."""

import json
import os
import time
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from playwright.sync_api import Page

SEALED = """() => Object.fromEntries(
    Object.entries(localStorage).filter(([name]) => /^(unsaved|draft)\\//.test(name)))"""


def sealed(page: Page) -> dict[str, str]:
    """{name: what lies in the browser}."""
    return page.evaluate(SEALED)


def kept(page: Page) -> list[Any]:
    """What the page at hand could read of it; raises InvalidTag for what it could not."""
    return [opened(name, raw, key_of(page)) for name, raw in sealed(page).items()]


def is_readable(page: Page, name: str) -> bool:
    try:
        opened(name, sealed(page)[name], key_of(page))
    except InvalidTag:
        return False
    return True


def opened(name: str, raw: str, key: bytes) -> Any:
    tag, _, signs = raw.partition(" ")
    content = signs.encode("latin-1")
    data = content[12:] + int(tag).to_bytes(16, "little")
    return json.loads(ChaCha20Poly1305(key).decrypt(content[:12], data, name.encode()))


def key_of(page: Page) -> bytes:
    return bytes.fromhex(
        str(page.locator("[data-draft-key]").first.get_attribute("data-draft-key"))
    )


def keep_from_long_ago(page: Page, entry: dict[str, Any]) -> None:
    """An entry of the table, typed fifteen days ago."""
    table = page.locator("table[role=grid]")
    user, class_id = (table.get_attribute(f"data-{what}") for what in ("user", "class-id"))
    name = f"unsaved/{user}/{class_id}/{entry['person']}/{entry['field']}"
    then = round((time.time() - 15 * 86_400) * 1000)
    nonce = os.urandom(12)
    text = json.dumps(entry | {"at": then}).encode()
    data = ChaCha20Poly1305(key_of(page)).encrypt(nonce, text, name.encode())
    raw = f"{int.from_bytes(data[-16:], 'little')} {(nonce + data[:-16]).decode('latin-1')}"
    page.evaluate("([name, raw]) => localStorage.setItem(name, raw)", [name, raw])
