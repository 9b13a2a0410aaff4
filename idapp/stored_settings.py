"""Settings that were made in the browser: rows, by name. Secrets among them are sealed with a key in the data folder.

Nothing is kept in memory: web, worker and commands see a change with their next question. The environment wins over
what stands here; each subject that reads a setting decides that where it reads.
"""

import base64
import secrets
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from peewee import fn

from idapp.database import PreparedStatement
from idapp.models import StoredSetting
from idapp.settings import Settings, SettingsError, kept_secret

_NONCE_BYTES = 12


def with_prefix(prefix: str, settings: Settings) -> dict[str, str]:
    """All settings whose names begin with ``prefix``, without it; secrets opened.

    Raises SettingsError for a secret that this installation's key does not open.
    """
    values = {}
    for row in _beginning_with(prefix):
        text = row.value
        if row.sealed:
            text = opened(row.name, text, settings)
        values[row.name.removeprefix(prefix)] = text
    return values


def without_secrets(prefix: str) -> tuple[dict[str, str], set[str]]:
    """The same for showing: the texts that are no secrets, and the names of those that are."""
    stored = _beginning_with(prefix)
    texts = {row.name.removeprefix(prefix): row.value for row in stored if not row.sealed}
    return texts, {row.name.removeprefix(prefix) for row in stored if row.sealed}


def text_of(name: str) -> str:
    """One that is no secret; "" where it was never set."""
    row = StoredSetting.get_or_none(StoredSetting.name == name)
    return "" if row is None else str(row.value)


def number_of(name: str, usual: int) -> int:
    """One that is a whole number; the usual one where it was never set."""
    text = text_of(name)
    return int(text) if text.isascii() and text.isdigit() else usual


def _beginning_with(prefix: str) -> list[StoredSetting]:
    return _ROWS.rows(len(prefix), prefix)


# pages ask for several subjects; LIKE would take a marker for a pattern
_ROWS = PreparedStatement(
    lambda length, prefix: StoredSetting.select().where(
        fn.SUBSTR(StoredSetting.name, 1, length) == prefix
    )
)


def store(name: str, value: str) -> None:
    """Keep a setting in the caller's transaction; "" forgets it."""
    _replace(name, value, sealed=False)


def store_secret(name: str, value: str, settings: Settings) -> None:
    """The same for a secret: what lies in the database, and so in every copy of it, is encrypted."""
    sealed_text = ""
    if value:
        sealed_text = sealed(name, value, settings)
    _replace(name, sealed_text, sealed=True)


def _replace(name: str, value: str, *, sealed: bool) -> None:
    StoredSetting.delete().where(StoredSetting.name == name).execute()
    if value:
        StoredSetting.create(name=name, value=value, sealed=sealed)


def sealed(name: str, value: str, settings: Settings) -> str:
    """The text to keep in the database; ``name``: what it belongs to, asked for again when it is opened."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    # the name goes in too: one secret cannot be passed off as another
    encrypted = _cipher(settings).encrypt(nonce, value.encode(), name.encode())
    return base64.b64encode(nonce + encrypted).decode()


def opened(name: str, text: str, settings: Settings) -> str:
    """What ``sealed`` made of a text. Raises SettingsError where this installation's key does not open it."""
    sealed_bytes = base64.b64decode(text)
    try:
        decrypted = _cipher(settings).decrypt(
            sealed_bytes[:_NONCE_BYTES], sealed_bytes[_NONCE_BYTES:], name.encode()
        )
    except InvalidTag:
        raise SettingsError(
            f"Không mở được {name}: tệp settings-key trong thư mục dữ liệu không phải khóa đã dùng "
            "để lưu. Hãy lấy lại tệp ấy từ bản sao lưu, hoặc nhập lại ở trang cài đặt của mục này."
        ) from None
    return decrypted.decode()


def _cipher(settings: Settings) -> AESGCM:
    return AESGCM(sha256(kept_secret(settings.data / "settings-key").encode()).digest())
