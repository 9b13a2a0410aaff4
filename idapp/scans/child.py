"""The short-lived process that opens an uploaded photo or PDF: file on stdin, clean JPEG pages on stdout.

No settings, no database, no environment, limits of memory and time. Only the drawn pixels leave it.
"""

from __future__ import annotations

import contextlib
import io
import sys
import warnings
from typing import TYPE_CHECKING

from idapp.scans.limits import CPU_SECONDS, LONGEST_SIDE, MAX_PAGES, MAX_PIXELS, MEMORY

if TYPE_CHECKING:
    from PIL.Image import Image

_IMAGES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_DRAWN_AT = 2.0  # 144 dots per inch


class Refused(Exception):
    """The code of a sentence in ``idapp.scans``."""


def main() -> None:
    _limit_self()
    warnings.simplefilter("error")  # Pillow's warning about decompression bombs
    try:
        pages = [_as_jpeg(image) for image in _images_in(sys.stdin.buffer.read())]
        answer = (
            " ".join(["ok", *(str(len(page)) for page in pages)]).encode() + b"\n" + b"".join(pages)
        )
    except Refused as refusal:
        answer = str(refusal).encode()
    except MemoryError:
        answer = b"too_heavy"
    except Exception as error:
        answer = b"too_heavy" if "Decompression" in type(error).__name__ else b"broken"
    sys.stdout.buffer.write(answer)


def _limit_self() -> None:
    with contextlib.suppress(ImportError):  # Windows: the parent's time limit remains
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _images_in(data: bytes) -> list[Image]:
    """By what the bytes are, never by the name of the file. What claims to be two things at once is refused."""
    is_image = _kind_of(data)
    is_pdf = b"%PDF-" in data[:1024]
    if bool(is_image) == is_pdf:
        raise Refused("kind")
    return _pages_of_pdf(data) if is_pdf else [_photo(data, is_image)]


def _kind_of(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for magic, kind in _IMAGES.items() if data.startswith(magic)), "")


def _photo(data: bytes, kind: str) -> Image:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = (
        MAX_PIXELS // 2
    )  # Pillow warns at this, refuses at twice this: the same for us
    formats = ("JPEG", "MPO") if kind == "JPEG" else (kind,)  # phones write MPO and call it JPEG
    with Image.open(io.BytesIO(data), formats=formats) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused("too_heavy")
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # JPEG: decode small at once
        return ImageOps.exif_transpose(image).convert("RGB")


def _pages_of_pdf(data: bytes) -> list[Image]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise Refused("locked" if "password" in str(error).lower() else "broken") from error
    if len(document) > MAX_PAGES:
        raise Refused("pages")
    return [_drawn(document[number]) for number in range(len(document))]


def _drawn(page) -> Image:  # type: ignore[no-untyped-def]
    width, height = page.get_size()
    scale = min(_DRAWN_AT, LONGEST_SIDE / max(width, height, 1))
    if min(width, height) * scale < 1:
        raise Refused("broken")
    return page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")


def _as_jpeg(image: Image) -> bytes:
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    image.info.clear()  # Pillow would carry the comment over; EXIF and profiles it leaves out by itself
    target = io.BytesIO()
    image.save(target, "JPEG", quality=82, optimize=True)
    return target.getvalue()
