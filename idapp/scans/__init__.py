"""Photos of identity papers: made harmless, encrypted, kept outside everything that is served, erased when done.

Images of identity papers are sensitive data (Law 91/2025). What a browser uploads never reaches the disk: the parser
runs in a short-lived process under limits (``sandbox``), every page is drawn anew as a JPEG without metadata, and only
that is kept, encrypted with a key of this installation, under a random name::

    pages = clean(photo)            # list of JPEG pages; raises ScanRefused with a sentence
    name = keep(pages, settings)
"""

from __future__ import annotations

import json
import logging
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idapp import data_folder, turnstile
from idapp.scans.limits import MAX_BYTES, MAX_PAGES
from idapp.settings import Settings, kept_secret

log = logging.getLogger(__name__)
TIME_LIMIT = 30  # seconds, for a sandbox on a slow and busy machine
_NONCE = 12
_SENTENCES = {
    "empty": "Tệp trống. Hãy chụp lại hoặc chọn tệp khác.",
    "too_large": (
        f"Ảnh lớn hơn {MAX_BYTES // 2**20} MB. Hãy chụp ở độ phân giải thấp hơn hoặc chụp lại."
    ),
    "kind": "Chỉ nhận ảnh JPEG, PNG, WebP hoặc tệp PDF. Hãy chụp lại hoặc chọn tệp khác.",
    "heic": (
        "Ảnh HEIC của iPhone chưa đọc được. Hãy gửi ảnh qua Zalo rồi tải ảnh từ Zalo về, hoặc vào "
        "Cài đặt của iPhone, mục Camera, Định dạng, chọn “Tương thích nhất” rồi chụp lại."
    ),
    "no_photo": "Tệp này là PDF, ở đây cần ảnh. Hãy chụp ảnh thẻ rồi gửi lại.",
    "busy": "Máy chủ đang đọc các tệp khác: hãy đợi một phút rồi gửi lại.",
    "broken": "Không đọc được ảnh này, có thể tệp bị hỏng. Hãy chụp lại.",
    "too_heavy": "Ảnh quá lớn để xử lý. Hãy chụp lại ở độ phân giải thấp hơn.",
    "pages": f"Tệp PDF có quá nhiều trang: chỉ nhận nhiều nhất {MAX_PAGES} trang của giấy cần so.",
    "locked": "Tệp PDF có mật khẩu. Hãy bỏ mật khẩu hoặc chụp ảnh tờ giấy.",
}


class ScanRefused(Exception):
    """The file cannot be taken; the message is a sentence for people."""

    def __init__(self, code: str) -> None:
        super().__init__(_SENTENCES[code])
        self.code = code


@dataclass(frozen=True)
class CardPhoto:
    """A photo of a card, made harmless: JPEGs of the whole and small, and the texts of the QR codes seen on it."""

    picture: bytes
    thumbnail: bytes
    codes: tuple[str, ...]


def clean(data: bytes) -> list[bytes]:
    """Every page of an uploaded file drawn anew as a JPEG, without metadata and without anything active.

    Raises ``ScanRefused`` for what is no photo or PDF of a paper, too much of it, or while others are read.
    """
    return _pages_in(_ask_sandbox("pages", data, turnstile.PATIENCE))


def read_card(data: bytes, *, patience: float = turnstile.PATIENCE) -> CardPhoto:
    """A photo drawn anew, with what its QR codes say. ``patience``: seconds to wait for the turn to be read.

    Raises ``ScanRefused`` as ``clean`` does; a PDF is no photo here.
    """
    picture, thumbnail, codes = _pages_in(_ask_sandbox("card", data, patience))
    return CardPhoto(picture, thumbnail, tuple(json.loads(codes)))


def _ask_sandbox(task: str, data: bytes, patience: float) -> bytes:
    """What the confined child answers; ``task`` as in ``sandbox.main``."""
    if not data:
        raise ScanRefused("empty")
    if len(data) > MAX_BYTES:
        raise ScanRefused("too_large")
    start = _START.format(root=str(Path(__file__).parents[2]), task=task)
    command = [sys.executable, "-I", "-c", start]
    try:
        with turnstile.turn(patience):
            answer = subprocess.run(
                command, input=data, capture_output=True, timeout=TIME_LIMIT, env={}, check=False
            )
    except turnstile.Busy as crowd:
        raise ScanRefused("busy") from crowd
    except subprocess.TimeoutExpired as slow:
        raise ScanRefused("too_heavy") from slow
    return answer.stdout


_START = (
    "import sys; sys.path.insert(0, {root!r}); from idapp.scans.sandbox import main; main({task!r})"
)


def _pages_in(answer: bytes) -> list[bytes]:
    """The answer of ``sandbox.main``. Without one that can be read, the sandbox was killed for what it used."""
    head, _, body = answer.partition(b"\n")
    verdict, _, sizes = head.decode("ascii", "replace").partition(" ")
    if verdict in _SENTENCES:
        raise ScanRefused(verdict)
    if verdict != "ok":
        raise ScanRefused("too_heavy")
    pages = []
    for size in map(int, sizes.split()):
        pages.append(body[:size])
        body = body[size:]
    return pages


def keep(pages: list[bytes], settings: Settings) -> str:
    """Encrypt and store; returns the random name under which the pages are found again."""
    folder = _folder(settings)
    name = secrets.token_hex(16)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, page in enumerate(pages):
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + _cipher(settings).encrypt(nonce, page, _bound_to(name, number))
        data_folder.write_durably(_file(settings, name, number), sealed)
    return name


def page(name: str, number: int, settings: Settings) -> bytes | None:
    """One page as JPEG, counted from 0; None if it is not there (erased, or never was).

    Nor if it was changed on the disk, which the log says: a damaged photo is shown to nobody.
    """
    try:
        sealed = _file(settings, name, number).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return _cipher(settings).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound_to(name, number))
    except (InvalidTag, ValueError):
        log.error("the photo %s, page %s, is damaged on the disk", name, number)
        return None


def erase(name: str, settings: Settings) -> None:
    """Remove all pages of a name from the disk; nothing happens if there are none."""
    for file in _folder(settings).glob(f"{_plain(name)}-*.bin"):
        file.unlink(missing_ok=True)


def names_older_than(settings: Settings, *, minutes: int) -> set[str]:
    """What lies in the folder for a while, for the check that nothing is left without an owner."""
    before = time.time() - 60 * minutes
    names = set()
    for file in _folder(settings).glob("*-*.bin"):
        if file.stat().st_mtime < before:
            names.add(file.name.partition("-")[0])
    return names


def _folder(settings: Settings) -> Path:
    return settings.data / "scans"


def _file(settings: Settings, name: str, number: int) -> Path:
    return _folder(settings) / f"{_plain(name)}-{int(number)}.bin"


def _plain(name: str) -> str:
    """Names come from our own database; anything but hexadecimal digits would be a way out of the folder."""
    if not name or set(name) - set("0123456789abcdef"):
        raise ValueError("not the name of a scan")
    return name


def _cipher(settings: Settings) -> AESGCM:
    return AESGCM(sha256(kept_secret(settings.data / "scan-key").encode()).digest())


def _bound_to(name: str, number: int) -> bytes:
    """A page cannot be passed off as another one."""
    return f"{name}-{number}".encode()
